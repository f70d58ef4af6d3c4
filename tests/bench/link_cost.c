/* SPDX-License-Identifier: MIT */
/*
 * Moves N data packets of 1400 octets through a link, for counting instructions: "link_cost in N"
 * takes them from a stream of 16 KiB pieces, as TLS records come; "link_cost out N" frames them.
 * What a packet costs is the difference between two runs with different N, so that setting the call
 * up does not count.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/pair.h"

#define PACKET 1400
#define FRAMED (SSTP_HEADROOM + PACKET)
#define RECORD 16384

/* Frames n packets by the client and returns the stream they make. */
static uint8_t *make_stream(struct pair *p, size_t n)
{
	uint8_t *stream = calloc(n, FRAMED);

	if (!stream)
		exit(1);
	for (size_t i = 0; i < n; i++) {
		uint8_t *packet = stream + i * FRAMED + SSTP_HEADROOM;

		packet[0] = 0x45;
		if (sstp_link_send(p->c.link, packet, PACKET, p->now))
			exit(1);
	}
	return stream;
}

/* Feeds the stream to the server in records; returns how many packets came out. */
static size_t take_stream(struct pair *p, uint8_t *stream, size_t size)
{
	size_t packets = 0;
	uint8_t *packet;

	for (size_t off = 0; off < size;) {
		size_t end = off + RECORD < size ? off + RECORD : size;

		while (off < end) {
			off += sstp_link_input(p->s.link, stream + off, end - off, p->now);
			packets += sstp_link_packet(p->s.link, &packet) == PACKET;
		}
	}
	return packets;
}

int main(int argc, char **argv)
{
	size_t n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	struct pair p;
	uint8_t *stream;
	bool good = true;

	if (!n || (strcmp(argv[1], "in") != 0 && strcmp(argv[1], "out") != 0)) {
		fputs("usage: link_cost in|out PACKETS\n", stderr);
		return 2;
	}
	pair_init(&p, SSTP_AUTH_MSCHAPV2, false);
	pair_pump(&p, PAIR_STAGES, NULL);
	if (strcmp(argv[1], "out") == 0) {
		stream = make_stream(&p, n);
	} else {
		/* One record's worth is framed once and fed again and again: framing hardly counts.
		 */
		size_t some = RECORD / FRAMED * 10;

		stream = make_stream(&p, some);
		for (size_t done = 0; done < n && good; done += some)
			good = take_stream(&p, stream, some * FRAMED) == some;
	}
	free(stream);
	pair_fini(&p);
	return good ? 0 : 1;
}
