/* SPDX-License-Identifier: MIT */
/* Contexts: what all connections of a client or a server have in common. */
#include "io/tls_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/base/text.h"

#define ALPN_HTTP "\x08http/1.1"

#define SUITES_AES    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
#define SUITES_CHACHA "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384"
/* OpenSSL gives up the signatures of TLS 1.0 and 1.1 above this level. */
#define CIPHERS_TLS10 "DEFAULT@SECLEVEL=0"

#define CIPHER_LIST       1024 /* room for an administrator's list, and for the names in it */
#define CIPHER_NAME       80
#define CIPHER_SEPARATORS ":,; "

static void config_error(struct tls_err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void config_error(struct tls_err *err, const char *fmt, ...)
{
	va_list ap;

	err->fault = TLS_FAULT_CONFIG;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
}

/* Returns OpenSSL's words for its oldest error: the cause, not what followed from it. */
static const char *openssl_reason(void)
{
	unsigned long code = ERR_peek_error();
	const char *text = code ? ERR_reason_error_string(code) : NULL;

	return text ? text : "unknown error";
}

/* Whether the processor computes AES itself; without that ChaCha20 is faster. */
static bool has_aes_hardware(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return __builtin_cpu_supports("aes") != 0;
#elif defined(__aarch64__)
	return (getauxval(AT_HWCAP) & (1UL << 3)) != 0; /* HWCAP_AES */
#else
	return false;
#endif
}

/* Appends a line to the key log. */
static void log_key(int fd, const char *line)
{
	char newline[] = "\n";
	char *text = strdup(line);
	struct iovec iov[2] = {{text, strlen(line)}, {newline, 1}};

	/* One write a line, for several threads append to the file. Lost lines cost a dissection,
	 * not a call. */
	if (text)
		(void)!writev(fd, iov, 2);
	if (text)
		OPENSSL_cleanse(text, strlen(text));
	free(text);
}

/* OpenSSL tells a secret, in the words of a key log. */
static void on_secret(const SSL *ssl, const char *line)
{
	const struct tls_ctx *c = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	struct tls *t = SSL_get_app_data(ssl);

	if (t)
		tls_records_secret(t, line);
	if (c->keylog_fd >= 0)
		log_key(c->keylog_fd, line);
}

static bool open_keylog(struct tls_ctx *c, const char *path, struct tls_err *err)
{
	if (!path)
		return true;
	c->keylog_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (c->keylog_fd < 0) {
		config_error(err, "the key log %s cannot be opened: %s", path, strerror(errno));
		return false;
	}
	return true;
}

/*
 * Sorts a cipher of the administrator's list into OpenSSL's two, that of TLS 1.3 and that of the
 * versions below. A name that begins with TLS_ is the one that TLS gives it; it must be known,
 * while OpenSSL passes over unknown ones. All else is of OpenSSL's own language.
 */
static bool sort_cipher(const char *name, size_t n, struct text *suites, struct text *ciphers)
{
	char own[CIPHER_NAME];
	const char *known;
	struct text *to = ciphers;

	if (strncmp(name, "TLS_", 4) == 0) {
		snprintf(own, sizeof(own), "%.*s", (int)n, name);
		known = OPENSSL_cipher_name(own);
		if (n >= sizeof(own) || strcmp(known, "(NONE)") == 0)
			return false;
		if (strncmp(known, "TLS_", 4) == 0)
			to = suites;
		name = known;
		n = strlen(known);
	}
	if (text_len(to))
		text_char(to, ':');
	text_bytes(to, name, n);
	return true;
}

/* Sets the administrator's list of ciphers, NULL: none. What it names nothing for keeps its own. */
static bool set_ciphers(struct tls_ctx *c, bool tls10, const char *list, struct tls_err *err)
{
	char suites[CIPHER_LIST], ciphers[CIPHER_LIST];
	struct text s = text_init(suites, sizeof(suites)), o = text_init(ciphers, sizeof(ciphers));
	const char *at = list ? list : "";
	size_t n;

	if (strlen(at) >= CIPHER_LIST) {
		config_error(err, "the list of ciphers is longer than %d characters",
			     CIPHER_LIST - 1);
		return false;
	}
	for (at += strspn(at, CIPHER_SEPARATORS); *at;
	     at += n + strspn(at + n, CIPHER_SEPARATORS)) {
		n = strcspn(at, CIPHER_SEPARATORS);
		if (!sort_cipher(at, n, &s, &o)) {
			config_error(err, "the cipher %.*s of \"%s\" is not known to OpenSSL",
				     (int)n, at, list);
			return false;
		}
	}
	/* Whoever wants DHE names it: in OpenSSL's own list it would make handshakes dearer for
	 * clients that do as well without. */
	if (text_len(&o))
		SSL_CTX_set_dh_auto(c->ssl, 1);
	else if (tls10)
		text_str(&o, CIPHERS_TLS10);
	if ((list && !text_len(&s) && !text_len(&o)) ||
	    (text_len(&s) && !SSL_CTX_set_ciphersuites(c->ssl, suites)) ||
	    (text_len(&o) && !SSL_CTX_set_cipher_list(c->ssl, ciphers))) {
		config_error(err, "no cipher of \"%s\" is known to OpenSSL", list ? list : ciphers);
		return false;
	}
	return true;
}

/* Sets versions and ciphers. */
static bool set_strength(struct tls_ctx *c, bool tls13_only, bool tls10, const char *ciphers,
			 struct tls_err *err)
{
	int min = tls13_only ? TLS1_3_VERSION : tls10 ? TLS1_VERSION : TLS1_2_VERSION;

	if (!SSL_CTX_set_min_proto_version(c->ssl, min) ||
	    !SSL_CTX_set_max_proto_version(c->ssl, TLS1_3_VERSION) ||
	    !SSL_CTX_set_ciphersuites(c->ssl, has_aes_hardware() ? SUITES_AES : SUITES_CHACHA)) {
		config_error(err, "OpenSSL refuses the TLS versions: %s", openssl_reason());
		return false;
	}
	return set_ciphers(c, tls10, ciphers, err);
}

static struct tls_ctx *new_ctx(const SSL_METHOD *method, struct tls_err *err)
{
	struct tls_ctx *c = calloc(1, sizeof(*c));

	memset(err, 0, sizeof(*err));
	ERR_clear_error();
	if (c) {
		atomic_init(&c->users, 1);
		c->keylog_fd = -1;
		c->ssl = SSL_CTX_new(method);
	}
	if (!c || !c->ssl) {
		config_error(err, "OpenSSL cannot start: %s", openssl_reason());
		free(c);
		return NULL;
	}
	SSL_CTX_set_app_data(c->ssl, c);
	SSL_CTX_set_keylog_callback(c->ssl, on_secret);
	SSL_CTX_set_mode(c->ssl,
			 SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(c->ssl,
			    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
	SSL_CTX_set_session_cache_mode(c->ssl, SSL_SESS_CACHE_OFF);
	return c;
}

/* Loads whom to trust. */
static bool load_trust(struct tls_ctx *c, const struct tls_client_conf *conf, struct tls_err *err)
{
	X509_STORE *store = SSL_CTX_get_cert_store(c->ssl);

	if (!conf->ca_file) {
		/* None there is the same as none that matches: the chain's check will say so. */
		SSL_CTX_set_default_verify_paths(c->ssl);
		ERR_clear_error();
	} else if (access(conf->ca_file, R_OK) < 0) {
		config_error(err, "the CA file %s cannot be read: %s", conf->ca_file,
			     strerror(errno));
		return false;
	} else if (!SSL_CTX_load_verify_file(c->ssl, conf->ca_file)) {
		config_error(err, "the CA file %s holds no certificate in PEM form: %s",
			     conf->ca_file, openssl_reason());
		return false;
	} else {
		/* What the user names is trusted as it is, root or not. */
		X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
	}
	if (conf->crl_file) {
		X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());

		if (!lookup || !X509_load_crl_file(lookup, conf->crl_file, X509_FILETYPE_PEM)) {
			config_error(err,
				     "the CRL file %s holds no revocation list in PEM form: %s",
				     conf->crl_file, openssl_reason());
			return false;
		}
		X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
	}
	return true;
}

struct tls_ctx *tls_client_ctx(const struct tls_client_conf *conf, struct tls_err *err)
{
	struct tls_ctx *c = new_ctx(TLS_client_method(), err);

	if (!c)
		return NULL;
	c->insecure = conf->insecure;
	c->has_ca = conf->ca_file != NULL;
	c->has_pin = conf->has_pin;
	c->eku_optional = conf->eku_optional;
	memcpy(c->pin, conf->pin, sizeof(c->pin));
	c->key_bytes = conf->rekey_mb * UINT64_C(1000000);
	if (!set_strength(c, conf->tls13_only, conf->tls10, conf->ciphers, err) ||
	    !load_trust(c, conf, err) || !open_keylog(c, conf->keylog_file, err)) {
		tls_ctx_free(c);
		return NULL;
	}
	SSL_CTX_set_verify(c->ssl, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(c->ssl, tls_verify, c);
	return c;
}

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_n,
		   const unsigned char *in, unsigned in_n, void *arg)
{
	unsigned char *chosen;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, out_n, (const unsigned char *)ALPN_HTTP,
				  sizeof(ALPN_HTTP) - 1, in, in_n) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* Loads certificate and key and checks that they are of use. */
static bool load_identity(struct tls_ctx *c, const struct tls_server_conf *conf,
			  struct tls_err *err)
{
	X509 *cert;
	char when[40];

	if (access(conf->cert_file, R_OK) < 0 || access(conf->key_file, R_OK) < 0) {
		const char *file =
			access(conf->cert_file, R_OK) < 0 ? conf->cert_file : conf->key_file;

		config_error(err, "%s cannot be read: %s", file, strerror(errno));
		return false;
	}
	if (SSL_CTX_use_certificate_chain_file(c->ssl, conf->cert_file) != 1) {
		config_error(err, "%s holds no usable certificate in PEM form: %s", conf->cert_file,
			     openssl_reason());
		return false;
	}
	if (SSL_CTX_use_PrivateKey_file(c->ssl, conf->key_file, SSL_FILETYPE_PEM) != 1) {
		bool mismatch = ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_VALUES_MISMATCH;

		config_error(err,
			     mismatch ? "the key in %s is not the one of the certificate"
				      : "%s holds no usable private key in PEM form: %s",
			     conf->key_file, openssl_reason());
		return false;
	}
	if (SSL_CTX_check_private_key(c->ssl) != 1) {
		config_error(err, "the key in %s is not the one of the certificate in %s",
			     conf->key_file, conf->cert_file);
		return false;
	}
	cert = SSL_CTX_get0_certificate(c->ssl);
	if (X509_cmp_time(X509_get0_notAfter(cert), NULL) < 0) {
		tls_time_text(X509_get0_notAfter(cert), when, sizeof(when));
		config_error(err, "the certificate in %s expired on %s", conf->cert_file, when);
		err->fault = TLS_FAULT_EXPIRED;
		return false;
	}
	return true;
}

struct tls_ctx *tls_server_ctx(const struct tls_server_conf *conf, struct tls_err *err)
{
	struct tls_ctx *c = new_ctx(TLS_server_method(), err);

	if (!c)
		return NULL;
	c->key_bytes = conf->rekey_mb * UINT64_C(1000000);
	if (!set_strength(c, conf->tls13_only, conf->tls10, conf->ciphers, err) ||
	    !load_identity(c, conf, err) || !open_keylog(c, conf->keylog_file, err)) {
		tls_ctx_free(c);
		return NULL;
	}
	SSL_CTX_set_options(c->ssl, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_num_tickets(c->ssl, 0);
	SSL_CTX_set_verify(c->ssl, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_alpn_select_cb(c->ssl, on_alpn, NULL);
	return c;
}

void tls_ctx_free(struct tls_ctx *c)
{
	if (!c || atomic_fetch_sub(&c->users, 1) != 1)
		return;
	SSL_CTX_free(c->ssl);
	if (c->keylog_fd >= 0)
		close(c->keylog_fd);
	free(c);
}

void tls_ctx_hashes(const struct tls_ctx *c, uint8_t sha1[20], uint8_t sha256[32])
{
	tls_cert_hashes(SSL_CTX_get0_certificate(c->ssl), sha1, sha256);
}

const char *tls_ctx_describe(const struct tls_ctx *c, char *buf, size_t n)
{
	X509 *cert = SSL_CTX_get0_certificate(c->ssl);
	struct text t = text_init(buf, n);
	char part[300];

	text_str(&t, "certificate for ");
	tls_cert_names(cert, part, sizeof(part));
	text_str(&t, part);
	text_str(&t, ", valid until ");
	tls_time_text(X509_get0_notAfter(cert), part, sizeof(part));
	text_str(&t, part);
	return buf;
}

int tls_ctx_days_left(const struct tls_ctx *c)
{
	int days = 0, seconds = 0;

	ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(SSL_CTX_get0_certificate(c->ssl)));
	return seconds < 0 ? days - 1 : days;
}
