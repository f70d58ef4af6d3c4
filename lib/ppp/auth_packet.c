/* SPDX-License-Identifier: MIT */
/* The packets of the authentication protocols; see auth_packet.h. */
#include "lib/ppp/auth_packet.h"

#include "sstp/error.h"

/* Takes n bytes as a view; what is left, and the reader bad, when there are fewer. */
static struct view take_view(struct rd *r, size_t n)
{
	struct view v = {r->p, n};

	if (rd_left(r) >= n) {
		rd_take(r, n);
		return v;
	}
	v = rd_rest(r);
	r->bad = true;
	return v;
}

int pap_parse_request(struct rd data, struct pap_request *out)
{
	out->user = take_view(&data, rd_u8(&data));
	out->password = take_view(&data, rd_u8(&data));
	return data.bad ? SSTP_E_AUTH_PACKET : SSTP_OK;
}

int pap_parse_reply(struct rd data, struct view *message)
{
	*message = (struct view){NULL, 0};
	if (!rd_left(&data))
		return SSTP_OK;
	*message = take_view(&data, rd_u8(&data));
	return data.bad ? SSTP_E_AUTH_PACKET : SSTP_OK;
}

int chap_parse_value(struct rd data, struct chap_value *out)
{
	out->value = take_view(&data, rd_u8(&data));
	out->name = rd_rest(&data);
	return data.bad || !out->value.n ? SSTP_E_AUTH_PACKET : SSTP_OK;
}

int eap_parse_mschapv2(struct rd data, struct eap_mschapv2 *out)
{
	size_t n = rd_left(&data);
	uint16_t length;

	out->op = rd_u8(&data);
	out->brief = n == 1;
	out->id = 0;
	out->body = data;
	if (out->brief)
		return SSTP_OK;
	out->id = rd_u8(&data);
	length = rd_be16(&data);
	out->body = data;
	return data.bad || length != n ? SSTP_E_AUTH_PACKET : SSTP_OK;
}

/* Takes the value of "X=value " in a failure's message. */
static struct view take_word(struct rd *r)
{
	struct rd end = *r;
	struct view word;
	size_t n = 0;

	while (rd_left(&end) && rd_u8(&end) != ' ')
		n++;
	word.p = rd_take(r, n);
	word.n = n;
	return word;
}

/* Returns the number that decimal digits stand for; 0 for anything else. */
static unsigned read_number(struct view v)
{
	struct rd r = rd_init(v.p, v.n);
	unsigned n = 0;

	while (rd_left(&r)) {
		unsigned digit = (unsigned)rd_u8(&r) - '0';

		if (digit > 9 || n > 99999)
			return 0;
		n = 10 * n + digit;
	}
	return n;
}

unsigned mschapv2_parse_failure(struct rd message, struct view *words)
{
	struct rd r = message;
	unsigned code = 0;

	*words = (struct view){NULL, 0};
	while (rd_left(&r)) {
		uint8_t key = rd_u8(&r);

		if (key == ' ')
			continue;
		if (rd_u8(&r) != '=')
			break;
		if (key == 'M') {
			*words = rd_rest(&r);
		} else {
			struct view value = take_word(&r);

			code = key == 'E' ? read_number(value) : code;
		}
	}
	if (!code)
		*words = rd_rest(&message);
	return code;
}
