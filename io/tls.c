/* SPDX-License-Identifier: MIT */
/*
 * A TLS connection. OpenSSL reads through a BIO that remembers when the socket ran dry, so that no
 * recv() is made for nothing, and writes through one that only gathers: tls_flush() sends.
 */
#include "io/tls_inner.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define OUT_SMALL 32768 /* as little output as this does not keep a big buffer waiting */

static BIO_METHOD *bio_method;
static pthread_once_t bio_once = PTHREAD_ONCE_INIT;

void tls_fail(struct tls *t, enum tls_fault fault, const char *fmt, ...)
{
	va_list ap;

	if (t->fault != TLS_FAULT_NONE)
		return;
	t->fault = fault;
	va_start(ap, fmt);
	vsnprintf(t->error, sizeof(t->error), fmt, ap);
	va_end(ap);
}

void tls_drop_input(struct tls *t)
{
	tls_buffer_put(t->in, TLS_BUFFER);
	t->in = NULL;
	t->in_at = t->in_end = 0;
}

bool tls_receive(struct tls *t, const uint8_t *kept, size_t n)
{
	size_t size;
	ssize_t got;

	if (!t->in) {
		t->in = tls_buffer_get(n + TLS_READ_SIZE, &size);
		if (t->in && n)
			memcpy(t->in, kept, n);
	} else {
		n = t->in_end - t->in_at;
		if (n)
			memmove(t->in, t->in + t->in_at, n);
	}
	if (!t->in) {
		t->sys_err = ENOMEM;
		return false;
	}
	do
		got = recv(t->fd, t->in + n, TLS_READ_SIZE, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
		t->sys_err = errno;
	t->eof = got == 0;
	t->in_at = 0;
	t->in_end = got > 0 ? n + (size_t)got : n;
	t->drained = got > 0 && got < TLS_READ_SIZE;
	return got > 0;
}

/*
 * Hands out what one recv() has brought, piece by piece as OpenSSL asks: a header, a record. Its
 * own read-ahead would move all that it holds for each record, to align it.
 */
static int bio_read(BIO *bio, char *buf, int size)
{
	struct tls *t = BIO_get_data(bio);
	size_t n = (size_t)size;

	BIO_clear_retry_flags(bio);
	if (t->in_at == t->in_end) {
		/* That a drained socket has nothing is known without asking, once. */
		bool any = !t->drained && !t->eof && tls_receive(t, NULL, 0);

		t->drained = any && t->drained;
		if (!any) {
			tls_drop_input(t);
			if (t->eof)
				return 0;
			if (!t->sys_err)
				BIO_set_retry_read(bio);
			return -1;
		}
	}
	if (n > t->in_end - t->in_at)
		n = t->in_end - t->in_at;
	memcpy(buf, t->in + t->in_at, n);
	t->in_at += n;
	return (int)n;
}

/* Moves what is queued into a buffer of another size, which is the connection's from then on. */
static void move_output(struct tls *t, uint8_t *to, size_t size)
{
	size_t used = t->out_end - t->out_at;

	if (used)
		memcpy(to, t->out + t->out_at, used);
	tls_buffer_put(t->out, t->out_size);
	t->out = to;
	t->out_size = size;
	t->out_at = 0;
	t->out_end = used;
}

/* Moves what is queued to the front of its buffer. */
static void shift_output(struct tls *t)
{
	size_t used = t->out_end - t->out_at;

	memmove(t->out, t->out + t->out_at, used);
	t->out_at = 0;
	t->out_end = used;
}

bool tls_make_room(struct tls *t, size_t n)
{
	size_t used = t->out_end - t->out_at, size;
	uint8_t *bigger;

	if (t->out_size - t->out_end >= n)
		return true;
	if (t->out_at && t->out_size - used >= n) {
		shift_output(t);
		return true;
	}
	bigger = tls_buffer_get(used + n, &size);
	if (bigger)
		move_output(t, bigger, size);
	return bigger != NULL;
}

/* The socket is full: what is left need not keep a buffer for much more. */
static void shrink_output(struct tls *t)
{
	size_t used = t->out_end - t->out_at;
	uint8_t *smaller;

	if (used > OUT_SMALL || t->out_size < TLS_BUFFER)
		return;
	smaller = malloc(used);
	if (smaller)
		move_output(t, smaller, used);
}

static int bio_write(BIO *bio, const char *bytes, int n)
{
	struct tls *t = BIO_get_data(bio);

	if (n <= 0 || !tls_make_room(t, (size_t)n))
		return -1;
	memcpy(t->out + t->out_end, bytes, (size_t)n);
	t->out_end += (size_t)n;
	return n;
}

static long bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	struct tls *t = BIO_get_data(bio);

	(void)num;
	(void)ptr;
	if (cmd == BIO_CTRL_FLUSH)
		return 1;
	if (cmd == BIO_CTRL_EOF)
		return t->eof;
	return 0;
}

static void make_bio_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "gather");

	if (m && BIO_meth_set_read(m, bio_read) && BIO_meth_set_write(m, bio_write) &&
	    BIO_meth_set_ctrl(m, bio_ctrl))
		bio_method = m;
}

/* Tells the SSL object whom to expect: SNI for names, never for addresses (RFC 6066 3). */
static bool set_name(struct tls *t, const char *name)
{
	uint8_t ip[16];

	SSL_set_connect_state(t->ssl);
	t->name = strdup(name);
	if (!t->name)
		return false;
	if (inet_pton(AF_INET, name, ip) == 1 || inet_pton(AF_INET6, name, ip) == 1)
		return true;
	return SSL_set_tlsext_host_name(t->ssl, t->name) == 1;
}

struct tls *tls_new(struct tls_ctx *c, int fd, const char *name)
{
	struct tls *t = calloc(1, sizeof(*t));
	BIO *bio;

	if (!t)
		return NULL;
	pthread_once(&bio_once, make_bio_method);
	t->fd = fd;
	t->ctx = c;
	atomic_fetch_add(&c->users, 1);
	t->ssl = SSL_new(c->ssl);
	bio = bio_method ? BIO_new(bio_method) : NULL;
	if (!t->ssl || !bio) {
		BIO_free(bio);
		tls_free(t);
		return NULL;
	}
	BIO_set_data(bio, t);
	BIO_set_init(bio, 1);
	SSL_set_bio(t->ssl, bio, bio);
	SSL_set_app_data(t->ssl, t);
	t->records.key_bytes = c->key_bytes;
	if (!name) {
		SSL_set_accept_state(t->ssl);
	} else if (!set_name(t, name)) {
		tls_free(t);
		return NULL;
	}
	return t;
}

void tls_free(struct tls *t)
{
	if (!t)
		return;
	SSL_free(t->ssl);
	tls_records_stop(t);
	tls_ctx_free(t->ctx);
	free(t->name);
	tls_buffer_put(t->in, TLS_BUFFER);
	tls_buffer_put(t->out, t->out_size);
	free(t);
}

/* What OpenSSL's reasons mean to people. A reason over 1000 is an alert from the peer. */
static const struct {
	int reason;
	enum tls_fault fault;
	const char *text;
} reasons[] = {
	{SSL_R_WRONG_VERSION_NUMBER, TLS_FAULT_NOT_TLS, "the peer does not speak TLS"},
	{SSL_R_HTTP_REQUEST, TLS_FAULT_NOT_TLS, "the peer speaks HTTP without TLS"},
	{SSL_R_HTTPS_PROXY_REQUEST, TLS_FAULT_NOT_TLS, "the peer speaks HTTP without TLS"},
	{SSL_R_PACKET_LENGTH_TOO_LONG, TLS_FAULT_NOT_TLS, "the peer does not speak TLS"},
	{SSL_R_RECORD_LENGTH_MISMATCH, TLS_FAULT_PROTOCOL, "a TLS record is malformed"},
	{SSL_R_UNSUPPORTED_PROTOCOL, TLS_FAULT_PROTOCOL, "the peer and we share no version of TLS"},
	{SSL_R_UNKNOWN_PROTOCOL, TLS_FAULT_NOT_TLS, "the peer does not speak TLS"},
	{SSL_R_VERSION_TOO_LOW, TLS_FAULT_PROTOCOL, "the peer's version of TLS is too old"},
	{SSL_R_NO_SHARED_CIPHER, TLS_FAULT_PROTOCOL, "the peer and we share no cipher"},
	{SSL_R_NO_CIPHERS_AVAILABLE, TLS_FAULT_PROTOCOL, "no cipher is left to offer"},
	{SSL_R_NO_PROTOCOLS_AVAILABLE, TLS_FAULT_PROTOCOL, "no TLS version is left to offer"},
	{SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, TLS_FAULT_PROTOCOL,
	 "a TLS record was changed on its way, or decrypts to nothing"},
	{SSL_R_UNEXPECTED_MESSAGE, TLS_FAULT_PROTOCOL, "a TLS message came out of order"},
	{SSL_AD_REASON_OFFSET + SSL_AD_PROTOCOL_VERSION, TLS_FAULT_PROTOCOL,
	 "the peer and we share no version of TLS (it says so)"},
	{SSL_AD_REASON_OFFSET + SSL_AD_HANDSHAKE_FAILURE, TLS_FAULT_PROTOCOL,
	 "the peer finds no cipher or key in common (alert handshake_failure)"},
	{SSL_AD_REASON_OFFSET + SSL_AD_UNKNOWN_CA, TLS_FAULT_PROTOCOL,
	 "the peer does not trust our certificate: it does not know who issued it"},
	{SSL_AD_REASON_OFFSET + SSL_AD_CERTIFICATE_UNKNOWN, TLS_FAULT_PROTOCOL,
	 "the peer does not trust our certificate"},
	{SSL_AD_REASON_OFFSET + SSL_AD_BAD_CERTIFICATE, TLS_FAULT_PROTOCOL,
	 "the peer does not accept our certificate"},
	{SSL_AD_REASON_OFFSET + SSL_AD_CERTIFICATE_EXPIRED, TLS_FAULT_PROTOCOL,
	 "the peer says that our certificate has expired"},
	{SSL_AD_REASON_OFFSET + SSL_AD_UNRECOGNIZED_NAME, TLS_FAULT_PROTOCOL,
	 "the peer knows no server of that name (alert unrecognized_name)"},
	{SSL_AD_REASON_OFFSET + SSL_AD_INTERNAL_ERROR, TLS_FAULT_PROTOCOL,
	 "the peer has a fault of its own (alert internal_error)"},
};

/* Words for a reason of OpenSSL's; false when there are none here. */
static bool explain_reason(struct tls *t, int reason)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reason != reasons[i].reason)
			continue;
		tls_fail(t, reasons[i].fault, "%s", reasons[i].text);
		return true;
	}
	if (reason > SSL_AD_REASON_OFFSET)
		tls_fail(t, TLS_FAULT_PROTOCOL, "the peer refused with the TLS alert \"%s\"",
			 SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET));
	return reason > SSL_AD_REASON_OFFSET;
}

void tls_explain_alert(struct tls *t, int alert)
{
	(void)explain_reason(t, SSL_AD_REASON_OFFSET + alert);
}

/* Words for the error that stands oldest in OpenSSL's queue. */
static void explain(struct tls *t)
{
	unsigned long code = ERR_peek_error();
	int reason = ERR_GET_REASON(code);

	if (ERR_GET_LIB(code) != ERR_LIB_SSL || !explain_reason(t, reason))
		tls_fail(t, TLS_FAULT_PROTOCOL, "TLS failed: %s",
			 code && ERR_reason_error_string(code) ? ERR_reason_error_string(code)
							       : "OpenSSL does not say why");
}

void tls_broke(struct tls *t)
{
	t->end = TLS_FAILED;
	if (t->sys_err)
		tls_fail(t, TLS_FAULT_NET, "the connection broke: %s", strerror(t->sys_err));
	else if (t->ready)
		tls_fail(t, TLS_FAULT_NET, "the peer hung up without a TLS goodbye");
	else
		tls_fail(t, TLS_FAULT_NET, "the peer hung up during the TLS handshake");
}

/* Turns the return value r of an OpenSSL call into ours, and keeps how the connection ended. */
static enum tls_result judge(struct tls *t, int r)
{
	switch (SSL_get_error(t->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		t->end = TLS_CLOSED;
		tls_fail(t, TLS_FAULT_NET, "the peer closed the connection");
		return t->end;
	default:
		break;
	}
	if (t->sys_err || t->eof)
		tls_broke(t);
	else
		explain(t);
	t->end = TLS_FAILED;
	return t->end;
}

/* Sends what is queued before `end`. */
static enum tls_result send_until(struct tls *t, size_t end)
{
	while (t->out_at < end) {
		ssize_t sent = send(t->fd, t->out + t->out_at, end - t->out_at, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return TLS_WANT_WRITE;
		if (sent < 0) {
			t->sys_err = errno;
			tls_fail(t, TLS_FAULT_NET, "the connection broke: %s",
				 strerror(t->sys_err));
			return TLS_FAILED;
		}
		t->out_at += (size_t)sent;
		if (t->records.kernel) /* so many records at most */
			t->records.send.sequence += (uint64_t)sent / TLS_RECORD + 1;
	}
	return TLS_OK;
}

enum tls_result tls_flush_units(struct tls *t, size_t unit)
{
	enum tls_result result = send_until(t, t->out_end - tls_queued(t) % unit);

	if (result == TLS_WANT_WRITE)
		shrink_output(t);
	if (result != TLS_OK)
		return result;
	if (tls_queued(t)) { /* so that there is room for as much again */
		shift_output(t);
		return TLS_OK;
	}
	tls_buffer_put(t->out, t->out_size);
	t->out = NULL;
	t->out_size = t->out_at = t->out_end = 0;
	return TLS_OK;
}

enum tls_result tls_flush(struct tls *t)
{
	return tls_flush_units(t, 1);
}

/* Empties OpenSSL's queue of errors, without which SSL_get_error() would tell old ones. It nearly
 * always is empty, and looking is cheaper than emptying. */
static void forget_errors(void)
{
	if (ERR_peek_error())
		ERR_clear_error();
}

enum tls_result tls_handshake(struct tls *t)
{
	enum tls_result result = TLS_OK, flushed;
	int r;

	if (t->end != TLS_OK)
		return t->end;
	if (!t->ssl) {
		t->ready = true;
		return TLS_OK;
	}
	forget_errors();
	r = SSL_do_handshake(t->ssl);
	if (t->in_at == t->in_end) {
		tls_drop_input(t);
		t->drained = false;
	}
	if (r == 1 && !t->ready) {
		t->ready = true;
		tls_records_start(t);
	}
	if (r != 1)
		result = judge(t, r);
	flushed = tls_flush(t);
	if (result < 0)
		return result;
	if (flushed == TLS_FAILED)
		t->end = TLS_FAILED;
	return flushed == TLS_OK ? result : flushed;
}

long tls_read(struct tls *t, void *buf, size_t n)
{
	uint8_t *at = buf;
	size_t total = 0, got;

	if (!t->ssl)
		return tls_plain_read(t, buf, n);
	if (t->records.on)
		return tls_records_read(t, buf, n);
	/* Never a part of a second record: the next call brings it whole. */
	while (t->end == TLS_OK && total < n && (!total || n - total >= TLS_RECORD)) {
		int r;

		forget_errors();
		r = SSL_read_ex(t->ssl, at + total, n - total, &got);
		if (r == 1)
			total += got;
		else if (judge(t, r) > 0)
			break;
	}
	if (total || t->end == TLS_OK)
		return (long)total;
	return t->end;
}

enum tls_result tls_write(struct tls *t, const void *bytes, size_t n)
{
	size_t done;
	int r;

	if (t->end == TLS_FAILED || t->closed)
		return TLS_FAILED;
	if (!t->ssl)
		return tls_plain_write(t, bytes, n);
	if (t->records.on)
		return tls_records_write(t, bytes, n);
	forget_errors();
	r = SSL_write_ex(t->ssl, bytes, n, &done);
	if (r == 1 && done == n)
		return TLS_OK;
	if (r == 1 || judge(t, r) > 0)
		tls_fail(t, TLS_FAULT_PROTOCOL, "a TLS record could not be written");
	t->end = TLS_FAILED;
	return TLS_FAILED;
}

void tls_rest(struct tls *t)
{
	if (t->records.on)
		tls_records_rest(t);
	else if (t->ssl && t->ready)
		(void)SSL_free_buffers(t->ssl); /* refused while something is in them */
}

size_t tls_queued(const struct tls *t)
{
	return t->out_end - t->out_at;
}

void tls_close(struct tls *t)
{
	if (t->closed || t->end == TLS_FAILED || !t->ready)
		return;
	t->closed = true;
	if (!t->ssl)
		return;
	if (t->records.on) {
		tls_records_close(t);
		return;
	}
	ERR_clear_error();
	(void)SSL_shutdown(t->ssl); /* queues close_notify; the answer is not waited for */
	ERR_clear_error();
}

bool tls_peer_hashes(const struct tls *t, uint8_t sha1[20], uint8_t sha256[32])
{
	X509 *cert = t->ssl ? SSL_get0_peer_certificate(t->ssl) : NULL;

	if (cert)
		tls_cert_hashes(cert, sha1, sha256);
	return cert != NULL;
}

bool tls_own_hashes(const struct tls *t, uint8_t sha1[20], uint8_t sha256[32])
{
	X509 *cert = t->ssl ? SSL_get_certificate(t->ssl) : NULL;

	if (cert)
		tls_cert_hashes(cert, sha1, sha256);
	return cert != NULL;
}

const char *tls_version(const struct tls *t)
{
	return t->ssl ? SSL_get_version(t->ssl) : "none";
}

const char *tls_cipher(const struct tls *t)
{
	const char *name = t->ssl ? SSL_get_cipher_name(t->ssl) : NULL;

	return name ? name : "none";
}

const char *tls_sni(const struct tls *t)
{
	const char *name = t->ssl ? SSL_get_servername(t->ssl, TLSEXT_NAMETYPE_host_name) : NULL;

	return name ? name : "";
}

const char *tls_peer_names(const struct tls *t, char *buf, size_t n)
{
	X509 *cert = t->ssl ? SSL_get0_peer_certificate(t->ssl) : NULL;

	if (cert)
		tls_cert_names(cert, buf, n);
	else
		snprintf(buf, n, "nobody");
	return buf;
}

enum tls_fault tls_fault(const struct tls *t)
{
	return t->fault;
}

const char *tls_error(const struct tls *t)
{
	return t->error;
}
