/* SPDX-License-Identifier: MIT */
/*
 * The buffers of ciphertext between OpenSSL and the socket. A connection fills and empties its own
 * within a turn of the loop, so the connections of a thread take turns with a few: they are in the
 * processor's cache, cost no allocation, and an idle connection holds none.
 */
#include <pthread.h>
#include <stdlib.h>

#include "io/tls_inner.h"

#define SPARES 4 /* how many a thread keeps: one to read and one to write, and some to wait */

struct spares {
	unsigned n;
	uint8_t *at[SPARES];
};

static pthread_key_t key;
static bool has_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* A thread ends. */
static void free_spares(void *arg)
{
	struct spares *s = arg;

	while (s->n)
		free(s->at[--s->n]);
	free(s);
}

static void make_key(void)
{
	has_key = pthread_key_create(&key, free_spares) == 0;
}

/* Returns this thread's spares; NULL when memory is short. */
static struct spares *own_spares(void)
{
	struct spares *s;

	pthread_once(&once, make_key);
	s = has_key ? pthread_getspecific(key) : NULL;
	if (s || !has_key)
		return s;
	s = calloc(1, sizeof(*s));
	if (s && pthread_setspecific(key, s) != 0) {
		free(s);
		return NULL;
	}
	return s;
}

uint8_t *tls_buffer_get(size_t n, size_t *size)
{
	struct spares *s;

	*size = TLS_BUFFER;
	while (*size < n)
		*size *= 2;
	s = *size == TLS_BUFFER ? own_spares() : NULL;
	return s && s->n ? s->at[--s->n] : malloc(*size);
}

void tls_buffer_put(uint8_t *buf, size_t size)
{
	struct spares *s = buf && size == TLS_BUFFER ? own_spares() : NULL;

	if (s && s->n < SPARES)
		s->at[s->n++] = buf;
	else
		free(buf);
}
