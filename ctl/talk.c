/* SPDX-License-Identifier: MIT */
/* One request to sstpd and its answer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "io/net.h"

#define WAIT_S      10         /* for an answer */
#define ANSWER_MOST (64 << 20) /* bytes; a session has about 700 */

/* Says why the socket cannot be reached. */
static int report_connect(const struct ctl_run *r, int err)
{
	if (err == -ENOENT || err == -ECONNREFUSED)
		return ctl_fail(r, CTL_NOT_RUNNING,
				"sstpd is not running with this configuration (nobody answers at "
				"%s); start it with: sstpd -c %s",
				r->conf.control, r->conf.path);
	return ctl_fail(r, CTL_FAILED, "sstpd cannot be reached at %s: %s%s", r->conf.control,
			strerror(-err), err == -EACCES ? "; run sstpctl as the user of sstpd" : "");
}

static bool send_all(int fd, const char *bytes, size_t n)
{
	while (n) {
		ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return false;
		bytes += sent;
		n -= (size_t)sent;
	}
	return true;
}

/* Reads up to a line end; malloc'd, or NULL with errno. */
static char *read_line(int fd)
{
	size_t size = 65536, n = 0;
	char *buf = malloc(size);

	while (buf) {
		ssize_t got = read(fd, buf + n, size - n - 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			errno = got == 0 ? ECONNRESET : errno;
			break;
		}
		n += (size_t)got;
		buf[n] = '\0';
		if (buf[n - 1] == '\n')
			return buf;
		if (n + 1 == size) {
			char *more = size < ANSWER_MOST ? realloc(buf, 2 * size) : NULL;

			if (!more) {
				errno = ENOMEM;
				break;
			}
			buf = more;
			size *= 2;
		}
	}
	free(buf);
	return NULL;
}

/* Sends the request and reads the answer's line over an open socket. */
static int exchange(const struct ctl_run *r, int fd, const char *text, json_t **answer)
{
	struct timeval wait = {.tv_sec = WAIT_S};
	char *line;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (!send_all(fd, text, strlen(text)) || !send_all(fd, "\n", 1) || !(line = read_line(fd)))
		return ctl_fail(r, CTL_FAILED, "sstpd does not answer: %s",
				errno == EAGAIN ? "no answer in time" : strerror(errno));
	*answer = json_loads(line, 0, NULL);
	free(line);
	if (!json_is_object(*answer)) {
		json_decref(*answer);
		return ctl_fail(r, CTL_FAILED,
				"sstpd's answer makes no sense; are both of one version?");
	}
	return CTL_DONE;
}

int ctl_talk(const struct ctl_run *r, json_t *request, json_t **answer)
{
	char *text = json_dumps(request, JSON_COMPACT);
	int fd = net_connect_unix(r->conf.control);
	int status;

	json_decref(request);
	if (fd < 0 || !text)
		status = fd < 0 ? report_connect(r, fd) : ctl_fail(r, CTL_FAILED, "no memory");
	else
		status = exchange(r, fd, text, answer);
	free(text);
	if (fd >= 0)
		close(fd);
	if (status == CTL_DONE && !json_is_true(json_object_get(*answer, "ok"))) {
		const char *error = json_string_value(json_object_get(*answer, "error"));
		bool no_such = error && strncmp(error, "there is no", 11) == 0;

		status = ctl_fail(r, no_such ? CTL_NO_SUCH : CTL_FAILED, "%s",
				  error ? error : "sstpd refuses and does not say why");
		json_decref(*answer);
	}
	return status;
}
