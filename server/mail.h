/* SPDX-License-Identifier: MIT */
/*
 * Letters between threads: a letter is posted into the box of a thread's loop and opened there, in
 * the order of posting. For what is rare - answers, orders, questions - not for packets (ring.h).
 */
#ifndef SERVER_MAIL_H
#define SERVER_MAIL_H

#include <pthread.h>

#include "io/loop.h"

/* A letter: first member of what is sent. Belongs to the receiver from mail_post() on. */
struct mail {
	struct mail *next;
	void (*open)(struct mail *m, void *arg); /* called in the receiver's thread */
};

struct mailbox {
	pthread_mutex_t lock;
	struct mail *first;
	struct mail **last;
	struct loop_bell bell;
	void *arg; /* the receiver */
};

/* Prepares a box for the thread of loop l; arg is handed to each letter that is opened. */
void mail_init(struct mailbox *b, struct loop *l, void *arg);
/* Stops the bell. What is in the box is opened first: letters are never lost. */
void mail_fini(struct mailbox *b);
/* Posts a letter; any thread may. */
void mail_post(struct mailbox *b, struct mail *m);

#endif
