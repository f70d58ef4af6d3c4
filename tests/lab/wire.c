/* SPDX-License-Identifier: MIT */
/*
 * A cable with faults between two network namespaces: slow, long, lossy, reordering, duplicating,
 * corrupting, as asked for. Many kernels lack netem, and this one is the same everywhere: what
 * happens to which packet follows from the seed. Not for anything but tests.
 *
 *	wire NETNS NETNS INTERFACE [name=value...]
 *
 * Makes a TUN interface of that name in each namespace (as "ip netns" names them) and carries IP
 * packets between them, each way with a queue of its own. Prints "ready", runs until its standard
 * input ends, and prints what it did to how many packets. A line of standard input with more
 * name=value words changes the faults.
 *
 *	rate=N       Mbit/s; 0: no limit        loss=P       percent of packets that vanish
 *	delay=N      microseconds, one way      duplicate=P  that come twice
 *	queue=N      packets that may wait      reorder=P    that let the next three overtake them
 *	seed=N                                  corrupt=P    of which a bit is turned over
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PACKET   2048
#define SLOTS    8192 /* packets in a queue and on their way, at most */
#define OVERTAKE 3    /* packets that pass one that is held back */
#define HOLD_NS  5000000

enum knob { RATE, DELAY, QUEUE, SEED, LOSS, DUPLICATE, REORDER, CORRUPT, KNOBS };

static const char *const knob_names[KNOBS] = {
	"rate", "delay", "queue", "seed", "loss", "duplicate", "reorder", "corrupt",
};

struct packet {
	uint64_t leaves; /* when its last bit is on the wire */
	uint64_t due;    /* when it arrives */
	uint16_t n;
	uint8_t bytes[PACKET];
};

/* One direction. */
struct lane {
	int in, out;
	struct packet *slots;      /* a ring, in order of arrival */
	uint32_t head, left, tail; /* the first not arrived, the first not on the wire, the end */
	uint64_t free_at;          /* when the wire has sent what is queued */
	struct packet held;
	unsigned passed; /* packets that have overtaken `held` */
	uint64_t carried, overrun, count[KNOBS];
};

static double knobs[KNOBS] = {[QUEUE] = 1000};
static uint64_t random_state = 0x9e3779b97f4a7c15u;

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "wire: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* xorshift64* */
static uint64_t next_random(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1du;
}

/* Returns whether a fault strikes, and counts it. */
static bool strikes(struct lane *l, enum knob fault)
{
	bool hit = knobs[fault] > 0 &&
		   (double)(next_random() >> 11) * 100 / 9007199254740992.0 < knobs[fault];

	l->count[fault] += hit;
	return hit;
}

/* Opens a TUN interface, up, in the namespace. */
static int open_end(const char *netns, const char *name)
{
	struct ifreq ifr = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	char path[256];
	int ns, fd, sock;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0 || setns(ns, CLONE_NEWNET) < 0)
		die(path);
	close(ns);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr) < 0)
		die(name);
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	ifr.ifr_flags = IFF_UP;
	if (sock < 0 || ioctl(sock, SIOCSIFFLAGS, &ifr) < 0)
		die(name);
	close(sock);
	return fd;
}

/* Reads name=value words. */
static void set_knobs(char *words)
{
	for (char *word = strtok(words, " \n"); word; word = strtok(NULL, " \n")) {
		char *value = strchr(word, '=');
		bool known = false;

		for (int i = 0; value && i < KNOBS; i++) {
			if (strncmp(word, knob_names[i], (size_t)(value - word)) != 0)
				continue;
			knobs[i] = strtod(value + 1, NULL);
			known = true;
			if (i == SEED)
				random_state = (uint64_t)knobs[SEED] * 0x9e3779b97f4a7c15u | 1;
		}
		if (!known) {
			fprintf(stderr, "wire: what is \"%s\"?\n", word);
			exit(2);
		}
	}
}

/* Returns how many packets wait for the wire. */
static uint32_t waiting(struct lane *l, uint64_t now)
{
	while (l->left != l->tail && l->slots[l->left % SLOTS].leaves <= now)
		l->left++;
	return l->tail - l->left;
}

/* Puts a packet on the wire. */
static void enqueue(struct lane *l, const uint8_t *p, size_t n, uint64_t now)
{
	struct packet *slot = &l->slots[l->tail % SLOTS];
	uint64_t takes = knobs[RATE] > 0 ? (uint64_t)((double)n * 8000 / knobs[RATE]) : 0;

	if (l->tail - l->head == SLOTS || (double)waiting(l, now) >= knobs[QUEUE]) {
		l->overrun++;
		return;
	}
	l->free_at = (l->free_at > now ? l->free_at : now) + takes;
	slot->leaves = l->free_at;
	slot->due = l->free_at + (uint64_t)knobs[DELAY] * 1000;
	slot->n = (uint16_t)n;
	memcpy(slot->bytes, p, n);
	l->tail++;
}

/* Takes a packet from its sender and does to it what is asked for. */
static void take(struct lane *l, uint8_t *p, size_t n, uint64_t now)
{
	if (strikes(l, LOSS))
		return;
	if (strikes(l, CORRUPT)) {
		uint64_t bit = next_random() % (n * 8);

		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	if (!l->held.n && strikes(l, REORDER)) {
		memcpy(l->held.bytes, p, n);
		l->held.n = (uint16_t)n;
		l->held.due = now + HOLD_NS;
		l->passed = 0;
		return;
	}
	enqueue(l, p, n, now);
	if (strikes(l, DUPLICATE))
		enqueue(l, p, n, now);
	l->passed++;
}

/* Lets the packet go that was held back, once it has been overtaken or for too long. */
static void release(struct lane *l, uint64_t now)
{
	if (!l->held.n || (l->passed < OVERTAKE && now < l->held.due))
		return;
	enqueue(l, l->held.bytes, l->held.n, now);
	l->held.n = 0;
}

/* Serves a direction; returns when it has to be looked at again. */
static uint64_t serve(struct lane *l)
{
	uint8_t bytes[PACKET];
	uint64_t now = now_ns(), next = UINT64_MAX;
	ssize_t got;

	for (int i = 0; i < 64 && (got = read(l->in, bytes, sizeof(bytes))) > 0; i++) {
		take(l, bytes, (size_t)got, now);
		release(l, now);
	}
	release(l, now);
	for (; l->head != l->tail && l->slots[l->head % SLOTS].due <= now; l->head++) {
		const struct packet *p = &l->slots[l->head % SLOTS];

		/* what the interface does not take is lost, as a corrupted header is */
		l->carried += write(l->out, p->bytes, p->n) > 0;
	}
	if (l->head != l->tail)
		next = l->slots[l->head % SLOTS].due;
	if (l->held.n && l->held.due < next)
		next = l->held.due;
	return next;
}

static void report(const struct lane *l, const char *from, const char *to)
{
	printf("%s to %s: carried %llu, queue full %llu", from, to, (unsigned long long)l->carried,
	       (unsigned long long)l->overrun);
	for (int i = LOSS; i < KNOBS; i++)
		printf(", %s %llu", knob_names[i], (unsigned long long)l->count[i]);
	printf("\n");
}

/* Waits until something is to be done; false when standard input has ended. */
static bool wait_next(const struct lane lanes[2], uint64_t next)
{
	struct pollfd fds[3] = {
		{lanes[0].in, POLLIN, 0}, {lanes[1].in, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
	uint64_t now = now_ns(), left = next > now ? next - now : 0;
	struct timespec t = {(time_t)(left / 1000000000u), (long)(left % 1000000000u)};
	char line[256];
	ssize_t got;

	if (ppoll(fds, 3, next == UINT64_MAX ? NULL : &t, NULL) < 0 && errno != EINTR)
		die("poll");
	if (!fds[2].revents)
		return true;
	got = read(STDIN_FILENO, line, sizeof(line) - 1);
	if (got <= 0)
		return false;
	line[got] = '\0';
	set_knobs(line);
	printf("changed\n");
	fflush(stdout);
	return true;
}

int main(int argc, char **argv)
{
	struct lane lanes[2] = {{0}};
	uint64_t next;

	if (argc < 4) {
		fputs("usage: wire NETNS NETNS INTERFACE [name=value...]\n", stderr);
		return 2;
	}
	for (int i = 4; i < argc; i++)
		set_knobs(argv[i]);
	prctl(PR_SET_TIMERSLACK, 1);
	for (int i = 0; i < 2; i++) {
		lanes[i].in = lanes[1 - i].out = open_end(argv[1 + i], argv[3]);
		lanes[i].slots = calloc(SLOTS, sizeof(struct packet));
		if (!lanes[i].slots)
			die("memory");
	}
	printf("ready\n");
	fflush(stdout);
	do {
		uint64_t a = serve(&lanes[0]), b = serve(&lanes[1]);

		next = a < b ? a : b;
	} while (wait_next(lanes, next));
	report(&lanes[0], argv[1], argv[2]);
	report(&lanes[1], argv[2], argv[1]);
	free(lanes[0].slots);
	free(lanes[1].slots);
	return 0;
}
