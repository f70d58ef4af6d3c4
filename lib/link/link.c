/* SPDX-License-Identifier: MIT */
/*
 * The link's doors: HTTP, then SSTP with PPP inside, as one object; see sstp/link.h. This file
 * moves bytes to the layer that is their turn and runs what the layers ask of each other
 * (settle()). What people look at is in look.c, what they read in trace.c.
 */
#include "lib/link/body.h"

#include "lib/base/secret.h"
#include "lib/base/text.h"

#define HTTP_MS 60000

size_t sstp_link_size(void)
{
	return sizeof(struct sstp_link);
}

static const char *const event_names[SSTP_EVENTS] = {
	[SSTP_EV_HTTP] = "http",
	[SSTP_EV_COOKIE] = "cookie",
	[SSTP_EV_ACK] = "ack",
	[SSTP_EV_LCP_UP] = "lcp-up",
	[SSTP_EV_NEED_AUTH] = "need-auth",
	[SSTP_EV_AUTHENTICATED] = "authenticated",
	[SSTP_EV_NEED_ADDRESS] = "need-address",
	[SSTP_EV_CONNECTED] = "connected",
	[SSTP_EV_IP4_UP] = "ip4-up",
	[SSTP_EV_IP6_UP] = "ip6-up",
	[SSTP_EV_IP4_DOWN] = "ip4-down",
	[SSTP_EV_IP6_DOWN] = "ip6-down",
	[SSTP_EV_DOWN] = "down",
};

/* Queues an event. input() stops long before the queue is full, so the oldest is never overrun. */
static void add_event(struct sstp_link *l, enum sstp_event_type type, uint32_t value)
{
	struct link_event *e = &l->events[l->ev_tail % LINK_EVENTS];

	trace_note(&l->trace, SSTP_LAYER_LINK, event_names[type], value);
	if (l->ev_tail - l->ev_head == LINK_EVENTS)
		return;
	l->ev_tail++;
	*e = (struct link_event){.type = (uint8_t)type, .value = value};
}

/* Keeps the first reason why the call ends; the peer's words are copied. */
static void set_why(struct sstp_link *l, const struct sstp_why *why)
{
	size_t n;

	if (l->why.who != SSTP_BY_NOBODY)
		return;
	l->why = *why;
	n = why->message ? text_size(why->message) : 0;
	if (n >= sizeof(l->why_message))
		n = sizeof(l->why_message) - 1;
	if (n)
		memcpy(l->why_message, why->message, n);
	l->why_message[n] = '\0';
	l->why.message = l->why_message;
}

/* The call is over: nothing but output() and the looks do anything from here on. */
static void go_down(struct sstp_link *l)
{
	if (l->phase == LINK_DOWN)
		return;
	l->phase = LINK_DOWN;
	l->flows = 0;
	timer_stop(&l->http_timer);
	wipe(l->cfg.password, sizeof(l->cfg.password));
	trace_state(&l->trace, SSTP_LAYER_LINK, NULL, "up", "down");
	add_event(l, SSTP_EV_DOWN, (uint32_t)-l->why.err);
}

/* Ends a call that did not get past HTTP, or whose machine has nothing to say any more. */
static void end_call(struct sstp_link *l, const struct sstp_why *why)
{
	set_why(l, why);
	go_down(l);
}

/* Lets packets of each IP version flow that SSTP and PPP both let through. */
static void set_flows(struct sstp_link *l)
{
	struct ppp_info info;
	unsigned limit;

	l->flows = 0;
	if (l->sstp.state != SSTP_CONNECTED)
		return;
	ppp_info(&l->ppp, &info);
	if (info.ip4_up)
		l->flows |= LINK_FLOW_IP4;
	if (info.ip6_up)
		l->flows |= LINK_FLOW_IP6;
	limit = l->cfg.mtu;
	if (info.peer_mru && info.peer_mru < limit)
		limit = info.peer_mru;
	l->mtu = (uint16_t)limit;
}

/* PPP authenticated the peer, or us: binds it to TLS (MS-SSTP 3.2.7.1, 3.3.7.1). */
static void bind_authentication(struct sstp_link *l, uint64_t now)
{
	uint8_t hlak[SSTP_HLAK];
	int err = ppp_hlak(&l->ppp, hlak);

	add_event(l, SSTP_EV_AUTHENTICATED, 0);
	if (err) {
		set_why(l, &(struct sstp_why){SSTP_BY_US, SSTP_LAYER_SSTP, err, 0, 0, NULL});
		machine_abort(&l->sstp, err, SSTP_ATTRIB_CRYPTO_BINDING,
			      SSTP_STATUS_VALUE_NOT_SUPPORTED, now);
	} else {
		machine_authenticated(&l->sstp, hlak, now);
	}
	wipe(hlak, sizeof(hlak));
}

/* PPP is over: the call is disconnected, with PPP's reason. */
static void end_by_ppp(struct sstp_link *l, uint64_t now)
{
	struct sstp_why why = {.who = SSTP_BY_US};
	struct ppp_info info;

	ppp_info(&l->ppp, &info);
	if (info.by_peer)
		why.who = SSTP_BY_PEER;
	why.layer = info.layer;
	why.err = info.err;
	why.message = info.message;
	set_why(l, &why);
	machine_disconnect(&l->sstp, &l->why, now);
}

static void run_ppp_events(struct sstp_link *l, unsigned ev, uint64_t now)
{
	if (ev & PPP_EV_LCP_UP)
		add_event(l, SSTP_EV_LCP_UP, 0);
	if (ev & PPP_EV_NEED_AUTH)
		add_event(l, SSTP_EV_NEED_AUTH, 0);
	if (ev & PPP_EV_AUTHENTICATED)
		bind_authentication(l, now);
	if (ev & PPP_EV_NEED_ADDRESS)
		add_event(l, SSTP_EV_NEED_ADDRESS, 0);
	if (ev & PPP_EV_IP4_DOWN)
		add_event(l, SSTP_EV_IP4_DOWN, 0);
	if (ev & PPP_EV_IP6_DOWN)
		add_event(l, SSTP_EV_IP6_DOWN, 0);
	if (ev & PPP_EV_IP4_UP)
		add_event(l, SSTP_EV_IP4_UP, 0);
	if (ev & PPP_EV_IP6_UP)
		add_event(l, SSTP_EV_IP6_UP, 0);
	if (ev & PPP_EV_DOWN)
		end_by_ppp(l, now);
}

/* Lets the network protocols begin with the addresses that were given. */
static void use_plan(struct sstp_link *l, uint64_t now)
{
	if (!l->planned)
		return;
	l->planned = false;
	timer_stop(&l->patience);
	ppp_assign(&l->ppp, &l->plan, now);
}

static void run_machine_flags(struct sstp_link *l, unsigned flags, uint64_t now)
{
	if (flags & MACHINE_PPP_UP) {
		add_event(l, SSTP_EV_ACK, l->sstp.hash);
		ppp_up(&l->ppp, l->bypass, now);
	}
	if (flags & MACHINE_CONNECTED) {
		add_event(l, SSTP_EV_CONNECTED, l->sstp.hash);
		use_plan(l, now);
	}
	if (flags & MACHINE_PPP_DOWN) {
		l->planned = false;
		timer_stop(&l->patience);
		ppp_down(&l->ppp, now);
	}
	if (flags & MACHINE_CLOSED)
		end_call(l, &l->sstp.why);
}

/*
 * Runs what SSTP and PPP ask of each other, and what is due in PPP at once, until both are quiet.
 * Every step consumes a flag, an event or a timer.
 */
static void settle(struct sstp_link *l, uint64_t now)
{
	while (l->phase == LINK_SSTP) {
		unsigned flags = machine_flags(&l->sstp);
		unsigned ev = flags ? 0 : ppp_events(&l->ppp);

		if (flags)
			run_machine_flags(l, flags, now);
		else if (ev)
			run_ppp_events(l, ev, now);
		else if (ppp_deadline(&l->ppp) <= now)
			ppp_tick(&l->ppp, now);
		else
			break;
	}
	if (l->phase == LINK_SSTP)
		set_flows(l);
}

/* Fills in what the configuration leaves to us; returns 0 or SSTP_E_CONFIG. */
static int set_defaults(struct sstp_config *c)
{
	if (!c->hashes)
		c->hashes = SSTP_HASH_SHA1 | SSTP_HASH_SHA256;
	if (!c->mtu)
		c->mtu = 1400;
	if (!c->http_ms)
		c->http_ms = HTTP_MS;
	if (!c->server_header)
		c->server_header = "SSTP";
	if (c->auth[0] == SSTP_AUTH_NONE) {
		bool server = c->role == SSTP_SERVER;

		c->auth[0] = server ? SSTP_AUTH_MSCHAPV2 : SSTP_AUTH_EAP_MSCHAPV2;
		c->auth[1] = server ? SSTP_AUTH_EAP_MSCHAPV2 : SSTP_AUTH_MSCHAPV2;
		c->auth[2] = SSTP_AUTH_NONE;
	}
	if (c->role == SSTP_CLIENT && (!c->host || !*c->host))
		return SSTP_E_CONFIG;
	if (c->mtu > SSTP_MTU_MAX || c->mtu < 68 || (c->no_ip4 && c->no_ip6))
		return SSTP_E_CONFIG;
	if (c->trace && c->trace_n < LINK_TRACE_MIN)
		return SSTP_E_CONFIG;
	return 0;
}

/* Queues the client's request. */
static int send_request(struct sstp_link *l)
{
	struct wr w = outq_begin(&l->out, HTTP_HEAD_MAX);

	http_put_request(&w, l->cfg.host, l->cfg.bypass ? l->cfg.cookie : NULL, &l->random,
			 l->correlation_id);
	http_trace(&l->trace, SSTP_TRACE_TX, w.start, wr_len(&w));
	return outq_end(&l->out, &w) ? 0 : SSTP_E_CONFIG;
}

int sstp_link_init(void *mem, const struct sstp_config *cfg, uint64_t now)
{
	struct sstp_link *l = mem;
	int err;

	memset(l, 0, sizeof(*l));
	l->cfg = *cfg;
	err = set_defaults(&l->cfg);
	if (err)
		return err;
	drbg_init(&l->random, cfg->seed);
	wipe(l->cfg.seed, sizeof(l->cfg.seed));
	tracer_init(&l->trace, cfg->trace, cfg->trace_n);
	l->trace.now = now;
	l->why.message = l->why_message;
	outq_init(&l->out);
	machine_init(&l->sstp, &l->cfg, &l->out, &l->random, &l->trace);
	ppp_init(&l->ppp, &l->cfg, &l->random, &l->out, &l->trace);
	http_init(&l->http, cfg->role == SSTP_SERVER, cfg->host);
	timer_start(&l->http_timer, now, l->cfg.http_ms);
	return cfg->role == SSTP_CLIENT ? send_request(l) : 0;
}

void sstp_link_fini(struct sstp_link *l)
{
	machine_fini(&l->sstp);
	ppp_fini(&l->ppp);
	wipe(l, sizeof(*l));
	l->phase = LINK_DOWN;
}

/* Sends the reply to the request in l->http, good or bad. */
static void send_reply(struct sstp_link *l)
{
	struct wr w = outq_begin(&l->out, 1024);

	http_put_reply(&l->http, &w, l->cfg.server_header, l->cfg.date);
	http_trace(&l->trace, SSTP_TRACE_TX, w.start, wr_len(&w));
	outq_end(&l->out, &w);
}

/* HTTP is done: keeps what is worth keeping of the head and lets SSTP begin. */
static void begin_sstp(struct sstp_link *l, uint64_t now)
{
	if (l->cfg.role == SSTP_SERVER) {
		send_reply(l);
		memcpy(l->correlation_id, l->http.correlation_id, sizeof(l->correlation_id));
		memcpy(l->cookie, l->http.cookie, sizeof(l->cookie));
		l->sstpc = l->http.sstpc;
	}
	timer_stop(&l->http_timer);
	wipe(&l->http, sizeof(l->http));
	l->phase = LINK_SSTP;
	trace_state(&l->trace, SSTP_LAYER_LINK, NULL, "http", "sstp");
	add_event(l, SSTP_EV_HTTP, 0);
	if (l->cfg.role == SSTP_CLIENT)
		l->bypass = l->cfg.bypass && l->cfg.cookie;
	machine_start(&l->sstp, now);
	if (l->cfg.role == SSTP_SERVER && l->cfg.bypass && l->cookie[0]) {
		l->cookie_asked = true;
		add_event(l, SSTP_EV_COOKIE, 0);
	}
	settle(l, now);
}

/* The head is no good, or came too late: says so (server) and ends. */
static void refuse_http(struct sstp_link *l, int err)
{
	const bool bad_bytes = err == SSTP_E_HTTP_SYNTAX || err == SSTP_E_HTTP_TOO_LARGE;
	const struct sstp_why why = {
		.who = l->cfg.role == SSTP_SERVER ? SSTP_BY_US : SSTP_BY_PEER,
		.layer = SSTP_LAYER_HTTP,
		.err = err,
		.off = bad_bytes ? (uint32_t)l->http.taken : 0,
		.status = l->http.code,
		.message = l->http.message,
	};

	trace_fault(&l->trace, SSTP_LAYER_HTTP, err, l->http.taken);
	if (l->cfg.role == SSTP_SERVER)
		send_reply(l);
	end_call(l, &why);
}

static size_t input_http(struct sstp_link *l, const uint8_t *p, size_t n, uint64_t now)
{
	size_t taken = http_input(&l->http, p, n);

	if (l->http.status == HTTP_MORE)
		return taken;
	http_trace(&l->trace, SSTP_TRACE_RX, l->http.head + l->http.begin,
		   l->http.taken - l->http.begin);
	if (l->http.status == HTTP_DONE)
		begin_sstp(l, now);
	else
		refuse_http(l, l->http.err);
	return taken;
}

/* Returns the LINK_FLOW_ bit of an IP protocol's PPP number, 0 for others. */
static unsigned flow_of(uint16_t protocol)
{
	return protocol == PPP_IP4 ? LINK_FLOW_IP4 : protocol == PPP_IP6 ? LINK_FLOW_IP6 : 0;
}

/* Counts a frame that goes nowhere. */
static void drop_frame(struct sstp_link *l, int err, uint32_t value)
{
	l->dropped++;
	trace_drop(&l->trace, SSTP_LAYER_LINK, err, value);
}

/* Makes n bytes at p the packet that sstp_link_packet() hands out. */
static void hand_out(struct sstp_link *l, uint8_t *p, size_t n)
{
	l->packet = p;
	l->packet_len = n;
	l->rx_packets++;
	l->rx_bytes += n;
}

/* A data packet that is not an IP packet in the usual dress. */
static void input_frame(struct sstp_link *l, uint8_t *p, size_t n, uint64_t now)
{
	struct ppp_frame f;
	unsigned flow;
	int err = ppp_parse_frame(rd_init(p, n), &f);

	if (err) {
		drop_frame(l, err, 0);
		return;
	}
	flow = flow_of(f.protocol);
	if (flow & l->flows) {
		size_t len = rd_left(&f.payload);

		if (len)
			hand_out(l, p + (n - len), len);
		else
			drop_frame(l, SSTP_E_PPP_FRAME, f.protocol);
		return;
	}
	/* Data before both ends are connected is dropped (MS-SSTP 3.2.7.1, 3.3.7.1, A-28, A-30). */
	if (flow || !machine_passes_control(&l->sstp)) {
		drop_frame(l, SSTP_E_NOT_READY, f.protocol);
		return;
	}
	ppp_input(&l->ppp, rd_init(p, n), now);
	settle(l, now);
}

/* One whole SSTP packet of len bytes at p. */
static void input_packet(struct sstp_link *l, uint8_t *p, size_t len, bool control, uint64_t now)
{
	if (control) {
		machine_control(&l->sstp, rd_init(p, len), now);
		settle(l, now);
		return;
	}
	machine_data(&l->sstp, now);
	input_frame(l, p + SSTP_HEADER, len - SSTP_HEADER, now);
}

/* The stream makes no sense any more (MS-SSTP 3.1.5.1): it is closed without a message. */
static size_t lose_delineation(struct sstp_link *l, int err, size_t n, uint64_t now)
{
	machine_delineation(&l->sstp, err, now);
	settle(l, now);
	return n;
}

/* Collects a packet that comes in pieces; returns how many of the n bytes were taken. */
static size_t input_piece(struct sstp_link *l, const uint8_t *p, size_t n, uint64_t now)
{
	struct sstp_header h = {.length = SSTP_HEADER};
	size_t taken = 0;

	while (l->have < SSTP_HEADER && taken < n)
		l->partial[l->have++] = p[taken++];
	if (l->have < SSTP_HEADER)
		return taken;
	/* Its header was found good when it was complete; a bad one ends here. */
	int err = sstp_parse_header(l->partial, &h);

	if (err)
		return lose_delineation(l, err, n, now);
	size_t want = h.length - l->have;

	if (want > n - taken)
		want = n - taken;
	memcpy(l->partial + l->have, p + taken, want);
	l->have += want;
	taken += want;
	if (l->have == h.length) {
		l->have = 0;
		input_packet(l, l->partial, h.length, h.control, now);
	}
	return taken;
}

/* Takes one packet, or a piece of one, from the n bytes at p; returns how many bytes it was. */
static size_t input_sstp(struct sstp_link *l, uint8_t *p, size_t n, uint64_t now)
{
	struct sstp_header h;
	int err;

	if (l->have || n < SSTP_HEADER)
		return input_piece(l, p, n, now);
	err = sstp_parse_header(p, &h);
	if (err)
		return lose_delineation(l, err, n, now);
	if (h.length > n)
		return input_piece(l, p, n, now);
	input_packet(l, p, h.length, h.control, now);
	return h.length;
}

/* Returns whether nothing more can be taken before the owner has drained something. */
static bool is_blocked(const struct sstp_link *l)
{
	return l->cookie_asked || l->ev_tail - l->ev_head > LINK_EVENTS / 2 ||
	       outq_room(&l->out) < LINK_OUT_SPARE || tracer_room(&l->trace) < LINK_TRACE_MIN / 2;
}

/*
 * The way of nearly every packet of a call: a whole data packet that carries an IP packet in flow,
 * in the usual dress, is handed out where it lies. Returns its length; 0, and nothing was done, for
 * others.
 */
static inline size_t input_flowing(struct sstp_link *l, uint8_t *p, size_t n, uint64_t now)
{
	size_t len;

	if (!l->flows || l->have || n <= SSTP_HEADROOM || p[0] != SSTP_VERSION || p[1] & 1)
		return 0;
	len = be16(p[2] & 0x0f, p[3]);
	if (len > n || len <= SSTP_HEADROOM || p[4] != 0xff || p[5] != 0x03 || p[6] != 0x00 ||
	    !(flow_of(p[7]) & l->flows))
		return 0;
	machine_data(&l->sstp, now);
	hand_out(l, p + SSTP_HEADROOM, len - SSTP_HEADROOM);
	return len;
}

size_t sstp_link_input(struct sstp_link *l, uint8_t *bytes, size_t n, uint64_t now)
{
	size_t taken = input_flowing(l, bytes, n, now);

	if (taken)
		return taken;
	l->trace.now = now;
	l->packet_len = 0;
	while (taken < n && !l->packet_len) {
		if (l->phase == LINK_DOWN)
			return n;
		if (is_blocked(l))
			break;
		if (l->phase == LINK_HTTP)
			taken += input_http(l, bytes + taken, n - taken, now);
		else
			taken += input_sstp(l, bytes + taken, n - taken, now);
	}
	return taken;
}

size_t sstp_link_packet(struct sstp_link *l, uint8_t **p)
{
	size_t n = l->packet_len;

	*p = l->packet;
	l->packet_len = 0;
	return n;
}

int sstp_link_send(struct sstp_link *l, uint8_t *p, size_t n, uint64_t now)
{
	unsigned version = n ? p[0] >> 4 : 0;
	unsigned flow = version == 4 ? LINK_FLOW_IP4 : version == 6 ? LINK_FLOW_IP6 : 0;
	uint8_t *head = p - SSTP_HEADROOM;

	(void)now;
	if (!(flow & l->flows))
		return SSTP_E_NOT_READY;
	if (n > l->mtu)
		return SSTP_E_TOO_LARGE;
	sstp_put_data_header(head, n + SSTP_HEADROOM - SSTP_HEADER);
	head[4] = 0xff;
	head[5] = 0x03;
	head[6] = 0x00;
	head[7] = flow == LINK_FLOW_IP4 ? PPP_IP4 : PPP_IP6;
	l->tx_packets++;
	l->tx_bytes += n;
	return 0;
}

size_t sstp_link_output(struct sstp_link *l, const uint8_t **p)
{
	size_t n;
	uint8_t *unit = outq_front(&l->out, &n);

	/* PPP leaves the SSTP header of its frames to us: zeros, which no other unit begins with.
	 */
	if (unit && !unit[0])
		sstp_put_data_header(unit, n - SSTP_HEADER);
	return outq_peek(&l->out, p);
}

void sstp_link_sent(struct sstp_link *l, size_t n)
{
	outq_sent(&l->out, n);
}

void sstp_link_eof(struct sstp_link *l, uint64_t now)
{
	l->trace.now = now;
	if (l->phase == LINK_HTTP) {
		end_call(l, &(struct sstp_why){SSTP_BY_NETWORK, SSTP_LAYER_HTTP, SSTP_E_EOF, 0, 0,
					       NULL});
	} else if (l->phase == LINK_SSTP) {
		machine_eof(&l->sstp, now);
		settle(l, now);
	}
}

uint64_t sstp_link_deadline(const struct sstp_link *l)
{
	if (l->phase == LINK_DOWN)
		return TIME_NEVER;
	if (l->phase == LINK_HTTP)
		return timer_at(&l->http_timer);
	return earlier(timer_at(&l->patience),
		       earlier(machine_deadline(&l->sstp), ppp_deadline(&l->ppp)));
}

void sstp_link_tick(struct sstp_link *l, uint64_t now)
{
	l->trace.now = now;
	if (l->phase == LINK_HTTP && timer_fired(&l->http_timer, now)) {
		trace_timer(&l->trace, SSTP_LAYER_HTTP, "http");
		if (l->cfg.role == SSTP_SERVER) {
			l->http.status = HTTP_ERROR;
			l->http.code = 408;
		}
		refuse_http(l, SSTP_E_HTTP_TIME);
	} else if (l->phase == LINK_SSTP) {
		machine_tick(&l->sstp, now);
		settle(l, now);
		if (timer_fired(&l->patience, now)) {
			trace_timer(&l->trace, SSTP_LAYER_LINK, "patience");
			use_plan(l, now);
			settle(l, now);
		}
	}
}

void sstp_link_close(struct sstp_link *l, int err, uint64_t now)
{
	const struct sstp_why why = {SSTP_BY_US, SSTP_LAYER_LINK, err, 0, 0, NULL};

	l->trace.now = now;
	if (l->phase == LINK_HTTP) {
		end_call(l, &why);
	} else if (l->phase == LINK_SSTP) {
		set_why(l, &why);
		machine_disconnect(&l->sstp, &why, now);
		settle(l, now);
	}
}

void sstp_link_ping(struct sstp_link *l, uint64_t now)
{
	l->trace.now = now;
	if (l->phase == LINK_SSTP && machine_passes_control(&l->sstp))
		ppp_echo(&l->ppp, now);
}

bool sstp_link_event(struct sstp_link *l, struct sstp_event *ev)
{
	const struct link_event *e = &l->events[l->ev_head % LINK_EVENTS];
	struct ppp_info info;

	if (l->ev_head == l->ev_tail)
		return false;
	l->ev_head++;
	ppp_info(&l->ppp, &info);
	*ev = (struct sstp_event){
		.type = e->type,
		.auth = info.auth,
		.value = e->value,
		.addr = info.addr,
		.text = e->type == SSTP_EV_COOKIE ? l->cookie : info.user,
	};
	return true;
}

const struct sstp_auth_request *sstp_link_auth(const struct sstp_link *l)
{
	return ppp_auth_request(&l->ppp);
}

void sstp_link_answer(struct sstp_link *l, struct sstp_auth_answer *a, uint64_t now)
{
	l->trace.now = now;
	if (l->phase == LINK_SSTP && ppp_auth_request(&l->ppp)) {
		ppp_answer(&l->ppp, a, now);
		settle(l, now);
	}
	wipe(a, sizeof(*a));
}

void sstp_link_answer_cookie(struct sstp_link *l, bool valid, uint64_t now)
{
	l->trace.now = now;
	if (!l->cookie_asked)
		return;
	l->cookie_asked = false;
	wipe(l->cookie, sizeof(l->cookie));
	l->bypass = valid;
	/* MS-SSTP 3.3.7.3: an invalid cookie closes HTTPS without an SSTP message. */
	if (!valid && l->phase == LINK_SSTP) {
		set_why(l, &(struct sstp_why){SSTP_BY_US, SSTP_LAYER_HTTP, SSTP_E_HTTP_COOKIE, 0, 0,
					      NULL});
		machine_eof(&l->sstp, now);
		settle(l, now);
	}
}

void sstp_link_assign(struct sstp_link *l, const struct sstp_addresses *a, uint64_t now)
{
	l->trace.now = now;
	if (l->phase != LINK_SSTP)
		return;
	if (a) {
		l->plan = *a;
		l->planned = true;
		/* MS-SSTP 3.2.5.2: CALL_CONNECTED, its verification, then the network protocols. */
		if (l->sstp.state == SSTP_CONNECTED)
			use_plan(l, now);
		else
			timer_start(&l->patience, now, LINK_PATIENCE_MS);
	} else {
		sstp_link_close(l, SSTP_E_NO_ADDRESS, now);
	}
	settle(l, now);
}
