/* SPDX-License-Identifier: MIT */
/*
 * Reads a capture file ahead into one buffer; gzip is recognised by its first two bytes and
 * unpacked, several members one after the other too. Not for files that are written to (keylog.c
 * does its own).
 */
#include "analyse/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define BUFFER_SIZE (256u << 10)
#define PACKED_SIZE (64u << 10)

struct source {
	int fd; /* -1: all bytes are in the buffer */
	bool end;
	const char *fault;
	uint8_t *buffer;
	size_t size;
	size_t at;  /* the first byte not yet skipped */
	size_t top; /* past the last byte read */
	uint64_t done;
	uint64_t total;
	bool packed;
	bool member; /* in the middle of a gzip member */
	z_stream z;
	uint8_t *in;
};

/* Reads from the file itself; 0 at its end or on an error, which is kept. */
static size_t read_file(struct source *s, uint8_t *to, size_t n)
{
	ssize_t got;

	do
		got = read(s->fd, to, n);
	while (got < 0 && errno == EINTR);
	if (got < 0) {
		s->fault = strerror(errno);
		return 0;
	}
	s->done += (uint64_t)got;
	return (size_t)got;
}

/* Unpacks into to; 0 at the end or on an error, which is kept. */
static size_t read_packed(struct source *s, uint8_t *to, size_t n)
{
	s->z.next_out = to;
	s->z.avail_out = (uInt)n;
	while (s->z.avail_out == n) {
		int r;

		if (!s->z.avail_in) {
			s->z.next_in = s->in;
			s->z.avail_in = (uInt)read_file(s, s->in, PACKED_SIZE);
			if (!s->z.avail_in) {
				if (s->member && !s->fault)
					s->fault = "the gzip data end too early";
				return 0;
			}
		}
		if (!s->member)
			inflateReset(&s->z);
		s->member = true;
		r = inflate(&s->z, Z_NO_FLUSH);
		if (r == Z_STREAM_END) {
			s->member = false;
		} else if (r != Z_OK && r != Z_BUF_ERROR) {
			s->fault = "the gzip data are damaged";
			break;
		}
	}
	return n - s->z.avail_out;
}

/* Makes room for want bytes behind at. */
static bool make_room(struct source *s, size_t want)
{
	if (s->size - s->at >= want && s->top < s->size)
		return true;
	memmove(s->buffer, s->buffer + s->at, s->top - s->at);
	s->top -= s->at;
	s->at = 0;
	if (want > s->size) {
		size_t size = s->size;
		uint8_t *p;

		while (size < want)
			size *= 2;
		p = realloc(s->buffer, size);
		if (!p) {
			s->fault = "out of memory";
			return false;
		}
		s->buffer = p;
		s->size = size;
	}
	return true;
}

size_t source_look(struct source *s, size_t want, const uint8_t **at)
{
	while (s->top - s->at < want && !s->end && !s->fault) {
		size_t got;

		if (s->fd < 0 || want > SOURCE_LOOK_MAX || !make_room(s, want))
			break;
		got = s->packed ? read_packed(s, s->buffer + s->top, s->size - s->top)
				: read_file(s, s->buffer + s->top, s->size - s->top);
		s->end = got == 0;
		s->top += got;
	}
	*at = s->buffer + s->at;
	return s->top - s->at;
}

void source_skip(struct source *s, size_t n)
{
	s->at += n;
}

uint64_t source_pass(struct source *s, uint64_t n)
{
	uint64_t left = n;

	while (left) {
		const uint8_t *at;
		size_t have = source_look(s, 1, &at);

		if (!have)
			break;
		if (have > left)
			have = (size_t)left;
		source_skip(s, have);
		left -= have;
	}
	return n - left;
}

const char *source_fault(const struct source *s)
{
	return s->fault;
}

void source_progress(const struct source *s, uint64_t *done, uint64_t *total)
{
	*done = s->done;
	*total = s->total;
}

/* Looks at the first bytes and sets up the unpacker when they are gzip. */
static int detect_gzip(struct source *s)
{
	const uint8_t *at;

	if (source_look(s, 2, &at) < 2 || at[0] != 0x1f || at[1] != 0x8b)
		return 0;
	s->in = malloc(PACKED_SIZE + BUFFER_SIZE);
	if (!s->in || inflateInit2(&s->z, 15 + 16) != Z_OK)
		return -1;
	memcpy(s->in, at, s->top - s->at);
	s->z.next_in = s->in;
	s->z.avail_in = (uInt)(s->top - s->at);
	s->at = s->top = 0;
	s->end = false;
	s->packed = true;
	return 0;
}

/* Makes a source over fd, which it owns from here; NULL and fd closed without memory. */
static struct source *new_source(int fd)
{
	struct source *s = calloc(1, sizeof(*s));
	struct stat st;

	if (s)
		s->buffer = malloc(BUFFER_SIZE);
	if (!s || !s->buffer) {
		free(s);
		if (fd > STDERR_FILENO)
			close(fd);
		return NULL;
	}
	s->size = BUFFER_SIZE;
	s->fd = fd;
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		s->total = (uint64_t)st.st_size;
	return s;
}

int source_open(struct source **out, const char *path, char *why, size_t n)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct source *s;

	*out = NULL;
	if (fd < 0) {
		snprintf(why, n, "cannot open %s: %s", path, strerror(errno));
		return -1;
	}
	s = new_source(fd);
	if (!s || detect_gzip(s) < 0) {
		snprintf(why, n, "cannot read %s: out of memory", path);
		source_close(s);
		return -1;
	}
	if (s->fault) {
		snprintf(why, n, "cannot read %s: %s", path, s->fault);
		source_close(s);
		return -1;
	}
	*out = s;
	return 0;
}

struct source *source_of_bytes(const void *bytes, size_t n)
{
	struct source *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->fd = -1;
	s->size = s->top = n;
	s->total = s->done = n;
	s->buffer = malloc(n ? n : 1);
	if (!s->buffer) {
		free(s);
		return NULL;
	}
	if (n)
		memcpy(s->buffer, bytes, n);
	return s;
}

void source_close(struct source *s)
{
	if (!s)
		return;
	if (s->fd > STDERR_FILENO)
		close(s->fd);
	if (s->packed)
		inflateEnd(&s->z);
	free(s->in);
	free(s->buffer);
	free(s);
}

static ssize_t read_cookie(void *cookie, char *to, size_t n)
{
	struct source *s = cookie;
	const uint8_t *at;
	size_t have = source_look(s, 1, &at);

	if (have > n)
		have = n;
	memcpy(to, at, have);
	source_skip(s, have);
	return (ssize_t)have;
}

FILE *source_stream(struct source *s)
{
	cookie_io_functions_t io = {.read = read_cookie};

	return fopencookie(s, "rb", io);
}
