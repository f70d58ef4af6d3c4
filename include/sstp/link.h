/* SPDX-License-Identifier: MIT */
/*
 * The link: HTTP, SSTP and PPP of one call as one object without I/O, for both roles.
 *
 * A link is a function of (bytes, now, seed): it reads no clock, makes no system call, allocates
 * nothing and calls nobody. The owner moves bytes between it and TLS, and IP packets between it and
 * the network, and after every call of one of its doors - input, send, answer, assign, tick, close,
 * eof - asks for what came of it: events, output, the next deadline.
 *
 * Times are milliseconds on any clock that never goes back; 0 is a valid time. A link belongs to
 * one thread at a time.
 */
#ifndef SSTP_LINK_H
#define SSTP_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sstp/error.h"
#include "sstp/trace.h"

struct sstp_link;

enum sstp_role {
	SSTP_CLIENT,
	SSTP_SERVER,
};

/* Authentication methods. Only the MSCHAPV2 ones make keys (MS-SSTP 3.2.5.2.2). */
enum sstp_auth {
	SSTP_AUTH_NONE,
	SSTP_AUTH_PAP,
	SSTP_AUTH_CHAP_MD5,
	SSTP_AUTH_MSCHAPV2,
	SSTP_AUTH_EAP_MD5,
	SSTP_AUTH_EAP_MSCHAPV2,
	SSTP_AUTHS
};

/* Returns the method's name as the configuration writes it ("eap-mschapv2"); "none" for others. */
const char *sstp_auth_name(enum sstp_auth method);

/* Crypto binding hashes: the bits of MS-SSTP 2.2.6, and the values of 2.2.7. */
#define SSTP_HASH_SHA1   0x01
#define SSTP_HASH_SHA256 0x02

#define SSTP_NAME_MAX     255  /* longest user name, in bytes */
#define SSTP_PASSWORD_MAX 255  /* longest password, in bytes of UTF-8 */
#define SSTP_HEADROOM     8    /* bytes that sstp_link_send() writes before a packet */
#define SSTP_MTU_MAX      4087 /* 4095 less the SSTP and PPP headers (MS-SSTP 2.2.1, 3.1.5.2) */

/* The addresses of one end of a link. All zero means "none" for each. */
struct sstp_addresses {
	uint8_t ip4_local[4];
	uint8_t ip4_peer[4];
	uint8_t dns4[2][4];
	uint8_t nbns4[2][4];
	uint8_t ip6_local_id[8]; /* interface identifiers (RFC 5072 4.1) */
	uint8_t ip6_peer_id[8];
};

/* How a link is to behave. Zeroed fields take the default named; copied by sstp_link_init(). */
struct sstp_config {
	enum sstp_role role;
	uint8_t seed[32]; /* from the system's random generator; never twice the same */

	struct sstp_trace *trace; /* lent for the link's life; NULL turns tracing off */
	uint32_t trace_n;

	/* The TLS server's leaf certificate, DER: both hashes of it (MS-SSTP 3.2.1, 3.3.1). */
	uint8_t cert_sha1[20];
	uint8_t cert_sha256[32];
	uint8_t hashes; /* SSTP_HASH_ bits offered or accepted; 0: both */

	const char *host;   /* client: Host header; server: if set, the only Host accepted. Borrowed
			       for the link's life */
	const char *cookie; /* client with bypass: the cookie to send, or NULL. Borrowed as well */
	bool bypass; /* server: cookies are put to the owner as SSTP_EV_COOKIE; client: the cookie
			goes out, and the server need not ask for authentication (MS-SSTP 3.2.1) */
	const char *server_header; /* server: value of the Server header; NULL: "SSTP". Borrowed */
	char date[32];             /* server: value of the Date header (RFC 9110 5.6.7); "": none */

	/* Methods in order of preference, SSTP_AUTH_NONE ends the list. Server: what is asked for,
	 * first one first. Client: what is accepted. Empty: EAP-MSCHAPv2, MS-CHAPv2 (server: the
	 * other way round). */
	enum sstp_auth auth[SSTP_AUTHS];
	char user[SSTP_NAME_MAX + 1]; /* client */
	char password[SSTP_PASSWORD_MAX +
		      1]; /* client; wiped by sstp_link_fini() and with the caller's copy */
	char name[SSTP_NAME_MAX + 1]; /* server: its name in challenges; "sstp" */

	uint16_t mru;               /* offered in LCP; 0: 4091 */
	uint16_t mtu;               /* largest IP packet sent, at most SSTP_MTU_MAX; 0: 1400 */
	bool no_ip4;                /* do not negotiate IPCP */
	bool no_ip6;                /* do not negotiate IPV6CP */
	struct sstp_addresses addr; /* client: what to ask for (zero: any); server: comes with
				       sstp_link_assign() */
	bool want_dns;              /* client: ask for name servers */

	/* Times in ms; 0 takes the default. */
	uint32_t http_ms;        /* HTTP exchange: 60,000 */
	uint32_t negotiation_ms; /* MS-SSTP 3.2.2.1, 3.3.2.1: 60,000 */
	uint32_t hello_ms;       /* MS-SSTP 3.1.2.3: 60,000 */
	uint32_t ppp_restart_ms; /* RFC 1661 4.6 Restart timer: 3,000 */
	uint32_t auth_ms;        /* whole authentication: 55,000 */
};

/* What the owner is told or asked, oldest first. */
enum sstp_event_type {
	SSTP_EV_HTTP,   /* server: request accepted; client: 200 received */
	SSTP_EV_COOKIE, /* server with bypass: text is the cookie; sstp_link_answer_cookie() is due
			 */
	SSTP_EV_ACK,    /* CALL_CONNECT_ACK sent or received; PPP begins */
	SSTP_EV_LCP_UP, /* LCP opened; auth is the method agreed on */
	SSTP_EV_NEED_AUTH,     /* server: sstp_link_answer() is due; see sstp_link_auth() */
	SSTP_EV_AUTHENTICATED, /* auth is the method; text the user */
	SSTP_EV_NEED_ADDRESS,  /* server: sstp_link_assign() is due */
	SSTP_EV_CONNECTED, /* CALL_CONNECTED sent (client) or verified (server); value is the hash
			      used */
	SSTP_EV_IP4_UP,    /* addr is agreed on; IPv4 packets flow once CONNECTED was told */
	SSTP_EV_IP6_UP,    /* the same for IPv6 */
	SSTP_EV_IP4_DOWN,
	SSTP_EV_IP6_DOWN,
	SSTP_EV_DOWN, /* the call is over, last event: why is in sstp_link_why(); send the output,
			 close TLS */
	SSTP_EVENTS
};

struct sstp_event {
	enum sstp_event_type type;
	enum sstp_auth auth;
	uint32_t value;
	const struct sstp_addresses *addr; /* IP4_UP, IP6_UP; valid until the next door */
	const char *text;                  /* COOKIE, AUTHENTICATED; valid until the next door */
};

/* What the client gave to prove who it is; valid until the answer. The bytes are the peer's. */
struct sstp_auth_request {
	enum sstp_auth method;
	const char *user; /* NUL-terminated; never holds a NUL before user_len */
	size_t user_len;
	const char *password;     /* PAP: as received, NUL-terminated; else NULL */
	uint8_t id;               /* CHAP: identifier */
	const uint8_t *challenge; /* CHAP family: 16 octets */
	const uint8_t *response;  /* CHAP-MD5: 16 octets; MS-CHAPv2: the 49 of RFC 2759 4 */
	size_t response_len;
};

/* The owner's answer to SSTP_EV_NEED_AUTH. Wiped by the callee. */
struct sstp_auth_answer {
	enum {
		SSTP_ANSWER_REJECT, /* err says why: AUTH_FAILED, AUTH_EXPIRED, AUTH_DISABLED,
				       AUTH_BACKEND */
		SSTP_ANSWER_SECRET, /* here is the secret: the link checks the response */
		SSTP_ANSWER_ACCEPT, /* somebody else checked it; keys and, for MS-CHAPv2, the proof
				       are here */
	} verdict;
	int err;
	bool has_nt_hash;
	uint8_t nt_hash[16]; /* MS-CHAPv2, PAP */
	bool has_password;
	char password[SSTP_PASSWORD_MAX + 1]; /* CHAP-MD5, EAP-MD5; serves all others too */
	bool has_hlak;
	uint8_t hlak[32]; /* ACCEPT: MS-SSTP 3.2.5.2.4 */
	char proof[64];   /* ACCEPT, MS-CHAPv2: "S=<40 hex digits>" */
};

/* Why a link is down. */
struct sstp_why {
	enum { SSTP_BY_NOBODY, SSTP_BY_US, SSTP_BY_PEER, SSTP_BY_NETWORK } who;
	enum sstp_layer layer;
	int err;
	uint32_t off;        /* offset in the message at fault, when there is one */
	uint32_t status;     /* HTTP status, or MS-SSTP 2.2.8 status, sent or received; 0: none */
	const char *message; /* what the peer said in words, or ""; untrusted, printable ASCII */
};

/* A look at a link for people; sstp_link_info(). */
struct sstp_info {
	const char *state; /* SSTP state's name */
	const char *phase; /* PPP phase's name */
	const char *user;  /* "" until known */
	enum sstp_auth auth;
	const char *correlation_id; /* as the client sent it, printable; "" when none */
	const char *agent;          /* the peer recognised by its habits ("sstpc"), or "" */
	uint8_t hash;               /* crypto binding hash in use, 0 before */
	uint16_t mtu;               /* largest IP packet that may be sent */
	uint16_t peer_mru;
	bool one_per_record; /* the peer wants one SSTP packet a TLS record */
	bool ip4_up, ip6_up;
	const struct sstp_addresses *addr;
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes; /* IP */
	uint64_t dropped; /* frames dropped in a state or protocol that does not take them */
	uint32_t echo_ms; /* last LCP echo round trip, 0: none yet */
	uint32_t trace_lost;
};

/* Returns how many bytes a link takes; the caller provides them, aligned as malloc aligns. */
size_t sstp_link_size(void);
/*
 * Makes a link at mem (sstp_link_size() bytes, the caller's) and starts it: the client's request is
 * in output() at once. Returns 0, or SSTP_E_CONFIG, and the link must not be used then.
 */
int sstp_link_init(void *mem, const struct sstp_config *cfg, uint64_t now);
/* Wipes the secrets in l. The memory is the caller's again. */
void sstp_link_fini(struct sstp_link *l);

/*
 * Feeds n bytes from TLS. Returns how many were taken: fewer than n when an IP packet waits that
 * sstp_link_packet() must hand out first, when much output is unsent, or when a lent trace ring is
 * nearly full; all, unread, once the link is down. The bytes may be changed in place.
 */
size_t sstp_link_input(struct sstp_link *l, uint8_t *bytes, size_t n, uint64_t now);
/* Tells that the TLS stream ended, by close_notify or otherwise. */
void sstp_link_eof(struct sstp_link *l, uint64_t now);
/*
 * Hands out the IP packet that the last sstp_link_input() found: sets *p and returns its length, 0
 * when there is none. The packet is a view of the bytes given to input(), or of the link's own
 * buffer when it came in pieces; valid until the next input().
 */
size_t sstp_link_packet(struct sstp_link *l, uint8_t **p);
/*
 * Frames the IP packet of n bytes at p for sending: writes SSTP_HEADROOM bytes just before p and
 * returns 0; the n + SSTP_HEADROOM bytes at p - SSTP_HEADROOM are then the owner's to send, after
 * everything in output(). Returns NOT_READY while the packet's IP version does not flow, TOO_LARGE
 * over the MTU.
 */
int sstp_link_send(struct sstp_link *l, uint8_t *p, size_t n, uint64_t now);
/*
 * Points *p to the next unit to send, an HTTP head or one SSTP packet, and returns its length; 0
 * when there is nothing. A unit is meant to leave in one TLS record. Valid until the next door.
 */
size_t sstp_link_output(struct sstp_link *l, const uint8_t **p);
/* Drops n bytes, which were sent, from the unit that sstp_link_output() returned. */
void sstp_link_sent(struct sstp_link *l, size_t n);

/* Hands out the next event; false when there is none. */
bool sstp_link_event(struct sstp_link *l, struct sstp_event *ev);
/* Returns the request behind SSTP_EV_NEED_AUTH, NULL when no answer is due. */
const struct sstp_auth_request *sstp_link_auth(const struct sstp_link *l);
/* Answers SSTP_EV_NEED_AUTH, now or any time later; ignored when no answer is due. Wipes *a. */
void sstp_link_answer(struct sstp_link *l, struct sstp_auth_answer *a, uint64_t now);
/* Answers SSTP_EV_COOKIE: whether the cookie proves who the client is (MS-SSTP 3.3.7.3). */
void sstp_link_answer_cookie(struct sstp_link *l, bool valid, uint64_t now);
/*
 * Answers SSTP_EV_NEED_ADDRESS with what the two ends get (NULL: nothing is free, the call ends
 * with NO_ADDRESS). An all-zero IPv4 pair or IPv6 identifier turns that protocol off for this call.
 * IPCP and IPV6CP begin once CALL_CONNECTED was verified (MS-SSTP 3.2.5.2), or, for clients that
 * want to have their addresses first, 2 s from now.
 */
void sstp_link_assign(struct sstp_link *l, const struct sstp_addresses *a, uint64_t now);

/* Returns when sstp_link_tick() is due; UINT64_MAX for never. */
uint64_t sstp_link_deadline(const struct sstp_link *l);
/* Lets time pass: runs what is due at now. Early calls do nothing. */
void sstp_link_tick(struct sstp_link *l, uint64_t now);
/*
 * Ends the call in order, by CALL_DISCONNECT (MS-SSTP 3.2.4.2, 3.3.4). err,
 * one of the NONE, RESOURCE or LOCAL class, is what sstp_link_why() will tell. SSTP_EV_DOWN follows
 * when the peer has answered, or after 5 s.
 */
void sstp_link_close(struct sstp_link *l, int err, uint64_t now);
/* Sends an LCP Echo-Request when the link is up; the round trip appears in sstp_link_info(). */
void sstp_link_ping(struct sstp_link *l, uint64_t now);

/* Returns why the link is down; who is SSTP_BY_NOBODY while it is not. */
struct sstp_why sstp_link_why(const struct sstp_link *l);
/* Writes why in one sentence of text without a line end into buf (n at least 1); returns its
 * length. */
size_t sstp_why_text(const struct sstp_why *why, char *buf, size_t n);
/* Fills *info; its pointers are valid until the next door. */
void sstp_link_info(const struct sstp_link *l, struct sstp_info *info);
/* Hands out the oldest trace record; false when there is none. */
bool sstp_link_trace(struct sstp_link *l, struct sstp_trace *t);

#endif
