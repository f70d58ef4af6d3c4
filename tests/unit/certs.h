/* SPDX-License-Identifier: MIT */
/* Certificates for tests, made on the spot and written as PEM files into a folder of the test's. */
#ifndef TESTS_UNIT_CERTS_H
#define TESTS_UNIT_CERTS_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a certificate shall be. */
struct cert_wish {
	const char *cn;
	const char *alt;   /* subjectAltName in OpenSSL's notation, or NULL */
	const char *eku;   /* extendedKeyUsage, or NULL */
	const char *usage; /* keyUsage, or NULL */
	int from_days;     /* validity, from now */
	int to_days;
	bool ca;
};

/* A certificate with its key; both freed with cert_drop(). */
struct cert_made {
	X509 *cert;
	EVP_PKEY *key;
};

static inline void cert_extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	if (!value)
		return;
	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (!ext)
		abort();
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
}

/* Makes a certificate, signed by the issuer, or by itself when issuer is NULL. */
static inline struct cert_made cert_issue(const struct cert_wish *w, const struct cert_made *issuer)
{
	static long serial = 1;
	struct cert_made m = {X509_new(), EVP_EC_gen("P-256")};
	X509 *by = issuer ? issuer->cert : m.cert;

	X509_set_version(m.cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(m.cert), serial++);
	X509_time_adj_ex(X509_getm_notBefore(m.cert), w->from_days, -60, NULL);
	X509_time_adj_ex(X509_getm_notAfter(m.cert), w->to_days, 0, NULL);
	X509_set_pubkey(m.cert, m.key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(m.cert), "CN", MBSTRING_ASC,
				   (const uint8_t *)w->cn, -1, -1, 0);
	X509_set_issuer_name(m.cert, X509_get_subject_name(by));
	cert_extend(m.cert, by, NID_basic_constraints, w->ca ? "critical,CA:TRUE" : "CA:FALSE");
	cert_extend(m.cert, by, NID_key_usage, w->usage);
	cert_extend(m.cert, by, NID_ext_key_usage, w->eku);
	cert_extend(m.cert, by, NID_subject_alt_name, w->alt);
	if (!X509_sign(m.cert, issuer ? issuer->key : m.key, EVP_sha256()))
		abort();
	return m;
}

static inline void cert_drop(struct cert_made *m)
{
	X509_free(m->cert);
	EVP_PKEY_free(m->key);
}

/* Writes the certificate, the issuer's after it if there is one, and the key into files. */
static inline void cert_write(const struct cert_made *m, const struct cert_made *chain,
			      const char *cert_path, const char *key_path)
{
	FILE *f = fopen(cert_path, "w");

	if (!f)
		abort();
	PEM_write_X509(f, m->cert);
	if (chain)
		PEM_write_X509(f, chain->cert);
	fclose(f);
	if (!key_path)
		return;
	f = fopen(key_path, "w");
	if (!f)
		abort();
	PEM_write_PrivateKey(f, m->key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
}

#endif
