/* SPDX-License-Identifier: MIT */
/*
 * A relay that speaks TLS by GnuTLS towards either side, or both. Debian's OpenSSL is built without
 * RC4 and 3DES, and our programs neither resume nor renegotiate: two of these put a call of ours
 * into such a TLS, to be captured between them. Not for anything but tests: it believes any
 * certificate.
 *
 *	gnutls_relay from=ADDRESS:PORT to=ADDRESS:PORT [name=value...]
 *
 *	accept=PRIORITY   takes TLS, as GnuTLS's priority string says; without it plain bytes
 *	connect=PRIORITY  speaks TLS to where it leads; without it plain bytes
 *	certificate=FILE  shown to those who connect, PEM; needed with accept, as key=FILE is
 *	again=N           renegotiates before the Nth piece that it sends to where it leads
 *	ask=N             asks for a renegotiation before the Nth piece that it sends back
 *	resume=1          resumes the session of the connection before
 *
 * Prints "ready" once it listens, and what each connection has agreed on. Carries one connection at
 * a time. SSLKEYLOGFILE is heeded by GnuTLS itself.
 */
#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE   16384
#define NOTHING (-1) /* take(): no bytes now */

enum knob { FROM, TO, ACCEPT, CONNECT, CERTIFICATE, KEY, AGAIN, ASK, RESUME, KNOBS };

static const char *const knob_names[KNOBS] = {
	"from", "to", "accept", "connect", "certificate", "key", "again", "ask", "resume",
};
static const char *knobs[KNOBS];

/* One side of a connection. */
struct end {
	int fd;
	gnutls_session_t tls; /* NULL: plain bytes */
	bool over;            /* nothing comes from it any more */
};

static gnutls_certificate_credentials_t credentials;
static gnutls_datum_t ticket_key;
static gnutls_datum_t last_session; /* of the side that connects */
static gnutls_datum_t stored[2];    /* the last session of the side that accepts, and its name */

__attribute__((noreturn)) static void die(const char *what, const char *why)
{
	fprintf(stderr, "gnutls_relay: %s: %s\n", what, why);
	exit(1);
}

/* Ends the program if GnuTLS has refused something. */
static void need(int result, const char *what)
{
	if (result < 0)
		die(what, gnutls_strerror(result));
}

static struct sockaddr_in read_address(enum knob k)
{
	const char *colon = knobs[k] ? strrchr(knobs[k], ':') : NULL;
	struct sockaddr_in a = {.sin_family = AF_INET};
	char host[INET_ADDRSTRLEN];

	if (!colon)
		die(knob_names[k], "ADDRESS:PORT is missing");
	snprintf(host, sizeof(host), "%.*s", (int)(colon - knobs[k]), knobs[k]);
	a.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	if (inet_pton(AF_INET, host, &a.sin_addr) != 1)
		die(knob_names[k], "the address is not of IPv4");
	return a;
}

static gnutls_datum_t copy_datum(gnutls_datum_t d)
{
	gnutls_datum_t copy = {gnutls_malloc(d.size), d.size};

	if (!copy.data)
		die("session", "no memory");
	memcpy(copy.data, d.data, d.size);
	return copy;
}

static int forget_session(void *ctx, gnutls_datum_t name)
{
	(void)ctx;
	(void)name;
	for (int i = 0; i < 2; i++) {
		gnutls_free(stored[i].data);
		stored[i] = (gnutls_datum_t){NULL, 0};
	}
	return 0;
}

static int store_session(void *ctx, gnutls_datum_t name, gnutls_datum_t session)
{
	forget_session(ctx, name);
	stored[0] = copy_datum(session);
	stored[1] = copy_datum(name);
	return 0;
}

static gnutls_datum_t find_session(void *ctx, gnutls_datum_t name)
{
	(void)ctx;
	if (stored[1].size != name.size || memcmp(stored[1].data, name.data, name.size) != 0)
		return (gnutls_datum_t){NULL, 0};
	return copy_datum(stored[0]);
}

/* Lets sessions of the side that accepts be resumed, by ticket and by name. */
static void allow_resumption(gnutls_session_t tls)
{
	need(gnutls_session_ticket_enable_server(tls, &ticket_key), "ticket");
	gnutls_db_set_store_function(tls, store_session);
	gnutls_db_set_retrieve_function(tls, find_session);
	gnutls_db_set_remove_function(tls, forget_session);
}

/* Sends all of some bytes; a side that has gone is no matter, it shows when it is read. */
static void give(struct end *e, const char *bytes, size_t n)
{
	for (size_t at = 0; at < n;) {
		ssize_t sent = e->tls ? gnutls_record_send(e->tls, bytes + at, n - at)
				      : send(e->fd, bytes + at, n - at, 0);

		if (e->tls && (sent == GNUTLS_E_AGAIN || sent == GNUTLS_E_INTERRUPTED))
			continue;
		if (sent < 0)
			return;
		at += (size_t)sent;
	}
}

/* Goes through a handshake, the first one of a session or another. Bytes that cross it are handed
 * to `to`; NULL: there can be none. */
static void shake_hands(struct end *e, struct end *to)
{
	char bytes[PIECE];
	int result;

	while ((result = gnutls_handshake(e->tls)) < 0) {
		ssize_t n;

		if (result == GNUTLS_E_GOT_APPLICATION_DATA && to) {
			n = gnutls_record_recv(e->tls, bytes, sizeof(bytes));
			if (n > 0)
				give(to, bytes, (size_t)n);
		} else if (gnutls_error_is_fatal(result)) {
			die("handshake", gnutls_strerror(result));
		}
	}
}

/* Takes bytes from a side; 0 at its end, NOTHING if none have come. */
static ssize_t take(struct end *e, char *bytes, struct end *to)
{
	ssize_t n =
		e->tls ? gnutls_record_recv(e->tls, bytes, PIECE) : recv(e->fd, bytes, PIECE, 0);

	if (!e->tls || n >= 0)
		return n < 0 ? 0 : n;
	if (n == GNUTLS_E_REHANDSHAKE)
		shake_hands(e, to);
	return n == GNUTLS_E_REHANDSHAKE || !gnutls_error_is_fatal((int)n) ? NOTHING : 0;
}

/* Says what a session is like. */
static void describe(const struct end *e, const char *side)
{
	char *words = gnutls_session_get_desc(e->tls);
	unsigned flags = gnutls_session_get_flags(e->tls);

	printf("%s %s%s%s%s\n", side, words, flags & GNUTLS_SFLAGS_ETM ? " etm" : "",
	       flags & GNUTLS_SFLAGS_EXT_MASTER_SECRET ? " ems" : "",
	       gnutls_session_is_resumed(e->tls) ? " resumed" : "");
	fflush(stdout);
	gnutls_free(words);
}

/* Puts TLS on a connected socket, if the knob k asks for it. */
static struct end open_end(int fd, enum knob k)
{
	struct end e = {.fd = fd};
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (!knobs[k])
		return e;
	need(gnutls_init(&e.tls, k == ACCEPT ? GNUTLS_SERVER : GNUTLS_CLIENT), "session");
	need(gnutls_priority_set_direct(e.tls, knobs[k], NULL), knobs[k]);
	need(gnutls_credentials_set(e.tls, GNUTLS_CRD_CERTIFICATE, credentials), "credentials");
	gnutls_transport_set_int(e.tls, fd);
	if (k == ACCEPT)
		allow_resumption(e.tls);
	else if (last_session.size)
		need(gnutls_session_set_data(e.tls, last_session.data, last_session.size),
		     "resumption");
	shake_hands(&e, NULL);
	describe(&e, knob_names[k]);
	return e;
}

/* One side has ended: tells the other. */
static void pass_end(struct end *from, struct end *to)
{
	from->over = true;
	if (to->tls)
		(void)gnutls_bye(to->tls, GNUTLS_SHUT_WR);
	shutdown(to->fd, SHUT_WR);
}

static bool is_ready(const struct end *e, const struct pollfd *p)
{
	return !e->over && (p->revents || (e->tls && gnutls_record_check_pending(e->tls)));
}

/* The number at a knob; 0: it is not set. */
static unsigned long number(enum knob k)
{
	return knobs[k] ? strtoul(knobs[k], NULL, 10) : 0;
}

/* Carries both ways until both sides have ended. end[1] is where it leads. */
static void carry(struct end end[2])
{
	unsigned long pieces[2] = {0, 0};
	char bytes[PIECE];

	while (!end[0].over || !end[1].over) {
		struct pollfd p[2];
		bool pending = false;

		for (int i = 0; i < 2; i++) {
			p[i] = (struct pollfd){end[i].over ? -1 : end[i].fd, POLLIN, 0};
			pending |= is_ready(&end[i], &p[i]);
		}
		if (poll(p, 2, pending ? 0 : -1) < 0)
			die("poll", "failed");
		for (int i = 0; i < 2; i++) {
			ssize_t n = is_ready(&end[i], &p[i]) ? take(&end[i], bytes, &end[1 - i])
							     : NOTHING;

			if (n == 0)
				pass_end(&end[i], &end[1 - i]);
			pieces[i] += n > 0;
			if (n > 0 && pieces[i] == number(i == 0 ? AGAIN : ASK)) {
				if (i == 1)
					need(gnutls_rehandshake(end[0].tls), "ask");
				shake_hands(&end[1 - i], &end[i]);
			}
			if (n > 0)
				give(&end[1 - i], bytes, (size_t)n);
		}
	}
}

static void close_end(struct end *e)
{
	if (e->tls)
		gnutls_deinit(e->tls);
	close(e->fd);
}

/* Carries a connection from its first byte to its last. */
static void serve(int fd)
{
	struct sockaddr_in to = read_address(TO);
	int onward = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct end end[2];

	if (onward < 0 || connect(onward, (struct sockaddr *)&to, sizeof(to)) < 0)
		die(knobs[TO], "does not answer");
	end[0] = open_end(fd, ACCEPT);
	end[1] = open_end(onward, CONNECT);
	carry(end);
	if (knobs[RESUME] && end[1].tls) {
		gnutls_free(last_session.data);
		need(gnutls_session_get_data2(end[1].tls, &last_session), "resumption");
	}
	close_end(&end[0]);
	close_end(&end[1]);
}

static void read_knobs(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *equals = strchr(argv[i], '=');
		size_t n = equals ? (size_t)(equals - argv[i]) : 0;
		int k = 0;

		while (k < KNOBS &&
		       (strlen(knob_names[k]) != n || strncmp(knob_names[k], argv[i], n) != 0))
			k++;
		if (!equals || k == KNOBS)
			die(argv[i], "there is no such word");
		knobs[k] = equals + 1;
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in from;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	read_knobs(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	from = read_address(FROM);
	need(gnutls_certificate_allocate_credentials(&credentials), "credentials");
	need(gnutls_session_ticket_key_generate(&ticket_key), "ticket");
	if (knobs[ACCEPT]) {
		if (!knobs[CERTIFICATE] || !knobs[KEY])
			die("accept", "certificate and key are missing");
		need(gnutls_certificate_set_x509_key_file(credentials, knobs[CERTIFICATE],
							  knobs[KEY], GNUTLS_X509_FMT_PEM),
		     knobs[CERTIFICATE]);
		need(gnutls_certificate_set_known_dh_params(credentials, GNUTLS_SEC_PARAM_MEDIUM),
		     "DH");
	}
	if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(listener, (struct sockaddr *)&from, sizeof(from)) < 0 || listen(listener, 8) < 0)
		die(knobs[FROM], "cannot be listened at");
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			die("accept", "failed");
		serve(fd);
	}
}
