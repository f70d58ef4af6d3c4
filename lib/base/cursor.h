/* SPDX-License-Identifier: MIT */
/*
 * Checked, sticky readers and writers: the only code in the project that moves a wire pointer.
 * Not for text (text.h) and not for buffers that grow.
 *
 * A reader past its end yields zeros and sets `bad`; a writer past its end writes nothing and sets
 * `bad`. Nothing else happens, so a parser reads straight through and tests `bad` once, at the end.
 */
#ifndef LIB_BASE_CURSOR_H
#define LIB_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A view of n borrowed bytes. */
struct view {
	const uint8_t *p;
	size_t n;
};

/* A reader over [p, end). Copying it copies the position: try, and go back, for free. */
struct rd {
	const uint8_t *p;
	const uint8_t *end;
	bool bad; /* a read ran past the end */
};

/* A writer over [start, end); p is where the next byte goes. */
struct wr {
	uint8_t *p;
	uint8_t *end;
	uint8_t *start;
	bool bad; /* a write did not fit */
};

/* Returns a reader over the n bytes at p. */
static inline struct rd rd_init(const void *p, size_t n)
{
	const uint8_t *b = p;

	return (struct rd){b, b ? b + n : b, false};
}

/* Returns how many bytes are left to read. */
static inline size_t rd_left(const struct rd *r)
{
	return (size_t)(r->end - r->p);
}

/* Takes n bytes and returns where they start; NULL, and the reader bad, when fewer are left. */
static inline const uint8_t *rd_take(struct rd *r, size_t n)
{
	const uint8_t *at = r->p;

	if (rd_left(r) < n) {
		r->bad = true;
		r->p = r->end;
		return NULL;
	}
	if (n)
		r->p += n;
	return at;
}

/* Takes n bytes as a reader of their own; the result is bad when fewer are left. */
static inline struct rd rd_sub(struct rd *r, size_t n)
{
	const uint8_t *at = rd_take(r, n);

	return (struct rd){at, at ? at + n : at, r->bad};
}

/* Takes all that is left. */
static inline struct view rd_rest(struct rd *r)
{
	struct view v = {r->p, rd_left(r)};

	r->p = r->end;
	return v;
}

/* Makes a big-endian 16-bit value of two octets. */
static inline uint16_t be16(uint8_t hi, uint8_t lo)
{
	return (uint16_t)((unsigned)hi << 8 | lo);
}

/* Reads one octet. */
static inline uint8_t rd_u8(struct rd *r)
{
	const uint8_t *at = rd_take(r, 1);

	return at ? *at : 0;
}

/* Reads a big-endian 16-bit value. */
static inline uint16_t rd_be16(struct rd *r)
{
	const uint8_t *at = rd_take(r, 2);

	return at ? be16(at[0], at[1]) : 0;
}

/* Reads a big-endian 32-bit value. */
static inline uint32_t rd_be32(struct rd *r)
{
	const uint8_t *at = rd_take(r, 4);

	return at ? (uint32_t)be16(at[0], at[1]) << 16 | be16(at[2], at[3]) : 0;
}

/* Copies n bytes out; leaves dst zeroed when fewer are left. */
static inline void rd_copy(struct rd *r, void *dst, size_t n)
{
	const uint8_t *at = rd_take(r, n);

	if (at)
		memcpy(dst, at, n);
	else
		memset(dst, 0, n);
}

/* Returns a writer over the n bytes at p. */
static inline struct wr wr_init(void *p, size_t n)
{
	uint8_t *b = p;

	return (struct wr){b, b ? b + n : b, b, false};
}

/* Returns how many bytes were written. */
static inline size_t wr_len(const struct wr *w)
{
	return (size_t)(w->p - w->start);
}

/* Returns how many bytes still fit. */
static inline size_t wr_left(const struct wr *w)
{
	return (size_t)(w->end - w->p);
}

/* Reserves n bytes and returns where they start; NULL, and the writer bad, when they do not fit. */
static inline uint8_t *wr_room(struct wr *w, size_t n)
{
	uint8_t *at = w->p;

	if (wr_left(w) < n || w->bad) {
		w->bad = true;
		return NULL;
	}
	if (n)
		w->p += n;
	return at;
}

/* Writes one octet. */
static inline void wr_u8(struct wr *w, uint8_t v)
{
	uint8_t *at = wr_room(w, 1);

	if (at)
		at[0] = v;
}

/* Writes a big-endian 16-bit value. */
static inline void wr_be16(struct wr *w, uint16_t v)
{
	uint8_t *at = wr_room(w, 2);

	if (at) {
		at[0] = (uint8_t)(v >> 8);
		at[1] = (uint8_t)v;
	}
}

/* Writes a big-endian 32-bit value. */
static inline void wr_be32(struct wr *w, uint32_t v)
{
	wr_be16(w, (uint16_t)(v >> 16));
	wr_be16(w, (uint16_t)v);
}

/* Writes n bytes. */
static inline void wr_bytes(struct wr *w, const void *p, size_t n)
{
	uint8_t *at = wr_room(w, n);

	if (at && n)
		memcpy(at, p, n);
}

/* Writes n zero octets. */
static inline void wr_zero(struct wr *w, size_t n)
{
	uint8_t *at = wr_room(w, n);

	if (at && n)
		memset(at, 0, n);
}

/* Sets the 16-bit value written earlier at offset off from the writer's start. */
static inline void wr_patch16(struct wr *w, size_t off, uint16_t v)
{
	if (w->bad || off + 2 > wr_len(w)) {
		w->bad = true;
		return;
	}
	w->start[off] = (uint8_t)(v >> 8);
	w->start[off + 1] = (uint8_t)v;
}

#endif
