/* SPDX-License-Identifier: MIT */
/*
 * Private keys from files: PKCS#12 (.pfx, .p12), also those that old systems encrypt with RC2 or
 * 3DES, and PEM or DER. Never asks for a password by itself.
 */
#include "analyse/tls_keys_local.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Says why path could not be loaded. */
static enum tls_load fail(char why[TLS_KEYS_WHY], enum tls_load how, const char *path,
			  const char *what)
{
	snprintf(why, TLS_KEYS_WHY, "cannot load %s: %s", path, what);
	ERR_clear_error();
	return how;
}

char *tls_keys_split(char *spec)
{
	char *colon;

	if (access(spec, F_OK) == 0)
		return NULL;
	for (size_t i = strlen(spec); i-- > 0;) {
		if (spec[i] != ':')
			continue;
		spec[i] = 0;
		if (access(spec, F_OK) == 0)
			return spec + i + 1;
		spec[i] = ':';
	}
	/* no beginning is a file: cut at the first colon, and let opening it say so */
	colon = strchr(spec, ':');
	if (!colon)
		return NULL;
	*colon = 0;
	return colon + 1;
}

/* Adds the private key that p12 holds. */
static enum tls_load add_pkcs12(struct tls_keys *k, PKCS12 *p12, const char *path,
				const char *password, char why[TLS_KEYS_WHY])
{
	EVP_PKEY *key = NULL;
	X509 *cert = NULL;

	if (!password &&
	    (PKCS12_verify_mac(p12, NULL, 0) != 1 && PKCS12_verify_mac(p12, "", 0) != 1))
		return fail(why, TLS_LOAD_PASSWORD, path, "it is encrypted, a password is needed");
	if (password && PKCS12_verify_mac(p12, password, -1) != 1)
		return fail(why, TLS_LOAD_PASSWORD, path, "the password is wrong");
	if (PKCS12_parse(p12, password ? password : "", &key, &cert, NULL) != 1 &&
	    !(tls_crypto_old_files(k->crypto) &&
	      PKCS12_parse(p12, password ? password : "", &key, &cert, NULL) == 1))
		return fail(
			why, TLS_LOAD_FAILED, path,
			"it is damaged, or encrypted in a way that OpenSSL here cannot undo (the "
			"legacy provider may be missing)");
	X509_free(cert);
	if (!key)
		return fail(why, TLS_LOAD_FAILED, path, "it holds no private key");
	return tls_keys_add_private(k, key) == 0
		       ? TLS_LOAD_OK
		       : fail(why, TLS_LOAD_FAILED, path, "out of memory");
}

enum tls_load tls_keys_load_pfx(struct tls_keys *k, const char *path, const char *password,
				char why[TLS_KEYS_WHY])
{
	BIO *in = BIO_new_file(path, "rb");
	PKCS12 *p12 = PKCS12_init_ex(NID_pkcs7_data, tls_crypto_lib(k->crypto), NULL);
	enum tls_load r;

	if (!in || !p12) {
		r = fail(why, TLS_LOAD_FAILED, path, in ? "out of memory" : strerror(errno));
	} else if (!d2i_PKCS12_bio(in, &p12)) {
		p12 = NULL;
		r = fail(why, TLS_LOAD_FAILED, path, "it is no PKCS#12 file");
	} else {
		r = add_pkcs12(k, p12, path, password, why);
	}
	PKCS12_free(p12);
	BIO_free(in);
	return r;
}

struct answer {
	const char *password;
	bool asked;
};

/* Gives OpenSSL the password; remembers that it was needed. */
static int give_password(char *to, int room, int writing, void *ctx)
{
	struct answer *a = ctx;
	size_t n = a->password ? strlen(a->password) : 0;

	(void)writing;
	a->asked = true;
	if (!a->password || n > (size_t)room)
		return -1;
	memcpy(to, a->password, n);
	return (int)n;
}

/* Reads every private key of a PEM file; returns how many. */
static unsigned read_pem(struct tls_keys *k, BIO *in, struct answer *a)
{
	unsigned found = 0;
	EVP_PKEY *key;

	while ((key = PEM_read_bio_PrivateKey_ex(in, NULL, give_password, a,
						 tls_crypto_lib(k->crypto), NULL))) {
		if (tls_keys_add_private(k, key) < 0)
			break;
		found++;
	}
	ERR_clear_error();
	return found;
}

enum tls_load tls_keys_load_key(struct tls_keys *k, const char *path, const char *password,
				char why[TLS_KEYS_WHY])
{
	BIO *in = BIO_new_file(path, "rb");
	struct answer a = {password, false};
	unsigned found;

	if (!in)
		return fail(why, TLS_LOAD_FAILED, path, strerror(errno));
	found = read_pem(k, in, &a);
	if (!found && !a.asked && BIO_reset(in) == 0) {
		EVP_PKEY *key = d2i_PrivateKey_ex_bio(in, NULL, tls_crypto_lib(k->crypto), NULL);

		found = key && tls_keys_add_private(k, key) == 0;
	}
	BIO_free(in);
	if (found)
		return TLS_LOAD_OK;
	if (a.asked)
		return fail(why, TLS_LOAD_PASSWORD, path,
			    password ? "the password is wrong"
				     : "it is encrypted, a password is needed");
	return fail(why, TLS_LOAD_FAILED, path, "no private key was found in it");
}
