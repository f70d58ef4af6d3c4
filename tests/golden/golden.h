/* SPDX-License-Identifier: MIT */
/*
 * Golden tests: what a subject (HTTP, SSTP, PPP, a link, ...) does with an input, written down in
 * Markdown and compared line by line. runner.c is the main program; each subject is one file,
 * subject_NAME.c, that defines `golden_subject`. README.md in this folder tells the form of the
 * files. Nothing here knows a protocol.
 */
#ifndef TESTS_GOLDEN_GOLDEN_H
#define TESTS_GOLDEN_GOLDEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GOLDEN_WORDS 32

/* The words behind `config` or a verb: "key=value", or a bare word. */
struct golden_args {
	unsigned n;
	char *word[GOLDEN_WORDS];
	bool used[GOLDEN_WORDS];
};

/* Returns the value of key=value, NULL when the key is not there. Asking marks the word as used. */
const char *golden_arg(struct golden_args *a, const char *key);
/* Returns the value of key=value as a number (decimal or 0x), `otherwise` when it is not there. */
uint64_t golden_number(struct golden_args *a, const char *key, uint64_t otherwise);
/*
 * Reads the value of key=value as hex octets into out (zeroed first, at most max octets are kept)
 * and returns how many there were; 0 when the key is not there.
 */
size_t golden_octets(struct golden_args *a, const char *key, uint8_t *out, size_t max);
/* Returns whether the bare word is there. */
bool golden_flag(struct golden_args *a, const char *word);

/* The log that is compared with the file's. */
struct golden_log;

/* Appends one line (without its line end) to the log. */
void golden_line(struct golden_log *log, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Appends a line: the indented, space-separated octets of something sent, behind the mark. */
void golden_hex(struct golden_log *log, const char *mark, const uint8_t *p, size_t n);

struct tracer;
/*
 * Empties the tracer into the log, one line a record, as sstp_trace_text() renders it. A subject
 * lends its tracer a ring that is large enough for what happens between two drains.
 */
void golden_trace(struct golden_log *log, struct tracer *t);

/*
 * A subject. `s` is `size` zeroed bytes that the runner owns. A function that returns text returns
 * NULL when all went well, else a complaint about the test file. Config keys, words and verb
 * arguments that nobody asked for are an error that the runner reports.
 */
struct golden_subject {
	const char *name;
	size_t size;
	/* The bytes are a stream: the runner also feeds them one by one and split at random, and
	 * the log must not change. Otherwise each "<" is one message and is fed as it is. */
	bool stream;
	/* Makes the object at time 0. */
	const char *(*open)(void *s, struct golden_args *config);
	/* Feeds received bytes; they may be changed in place and are gone afterwards. */
	void (*feed)(void *s, uint8_t *p, size_t n, uint64_t now);
	/* Does what a line that is neither config nor bytes says. */
	const char *(*verb)(void *s, const char *name, struct golden_args *args, uint64_t now);
	/* Returns when tick() is due, UINT64_MAX for never; the runner lets no deadline pass. */
	uint64_t (*deadline)(void *s);
	void (*tick)(void *s, uint64_t now);
	/* Writes what happened since the last call: traces, events, output. Called after each of
	 * the above. */
	void (*drain)(void *s, struct golden_log *log);
	/* Gives up what it holds. */
	void (*close)(void *s);
};

/*
 * Returns the log of the run at hand. A stream subject that takes several messages out of one
 * feed() drains itself into it behind each, so that the order does not depend on how the bytes were
 * cut.
 */
struct golden_log *golden_log_now(void);

/* The one subject of this program. */
extern const struct golden_subject golden_subject;

#endif
