/* SPDX-License-Identifier: MIT */
/* The link's stage: the turns of the loop that move bytes between TLS, link and TUN. What the link
 * tells is handled in call_event.c. */
#include "client/call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/say.h"
#include "io/clock.h"
#include "io/locked.h"
#include "io/random.h"
#include "lib/base/secret.h"

#define HANG_UP_MS 8000 /* the protocol's own timers end it within 7 s (MS-SSTP 3.1.2) */
#define LAST_MS    1000 /* for the last bytes after the link has ended */

/* Says how the call ended, and ends the program. */
static void conclude(struct call *c)
{
	struct sstp_why why = sstp_link_why(c->link);
	bool broken = why.err == SSTP_E_EOF && c->pump.broken == TLS_FAILED;
	enum exit_code code = exit_of_link(why.err, c->told);
	struct sstp_info info;
	char text[500];

	sstp_link_info(c->link, &info);
	sstp_why_text(&why, text, sizeof(text));
	if (broken)
		snprintf(text, sizeof(text), "%s", tls_error(c->tls));
	if (code != EXIT_ASKED) {
		call_fail(c, code, advice_on_link(why.err, c->told), "%s%s",
			  c->told ? "the tunnel is down: " : "no tunnel: ", text);
		return;
	}
	say("ended",
	    (struct say_field[]){
		    {"rx_bytes", NULL, (int64_t)info.rx_bytes},
		    {"tx_bytes", NULL, (int64_t)info.tx_bytes},
		    {"rx_packets", NULL, (int64_t)info.rx_packets},
		    {"tx_packets", NULL, (int64_t)info.tx_packets},
		    {"seconds", NULL, c->told ? (int64_t)((clock_ms() - c->since) / 1000) : 0},
		    {NULL, NULL, 0}},
	    "hung up; %llu bytes received, %llu sent", (unsigned long long)info.rx_bytes,
	    (unsigned long long)info.tx_bytes);
	call_over(c, code);
}

/* The link has ended: what it has left to say still leaves, with TLS's goodbye. */
static void drain_and_conclude(struct call *c)
{
	enum tls_result result = pump_output(&c->pump, clock_ms());

	loop_fd_want(&c->tun, 0);
	loop_timer_at(&c->deadline, pump_deadline(&c->pump));
	if (result == TLS_OK) {
		tls_close(c->tls);
		result = tls_flush(c->tls);
	}
	if (result != TLS_WANT_WRITE) {
		conclude(c);
		return;
	}
	loop_fd_want(&c->sock, pump_wants(&c->pump) & LOOP_WRITE);
	if (c->limit_text) { /* once */
		call_limit(c, LAST_MS, exit_of_link(sstp_link_why(c->link).err, c->told),
			   "the connection broke");
		c->limit_text = NULL;
	}
}

/* What follows every use of the link: its output leaves, and the loop waits for what is next. */
static void end_turn(struct call *c)
{
	pump_events(&c->pump);
	if (c->over)
		return;
	if (c->down) {
		drain_and_conclude(c);
		return;
	}
	pump_output(&c->pump, clock_ms()); /* a broken connection is the next input's to tell */
	pump_events(&c->pump);
	loop_fd_want(&c->sock, pump_wants(&c->pump));
	/* Also while the socket is full: the device's own queue would hold megabytes. */
	loop_fd_want(&c->tun, c->binding && (c->up4 || c->up6) ? LOOP_READ : 0);
	loop_timer_at(&c->deadline, pump_deadline(&c->pump));
	if (c->down)
		loop_later(c->loop, &c->again);
}

static void on_link(void *arg, unsigned ready)
{
	struct call *c = arg;
	enum pump_result result = PUMP_WAIT;

	(void)ready;
	if (!c->down)
		result = pump_input(&c->pump, c->buf, PUMP_TURN_ALONE, clock_ms());
	if (c->over)
		return;
	if (tun_flush(&c->tunnel->tun) < 0) {
		call_fail(c, EXIT_LOCAL, NULL, "the interface %s is gone", c->tunnel->tun.name);
		return;
	}
	if (result == PUMP_AGAIN)
		loop_later(c->loop, &c->again);
	end_turn(c);
}

static void on_again(void *arg)
{
	on_link(arg, 0);
}

static void on_deadline(void *arg)
{
	struct call *c = arg;

	sstp_link_tick(c->link, clock_ms());
	end_turn(c);
}

/* Carries a packet of this host's, or one that it forwards. What the link does not take it need not
 * carry. */
static void carry(struct call *c, const struct tun_packet *in, uint64_t now)
{
	struct pump_answer answer;

	(void)pump_carry(&c->pump, in->p, in->n, now, &answer);
	if (answer.n)
		(void)tun_write(&c->tunnel->tun, answer.bytes, answer.n);
}

static void on_tun(void *arg, unsigned ready)
{
	struct call *c = arg;
	struct tunnel *t = c->tunnel;
	uint64_t now_us = clock_us(), now = now_us / 1000;
	struct sstp_info info;

	(void)ready;
	sstp_link_info(c->link, &info);
	codel_suit(&t->tun.standing, path_is_near(&c->pump.path));
	for (unsigned i = 0; i < TUN_TURN && !t->tun.dry; i++) {
		int n = tun_read(&t->tun, info.mtu, now_us);

		if (n < 0) {
			call_fail(c, EXIT_LOCAL, NULL, "the interface %s is gone: %s", t->tun.name,
				  strerror(-n));
			return;
		}
		n = tun_keep_short(&t->tun, n, now_us);
		for (int k = 0; k < n; k++)
			carry(c, &t->tun.in[k], now);
		pump_flush_run(&c->pump); /* their memory is used again */
		if (t->tun.lone)
			(void)pump_output(&c->pump, now); /* as in end_turn() */
	}
	(void)tun_flush(&t->tun); /* that it is gone the next read tells */
	end_turn(c);
	if (!t->tun.dry && c->tun.want)
		loop_later(c->loop, &c->more); /* the queue may hold the rest of a super-packet */
	t->tun.dry = false;
}

static void on_more(void *arg)
{
	struct call *c = arg;

	if (c->tun.want)
		on_tun(c, LOOP_READ);
}

static void on_settle(void *arg)
{
	call_tell_connected(arg, true);
}

/* Fills the link's configuration. The seed and the password are the caller's to wipe. */
static void configure(struct call *c, struct sstp_config *cfg, char *host, size_t host_n)
{
	const struct options *o = c->opt;
	const char *name = o->server_name ? o->server_name : o->host;
	bool v6 = strchr(name, ':') != NULL;
	char port[8] = "";

	if (o->port != 443)
		snprintf(port, sizeof(port), ":%u", o->port);
	snprintf(host, host_n, "%s%s%s%s", v6 ? "[" : "", name, v6 ? "]" : "", port);
	cfg->role = SSTP_CLIENT;
	random_bytes(cfg->seed, sizeof(cfg->seed));
	cfg->trace = c->ring;
	cfg->trace_n = c->ring ? CALL_TRACE : 0;
	cfg->host = host;
	memcpy(cfg->auth, o->auth, sizeof(cfg->auth));
	snprintf(cfg->user, sizeof(cfg->user), "%s", c->login->user);
	snprintf(cfg->password, sizeof(cfg->password), "%s", c->login->password);
	cfg->mtu = o->mtu;
	cfg->no_ip4 = o->no_ip4;
	cfg->no_ip6 = o->no_ip6;
	cfg->want_dns = !o->no_dns;
	cfg->hello_ms = o->hello_ms;
}

/* Makes the link; false when it does not come about, the call having failed then. */
static bool make_link(struct call *c)
{
	struct sstp_config *cfg = locked_new(sizeof(*cfg));
	static char host[NET_HOST_MAX + 16]; /* borrowed by the link, of which there is one */
	int err = SSTP_E_CONFIG;

	c->link = locked_new(sstp_link_size());
	if (c->opt->trace != OPTIONS_TRACE_OFF)
		c->ring = calloc(CALL_TRACE, sizeof(*c->ring));
	if (!cfg || !c->link || (!c->ring && c->opt->trace != OPTIONS_TRACE_OFF) ||
	    !tls_peer_hashes(c->tls, cfg->cert_sha1, cfg->cert_sha256)) {
		call_fail(c, EXIT_INTERNAL, NULL, "there is no memory for the link");
	} else {
		configure(c, cfg, host, sizeof(host));
		err = sstp_link_init(c->link, cfg, clock_ms());
		if (err)
			call_fail(c, EXIT_INTERNAL, NULL, "the link cannot start: %s",
				  sstp_err_text(err));
	}
	locked_free(cfg, sizeof(*cfg));
	wipe(c->login, sizeof(*c->login));
	return err == 0;
}

void call_start_link(struct call *c)
{
	struct pump_owner owner = {call_on_packet, call_on_event, NULL, c};

	if (!make_link(c)) {
		locked_free(c->link, sstp_link_size());
		c->link = NULL;
		return;
	}
	if (c->ring)
		owner.trace = call_on_trace;
	c->linked = true;
	call_limit(c, 0, EXIT_INTERNAL, "");
	pump_init(&c->pump, c->link, c->tls, &owner);
	pump_watch(&c->pump, c->fd, clock_ms());
	c->pump.try_kernel = c->opt->ktls;
	loop_fd_init(c->loop, &c->sock, c->fd, on_link, c);
	loop_fd_init(c->loop, &c->tun, c->tunnel->tun.fd, on_tun, c);
	loop_timer_init(c->loop, &c->deadline, on_deadline, c);
	loop_timer_init(c->loop, &c->solicit, call_solicit, c);
	loop_timer_init(c->loop, &c->settle, on_settle, c);
	loop_later_init(&c->again, on_again, c);
	loop_later_init(&c->more, on_more, c);
	on_link(c, LOOP_READ); /* the first bytes may have come with the handshake's last */
}

void call_hang_up(struct call *c)
{
	call_limit(c, HANG_UP_MS, EXIT_ASKED, "");
	sstp_link_close(c->link, SSTP_E_USER, clock_ms());
	end_turn(c);
}

/* Tells the server that the call ends here, as far as the socket takes it: it was this side that
 * failed, or could not wait any longer. */
static void say_goodbye(struct call *c)
{
	sstp_link_close(c->link, SSTP_E_USER, clock_ms());
	if (pump_output(&c->pump, clock_ms()) < 0)
		return;
	tls_close(c->tls);
	tls_flush(c->tls);
}

void call_free_link(struct call *c)
{
	if (!c->linked)
		return;
	if (!c->down)
		say_goodbye(c);
	loop_fd_want(&c->tun, 0);
	loop_timer_at(&c->deadline, UINT64_MAX);
	loop_timer_at(&c->solicit, UINT64_MAX);
	loop_timer_at(&c->settle, UINT64_MAX);
	loop_later_cancel(c->loop, &c->again);
	loop_later_cancel(c->loop, &c->more);
	pump_fini(&c->pump);
	sstp_link_fini(c->link);
	locked_free(c->link, sstp_link_size());
	free(c->ring);
	c->linked = false;
}
