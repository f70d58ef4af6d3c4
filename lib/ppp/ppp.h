/* SPDX-License-Identifier: MIT */
/*
 * PPP over SSTP as one object: the phases of RFC 1661 3.2, LCP, authentication, IPCP, IPV6CP and
 * polite refusal of the rest. Owned by the link. Takes and gives whole PPP frames; knows nothing of
 * SSTP.
 */
#ifndef LIB_PPP_PPP_H
#define LIB_PPP_PPP_H

#include "sstp/link.h"
#include "lib/base/cursor.h"
#include "lib/base/drbg.h"
#include "lib/base/outq.h"
#include "lib/base/tracer.h"

#define PPP_IP4    0x0021
#define PPP_IP6    0x0057
#define PPP_IPCP   0x8021
#define PPP_IPV6CP 0x8057
#define PPP_CCP    0x80fd
#define PPP_ECP    0x8053
#define PPP_LCP    0xc021
#define PPP_PAP    0xc023
#define PPP_CHAP   0xc223
#define PPP_EAP    0xc227
#define PPP_CBCP   0xc029

enum ppp_phase {
	PPP_DEAD,
	PPP_ESTABLISH,
	PPP_AUTHENTICATE,
	PPP_NETWORK,
	PPP_TERMINATE,
	PPP_PHASES
};

/* What the owner has to hear; bits, cleared by ppp_events(). */
enum ppp_event {
	PPP_EV_LCP_UP = 1 << 0,
	PPP_EV_NEED_AUTH = 1 << 1,
	PPP_EV_AUTHENTICATED = 1 << 2, /* at success, before any NCP packet: take the keys now */
	PPP_EV_NEED_ADDRESS = 1 << 3,  /* once in a link's life */
	PPP_EV_IP4_UP = 1 << 4,
	PPP_EV_IP6_UP = 1 << 5,
	PPP_EV_IP4_DOWN = 1 << 6,
	PPP_EV_IP6_DOWN = 1 << 7,
	PPP_EV_DOWN = 1 << 8, /* terminated or failed: ppp_error() */
};

struct ppp; /* the body is in ppp_body.h, for the link to embed */

/*
 * Makes a dead PPP. cfg, random, out and trace are borrowed for its life. bypass: authentication is
 * neither asked for nor done (MS-SSTP 3.2.4.1). Frames go to `out` as units with 4 bytes of zeros
 * in front, where the link writes the SSTP header when it hands the unit out.
 */
void ppp_init(struct ppp *p, const struct sstp_config *cfg, struct drbg *random, struct outq *out,
	      struct tracer *trace);
/* Wipes everything secret. */
void ppp_fini(struct ppp *p);
/* The lower layer is up: LCP begins. */
void ppp_up(struct ppp *p, bool bypass, uint64_t now);
/* The lower layer is gone: everything is down at once, nothing is sent. */
void ppp_down(struct ppp *p, uint64_t now);
/*
 * Takes one PPP frame that is not an IP packet in flow (the link keeps those): address and control,
 * if any, protocol, payload. Whatever is wrong with it ends in an answer of the RFCs or in nothing.
 */
void ppp_input(struct ppp *p, struct rd frame, uint64_t now);
/* Asks the peer to terminate (LCP Close). */
void ppp_close(struct ppp *p, uint64_t now);
/* Sends an LCP Echo-Request if LCP is opened. */
void ppp_echo(struct ppp *p, uint64_t now);
/* Returns and clears the pending events. */
unsigned ppp_events(struct ppp *p);
/* See sstp_link_answer() and sstp_link_assign(). */
void ppp_answer(struct ppp *p, struct sstp_auth_answer *a, uint64_t now);
void ppp_assign(struct ppp *p, const struct sstp_addresses *a, uint64_t now);
/* Returns what PPP_EV_NEED_AUTH is about, NULL when nothing is asked. */
const struct sstp_auth_request *ppp_auth_request(const struct ppp *p);
/* See auth_hlak(); zeros when authentication was bypassed. */
int ppp_hlak(const struct ppp *p, uint8_t hlak[32]);

/* Returns when ppp_tick() is due, TIME_NEVER for never. */
uint64_t ppp_deadline(const struct ppp *p);
/* Runs what is due. */
void ppp_tick(struct ppp *p, uint64_t now);

/* A look at PPP. */
struct ppp_info {
	enum ppp_phase phase;
	enum sstp_auth auth; /* method agreed on */
	const char *user;    /* known from the first packet that says it to the end */
	bool ip4_up, ip6_up;
	uint16_t peer_mru; /* what the peer can take: 1500 unless it said otherwise */
	uint32_t echo_ms;  /* last round trip */
	const struct sstp_addresses *addr; /* agreed on so far */
	uint64_t dropped;                  /* frames that went nowhere */
	int err;                           /* why it went down */
	bool by_peer;                      /* whether the peer ended it */
	enum sstp_layer layer;             /* where */
	const char *message;               /* the peer's words, printable, or "" */
};
void ppp_info(const struct ppp *p, struct ppp_info *info);
/* Returns the phase's name. */
const char *ppp_phase_name(enum ppp_phase phase);

/* A PPP frame taken apart. */
struct ppp_frame {
	uint16_t protocol;
	bool address;        /* FF 03 was there */
	bool short_protocol; /* the protocol field had one octet */
	struct rd payload;
};
/* Parses a frame's header (RFC 1661 2, 6.5, 6.6): with or without FF 03, 1 or 2 octets of protocol.
 */
int ppp_parse_frame(struct rd frame, struct ppp_frame *out);
/* Returns the name of a PPP protocol in lower case, NULL when it has none here. */
const char *ppp_protocol_name(uint16_t protocol);
/* Writes a control frame in words: "lcp configure-request id=1 mru=1400 magic=0x12345678". */
struct text;
void ppp_show(struct text *t, struct rd frame);
/* Returns the trace layer that a protocol belongs to. */
enum sstp_layer ppp_layer(uint16_t protocol);

#endif
