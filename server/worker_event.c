/* SPDX-License-Identifier: MIT */
/* What a link tells and asks: logins, addresses, up and down. */
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"
#include "io/log.h"
#include "io/random.h"
#include "lib/base/secret.h"
#include "server/worker.h"

/* A login job comes back: hands its answer to the link, if the session is still there. */
static void open_login(struct mail *m, void *arg)
{
	struct login_job *job = (struct login_job *)(void *)m; /* its first member */
	struct session *s = session_find(arg, job->slot, job->session);

	if (s && s->stage == STAGE_LINK) {
		s->asking = false;
		s->has_fixed4 = job->has_ip4;
		memcpy(s->fixed4, job->ip4, 4);
		memcpy(s->account, job->account, sizeof(s->account));
		sstp_link_answer(s->link, &job->answer, clock_ms());
		session_settle(s);
	}
	wipe(job, sizeof(*job));
	free(job);
}

/* The client wants to log in: a thread looks the user up. */
static void ask_login(struct session *s)
{
	const struct sstp_auth_request *req = sstp_link_auth(s->link);
	struct login_job *job = calloc(1, sizeof(*job));

	if (!req || !job) {
		struct sstp_auth_answer no = {.verdict = SSTP_ANSWER_REJECT,
					      .err = SSTP_E_AUTH_BACKEND};

		free(job);
		sstp_link_answer(s->link, &no, clock_ms());
		return;
	}
	if (s->tried++) /* the link asks again after a failure only */
		log_login_failed(s, SSTP_E_AUTH_FAILED);
	s->method = req->method;
	memset(s->user, 0, sizeof(s->user));
	memcpy(s->user, req->user,
	       req->user_len < sizeof(s->user) ? req->user_len : sizeof(s->user) - 1);
	job->mail.open = open_login;
	job->reply_to = &s->w->box;
	job->slot = s->slot;
	job->session = s->id;
	job->method = req->method;
	memcpy(job->user, s->user, sizeof(job->user));
	s->asking = true;
	login_ask(s->w->server->logins, job);
}

static void authenticated(struct session *s, const struct sstp_event *ev)
{
	s->method = ev->auth;
	if (!s->authenticated)
		guard_authenticated(&s->w->server->guard);
	s->authenticated = true;
	s->reached = "network";
	log_info("call %llu: authenticated with %s", (unsigned long long)s->id,
		 sstp_auth_name(ev->auth));
}

/* Makes an interface identifier for the client, other than the server's. */
static void make_peer_id(const uint8_t server_id[8], uint8_t id[8])
{
	do {
		random_bytes(id, 8);
		id[0] &= 0xfd; /* not claimed to be unique in the world (RFC 4291 2.5.1) */
	} while (memcmp(id, server_id, 8) == 0);
}

/* The link is ready for addresses: they are lent, and lead here from now on. */
static void assign(struct session *s)
{
	struct server *v = s->w->server;
	struct lease_wish wish = {.user = s->account, .session = s->id, .lane = s->w->index};
	struct sstp_addresses addr = {0};

	if (s->has_fixed4)
		wish.fixed4 = s->fixed4;
	if (!lease_take(&v->leases, &wish, &s->lease)) {
		log_warn("no address is free for user \"%s\"", s->account);
		sstp_link_assign(s->link, NULL, clock_ms());
		return;
	}
	s->leased = true;
	if (s->lease.replaced)
		replace_session(v, s->lease.replaced);
	if (s->lease.index4 != POOL_NONE) {
		memcpy(addr.ip4_local, v->leases.server4, 4);
		memcpy(addr.ip4_peer, s->lease.ip4, 4);
		memcpy(addr.dns4, v->conf->dns.ip, sizeof(addr.dns4));
		memcpy(addr.nbns4, v->conf->nbns.ip, sizeof(addr.nbns4));
	}
	if (s->lease.index6 != POOL_NONE) {
		memcpy(addr.ip6_local_id, v->conf->server_id.ip[0] + 8, 8);
		make_peer_id(addr.ip6_local_id, addr.ip6_peer_id);
	}
	route_set(&v->routes, &s->lease, route_word(s->w->index, s->slot));
	sstp_link_assign(s->link, &addr, clock_ms());
}

void session_give_back(struct session *s)
{
	struct server *v = s->w->server;

	if (!s->leased)
		return;
	s->leased = false;
	route_clear(&v->routes, &s->lease, route_word(s->w->index, s->slot));
	lease_give(&v->leases, &s->lease, s->id);
}

/* An address came up, or the call was connected: both make a session. */
static void maybe_up(struct session *s)
{
	uint64_t now = clock_ms();

	if (!s->connected || (!s->ip4_up && !s->ip6_up))
		return;
	if (s->ip6_up)
		ra_start(s, now);
	if (s->up)
		return;
	s->up = true;
	s->up_ms = s->active_ms = now;
	s->up_unix = (int64_t)clock_unix();
	if (s->w->server->conf->lcp_echo_s)
		s->echo_ms = now + s->w->server->conf->lcp_echo_s * UINT64_C(1000);
	s->w->stats.sessions_up++;
	log_up(s);
}

void session_event(void *arg, const struct sstp_event *ev)
{
	struct session *s = arg;

	switch (ev->type) {
	case SSTP_EV_NEED_AUTH:
		ask_login(s);
		break;
	case SSTP_EV_AUTHENTICATED:
		authenticated(s, ev);
		break;
	case SSTP_EV_NEED_ADDRESS:
		assign(s);
		break;
	case SSTP_EV_CONNECTED:
		s->connected = true;
		s->hash = (uint8_t)ev->value;
		maybe_up(s);
		break;
	case SSTP_EV_IP4_UP:
		s->ip4_up = true;
		memcpy(s->addr.ip4_local, ev->addr->ip4_local, 4);
		memcpy(s->addr.ip4_peer, ev->addr->ip4_peer, 4);
		maybe_up(s);
		break;
	case SSTP_EV_IP6_UP:
		s->ip6_up = true;
		memcpy(s->addr.ip6_local_id, ev->addr->ip6_local_id, 8);
		memcpy(s->addr.ip6_peer_id, ev->addr->ip6_peer_id, 8);
		maybe_up(s);
		break;
	case SSTP_EV_IP4_DOWN:
		s->ip4_up = false;
		break;
	case SSTP_EV_IP6_DOWN:
		s->ip6_up = false;
		s->ra_ms = UINT64_MAX;
		break;
	case SSTP_EV_DOWN:
		s->down = true;
		break;
	case SSTP_EV_HTTP:
		s->reached = "sstp";
		break;
	case SSTP_EV_ACK:
		s->reached = "lcp";
		break;
	case SSTP_EV_LCP_UP:
		s->reached = "auth";
		break;
	case SSTP_EV_COOKIE: /* is not asked for: link.bypass is off */
	case SSTP_EVENTS:
		break;
	}
}
