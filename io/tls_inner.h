/* SPDX-License-Identifier: MIT */
/* What the files of TLS share among themselves, and nobody else includes. */
#ifndef IO_TLS_INNER_H
#define IO_TLS_INNER_H

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <stdatomic.h>

#include "io/tls.h"
#include "io/tls13.h"

struct tls_ctx {
	SSL_CTX *ssl;
	atomic_int users;   /* who holds it: its maker, and each connection */
	int keylog_fd;      /* -1: none */
	uint64_t key_bytes; /* bytes sent with a key, 0: as many as are safe */
	/* client */
	bool insecure;
	bool has_ca;
	bool has_pin;
	bool eku_optional;
	uint8_t pin[32];
};

/* A TLS 1.3 connection's records (tls_records.c). */
struct tls_records {
	bool on;     /* false: SSL_read() and SSL_write() do it */
	bool kernel; /* the kernel seals what is sent: the output is plain bytes */
	struct tls13 send, receive;
	uint64_t key_bytes; /* bytes to send with a key; 0: as many as are safe */
	uint64_t sent;      /* bytes, with the key at hand */
	bool update_due;    /* the peer has asked for new keys */
	uint8_t *part;      /* of a record that has not come whole; NULL, or room for the longest */
	size_t part_n;
	uint8_t *rest; /* opened and not handed out, within the input */
	size_t rest_n;
	uint8_t message[5];    /* how the message that comes in begins */
	uint32_t message_size; /* of its body */
	uint32_t message_n;    /* bytes of it that have come */
	unsigned empty;        /* records without data in a row */
};

struct tls {
	SSL *ssl; /* NULL: without TLS (tls_plain.c), as ctx is then */
	struct tls_ctx *ctx;
	int fd;
	char *name; /* what a client verifies; NULL for a server */
	/* reading */
	uint8_t *in; /* received and not yet given to OpenSSL; NULL while there is nothing */
	size_t in_at, in_end;
	bool drained; /* the last recv() brought less than there was room for */
	bool eof;
	int sys_err; /* errno of the recv() or send() that failed */
	/* writing */
	uint8_t *out; /* ciphertext not yet sent; NULL while there is none */
	size_t out_size, out_at, out_end;
	struct tls_records records;
	/* how it ended: TLS_OK while it has not */
	enum tls_result end;
	enum tls_fault fault;
	char error[TLS_ERROR_TEXT];
	bool ready;  /* the handshake is done */
	bool closed; /* close_notify is queued */
};

#define TLS_BUFFER 196608 /* bytes of an ordinary buffer: more than a turn of the loop makes */

/* Returns a buffer of at least n bytes, TLS_BUFFER in most cases; *size is what it has. NULL when
 * memory is short. Given back with tls_buffer_put(). */
uint8_t *tls_buffer_get(size_t n, size_t *size);
/* Takes a buffer back; NULL is ignored. */
void tls_buffer_put(uint8_t *buf, size_t size);
/* Takes the traffic secrets from a line of the key log; leaves others. */
void tls_records_secret(struct tls *t, const char *line);
/* The handshake is done: from now on records are made here, if the connection is one of TLS 1.3. */
void tls_records_start(struct tls *t);
/* Wipes the keys and gives the memory back. */
void tls_records_stop(struct tls *t);
/* tls_read(), tls_write(), tls_close() and tls_rest(), while t->records.on. */
long tls_records_read(struct tls *t, uint8_t *buf, size_t n);
enum tls_result tls_records_write(struct tls *t, const void *bytes, size_t n);
void tls_records_close(struct tls *t);
void tls_records_rest(struct tls *t);
/* Gives the keys at hand to the kernel, for all that is sent from now on; 0 or -errno. */
int tls_kernel_seal(struct tls *t);
/* Has the kernel seal a record that is no data; false when it does not go out at once. */
bool tls_kernel_send(struct tls *t, uint8_t type, const uint8_t *content, size_t n);
/*
 * Receives as much as one recv() brings, behind what is left of the input, or the n bytes at kept
 * when there is no input. False when there is nothing: t->eof and t->sys_err say whether there ever
 * will be.
 */
bool tls_receive(struct tls *t, const uint8_t *kept, size_t n);
/* Gives the buffer of what was received back. */
void tls_drop_input(struct tls *t);
/* The stream broke or ended, without a goodbye: says how, and fails. */
void tls_broke(struct tls *t);
/* Puts an alert of the peer's into words. */
void tls_explain_alert(struct tls *t, int alert);
/* Makes room for n more bytes of output; false when memory is short. */
bool tls_make_room(struct tls *t, size_t n);
/* tls_read() without TLS. */
long tls_plain_read(struct tls *t, void *buf, size_t n);
/* tls_write() without TLS. */
enum tls_result tls_plain_write(struct tls *t, const void *bytes, size_t n);
/* Records a fault and its sentence; only the first one of a connection is kept. */
void tls_fail(struct tls *t, enum tls_fault fault, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Judges the server's certificate: OpenSSL's callback during the handshake. */
int tls_verify(X509_STORE_CTX *store, void *ctx);
/* Writes the names that a certificate is for ("a.example, 10.0.0.1") into buf. */
void tls_cert_names(X509 *cert, char *buf, size_t n);
/* Reads the hashes of a certificate's DER form. */
void tls_cert_hashes(X509 *cert, uint8_t sha1[20], uint8_t sha256[32]);
/* Writes the point in time as "2026-01-31 12:00 UTC" into buf. */
void tls_time_text(const ASN1_TIME *when, char *buf, size_t n);

#endif
