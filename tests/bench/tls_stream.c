/* SPDX-License-Identifier: MIT */
/*
 * A plain TLS stream of 16 KiB writes over TCP, what a tunnel is measured against: no framing, no
 * TUN, no event loop. One connection, then the end. Not for anything but benchmarks: it verifies
 * nothing.
 *
 *   tls_stream receive PORT CERTIFICATE KEY    prints "ready", then what it received
 *   tls_stream send ADDRESS PORT SECONDS [CIPHERSUITE]
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#define PIECE 16384

__attribute__((noreturn)) static void die(const char *what)
{
	ERR_print_errors_fp(stderr);
	perror(what);
	exit(1);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The processor time of this process, user and system. */
static double processor_seconds(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void report(const char *what, double bytes, double took)
{
	printf("%s %.0f bytes in %.2f s, %.3f Gbit/s, %.2f processor seconds per GB\n", what, bytes,
	       took, bytes * 8 / took / 1e9, processor_seconds() / (bytes / 1e9));
}

static void receive(const char *port, const char *certificate, const char *key)
{
	static char piece[PIECE];
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	struct sockaddr_in me = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0), fd, n;
	double began, bytes = 0;
	SSL *ssl;

	if (SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		die("the certificate or its key cannot be read");
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (struct sockaddr *)&me, sizeof(me)) != 0 || listen(listener, 1) != 0)
		die("cannot listen");
	printf("ready\n");
	fflush(stdout);
	if ((fd = accept(listener, NULL, NULL)) < 0)
		die("accept");
	ssl = SSL_new(ctx);
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) != 1)
		die("TLS");
	began = seconds();
	while ((n = SSL_read(ssl, piece, sizeof(piece))) > 0)
		bytes += n;
	report("received", bytes, seconds() - began);
}

static void send_for(const char *address, const char *port, double wanted, const char *suite)
{
	static char piece[PIECE];
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
	double began, bytes = 0;
	SSL *ssl;

	if (inet_pton(AF_INET, address, &peer.sin_addr) != 1)
		die(address);
	if (suite != NULL && SSL_CTX_set_ciphersuites(ctx, suite) != 1)
		die(suite);
	if (connect(fd, (struct sockaddr *)&peer, sizeof(peer)) != 0)
		die("cannot connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	ssl = SSL_new(ctx);
	SSL_set_fd(ssl, fd);
	if (SSL_connect(ssl) != 1)
		die("TLS");
	for (began = seconds(); seconds() - began < wanted; bytes += PIECE)
		if (SSL_write(ssl, piece, PIECE) != PIECE)
			die("the connection broke");
	report("sent", bytes, seconds() - began);
	SSL_shutdown(ssl);
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "receive") == 0)
		receive(argv[2], argv[3], argv[4]);
	else if ((argc == 5 || argc == 6) && strcmp(argv[1], "send") == 0)
		send_for(argv[2], argv[3], atof(argv[4]), argv[5]);
	else {
		fprintf(stderr,
			"usage: %s receive PORT CERTIFICATE KEY\n"
			"       %s send ADDRESS PORT SECONDS [CIPHERSUITE]\n",
			argv[0], argv[0]);
		return 2;
	}
	return 0;
}
