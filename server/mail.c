/* SPDX-License-Identifier: MIT */
/* mail.h: a list behind a lock, and a bell. */
#include "server/mail.h"

#include <stddef.h>

static void open_all(void *arg)
{
	struct mailbox *b = arg;
	struct mail *m;

	pthread_mutex_lock(&b->lock);
	m = b->first;
	b->first = NULL;
	b->last = &b->first;
	pthread_mutex_unlock(&b->lock);
	while (m) {
		struct mail *next = m->next;

		m->open(m, b->arg);
		m = next;
	}
}

void mail_init(struct mailbox *b, struct loop *l, void *arg)
{
	pthread_mutex_init(&b->lock, NULL);
	b->first = NULL;
	b->last = &b->first;
	b->arg = arg;
	loop_bell_start(l, &b->bell, open_all, b);
}

void mail_fini(struct mailbox *b)
{
	open_all(b);
	loop_bell_stop(&b->bell);
	pthread_mutex_destroy(&b->lock);
}

void mail_post(struct mailbox *b, struct mail *m)
{
	m->next = NULL;
	pthread_mutex_lock(&b->lock);
	*b->last = m;
	b->last = &m->next;
	pthread_mutex_unlock(&b->lock);
	loop_ring(&b->bell);
}
