/* SPDX-License-Identifier: MIT */
/* Packets that do not fit; see fit.h. */
#include "io/fit.h"

#include <string.h>

#include "io/checksum.h"
#include "io/l4.h"

#define TCP_SYN     0x02
#define TCP_OPT_EOL 0
#define TCP_OPT_NOP 1
#define TCP_OPT_MSS 2
#define DF          0x4000
#define MF          0x2000
#define OFFSET      0x1fff

/* Finds the value of the MSS option in n bytes of TCP options; NULL when there is none. */
static uint8_t *find_mss(uint8_t *options, size_t n)
{
	for (size_t i = 0; i < n && options[i] != TCP_OPT_EOL;) {
		if (options[i] == TCP_OPT_NOP) {
			i++;
			continue;
		}
		if (i + 1 >= n || options[i + 1] < 2 || i + options[i + 1] > n)
			return NULL;
		if (options[i] == TCP_OPT_MSS)
			return options[i + 1] == 4 ? options + i + 2 : NULL;
		i += options[i + 1];
	}
	return NULL;
}

/*
 * Sets a 16-bit value inside a TCP header, at any offset, and has the checksum follow (RFC 1624 3):
 * a checksum that was wrong stays wrong.
 */
static void replace16(uint8_t *tcp, uint8_t *at, uint16_t value)
{
	uint16_t before = l4_get16(at), after = value, sum = (uint16_t)~l4_get16(tcp + 16);

	l4_put16(at, value);
	if ((at - tcp) % 2) {
		before = (uint16_t)(before << 8 | before >> 8);
		after = (uint16_t)(after << 8 | after >> 8);
	}
	sum = checksum_add(checksum_add(sum, (uint16_t)~before), after);
	l4_put16(tcp + 16, (uint16_t)~sum);
}

bool fit_clamp_mss(uint8_t *p, size_t n, size_t mtu)
{
	size_t headers;
	uint8_t *tcp, *mss;
	struct l4 h;

	if (!l4_parse(p, n, &h) || h.protocol != L4_TCP || !(p[h.at + 13] & TCP_SYN))
		return false;
	tcp = p + h.at;
	mss = find_mss(tcp + 20, h.header - 20);
	headers = (h.ip6 ? 40u : 20u) + 20u;
	if (!mss || mtu <= headers || l4_get16(mss) <= mtu - headers)
		return false;
	replace16(tcp, mss, (uint16_t)(mtu - headers));
	return true;
}

/* Returns whether an address, as 4 or 16 octets, is one host's. */
static bool is_host4(const uint8_t a[4])
{
	return a[0] != 0 && a[0] < 224;
}

static bool is_host6(const uint8_t a[16])
{
	static const uint8_t none[16];

	return a[0] != 0xff && memcmp(a, none, 16) != 0;
}

static size_t too_big4(uint8_t *out, const uint8_t *from, const uint8_t *p, size_t n, size_t mtu)
{
	size_t header = (size_t)(p[0] & 15) * 4;
	size_t quoted = n < 548 ? n : 548; /* 576 in all (RFC 1812 4.3.2.3) */
	uint8_t *icmp = out + 20;

	if (n < 20 || header < 20 || header > n || l4_get16(p + 6) & OFFSET || !is_host4(p + 12) ||
	    !is_host4(p + 16))
		return 0;
	/* RFC 1122 3.2.2: no error about an error; of ICMP only echo and the like are queries. */
	if (p[9] == 1 && (n <= header || (p[header] != 8 && p[header] != 0)))
		return 0;
	memset(out, 0, 28);
	out[0] = 0x45;
	l4_put16(out + 2, (uint16_t)(28 + quoted));
	out[8] = 64;
	out[9] = 1;
	memcpy(out + 12, from, 4);
	memcpy(out + 16, p + 12, 4);
	l4_put16(out + 10, (uint16_t)~checksum_sum(out, 20));
	icmp[0] = 3; /* destination unreachable, */
	icmp[1] = 4; /* fragmentation needed and DF set */
	l4_put16(icmp + 6, (uint16_t)mtu);
	memcpy(icmp + 8, p, quoted);
	l4_put16(icmp + 2, (uint16_t)~checksum_sum(icmp, 8 + quoted));
	return 28 + quoted;
}

static size_t too_big6(uint8_t *out, const uint8_t *from, const uint8_t *p, size_t n, size_t mtu)
{
	size_t quoted = n < FIT_ERROR_MAX - 48 ? n : FIT_ERROR_MAX - 48;
	uint8_t *icmp = out + 40;
	uint16_t sum;

	if (n < 40 || !is_host6(p + 8) || !is_host6(p + 24))
		return 0;
	if (p[6] == 58 && (n < 41 || p[40] < 128)) /* RFC 4443 2.4 e.1 */
		return 0;
	memset(out, 0, 48);
	out[0] = 0x60;
	l4_put16(out + 4, (uint16_t)(8 + quoted));
	out[6] = 58;
	out[7] = 64;
	memcpy(out + 8, from, 16);
	memcpy(out + 24, p + 8, 16);
	icmp[0] = 2; /* packet too big */
	l4_put16(icmp + 6, (uint16_t)mtu);
	memcpy(icmp + 8, p, quoted);
	sum = checksum_add(l4_pseudo_sum(out, true, 58, 8 + quoted),
			   checksum_sum(icmp, 8 + quoted));
	l4_put16(icmp + 2, (uint16_t)~sum);
	return 48 + quoted;
}

size_t fit_too_big(uint8_t *out, const uint8_t *from, const uint8_t *p, size_t n, size_t mtu)
{
	if (n && p[0] >> 4 == 4)
		return too_big4(out, from, p, n, mtu);
	return n && p[0] >> 4 == 6 ? too_big6(out, from, p, n, mtu) : 0;
}

bool fit_cut_begin(struct fit_cut *c, const uint8_t *p, size_t n, size_t mtu)
{
	*c = (struct fit_cut){.p = p, .n = n};
	if (n < 20 || p[0] >> 4 != 4 || l4_get16(p + 6) & DF)
		return false;
	c->header = (size_t)(p[0] & 15) * 4;
	if (c->header < 20 || c->header >= n || mtu < c->header + 8)
		return false;
	c->step = (mtu - c->header) & ~(size_t)7;
	return true;
}

size_t fit_cut_next(struct fit_cut *c, uint8_t *out)
{
	size_t left = c->n - c->header - c->at;
	size_t len = left < c->step ? left : c->step;
	uint16_t field;

	if (!len)
		return 0;
	/* Options are repeated as they are: those that must not be are older than anything alive.
	 */
	memcpy(out, c->p, c->header);
	memcpy(out + c->header, c->p + c->header + c->at, len);
	field = l4_get16(c->p + 6);
	field = (uint16_t)((field & ~OFFSET) | ((field & OFFSET) + c->at / 8));
	if (len < left)
		field |= MF;
	l4_put16(out + 6, field);
	l4_put_ip_length(out, false, c->header + len, 0);
	c->at += len;
	return c->header + len;
}
