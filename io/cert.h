/* SPDX-License-Identifier: MIT */
/* Makes the self-signed certificate that a server starts with when it is asked to. Not a CA. */
#ifndef IO_CERT_H
#define IO_CERT_H

#include <stdbool.h>
#include <stddef.h>

#define CERT_PEM_MAX 8192

/* A certificate and its key as NUL-terminated PEM. */
struct cert_pair {
	char cert[CERT_PEM_MAX];
	char key[CERT_PEM_MAX];
};

/*
 * Makes an RSA key of 3072 bits and a certificate for `name`, a DNS name or an IP address, as
 * subject and subjectAltName, valid from now for `days`, with EKU serverAuth (MS-SSTP 3.2.4.1).
 * Returns 0, or -EINVAL for a name that no certificate can carry, or -EIO when OpenSSL fails.
 * The pair is the caller's to wipe with cert_wipe().
 */
int cert_make(const char *name, unsigned days, struct cert_pair *out);
/* Returns whether a certificate can carry the name: a DNS name or an IP address. */
bool cert_name_usable(const char *name);
/* Wipes the key. */
void cert_wipe(struct cert_pair *c);

#endif
