/* SPDX-License-Identifier: MIT */
/*
 * Whether a server's certificate is to be believed (MS-SSTP 3.2.4.1): chain and dates by OpenSSL,
 * then the name (subjectAltName, common name only when there is none), the extended key usage, and
 * the pin. Says why not, in words.
 */
#include "io/tls_inner.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/secret.h"
#include "lib/base/text.h"

void tls_time_text(const ASN1_TIME *when, char *buf, size_t n)
{
	struct tm tm;

	if (!when || !ASN1_TIME_to_tm(when, &tm) ||
	    strftime(buf, n, "%Y-%m-%d %H:%M UTC", &tm) == 0)
		snprintf(buf, n, "an unreadable date");
}

void tls_cert_hashes(X509 *cert, uint8_t sha1[20], uint8_t sha256[32])
{
	X509_digest(cert, EVP_sha1(), sha1, NULL);
	X509_digest(cert, EVP_sha256(), sha256, NULL);
}

/* Appends the last common name of the subject, if it has one; returns whether it has. */
static bool add_common_name(struct text *t, X509 *cert)
{
	X509_NAME *subject = X509_get_subject_name(cert);
	int at, last = -1;
	const ASN1_STRING *cn;

	while ((at = X509_NAME_get_index_by_NID(subject, NID_commonName, last)) >= 0)
		last = at;
	if (last < 0)
		return false;
	cn = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last));
	text_safe(t, ASN1_STRING_get0_data(cn), (size_t)ASN1_STRING_length(cn));
	return true;
}

static void add_alt_name(struct text *t, const GENERAL_NAME *name)
{
	const ASN1_STRING *value;

	if (name->type != GEN_DNS && name->type != GEN_IPADD)
		return;
	value = name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
	if (text_len(t))
		text_str(t, ", ");
	if (name->type == GEN_DNS)
		text_safe(t, ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
	else if (ASN1_STRING_length(value) == 4)
		text_ip4(t, ASN1_STRING_get0_data(value));
	else if (ASN1_STRING_length(value) == 16)
		text_ip6(t, ASN1_STRING_get0_data(value));
}

void tls_cert_names(X509 *cert, char *buf, size_t n)
{
	GENERAL_NAMES *alt = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	struct text t = text_init(buf, n);

	for (int i = 0; alt && i < sk_GENERAL_NAME_num(alt); i++)
		add_alt_name(&t, sk_GENERAL_NAME_value(alt, i));
	if (!alt)
		add_common_name(&t, cert);
	if (!text_len(&t))
		text_str(&t, "no name at all");
	GENERAL_NAMES_free(alt);
}

/* Whether the certificate is for the name: subjectAltName first, the common name only when there is
 * none (conformance A-24). */
static bool name_matches(X509 *cert, const char *name)
{
	unsigned flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
	bool has_alt = X509_get_ext_by_NID(cert, NID_subject_alt_name, -1) >= 0;
	uint8_t ip[16];
	bool is_ip = inet_pton(AF_INET, name, ip) == 1 || inet_pton(AF_INET6, name, ip) == 1;

	if (is_ip && has_alt)
		return X509_check_ip_asc(cert, name, 0) == 1;
	if (is_ip)
		flags |= X509_CHECK_FLAG_NO_WILDCARDS;
	if (has_alt)
		flags |= X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
	return X509_check_host(cert, name, strlen(name), flags, NULL) == 1;
}

static bool has_any_eku(X509 *cert)
{
	return (X509_get_extension_flags(cert) & EXFLAG_XKUSAGE) &&
	       (X509_get_extended_key_usage(cert) & XKU_ANYEKU);
}

/*
 * OpenSSL's view of the purpose "server" knows no anyExtendedKeyUsage, which MS-SSTP 3.2.4.1 takes
 * as well; everything else it objects to stands.
 */
static int on_chain_error(int ok, X509_STORE_CTX *store)
{
	X509 *cert = X509_STORE_CTX_get_current_cert(store);

	if (ok || X509_STORE_CTX_get_error(store) != X509_V_ERR_INVALID_PURPOSE || !cert ||
	    !has_any_eku(cert))
		return ok;
	if (X509_STORE_CTX_get_error_depth(store) == 0 &&
	    !(X509_get_key_usage(cert) &
	      (KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT)))
		return 0;
	X509_STORE_CTX_set_error(store, X509_V_OK);
	return 1;
}

static void fail_date(struct tls *t, X509 *cert, bool expired)
{
	char when[40], here[40];
	time_t now = time(NULL);
	struct tm tm;

	tls_time_text(expired ? X509_get0_notAfter(cert) : X509_get0_notBefore(cert), when,
		      sizeof(when));
	if (!gmtime_r(&now, &tm) || !strftime(here, sizeof(here), "%Y-%m-%d %H:%M UTC", &tm))
		here[0] = '\0';
	tls_fail(t, TLS_FAULT_EXPIRED,
		 expired ? "the server's certificate expired on %s (the clock here says %s)"
			 : "the server's certificate is not valid before %s (the clock here says "
			   "%s)",
		 when, here);
}

static void fail_issuer(struct tls *t, X509 *cert)
{
	char raw[200] = "", safe[400];
	struct text text = text_init(safe, sizeof(safe));

	X509_NAME_oneline(X509_get_issuer_name(cert), raw, sizeof(raw));
	text_safe(&text, (const uint8_t *)raw, strlen(raw));
	tls_fail(t, TLS_FAULT_UNKNOWN_CA,
		 "the server's certificate was issued by %.300s, which is not among the trusted "
		 "authorities",
		 safe);
}

static void fail_chain(struct tls *t, X509_STORE_CTX *store)
{
	int err = X509_STORE_CTX_get_error(store);
	X509 *cert = X509_STORE_CTX_get_current_cert(store);

	if (!cert)
		cert = X509_STORE_CTX_get0_cert(store);
	switch (err) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		fail_date(t, cert, err == X509_V_ERR_CERT_HAS_EXPIRED);
		break;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		tls_fail(t, TLS_FAULT_SELF_SIGNED,
			 "the server's certificate is signed by itself and not among the trusted "
			 "ones");
		break;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_CERT_UNTRUSTED:
		fail_issuer(t, cert);
		break;
	case X509_V_ERR_INVALID_PURPOSE:
		tls_fail(t, TLS_FAULT_EKU,
			 "the server's certificate is not made for servers: neither serverAuth nor "
			 "anyExtendedKeyUsage is among its uses");
		break;
	case X509_V_ERR_CERT_REVOKED:
		tls_fail(t, TLS_FAULT_REVOKED, "the server's certificate was revoked");
		break;
	default:
		tls_fail(t, TLS_FAULT_CERT, "the server's certificate was refused: %s",
			 X509_verify_cert_error_string(err));
	}
}

/* Checks the chain; true if it holds. */
static bool check_chain(struct tls *t, X509_STORE_CTX *store)
{
	X509_STORE_CTX_set_verify_cb(store, on_chain_error);
	if (X509_verify_cert(store) == 1)
		return true;
	fail_chain(t, store);
	return false;
}

/* Checks what stands in the certificate beyond its chain: name and extended key usage. */
static bool check_leaf(struct tls *t, X509_STORE_CTX *store, X509 *cert)
{
	char names[300];

	if (!name_matches(cert, t->name)) {
		tls_cert_names(cert, names, sizeof(names));
		tls_fail(t, TLS_FAULT_NAME, "the server's certificate is for %s, not for %s", names,
			 t->name);
		X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
		return false;
	}
	if (!(X509_get_extension_flags(cert) & EXFLAG_XKUSAGE) && !t->ctx->eku_optional) {
		/* conformance A-25 */
		tls_fail(t, TLS_FAULT_EKU,
			 "the server's certificate does not say that it is for servers: it has no "
			 "extended key usage");
		X509_STORE_CTX_set_error(store, X509_V_ERR_INVALID_PURPOSE);
		return false;
	}
	return true;
}

static bool check_pin(struct tls *t, X509_STORE_CTX *store, X509 *cert)
{
	uint8_t sha1[20], sha256[32];
	char hex[65];
	struct text text = text_init(hex, sizeof(hex));

	tls_cert_hashes(cert, sha1, sha256);
	if (same_bytes(sha256, t->ctx->pin, sizeof(sha256)))
		return true;
	text_hexbytes(&text, sha256, sizeof(sha256));
	tls_fail(t, TLS_FAULT_PIN,
		 "the server's certificate is not the pinned one: its SHA-256 is %s", hex);
	X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
	return false;
}

int tls_verify(X509_STORE_CTX *store, void *arg)
{
	const struct tls_ctx *ctx = arg;
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *t = SSL_get_app_data(ssl);
	X509 *cert = X509_STORE_CTX_get0_cert(store);

	if (ctx->insecure)
		return 1;
	if (ctx->has_pin && !check_pin(t, store, cert))
		return 0;
	if (ctx->has_pin && !ctx->has_ca) {
		X509_STORE_CTX_set_error(store, X509_V_OK);
		return 1;
	}
	return check_chain(t, store) && check_leaf(t, store, cert);
}
