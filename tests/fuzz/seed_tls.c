/* SPDX-License-Identifier: MIT */
/* Turns captures into inputs of fuzz_tls: seed_tls OUT-DIRECTORY CAPTURE... writes one file each.
 */
#include "analyse/capture.h"
#include "analyse/packet.h"

#include <stdio.h>
#include <stdlib.h>

/* Writes the payload of a segment as one step. */
static void put_step(FILE *out, const struct packet *p, uint16_t client)
{
	uint8_t head[3] = {p->tcp.from != client, (uint8_t)(p->tcp.n >> 8), (uint8_t)p->tcp.n};

	fwrite(head, 1, sizeof(head), out);
	fwrite(p->tcp.payload, 1, p->tcp.n, out);
}

static int convert(const char *dir, const char *path)
{
	const char *name = strrchr(path, '/');
	char to[512];
	char why[CAPTURE_WHY];
	struct capture *c;
	struct frame frame;
	uint16_t client = 0;
	FILE *out;

	if (capture_open(&c, path, why) < 0) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	snprintf(to, sizeof(to), "%s/%s.seed", dir, name ? name + 1 : path);
	out = fopen(to, "wb");
	while (out && capture_next(c, &frame) == CAPTURE_FRAME) {
		struct packet p;

		packet_read(&frame, &p);
		if (!p.tcp.header)
			continue;
		if (!client)
			client = p.tcp.from;
		if (p.tcp.n && p.tcp.n <= 0xffff)
			put_step(out, &p, client);
	}
	capture_close(c);
	if (!out || fclose(out) != 0) {
		perror(to);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int r = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: seed_tls OUT-DIRECTORY CAPTURE...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++)
		r |= convert(argv[1], argv[i]);
	return r;
}
