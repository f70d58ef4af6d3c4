/* SPDX-License-Identifier: MIT */
/*
 * Prints how many bytes of heap OpenSSL keeps for one idle connection of a server, made as sstpd
 * makes them: what the memory of a session is compared with.
 *
 *	tls_memory CERTIFICATE KEY
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <openssl/crypto.h>

#include "io/tls.h"

#define CONNECTIONS 64

static size_t in_use;

static void *count_malloc(size_t n, const char *file, int line)
{
	void *p = malloc(n);

	(void)file;
	(void)line;
	in_use += p ? malloc_usable_size(p) : 0;
	return p;
}

static void count_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	in_use -= p ? malloc_usable_size(p) : 0;
	free(p);
}

static void *count_realloc(void *p, size_t n, const char *file, int line)
{
	void *q;

	(void)file;
	(void)line;
	in_use -= p ? malloc_usable_size(p) : 0;
	q = realloc(p, n);
	in_use += q ? malloc_usable_size(q) : 0;
	return q;
}

/* Makes the server's end of a connection whose client has come and gone; exits when it fails. */
static struct tls *connect_once(struct tls_ctx *server, struct tls_ctx *client)
{
	enum tls_result a = TLS_WANT_READ, b = TLS_WANT_READ;
	struct tls *s, *c;
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) != 0)
		exit(1);
	s = tls_new(server, fd[0], NULL);
	c = tls_new(client, fd[1], "localhost");
	for (int turn = 0; turn < 10 && s && c && (a != TLS_OK || b != TLS_OK); turn++) {
		b = tls_handshake(c);
		a = tls_handshake(s);
	}
	if (a != TLS_OK || b != TLS_OK) {
		fprintf(stderr, "the handshake failed: %s\n", s ? tls_error(s) : "no memory");
		exit(1);
	}
	tls_free(c);
	return s;
}

int main(int argc, char **argv)
{
	struct tls_server_conf ours = {0};
	struct tls_client_conf theirs = {.insecure = true};
	struct tls_ctx *server, *client;
	struct tls_err err;
	size_t before;

	if (argc != 3) {
		fputs("usage: tls_memory CERTIFICATE KEY\n", stderr);
		return 2;
	}
	CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free);
	ours.cert_file = argv[1];
	ours.key_file = argv[2];
	server = tls_server_ctx(&ours, &err);
	client = server ? tls_client_ctx(&theirs, &err) : NULL;
	if (!client) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	tls_free(connect_once(server, client)); /* what is made once and kept */
	before = in_use;
	for (int i = 0; i < CONNECTIONS; i++)
		if (!connect_once(server, client))
			return 1;
	printf("%zu bytes of OpenSSL's for a connection\n", (in_use - before) / CONNECTIONS);
	return 0; /* the connections end with the process */
}
