/* SPDX-License-Identifier: MIT */
/* Writes pcapng (draft-ietf-opsawg-pcapng), in the byte order of the machine; see writer.h. */
#include "analyse/writer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BLOCK_SECTION   0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET    6u
#define BYTE_ORDER_MARK 0x1a2b3c4du
#define OPTION_TSRESOL  9u
#define OPTION_FLAGS    2u
#define NANOSECONDS     9u
#define NS              1000000000u

/* A name of a file of the ring, to be removed when it gives way. */
struct ring_file {
	char *path;
};

struct writer {
	FILE *out;
	char *path;
	struct writer_ring ring;
	struct ring_file *files; /* ring.files of them */
	unsigned number;         /* of the file at hand, from 1 */
	uint64_t bytes;          /* in it */
	uint64_t began;          /* ns of its first packet */
	uint64_t count;
	int link[WRITER_LINKS];
	unsigned links;
	int error; /* errno of the first failure */
};

static void put(struct writer *w, const void *p, size_t n)
{
	if (n && fwrite(p, 1, n, w->out) != n && !w->error)
		w->error = errno ? errno : EIO;
	w->bytes += n;
}

static void put_u16(struct writer *w, unsigned v)
{
	uint16_t u = (uint16_t)v;

	put(w, &u, sizeof(u));
}

static void put_u32(struct writer *w, uint32_t v)
{
	put(w, &v, sizeof(v));
}

static void put_section(struct writer *w)
{
	put_u32(w, BLOCK_SECTION);
	put_u32(w, 28);
	put_u32(w, BYTE_ORDER_MARK);
	put_u16(w, 1);
	put_u16(w, 0);
	put_u32(w, UINT32_MAX); /* how long the section is, is not known */
	put_u32(w, UINT32_MAX);
	put_u32(w, 28);
}

static void put_interface(struct writer *w, int link)
{
	put_u32(w, BLOCK_INTERFACE);
	put_u32(w, 32);
	put_u16(w, (unsigned)link);
	put_u16(w, 0);
	put_u32(w, 0); /* no snapshot length */
	put_u16(w, OPTION_TSRESOL);
	put_u16(w, 1);
	put_u32(w, NANOSECONDS);
	put_u32(w, 0); /* end of options */
	put_u32(w, 32);
}

/* Makes the name of the ring's file at hand: NAME_00001_20261122143152.EXT. */
static char *ring_name(const struct writer *w)
{
	const char *slash = strrchr(w->path, '/');
	const char *dot = strrchr(slash ? slash : w->path, '.');
	int stem = dot ? (int)(dot - w->path) : (int)strlen(w->path);
	char *name = malloc(strlen(w->path) + 40);
	time_t now = time(NULL);
	char stamp[20] = "";
	struct tm tm;

	if (!name)
		return NULL;
	if (localtime_r(&now, &tm))
		strftime(stamp, sizeof(stamp), "%Y%m%d%H%M%S", &tm);
	sprintf(name, "%.*s_%05u_%s%s", stem, w->path, w->number, stamp, dot ? dot : "");
	return name;
}

/* Opens the next file; the oldest gives way. */
static int open_next(struct writer *w)
{
	bool ring = w->ring.bytes || w->ring.seconds;
	struct ring_file *place;
	char *name;

	w->number++;
	w->bytes = w->links = 0;
	w->began = 0;
	if (!ring) {
		w->out = strcmp(w->path, "-") ? fopen(w->path, "we") : fdopen(dup(1), "w");
		return w->out ? 0 : -1;
	}
	name = ring_name(w);
	w->out = name ? fopen(name, "we") : NULL;
	if (!w->out || !w->files) {
		free(name);
		return w->out ? 0 : -1;
	}
	place = &w->files[w->number % w->ring.files];
	if (place->path)
		unlink(place->path);
	free(place->path);
	place->path = name;
	return 0;
}

int writer_open(struct writer **out, const char *path, const struct writer_ring *ring,
		char why[WRITER_WHY])
{
	struct writer *w = calloc(1, sizeof(*w));

	*out = NULL;
	if (w) {
		w->ring = *ring;
		w->path = strdup(path);
		if (ring->files)
			w->files = calloc(ring->files, sizeof(*w->files));
	}
	if (!w || !w->path || (ring->files && !w->files) || open_next(w) < 0) {
		snprintf(why, WRITER_WHY, "cannot write %.200s: %s", path, strerror(errno));
		if (w)
			writer_close(w, (char[WRITER_WHY]){0});
		return -1;
	}
	put_section(w);
	*out = w;
	return 0;
}

/* Begins a new file when the one at hand is full. */
static void turn(struct writer *w, uint64_t ns)
{
	bool full = w->ring.bytes && w->bytes >= w->ring.bytes;
	bool late = w->ring.seconds && w->began && ns >= w->began + w->ring.seconds * NS;

	if (!full && !late)
		return;
	if (fclose(w->out) && !w->error)
		w->error = errno;
	w->out = NULL;
	if (open_next(w) < 0) {
		w->error = w->error ? w->error : errno;
		return;
	}
	put_section(w);
}

/* Returns the number of the link type's interface in the file. */
static unsigned find_interface(struct writer *w, int link)
{
	unsigned i = 0;

	while (i < w->links && w->link[i] != link)
		i++;
	if (i < w->links)
		return i;
	if (i == WRITER_LINKS)
		return 0;
	put_interface(w, link);
	w->link[w->links++] = link;
	return i;
}

void writer_put(struct writer *w, int link, uint64_t ns, struct view bytes, uint32_t wire,
		enum writer_way way)
{
	static const uint8_t zeros[4];
	uint32_t padding = (uint32_t)(-bytes.n & 3);
	uint32_t all = 32 + (uint32_t)bytes.n + padding + (way ? 12 : 0);
	unsigned interface;

	if (w->error)
		return;
	turn(w, ns);
	if (w->error)
		return;
	if (!w->began)
		w->began = ns;
	interface = find_interface(w, link);
	put_u32(w, BLOCK_PACKET);
	put_u32(w, all);
	put_u32(w, interface);
	put_u32(w, (uint32_t)(ns >> 32));
	put_u32(w, (uint32_t)ns);
	put_u32(w, (uint32_t)bytes.n);
	put_u32(w, wire);
	put(w, bytes.p, bytes.n);
	put(w, zeros, padding);
	if (way) {
		put_u16(w, OPTION_FLAGS);
		put_u16(w, 4);
		put_u32(w, way);
		put_u32(w, 0); /* end of options */
	}
	put_u32(w, all);
	w->count++;
}

void writer_flush(struct writer *w)
{
	if (w->out && fflush(w->out) && !w->error)
		w->error = errno;
}

uint64_t writer_count(const struct writer *w)
{
	return w->count;
}

int writer_close(struct writer *w, char why[WRITER_WHY])
{
	int error;

	if (!w)
		return 0;
	error = w->error;
	if (w->out && fclose(w->out) && !error)
		error = errno;
	if (error)
		snprintf(why, WRITER_WHY, "cannot write %.200s: %s", w->path ? w->path : "",
			 strerror(error));
	for (unsigned i = 0; w->files && i < w->ring.files; i++)
		free(w->files[i].path);
	free(w->files);
	free(w->path);
	free(w);
	return error ? -1 : 0;
}
