/* SPDX-License-Identifier: MIT */
/* A client and a server over a socket pair, for tests of TLS. Include it behind cmocka.h. */
#ifndef TESTS_UNIT_TLS_PAIR_H
#define TESTS_UNIT_TLS_PAIR_H

#include <sys/socket.h>

#include "io/tls_inner.h" /* to make a peer that is not as ours are */
#include "tests/unit/certs.h"

static char folder[] = "/tmp/test_tls_pair.XXXXXX";
static char ca_file[64], cert_file[64], key_file[64];

static inline int make_files(void **state)
{
	static const struct cert_wish ca = {.cn = "Test CA", .to_days = 10, .ca = true};
	static const struct cert_wish leaf = {.cn = "vpn.example.org",
					      .alt = "DNS:vpn.example.org",
					      .eku = "serverAuth",
					      .to_days = 10};
	struct cert_made ca_made = cert_issue(&ca, NULL);
	struct cert_made leaf_made = cert_issue(&leaf, &ca_made);

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(ca_file, sizeof(ca_file), "%s/ca", folder);
	snprintf(cert_file, sizeof(cert_file), "%s/cert", folder);
	snprintf(key_file, sizeof(key_file), "%s/key", folder);
	cert_write(&ca_made, NULL, ca_file, NULL);
	cert_write(&leaf_made, NULL, cert_file, key_file);
	cert_drop(&ca_made);
	cert_drop(&leaf_made);
	return 0;
}

static inline int remove_files(void **state)
{
	(void)state;
	unlink(ca_file);
	unlink(cert_file);
	unlink(key_file);
	return rmdir(folder);
}

/* Two connected ends. */
struct pair {
	int fd[2];
	struct tls *client, *server;
};

/* Makes the pair over two connected sockets, which are its own from then on. */
static inline struct pair pair_over(const int fd[2], const struct tls_client_conf *client_conf,
				    const struct tls_server_conf *server_conf)
{
	struct tls_err err;
	struct tls_ctx *client_ctx = tls_client_ctx(client_conf, &err);
	struct tls_ctx *server_ctx = tls_server_ctx(server_conf, &err);
	struct pair p = {.fd = {fd[0], fd[1]}};

	assert_non_null(client_ctx);
	assert_non_null(server_ctx);
	p.client = tls_new(client_ctx, p.fd[0], "vpn.example.org");
	p.server = tls_new(server_ctx, p.fd[1], NULL);
	tls_ctx_free(client_ctx); /* the connections keep what they need */
	tls_ctx_free(server_ctx);
	return p;
}

static inline struct pair connect_pair(const struct tls_client_conf *client_conf,
				       const struct tls_server_conf *server_conf)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	return pair_over(fd, client_conf, server_conf);
}

static inline struct pair usual_pair(void)
{
	struct tls_client_conf client_conf = {.ca_file = ca_file};
	struct tls_server_conf server_conf = {.cert_file = cert_file, .key_file = key_file};

	return connect_pair(&client_conf, &server_conf);
}

/* Lets both ends go on until both are done or one fails; returns the client's last result. */
static inline enum tls_result shake(struct pair *p)
{
	enum tls_result client = TLS_WANT_READ, server = TLS_WANT_READ;

	for (int turn = 0; turn < 20 && (client > 0 || server > 0); turn++) {
		if (client > 0)
			client = tls_handshake(p->client);
		if (server > 0)
			server = tls_handshake(p->server);
		if (client < 0 && server <= 0)
			break;
	}
	return client;
}

static inline void drop_pair(struct pair *p)
{
	tls_free(p->client);
	tls_free(p->server);
	close(p->fd[0]);
	close(p->fd[1]);
}

/* Returns the TLS records' content types and lengths that wait at a socket, without taking them. */
static inline unsigned count_records(int fd)
{
	static uint8_t bytes[400000];
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_PEEK);
	unsigned records = 0;

	for (ssize_t at = 0; at + 5 <= n; records++)
		at += 5 + (bytes[at + 3] << 8 | bytes[at + 4]);
	return records;
}

#endif
