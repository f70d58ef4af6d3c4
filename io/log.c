/* SPDX-License-Identifier: MIT */
/* log.h: a line is built in one buffer and leaves in one write(). */
#include "io/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1000

static const struct {
	const char *name;
	int priority; /* syslog's, RFC 5424 6.2.1 */
} levels[LOG_LEVELS] = {
	[LOG_AT_ERROR] = {"error", 3},   [LOG_AT_WARN] = {"warning", 4},
	[LOG_AT_NOTICE] = {"notice", 5}, [LOG_AT_INFO] = {"info", 6},
	[LOG_AT_DEBUG] = {"debug", 7},
};

static const char *program = "";
static bool to_journal;
static atomic_int most_printed = LOG_AT_NOTICE;

/* Tells whether standard error is the journal: systemd leaves its device and inode in the
 * environment (sd-daemon(3)). */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;
	char *end;

	if (!stream || fstat(STDERR_FILENO, &st) < 0)
		return false;
	dev = strtoull(stream, &end, 10);
	if (*end != ':')
		return false;
	ino = strtoull(end + 1, &end, 10);
	return *end == '\0' && dev == st.st_dev && ino == st.st_ino;
}

void log_init(const char *name, enum log_level most)
{
	program = name;
	to_journal = stderr_is_journal();
	log_set_level(most);
}

void log_set_level(enum log_level most)
{
	atomic_store(&most_printed, (int)most);
}

bool log_wants(enum log_level level)
{
	return (int)level <= atomic_load_explicit(&most_printed, memory_order_relaxed);
}

const char *log_level_name(enum log_level level)
{
	return levels[level < LOG_LEVELS ? level : LOG_AT_ERROR].name;
}

bool log_level_parse(const char *name, enum log_level *out)
{
	for (int i = 0; i < LOG_LEVELS; i++) {
		if (strcmp(name, levels[i].name) == 0) {
			*out = (enum log_level)i;
			return true;
		}
	}
	return false;
}

/* Writes what stands before the message; returns its length. */
static size_t put_prefix(char *line, size_t n, enum log_level level)
{
	int len;

	if (to_journal)
		len = snprintf(line, n, "<%d>", levels[level].priority);
	else if (level <= LOG_AT_WARN)
		len = snprintf(line, n, "%s%s%s: ", program, *program ? ": " : "",
			       levels[level].name);
	else
		len = snprintf(line, n, "%s%s", program, *program ? ": " : "");
	return len < 0 ? 0 : (size_t)len;
}

void log_at(enum log_level level, const char *fmt, va_list ap)
{
	char line[LINE_MAX_BYTES + 1];
	int saved = errno;
	size_t at, end;
	int len;

	if (!log_wants(level))
		return;
	at = put_prefix(line, sizeof(line) / 2, level);
	len = vsnprintf(line + at, sizeof(line) - at, fmt, ap);
	end = at + (len < 0 ? 0 : (size_t)len);
	if (end > sizeof(line) - 1)
		end = sizeof(line) - 1;
	for (; at < end; at++)
		if ((unsigned char)line[at] < 0x20 || line[at] == 0x7f)
			line[at] = '?';
	line[end] = '\n';
	/* There is nobody left to tell when standard error does not take it. */
	if (write(STDERR_FILENO, line, end + 1) < 0)
		errno = 0;
	errno = saved;
}

/* clang-format off */
#define LOG_FUNCTION(name, level)			\
	void name(const char *fmt, ...)			\
	{						\
		va_list ap;				\
							\
		va_start(ap, fmt);			\
		log_at(level, fmt, ap);			\
		va_end(ap);				\
	}
/* clang-format on */

LOG_FUNCTION(log_error, LOG_AT_ERROR)
LOG_FUNCTION(log_warn, LOG_AT_WARN)
LOG_FUNCTION(log_notice, LOG_AT_NOTICE)
LOG_FUNCTION(log_info, LOG_AT_INFO)
LOG_FUNCTION(log_debug, LOG_AT_DEBUG)
