/* SPDX-License-Identifier: MIT */
/*
 * A TLS 1.3 connection after its handshake, which OpenSSL has made: records are sealed from the
 * caller's bytes straight into the output, and opened from what was received straight into the
 * caller's. SSL_read() and SSL_write() do the same by way of two copies and some allocations a
 * record. TLS 1.2 and below stay with them.
 *
 * What else may follow a handshake is dealt with here: alerts, KeyUpdate (RFC 8446 4.6.3), and
 * tickets, which a client has no use for.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/tls_inner.h"
#include "lib/base/cursor.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"

/* The messages of RFC 8446 4 that follow a handshake. */
#define NEW_SESSION_TICKET 4
#define KEY_UPDATE         24
#define UPDATE_REQUESTED   1

/* The alerts of RFC 8446 6 that we send, or know a meaning of. */
#define CLOSE_NOTIFY       0
#define UNEXPECTED_MESSAGE 10
#define BAD_RECORD_MAC     20
#define RECORD_OVERFLOW    22
#define ILLEGAL_PARAMETER  47
#define DECODE_ERROR       50
#define INTERNAL_ERROR     80
#define USER_CANCELED      90

/* Records after which AES-GCM wants a new key; 24.5 bits are the limit (RFC 8446 5.5). */
#define KEY_RECORDS (UINT64_C(1) << 24)
/* A peer that sends more records than this in a row without a byte in them is up to no good. */
#define EMPTY_MOST 32
/* Room for the longest record. */
#define PART_SIZE (TLS13_HEADER + TLS13_BODY_MOST)

void tls_records_secret(struct tls *t, const char *line)
{
	static const char *const labels[] = {"CLIENT_TRAFFIC_SECRET_0 ",
					     "SERVER_TRAFFIC_SECRET_0 "};
	const char *hex = strrchr(line, ' ');
	size_t n = hex ? strlen(hex + 1) / 2 : 0;

	for (unsigned i = 0; i < 2; i++) {
		struct tls13 *k =
			(i == 0) == (t->name != NULL) ? &t->records.send : &t->records.receive;

		if (strncmp(line, labels[i], strlen(labels[i])) != 0 || n > sizeof(k->secret))
			continue;
		for (size_t at = 0; at < 2 * n; at++) {
			int digit = text_hex_value(hex[1 + at]); /* OpenSSL writes no others */

			k->secret[at / 2] = (uint8_t)(k->secret[at / 2] << 4 | (digit & 15));
		}
		k->secret_n = n;
	}
}

void tls_records_start(struct tls *t)
{
	const SSL_CIPHER *used = SSL_get_current_cipher(t->ssl);
	struct tls_records *r = &t->records;
	uint16_t suite = used ? SSL_CIPHER_get_protocol_id(used) : 0;

	if (SSL_version(t->ssl) == TLS1_3_VERSION && !SSL_has_pending(t->ssl) &&
	    tls13_start(&r->send, suite, true) && tls13_start(&r->receive, suite, false))
		r->on = true;
	else
		tls_records_stop(t); /* SSL_read() and SSL_write() do it */
	if (r->on)
		(void)SSL_free_buffers(t->ssl);
}

void tls_records_stop(struct tls *t)
{
	struct tls_records *r = &t->records;

	tls13_wipe(&r->send);
	tls13_wipe(&r->receive);
	free(r->part);
	r->part = NULL;
	r->on = false;
}

/* The kernel makes a record of it. What is no data goes at once: data before it must be gone. */
static bool hand_over(struct tls *t, uint8_t type, const uint8_t *content, size_t n)
{
	if (type != TLS13_APPLICATION)
		return tls_kernel_send(t, type, content, n);
	return tls_plain_write(t, content, n) == TLS_OK;
}

/* Appends a record to the output. */
static bool append(struct tls *t, uint8_t type, const uint8_t *content, size_t n)
{
	size_t size = 0;

	if (t->records.kernel)
		return hand_over(t, type, content, n);
	if (n <= TLS_RECORD && tls_make_room(t, n + TLS13_OVERHEAD))
		size = tls13_seal(&t->records.send, type, content, n, t->out + t->out_end);
	t->out_end += size;
	return size != 0;
}

/* Says that new keys follow, and takes them. */
static bool update_keys(struct tls *t)
{
	static const uint8_t message[] = {KEY_UPDATE, 0, 0, 1, 0}; /* the peer's own may stay */

	if (t->records.kernel && tls_flush(t) != TLS_OK)
		return true; /* there is time: ask again with the next record */
	t->records.update_due = false;
	t->records.sent = 0;
	return append(t, TLS13_HANDSHAKE, message, sizeof(message)) &&
	       tls13_next(&t->records.send) &&
	       (!t->records.kernel || tls_kernel_seal(t) == 0); /* Linux 6.14 */
}

enum tls_result tls_records_write(struct tls *t, const void *bytes, size_t n)
{
	struct tls_records *r = &t->records;

	bool is_worn = r->send.sequence >= KEY_RECORDS || (r->key_bytes && r->sent >= r->key_bytes);

	if ((!is_worn && !r->update_due) || update_keys(t)) {
		r->sent += n;
		if (append(t, TLS13_APPLICATION, bytes, n))
			return TLS_OK;
	}
	tls_fail(t, TLS_FAULT_PROTOCOL, "%s",
		 r->kernel ? "the kernel's TLS takes no new keys"
			   : "a TLS record could not be written");
	t->end = TLS_FAILED;
	return TLS_FAILED;
}

/* Queues an alert; that the connection ends does not depend on it. */
static void say_alert(struct tls *t, uint8_t level, uint8_t what)
{
	const uint8_t alert[] = {level, what};

	if (t->records.kernel && tls_flush(t) != TLS_OK)
		return;
	(void)append(t, TLS13_ALERT, alert, sizeof(alert));
}

void tls_records_close(struct tls *t)
{
	say_alert(t, SSL3_AL_WARNING, CLOSE_NOTIFY);
}

/* The peer breaks the rules: tells it so, and fails. */
static void refuse(struct tls *t, uint8_t alert, const char *text)
{
	tls_fail(t, TLS_FAULT_PROTOCOL, "%s", text);
	say_alert(t, SSL3_AL_FATAL, alert);
	(void)tls_flush(t); /* nobody asks for it any more */
	t->end = TLS_FAILED;
}

/* Keeps the part of a record that has come, outside of the thread's own buffer. */
static void keep_part(struct tls *t)
{
	struct tls_records *r = &t->records;
	size_t n = t->in ? t->in_end - t->in_at : 0;

	if (n && !r->part)
		r->part = malloc(PART_SIZE);
	if (n && !r->part) {
		t->sys_err = ENOMEM;
		tls_broke(t);
	} else if (n) {
		memcpy(r->part, t->in + t->in_at, n);
		r->part_n = n;
	}
	tls_drop_input(t);
}

/* Receives more, behind what of a record has come already; false when nothing is there now, or
 * never will be: t->end says so then. */
static bool receive(struct tls *t)
{
	struct tls_records *r = &t->records;

	if (t->drained) { /* that a drained socket has nothing is known without asking, once */
		t->drained = false;
		keep_part(t);
		return false;
	}
	if (tls_receive(t, r->part, r->part_n)) {
		r->part_n = 0;
		return true;
	}
	if (t->eof || t->sys_err)
		tls_broke(t);
	else
		keep_part(t);
	return false;
}

/* Returns the record that is next, whole, and takes it from the input; NULL: see receive(). */
static uint8_t *next_record(struct tls *t, size_t *n)
{
	for (;;) {
		struct rd r = rd_init(t->in ? t->in + t->in_at : NULL, t->in_end - t->in_at);
		uint8_t type = rd_u8(&r), *record;
		size_t body;

		(void)rd_be16(&r); /* the version has no meaning any more (RFC 8446 5.1) */
		body = rd_be16(&r);
		if (!r.bad && type != TLS13_APPLICATION) {
			refuse(t, UNEXPECTED_MESSAGE, "a TLS message came out of order");
			return NULL;
		}
		if (!r.bad && (body > TLS13_BODY_MOST || body < TLS13_BODY_LEAST)) {
			refuse(t, body < TLS13_BODY_LEAST ? DECODE_ERROR : RECORD_OVERFLOW,
			       "a TLS record is malformed");
			return NULL;
		}
		if (!r.bad && rd_take(&r, body)) {
			record = t->in + t->in_at;
			*n = TLS13_HEADER + body;
			t->in_at += *n;
			return record;
		}
		if (!receive(t))
			return NULL;
	}
}

/* A whole message has come; left: what follows it in its record. */
static void take_message(struct tls *t, size_t left)
{
	struct tls_records *r = &t->records;
	uint8_t asked = r->message[4];

	if (r->message[0] == NEW_SESSION_TICKET)
		return; /* every call begins with a handshake of its own */
	if (left || r->message_size != 1) {
		/* keys change with the next record (RFC 8446 5.1) */
		refuse(t, left ? UNEXPECTED_MESSAGE : DECODE_ERROR, "a TLS message is malformed");
	} else if (asked > UPDATE_REQUESTED) {
		refuse(t, ILLEGAL_PARAMETER, "a TLS message is malformed");
	} else if (!tls13_next(&r->receive)) {
		refuse(t, INTERNAL_ERROR, "new TLS keys could not be made");
	} else if (asked) {
		r->update_due = true; /* before the next data (RFC 8446 4.6.3) */
	}
}

/* Takes messages, which may come in parts and several in a record. */
static void take_messages(struct tls *t, struct rd in)
{
	struct tls_records *r = &t->records;

	while (t->end == TLS_OK && rd_left(&in)) {
		uint8_t octet = rd_u8(&in);

		if (r->message_n < sizeof(r->message))
			r->message[r->message_n] = octet;
		r->message_n++;
		if (r->message_n < 4)
			continue;
		if (r->message_n == 4) {
			bool known = r->message[0] == KEY_UPDATE ||
				     (r->message[0] == NEW_SESSION_TICKET && t->name);

			r->message_size =
				(uint32_t)r->message[1] << 16 | be16(r->message[2], r->message[3]);
			if (!known) {
				refuse(t, UNEXPECTED_MESSAGE, "a TLS message came out of order");
				return;
			}
		}
		if (r->message_n == 4 + r->message_size) {
			take_message(t, rd_left(&in));
			r->message_n = 0;
		}
	}
}

/* The peer says that something is wrong, or good-bye (RFC 8446 6). */
static void take_alert(struct tls *t, struct rd in)
{
	uint8_t what;

	(void)rd_u8(&in); /* the level has no meaning any more */
	what = rd_u8(&in);
	if (in.bad || rd_left(&in)) {
		refuse(t, DECODE_ERROR, "a TLS alert is malformed");
	} else if (what == CLOSE_NOTIFY) {
		tls_fail(t, TLS_FAULT_NET, "the peer closed the connection");
		t->end = TLS_CLOSED;
	} else if (what != USER_CANCELED) { /* close_notify follows (RFC 8446 6.1) */
		tls_explain_alert(t, what);
		t->end = TLS_FAILED;
	}
}

/* Deals with n bytes of content that are no data. */
static void take_other(struct tls *t, uint8_t type, const uint8_t *content, size_t n)
{
	bool counts = type != TLS13_HANDSHAKE || t->records.message_n == 0;

	if (counts && ++t->records.empty > EMPTY_MOST)
		refuse(t, UNEXPECTED_MESSAGE, "the peer sends TLS records without end or content");
	else if (type == TLS13_HANDSHAKE && n)
		take_messages(t, rd_init(content, n));
	else if (type == TLS13_ALERT)
		take_alert(t, rd_init(content, n));
	else if (type != TLS13_APPLICATION)
		refuse(t, UNEXPECTED_MESSAGE, "a TLS message came out of order");
}

/* Opens the next record that carries data: into the n bytes at buf if it fits, else where it is.
 * Sets *content to where its bytes are; false when there is none now. */
static bool open_data(struct tls *t, uint8_t *buf, size_t n, uint8_t **content, size_t *size)
{
	struct tls_records *r = &t->records;
	uint8_t *record;
	size_t length;

	while (t->end == TLS_OK && (record = next_record(t, &length)) != NULL) {
		bool fits = length - TLS13_HEADER - TLS13_TAG <= n;
		uint8_t *out = fits ? buf : record + TLS13_HEADER, type = 0;
		long got = tls13_open(&r->receive, record, length, out, &type);

		if (got < 0) {
			refuse(t, BAD_RECORD_MAC,
			       "a TLS record was changed on its way, or decrypts to nothing");
		} else if (got >= TLS13_INNER_MOST) {
			refuse(t, RECORD_OVERFLOW, "a TLS record is malformed");
		} else if (type == TLS13_APPLICATION && r->message_n == 0 && got) {
			r->empty = 0;
			*content = out;
			*size = (size_t)got;
			return true;
		} else if (type != TLS13_HANDSHAKE && r->message_n) {
			refuse(t, UNEXPECTED_MESSAGE, "a TLS message came out of order");
		} else {
			take_other(t, type, out, (size_t)got);
		}
	}
	return false;
}

/* Hands out what the last record has left. */
static size_t take_rest(struct tls *t, uint8_t *buf, size_t n)
{
	struct tls_records *r = &t->records;

	if (n > r->rest_n)
		n = r->rest_n;
	if (!n)
		return 0;
	memcpy(buf, r->rest, n);
	r->rest += n;
	r->rest_n -= n;
	return n;
}

long tls_records_read(struct tls *t, uint8_t *buf, size_t n)
{
	struct tls_records *r = &t->records;
	size_t total = take_rest(t, buf, n);

	/* Never a part of a second record: the next call brings it whole. */
	while (total < n && (!total || n - total >= TLS_RECORD)) {
		uint8_t *content;
		size_t size;

		if (!open_data(t, buf + total, n - total, &content, &size))
			break;
		if (content != buf + total) {
			r->rest = content;
			r->rest_n = size;
			size = take_rest(t, buf + total, n - total);
		}
		total += size;
	}
	if (total || t->end == TLS_OK)
		return (long)total;
	return t->end;
}

int tls_offload(struct tls *t)
{
	int err;

	if (!t->records.on || t->records.kernel)
		return t->records.kernel ? 0 : -EOPNOTSUPP;
	if (tls_queued(t))
		return -EBUSY;
	err = tls_kernel_seal(t);
	t->records.kernel = err == 0;
	return err;
}

bool tls_is_offloaded(const struct tls *t)
{
	return t->records.kernel;
}

void tls_records_rest(struct tls *t)
{
	if (t->records.part_n)
		return;
	free(t->records.part);
	t->records.part = NULL;
}
