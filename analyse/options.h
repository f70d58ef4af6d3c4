/* SPDX-License-Identifier: MIT */
/* What sstpdump is told on its command line. The table in options.c is the one place that knows. */
#ifndef ANALYSE_OPTIONS_H
#define ANALYSE_OPTIONS_H

#include "analyse/call.h"
#include "analyse/print.h"
#include "analyse/save.h"

#include <stdbool.h>
#include <stdint.h>

#define OPTIONS_KEYS_MAX 16
#define OPTIONS_BPF_MAX  4096

/* A secret to check crypto bindings with, and the option that gave it. */
enum options_secret { SECRET_PASSWORD, SECRET_NT_HASH, SECRET_MSK, SECRET_RADIUS };
struct options_given {
	enum options_secret kind;
	const char *text;
};

/* Exit codes. */
enum exit_code {
	EXIT_CLEAN = 0,
	EXIT_FINDINGS = 1,
	EXIT_USAGE = 2,
	EXIT_INPUT = 3, /* the capture cannot be read */
};

enum options_form { FORM_TEXT, FORM_JSON, FORM_FIELDS };

struct options {
	const char *read;   /* -r */
	const char *iface;  /* -i */
	const char *filter; /* -Y */
	const char *pfx[OPTIONS_KEYS_MAX];
	unsigned n_pfx;
	const char *key[OPTIONS_KEYS_MAX];
	unsigned n_key;
	const char *keylog[OPTIONS_KEYS_MAX];
	unsigned n_keylog;
	const char *list;    /* -G */
	uint64_t count;      /* -c: packets to read; 0: all */
	uint64_t duration;   /* -a duration: seconds; 0: no limit */
	bool tree;           /* -V */
	bool offsets;        /* --offsets */
	bool hex;            /* -x */
	bool color;          /* --color, or a terminal */
	bool quiet;          /* -q: no packets */
	bool packets;        /* an option asks for packets: -V, -x, -Y, -e */
	bool calls;          /* --calls */
	bool ladder;         /* --ladder */
	bool expert;         /* --expert */
	enum severity least; /* of findings that count */
	const char *html;    /* --html */
	const char *write;   /* -w */
	enum save_what what; /* --raw, --ppp, --inner */
	bool what_set;
	struct writer_ring ring; /* -b */
	bool show;               /* -P: show packets, though they are written to a file */
	const char *pass_file;   /* --pass-file */
	struct options_given secret[OPTIONS_KEYS_MAX];
	unsigned n_secret;
	enum options_form form;
	struct print_fields fields;
	char bpf[OPTIONS_BPF_MAX]; /* what stands behind the options */
};

/*
 * Reads the command line. Returns -1 to go on; otherwise the program's exit code, a message or the
 * help having been written.
 */
int options_read(struct options *o, int argc, char **argv);

#endif
