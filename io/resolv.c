/* SPDX-License-Identifier: MIT */
/* resolv.h: runs resolvectl or resolvconf and waits for it. */
#include "io/resolv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/clock.h"

#define WAIT_MS  5000
#define ARGS_MAX 16
#define TEXT_MAX 512

/* Where everything here stands; a test has programs of its own below another one. */
#ifndef RESOLV_ROOT
#define RESOLV_ROOT ""
#endif

/* Where each program is looked for; the environment's PATH is not trusted with root's rights. */
static const char *const resolvectl_at[] = {RESOLV_ROOT "/usr/bin/resolvectl",
					    RESOLV_ROOT "/bin/resolvectl", NULL};
static const char *const resolvconf_at[] = {RESOLV_ROOT "/sbin/resolvconf",
					    RESOLV_ROOT "/usr/sbin/resolvconf",
					    RESOLV_ROOT "/usr/bin/resolvconf", NULL};

static const char *find(const char *const *places)
{
	for (; *places; places++)
		if (access(*places, X_OK) == 0)
			return *places;
	return NULL;
}

/* systemd-resolved must be running, not only installed. */
static const char *find_resolved(void)
{
	return access(RESOLV_ROOT "/run/systemd/resolve", F_OK) == 0 ? find(resolvectl_at) : NULL;
}

/* Waits for the child, and ends it when it takes too long. Returns 0, or -EIO when it failed. */
static int reap(pid_t child)
{
	int pidfd = (int)syscall(SYS_pidfd_open, child, 0);
	struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};
	uint64_t until = clock_ms() + WAIT_MS;
	int status = 0, ready = 0;

	while (pidfd >= 0 && ready == 0 && clock_ms() < until) {
		ready = poll(&poll_fd, 1, (int)(until - clock_ms()));
		if (ready < 0 && errno == EINTR)
			ready = 0;
	}
	if (pidfd >= 0) {
		close(pidfd);
		if (ready <= 0)
			kill(child, SIGKILL);
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -EIO;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

/* Prepares the child's files: input from `in` (-1: none), no output. */
static int prepare_files(posix_spawn_file_actions_t *files, int in)
{
	int err = posix_spawn_file_actions_init(files);

	if (err)
		return err;
	if (in >= 0)
		err = posix_spawn_file_actions_adddup2(files, in, STDIN_FILENO);
	else
		err = posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY,
						       0);
	if (!err)
		err = posix_spawn_file_actions_addopen(files, STDOUT_FILENO, "/dev/null", O_WRONLY,
						       0);
	if (!err)
		err = posix_spawn_file_actions_adddup2(files, STDOUT_FILENO, STDERR_FILENO);
	return err;
}

/* Runs the program with the text, at most a pipe's worth, as its input. */
static int run(const char *const *argv, const char *input)
{
	posix_spawn_file_actions_t files;
	char *args[ARGS_MAX + 1] = {NULL};
	char copies[ARGS_MAX][64];
	int pipe_fd[2] = {-1, -1}, err = 0;
	pid_t child;

	for (int i = 0; i < ARGS_MAX && argv[i]; i++) {
		snprintf(copies[i], sizeof(copies[i]), "%s", argv[i]);
		args[i] = copies[i];
	}
	if (input) {
		if (pipe2(pipe_fd, O_CLOEXEC) < 0)
			return -errno;
		if (write(pipe_fd[1], input, strlen(input)) < 0)
			err = EIO;
		close(pipe_fd[1]);
	}
	if (!err)
		err = prepare_files(&files, pipe_fd[0]);
	if (!err) {
		err = posix_spawn(&child, argv[0], &files, NULL, args, environ);
		posix_spawn_file_actions_destroy(&files);
	}
	if (pipe_fd[0] >= 0)
		close(pipe_fd[0]);
	return err ? -EIO : reap(child);
}

static int set_resolved(const char *program, const char *ifname, const struct resolv_server *s,
			size_t n, bool all)
{
	char text[RESOLV_MAX][INET6_ADDRSTRLEN];
	const char *dns[ARGS_MAX] = {program, "dns", ifname};
	const char *domain[] = {program, "domain", ifname, all ? "~." : "", NULL};
	const char *route[] = {program, "default-route", ifname, all ? "yes" : "no", NULL};
	int err;

	for (size_t i = 0; i < n && i < RESOLV_MAX; i++) {
		inet_ntop(s[i].family, s[i].addr, text[i], sizeof(text[i]));
		dns[3 + i] = text[i];
	}
	err = run(dns, NULL);
	if (!err)
		err = run(domain, NULL);
	return err ? err : run(route, NULL);
}

static int set_resolvconf(const char *program, const char *ifname, const struct resolv_server *s,
			  size_t n)
{
	char record[64], text[TEXT_MAX] = "";
	const char *argv[] = {program, "-a", record, NULL};
	size_t at = 0;

	snprintf(record, sizeof(record), "%s.sstp", ifname);
	for (size_t i = 0; i < n && i < RESOLV_MAX; i++) {
		char ip[INET6_ADDRSTRLEN];

		inet_ntop(s[i].family, s[i].addr, ip, sizeof(ip));
		at += (size_t)snprintf(text + at, sizeof(text) - at, "nameserver %s\n", ip);
	}
	return run(argv, text);
}

int resolv_set(struct resolv *r, const char *ifname, const struct resolv_server *s, size_t n,
	       bool all)
{
	const char *program = find_resolved();
	int err;

	snprintf(r->ifname, sizeof(r->ifname), "%s", ifname);
	if (program) {
		r->by = RESOLV_RESOLVED;
		err = set_resolved(program, ifname, s, n, all);
	} else if ((program = find(resolvconf_at)) != NULL) {
		r->by = RESOLV_RESOLVCONF;
		err = set_resolvconf(program, ifname, s, n);
	} else {
		return -ENOENT;
	}
	return err;
}

int resolv_undo(struct resolv *r)
{
	const char *program = r->by == RESOLV_RESOLVED ? find(resolvectl_at) : find(resolvconf_at);
	char record[64];
	int err = 0;

	if (r->by == RESOLV_NOTHING)
		return 0;
	if (!program) {
		err = -ENOENT;
	} else if (r->by == RESOLV_RESOLVED) {
		const char *argv[] = {program, "revert", r->ifname, NULL};

		err = run(argv, NULL);
	} else {
		const char *argv[] = {program, "-d", record, NULL};

		snprintf(record, sizeof(record), "%s.sstp", r->ifname);
		err = run(argv, NULL);
	}
	r->by = RESOLV_NOTHING;
	return err;
}

const char *resolv_by(const struct resolv *r)
{
	return r->by == RESOLV_RESOLVED     ? "systemd-resolved"
	       : r->by == RESOLV_RESOLVCONF ? "resolvconf"
					    : "";
}
