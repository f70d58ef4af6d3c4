/* SPDX-License-Identifier: MIT */
/* login.h: a queue behind a lock and threads that wait for it; each has its own database handle. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"
#include "io/log.h"
#include "server/login.h"

struct login_pool {
	pthread_mutex_t lock;
	pthread_cond_t some; /* a job came, or it is time to stop */
	struct mail *first;  /* jobs, chained through their letters */
	struct mail **last;
	bool stop;
	uint64_t generation; /* of the database; counted up by login_reload() */
	char *path;
	unsigned n; /* threads started */
	pthread_t threads[];
};

/* Waits for a job; NULL when it is time to stop and all jobs are done. */
static struct login_job *next_job(struct login_pool *p, uint64_t *generation)
{
	struct mail *m;

	pthread_mutex_lock(&p->lock);
	while (!p->first && !p->stop)
		pthread_cond_wait(&p->some, &p->lock);
	m = p->first;
	if (m) {
		p->first = m->next;
		if (!p->first)
			p->last = &p->first;
	}
	*generation = p->generation;
	pthread_mutex_unlock(&p->lock);
	return (struct login_job *)(void *)m; /* the letter is the job's first member */
}

static void *run_thread(void *arg)
{
	struct login_pool *p = arg;
	uint64_t opened = UINT64_MAX, generation;
	struct users *u = NULL;
	struct login_job *job;
	char why[512];

	while ((job = next_job(p, &generation)) != NULL) {
		if (!u || opened != generation) {
			users_close(u);
			u = users_open(p->path, USERS_READ, why, sizeof(why));
			opened = generation;
			if (!u)
				log_error("%s", why);
		}
		login_look_up(u, job, (int64_t)clock_unix());
		mail_post(job->reply_to, &job->mail);
	}
	users_close(u);
	return NULL;
}

struct login_pool *login_start(const char *path, unsigned n, char *why, size_t size)
{
	struct login_pool *p = calloc(1, sizeof(*p) + n * sizeof(p->threads[0]));
	struct users *probe;

	if (!p || !(p->path = strdup(path))) {
		free(p);
		snprintf(why, size, "no memory");
		return NULL;
	}
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->some, NULL);
	p->last = &p->first;
	probe = users_open(path, USERS_READ, why, size);
	if (!probe) {
		login_stop(p);
		return NULL;
	}
	users_close(probe);
	for (; p->n < n; p->n++)
		if (pthread_create(&p->threads[p->n], NULL, run_thread, p) != 0) {
			snprintf(why, size, "thread %u for look-ups cannot be started", p->n);
			login_stop(p);
			return NULL;
		}
	return p;
}

void login_stop(struct login_pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->some);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->n; i++)
		pthread_join(p->threads[i], NULL);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->some);
	free(p->path);
	free(p);
}

void login_ask(struct login_pool *p, struct login_job *job)
{
	job->mail.next = NULL;
	pthread_mutex_lock(&p->lock);
	*p->last = &job->mail;
	p->last = &job->mail.next;
	pthread_cond_signal(&p->some);
	pthread_mutex_unlock(&p->lock);
}

void login_reload(struct login_pool *p)
{
	pthread_mutex_lock(&p->lock);
	p->generation++;
	pthread_mutex_unlock(&p->lock);
}
