/* SPDX-License-Identifier: MIT */
/* What auth_eap.c and the EAP methods, eap_*.c, share. A method is a row. */
#ifndef LIB_PPP_EAP_H
#define LIB_PPP_EAP_H

#include "lib/ppp/auth_body.h"

/* One EAP method. */
struct eap_method {
	uint8_t type;
	const struct auth_method *method;
	/* Server: writes the first request behind the type. */
	void (*offer)(struct auth *a, struct wr *w);
	/* Server: see struct auth_method. */
	void (*tell)(struct auth *a, int err, uint64_t now);
	/*
	 * Takes a response (server) or a request (client) with this identifier; data is what
	 * follows the type. Returns 0 when it took the packet and, unless authentication ended,
	 * made the answer or put it to the owner; any error means that the packet is discarded and
	 * nothing has changed.
	 */
	int (*take)(struct auth *a, uint8_t id, struct rd data, uint64_t now);
	/* Client: the step in which EAP-Success may come. */
	enum eap_step success;
};

extern const struct eap_method eap_method_md5;
extern const struct eap_method eap_method_mschapv2;

/* Server: begins a new request of a type. eap_end_request() sends it and waits for the response. */
struct wr eap_begin_request(struct auth *a, uint8_t type);
/* Server: sends the request written by w and waits, in this step, for the response. */
void eap_end_request(struct auth *a, struct wr *w, enum eap_step step, uint64_t now);
/* Server: ends with EAP-Success (err 0) or EAP-Failure. */
void eap_finish(struct auth *a, int err);
/* Client: begins a response of a type to the request with this id; auth_end() sends it. */
struct wr eap_begin_response(struct auth *a, uint8_t id, uint8_t type);

#endif
