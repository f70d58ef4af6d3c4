/* SPDX-License-Identifier: MIT */
/* The command line of sstpdump. */
#include "analyse/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum long_only {
	OPT_PFX = 256,
	OPT_KEY,
	OPT_KEYLOG,
	OPT_COLOR,
	OPT_OFFSETS,
	OPT_CALLS,
	OPT_LADDER,
	OPT_HTML,
	OPT_EXPERT,
	OPT_VERSION,
	OPT_PASS_FILE,
	OPT_RAW,
	OPT_PPP,
	OPT_INNER,
	OPT_SECRETS, /* and enum options_secret from here on */
};

static const char help[] =
	"Usage: sstpdump [options] [capture filter]\n"
	"Shows what is inside of SSTP calls.\n"
	"\n"
	"Input:\n"
	"  -r FILE              read a pcap or pcapng file, also gzip; - for standard input\n"
	"  -i INTERFACE         capture live; the capture filter is \"tcp port 443\" unless given\n"
	"  -c N                 stop after N packets\n"
	"  -a duration:SECONDS  stop after so long\n"
	"  -w FILE              write pcapng instead of showing packets: of a live capture the "
	"packets\n"
	"                       themselves, of a file the decrypted PPP frames\n"
	"  --raw, --ppp, --inner  write the packets, the PPP frames, the inner IP packets\n"
	"  -b filesize:KB|duration:SECONDS|files:N  with -w, a ring of files\n"
	"  -P                   with -w, show the packets too\n"
	"Decryption:\n"
	"  --pfx FILE[:PASSWORD]  PKCS#12 file with the server's key\n"
	"  --key FILE             the server's key, PEM\n"
	"  --keylog FILE          TLS key log (SSLKEYLOGFILE), read while it grows\n"
	"  --pass-file FILE       the password of key files is the first line of FILE\n"
	"Crypto binding:\n"
	"  --password USER:PASSWORD  check compound MACs of MS-CHAPv2 calls; no USER: of anybody\n"
	"  --nt-hash USER:HASH       the same with the NT hash, 32 hex digits\n"
	"  --msk HEX                 check them with an EAP master session key\n"
	"  --radius SECRET           check them with the keys of RADIUS in the capture\n"
	"Calls:\n"
	"  --calls              one block a call; with -T json one object a line\n"
	"  --ladder             draw each call as a ladder\n"
	"  --html FILE          write a page with all calls\n"
	"  --expert[=SEVERITY]  list findings of severity note, warning (default) or error and up\n"
	"Output:\n"
	"  -Y FILTER            show only packets that the display filter takes\n"
	"  -V                   show the whole tree of each packet\n"
	"  --offsets            with -V, where each field's bytes stand\n"
	"  -x                   show the bytes, the decrypted ones too\n"
	"  -T text|json|fields  form of the output\n"
	"  -e FIELD             with -T fields, a field to show; any number of times\n"
	"  -E NAME=VALUE        with -T fields: header, bom, separator, aggregator, occurrence,\n"
	"                       quote, escape\n"
	"  --color[=never]      colours; the default is to use them on a terminal\n"
	"  -q                   show no packets\n"
	"  -G fields|values     list all fields, or the names of their values\n"
	"  -h, --help           show this\n"
	"  --version            show the version\n"
	"\n"
	"Exit status: 0 nothing found, 1 findings of severity warning (or that of --expert) and\n"
	"up, 2 wrong usage, 3 the capture cannot be read.\n";

static const struct option longs[] = {
	{"pfx", required_argument, NULL, OPT_PFX},
	{"key", required_argument, NULL, OPT_KEY},
	{"keylog", required_argument, NULL, OPT_KEYLOG},
	{"color", optional_argument, NULL, OPT_COLOR},
	{"offsets", no_argument, NULL, OPT_OFFSETS},
	{"calls", no_argument, NULL, OPT_CALLS},
	{"ladder", no_argument, NULL, OPT_LADDER},
	{"html", required_argument, NULL, OPT_HTML},
	{"expert", optional_argument, NULL, OPT_EXPERT},
	{"password", required_argument, NULL, OPT_SECRETS + SECRET_PASSWORD},
	{"nt-hash", required_argument, NULL, OPT_SECRETS + SECRET_NT_HASH},
	{"msk", required_argument, NULL, OPT_SECRETS + SECRET_MSK},
	{"radius", required_argument, NULL, OPT_SECRETS + SECRET_RADIUS},
	{"pass-file", required_argument, NULL, OPT_PASS_FILE},
	{"raw", no_argument, NULL, OPT_RAW},
	{"ppp", no_argument, NULL, OPT_PPP},
	{"inner", no_argument, NULL, OPT_INNER},
	{"version", no_argument, NULL, OPT_VERSION},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int fail(const char *what, const char *value)
{
	fprintf(stderr, "sstpdump: %s: %s\nTry sstpdump --help.\n", what, value);
	return EXIT_USAGE;
}

/* Reads a whole number; false when it is none. */
static bool read_number(const char *s, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(s, &end, 10);
	return *s >= '0' && *s <= '9' && !*end && !errno;
}

static int read_form(struct options *o, const char *s)
{
	static const char *const names[] = {"text", "json", "fields"};

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(s, names[i]))
			continue;
		o->form = (enum options_form)i;
		return -1;
	}
	return fail("-T takes text, json or fields, not", s);
}

static int add_key(const char **list, unsigned *n, const char *s)
{
	if (*n == OPTIONS_KEYS_MAX)
		return fail("too many keys, the one too many is", s);
	list[(*n)++] = s;
	return -1;
}

static int read_severity(struct options *o, const char *s)
{
	o->expert = true;
	for (int i = 0; s && i < SEVERITIES; i++) {
		if (strcmp(s, severity_name((enum severity)i)))
			continue;
		o->least = (enum severity)i;
		return -1;
	}
	return s ? fail("--expert takes note, warning or error, not", s) : -1;
}

static int add_secret(struct options *o, enum options_secret kind, const char *text)
{
	if (o->n_secret == OPTIONS_KEYS_MAX)
		return fail("too many secrets", "at most 16 are taken");
	o->secret[o->n_secret++] = (struct options_given){kind, text};
	return -1;
}

/* Takes -b. */
static int read_ring(struct options *o, const char *s)
{
	uint64_t n = 0;
	const char *colon = strchr(s, ':');

	if (!colon || !read_number(colon + 1, &n) || !n)
		return fail("-b takes filesize:KB, duration:SECONDS or files:N, not", s);
	if (!strncmp(s, "filesize:", 9) && n <= UINT64_MAX / 1000)
		o->ring.bytes = n * 1000;
	else if (!strncmp(s, "duration:", 9))
		o->ring.seconds = n;
	else if (!strncmp(s, "files:", 6) && n <= 100000)
		o->ring.files = (unsigned)n;
	else
		return fail("-b takes filesize:KB, duration:SECONDS or files:N, not", s);
	return -1;
}

static int set_what(struct options *o, enum save_what what)
{
	o->what = what;
	o->what_set = true;
	return -1;
}

/* Takes one option about calls or files; -1 to go on. */
static int take_call(struct options *o, int opt, const char *arg)
{
	switch (opt) {
	case OPT_CALLS:
		o->calls = true;
		return -1;
	case OPT_LADDER:
		o->ladder = true;
		return -1;
	case OPT_HTML:
		o->html = arg;
		return -1;
	case OPT_EXPERT:
		return read_severity(o, arg);
	case 'w':
		o->write = arg;
		return -1;
	case 'b':
		return read_ring(o, arg);
	case 'P':
		o->show = true;
		return -1;
	case OPT_RAW:
		return set_what(o, SAVE_RAW);
	case OPT_PPP:
		return set_what(o, SAVE_PPP);
	case OPT_INNER:
		return set_what(o, SAVE_INNER);
	case OPT_PASS_FILE:
		o->pass_file = arg;
		return -1;
	case OPT_VERSION:
		puts("sstpdump " PROGRAM_VERSION);
		return EXIT_CLEAN;
	default:
		break;
	}
	if (opt >= OPT_SECRETS)
		return add_secret(o, (enum options_secret)(opt - OPT_SECRETS), arg);
	fputs("Try sstpdump --help.\n", stderr);
	return EXIT_USAGE;
}

/* Takes one option; -1 to go on. */
static int take(struct options *o, int opt, const char *arg)
{
	switch (opt) {
	case 'r':
		o->read = arg;
		return -1;
	case 'i':
		o->iface = arg;
		return -1;
	case 'Y':
		o->filter = arg;
		o->packets = true;
		return -1;
	case 'c':
		return read_number(arg, &o->count) ? -1 : fail("-c takes a number, not", arg);
	case 'a':
		return !strncmp(arg, "duration:", 9) && read_number(arg + 9, &o->duration)
			       ? -1
			       : fail("-a takes duration:SECONDS, not", arg);
	case 'V':
		o->tree = o->packets = true;
		return -1;
	case 'x':
		o->hex = o->packets = true;
		return -1;
	case 'q':
		o->quiet = true;
		return -1;
	case 'T':
		return read_form(o, arg);
	case 'e':
		return print_fields_add(&o->fields, arg) ? fail("there is no field", arg) : -1;
	case 'E':
		return print_fields_option(&o->fields, arg) ? fail("there is no -E option", arg)
							    : -1;
	case 'G':
		o->list = arg;
		return strcmp(arg, "fields") && strcmp(arg, "values")
			       ? fail("-G takes fields or values, not", arg)
			       : -1;
	case OPT_PFX:
		return add_key(o->pfx, &o->n_pfx, arg);
	case OPT_KEY:
		return add_key(o->key, &o->n_key, arg);
	case OPT_KEYLOG:
		return add_key(o->keylog, &o->n_keylog, arg);
	case OPT_COLOR:
		o->color = !arg || strcmp(arg, "never");
		return -1;
	case OPT_OFFSETS:
		o->offsets = true;
		return -1;
	case 'h':
		fputs(help, stdout);
		return EXIT_CLEAN;
	default:
		return take_call(o, opt, arg);
	}
}

/* Puts the words behind the options together: the capture filter. */
static int read_bpf(struct options *o, int argc, char **argv)
{
	size_t used = 0;

	for (int i = 0; i < argc; i++) {
		int n = snprintf(o->bpf + used, sizeof(o->bpf) - used, "%s%s", used ? " " : "",
				 argv[i]);

		if (n < 0 || (size_t)n >= sizeof(o->bpf) - used)
			return fail("the capture filter is too long, at", argv[i]);
		used += (size_t)n;
	}
	return -1;
}

/* Sets what options say together; -1 when they fit. */
static int settle(struct options *o)
{
	if (!o->read == !o->iface) {
		fputs("sstpdump: say what to read: -r FILE or -i INTERFACE\n"
		      "Try sstpdump --help.\n",
		      stderr);
		return EXIT_USAGE;
	}
	if ((o->calls || o->ladder || o->expert || o->html) && !o->packets)
		o->quiet = true;
	if (o->write && !o->show && !o->tree && !o->hex)
		o->quiet = true;
	if (!o->what_set)
		o->what = o->iface ? SAVE_RAW : SAVE_PPP;
	if (o->what_set && !o->write)
		return fail("--raw, --ppp and --inner say what is written to", "-w FILE");
	if ((o->ring.bytes || o->ring.seconds || o->ring.files) && !o->write)
		return fail("-b makes a ring of the files of", "-w FILE");
	if (o->ring.files && !o->ring.bytes && !o->ring.seconds)
		return fail("-b files:N needs to know when a file is full", "-b filesize:KB");
	if (o->form == FORM_FIELDS && !o->fields.n)
		return fail("-T fields needs fields to show", "-e FIELD");
	if (o->form != FORM_FIELDS && o->fields.n)
		return fail("-e shows fields only with", "-T fields");
	return -1;
}

int options_read(struct options *o, int argc, char **argv)
{
	int opt, result = -1;

	*o = (struct options){.color = isatty(STDOUT_FILENO) == 1, .least = SEVERITY_WARNING};
	print_fields_init(&o->fields);
	while (result < 0 &&
	       (opt = getopt_long(argc, argv, "r:i:w:b:PY:c:a:VxqT:e:E:G:h", longs, NULL)) != -1)
		result = take(o, opt, optarg);
	if (result >= 0)
		return result;
	result = read_bpf(o, argc - optind, argv + optind);
	return result >= 0 || o->list ? result : settle(o);
}
