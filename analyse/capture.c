/* SPDX-License-Identifier: MIT */
/*
 * One door for all captures: classic pcap and live interfaces through libpcap, pcapng through
 * pcapng.c, which sees the secrets and the several link types that libpcap does not hand out.
 */
#include "analyse/capture.h"

#include "analyse/pcapng.h"

#include <pcap/pcap.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#define LIVE_BUFFER  (16u << 20)
#define LIVE_SNAPLEN 262144
#define LIVE_WAIT_MS 100

struct capture {
	struct source *source; /* NULL: live */
	struct pcapng *ng;     /* pcapng files */
	pcap_t *pcap;          /* pcap files, and live */
	bool live;
	bool ended;
	volatile sig_atomic_t stopped;
	char *filter;
	struct bpf_program program;
	int program_link; /* link type that `program` is compiled for; -1: none yet */
	struct capture_stats stats;
	char fault[CAPTURE_WHY];
};

void capture_close(struct capture *c)
{
	if (!c)
		return;
	pcapng_free(c->ng);
	if (c->program_link >= 0)
		pcap_freecode(&c->program);
	if (c->pcap)
		pcap_close(c->pcap);
	source_close(c->source);
	free(c->filter);
	free(c);
}

/* Opens what the source holds, by its first four bytes. */
static int open_format(struct capture *c, const char *name, char why[CAPTURE_WHY])
{
	char text[PCAP_ERRBUF_SIZE] = "";
	const uint8_t *at;
	FILE *stream;

	if (source_look(c->source, 4, &at) < 4) {
		const char *fault = source_fault(c->source);

		snprintf(why, CAPTURE_WHY, "%s is no capture: %s", name,
			 fault ? fault : "it is shorter than a file header");
		return -1;
	}
	if (pcapng_is(at)) {
		c->ng = pcapng_new(c->source);
		if (!c->ng)
			snprintf(why, CAPTURE_WHY, "cannot read %s: out of memory", name);
		return c->ng ? 0 : -1;
	}
	stream = source_stream(c->source);
	if (!stream) {
		snprintf(why, CAPTURE_WHY, "cannot read %s: out of memory", name);
		return -1;
	}
	c->pcap =
		pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, text);
	if (!c->pcap) {
		fclose(stream);
		snprintf(why, CAPTURE_WHY, "%s is no capture that can be read: %.200s", name, text);
		return -1;
	}
	return 0;
}

int capture_open_source(struct capture **out, struct source *s, const char *name,
			char why[CAPTURE_WHY])
{
	struct capture *c = calloc(1, sizeof(*c));

	*out = NULL;
	if (!c) {
		source_close(s);
		snprintf(why, CAPTURE_WHY, "cannot read %s: out of memory", name);
		return -1;
	}
	c->source = s;
	c->program_link = -1;
	if (open_format(c, name, why) < 0) {
		capture_close(c);
		return -1;
	}
	*out = c;
	return 0;
}

int capture_open(struct capture **out, const char *path, char why[CAPTURE_WHY])
{
	struct source *s;

	*out = NULL;
	if (source_open(&s, path, why, CAPTURE_WHY) < 0)
		return -1;
	return capture_open_source(out, s, strcmp(path, "-") == 0 ? "standard input" : path, why);
}

/* Sets the options of a live handle and starts it; libpcap's result. */
static int start_live(pcap_t *p, const struct capture_live *how)
{
	pcap_set_snaplen(p, how->snaplen ? (int)how->snaplen : LIVE_SNAPLEN);
	pcap_set_promisc(p, how->promiscuous);
	pcap_set_timeout(p, LIVE_WAIT_MS);
	pcap_set_buffer_size(p, how->buffer ? (int)how->buffer : (int)LIVE_BUFFER);
	if (pcap_set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO) != 0)
		return PCAP_ERROR;
	return pcap_activate(p);
}

int capture_open_live(struct capture **out, const char *iface, const struct capture_live *how,
		      char why[CAPTURE_WHY])
{
	char text[PCAP_ERRBUF_SIZE] = "";
	struct capture *c = calloc(1, sizeof(*c));
	int r;

	*out = NULL;
	if (c)
		c->program_link = -1;
	if (c)
		c->pcap = pcap_create(iface, text);
	if (!c || !c->pcap) {
		snprintf(why, CAPTURE_WHY, "cannot capture on %s: %.200s", iface,
			 c ? text : "out of memory");
		capture_close(c);
		return -1;
	}
	c->live = true;
	r = start_live(c->pcap, how);
	if (r >= 0 && pcap_setnonblock(c->pcap, 1, text) < 0)
		r = PCAP_ERROR;
	if (r < 0) {
		const char *more = pcap_geterr(c->pcap);

		snprintf(why, CAPTURE_WHY, "cannot capture on %s: %s%s%.200s", iface,
			 pcap_statustostr(r), *more ? ": " : "", more);
		capture_close(c);
		return -1;
	}
	if (how->filter && *how->filter && capture_filter(c, how->filter, why) < 0) {
		capture_close(c);
		return -1;
	}
	*out = c;
	return 0;
}

/* Compiles the filter for packets of a link type. */
static int compile_filter(struct capture *c, int link, char why[CAPTURE_WHY])
{
	pcap_t *p = pcap_open_dead(link, LIVE_SNAPLEN);
	int r = -1;

	if (c->program_link >= 0)
		pcap_freecode(&c->program);
	c->program_link = -1;
	if (p)
		r = pcap_compile(p, &c->program, c->filter, 1, PCAP_NETMASK_UNKNOWN);
	if (r == 0)
		c->program_link = link;
	else
		snprintf(why, CAPTURE_WHY, "the capture filter \"%s\" is wrong: %.160s", c->filter,
			 p ? pcap_geterr(p) : "out of memory");
	if (p)
		pcap_close(p);
	return r == 0 ? 0 : -1;
}

int capture_filter(struct capture *c, const char *filter, char why[CAPTURE_WHY])
{
	int link = c->pcap ? pcap_datalink(c->pcap) : DLT_EN10MB;

	free(c->filter);
	c->filter = strdup(filter);
	if (!c->filter) {
		snprintf(why, CAPTURE_WHY, "out of memory");
		return -1;
	}
	if (compile_filter(c, link, why) < 0)
		return -1;
	if (c->live && pcap_setfilter(c->pcap, &c->program) < 0) {
		snprintf(why, CAPTURE_WHY, "the capture filter \"%s\" cannot be set: %.160s",
			 filter, pcap_geterr(c->pcap));
		return -1;
	}
	return 0;
}

/* Waits a moment for packets: libpcap's own time-out does not run before the first packet. */
static void wait_live(struct capture *c)
{
	struct pollfd p = {.fd = pcap_get_selectable_fd(c->pcap), .events = POLLIN};

	poll(&p, p.fd < 0 ? 0 : 1, LIVE_WAIT_MS);
}

/* Makes a frame of what libpcap hands out. */
static enum capture_next next_of_pcap(struct capture *c, struct frame *f)
{
	struct pcap_pkthdr *h;
	const u_char *bytes;
	int r = pcap_next_ex(c->pcap, &h, &bytes);

	if (r == 0 && c->live) {
		wait_live(c);
		r = pcap_next_ex(c->pcap, &h, &bytes);
	}
	if (r == 0)
		return CAPTURE_IDLE;
	if (r == PCAP_ERROR_BREAK)
		return CAPTURE_END;
	if (r != 1) {
		snprintf(c->fault, sizeof(c->fault), "%.300s", pcap_geterr(c->pcap));
		return CAPTURE_FAULT;
	}
	f->origin.ns = (uint64_t)h->ts.tv_sec * 1000000000u + (uint64_t)h->ts.tv_usec;
	f->bytes = bytes;
	f->n = h->caplen;
	f->wire = h->len;
	f->link = pcap_datalink(c->pcap);
	f->iface = 0;
	return CAPTURE_FRAME;
}

/* Returns whether the filter takes f; files only, a live filter works in the kernel. */
static bool passes_filter(struct capture *c, const struct frame *f)
{
	struct pcap_pkthdr h = {.caplen = f->n, .len = f->wire};

	if (!c->filter || c->live)
		return true;
	if (c->program_link != f->link && compile_filter(c, f->link, c->fault) < 0) {
		c->fault[0] = 0; /* a link type this filter has no meaning for */
		return false;
	}
	return pcap_offline_filter(&c->program, &h, f->bytes) != 0;
}

enum capture_next capture_next(struct capture *c, struct frame *f)
{
	enum capture_next got = CAPTURE_END;

	while (!c->ended && !c->stopped) {
		got = c->ng ? pcapng_next(c->ng, f) : next_of_pcap(c, f);
		if (got != CAPTURE_FRAME)
			break;
		if (passes_filter(c, f)) {
			f->origin.frame = ++c->stats.frames + c->stats.skipped;
			c->stats.bytes += f->n;
			return got;
		}
		c->stats.skipped++;
	}
	if (c->stopped)
		return CAPTURE_END;
	if (got == CAPTURE_FAULT && c->ng)
		snprintf(c->fault, sizeof(c->fault), "%s", pcapng_fault(c->ng));
	if (got == CAPTURE_END && c->source && source_fault(c->source)) {
		snprintf(c->fault, sizeof(c->fault), "%s", source_fault(c->source));
		got = CAPTURE_FAULT;
	}
	if (got == CAPTURE_END || got == CAPTURE_FAULT)
		c->ended = true;
	return got;
}

struct view capture_secrets(const struct capture *c)
{
	return c->ng ? pcapng_secrets(c->ng) : (struct view){NULL, 0};
}

bool capture_may_hold_secrets(const struct capture *c)
{
	return c->ng != NULL;
}

const char *capture_fault(const struct capture *c)
{
	return c->fault;
}

void capture_stop(struct capture *c)
{
	c->stopped = 1;
	if (c->live)
		pcap_breakloop(c->pcap);
}

void capture_stats(struct capture *c, struct capture_stats *out)
{
	struct pcap_stat st;

	*out = c->stats;
	if (c->source)
		source_progress(c->source, &out->done, &out->total);
	if (c->live && pcap_stats(c->pcap, &st) == 0)
		out->dropped = (uint64_t)st.ps_drop + st.ps_ifdrop;
}
