/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes IPV6CP: packets of that protocol, time and the owner's doors, in either role, LCP being
 * opened without authentication. See ppp_game.h for the input.
 */
#include "tests/fuzz/ppp_game.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t head[] = {0xff, 0x03, PPP_IPV6CP >> 8, PPP_IPV6CP & 0xff};
	static struct game g;
	struct rd ops = rd_init(data, size);

	game_init(&g, (uint8_t)(rd_u8(&ops) | GAME_BYPASS));
	game_open(&g);
	game_play(&g, head, sizeof(head), ops);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return game_mutate(data, size, max, seed, PPP_IPV6CP, false);
}
