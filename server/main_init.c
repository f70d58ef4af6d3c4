/* SPDX-License-Identifier: MIT */
/*
 * sstpd --init: a configuration, a key with a certificate signed by itself, and an empty user
 * database, in a folder that is empty or not there. Everything is checked before anything is
 * written; what was written is taken back when the rest fails.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/cert.h"
#include "io/log.h"
#include "server/main.h"

#define CERT_DAYS    825 /* the longest that common clients take */
#define DEFAULT_POOL "10.0.0.0/24"
#define FILE_CONF    "sstpd.conf"
#define FILE_CERT    "cert.pem"
#define FILE_KEY     "key.pem"
#define FILE_USERS   "users.db"

static const char *const files[] = {FILE_CONF, FILE_CERT, FILE_KEY, FILE_USERS};

/* Makes the folder, or sees that it is empty. *made tells which. */
static bool prepare_dir(const char *dir, bool *made)
{
	const struct dirent *entry;
	bool empty = true;
	DIR *d;

	*made = mkdir(dir, 0700) == 0;
	if (*made)
		return true;
	if (errno != EEXIST) {
		log_error("%s cannot be made: %s", dir, strerror(errno));
		return false;
	}
	d = opendir(dir);
	if (!d) {
		log_error("%s cannot be opened: %s", dir, strerror(errno));
		return false;
	}
	while ((entry = readdir(d)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			empty = false;
	closedir(d);
	if (!empty)
		log_error("%s is not empty; --init writes into an empty folder, or one that is not "
			  "there yet",
			  dir);
	return empty;
}

/* Writes a file that must not be there. */
static bool write_file(const char *dir, const char *name, mode_t mode, const char *bytes, size_t n)
{
	char path[4096];
	bool good;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	good = fd >= 0;
	while (good && n) {
		ssize_t sent = write(fd, bytes, n);

		if (sent < 0 && errno == EINTR)
			continue;
		good = sent > 0;
		bytes += good ? (size_t)sent : 0;
		n -= good ? (size_t)sent : 0;
	}
	if (good)
		good = fsync(fd) == 0;
	if (!good)
		log_error("%s cannot be written: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return good;
}

/* Writes the configuration to memory; malloc'd. */
static char *make_conf(const struct init_wish *wish, size_t *n)
{
	struct conf_given given[CONF_LISTEN_MAX + 8];
	size_t k = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, n);

	if (!out)
		return NULL;
	for (unsigned i = 0; i < wish->listen_n && i < CONF_LISTEN_MAX; i++)
		given[k++] = (struct conf_given){"server", "listen", wish->listen[i]};
	given[k++] = (struct conf_given){"server", "name", wish->name};
	given[k++] = (struct conf_given){"tls", "certificate", FILE_CERT};
	given[k++] = (struct conf_given){"tls", "key", FILE_KEY};
	given[k++] = (struct conf_given){"auth", "database", FILE_USERS};
	if (wish->pool4 || !wish->pool6)
		given[k++] = (struct conf_given){"ipv4", "pool",
						 wish->pool4 ? wish->pool4 : DEFAULT_POOL};
	if (wish->pool6)
		given[k++] = (struct conf_given){"ipv6", "pool", wish->pool6};
	conf_write_sample(out, given, k);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* Reads the configuration back, as sstpd will: what is wrong with the wish shows here. */
static bool check_conf(const char *dir, const char *text, size_t n)
{
	struct conf_faults faults = {0};
	char path[4096];
	struct conf c = {0};
	char *copy = strndup(text, n);
	FILE *in = copy ? fmemopen(copy, n, "r") : NULL;
	bool good;

	snprintf(path, sizeof(path), "%s/%s", dir, FILE_CONF);
	good = in && conf_read_stream(&c, in, path, &faults);
	if (in)
		fclose(in);
	free(copy);
	conf_free(&c);
	if (faults.text)
		fputs(faults.text, stderr);
	conf_faults_free(&faults);
	return good;
}

/* Checks one word of the command line as the value of a key. */
static bool check_word(struct conf *c, const char *option, const char *section, const char *key,
		       const char *word)
{
	char why[512];

	if (!word || conf_value(c, conf_find(section, key), word, why, sizeof(why)))
		return true;
	fprintf(stderr, "sstpd: %s %s: the value %s\n", option, word, why);
	return false;
}

/* Checks the command line; what is wrong is printed. */
static bool check_wish(const struct init_wish *wish)
{
	struct conf c;
	bool good = true;

	conf_defaults(&c);
	for (unsigned i = 0; i < wish->listen_n; i++)
		good &= check_word(&c, "--listen", "server", "listen", wish->listen[i]);
	good &= check_word(&c, "--name", "server", "name", wish->name);
	good &= check_word(&c, "--pool", "ipv4", "pool", wish->pool4);
	good &= check_word(&c, "--pool6", "ipv6", "pool", wish->pool6);
	conf_free(&c);
	return good;
}

static bool write_certificate(const char *dir, const char *name)
{
	struct cert_pair *pair = malloc(sizeof(*pair));
	int err = pair ? cert_make(name, CERT_DAYS, pair) : -ENOMEM;
	bool good = err == 0;

	if (err)
		log_error("no certificate can be made for \"%s\": %s", name,
			  err == -EINVAL ? "it is neither a DNS name nor an IP address"
					 : strerror(-err));
	if (good)
		good = write_file(dir, FILE_KEY, 0600, pair->key, strlen(pair->key)) &&
		       write_file(dir, FILE_CERT, 0644, pair->cert, strlen(pair->cert));
	if (pair)
		cert_wipe(pair);
	free(pair);
	return good;
}

static bool make_users(const char *dir)
{
	char path[4096];
	char why[512];
	struct users *u;

	snprintf(path, sizeof(path), "%s/%s", dir, FILE_USERS);
	u = users_open(path, USERS_CREATE, why, sizeof(why));
	if (!u)
		log_error("%s", why);
	users_close(u);
	return u != NULL;
}

/* Takes back what was written. */
static void undo(const char *dir, bool made)
{
	char path[4096];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		unlink(path);
	}
	if (made)
		rmdir(dir);
}

static void print_next_steps(const struct init_wish *wish)
{
	const char *dir = wish->dir;

	printf("%s: configuration, key, certificate and an empty user database are there.\n"
	       "Next:\n"
	       "  sstpctl -c %s/" FILE_CONF " user add NAME    a user; asks for the password\n"
	       "  sstpd -c %s/" FILE_CONF "                    the server, in the foreground\n"
	       "For clients to get further than to this machine:\n",
	       dir, dir, dir);
	if (wish->pool4 || !wish->pool6)
		puts("  sysctl net.ipv4.ip_forward=1");
	if (wish->pool6)
		puts("  sysctl net.ipv6.conf.all.forwarding=1");
	printf("The certificate is signed by itself: give clients %s/" FILE_CERT
	       " to trust, or put one "
	       "from your CA in its place.\n",
	       dir);
}

int init_dir(const struct init_wish *wish)
{
	size_t n = 0;
	char *text = check_wish(wish) ? make_conf(wish, &n) : NULL;
	bool made = false;
	bool good;

	if (!text || !check_conf(wish->dir, text, n)) {
		free(text);
		return EXIT_USAGE;
	}
	if (!prepare_dir(wish->dir, &made)) {
		free(text);
		return EXIT_FAILURE;
	}
	good = write_certificate(wish->dir, wish->name) && make_users(wish->dir) &&
	       write_file(wish->dir, FILE_CONF, 0600, text, n);
	free(text);
	if (!good) {
		undo(wish->dir, made);
		return EXIT_FAILURE;
	}
	print_next_steps(wish);
	return EXIT_SUCCESS;
}
