/* SPDX-License-Identifier: MIT */
/*
 * The body of a TLS connection, for the files that share it:
 *   tls.c            records: puts them together, sends each to where its direction's state wants
 * it tls_lost.c       finds records again behind a loss tls_handshake.c  handshake messages and
 * what they change tls_secret.c     makes openers out of keys and handshakes tls_why.c        says
 * why a direction stays closed
 */
#ifndef ANALYSE_TLS_LOCAL_H
#define ANALYSE_TLS_LOCAL_H

#include "analyse/tls.h"
#include "analyse/tls_open.h"

#define TLS_WHOLE_MAX  (TLS_HEADER + TLS_BODY_MAX)
#define TLS_TAIL       64           /* bytes kept of what stands before a record: block and MAC */
#define TLS_SCRIPT_MAX (128u << 10) /* bytes of handshake messages kept of one direction */
#define TLS_WRONG_MAX  3            /* records that may fail before a key counts as wrong */
#define TLS_BAD_MAX    32           /* records in a row that may fail later */
#define TLS_TRY_BYTES  (16u << 20)  /* work that searching behind losses may cost, and earn back */

enum tls_state {
	SIDE_CLEAR, /* records are not protected yet */
	SIDE_OPEN,  /* records are opened */
	SIDE_WAIT,  /* records are held: a key, or the other side's hello, is awaited */
	SIDE_SHUT,  /* records cannot be opened */
};

/* Whose keys a TLS 1.3 direction uses. */
enum tls_stage { STAGE_EARLY, STAGE_HANDSHAKE, STAGE_TRAFFIC };

/* Why a direction cannot be opened. */
enum tls_why {
	WHY_NOTHING,
	WHY_NO_HANDSHAKE, /* it began before the capture */
	WHY_TORN,         /* part of it is lost */
	WHY_DAMAGED,      /* it is malformed */
	WHY_VERSION,      /* SSL 3.0 */
	WHY_SUITE,        /* not in the table */
	WHY_COMPRESSION,  /* not "null" */
	WHY_NO_KEY,       /* RSA: the certificate's key is not there */
	WHY_NEEDS_LOG,    /* ephemeral, and no key log */
	WHY_NOT_IN_LOG,   /* ephemeral, and the key log has other connections */
	WHY_RESUMED,      /* the session's first handshake is not known */
	WHY_WRONG_KEY,    /* nothing verifies */
	WHY_ALGORITHM,    /* OpenSSL cannot do it */
	WHY_LOST,         /* nothing verifies any more behind a loss */
	WHY_REASONS,
};

enum tls_ready { READY_YES, READY_LATER, READY_NO };

/* A record on its way in. */
struct tls_in {
	struct tls_raw raw;
	bool torn;     /* raw.body is only the tail of what the capture has */
	bool guess;    /* it is not known how many records were lost before */
	uint32_t have; /* bytes at raw.body; raw.n unless torn */
	uint64_t number;
	uint64_t offset;
	struct origin first;
	struct origin last;
	struct view before; /* what stands before it in the stream, as far as it is there */
};

struct tls_held {
	struct tls_held *next;
	struct tls_in in;
	uint8_t bytes[];
};

/* A growing run of bytes, charged to the budget. */
struct tls_buffer {
	uint8_t *p;
	size_t n;
	size_t size;
};

struct tls_side {
	enum tls_state state;
	enum tls_stage stage;
	enum tls_why why;
	bool lost;    /* no record boundary is known */
	bool guess;   /* the number of the next record is not known */
	bool torn;    /* handshake bytes of this side are missing */
	bool later;   /* TLS 1.3: the opener is of a later stage, whose records are still to come */
	bool passing; /* the rest of a record is passed over, `pass` bytes */
	bool pass_torn;
	unsigned failed; /* records in a row */
	uint32_t pass;
	struct tls_opener *opener;
	struct tls_opener *next; /* up to TLS 1.2: what ChangeCipherSpec brings in */
	struct tls_buffer part;  /* a record on its way; when lost, what is searched */
	size_t scan;             /* when lost: how far it was searched */
	uint8_t tail[TLS_TAIL];  /* of the record that is passed over */
	uint8_t tail_n;
	uint8_t head[TLS_HEADER]; /* its header */
	struct origin first;      /* where the record on its way began */
	uint64_t offset;          /* in the TCP stream, of the next byte that comes in */
	uint64_t expect;          /* where the record behind the last one should begin */
	uint64_t records;
	uint64_t app_records;
	uint64_t app_offset;
	struct tls_buffer message; /* a handshake message on its way */
	struct tls_held *held;
	struct tls_held *held_last;
	size_t held_bytes;
};

/* A handshake, until both directions use what it made. */
struct tls_hs {
	const struct tls_suite *suite;
	bool hello; /* the ServerHello was seen */
	bool ems;
	bool etm;
	bool resumed;
	bool whole;  /* the transcript is complete so far */
	bool sealed; /* ClientKeyExchange was seen: the transcript ends */
	bool server_done;
	bool offers; /* the client offered a session that is known: `offered` */
	bool has_master;
	uint8_t compression;
	uint8_t session_n;
	uint8_t client_session_n;
	uint8_t session[32];        /* as the server says */
	uint8_t client_session[32]; /* as the client says */
	uint8_t client_random[32];
	uint8_t server_random[32];
	uint8_t master[48];
	struct tls_session offered;
	struct tls_buffer script[WAYS]; /* handshake messages up to ClientKeyExchange */
	size_t first_hello;             /* bytes of ClientHello in the client's */
	struct tls_buffer premaster;    /* encrypted to the server's certificate */
	struct tls_buffer ticket;       /* what NewSessionTicket gave */
};

struct tls {
	const struct tls_env *env;
	void *ctx;
	struct tls_facts facts;
	struct tls_side side[WAYS];
	struct tls_hs *hs;
	bool middle; /* began before the capture */
	bool wake;   /* something happened that a waiting side may wait for */
	bool ended;
	uint64_t allowance;
};

/* tls.c */

/* Appends to b within its bound; false without room. */
bool tls_buffer_add(struct tls *t, struct tls_buffer *b, const uint8_t *p, size_t n, size_t max);
/* Gives b's memory back. */
void tls_buffer_free(struct tls *t, struct tls_buffer *b);
/* Returns the bytes of a whole record by its header; 0 when it is none. */
size_t tls_whole(const uint8_t *header);
/* Sends a record to where the state of its direction wants it. */
void tls_take(struct tls *t, enum way way, const struct tls_in *in);
/* Hands out the content of a record and lets it work. */
void tls_deliver(struct tls *t, enum way way, const struct tls_in *in, enum tls_seen seen,
		 uint8_t content, struct view plain);
/* Hands out a record of which there is no content. */
void tls_show(struct tls *t, enum way way, const struct tls_in *in, enum tls_seen seen);
/* Makes a note. */
void tls_note(struct tls *t, enum note_kind kind, enum way way, const struct tls_in *in,
	      uint64_t count, const char *text);
/* Turns a direction to new keys: ChangeCipherSpec, or a stage of TLS 1.3. */
void tls_turn(struct tls *t, enum way way, enum tls_stage stage, struct origin at);
/* Ends a handshake's memory once no one needs it. */
void tls_forget_handshake(struct tls *t);

/* tls_lost.c */

/* Begins to look for a record boundary. */
void tls_lose(struct tls_side *s);
/* Looks for a record in what came in. */
void tls_search(struct tls *t, enum way way, struct origin from);
/* Opens a record of which it is not known how many were lost before it. */
bool tls_guess(struct tls *t, enum way way, const struct tls_in *in, size_t *n, uint8_t *content);

/* tls_handshake.c */

/* Takes the content of a handshake record. */
void tls_handshake_input(struct tls *t, enum way way, const struct tls_in *in, bool encrypted,
			 struct view plain);
/* Takes note that handshake bytes of a direction are missing. */
void tls_handshake_torn(struct tls *t, enum way way);

/* tls_secret.c */

/* Makes the openers of both directions, up to TLS 1.2. */
enum tls_ready tls_secret_openers(struct tls *t, enum way way, enum tls_why *why);
/*
 * Makes the opener of a stage of TLS 1.3; of the stage after early data, and *stage says so, when
 * early data cannot be opened.
 */
enum tls_ready tls_secret_stage(struct tls *t, enum way way, enum tls_stage *stage,
				struct tls_opener **out, enum tls_why *why);
/* Remembers the handshake for those that will resume it. */
void tls_secret_remember(struct tls *t, struct view ticket);
/* Takes the hashes of the server's certificate from the session that is resumed. */
void tls_secret_session_certificate(struct tls *t);
/* Hashes the server's certificate. */
void tls_secret_certificate(struct tls *t);

/* tls_why.c */

/* Closes a direction: what is held is shown closed, and the reason is told once. */
void tls_shut(struct tls *t, enum way way, enum tls_why why, struct origin at);
/* Says that a direction is decrypted from here on, and by what. */
void tls_tell_open(struct tls *t, enum way way, struct origin at);

#endif
