/* SPDX-License-Identifier: MIT */
/*
 * A TLS connection, seen from beside: takes both directions of a reassembled TCP stream, decrypts
 * what the keys at hand open, and hands out records and application data. Verifies every MAC and
 * tag. Does not verify certificates, and knows nothing of what the application data mean.
 */
#ifndef ANALYSE_TLS_H
#define ANALYSE_TLS_H

#include "analyse/budget.h"
#include "analyse/note.h"
#include "analyse/tls_keys.h"

#define TLS_HELD_MAX (64u << 10) /* bytes of records of one direction that wait for a key */

enum tls_type {
	TLS_CHANGE_CIPHER = 20,
	TLS_ALERT = 21,
	TLS_HANDSHAKE = 22,
	TLS_APPLICATION = 23,
	TLS_HEARTBEAT = 24,
};

/* What a record turned out to be. */
enum tls_seen {
	TLS_SEEN_PLAIN,     /* not protected */
	TLS_SEEN_DECRYPTED, /* protected, and opened */
	TLS_SEEN_CLOSED,    /* protected, and no key fits */
	TLS_SEEN_BAD,       /* its MAC or tag is wrong */
	TLS_SEEN_TORN,      /* bytes of it are missing in the capture */
};

/* A record, whole or torn. The views are valid during the call. */
struct tls_record {
	enum way way;
	enum tls_seen seen;
	uint8_t type;        /* as the header says */
	uint8_t content;     /* what is inside; the same, but for TLS 1.3 */
	uint16_t version;    /* as the header says */
	uint16_t length;     /* of the body, as the header says */
	uint64_t number;     /* of the record in its direction, from 1 */
	uint64_t offset;     /* of its header in the TCP stream */
	struct origin first; /* packet with its first byte */
	struct origin last;  /* packet with its last byte */
	struct view plain;   /* the content, when seen is PLAIN or DECRYPTED */
};

/* Application data. The bytes are valid during the call. */
struct tls_data {
	enum way way;
	struct view bytes;
	uint64_t offset; /* in the application's stream, of what was decrypted */
	uint64_t number; /* of the application data record in its direction, from 1; plain: 0 */
	struct origin first;
	struct origin last;
};

/* A whole handshake message. The body is valid during the call. */
struct tls_message {
	enum way way;
	uint8_t type;
	bool encrypted;
	struct view body;
	uint64_t record; /* number of the record that completes it */
	struct origin last;
};

/* By what a connection was opened. */
enum tls_by {
	TLS_BY_NONE,
	TLS_BY_LOG,     /* a key log, or secrets in the capture */
	TLS_BY_RSA,     /* the server's private key */
	TLS_BY_SESSION, /* an earlier handshake in this capture */
};

/* What is known of a connection so far. Valid as long as the connection. */
struct tls_facts {
	uint16_t version; /* enum tls_version; 0: no ServerHello yet */
	uint16_t suite;
	const char *suite_name; /* NULL: none yet, or a number that is not known */
	bool client_hello;
	bool server_hello;
	bool has_ems;
	bool has_etm;
	bool resumed;
	bool retried;         /* TLS 1.3 HelloRetryRequest */
	bool early;           /* the client offered early data */
	bool cert_of_session; /* the hashes come from the handshake that was resumed */
	enum tls_by by;
	unsigned handshakes;    /* ServerHellos; more than one: renegotiation */
	unsigned updates[WAYS]; /* TLS 1.3 KeyUpdates */
	uint8_t client_random[32];
	uint8_t server_random[32];
	char sni[256];
	char alpn[64];
	uint8_t *cert; /* the server's own certificate, DER; NULL: not seen */
	size_t cert_size;
	bool has_cert_hash;
	uint8_t cert_sha1[20];
	uint8_t cert_sha256[32];
	bool closed[WAYS]; /* close_notify was sent */
	uint64_t bad;      /* records whose MAC or tag is wrong */
	uint64_t opened[WAYS];
};

/* Where what was found goes. ctx is the owner's word for the connection. */
struct tls_sink {
	void (*record)(void *ctx, const struct tls_record *r);
	void (*message)(void *ctx, const struct tls_message *m);
	void (*data)(void *ctx, const struct tls_data *d);
	void (*note)(void *ctx, const struct note *n);
};

/* What connections share. */
struct tls_env {
	struct tls_keys *keys;
	struct budget *budget;
	const struct tls_sink *sink;
	bool more_keys; /* keys may still come: wait for them a while */
	uint8_t *plain; /* TLS_PLAIN_MAX bytes for the record at hand */
};

struct tls;

/* Makes a connection; ctx goes to the sink. NULL without memory. End with tls_free(). */
struct tls *tls_new(const struct tls_env *env, void *ctx);
/* Wipes and frees t without a word to the sink. NULL is allowed. */
void tls_free(struct tls *t);
/* Returns whether a stream that starts with these n bytes can be TLS; n of at least 3 decides. */
bool tls_looks_like(const uint8_t *bytes, size_t n);
/* Says that the stream began before the capture, so that its first byte need not start a record. */
void tls_began_before(struct tls *t);
/* Takes the next n bytes of a direction, captured in `from`. */
void tls_input(struct tls *t, enum way way, const uint8_t *bytes, size_t n, struct origin from);
/* Takes note that n bytes of a direction are missing in the capture. */
void tls_gap(struct tls *t, enum way way, uint64_t n, struct origin from);
/* Tries again what waits for a key, after keys were added. */
void tls_retry(struct tls *t);
/* Returns whether records wait for a key. */
bool tls_waits(const struct tls *t);
/* Waits for keys no longer: says why what waits stays closed. */
void tls_stop_waiting(struct tls *t, struct origin at);
/* Ends both directions: says why what still waits stays closed. */
void tls_end(struct tls *t, struct origin at);
/* Returns how many bytes of the budget the records of t hold. */
size_t tls_holds(const struct tls *t);
/* Gives back buffers that are not needed right now. */
void tls_trim(struct tls *t);
/* Returns what is known so far; owned by t. */
const struct tls_facts *tls_facts(const struct tls *t);

#endif
