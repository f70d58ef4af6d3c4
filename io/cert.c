/* SPDX-License-Identifier: MIT */
/* cert.h over OpenSSL's X.509. */
#include "io/cert.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "io/random.h"
#include "lib/base/secret.h"

#define KEY_BITS 3072

/* Returns the length of the label of a DNS name (RFC 1123 2.1) at p, 0 when none is there. */
static size_t label_length(const char *p)
{
	size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

	return n > 63 || p[0] == '-' || (n > 0 && p[n - 1] == '-') ? 0 : n;
}

bool cert_name_usable(const char *name)
{
	const char *p = strncmp(name, "*.", 2) == 0 ? name + 2 : name;
	uint8_t ip[16];
	size_t n;

	if (inet_pton(AF_INET, name, ip) == 1 || inet_pton(AF_INET6, name, ip) == 1)
		return true;
	if (strlen(name) > 253)
		return false;
	while ((n = label_length(p)) > 0 && p[n] == '.')
		p += n + 1;
	return n > 0 && p[n] == '\0' && strspn(p, "0123456789") != n; /* 1.2.3.400 is neither */
}

static bool add_extension(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;
	bool ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = ext && X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
	return ok;
}

static bool set_serial(X509 *cert)
{
	uint8_t bytes[16];
	BIGNUM *n;
	bool ok;

	random_bytes(bytes, sizeof(bytes));
	bytes[0] &= 0x7f; /* positive (RFC 5280 4.1.2.2) */
	n = BN_bin2bn(bytes, sizeof(bytes), NULL);
	ok = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert));
	BN_free(n);
	return ok;
}

/* Names and uses. The common name holds at most 64 octets (RFC 5280 A.1); longer names stand in
 * subjectAltName only. */
static bool set_names(X509 *cert, const char *name)
{
	X509_NAME *subject = X509_get_subject_name(cert);
	uint8_t ip[16];
	bool is_ip = inet_pton(AF_INET, name, ip) == 1 || inet_pton(AF_INET6, name, ip) == 1;
	char alt[300];
	const char *cn = strlen(name) <= 64 ? name : "sstpd";

	snprintf(alt, sizeof(alt), "%s:%s", is_ip ? "IP" : "DNS", name);
	return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const uint8_t *)cn, -1, -1,
					  0) &&
	       X509_set_issuer_name(cert, subject) &&
	       add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(cert, NID_key_usage, "critical,digitalSignature,keyEncipherment") &&
	       add_extension(cert, NID_ext_key_usage, "serverAuth") &&
	       add_extension(cert, NID_subject_alt_name, alt) &&
	       add_extension(cert, NID_subject_key_identifier, "hash");
}

static bool fill(X509 *cert, EVP_PKEY *key, const char *name, unsigned days)
{
	return X509_set_version(cert, X509_VERSION_3) && set_serial(cert) &&
	       X509_gmtime_adj(X509_getm_notBefore(cert), -300) &&
	       X509_time_adj_ex(X509_getm_notAfter(cert), (int)days, 0, NULL) &&
	       X509_set_pubkey(cert, key) && set_names(cert, name) &&
	       X509_sign(cert, key, EVP_sha256());
}

/* Writes what the BIO holds as a string; false when it does not fit. */
static bool take_pem(BIO *bio, char out[CERT_PEM_MAX])
{
	char *bytes;
	long n = BIO_get_mem_data(bio, &bytes);

	if (n <= 0 || n >= CERT_PEM_MAX)
		return false;
	memcpy(out, bytes, (size_t)n);
	out[n] = '\0';
	wipe(bytes, (size_t)n);
	return true;
}

int cert_make(const char *name, unsigned days, struct cert_pair *out)
{
	EVP_PKEY *key;
	X509 *cert;
	BIO *cert_bio, *key_bio;
	bool ok;

	memset(out, 0, sizeof(*out));
	if (!cert_name_usable(name))
		return -EINVAL;
	key = EVP_RSA_gen(KEY_BITS);
	cert = X509_new();
	cert_bio = BIO_new(BIO_s_mem());
	key_bio = BIO_new(BIO_s_secmem());
	ok = key && cert && cert_bio && key_bio && fill(cert, key, name, days) &&
	     PEM_write_bio_X509(cert_bio, cert) &&
	     PEM_write_bio_PKCS8PrivateKey(key_bio, key, NULL, NULL, 0, NULL, NULL) &&
	     take_pem(cert_bio, out->cert) && take_pem(key_bio, out->key);
	BIO_free(cert_bio);
	BIO_free(key_bio);
	X509_free(cert);
	EVP_PKEY_free(key);
	if (!ok)
		cert_wipe(out);
	return ok ? 0 : -EIO;
}

void cert_wipe(struct cert_pair *c)
{
	wipe(c, sizeof(*c));
}
