/* SPDX-License-Identifier: MIT */
/*
 * -w: what of the capture is written to a file, and when: the packets as they were captured, or the
 * PPP frames or inner IP packets that were decrypted. Only packets that the display filter takes.
 * How files are written is writer.h's.
 */
#ifndef ANALYSE_SAVE_H
#define ANALYSE_SAVE_H

#include "analyse/capture.h"
#include "analyse/units.h"
#include "analyse/writer.h"

enum save_what { SAVE_RAW, SAVE_PPP, SAVE_INNER };

struct save;

/* Opens the file; as writer_open(). */
int save_open(struct save **out, const char *path, enum save_what what,
	      const struct writer_ring *ring, char why[WRITER_WHY]);
/* Takes a unit of the frame at hand: what it carries is kept until save_frame(). */
void save_unit(struct save *s, const struct unit *u);
/* The frame is complete: writes it, or what its units carried, if the filter has taken it. */
void save_frame(struct save *s, const struct frame *f, bool taken);
/* Makes all that was written readable for others. */
void save_flush(struct save *s);
/* Writes what is left, ends the file and frees s; NULL is allowed. As writer_close(). */
int save_close(struct save *s, char why[WRITER_WHY]);

#endif
