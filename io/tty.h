/* SPDX-License-Identifier: MIT */
/* Questions to the person at the terminal, and secrets from files. */
#ifndef IO_TTY_H
#define IO_TTY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Asks on the controlling terminal, whatever standard input and output are, and reads one line into
 * buf, without its end. echo false keeps the answer from the screen. Returns its length; -ENXIO
 * when there is no terminal, -EINTR when a signal came, -EMSGSIZE when the answer does not fit.
 * What was read of a refused answer is wiped.
 */
int tty_ask(const char *prompt, bool echo, char *buf, size_t n);
/*
 * Reads the first line of a file, "-" for standard input, without its end, into buf. Returns its
 * length, -EMSGSIZE when it does not fit, -EBADMSG when it holds a NUL, or another -errno. *shared,
 * if not NULL, tells whether people other than the owner may read the file.
 */
int tty_read_secret(const char *path, char *buf, size_t n, bool *shared);

#endif
