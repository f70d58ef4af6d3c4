/* SPDX-License-Identifier: MIT */
/*
 * A connection without TLS in the shape of one with it: the server's half of "an HTTPS termination
 * proxy in front" (MS-SSTP 3.3.3). Never for the open network.
 */
#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "io/tls_inner.h"

struct tls *tls_new_plain(int fd)
{
	struct tls *t = calloc(1, sizeof(*t));

	if (t)
		t->fd = fd;
	return t;
}

bool tls_is_plain(const struct tls *t)
{
	return t->ssl == NULL;
}

long tls_plain_read(struct tls *t, void *buf, size_t n)
{
	ssize_t got;

	if (t->end != TLS_OK)
		return t->end;
	do
		got = recv(t->fd, buf, n, 0);
	while (got < 0 && errno == EINTR);
	if (got > 0)
		return (long)got;
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (got == 0) {
		t->eof = true;
		t->end = TLS_CLOSED;
		tls_fail(t, TLS_FAULT_NET, "the peer closed the connection");
	} else {
		t->sys_err = errno;
		t->end = TLS_FAILED;
		tls_fail(t, TLS_FAULT_NET, "the connection broke: %s", strerror(errno));
	}
	return t->end;
}

enum tls_result tls_plain_write(struct tls *t, const void *bytes, size_t n)
{
	if (!tls_make_room(t, n)) {
		tls_fail(t, TLS_FAULT_NET, "no memory for output");
		t->end = TLS_FAILED;
		return TLS_FAILED;
	}
	memcpy(t->out + t->out_end, bytes, n);
	t->out_end += n;
	return TLS_OK;
}

bool tls_file_hashes(const char *cert_file, uint8_t sha1[20], uint8_t sha256[32],
		     struct tls_err *err)
{
	FILE *in = fopen(cert_file, "re");
	X509 *cert = in ? PEM_read_X509(in, NULL, NULL, NULL) : NULL;

	if (cert) {
		tls_cert_hashes(cert, sha1, sha256);
	} else {
		err->fault = TLS_FAULT_CONFIG;
		snprintf(err->text, sizeof(err->text), "%s: %s", cert_file,
			 in ? "it holds no certificate in PEM form" : strerror(errno));
	}
	X509_free(cert);
	if (in)
		fclose(in);
	return cert != NULL;
}
