/* SPDX-License-Identifier: MIT */
/*
 * What sharing.c is checked with: two threads take turns. Each writes something that both have,
 * something of its own beside the other's in one line, and something with a line of its own.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#define TURNS 1000
#define ALONE __attribute__((aligned(128)))

/* tests/bench/sharing looks for these names */
ALONE unsigned long both;
ALONE unsigned long beside[2];
struct {
	ALONE unsigned long n;
} apart[2];
ALONE unsigned long constant = 1;

ALONE static pthread_barrier_t turn;

static void *run(void *arg)
{
	const unsigned me = arg != NULL;

	for (unsigned i = 0; i < TURNS; i++) {
		if (i % 2 == me) {
			both += constant;
			beside[me] += constant;
		}
		apart[me].n += constant;
		pthread_barrier_wait(&turn);
	}
	return NULL;
}

int main(void)
{
	pthread_t threads[2];

	pthread_barrier_init(&turn, NULL, 2);
	raise(SIGUSR2);
	for (int i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, run, i ? &both : NULL) != 0)
			return 1;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	raise(SIGUSR2);
	printf("%lu %lu %lu\n", both, beside[0] + beside[1], apart[0].n + apart[1].n);
	return 0;
}
