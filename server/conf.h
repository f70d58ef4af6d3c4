/* SPDX-License-Identifier: MIT */
/*
 * The configuration of sstpd: read once, checked, and constant from then on. conf.def has the keys;
 * conf_value.c reads one value, conf_read.c a file, conf_check.c what concerns several keys,
 * conf_sample.c writes a commented file. Also used by sstpctl, to find the database and the socket.
 */
#ifndef SERVER_CONF_H
#define SERVER_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "io/ip.h"
#include "io/net.h"
#include "sstp/link.h"

#define CONF_MANY 1 /* a key's flag: may be given more than once */

#define CONF_LISTEN_MAX 16

/* Addresses and ports to listen on. */
struct conf_listens {
	unsigned n;
	struct net_addr at[CONF_LISTEN_MAX];
};

/* IPv4 addresses in network order; zeroed past n. */
struct conf_ip4s {
	unsigned n;
	uint8_t ip[2][4];
};

struct conf_ip6s {
	unsigned n;
	uint8_t ip[3][16];
};

/* Methods in order; SSTP_AUTH_NONE ends the list. */
struct conf_methods {
	enum sstp_auth at[SSTP_AUTHS];
};

/* Lowest TLS version: the values of [tls] min_version. */
enum conf_tls {
	CONF_TLS_1_0,
	CONF_TLS_1_2,
	CONF_TLS_1_3,
};

/* What each TYPE of conf.def stores. */
#define CONF_C_TEXT    char *
#define CONF_C_PATH    char *
#define CONF_C_NAME    char *
#define CONF_C_IFNAME  char *
#define CONF_C_FLAG    bool
#define CONF_C_NUMBER  uint32_t
#define CONF_C_SECONDS uint32_t
#define CONF_C_LEVEL   uint32_t
#define CONF_C_TLS     uint32_t
#define CONF_C_HASHES  uint32_t
#define CONF_C_OFFLOAD uint32_t
#define CONF_C_LISTEN  struct conf_listens
#define CONF_C_METHODS struct conf_methods
#define CONF_C_IP4     struct conf_ip4s
#define CONF_C_IP4S    struct conf_ip4s
#define CONF_C_IP6S    struct conf_ip6s
#define CONF_C_NET4    struct ip_net
#define CONF_C_NET6    struct ip_net
#define CONF_C_IFID    struct conf_ip6s

/* Where the file gave a key. */
struct conf_place {
	unsigned line; /* 0: nowhere */
	bool wrong;    /* with a value that is complained about already */
};

struct conf {
	char *path;                /* of the file; relative paths in it start from its folder */
	struct conf_place *places; /* for each row of conf.def; NULL when no file was read */
#define CONF_SECTION(name, text)
#define CONF_KEY(section, key, type, field, flags, def, min, max, text) CONF_C_##type field;
#include "server/conf.def"
#undef CONF_SECTION
#undef CONF_KEY
};

/* The TYPEs of conf.def. */
enum conf_type {
	CONF_TEXT,
	CONF_PATH,
	CONF_NAME,
	CONF_IFNAME,
	CONF_FLAG,
	CONF_NUMBER,
	CONF_SECONDS,
	CONF_LEVEL,
	CONF_TLS,
	CONF_HASHES,
	CONF_OFFLOAD,
	CONF_LISTEN,
	CONF_METHODS,
	CONF_IP4,
	CONF_IP4S,
	CONF_IP6S,
	CONF_NET4,
	CONF_NET6,
	CONF_IFID,
	CONF_TYPES
};

/* One row of conf.def; a row whose key is NULL begins a section. */
struct conf_row {
	const char *section;
	const char *key;
	enum conf_type type;
	size_t offset; /* of the field in struct conf */
	unsigned flags;
	const char *def;
	uint32_t min, max;
	const char *text;
};

extern const struct conf_row conf_rows[];
extern const size_t conf_rows_n;

/* Complaints about a file, in the order of its lines: "FILE:LINE: what is wrong; what is right". */
struct conf_faults {
	unsigned n;
	char *text; /* the complaints, each with a line end; malloc'd, NULL when there are none */
	size_t len;
};

/* Adds a complaint, printf-like; line 0 leaves the line out. */
void conf_fault(struct conf_faults *f, const char *file, unsigned line, const char *form, ...)
	__attribute__((format(printf, 4, 5)));
/* Frees what f holds. */
void conf_faults_free(struct conf_faults *f);

/*
 * Reads a value of row's type into c. Relative paths stay as they are. Returns true, or writes into
 * why (n bytes) what is wrong and what would be right.
 */
bool conf_value(struct conf *c, const struct conf_row *row, const char *value, char *why, size_t n);
/* Finds the row of a section's key; NULL when there is none. With key NULL the section's own row.
 */
const struct conf_row *conf_find(const char *section, const char *key);

/*
 * Fills *c from the file at path, with defaults for what it leaves out, and checks it all;
 * complains into *f. Returns true when there was nothing to complain about. conf_free(c) is due in
 * any case.
 */
bool conf_read(struct conf *c, const char *path, struct conf_faults *f);
/* The same from an open stream; `path` stands in complaints and gives the folder. */
bool conf_read_stream(struct conf *c, FILE *in, const char *path, struct conf_faults *f);
/* Fills *c with the defaults alone. conf_free(c) is due. */
void conf_defaults(struct conf *c);
/* Complains about what is missing and what does not go together. */
void conf_check(const struct conf *c, struct conf_faults *f);
/*
 * Writes "FILE:LINE: [section] key: " into buf (n bytes) for the key whose value, the name of a
 * file or a system user or the like, text speaks of, so that what fails later is told where it was
 * written; "" when no key has such a value. Returns buf.
 */
const char *conf_blame(const struct conf *c, const char *text, char *buf, size_t n);
/* Returns the line in which the file gives the key of the section, which conf.def has; 0: none. */
unsigned conf_line(const struct conf *c, const char *section, const char *key);
/* Frees what c points to and zeroes it. */
void conf_free(struct conf *c);

/* A value that conf_write_sample() writes instead of the default. */
struct conf_given {
	const char *section;
	const char *key;
	const char *value;
};

/*
 * Writes a commented file with every key to out: the n given ones with their values, the others
 * commented out with their defaults.
 */
void conf_write_sample(FILE *out, const struct conf_given *given, size_t n);

#endif
