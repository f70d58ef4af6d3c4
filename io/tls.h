/* SPDX-License-Identifier: MIT */
/*
 * TLS over a non-blocking socket, client and server. The only room that knows OpenSSL: what the
 * others see is bytes, records and sentences.
 *
 * Reading: one recv() brings up to 128 KiB, tls_read() hands the plain bytes out. Writing:
 * tls_write() makes one record of what it is given and queues it, tls_flush() sends the queue with
 * as few send()s as the kernel allows. Nothing is allocated for a record or a packet while traffic
 * flows; an idle connection gives its buffers back by tls_rest().
 *
 * A context may be shared by threads; a connection belongs to one.
 */
#ifndef IO_TLS_H
#define IO_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_RECORD     16384  /* most bytes that one record carries */
#define TLS_READ_SIZE  131072 /* how much one recv() may bring */
#define TLS_ERROR_TEXT 512

struct tls_ctx;
struct tls;

/* What a call asks of the caller. Negative: the connection is of no use any more. */
enum tls_result {
	TLS_OK = 0,
	TLS_WANT_READ = 1,  /* call again when the socket is readable */
	TLS_WANT_WRITE = 2, /* call again when the socket is writable */
	TLS_CLOSED = -1,    /* the peer ended the stream in order (close_notify) */
	TLS_FAILED = -2,    /* see tls_fault() and tls_error() */
};

/* What went wrong, for exit codes and advice; tls_error() has the sentence. */
enum tls_fault {
	TLS_FAULT_NONE,
	TLS_FAULT_CONFIG,      /* a file or setting of ours */
	TLS_FAULT_NET,         /* the connection broke, or ended without close_notify */
	TLS_FAULT_PROTOCOL,    /* no common version or cipher, malformed records, an alert */
	TLS_FAULT_NOT_TLS,     /* the peer speaks something else */
	TLS_FAULT_EXPIRED,     /* certificate: no longer, or not yet, valid */
	TLS_FAULT_UNKNOWN_CA,  /* certificate: signed by nobody that we trust */
	TLS_FAULT_SELF_SIGNED, /* certificate: signed by itself and not trusted */
	TLS_FAULT_NAME,        /* certificate: for other names */
	TLS_FAULT_EKU,         /* certificate: not for servers (MS-SSTP 3.2.4.1) */
	TLS_FAULT_PIN,         /* certificate: not the pinned one */
	TLS_FAULT_REVOKED,     /* certificate: on a revocation list */
	TLS_FAULT_CERT,        /* certificate: any other fault */
	TLS_FAULTS
};

/* An error in words, filled by the functions that make contexts. */
struct tls_err {
	enum tls_fault fault;
	char text[TLS_ERROR_TEXT];
};

/* How a client's context is to behave. Strings are borrowed for the call only. */
struct tls_client_conf {
	const char *ca_file;  /* PEM file of trusted certificates; NULL: the system's */
	const char *crl_file; /* PEM file of revocation lists, then checked; NULL: none */
	bool insecure;        /* take any certificate */
	bool has_pin;         /* take exactly the certificate with this SHA-256; without ca_file */
	uint8_t pin[32];      /* nothing else is checked then, with it both must hold */
	bool eku_optional;    /* take a certificate without an EKU extension (A-25: refused) */
	bool tls13_only;      /* otherwise TLS 1.2 and 1.3 */
	bool tls10;           /* TLS 1.0 and 1.1 too, for old peers */
	const char *ciphers;  /* of all versions, see tls_ctx.c; NULL: the usual ones */
	uint32_t rekey_mb;    /* megabytes sent with one key of TLS 1.3; 0: as many as are safe */
	const char *keylog_file; /* append the session keys to this file; NULL: no */
};

/* How a server's context is to behave. Strings are borrowed for the call only. */
struct tls_server_conf {
	const char *cert_file; /* PEM: the certificate, then the chain */
	const char *key_file;  /* PEM */
	bool tls13_only;
	bool tls10;
	const char *ciphers; /* of all versions, see tls_ctx.c; NULL: the usual ones */
	uint32_t rekey_mb;   /* megabytes sent with one key of TLS 1.3; 0: as many as are safe */
	const char *keylog_file; /* append the session keys to this file; NULL: no */
};

/* Makes a client's context; NULL with *err filled. Freed with tls_ctx_free(). */
struct tls_ctx *tls_client_ctx(const struct tls_client_conf *conf, struct tls_err *err);
/*
 * Makes a server's context: certificate and key are read, must belong together, and the certificate
 * must not have expired. No tickets, no renegotiation, ALPN "http/1.1" if offered. NULL with *err
 * filled. To change the certificate make another context and use it for new connections.
 */
struct tls_ctx *tls_server_ctx(const struct tls_server_conf *conf, struct tls_err *err);
/* Gives the context back; connections made of it keep what they need. NULL is ignored. */
void tls_ctx_free(struct tls_ctx *c);
/* Reads the hashes of the DER form of the context's own certificate (server). */
void tls_ctx_hashes(const struct tls_ctx *c, uint8_t sha1[20], uint8_t sha256[32]);
/* Writes what an administrator wants to know of the context's own certificate: subject, names and
 * end of validity, in one line. Returns buf. */
const char *tls_ctx_describe(const struct tls_ctx *c, char *buf, size_t n);
/* Returns the whole days until the context's own certificate expires; negative: it has expired. */
int tls_ctx_days_left(const struct tls_ctx *c);

/*
 * Makes a connection over the connected socket fd, whose owner remains the caller. name is the
 * server's name or address that a client verifies and, for a name, sends as SNI; NULL for a server.
 * NULL when memory is short.
 */
struct tls *tls_new(struct tls_ctx *c, int fd, const char *name);
/*
 * Makes a connection of the same shape without TLS, for what a TLS terminator in front of us relays
 * (MS-SSTP 3.3.3): the handshake is done at once, what is queued is sent as it is, and the end of
 * the stream is TLS_CLOSED. NULL when memory is short.
 */
struct tls *tls_new_plain(int fd);
/* Reads the hashes of the DER form of the first certificate in a PEM file; false with *err filled.
 */
bool tls_file_hashes(const char *cert_file, uint8_t sha1[20], uint8_t sha256[32],
		     struct tls_err *err);
/* Frees t, without a word to the peer. NULL is ignored. */
void tls_free(struct tls *t);
/* Goes on with the handshake: TLS_OK when it is done, TLS_WANT_..., TLS_CLOSED or TLS_FAILED. */
enum tls_result tls_handshake(struct tls *t);
/*
 * Reads up to n plain bytes into buf: as many whole records as are there and fit, with n up to
 * TLS_RECORD a single one. Returns how many bytes; 0 when nothing is there now; TLS_CLOSED or
 * TLS_FAILED when nothing will come any more, told only after all bytes were handed out. Until it
 * returns 0 more may be waiting inside, where no poll sees it.
 */
long tls_read(struct tls *t, void *buf, size_t n);
/*
 * Queues n bytes, at most TLS_RECORD, as one record. Never blocks and takes all: watch
 * tls_queued(). Returns TLS_OK or TLS_FAILED. The bytes are the caller's again.
 */
enum tls_result tls_write(struct tls *t, const void *bytes, size_t n);
/* Sends what is queued: TLS_OK when all is gone, TLS_WANT_WRITE when the socket is full, or
 * TLS_FAILED. */
enum tls_result tls_flush(struct tls *t);
/* The same for as many whole units of so many bytes as are queued; what is less stays queued. */
enum tls_result tls_flush_units(struct tls *t, size_t unit);
/* Gives back memory that an idle connection does not need; it is taken again when something flows.
 */
void tls_rest(struct tls *t);
/*
 * Lets the kernel seal what is sent from now on (kTLS), on a TLS 1.3 connection with nothing
 * queued: 0, or -errno, and nothing has changed. What is written may then share records with what
 * comes before and after it.
 */
int tls_offload(struct tls *t);
/* Returns whether it does. */
bool tls_is_offloaded(const struct tls *t);
/* Returns how many bytes are queued, records' overhead included. */
size_t tls_queued(const struct tls *t);
/* Queues close_notify, once; nothing may be written after it. tls_flush() sends it. */
void tls_close(struct tls *t);

/* Returns whether the connection is one of tls_new_plain(). */
bool tls_is_plain(const struct tls *t);
/* Reads the hashes of the DER form of the peer's leaf certificate; false when it sent none. */
bool tls_peer_hashes(const struct tls *t, uint8_t sha1[20], uint8_t sha256[32]);
/* Reads the hashes of the certificate that this side has shown; false when it has none. */
bool tls_own_hashes(const struct tls *t, uint8_t sha1[20], uint8_t sha256[32]);
/* Returns "TLSv1.3" and the like, "none" without TLS; valid as long as t. */
const char *tls_version(const struct tls *t);
/* Returns the cipher suite's name as OpenSSL writes it. */
const char *tls_cipher(const struct tls *t);
/* Returns the name that the client sent as SNI, "" for none (server). Untrusted bytes. */
const char *tls_sni(const struct tls *t);
/* Writes the names that the peer's certificate is for, in one line, for people. Returns buf. */
const char *tls_peer_names(const struct tls *t, char *buf, size_t n);

/* Returns what made the connection fail. */
enum tls_fault tls_fault(const struct tls *t);
/* Returns why the connection failed, as a clause without a full stop; "" when it did not. */
const char *tls_error(const struct tls *t);

#endif
