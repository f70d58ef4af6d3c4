/* SPDX-License-Identifier: MIT */
/* users.h over SQLite: one table, prepared statements. */
#include "server/users.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/clock.h"
#include "lib/base/secret.h"

#define SCHEMA_VERSION 1
#define BUSY_MS        5000

enum statement { FIND, ADD, DEL, SET, EACH, STATEMENTS };

struct users {
	sqlite3 *db;
	sqlite3_stmt *stmt[STATEMENTS];
};

/* The columns in the order in which every statement has them. */
#define COLUMNS "name, nt_hash, password, enabled, ip4, created, changed, expires"

static const char *const sql[STATEMENTS] = {
	[FIND] = "SELECT " COLUMNS " FROM users WHERE name = ?1",
	[ADD] = "INSERT INTO users (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[DEL] = "DELETE FROM users WHERE name = ?1",
	[SET] = "UPDATE users SET nt_hash = ?2, password = ?3, enabled = ?4, ip4 = ?5, "
		"changed = ?7, expires = ?8 WHERE name = ?1",
	[EACH] = "SELECT " COLUMNS " FROM users ORDER BY name",
};

static const char schema[] = "PRAGMA journal_mode = WAL;"
			     "BEGIN;"
			     "CREATE TABLE users ("
			     " name TEXT NOT NULL PRIMARY KEY COLLATE BINARY,"
			     " nt_hash BLOB NOT NULL CHECK (length(nt_hash) = 16),"
			     " password TEXT,"
			     " enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),"
			     " ip4 BLOB CHECK (ip4 IS NULL OR length(ip4) = 4),"
			     " created INTEGER NOT NULL,"
			     " changed INTEGER NOT NULL,"
			     " expires INTEGER NOT NULL DEFAULT 0"
			     ") STRICT, WITHOUT ROWID;"
			     "PRAGMA user_version = 1;"
			     "COMMIT;";

/* Makes the file, readable by its owner alone; SQLite gives its journals the same mode. */
static bool create_file(const char *path, char *why, size_t n)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0) {
		snprintf(why, n, "the user database %s cannot be made: %s", path, strerror(errno));
		return false;
	}
	close(fd);
	return true;
}

static int read_version(sqlite3 *db)
{
	sqlite3_stmt *s = NULL;
	int version = -1;

	if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW)
		version = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return version;
}

/* Makes the open database ready: schema, version, statements. */
static bool prepare(struct users *u, const char *path, enum users_mode mode, char *why, size_t n)
{
	int version;

	sqlite3_busy_timeout(u->db, BUSY_MS);
	if (mode == USERS_CREATE && sqlite3_exec(u->db, schema, NULL, NULL, NULL) != SQLITE_OK) {
		snprintf(why, n, "the user database %s cannot be made: %s", path, users_error(u));
		return false;
	}
	version = read_version(u->db);
	if (version < 0) {
		snprintf(why, n, "the user database %s cannot be read: %s", path, users_error(u));
		return false;
	}
	if (version != SCHEMA_VERSION) {
		snprintf(why, n,
			 "%s is not a user database of this version (%d, wanted %d); "
			 "sstpd --init makes one",
			 path, version, SCHEMA_VERSION);
		return false;
	}
	for (int i = 0; i < STATEMENTS; i++) {
		if (mode == USERS_READ && i != FIND && i != EACH)
			continue;
		if (sqlite3_prepare_v3(u->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &u->stmt[i],
				       NULL) == SQLITE_OK)
			continue;
		snprintf(why, n, "the user database %s is damaged: %s", path, users_error(u));
		return false;
	}
	return true;
}

struct users *users_open(const char *path, enum users_mode mode, char *why, size_t n)
{
	int flags = mode == USERS_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	struct users *u = calloc(1, sizeof(*u));

	if (!u) {
		snprintf(why, n, "no memory");
		return NULL;
	}
	if (mode == USERS_CREATE && !create_file(path, why, n)) {
		free(u);
		return NULL;
	}
	if (sqlite3_open_v2(path, &u->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		int err = u->db ? sqlite3_system_errno(u->db) : ENOMEM;

		snprintf(why, n, "the user database %s cannot be opened: %s%s", path,
			 err ? strerror(err) : users_error(u),
			 err == ENOENT ? "; sstpd --init makes one" : "");
		users_close(u);
		return NULL;
	}
	if (!prepare(u, path, mode, why, n)) {
		users_close(u);
		return NULL;
	}
	return u;
}

void users_close(struct users *u)
{
	if (!u)
		return;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(u->stmt[i]);
	sqlite3_close(u->db);
	free(u);
}

const char *users_error(const struct users *u)
{
	return u->db ? sqlite3_errmsg(u->db) : "no memory";
}

/* Copies a text column into a buffer of n bytes; what is too long for it is an empty text. */
static void copy_text(sqlite3_stmt *s, int column, char *buf, size_t n)
{
	const unsigned char *text = sqlite3_column_text(s, column);
	size_t len = (size_t)sqlite3_column_bytes(s, column);

	buf[0] = '\0';
	if (text && len < n) {
		memcpy(buf, text, len);
		buf[len] = '\0';
	}
}

/* Fills *out from the row at hand. */
static void read_row(sqlite3_stmt *s, struct user *out)
{
	memset(out, 0, sizeof(*out));
	copy_text(s, 0, out->name, sizeof(out->name));
	if (sqlite3_column_bytes(s, 1) == 16)
		memcpy(out->nt_hash, sqlite3_column_blob(s, 1), 16);
	out->has_password = sqlite3_column_type(s, 2) == SQLITE_TEXT;
	copy_text(s, 2, out->password, sizeof(out->password));
	out->enabled = sqlite3_column_int(s, 3) != 0;
	if (sqlite3_column_bytes(s, 4) == 4) {
		out->has_ip4 = true;
		memcpy(out->ip4, sqlite3_column_blob(s, 4), 4);
	}
	out->created = sqlite3_column_int64(s, 5);
	out->changed = sqlite3_column_int64(s, 6);
	out->expires = sqlite3_column_int64(s, 7);
}

/* Ends a statement's run, so that it holds no lock and no secret. */
static void rewind_statement(sqlite3_stmt *s)
{
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
}

enum users_result users_find(struct users *u, const char *name, struct user *out)
{
	sqlite3_stmt *s = u->stmt[FIND];
	enum users_result result = USERS_FAILED;
	int step;

	sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
	step = sqlite3_step(s);
	if (step == SQLITE_ROW) {
		read_row(s, out);
		result = USERS_OK;
	} else if (step == SQLITE_DONE) {
		result = USERS_NONE;
	}
	rewind_statement(s);
	return result;
}

enum users_result users_find_login(struct users *u, const char *name, struct user *out)
{
	enum users_result result = users_find(u, name, out);
	const char *plain = strrchr(name, '\\');

	if (result != USERS_NONE || !plain || plain[1] == '\0')
		return result;
	return users_find(u, plain + 1, out);
}

/* Binds all columns. */
static void bind_user(sqlite3_stmt *s, const struct user *user, int64_t created, int64_t changed)
{
	sqlite3_bind_text(s, 1, user->name, -1, SQLITE_STATIC);
	sqlite3_bind_blob(s, 2, user->nt_hash, 16, SQLITE_STATIC);
	if (user->has_password)
		sqlite3_bind_text(s, 3, user->password, -1, SQLITE_STATIC);
	sqlite3_bind_int(s, 4, user->enabled);
	if (user->has_ip4)
		sqlite3_bind_blob(s, 5, user->ip4, 4, SQLITE_STATIC);
	sqlite3_bind_int64(s, 6, created);
	sqlite3_bind_int64(s, 7, changed);
	sqlite3_bind_int64(s, 8, user->expires);
}

/* Runs a statement that changes a row. */
static enum users_result change(struct users *u, sqlite3_stmt *s)
{
	int step = sqlite3_step(s);
	int rows = sqlite3_changes(u->db);

	rewind_statement(s);
	if (step == SQLITE_CONSTRAINT)
		return USERS_EXISTS;
	if (step != SQLITE_DONE)
		return USERS_FAILED;
	return rows ? USERS_OK : USERS_NONE;
}

enum users_result users_add(struct users *u, const struct user *user)
{
	int64_t now = (int64_t)clock_unix();

	bind_user(u->stmt[ADD], user, now, now);
	return change(u, u->stmt[ADD]);
}

enum users_result users_del(struct users *u, const char *name)
{
	sqlite3_bind_text(u->stmt[DEL], 1, name, -1, SQLITE_STATIC);
	return change(u, u->stmt[DEL]);
}

enum users_result users_set(struct users *u, const struct user *user, bool new_password)
{
	int64_t changed = new_password ? (int64_t)clock_unix() : user->changed;

	bind_user(u->stmt[SET], user, user->created, changed);
	return change(u, u->stmt[SET]);
}

enum users_result users_each(struct users *u, void (*on)(void *arg, const struct user *user),
			     void *arg)
{
	sqlite3_stmt *s = u->stmt[EACH];
	struct user user;
	int step;

	while ((step = sqlite3_step(s)) == SQLITE_ROW) {
		read_row(s, &user);
		on(arg, &user);
	}
	wipe(&user, sizeof(user));
	rewind_statement(s);
	return step == SQLITE_DONE ? USERS_OK : USERS_FAILED;
}
