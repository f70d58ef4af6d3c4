/* SPDX-License-Identifier: MIT */
/* The NT hash; see nthash.h. The password is converted on the fly and never stored. */
#include "lib/crypto/nthash.h"

#include <string.h>
#include <nettle/md4.h>

#include "lib/base/cursor.h"
#include "lib/base/secret.h"

/* The forms of UTF-8 (RFC 3629 3): how the first octet looks, what follows, the least value. */
static const struct form {
	uint8_t mask;
	uint8_t lead;
	uint8_t more;
	uint32_t least;
} forms[] = {
	{0x80, 0x00, 0, 0},
	{0xe0, 0xc0, 1, 0x80},
	{0xf0, 0xe0, 2, 0x800},
	{0xf8, 0xf0, 3, 0x10000},
};

/* Reads one character; makes the reader bad when the bytes are not UTF-8. */
static uint32_t read_character(struct rd *r)
{
	uint8_t first = rd_u8(r);

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const struct form *f = &forms[i];
		uint32_t c = first & (uint8_t)~f->mask;

		if ((first & f->mask) != f->lead)
			continue;
		for (uint8_t k = 0; k < f->more; k++) {
			uint8_t next = rd_u8(r);

			if ((next & 0xc0) != 0x80)
				r->bad = true;
			c = c << 6 | (next & 0x3f);
		}
		if (c < f->least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			r->bad = true;
		return c;
	}
	r->bad = true;
	return 0;
}

/* Adds a character in UTF-16LE: one unit, or a pair of surrogates (RFC 2781 2.1). */
static void add_character(struct md4_ctx *md4, uint32_t c)
{
	uint32_t high = 0xd800 + ((c - 0x10000) >> 10);
	uint32_t low = c < 0x10000 ? c : 0xdc00 + ((c - 0x10000) & 0x3ff);
	uint8_t units[4] = {(uint8_t)high, (uint8_t)(high >> 8), (uint8_t)low, (uint8_t)(low >> 8)};

	if (c < 0x10000)
		md4_update(md4, 2, units + 2);
	else
		md4_update(md4, 4, units);
	wipe(units, sizeof(units));
}

bool nt_hash(const void *password, size_t n, uint8_t out[NT_HASH_SIZE])
{
	struct rd r = rd_init(password, n);
	struct md4_ctx md4;

	md4_init(&md4);
	while (rd_left(&r) && !r.bad)
		add_character(&md4, read_character(&r));
	md4_digest(&md4, NT_HASH_SIZE, out);
	wipe(&md4, sizeof(md4));
	if (r.bad)
		wipe(out, NT_HASH_SIZE);
	return !r.bad;
}
