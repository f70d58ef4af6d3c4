/* SPDX-License-Identifier: MIT */
/*
 * The phases of PPP (RFC 1661 3): LCP, then authentication, then the network control protocols; see
 * ppp.h. Each protocol says by signals what became of it, and settle() has the others follow.
 */
#include "lib/ppp/ppp_body.h"

#include "lib/base/secret.h"

#define RESTART_MS 3000  /* RFC 1661 4.6 */
#define AUTH_MS    55000 /* less than MS-SSTP's negotiation timer of 60 s */

/* What is said of each network control protocol. */
struct net_row {
	uint16_t control;
	uint16_t data;
	unsigned up, down; /* enum ppp_event */
};

static const struct net_row nets[PPP_NETS] = {
	[PPP_NET_IP4] = {PPP_IPCP, PPP_IP4, PPP_EV_IP4_UP, PPP_EV_IP4_DOWN},
	[PPP_NET_IP6] = {PPP_IPV6CP, PPP_IP6, PPP_EV_IP6_UP, PPP_EV_IP6_DOWN},
};

static struct cp *net_of(struct ppp *p, int n)
{
	return n == PPP_NET_IP4 ? &p->ipcp.cp : &p->ipv6cp.cp;
}

/* Returns which network control protocol a protocol belongs to, PPP_NETS for none. */
static int find_net(uint16_t protocol)
{
	int n = 0;

	while (n < PPP_NETS && nets[n].control != protocol && nets[n].data != protocol)
		n++;
	return n;
}

const char *ppp_phase_name(enum ppp_phase phase)
{
	static const char *const names[PPP_PHASES] = {
		[PPP_DEAD] = "dead",
		[PPP_ESTABLISH] = "establish",
		[PPP_AUTHENTICATE] = "authenticate",
		[PPP_NETWORK] = "network",
		[PPP_TERMINATE] = "terminate",
	};

	return (unsigned)phase < PPP_PHASES ? names[phase] : "unknown";
}

static void set_phase(struct ppp *p, enum ppp_phase phase)
{
	if (phase != p->phase)
		trace_state(p->trace, SSTP_LAYER_PPP, "phase", ppp_phase_name(p->phase),
			    ppp_phase_name(phase));
	p->phase = phase;
}

/* Counts and records a frame that goes nowhere. */
static void drop(struct ppp *p, int err, uint16_t protocol)
{
	p->dropped++;
	trace_drop(p->trace, SSTP_LAYER_PPP, err, protocol);
}

/* Copies the configured methods, or the usual ones when there are none. */
static void set_methods(struct ppp *p)
{
	bool server = p->cfg->role == SSTP_SERVER;
	int n = 0;

	for (int i = 0; i < SSTP_AUTHS && p->cfg->auth[i] != SSTP_AUTH_NONE; i++)
		if (p->cfg->auth[i] < SSTP_AUTHS)
			p->methods[n++] = p->cfg->auth[i];
	if (!n) {
		p->methods[n++] = server ? SSTP_AUTH_MSCHAPV2 : SSTP_AUTH_EAP_MSCHAPV2;
		p->methods[n++] = server ? SSTP_AUTH_EAP_MSCHAPV2 : SSTP_AUTH_MSCHAPV2;
	}
	p->methods[n] = SSTP_AUTH_NONE;
}

void ppp_init(struct ppp *p, const struct sstp_config *cfg, struct drbg *random, struct outq *out,
	      struct tracer *trace)
{
	uint32_t restart_ms = cfg->ppp_restart_ms ? cfg->ppp_restart_ms : RESTART_MS;

	memset(p, 0, sizeof(*p));
	p->cfg = cfg;
	p->out = out;
	p->trace = trace;
	p->layer = SSTP_LAYER_PPP;
	set_methods(p);
	p->env = (struct cp_env){out, trace, random, restart_ms, LCP_MRU_DEFAULT};
	p->lcp_cfg = (struct lcp_config){
		.server = cfg->role == SSTP_SERVER,
		.mru = cfg->mru && cfg->mru < LCP_MRU_MAX ? cfg->mru : LCP_MRU_MAX,
		.methods = p->methods,
	};
	p->auth_cfg = (struct auth_config){
		.server = cfg->role == SSTP_SERVER,
		.user = cfg->user,
		.password = cfg->password,
		.name = *cfg->name ? cfg->name : "sstp",
		.methods = p->methods,
		.restart_ms = restart_ms,
		.total_ms = cfg->auth_ms ? cfg->auth_ms : AUTH_MS,
		.random = random,
		.trace = trace,
	};
	auth_init(&p->auth, &p->auth_cfg);
	lcp_init(&p->lcp, &p->lcp_cfg, &p->env);
	ipcp_init(&p->ipcp, cfg, &p->plan, &p->agreed, &p->env);
	ipv6cp_init(&p->ipv6cp, cfg, &p->plan, &p->agreed, &p->env);
}

void ppp_fini(struct ppp *p)
{
	auth_fini(&p->auth);
	wipe(p, sizeof(*p));
}

/* Keeps the first reason to end. */
static void keep_reason(struct ppp *p, int err, enum sstp_layer layer, bool by_peer,
			const char *message)
{
	const struct view words = auth_view(message, sizeof(p->message) - 1);

	if (p->err)
		return;
	p->err = err;
	p->layer = layer;
	p->by_peer = by_peer;
	memcpy(p->message, words.p, words.n);
	p->message[words.n] = '\0';
}

/* Ends the link in order, for a reason that is in the trace already. */
static void end_link(struct ppp *p, int err, enum sstp_layer layer, bool by_peer,
		     const char *message, uint64_t now)
{
	keep_reason(p, err, layer, by_peer, message);
	cp_close(&p->lcp.cp, err, now);
}

/* Ends the link in order, for a reason found here. */
static void fail(struct ppp *p, int err, enum sstp_layer layer, bool by_peer, uint64_t now)
{
	trace_fault(p->trace, layer, err, 0);
	end_link(p, err, layer, by_peer, "", now);
}

/* Tells, once, that the link is over. */
static void tell_over(struct ppp *p)
{
	if (!p->over)
		p->events |= PPP_EV_DOWN;
	p->over = true;
}

/* --- the network phase ------------------------------------------------------------------------ */

static void tell_up(struct ppp *p, int n)
{
	p->flows[n] = true;
	p->events |= nets[n].up;
}

/* Tells that a protocol is down, or withdraws that it is up when that was not heard yet. */
static void tell_down(struct ppp *p, int n)
{
	if (!p->flows[n])
		return;
	p->flows[n] = false;
	if (p->events & nets[n].up)
		p->events &= ~nets[n].up;
	else
		p->events |= nets[n].down;
}

/* Forgets what there is of the network phase. Nothing is sent. */
static void stop_networks(struct ppp *p, uint64_t now)
{
	timer_stop(&p->network);
	for (int n = 0; n < PPP_NETS; n++) {
		cp_down(net_of(p, n), now);
		cp_signals(net_of(p, n));
		tell_down(p, n);
		p->waiting[n].n = 0;
	}
	p->started = false;
}

/* Refuses the frame of a protocol that is not spoken here. */
static void refuse_protocol(struct ppp *p, uint16_t protocol, struct rd payload)
{
	drop(p, SSTP_E_PPP_PROTOCOL, protocol);
	lcp_reject_protocol(&p->lcp, protocol, payload);
}

/* Returns whether a network control protocol will not come up any more. */
static bool is_hopeless(struct ppp *p, int n)
{
	const struct cp *c = net_of(p, n);

	return !p->on[n] || c->state <= CP_STOPPED;
}

/* Ends the link when no network protocol is left. */
static void check_networks(struct ppp *p, uint64_t now)
{
	bool by_peer = false;

	if (!p->started || p->phase != PPP_NETWORK)
		return;
	for (int n = 0; n < PPP_NETS; n++) {
		if (!is_hopeless(p, n))
			return;
		by_peer = by_peer || net_of(p, n)->by_peer;
	}
	fail(p, SSTP_E_NO_NETWORK, SSTP_LAYER_PPP, by_peer, now);
}

/* Begins one network control protocol, with what the peer has sent already. */
static void start_network(struct ppp *p, int n, uint64_t now)
{
	struct ppp_waiting *w = &p->waiting[n];
	struct cp *c = net_of(p, n);

	if (p->on[n]) {
		if (c->state == CP_INITIAL)
			cp_open(c, now);
		cp_up(c, now);
		if (w->n)
			cp_input(c, rd_init(w->bytes, w->n), now);
	} else if (w->n) {
		refuse_protocol(p, nets[n].control, rd_init(w->bytes, w->n));
	}
	w->n = 0;
}

static bool any_octet(const void *bytes, size_t n)
{
	struct rd r = rd_init(bytes, n);

	while (rd_left(&r))
		if (rd_u8(&r))
			return true;
	return false;
}

static void start_networks(struct ppp *p, uint64_t now)
{
	const struct sstp_addresses *a = &p->plan;
	bool server = p->cfg->role == SSTP_SERVER;

	/* A server negotiates what it was given addresses for. */
	p->on[PPP_NET_IP4] = !p->cfg->no_ip4 &&
			     (!server || any_octet(a->ip4_local, 4) || any_octet(a->ip4_peer, 4));
	p->on[PPP_NET_IP6] = !p->cfg->no_ip6 && (!server || any_octet(a->ip6_local_id, IFID) ||
						 any_octet(a->ip6_peer_id, IFID));
	p->started = true;
	memset(&p->agreed, 0, sizeof(p->agreed));
	for (int n = 0; n < PPP_NETS; n++)
		start_network(p, n, now);
	check_networks(p, now);
}

static bool is_usable(struct ppp *p, int n)
{
	return n == PPP_NET_IP4 ? ipcp_usable(&p->ipcp) : ipv6cp_usable(&p->ipv6cp);
}

/* Follows what became of a network control protocol. */
static void follow_net(struct ppp *p, int n, unsigned signals, uint64_t now)
{
	if (signals & CP_SIG_DOWN)
		tell_down(p, n);
	if (signals & CP_SIG_UP) {
		if (is_usable(p, n))
			tell_up(p, n);
		else
			cp_close(net_of(p, n), SSTP_E_PPP_NO_AGREEMENT, now);
	}
	if (signals & CP_SIG_FINISHED)
		check_networks(p, now);
}

/* Keeps a request that came early, so that its sender need not wait for its own timer. */
static void keep_waiting(struct ppp *p, int n, const struct ppp_frame *f)
{
	struct rd payload = f->payload;
	struct view v = rd_rest(&payload);
	struct cp_packet packet;

	if (cp_parse_packet(f->payload, &packet) || packet.code != CP_CONFIGURE_REQUEST ||
	    v.n > PPP_WAITING_MAX) {
		drop(p, SSTP_E_NOT_READY, f->protocol);
		return;
	}
	memcpy(p->waiting[n].bytes, v.p, v.n);
	p->waiting[n].n = v.n;
}

static void input_net(struct ppp *p, const struct ppp_frame *f, uint64_t now)
{
	int n = find_net(f->protocol);

	if (p->phase != PPP_NETWORK)
		drop(p, SSTP_E_NOT_READY, f->protocol);
	else if (!p->started)
		keep_waiting(p, n, f);
	else if (p->on[n])
		cp_input(net_of(p, n), f->payload, now);
	else
		refuse_protocol(p, f->protocol, f->payload);
}

/* --- authentication --------------------------------------------------------------------------- */

/* Keeps who authenticates and how, for those who look when auth has forgotten. */
static void keep_user(struct ppp *p)
{
	const struct view user = auth_view(auth_user(&p->auth), SSTP_NAME_MAX);

	if (p->wanting || !user.n)
		return;
	memcpy(p->user, user.p, user.n);
	p->user[user.n] = '\0';
	p->method = auth_method(&p->auth);
}

static void stop_auth(struct ppp *p)
{
	keep_user(p);
	auth_fini(&p->auth);
	auth_init(&p->auth, &p->auth_cfg);
	p->authenticated = p->keyed = p->asking = false;
	p->events &= ~(unsigned)(PPP_EV_NEED_AUTH | PPP_EV_AUTHENTICATED);
}

/*
 * Returns whether the peer is who it was before: the first time, or the same name again. LCP may be
 * negotiated anew at any time (RFC 1661 3.2), but a call, its crypto binding and its addresses
 * belong to one user.
 */
static bool is_same_user(const struct ppp *p)
{
	const struct view now = auth_view(auth_user(&p->auth), SSTP_NAME_MAX);
	const struct view first = auth_view(p->user, SSTP_NAME_MAX);

	if (!p->wanting)
		return true;
	return now.n == first.n && !memcmp(now.p, first.p, now.n);
}

/*
 * The peer, or we, passed. The server asks for addresses, unless it has them from the time before.
 * The client begins with the network protocols at the next tick, which is due at once: the owner's
 * answer to PPP_EV_AUTHENTICATED (CALL_CONNECTED) goes out before them (MS-SSTP 3.2.5.2).
 */
static void enter_network(struct ppp *p, uint64_t now)
{
	if (!is_same_user(p)) {
		fail(p, SSTP_E_AUTH_AGAIN, SSTP_LAYER_PPP, true, now);
		return;
	}
	keep_user(p);
	p->authenticated = true;
	p->events |= PPP_EV_AUTHENTICATED;
	set_phase(p, PPP_NETWORK);
	if (p->cfg->role == SSTP_CLIENT) {
		p->plan = p->cfg->addr;
		timer_start(&p->network, now, 0);
	} else if (p->assigned) {
		start_networks(p, now);
	} else if (!p->wanting) {
		p->wanting = true;
		p->events |= PPP_EV_NEED_ADDRESS;
	}
}

/* Sends what authentication wants sent. */
static void send_auth(struct ppp *p)
{
	for (;;) {
		struct wr w = ppp_begin_frame(p->out, 0, AUTH_PACKET_MAX);
		uint16_t protocol;

		if (!auth_output(&p->auth, &protocol, &w))
			break;
		wr_patch16(&w, PPP_UNIT_HEAD - 2, protocol);
		ppp_end_frame(p->out, p->trace, &w);
	}
}

/* A client is refused by its server; all other failures are found out here. */
static bool is_refusal(const struct ppp *p, int err)
{
	return p->cfg->role == SSTP_CLIENT &&
	       (err == SSTP_E_AUTH_FAILED || err == SSTP_E_AUTH_EXPIRED ||
		err == SSTP_E_AUTH_DISABLED);
}

/* Returns the layer of the method in use. */
static enum sstp_layer auth_layer(const struct ppp *p)
{
	return p->auth.method ? p->auth.method->layer : SSTP_LAYER_PPP;
}

/* Follows how authentication stands. */
static void follow_auth(struct ppp *p, uint64_t now)
{
	int err = auth_error(&p->auth);

	send_auth(p);
	if (p->phase != PPP_AUTHENTICATE && p->phase != PPP_NETWORK)
		return;
	switch (auth_status(&p->auth)) {
	case AUTH_ASKING:
		if (!p->asking)
			p->events |= PPP_EV_NEED_AUTH;
		p->asking = true;
		return;
	case AUTH_DONE:
		if (!p->authenticated)
			enter_network(p, now);
		break;
	case AUTH_FAILED:
		if (!p->err)
			end_link(p, err, auth_layer(p), is_refusal(p, err), auth_message(&p->auth),
				 now);
		break;
	default:
		break;
	}
	p->asking = false;
}

static void input_auth(struct ppp *p, const struct ppp_frame *f, uint64_t now)
{
	/* RFC 1661 3.5: before and after, such packets are discarded. */
	if (!p->keyed || (p->phase != PPP_AUTHENTICATE && p->phase != PPP_NETWORK))
		drop(p, SSTP_E_NOT_READY, f->protocol);
	else if (auth_input(&p->auth, f->protocol, f->payload, now))
		p->dropped++;
}

/* --- LCP -------------------------------------------------------------------------------------- */

static void on_lcp_up(struct ppp *p, uint64_t now)
{
	enum sstp_auth method = lcp_auth(&p->lcp);

	p->events |= PPP_EV_LCP_UP;
	if (method != SSTP_AUTH_NONE) {
		p->keyed = true;
		set_phase(p, PPP_AUTHENTICATE);
		auth_start(&p->auth, method, now);
	} else if (p->bypass) {
		enter_network(p, now);
	} else {
		fail(p, SSTP_E_AUTH_NONE, SSTP_LAYER_LCP, false, now);
	}
}

/* LCP left Opened: everything above it ends (RFC 1661 3.2). */
static void on_lcp_down(struct ppp *p, uint64_t now)
{
	const struct cp *c = &p->lcp.cp;
	bool asking = p->asking;

	stop_networks(p, now);
	stop_auth(p);
	p->events &= ~(unsigned)PPP_EV_LCP_UP;
	if (c->state >= CP_REQ_SENT) {
		set_phase(p, PPP_ESTABLISH);
		/* An answer is on its way, about a request that is gone: it must not meet another.
		 */
		if (asking)
			fail(p, SSTP_E_AUTH_AGAIN, SSTP_LAYER_LCP, true, now);
		return;
	}
	set_phase(p, c->state < CP_CLOSED ? PPP_DEAD : PPP_TERMINATE);
	if (c->state == CP_STOPPING) {
		/* The peer's Terminate-Request was answered, over a stream that loses nothing:
		 * there is no need to wait for another one (RFC 1661 5.5). */
		keep_reason(p, c->err, SSTP_LAYER_LCP, c->by_peer, c->message);
		tell_over(p);
	}
}

static void on_lcp_finished(struct ppp *p)
{
	const struct cp *c = &p->lcp.cp;

	keep_reason(p, c->err, SSTP_LAYER_LCP, c->by_peer, c->message);
	set_phase(p, PPP_DEAD);
	tell_over(p);
}

/* The peer does not speak a protocol of ours (RFC 1661 5.7). */
static void on_protocol_rejected(struct ppp *p, uint16_t protocol, uint64_t now)
{
	int n = find_net(protocol);

	if (n < PPP_NETS) {
		struct cp *c = net_of(p, n);

		cp_down(c, now);
		c->by_peer = true;
		follow_net(p, n, cp_signals(c) | CP_SIG_FINISHED, now);
	} else if (p->auth.method && protocol == p->auth.method->protocol) {
		fail(p, SSTP_E_PPP_REJECTED, auth_layer(p), true, now);
	} else {
		cp_rejected(&p->lcp.cp, protocol == PPP_LCP, now);
	}
}

static void follow_lcp(struct ppp *p, unsigned signals, uint64_t now)
{
	if (signals & CP_SIG_DOWN)
		on_lcp_down(p, now);
	if (signals & CP_SIG_UP)
		on_lcp_up(p, now);
	if (signals & CP_SIG_FINISHED)
		on_lcp_finished(p);
	if (signals & CP_SIG_REJECTED)
		on_protocol_rejected(p, p->lcp.rejected, now);
}

/*
 * Has every protocol follow what became of the others, until all are quiet. A signal is consumed
 * before it is followed, and leads downwards only: LCP, authentication, networks.
 */
static void settle(struct ppp *p, uint64_t now)
{
	unsigned signals;

	do {
		signals = cp_signals(&p->lcp.cp);
		follow_lcp(p, signals, now);
		follow_auth(p, now);
		for (int n = 0; n < PPP_NETS; n++) {
			unsigned net = cp_signals(net_of(p, n));

			follow_net(p, n, net, now);
			signals |= net;
		}
	} while (signals || p->lcp.cp.signals);
}

/* --- doors ------------------------------------------------------------------------------------ */

void ppp_up(struct ppp *p, bool bypass, uint64_t now)
{
	p->bypass = p->lcp_cfg.bypass = bypass;
	set_phase(p, PPP_ESTABLISH);
	cp_open(&p->lcp.cp, now);
	cp_up(&p->lcp.cp, now);
	settle(p, now);
}

void ppp_down(struct ppp *p, uint64_t now)
{
	cp_down(&p->lcp.cp, now);
	settle(p, now);
	stop_networks(p, now);
	stop_auth(p);
	set_phase(p, PPP_DEAD);
}

/* Takes a frame of a protocol that is neither LCP, nor authentication, nor one of nets. */
static void input_other(struct ppp *p, const struct ppp_frame *f)
{
	/* RFC 1661 3.4, 3.5, 5.7: before the network phase it is discarded without a word. */
	if (p->phase == PPP_NETWORK)
		refuse_protocol(p, f->protocol, f->payload);
	else
		drop(p, SSTP_E_PPP_PROTOCOL, f->protocol);
}

static void input_frame(struct ppp *p, const struct ppp_frame *f, uint64_t now)
{
	switch (f->protocol) {
	case PPP_LCP:
		cp_input(&p->lcp.cp, f->payload, now);
		break;
	case PPP_PAP:
	case PPP_CHAP:
	case PPP_EAP:
		input_auth(p, f, now);
		break;
	case PPP_IPCP:
	case PPP_IPV6CP:
		input_net(p, f, now);
		break;
	case PPP_IP4:
	case PPP_IP6:
		/* RFC 1332 2, RFC 5072 3: not while the protocol is not opened. */
		drop(p, SSTP_E_NOT_READY, f->protocol);
		break;
	default:
		input_other(p, f);
		break;
	}
}

/* Begins with the network protocols when that is due. */
static void tick_network(struct ppp *p, uint64_t now)
{
	if (timer_fired(&p->network, now))
		start_networks(p, now);
}

void ppp_input(struct ppp *p, struct rd frame, uint64_t now)
{
	struct ppp_frame f;
	int err = ppp_parse_frame(frame, &f);

	if (err) {
		p->dropped++;
		trace_fault(p->trace, SSTP_LAYER_PPP, err, 0);
		return;
	}
	if (p->over) {
		drop(p, SSTP_E_CLOSED, f.protocol);
		return;
	}
	tick_network(p, now);
	/* Only control frames are worth a record; data is for the owner's eyes. */
	if (f.protocol & 0x8000)
		ppp_trace_frame(p->trace, SSTP_TRACE_RX, frame);
	input_frame(p, &f, now);
	settle(p, now);
}

void ppp_close(struct ppp *p, uint64_t now)
{
	const bool never_up = p->lcp.cp.state < CP_CLOSED;

	cp_close(&p->lcp.cp, 0, now);
	settle(p, now);
	if (never_up)
		tell_over(p);
}

void ppp_echo(struct ppp *p, uint64_t now)
{
	lcp_echo(&p->lcp, now);
}

unsigned ppp_events(struct ppp *p)
{
	unsigned events = p->events;

	p->events = 0;
	return events;
}

void ppp_answer(struct ppp *p, struct sstp_auth_answer *a, uint64_t now)
{
	auth_answer(&p->auth, a, now);
	settle(p, now);
}

void ppp_assign(struct ppp *p, const struct sstp_addresses *a, uint64_t now)
{
	if (!p->wanting || p->assigned)
		return;
	p->assigned = true;
	p->plan = *a;
	if (p->phase == PPP_NETWORK)
		start_networks(p, now);
	settle(p, now);
}

const struct sstp_auth_request *ppp_auth_request(const struct ppp *p)
{
	return auth_request(&p->auth);
}

int ppp_hlak(const struct ppp *p, uint8_t hlak[32])
{
	memset(hlak, 0, 32);
	if (!p->authenticated)
		return SSTP_E_NOT_READY;
	return p->keyed ? auth_hlak(&p->auth, hlak) : SSTP_OK;
}

uint64_t ppp_deadline(const struct ppp *p)
{
	uint64_t at = earlier(cp_deadline(&p->lcp.cp), auth_deadline(&p->auth));

	at = earlier(at, earlier(cp_deadline(&p->ipcp.cp), cp_deadline(&p->ipv6cp.cp)));
	return earlier(at, timer_at(&p->network));
}

void ppp_tick(struct ppp *p, uint64_t now)
{
	tick_network(p, now);
	cp_tick(&p->lcp.cp, now);
	auth_tick(&p->auth, now);
	for (int n = 0; n < PPP_NETS; n++)
		cp_tick(net_of(p, n), now);
	settle(p, now);
}

void ppp_info(const struct ppp *p, struct ppp_info *info)
{
	*info = (struct ppp_info){
		.phase = p->phase,
		.auth = p->keyed ? auth_method(&p->auth) : p->method,
		.user = *auth_user(&p->auth) ? auth_user(&p->auth) : p->user,
		.ip4_up = p->flows[PPP_NET_IP4],
		.ip6_up = p->flows[PPP_NET_IP6],
		.peer_mru = p->env.peer_mru,
		.echo_ms = p->lcp.echo_ms,
		.addr = &p->agreed,
		.dropped = p->dropped,
		.err = p->err,
		.by_peer = p->by_peer,
		.layer = p->layer,
		.message = p->message,
	};
}
