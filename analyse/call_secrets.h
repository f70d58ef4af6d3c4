/* SPDX-License-Identifier: MIT */
/*
 * What the user gives so that crypto bindings can be verified: passwords, NT hashes, master session
 * keys, the secret that a RADIUS server shares with the SSTP server. Not for TLS (tls_keys.h).
 * Everything here is secret and wiped at the end.
 */
#ifndef ANALYSE_CALL_SECRETS_H
#define ANALYSE_CALL_SECRETS_H

#include "analyse/call.h"

#define SECRETS_MAX  64 /* of each kind */
#define SECRETS_WHY  160
#define SECRETS_KEYS 256 /* pairs of keys that RADIUS brought */

struct call_secrets;

/* Makes an empty store; NULL without memory. End with call_secrets_free(). */
struct call_secrets *call_secrets_new(void);
/* Wipes and frees s. NULL is allowed. */
void call_secrets_free(struct call_secrets *s);
/*
 * Each adds one secret as the command line gives it: USER:PASSWORD, USER:32 HEX DIGITS, an MSK of
 * 64 hex digits or more, a RADIUS secret. An empty USER is every user. Returns 0; -1 and the reason
 * in why.
 */
int call_secrets_password(struct call_secrets *s, const char *text, char why[SECRETS_WHY]);
int call_secrets_nt_hash(struct call_secrets *s, const char *text, char why[SECRETS_WHY]);
int call_secrets_msk(struct call_secrets *s, const char *text, char why[SECRETS_WHY]);
int call_secrets_radius(struct call_secrets *s, const char *text, char why[SECRETS_WHY]);
/* Returns the RADIUS secret; NULL and 0 when none was given. */
struct view call_secrets_shared(const struct call_secrets *s);
/* Remembers the HLAK that an Access-Accept brought; the oldest gives way. */
void call_secrets_add_hlak(struct call_secrets *s, const uint8_t hlak[SSTP_HLAK]);
/*
 * Finds the HLAK of a call whose CALL_CONNECTED and authentication were seen, and checks the
 * compound MAC with it: fills in key, missing, hlak, mac and mac_ok of the call's binding.
 */
void call_secrets_check(const struct call_secrets *s, struct call *c);

#endif
