/* SPDX-License-Identifier: MIT */
/*
 * The only printer of diagnostics: one line a message on standard error, whole even when several
 * threads log. Under systemd each line starts with the <N> that the journal takes for its priority.
 * Not for a program's results, which go to standard output.
 */
#ifndef IO_LOG_H
#define IO_LOG_H

#include <stdarg.h>
#include <stdbool.h>

/* How much a message matters, most important first. */
enum log_level {
	LOG_AT_ERROR,  /* something does not work */
	LOG_AT_WARN,   /* something works less well, or less safely, than it should */
	LOG_AT_NOTICE, /* what an administrator wants to have on record: sessions, starts, stops */
	LOG_AT_INFO,   /* the steps on the way */
	LOG_AT_DEBUG,  /* everything */
	LOG_LEVELS
};

/*
 * Names the program (`name` is borrowed for good) and sets the least important level that is
 * printed. Without this call the level is LOG_AT_NOTICE and lines carry no name. Also finds out
 * whether standard error is the journal.
 */
void log_init(const char *name, enum log_level most);
/* Sets the least important level that is printed; may be called while other threads log. */
void log_set_level(enum log_level most);
/* Returns whether a message of this level would be printed: asked before costly arguments. */
bool log_wants(enum log_level level);
/* Returns the level's name in lower case; "error" for no level of ours. */
const char *log_level_name(enum log_level level);
/* Finds the level of that name; false, and *out untouched, when there is none. */
bool log_level_parse(const char *name, enum log_level *out);

/*
 * Print one line, cut at 1,000 bytes. Bytes of the message below 0x20 and 0x7f are printed as '?',
 * so that no peer can write into a terminal or forge a line. errno is left as it was.
 */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_notice(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same with the level and the arguments as values. */
void log_at(enum log_level level, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

#endif
