/* SPDX-License-Identifier: MIT */
/*
 * Trace records as text and as JSON; see sstp/trace.h. The words of messages come from the rooms
 * that parse them.
 */
#include "sstp/trace.h"

#include "sstp/error.h"
#include "lib/base/text.h"
#include "lib/http/http.h"
#include "lib/ppp/ppp.h"
#include "lib/sstp/packet.h"

static const char marks[SSTP_TRACE_KINDS] = {
#define KIND(id, mark, name) [SSTP_TRACE_##id] = (mark),
#include "sstp/trace.def"
#undef KIND
};

static const char *const kind_names[SSTP_TRACE_KINDS] = {
#define KIND(id, mark, name) [SSTP_TRACE_##id] = (name),
#include "sstp/trace.def"
#undef KIND
};

const char *sstp_layer_name(enum sstp_layer layer)
{
	static const char *const names[SSTP_LAYERS] = {
#define LAYER(id, name) [SSTP_LAYER_##id] = (name),
#include "sstp/trace.def"
#undef LAYER
	};

	return (unsigned)layer < SSTP_LAYERS ? names[layer] : "unknown";
}

/* Writes a message in the words of its layer. */
static void put_message(struct text *out, const struct sstp_trace *t)
{
	struct rd r = rd_init(t->bytes, t->kept);

	switch (t->layer) {
	case SSTP_LAYER_HTTP:
		text_str(out, "http ");
		http_show(out, r);
		break;
	case SSTP_LAYER_SSTP:
		text_str(out, "sstp ");
		sstp_show(out, r);
		break;
	default:
		ppp_show(out, r);
		break;
	}
	if (t->kept < t->len)
		text_str(out, " ...");
}

/* Writes everything of a record but its time and mark. */
static void put_words(struct text *out, const struct sstp_trace *t)
{
	if (t->kind == SSTP_TRACE_RX || t->kind == SSTP_TRACE_TX) {
		put_message(out, t);
		return;
	}
	text_str(out, sstp_layer_name(t->layer));
	if (t->name) {
		text_char(out, ' ');
		text_str(out, t->name);
	}
	switch (t->kind) {
	case SSTP_TRACE_STATE:
		text_char(out, ' ');
		text_str(out, t->from);
		text_str(out, " -> ");
		text_str(out, t->to);
		break;
	case SSTP_TRACE_FAULT:
	case SSTP_TRACE_DROP:
		text_char(out, ' ');
		text_str(out, sstp_err_name(t->err));
		text_key(out, t->kind == SSTP_TRACE_FAULT ? "off" : "value");
		if (t->kind == SSTP_TRACE_FAULT) {
			text_dec(out, t->off);
		} else {
			text_str(out, "0x");
			text_hex(out, t->value, 4);
		}
		break;
	case SSTP_TRACE_NOTE:
		text_key(out, "value");
		text_dec(out, t->value);
		break;
	default:
		break;
	}
}

size_t sstp_trace_text(const struct sstp_trace *t, char *buf, size_t n)
{
	struct text out = text_init(buf, n);

	text_dec(&out, t->now);
	text_char(&out, ' ');
	text_char(&out, t->kind < SSTP_TRACE_KINDS ? marks[t->kind] : '?');
	text_char(&out, ' ');
	put_words(&out, t);
	return text_len(&out);
}

/* Writes ,"key":"value" when there is a value. */
static void put_member(struct text *out, const char *key, const char *value)
{
	if (!value)
		return;
	text_str(out, ",\"");
	text_str(out, key);
	text_str(out, "\":");
	text_json(out, (const uint8_t *)value, text_size(value));
}

/* Writes ,"key":number. */
static void put_number(struct text *out, const char *key, uint64_t value)
{
	text_str(out, ",\"");
	text_str(out, key);
	text_str(out, "\":");
	text_dec(out, value);
}

size_t sstp_trace_json(const struct sstp_trace *t, char *buf, size_t n)
{
	struct text out = text_init(buf, n);
	char words[512];
	struct text w = text_init(words, sizeof(words));

	put_words(&w, t);
	text_str(&out, "{\"t\":");
	text_dec(&out, t->now);
	put_member(&out, "kind", t->kind < SSTP_TRACE_KINDS ? kind_names[t->kind] : "unknown");
	put_member(&out, "layer", sstp_layer_name(t->layer));
	put_member(&out, "text", words);
	put_member(&out, "name", t->name);
	put_member(&out, "from", t->from);
	put_member(&out, "to", t->to);
	if (t->kind == SSTP_TRACE_FAULT || t->kind == SSTP_TRACE_DROP)
		put_member(&out, "error", sstp_err_name(t->err));
	if (t->kind == SSTP_TRACE_FAULT)
		put_number(&out, "off", t->off);
	if (t->kind == SSTP_TRACE_DROP || t->kind == SSTP_TRACE_NOTE)
		put_number(&out, "value", t->value);
	if (t->kind == SSTP_TRACE_RX || t->kind == SSTP_TRACE_TX) {
		put_number(&out, "len", t->len);
		text_str(&out, ",\"hex\":\"");
		text_hexbytes(&out, t->bytes, t->kept);
		text_char(&out, '"');
	}
	text_char(&out, '}');
	return text_len(&out);
}
