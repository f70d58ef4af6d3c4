/* SPDX-License-Identifier: MIT */
/*
 * Writes the seeds of fuzz_calls: each damaged call of the files in tests/analyse/judge as the
 * events that the harness takes.
 *
 *	seed_calls FILE.md DIRECTORY
 */
#include "tests/analyse/judge_stream.h"

#include <stdio.h>

/* Writes a call into DIRECTORY/NAME. */
static int write_seed(const struct stream *s, const char *directory, const char *name)
{
	char path[600];
	FILE *out;

	snprintf(path, sizeof(path), "%.400s/%.100s", directory, name);
	out = fopen(path, "w");
	if (!out) {
		perror(path);
		return 1;
	}
	fputc(0, out);
	for (size_t i = 0; i < s->n; i++) {
		const struct message *m = &s->message[i];

		if (m->wait_ms >= 1000)
			fprintf(out, "%c%c%c", 4 << 1, (int)(m->wait_ms / 256000),
				(int)(m->wait_ms / 1000 % 256));
		fputc(m->way == WAY_TO_SERVER ? 0 : 1, out);
		fputc((int)(m->n >> 8), out);
		fputc((int)(m->n & 255), out);
		fwrite(m->bytes, 1, m->n, out);
	}
	return fclose(out) != 0;
}

int main(int argc, char **argv)
{
	static struct stream s;
	char line[8192];
	char name[40] = "good";
	FILE *in = argc == 3 ? fopen(argv[1], "r") : NULL;
	int bad = 0;

	if (!in) {
		fprintf(stderr, "usage: seed_calls FILE.md DIRECTORY\n");
		return 2;
	}
	stream_init(&s, SSTP_HASH_SHA256);
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "## ", 3)) {
			bad |= write_seed(&s, argv[2], name);
			stream_init(&s, SSTP_HASH_SHA256);
			sscanf(line + 3, "%39s", name);
		} else if (line[0] == '\t') {
			bad |= stream_damage(&s, line + 1) < 0;
		}
	}
	bad |= write_seed(&s, argv[2], name);
	fclose(in);
	return bad;
}
