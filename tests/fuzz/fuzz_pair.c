/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes a whole call with a middle that rewrites bytes, and a client whose password is wrong:
 * whatever the middle does, the server must not let anybody in by a method that proves the
 * password, and nobody may crash, hang or hand out data.
 *
 * Input: method, then edits: how many bytes to let through (two octets), operation, operand.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/cursor.h"
#include "tests/fuzz/pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Applies the next edits of the script that fall into these bytes. */
static size_t edit(struct pair_middle *m, bool to_server, uint8_t *p, size_t n, size_t max)
{
	size_t at = 0;

	(void)to_server;
	while (m->left >= 4) {
		at += be16(m->script[0], m->script[1]) % 512;
		if (at >= n)
			break;
		switch (m->script[2] % 3) {
		case 0:
			p[at] ^= m->script[3];
			break;
		case 1:
			if (n < max) {
				memmove(p + at + 1, p + at, n - at);
				p[at] = m->script[3];
				n++;
			}
			break;
		default:
			memmove(p + at, p + at + 1, n - at - 1);
			n--;
			break;
		}
		m->script += 4;
		m->left -= 4;
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum sstp_auth methods[] = {SSTP_AUTH_CHAP_MD5, SSTP_AUTH_MSCHAPV2,
						 SSTP_AUTH_EAP_MD5, SSTP_AUTH_EAP_MSCHAPV2};
	struct pair_middle m = {.mutate = edit};
	struct pair p;

	if (!size)
		return 0;
	m.script = data + 1;
	m.left = size - 1;
	pair_init(&p, methods[data[0] % 4], true);
	for (int i = 0; i < 40 && !(p.c.down && p.s.down); i++) {
		uint64_t due = sstp_link_deadline(p.c.link), other = sstp_link_deadline(p.s.link);

		pair_pump(&p, PAIR_STAGES, &m);
		if (p.s.authenticated || p.s.connected)
			abort(); /* let in with a wrong password */
		p.now = due < other ? due : other;
		if (p.now == UINT64_MAX)
			break;
		sstp_link_tick(p.c.link, p.now);
		sstp_link_tick(p.s.link, p.now);
	}
	pair_fini(&p);
	return 0;
}
