/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes everything that reads an SSTP control packet: parsers, checks and words. What a check lets
 * pass, the parsers must have read.
 *
 * Input: one packet, header included.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/sstp/binding.h"
#include "lib/sstp/check.h"
#include "sstp/link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good)
{
	if (!good)
		abort();
}

static void check_words(struct rd packet)
{
	char words[4096];
	struct text t = text_init(words, sizeof(words));

	sstp_show(&t, packet);
	for (const char *c = words; *c; c++)
		must(*c >= 0x20 && *c < 0x7f);
}

/* A request that can be cut is acceptable, or its NAK fits a packet and passes our own check. */
static void fuzz_request(struct sstp_control c)
{
	static uint8_t nak[SSTP_PACKET_MAX];
	struct sstp_refusal r[SSTP_REFUSALS_MAX];
	struct wr w = wr_init(nak, sizeof(nak));
	struct sstp_status_info info;
	struct sstp_control again;
	unsigned n;

	if (check_request(c, r, &n).err || !n)
		return;
	must(n <= SSTP_REFUSALS_MAX);
	sstp_put_nak(&w, r, n);
	must(!w.bad);
	must(!sstp_parse_control(rd_init(nak + SSTP_HEADER, wr_len(&w) - SSTP_HEADER), &again));
	must(!check_nak(again, &info).err);
	must(info.attrib == r[0].attrib && info.status == r[0].status);
}

static void fuzz_checks(struct sstp_control c, const uint8_t *packet, size_t size)
{
	static const uint8_t zeros[32];
	struct binding_expect expect = {3, zeros, zeros, zeros, zeros};
	struct sstp_binding_req req;
	struct sstp_binding binding;
	struct sstp_status_info info;

	check_plain(c);
	check_disconnect(c);
	find_status(c, &info);
	if (!check_nak(c, &info).err)
		must(info.value.n <= SSTP_PACKET_MAX);
	if (!check_ack(c, 3, &req).err)
		must(req.nonce && req.hashes && req.hashes <= 3);
	if (!check_connected(c, &binding).err) {
		must(size == SSTP_CONNECTED_LEN);
		must(binding_check(packet, &binding, &expect) != 0 || binding.hash);
	}
	fuzz_request(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *packet = malloc(size ? size : 1);
	struct sstp_header h = {0};
	struct sstp_control c;

	must(packet != NULL);
	memcpy(packet, data, size);
	check_words(rd_init(packet, size));
	if (size >= SSTP_HEADER && !sstp_parse_header(packet, &h)) {
		must(h.length >= SSTP_HEADER && h.length <= SSTP_PACKET_MAX);
		if (!sstp_parse_control(rd_init(packet + SSTP_HEADER, size - SSTP_HEADER), &c))
			fuzz_checks(c, packet, size);
	}
	free(packet);
	return 0;
}
