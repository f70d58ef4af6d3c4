/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes PPP as a whole: frames of every protocol, time and the owner's doors, in either role. See
 * ppp_game.h for the input; each packet is a whole frame, FF 03 and all.
 */
#include "tests/fuzz/ppp_game.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct game g;
	struct rd ops = rd_init(data, size);

	game_init(&g, rd_u8(&ops));
	game_play(&g, NULL, 0, ops);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	static const uint16_t protocols[] = {PPP_LCP, PPP_IPCP, PPP_IPV6CP, PPP_CCP};

	return game_mutate(data, size, max, seed, protocols[seed / 4 % 4], true);
}
