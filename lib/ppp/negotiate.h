/* SPDX-License-Identifier: MIT */
/*
 * Options of control protocols (RFC 1661 5.1-5.4, 6): rows that say what each is, and the one walk
 * over them that judges requests, takes answers, writes packets and shows them to people. What a
 * value means is in the protocols' files; when a packet is sent is cp.c's business.
 */
#ifndef LIB_PPP_NEGOTIATE_H
#define LIB_PPP_NEGOTIATE_H

#include <stdbool.h>

#include "lib/base/cursor.h"
#include "lib/base/text.h"

struct cp;

/* What kind of value an option carries. */
enum cp_kind {
	CP_FLAG,   /* none: its being there says all */
	CP_U16,    /* a number */
	CP_HEX32,  /* 32 bits that are no number */
	CP_IP4,    /* an IPv4 address */
	CP_IFID,   /* an IPv6 interface identifier */
	CP_AUTH,   /* an authentication protocol's number, and for CHAP its algorithm */
	CP_NUMBER, /* a PPP protocol's number, then octets */
	CP_OCTETS, /* anything */
	CP_KINDS
};

/* What is thought of an option, or of a whole request; the worst one counts. */
enum cp_verdict {
	CP_ACK,
	CP_NAK,
	CP_REJECT,
	CP_NAK_ALONE, /* nothing else matters before this is settled: a magic number that is ours */
	CP_VERDICTS
};

/* One option of one protocol. A row without functions is known by name only, and refused. */
struct cp_option {
	uint8_t type;
	uint8_t min, max; /* its whole length, head included */
	uint8_t kind;     /* enum cp_kind */
	const char *name;

	/* What we think of the peer's value, which has a good length. Changes nothing. */
	enum cp_verdict (*judge)(const struct cp *c, const struct cp_option *o, struct rd value);
	/* Writes the value that we would like instead, for a Configure-Nak; NULL: rejected then. */
	void (*suggest)(struct cp *c, const struct cp_option *o, struct wr *w);
	/* Takes the peer's value, which is acknowledged now. */
	void (*accept)(struct cp *c, const struct cp_option *o, struct rd value);
	/* Returns whether the peer must have this option in its request. */
	bool (*wanted)(const struct cp *c, const struct cp_option *o);

	/* Writes our own value; returns false, having written nothing, when we do not ask. */
	bool (*put)(const struct cp *c, const struct cp_option *o, struct wr *w);
	/* The peer suggests a value. Returns 0, or why nothing can be agreed on any more. */
	int (*nak)(struct cp *c, const struct cp_option *o, struct rd value);
	/* The peer refuses the option. Returns 0 when it is not to be asked for again (as without
	 * this function), 1 when there is something else to ask for, or why to give up. */
	int (*reject)(struct cp *c, const struct cp_option *o);

	/* What the failure is called when the two sides insist on different values too often; 0:
	 * the option is given up then: the peer's is rejected, ours is not asked for any more. */
	int vital;
};

/* A protocol's rows. */
struct cp_table {
	const struct cp_option *rows;
	size_t n; /* at most CP_ROWS_MAX */
};

#define CP_ROWS_MAX 32

/* One option as it stands in a packet. */
struct cp_item {
	uint8_t type;
	struct rd value;
	struct rd whole; /* with its head */
};

/*
 * Takes the next option. Returns 1, 0 at the end of the options, or SSTP_E_PPP_OPTION when its
 * length is below 2 or runs past the end (RFC 1661 6: the packet is discarded).
 */
int cp_next_item(struct rd *options, struct cp_item *out);
/* Returns 0 when the options can be walked to their end, else the error and in *off where. */
int cp_check_items(struct rd options, size_t *off);
/* Returns the table's row of an option's type, NULL when it has none. */
const struct cp_option *cp_find_option(const struct cp_table *table, uint8_t type);

/* Returns what the Configure-Request with these (checked) options deserves. */
enum cp_verdict cp_judge(const struct cp *c, struct rd options);
/*
 * Writes the options of the Configure-Nak or Configure-Reject (`what`, as cp_judge() returned it)
 * that answers the request.
 */
void cp_put_refusal(struct cp *c, struct rd options, enum cp_verdict what, struct wr *w);
/* Takes the values of an acknowledged request. */
void cp_accept(struct cp *c, struct rd options);
/* Returns the error of the vital option that the request gets wrong, 0 when there is none. */
int cp_vital(const struct cp *c, struct rd options);
/* Writes the options of our own Configure-Request. */
void cp_put_request(const struct cp *c, struct wr *w);
/*
 * Returns whether every option of a Configure-Reject is one of `request`, octet for octet (RFC 1661
 * 5.4), and there is one at least.
 */
bool cp_is_part(struct rd request, struct rd options);
/* Takes the options of a Configure-Nak or Configure-Reject. Returns 0, or why to give up. */
int cp_take_naks(struct cp *c, struct rd options);
int cp_take_rejects(struct cp *c, struct rd options);

/* Writes " name=value" for each option; " malformed-option" where they can not be walked on. */
void cp_show_options(struct text *t, const struct cp_table *table, struct rd options);

#endif
