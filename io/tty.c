/* SPDX-License-Identifier: MIT */
/* tty.h over termios. Reads without stdio, which would keep copies. */
#include "io/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "lib/base/secret.h"

/*
 * Reads up to the end of a line, or of the input. Returns as tty_read_secret(). Signals that are
 * blocked, and are not in `awake`, end the wait; NULL leaves signals as they are.
 */
static int read_line(int fd, char *buf, size_t n, const sigset_t *awake)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	size_t at = 0;
	char c = '\0';
	int err = 0;

	for (;;) {
		ssize_t got = awake ? ppoll(&ready, 1, NULL, awake) : 1;

		if (got > 0)
			got = read(fd, &c, 1);

		if (got < 0)
			err = -errno;
		if (got <= 0 || c == '\n')
			break;
		if (c == '\0')
			err = -EBADMSG;
		else if (at == n - 1)
			err = -EMSGSIZE; /* reads on: the rest is not the next line */
		else
			buf[at++] = c;
	}
	wipe(&c, sizeof(c));
	if (at && buf[at - 1] == '\r')
		at--;
	if (err) {
		wipe(buf, n);
		return err;
	}
	buf[at] = '\0';
	return (int)at;
}

/* Does nothing: that a signal has a handler is what interrupts the wait. */
static void on_signal(int signo)
{
	(void)signo;
}

int tty_ask(const char *prompt, bool echo, char *buf, size_t n)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct sigaction before[4], interrupt = {.sa_handler = on_signal};
	struct termios shown, hidden;
	sigset_t blocked, mask;
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	int result;

	if (fd < 0 || tcgetattr(fd, &shown) < 0) {
		if (fd >= 0)
			close(fd);
		return -ENXIO;
	}
	hidden = shown;
	if (!echo) {
		hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
		hidden.c_lflag |= ECHONL;
	}
	/* Blocked but while we wait: none can come, and be lost, between the question and the wait.
	 */
	sigemptyset(&blocked);
	for (int i = 0; i < 4; i++) {
		sigaction(signals[i], &interrupt, &before[i]);
		sigaddset(&blocked, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &blocked, &mask);
	tcsetattr(fd, TCSAFLUSH, &hidden);
	(void)!write(fd, prompt, strlen(prompt));
	result = read_line(fd, buf, n, &mask);
	tcsetattr(fd, TCSAFLUSH, &shown);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	for (int i = 0; i < 4; i++)
		sigaction(signals[i], &before[i], NULL);
	close(fd);
	return result;
}

int tty_read_secret(const char *path, char *buf, size_t n, bool *shared)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	int result;

	if (fd < 0)
		return -errno;
	if (shared)
		*shared = !is_stdin && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
			  (st.st_mode & (S_IRGRP | S_IROTH)) != 0;
	result = read_line(fd, buf, n, NULL);
	if (!is_stdin)
		close(fd);
	return result;
}
