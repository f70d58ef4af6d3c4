/* SPDX-License-Identifier: MIT */
/* What people may see of a link: information, and why it is down, in words; see sstp/link.h. */
#include "lib/link/body.h"

#include "lib/base/text.h"

const char *sstp_auth_name(enum sstp_auth method)
{
	static const char *const names[SSTP_AUTHS] = {
		[SSTP_AUTH_NONE] = "none",         [SSTP_AUTH_PAP] = "pap",
		[SSTP_AUTH_CHAP_MD5] = "chap-md5", [SSTP_AUTH_MSCHAPV2] = "mschapv2",
		[SSTP_AUTH_EAP_MD5] = "eap-md5",   [SSTP_AUTH_EAP_MSCHAPV2] = "eap-mschapv2",
	};

	return (unsigned)method < SSTP_AUTHS ? names[method] : "none";
}

struct sstp_why sstp_link_why(const struct sstp_link *l)
{
	if (l->phase == LINK_DOWN)
		return l->why;
	return (struct sstp_why){.message = ""};
}

size_t sstp_why_text(const struct sstp_why *why, char *buf, size_t n)
{
	struct text t = text_init(buf, n);

	text_str(&t, sstp_err_text(why->err));
	if (why->status && why->layer == SSTP_LAYER_HTTP) {
		text_str(&t, " (HTTP status ");
		text_dec(&t, why->status);
		text_char(&t, ')');
	} else if (why->status) {
		text_str(&t, " (status ");
		text_dec(&t, why->status);
		text_char(&t, ' ');
		text_str(&t, sstp_status_name(why->status));
		text_char(&t, ')');
	}
	if (why->off) {
		text_str(&t, ", at octet ");
		text_dec(&t, why->off);
		text_str(&t, " of the ");
		text_str(&t, sstp_layer_name(why->layer));
		text_str(&t, " message");
	}
	if (why->message && *why->message) {
		text_str(&t, ": \"");
		text_str(&t, why->message);
		text_char(&t, '"');
	}
	return text_len(&t);
}

void sstp_link_info(const struct sstp_link *l, struct sstp_info *info)
{
	struct ppp_info p;

	ppp_info(&l->ppp, &p);
	*info = (struct sstp_info){
		.state = sstp_state_name(l->sstp.state),
		.phase = ppp_phase_name(p.phase),
		.user = p.user,
		.auth = p.auth,
		.correlation_id = l->correlation_id,
		.agent = l->sstpc ? "sstpc" : "",
		.hash = l->sstp.hash,
		.mtu = l->mtu ? l->mtu : l->cfg.mtu,
		.peer_mru = p.peer_mru,
		.one_per_record = l->sstpc,
		.ip4_up = l->flows & LINK_FLOW_IP4,
		.ip6_up = l->flows & LINK_FLOW_IP6,
		.addr = p.addr,
		.rx_packets = l->rx_packets,
		.rx_bytes = l->rx_bytes,
		.tx_packets = l->tx_packets,
		.tx_bytes = l->tx_bytes,
		.dropped = l->dropped + l->sstp.dropped + p.dropped,
		.echo_ms = p.echo_ms,
		.trace_lost = l->trace.lost,
	};
}

bool sstp_link_trace(struct sstp_link *l, struct sstp_trace *t)
{
	return tracer_next(&l->trace, t);
}
