/* SPDX-License-Identifier: MIT */
/*
 * A stream of small UDP packets at a given rate, and a counter of what arrives of it. iperf3 spends
 * a select() and a system call on each packet at both ends and ends up slower than a cable of this
 * machine's own; here some dozens go in a call. Not for anything but benchmarks.
 *
 *   packet_rate receive PORT BUFFER
 *	prints "ready", and "received N" when the stream has ended
 *   packet_rate send ADDRESS PORT SIZE RATE SECONDS
 *	prints "sent N packets in S s"
 *
 * BUFFER is the socket's, in bytes; RATE is in packets a second, sent in bursts of half a
 * millisecond's worth. The packets are numbered; the last ones say that the stream has ended.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define AT_ONCE            64
#define SIZE_MAX_OF_PACKET 2048
#define BURST_NS           500000
#define GOODBYES           20
#define GOODBYE            UINT32_MAX

__attribute__((noreturn)) static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void sleep_until(uint64_t ns)
{
	struct timespec t = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

/* Points a vector of messages at as many buffers of n bytes. */
static void set_up(struct mmsghdr *messages, struct iovec *pieces, uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < AT_ONCE; i++) {
		pieces[i] = (struct iovec){bytes + i * SIZE_MAX_OF_PACKET, n};
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1};
	}
}

static int open_socket(const char *address, const char *port, int buffer)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || (address && inet_pton(AF_INET, address, &a.sin_addr) != 1))
		die("socket");
	if (buffer && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer)) < 0)
		die("SO_RCVBUF");
	if ((address ? connect : bind)(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		die(address ? "connect" : "bind");
	return fd;
}

static int receive(const char *port, int buffer)
{
	static uint8_t bytes[AT_ONCE * SIZE_MAX_OF_PACKET];
	static struct mmsghdr messages[AT_ONCE];
	static struct iovec pieces[AT_ONCE];
	int fd = open_socket(NULL, port, buffer);
	unsigned long long count = 0;

	set_up(messages, pieces, bytes, SIZE_MAX_OF_PACKET);
	puts("ready");
	fflush(stdout);
	for (;;) {
		int n = recvmmsg(fd, messages, AT_ONCE, MSG_WAITFORONE, NULL);

		if (n < 0)
			die("recvmmsg");
		for (int i = 0; i < n; i++) {
			uint32_t number;

			memcpy(&number, pieces[i].iov_base, sizeof(number));
			if (number == GOODBYE) {
				printf("received %llu\n", count);
				return 0;
			}
			count++;
		}
	}
}

/* Sends n packets, numbered from `number`; what the kernel has no room for is lost, as on a wire.
 */
static void send_some(int fd, struct mmsghdr *messages, const struct iovec *pieces, unsigned n,
		      uint32_t number)
{
	for (unsigned i = 0; i < n; i++, number += number != GOODBYE)
		memcpy(pieces[i].iov_base, &number, sizeof(number));
	for (unsigned done = 0; done < n;) {
		int sent = sendmmsg(fd, messages + done, n - done, 0);

		done += sent > 0 ? (unsigned)sent : 1;
	}
}

static int send_stream(const char *address, const char *port, size_t size, double rate,
		       double seconds)
{
	static uint8_t bytes[AT_ONCE * SIZE_MAX_OF_PACKET];
	static struct mmsghdr messages[AT_ONCE];
	static struct iovec pieces[AT_ONCE];
	int fd = open_socket(address, port, 0);
	uint64_t begin = now_ns(), end = begin + (uint64_t)(seconds * 1e9), now = begin;
	uint32_t sent = 0;

	set_up(messages, pieces, bytes, size);
	while (now < end) {
		uint32_t due = (uint32_t)(rate * (double)(now - begin) / 1e9) + 1;

		while (sent < due) {
			unsigned n = due - sent < AT_ONCE ? due - sent : AT_ONCE;

			send_some(fd, messages, pieces, n, sent);
			sent += n;
		}
		sleep_until(now + BURST_NS);
		now = now_ns();
	}
	printf("sent %u packets in %.3f s\n", sent, (double)(now - begin) / 1e9);
	for (unsigned i = 0; i < GOODBYES; i++) { /* behind what is still on its way */
		sleep_until(now_ns() + 20000000);
		send_some(fd, messages, pieces, 1, GOODBYE);
	}
	return 0;
}

int main(int argc, char **argv)
{
	size_t size = argc == 7 ? (size_t)atoi(argv[4]) : 0;

	if (argc == 4 && strcmp(argv[1], "receive") == 0)
		return receive(argv[2], atoi(argv[3]));
	if (argc == 7 && strcmp(argv[1], "send") == 0 && size >= 4 && size <= SIZE_MAX_OF_PACKET)
		return send_stream(argv[2], argv[3], size, atof(argv[5]), atof(argv[6]));
	fprintf(stderr, "usage: packet_rate receive PORT BUFFER\n"
			"       packet_rate send ADDRESS PORT SIZE RATE SECONDS\n");
	return 2;
}
