/* SPDX-License-Identifier: MIT */
/*
 * Two OpenSSL peers that talk over memory, and what they say as a capture: versions, cipher suites,
 * resumption, renegotiation and key updates as a test wants them, with the key log of the session.
 */
#ifndef TESTS_UNIT_ANALYSE_PEERS_H
#define TESTS_UNIT_ANALYSE_PEERS_H

#include "tests/unit/analyse_wire.h"

#include <openssl/dsa.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>

#define PEERS_LOG 65536

struct peers_how {
	int version;         /* TLS1_VERSION and so on */
	const char *ciphers; /* up to TLS 1.2 in OpenSSL's words, TLS 1.3 by name */
	const char *cert;    /* "RSA", "EC", "DSA"; NULL: "RSA" */
	uint64_t options;    /* SSL_OP_ of both */
	const char *client_groups;
	const char *server_groups;
	const char *alpn; /* NULL: none */
};

struct peers {
	SSL_CTX *ctx[WAYS]; /* [WAY_TO_SERVER]: the client, who sends that way */
	SSL *ssl[WAYS];
	EVP_PKEY *key;
	X509 *cert;
	struct wire *wire;
	struct wire_tcp tcp;
	uint8_t *sent[WAYS]; /* application data */
	size_t n[WAYS];
	char log[PEERS_LOG];
	size_t log_n;
	bool tls13;
};

static inline void peers_check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s failed\n", what);
	abort();
}

static inline void peers_log_line(const SSL *ssl, const char *line)
{
	struct peers *p = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	int n = snprintf(p->log + p->log_n, PEERS_LOG - p->log_n, "%s\n", line);

	peers_check(n > 0 && p->log_n + (size_t)n < PEERS_LOG, "key log");
	p->log_n += (size_t)n;
}

static inline EVP_PKEY *peers_make_dsa(void)
{
	EVP_PKEY *params = NULL;
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);

	peers_check(EVP_PKEY_paramgen_init(ctx) == 1 &&
			    EVP_PKEY_CTX_set_dsa_paramgen_bits(ctx, 1024) == 1 &&
			    EVP_PKEY_paramgen(ctx, &params) == 1,
		    "DSA parameters");
	EVP_PKEY_CTX_free(ctx);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, params, NULL);
	peers_check(EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_keygen(ctx, &key) == 1, "DSA key");
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(params);
	return key;
}

/* Makes a key and a certificate of its own. */
static inline void peers_make_cert(struct peers *p, const char *kind)
{
	X509_NAME *name;

	p->key = strcmp(kind, "RSA") == 0  ? EVP_RSA_gen(1024)
		 : strcmp(kind, "EC") == 0 ? EVP_EC_gen("P-256")
					   : peers_make_dsa();
	p->cert = X509_new();
	peers_check(p->key && p->cert, "certificate");
	X509_set_version(p->cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(p->cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(p->cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(p->cert), 3600);
	X509_set_pubkey(p->cert, p->key);
	name = X509_get_subject_name(p->cert);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"test.example", -1,
				   -1, 0);
	X509_set_issuer_name(p->cert, name);
	peers_check(X509_sign(p->cert, p->key, EVP_sha256()) > 0, "signing");
}

static inline int peers_choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *n,
				    const unsigned char *in, unsigned int in_n, void *arg)
{
	(void)ssl;
	(void)arg;
	if (in_n < 1 || in[0] >= in_n)
		return SSL_TLSEXT_ERR_NOACK;
	*out = in + 1;
	*n = in[0];
	return SSL_TLSEXT_ERR_OK;
}

static inline SSL_CTX *peers_make_ctx(struct peers *p, bool server, const struct peers_how *how)
{
	SSL_CTX *ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	const char *groups = server ? how->server_groups : how->client_groups;
	bool tls13 = how->version == TLS1_3_VERSION;

	peers_check(ctx != NULL, "SSL_CTX_new");
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, how->version);
	SSL_CTX_set_max_proto_version(ctx, how->version);
	peers_check((tls13 ? SSL_CTX_set_ciphersuites(ctx, how->ciphers)
			   : SSL_CTX_set_cipher_list(ctx, how->ciphers)) == 1,
		    how->ciphers);
	SSL_CTX_set_options(ctx, how->options | SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
	SSL_CTX_set_app_data(ctx, p);
	SSL_CTX_set_dh_auto(ctx, 1);
	if (groups) {
		char list[64];

		snprintf(list, sizeof(list), "%s", groups);
		peers_check(SSL_CTX_set1_groups_list(ctx, list) == 1, "groups");
	}
	SSL_CTX_set_keylog_callback(ctx, peers_log_line); /* each side logs a little more */
	if (server) {
		SSL_CTX_set_session_id_context(ctx, (const uint8_t *)"t", 1);
		if (!strstr(how->ciphers, "ADH") && !strstr(how->ciphers, "AECDH"))
			peers_check(SSL_CTX_use_certificate(ctx, p->cert) == 1 &&
					    SSL_CTX_use_PrivateKey(ctx, p->key) == 1,
				    "using the certificate");
		SSL_CTX_set_alpn_select_cb(ctx, peers_choose_alpn, NULL);
	} else if (how->alpn) {
		uint8_t list[64] = {(uint8_t)strlen(how->alpn)};

		memcpy(list + 1, how->alpn, list[0]);
		SSL_CTX_set_alpn_protos(ctx, list, list[0] + 1u);
	}
	return ctx;
}

/* Makes both peers, whose talk goes to wire. */
static inline void peers_init(struct peers *p, struct wire *wire, const struct peers_how *how)
{
	*p = (struct peers){.wire = wire};
	p->tcp = (struct wire_tcp){.client = 40000, .server = 443, .seq = {1000, 0xfffffff0}};
	p->tls13 = how->version == TLS1_3_VERSION;
	peers_make_cert(p, how->cert ? how->cert : "RSA");
	p->ctx[WAY_TO_SERVER] = peers_make_ctx(p, false, how);
	p->ctx[WAY_TO_CLIENT] = peers_make_ctx(p, true, how);
}

/* Moves what each peer wrote to the other, and to the capture; returns whether there was any. */
static inline bool peers_pump(struct peers *p)
{
	static uint8_t flight[262144];
	bool moved = false;

	for (int w = 0; w < WAYS; w++) {
		int n = BIO_read(SSL_get_wbio(p->ssl[w]), flight, sizeof(flight));

		if (n <= 0)
			continue;
		moved = true;
		wire_send(p->wire, &p->tcp, (enum way)w, flight, (size_t)n);
		peers_check(BIO_write(SSL_get_rbio(p->ssl[!w]), flight, n) == n, "BIO_write");
	}
	return moved;
}

/* Lets both peers work until nothing moves. */
static inline void peers_settle(struct peers *p)
{
	uint8_t waste[16384];

	do {
		for (int w = 0; w < WAYS; w++)
			while (SSL_read(p->ssl[w], waste, sizeof(waste)) > 0)
				;
	} while (peers_pump(p));
}

/* Makes a new TCP connection, with the session to resume, or NULL. */
static inline void peers_connect(struct peers *p, SSL_SESSION *resume)
{
	for (int w = 0; w < WAYS; w++) {
		p->ssl[w] = SSL_new(p->ctx[w]);
		SSL_set_bio(p->ssl[w], BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
		BIO_set_mem_eof_return(SSL_get_rbio(p->ssl[w]), -1);
		BIO_set_mem_eof_return(SSL_get_wbio(p->ssl[w]), -1);
	}
	SSL_set_connect_state(p->ssl[WAY_TO_SERVER]);
	SSL_set_accept_state(p->ssl[WAY_TO_CLIENT]);
	SSL_set_tlsext_host_name(p->ssl[WAY_TO_SERVER], "vpn.test.example");
	if (resume)
		SSL_set_session(p->ssl[WAY_TO_SERVER], resume);
	wire_connect(p->wire, &p->tcp);
}

/* Shakes hands; again on an open connection: renegotiates. */
static inline void peers_shake(struct peers *p)
{
	uint8_t waste[16];
	int done[WAYS] = {0, 0};

	for (int i = 0; i < 50 && !(done[0] == 1 && done[1] == 1); i++) {
		for (int w = 0; w < WAYS; w++) {
			/* a server learns of a renegotiation when it reads */
			SSL_read(p->ssl[w], waste, sizeof(waste));
			done[w] = SSL_do_handshake(p->ssl[w]);
		}
		if (peers_pump(p))
			done[0] = 0;
	}
	peers_check(done[0] == 1 && done[1] == 1, "handshake");
	peers_settle(p);
}

/* Returns byte i of what is sent: no two places look alike. */
static inline uint8_t peers_byte(enum way way, size_t i)
{
	uint64_t h = ((uint64_t)i + 1) * 0x9e3779b97f4a7c15u + way;

	h ^= h >> 29;
	h *= 0xbf58476d1ce4e5b9u;
	return (uint8_t)(h >> 56);
}

/* Sends n bytes of application data. */
static inline void peers_send(struct peers *p, enum way way, size_t n)
{
	uint8_t *at;

	p->sent[way] = realloc(p->sent[way], p->n[way] + n);
	peers_check(p->sent[way] != NULL, "realloc");
	at = p->sent[way] + p->n[way];
	for (size_t i = 0; i < n; i++)
		at[i] = peers_byte(way, p->n[way] + i);
	p->n[way] += n;
	peers_check(SSL_write(p->ssl[way], at, (int)n) == (int)n, "SSL_write");
	peers_settle(p);
}

/* Says goodbye and closes the TCP connection; the session can be resumed. */
static inline void peers_close(struct peers *p)
{
	for (int w = 0; w < WAYS; w++)
		SSL_shutdown(p->ssl[w]);
	peers_pump(p);
	wire_close(p->wire, &p->tcp);
	for (int w = 0; w < WAYS; w++) {
		SSL_free(p->ssl[w]);
		p->ssl[w] = NULL;
	}
}

static inline void peers_fini(struct peers *p)
{
	for (int w = 0; w < WAYS; w++) {
		SSL_free(p->ssl[w]);
		SSL_CTX_free(p->ctx[w]);
		free(p->sent[w]);
	}
	EVP_PKEY_free(p->key);
	X509_free(p->cert);
}

#endif
