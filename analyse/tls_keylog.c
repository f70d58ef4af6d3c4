/* SPDX-License-Identifier: MIT */
/*
 * Key logs in NSS format, as SSLKEYLOGFILE and SSL_CTX_set_keylog_callback() write them. A file is
 * read on from where it ended last time; one that was replaced or emptied is read from its start.
 */
#include "analyse/tls_keys_local.h"

#include "lib/base/secret.h"
#include "lib/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_SIZE  65536
#define SECRET_MAX 1024 /* a Diffie-Hellman premaster secret of 8192 bits */

struct label_row {
	const char *word;
	uint8_t label;
	uint8_t id_size;
	uint8_t secret_min;
	uint16_t secret_max;
};

/* clang-format off */
static const struct label_row labels[] = {
	{"CLIENT_RANDOM",                   TLS_LABEL_MASTER,           32, 48, 48},
	{"CLIENT_EARLY_TRAFFIC_SECRET",     TLS_LABEL_CLIENT_EARLY,     32, 32, TLS_SECRET_MAX},
	{"CLIENT_HANDSHAKE_TRAFFIC_SECRET", TLS_LABEL_CLIENT_HANDSHAKE, 32, 32, TLS_SECRET_MAX},
	{"SERVER_HANDSHAKE_TRAFFIC_SECRET", TLS_LABEL_SERVER_HANDSHAKE, 32, 32, TLS_SECRET_MAX},
	{"CLIENT_TRAFFIC_SECRET_0",         TLS_LABEL_CLIENT_TRAFFIC,   32, 32, TLS_SECRET_MAX},
	{"SERVER_TRAFFIC_SECRET_0",         TLS_LABEL_SERVER_TRAFFIC,   32, 32, TLS_SECRET_MAX},
	{"PMS_CLIENT_RANDOM",               TLS_LABEL_PREMASTER,        32,  1, SECRET_MAX},
	{"RSA",                             TLS_LABEL_RSA,               8, 48, 48},
};
/* clang-format on */

/* Reads a word of hex digits into out; returns how many bytes, -1 when it is not one. */
static int read_hex(struct view word, uint8_t *out, size_t room)
{
	if (word.n % 2 || word.n / 2 > room)
		return -1;
	for (size_t i = 0; i < word.n; i += 2) {
		int high = text_hex_value((char)word.p[i]);
		int low = text_hex_value((char)word.p[i + 1]);

		if (high < 0 || low < 0)
			return -1;
		out[i / 2] = (uint8_t)(high << 4 | low);
	}
	return (int)(word.n / 2);
}

/* Takes the next word of a line; empty when there is none. */
static struct view next_word(struct rd *line)
{
	struct view word;

	while (rd_left(line) && (*line->p == ' ' || *line->p == '\t'))
		rd_take(line, 1);
	word.p = line->p;
	while (rd_left(line) && *line->p != ' ' && *line->p != '\t')
		rd_take(line, 1);
	word.n = (size_t)(line->p - word.p);
	return word;
}

/* Takes what follows `prefix` in a word; an empty view when it does not begin so. */
static struct view after_prefix(struct view word, const char *prefix)
{
	size_t n = strlen(prefix);

	if (word.n < n || memcmp(word.p, prefix, n) != 0)
		return (struct view){word.p, 0};
	return (struct view){word.p + n, word.n - n};
}

/* Adds the secret of a line whose id and secret are known words. */
static bool add_line(struct tls_keys *k, const struct label_row *row, struct view id_word,
		     struct view secret_word)
{
	uint8_t id[32];
	uint8_t secret[SECRET_MAX];
	int n_id = read_hex(id_word, id, sizeof(id));
	int n = read_hex(secret_word, secret, sizeof(secret));
	bool ok = n_id > 0 && n >= row->secret_min && n <= row->secret_max &&
		  (n_id == row->id_size || (!row->id_size && n_id <= 32));

	if (ok)
		ok = tls_keys_add_secret(k, row->label, (struct view){id, (size_t)n_id},
					 (struct view){secret, (size_t)n}) == 0;
	wipe(secret, sizeof(secret));
	k->logged += ok;
	return ok;
}

/* Reads one line without its end; returns whether it gave a secret. */
static bool read_line(struct tls_keys *k, struct view text)
{
	static const struct label_row session = {"", TLS_LABEL_SESSION, 0, 48, 48};
	struct rd line = rd_init(text.p, text.n);
	struct view word = next_word(&line);
	struct view id = next_word(&line);
	struct view secret = next_word(&line);

	if (after_prefix(id, "Session-ID:").n)
		return add_line(k, &session, after_prefix(id, "Session-ID:"),
				after_prefix(secret, "Master-Key:"));
	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++)
		if (word.n == strlen(labels[i].word) && memcmp(word.p, labels[i].word, word.n) == 0)
			return add_line(k, &labels[i], id, secret);
	return false; /* comments, exporter secrets, labels of other uses */
}

/* Takes text that may hold a whole line up to its end; returns how long line and end are, or 0. */
static size_t line_length(struct view text, size_t *content)
{
	const uint8_t *end = memchr(text.p, '\n', text.n);

	if (!end)
		return 0;
	*content = (size_t)(end - text.p);
	if (*content && text.p[*content - 1] == '\r')
		--*content;
	return (size_t)(end - text.p) + 1;
}

unsigned tls_keys_add_log(struct tls_keys *k, struct view text)
{
	unsigned found = 0;

	while (text.n) {
		size_t content = text.n;
		size_t whole = line_length(text, &content);

		if (!whole) /* the last line may lack its end */
			whole = text.n;
		if (content <= KEYLOG_LINE)
			found += read_line(k, (struct view){text.p, content});
		text.p += whole;
		text.n -= whole;
	}
	return found;
}

/* Takes bytes of a growing file: whole lines are read, the rest is kept. Returns lines of use. */
static unsigned take_text(struct tls_keys *k, struct keylog_file *f, struct view text)
{
	unsigned found = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] != '\n') {
			f->overlong |= f->have == sizeof(f->line);
			if (!f->overlong)
				f->line[f->have++] = (char)text.p[i];
			continue;
		}
		if (!f->overlong)
			found += tls_keys_add_log(k, (struct view){(uint8_t *)f->line, f->have});
		f->have = 0;
		f->overlong = false;
	}
	return found;
}

/* Opens the file again when another one has taken its name, or it was emptied. */
static void reopen(struct keylog_file *f)
{
	struct stat st;

	if (stat(f->path, &st) < 0)
		return;
	if (f->fd >= 0 && st.st_dev == f->dev && st.st_ino == f->ino && st.st_size >= f->at)
		return;
	if (f->fd >= 0)
		close(f->fd);
	f->fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	f->at = 0;
	f->have = 0;
	f->overlong = false;
}

/* Reads all that the file has beyond what was read; returns lines of use. */
static unsigned read_on(struct tls_keys *k, struct keylog_file *f)
{
	uint8_t *buffer;
	unsigned found = 0;
	ssize_t n;

	if (f->fd < 0)
		return 0;
	buffer = malloc(READ_SIZE);
	if (!buffer)
		return 0;
	while ((n = read(f->fd, buffer, READ_SIZE)) > 0) {
		f->at += n;
		found += take_text(k, f, (struct view){buffer, (size_t)n});
	}
	wipe(buffer, READ_SIZE);
	free(buffer);
	return found;
}

bool tls_keys_poll(struct tls_keys *k)
{
	unsigned found = 0;

	for (size_t i = 0; i < k->n_logs; i++) {
		struct keylog_file *f = k->logs[i];
		struct stat st;

		reopen(f);
		if (f->fd >= 0 &&
		    (fstat(f->fd, &st) < 0 || st.st_size > f->at || !S_ISREG(st.st_mode)))
			found += read_on(k, f);
	}
	return found > 0;
}

void tls_keylog_close(struct keylog_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	wipe(f->line, sizeof(f->line));
	free(f->path);
	free(f);
}

int tls_keys_load_log(struct tls_keys *k, const char *path, bool follow, char why[TLS_KEYS_WHY])
{
	struct keylog_file *f = calloc(1, sizeof(*f));

	if (k->n_logs == TLS_KEYLOG_FILES) {
		snprintf(why, TLS_KEYS_WHY, "no more than %d key logs can be read at once",
			 TLS_KEYLOG_FILES);
		free(f);
		return -1;
	}
	if (f) {
		f->fd = -1;
		f->path = strdup(path);
	}
	if (!f || !f->path) {
		snprintf(why, TLS_KEYS_WHY, "cannot read key log %s: out of memory", path);
		free(f);
		return -1;
	}
	reopen(f);
	if (f->fd < 0 && !(follow && errno == ENOENT)) {
		snprintf(why, TLS_KEYS_WHY, "cannot read key log %s: %s", path, strerror(errno));
		tls_keylog_close(f);
		return -1;
	}
	read_on(k, f);
	/* a last line without its end counts when nobody writes any more; read again it is the same
	 */
	tls_keys_add_log(k, (struct view){(uint8_t *)f->line, f->have});
	k->logs[k->n_logs++] = f;
	return 0;
}
