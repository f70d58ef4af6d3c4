/* SPDX-License-Identifier: MIT */
/*
 * LD_PRELOAD library for an OpenSSL program that speaks SSTP as client: a test tool, no part of the
 * suite. It is steered by environment variables:
 *
 * SSLKEYLOGFILE=FILE  appends the TLS secrets of every connection, in NSS key log format
 * SSTP_TLS=1.2        speaks TLS 1.2 (or 1.0, 1.1) at most, whatever the program wants
 * SSTP_NO_ETM=1       does without encrypt-then-MAC
 * SSTP_NO_EMS=1       does without the extended master secret
 * SSTP_DAMAGE=FIELD   flips a bit of one field of CALL_CONNECTED before it is encrypted; FIELD is
 *                     hashproto, nonce, hash or mac (MS-SSTP 2.2.7)
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ssl.h>

static int keylog_fd = -1;

/* Opened at load time: later the program may have given up its rights. */
__attribute__((constructor)) static void open_keylog(void)
{
	const char *path = getenv("SSLKEYLOGFILE");

	if (path != NULL)
		keylog_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void write_key(const SSL *ssl, const char *line)
{
	(void)ssl;
	if (dprintf(keylog_fd, "%s\n", line) < 0)
		abort();
}

SSL_CTX *SSL_CTX_new(const SSL_METHOD *method)
{
	SSL_CTX *(*next)(const SSL_METHOD *) =
		(SSL_CTX * (*)(const SSL_METHOD *)) dlsym(RTLD_NEXT, "SSL_CTX_new");
	SSL_CTX *ctx = next(method);

	if (ctx != NULL && keylog_fd >= 0)
		SSL_CTX_set_keylog_callback(ctx, write_key);
	return ctx;
}

/* Sets version and extensions as the environment wants them. */
static void weaken(SSL *ssl)
{
	static const char *const versions[] = {"1.0", "1.1", "1.2", "1.3"};
	const char *most = getenv("SSTP_TLS");

	for (int i = 0; most != NULL && i < 4; i++)
		if (strcmp(most, versions[i]) == 0)
			SSL_set_max_proto_version(ssl, TLS1_VERSION + i);
	if (getenv("SSTP_NO_ETM") != NULL)
		SSL_set_options(ssl, SSL_OP_NO_ENCRYPT_THEN_MAC);
	if (getenv("SSTP_NO_EMS") != NULL)
		SSL_set_options(ssl, SSL_OP_NO_EXTENDED_MASTER_SECRET);
}

SSL *SSL_new(SSL_CTX *ctx)
{
	SSL *(*next)(SSL_CTX *) = (SSL * (*)(SSL_CTX *)) dlsym(RTLD_NEXT, "SSL_new");
	SSL *ssl = next(ctx);

	if (ssl != NULL)
		weaken(ssl);
	return ssl;
}

/* Where a field of CALL_CONNECTED starts, 0 if there is none to damage. */
static size_t damaged_field(void)
{
	static const struct {
		const char *name;
		size_t at;
	} fields[] = {{"hashproto", 15}, {"nonce", 16}, {"hash", 48}, {"mac", 80}};
	const char *wanted = getenv("SSTP_DAMAGE");

	for (size_t i = 0; wanted != NULL && i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strcmp(fields[i].name, wanted) == 0)
			return fields[i].at;
	return 0;
}

/*
 * Returns NULL, or a copy (to be freed) of the bytes with the chosen field of the CALL_CONNECTED in
 * them damaged: once, for what SSL_write() took comes by again when OpenSSL encrypts it.
 */
static unsigned char *damage(const void *bytes, size_t n)
{
	static const unsigned char call_connected[] = {0x10, 0x01, 0x00, 0x70, 0x00, 0x04,
						       0x00, 0x01, 0x00, 0x03, 0x00, 0x68};
	size_t field = damaged_field();
	const unsigned char *found =
		field != 0 ? memmem(bytes, n, call_connected, sizeof(call_connected)) : NULL;
	static bool done;
	unsigned char *copy;

	if (found == NULL || done || (copy = malloc(n)) == NULL)
		return NULL;
	done = true;
	memcpy(copy, bytes, n);
	copy[(size_t)(found - (const unsigned char *)bytes) + field] ^= 0x40;
	return copy;
}

int SSL_write(SSL *ssl, const void *bytes, int n)
{
	int (*next)(SSL *, const void *, int) =
		(int (*)(SSL *, const void *, int))dlsym(RTLD_NEXT, "SSL_write");
	unsigned char *copy = n > 0 ? damage(bytes, (size_t)n) : NULL;
	int written = next(ssl, copy != NULL ? copy : bytes, n);

	free(copy);
	return written;
}

int SSL_write_ex(SSL *ssl, const void *bytes, size_t n, size_t *written)
{
	int (*next)(SSL *, const void *, size_t, size_t *) =
		(int (*)(SSL *, const void *, size_t, size_t *))dlsym(RTLD_NEXT, "SSL_write_ex");
	unsigned char *copy = damage(bytes, n);
	int done = next(ssl, copy != NULL ? copy : bytes, n, written);

	free(copy);
	return done;
}

/* A program that makes records of its own encrypts them here. */
int EVP_CipherUpdate(EVP_CIPHER_CTX *ctx, unsigned char *out, int *size, const unsigned char *bytes,
		     int n)
{
	int (*next)(EVP_CIPHER_CTX *, unsigned char *, int *, const unsigned char *, int) =
		(int (*)(EVP_CIPHER_CTX *, unsigned char *, int *, const unsigned char *,
			 int))dlsym(RTLD_NEXT, "EVP_CipherUpdate");
	unsigned char *copy = bytes != NULL && n > 0 ? damage(bytes, (size_t)n) : NULL;
	int good = next(ctx, out, size, copy != NULL ? copy : bytes, n);

	free(copy);
	return good;
}

/* Without these functions of Intel Multi-Buffer Crypto it encrypts them there, whatever the
 * processor has. */
void init_mb_mgr_avx512(void *manager);
void init_mb_mgr_avx512(void *manager)
{
	void (*next)(void *) = (void (*)(void *))dlsym(RTLD_NEXT, "init_mb_mgr_avx512");

	if (damaged_field() == 0 && next != NULL)
		next(manager);
}
