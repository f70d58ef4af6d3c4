/* SPDX-License-Identifier: MIT */
/*
 * What the stations below dissection have to say besides packets and bytes: loss, damage, and why a
 * stream stays closed.
 */
#ifndef ANALYSE_NOTE_H
#define ANALYSE_NOTE_H

#include "analyse/origin.h"

#define NOTE_TEXT 640

enum note_kind {
	NOTE_GAP,    /* bytes of the TCP stream are missing in the capture */
	NOTE_HOLE,   /* bytes of the application's data are missing here, `count` TLS records (0: it
			is not known how many; plain streams: `count` bytes) */
	NOTE_RESYNC, /* records are found again behind a loss, `count` were lost */
	NOTE_BAD,    /* a record's MAC or tag is wrong, or it is malformed */
	NOTE_CLOSED, /* this direction cannot be decrypted, from here on; the text says why */
	NOTE_OPEN,   /* this direction is decrypted from here on; the text says by which secret */
	NOTE_ALERT,  /* a TLS alert, `count` is level << 8 | description */
	NOTE_KINDS,
};

struct note {
	enum note_kind kind;
	enum way way;
	struct origin at;
	uint64_t offset; /* position in the TCP stream of this direction */
	uint64_t count;
	const char *text; /* for people; valid during the call */
};

#endif
