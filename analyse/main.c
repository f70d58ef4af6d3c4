/* SPDX-License-Identifier: MIT */
/* sstpdump: reads a capture, decrypts, dissects, filters and prints. The work is in the rooms. */
#include "analyse/filter/filter.h"
#include "analyse/frames.h"
#include "analyse/options.h"
#include "analyse/progress.h"
#include "analyse/report.h"
#include "analyse/tls_keys.h"
#include "lib/base/secret.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_BPF "tcp port 443"
#define RADIUS_BPF  "tcp port 443 or udp port 1812"
#define ERROR_TEXT  1024
#define OUT_BUFFER  (64u << 10)

struct program {
	struct options options;
	struct filter *filter; /* NULL: every packet */
	struct field_set wanted;
	struct tls_keys *keys;
	struct capture *capture;
	struct frames *frames;
	struct flow *flow;
	struct call_secrets *secrets;
	struct report *report;
	struct save *save; /* NULL: nothing is written */
	uint64_t shown;
	bool failed; /* standard output cannot be written any more */
};

static struct capture *interrupted; /* what a signal stops */

static void on_signal(int number)
{
	(void)number;
	if (interrupted)
		capture_stop(interrupted); /* NOLINT(bugprone-signal-handler): sets flags only */
}

static int complain(const char *why)
{
	fprintf(stderr, "sstpdump: %s\n", why);
	return EXIT_INPUT;
}

static int compile_filter(struct program *p)
{
	struct filter_error err;
	char text[ERROR_TEXT];

	if (!p->options.filter || !filter_compile(&p->filter, p->options.filter, &err))
		return -1;
	filter_error_text(&err, p->options.filter, text, sizeof(text));
	fprintf(stderr, "sstpdump: %s\n", text);
	return EXIT_USAGE;
}

/* Reads the password of key files from --pass-file; NULL when there is none. Wiped by the caller.
 */
static char *read_password(struct program *p)
{
	FILE *in = p->options.pass_file ? fopen(p->options.pass_file, "re") : NULL;
	char *line = NULL;
	size_t room = 0;

	if (!in)
		return NULL;
	if (getline(&line, &room, in) < 0) {
		free(line);
		line = NULL;
	}
	fclose(in);
	if (line)
		line[strcspn(line, "\r\n")] = '\0';
	return line;
}

/* Loads a key file, asking for its password when it has one and none was given. */
static int load_key(struct program *p, const char *arg, bool pfx)
{
	char *spec = strdup(arg), why[TLS_KEYS_WHY] = "";
	char *kept = read_password(p);
	enum tls_load result = TLS_LOAD_FAILED;
	char *password;

	if (!spec)
		return complain("there is no memory");
	password = tls_keys_split(spec);
	if (!password)
		password = kept;
	for (unsigned try = 0; try < 2; try++) {
		result = pfx ? tls_keys_load_pfx(p->keys, spec, password, why)
			     : tls_keys_load_key(p->keys, spec, password, why);
		if (result != TLS_LOAD_PASSWORD || password || !isatty(STDIN_FILENO))
			break;
		password = getpass("Password of the key file: ");
	}
	if (result != TLS_LOAD_OK)
		fprintf(stderr, "sstpdump: %s\n", why);
	if (kept)
		wipe(kept, strlen(kept));
	free(kept);
	wipe(spec, strlen(spec));
	free(spec);
	return result == TLS_LOAD_OK ? -1 : EXIT_USAGE;
}

static int load_keys(struct program *p)
{
	const struct options *o = &p->options;
	char why[TLS_KEYS_WHY];
	int result = -1;

	if (o->pass_file && access(o->pass_file, R_OK)) {
		fprintf(stderr, "sstpdump: --pass-file: cannot read %s: %s\n", o->pass_file,
			strerror(errno));
		return EXIT_USAGE;
	}

	p->keys = tls_keys_new();
	if (!p->keys)
		return complain("OpenSSL cannot be used");
	for (unsigned i = 0; i < o->n_pfx && result < 0; i++)
		result = load_key(p, o->pfx[i], true);
	for (unsigned i = 0; i < o->n_key && result < 0; i++)
		result = load_key(p, o->key[i], false);
	for (unsigned i = 0; i < o->n_keylog && result < 0; i++)
		if (tls_keys_load_log(p->keys, o->keylog[i], o->iface != NULL, why)) {
			fprintf(stderr, "sstpdump: %s\n", why);
			result = EXIT_USAGE;
		}
	return result;
}

static int load_secrets(struct program *p)
{
	static const struct {
		const char *option;
		int (*add)(struct call_secrets *, const char *, char *);
	} kinds[] = {
		[SECRET_PASSWORD] = {"--password", call_secrets_password},
		[SECRET_NT_HASH] = {"--nt-hash", call_secrets_nt_hash},
		[SECRET_MSK] = {"--msk", call_secrets_msk},
		[SECRET_RADIUS] = {"--radius", call_secrets_radius},
	};
	char why[SECRETS_WHY];

	p->secrets = call_secrets_new();
	if (!p->secrets)
		return complain("there is no memory");
	for (unsigned i = 0; i < p->options.n_secret; i++) {
		const struct options_given *s = &p->options.secret[i];

		if (!kinds[s->kind].add(p->secrets, s->text, why))
			continue;
		fprintf(stderr, "sstpdump: %s: %s\n", kinds[s->kind].option, why);
		return EXIT_USAGE;
	}
	return -1;
}

/* Returns the capture filter of a live capture for which none was given. */
static const char *default_bpf(const struct options *o)
{
	for (unsigned i = 0; i < o->n_secret; i++)
		if (o->secret[i].kind == SECRET_RADIUS)
			return RADIUS_BPF;
	return DEFAULT_BPF;
}

static int open_capture(struct program *p)
{
	const struct options *o = &p->options;
	const char *bpf = o->iface && !*o->bpf ? default_bpf(o) : o->bpf;
	char why[CAPTURE_WHY];
	struct capture_live live = {.filter = bpf, .promiscuous = true};

	if (o->iface ? capture_open_live(&p->capture, o->iface, &live, why)
		     : capture_open(&p->capture, o->read, why))
		return complain(why);
	if (o->read && *bpf && capture_filter(p->capture, bpf, why)) {
		fprintf(stderr, "sstpdump: %s\n", why);
		return EXIT_USAGE;
	}
	return -1;
}

static void print_frame(struct program *p, const struct dissect *d,
			const struct flow_packet *packet)
{
	const struct options *o = &p->options;

	switch (o->form) {
	case FORM_JSON:
		print_json(stdout, d, packet);
		return;
	case FORM_FIELDS:
		print_fields_line(stdout, &o->fields, d);
		return;
	case FORM_TEXT:
		break;
	}
	if (o->tree)
		print_tree(stdout, d, o->offsets);
	else
		print_summary(stdout, d, packet, o->color);
	if (o->hex)
		print_hex(stdout, d);
}

static void on_frame(void *ctx, struct dissect *d, const struct flow_packet *packet)
{
	struct program *p = ctx;
	bool taken = true;

	report_packet(p->report, packet);
	if (p->filter && (!p->options.quiet || p->save))
		taken = filter_match(p->filter, &d->tree);
	save_frame(p->save, packet->headers->frame, taken);
	if (p->options.quiet || !taken)
		return;
	p->shown++;
	dissect_displayed(d);
	print_frame(p, d, packet);
	if (p->options.iface)
		fflush(stdout);
	if (ferror(stdout)) {
		p->failed = true;
		capture_stop(p->capture);
	}
}

/* What frames.h tells of connections goes to the report. */
static void on_opened(void *ctx, struct flow_conn *c, void **mine)
{
	struct program *p = ctx;

	*mine = report_opened(p->report, c);
}

static void on_unit(void *ctx, struct dissect *d, struct flow_conn *c, const struct unit *u)
{
	struct program *p = ctx;

	report_unit(frames_mine(c), d, u);
	save_unit(p->save, u);
}

static int make_report(struct program *p)
{
	const struct options *o = &p->options;
	struct report_config config = {
		.calls = o->calls,
		.json = o->form == FORM_JSON,
		.ladder = o->ladder,
		.expert = o->expert,
		.least = o->least,
		.html = o->html,
		.secrets = p->secrets,
		.wanted = (o->tree || o->form == FORM_JSON) && !o->quiet ? NULL : &p->wanted,
	};
	char why[REPORT_WHY];

	return report_new(&p->report, &config, stdout, why) ? complain(why) : -1;
}

static int open_save(struct program *p)
{
	const struct options *o = &p->options;
	char why[WRITER_WHY];

	if (!o->write || !save_open(&p->save, o->write, o->what, &o->ring, why))
		return -1;
	return complain(why);
}

static int make_rooms(struct program *p)
{
	const struct options *o = &p->options;
	bool tree = (o->tree || o->form == FORM_JSON) && !o->quiet;
	struct frames_config config = {
		.wanted = tree ? NULL : &p->wanted,
		.lines = o->form != FORM_FIELDS && !o->quiet,
		.ctx = p,
		.frame = on_frame,
		.opened = on_opened,
		.unit = on_unit,
	};
	struct flow_config how = {.more_keys =
					  o->iface != NULL || capture_may_hold_secrets(p->capture)};

	if (p->filter)
		filter_fields(p->filter, &p->wanted);
	if (o->form == FORM_FIELDS)
		print_fields_wanted(&o->fields, &p->wanted);
	report_listen(&config);
	p->frames = frames_new(&config);
	p->flow = p->frames ? flow_new(p->keys, &how, frames_sink(), p->frames) : NULL;
	return p->flow ? make_report(p) : complain("there is no memory");
}

static void run(struct program *p)
{
	const struct options *o = &p->options;
	time_t end = o->duration ? time(NULL) + (time_t)o->duration : 0;
	enum capture_next got;
	struct progress bar;
	struct frame frame;
	uint64_t n = 0;

	progress_init(&bar, o->read && (o->quiet || !isatty(STDOUT_FILENO)));
	interrupted = p->capture;
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	while ((got = capture_next(p->capture, &frame)) > CAPTURE_END) {
		if (got == CAPTURE_FRAME) {
			flow_frame(p->flow, &frame);
			progress_step(&bar, p->capture);
			n++;
		} else if (got == CAPTURE_SECRETS) {
			flow_secrets(p->flow, capture_secrets(p->capture));
		} else {
			flow_idle(p->flow);
			save_flush(p->save);
		}
		if ((o->count && n >= o->count) || (end && time(NULL) >= end))
			break;
	}
	interrupted = NULL;
	progress_end(&bar);
	flow_finish(p->flow);
}

/* Says how a live capture ended. */
static void print_end(const struct program *p)
{
	struct capture_stats stats;

	capture_stats(p->capture, &stats);
	fprintf(stderr, "%llu packets captured, %llu shown, %llu dropped by the kernel\n",
		(unsigned long long)stats.frames, (unsigned long long)p->shown,
		(unsigned long long)stats.dropped);
}

/* Ends the file of -w. */
static int close_save(struct program *p, char why[REPORT_WHY])
{
	struct save *s = p->save;

	p->save = NULL;
	return save_close(s, why);
}

static int work(struct program *p)
{
	int result = compile_filter(p);
	char why[REPORT_WHY];

	if (result < 0)
		result = load_secrets(p);
	if (result < 0)
		result = load_keys(p);
	if (result < 0)
		result = open_capture(p);
	if (result < 0)
		result = open_save(p);
	if (result < 0)
		result = make_rooms(p);
	if (result >= 0)
		return result;
	if (p->options.form == FORM_FIELDS)
		print_fields_head(stdout, &p->options.fields);
	if (p->options.iface)
		fprintf(stderr, "Capturing on %s\n", p->options.iface);
	run(p);
	if (p->options.iface)
		print_end(p);
	if (report_end(p->report, why) || close_save(p, why))
		return complain(why);
	if (*capture_fault(p->capture))
		return complain(capture_fault(p->capture));
	if (fflush(stdout) || p->failed)
		return errno == EPIPE ? EXIT_CLEAN : complain("cannot write to standard output");
	return report_findings(p->report) ? EXIT_FINDINGS : EXIT_CLEAN;
}

int main(int argc, char **argv)
{
	static struct program p;
	char why[WRITER_WHY];
	int result = options_read(&p.options, argc, argv);

	if (result >= 0)
		return result;
	signal(SIGPIPE, SIG_IGN);
	if (!isatty(STDOUT_FILENO))
		setvbuf(stdout, NULL, _IOFBF, OUT_BUFFER);
	if (p.options.list) {
		if (!strcmp(p.options.list, "fields"))
			print_list(stdout);
		else
			print_values(stdout);
		return fflush(stdout) ? EXIT_INPUT : EXIT_CLEAN;
	}
	result = work(&p);
	flow_free(p.flow);
	frames_free(p.frames);
	report_free(p.report);
	save_close(p.save, why);
	call_secrets_free(p.secrets);
	capture_close(p.capture);
	tls_keys_free(p.keys);
	filter_free(p.filter);
	return result;
}
