/* SPDX-License-Identifier: MIT */
/* autoconf.h. */
#include "client/autoconf.h"

#include <string.h>

#include "io/ip.h"
#include "lib/base/cursor.h"

void autoconf_start(struct autoconf *a, const uint8_t id[8])
{
	memset(a, 0, sizeof(*a));
	a->up = true;
	memcpy(a->id, id, sizeof(a->id));
	ip6_link_local(id, a->local);
}

size_t autoconf_solicit(struct autoconf *a, uint8_t out[ND_PACKET_MAX])
{
	if (!a->up || a->answered || a->asked == AUTOCONF_SOLICITS)
		return 0;
	a->asked++;
	return nd_put_solicit(a->local, out);
}

bool autoconf_advert(struct autoconf *a, const uint8_t *p, size_t n)
{
	struct nd_advert advert;
	struct wr w = wr_init(a->global, sizeof(a->global));

	if (!a->up || !nd_parse_advert(p, n, &advert))
		return false;
	a->answered = true;
	a->advert = advert;
	if (!advert.has_prefix || !advert.autonomous || advert.prefix_bits != 64)
		return true; /* RFC 4862 5.5.3 (d): prefix and identifier fill 128 bits */
	a->has_global = advert.valid != 0;
	a->global_bits = advert.on_link ? 64 : 128;
	wr_bytes(&w, advert.prefix, 8);
	wr_bytes(&w, a->id, 8);
	return true;
}
