/* SPDX-License-Identifier: MIT */
/* The pictures of --html as inline SVG: phases on a time axis, ladder, throughput. */
#include "analyse/print_call.h"

#include <string.h>

#define WIDTH      960
#define NAMES      120 /* columns left of the axis for names */
#define ROW        22
#define TICKS      6
#define LEFT       230 /* the client's line in the ladder */
#define RIGHT      900 /* the server's */
#define STEP       20
#define AXIS       165 /* the ladder's time axis */
#define TEXT_SHOWN 96
#define PLOT       160 /* height of the curves */

static void open_svg(FILE *out, const char *class, unsigned height, const char *title)
{
	fprintf(out,
		"<svg class=\"%s\" viewBox=\"0 0 %d %u\" width=\"%d\" height=\"%u\" role=\"img\">"
		"<title>%s</title>\n",
		class, WIDTH, height, WIDTH, height, title);
}

/* Writes the time axis: a line with ticks from 0 to `all`. */
static void put_axis(FILE *out, unsigned y, uint64_t all)
{
	fprintf(out, "<line x1=\"%d\" y1=\"%u\" x2=\"%d\" y2=\"%u\" stroke=\"#8c959f\"/>\n", NAMES,
		y, WIDTH - 20, y);
	for (unsigned i = 0; i <= TICKS; i++) {
		unsigned x = NAMES + (unsigned)(WIDTH - 20 - NAMES) * i / TICKS;

		fprintf(out,
			"<line x1=\"%u\" y1=\"%u\" x2=\"%u\" y2=\"%u\" stroke=\"#8c959f\"/>"
			"<text x=\"%u\" y=\"%u\" text-anchor=\"middle\">%.3f s</text>\n",
			x, y, x, y + 4, x, y + 18, (double)all * i / TICKS / 1e9);
	}
}

/* Returns where a time is on the axis. */
static double place(uint64_t ns, uint64_t all)
{
	return all ? (double)(WIDTH - 20 - NAMES) * (double)ns / (double)all : 0;
}

void print_svg_phases(FILE *out, const struct call *c)
{
	uint64_t all = call_since(c, c->last.ns);
	unsigned rows = 0;
	unsigned y = 4;

	for (int p = 0; p < CALL_PHASES; p++)
		rows += c->phase[p].begin.frame != 0;
	open_svg(out, "phases", rows * ROW + 34, "phases of the call on a time axis");
	for (int p = 0; p < CALL_PHASES; p++) {
		const struct call_span *s = &c->phase[p];
		double from = place(call_since(c, s->begin.ns), all);
		double to = place(call_since(c, s->end.frame ? s->end.ns : c->last.ns), all);

		if (!s->begin.frame)
			continue;
		fprintf(out,
			"<text x=\"%d\" y=\"%u\" text-anchor=\"end\">%s</text>"
			"<rect x=\"%.2f\" y=\"%u\" width=\"%.2f\" height=\"%d\" fill=\"%s\"/>\n",
			NAMES - 8, y + 14, call_phase_name((enum call_phase)p), NAMES + from, y,
			to - from > 2 ? to - from : 2, ROW - 6,
			s->end.frame ? "#218bff" : "#cf222e");
		y += ROW;
	}
	put_axis(out, y + 6, all);
	fputs("</svg>\n", out);
}

/* Returns how far below the step before a step stands: the further, the more time lies between. */
static unsigned gap(uint64_t before, uint64_t now)
{
	uint64_t ms = now > before ? (now - before) / 1000000 : 0;
	unsigned more = 0;

	for (; ms >= 10; ms /= 10)
		more += 8;
	return STEP + more;
}

/* Returns the worst thing that was found in a packet; NULL: nothing but notes. */
static const struct finding *find_fault(const struct call *c, uint64_t frame)
{
	const struct finding *worst = NULL;

	for (size_t i = 0; i < c->n_findings; i++) {
		const struct finding *f = &c->findings[i];

		if (f->at.frame == frame && f->severity > SEVERITY_NOTE &&
		    (!worst || f->severity > worst->severity))
			worst = f;
	}
	return worst;
}

/* Marks a step whose packet has a finding. */
static void put_mark(FILE *out, const struct call *c, const struct call_step *s, unsigned y)
{
	const struct finding *f = s->kind == STEP_DATA ? NULL : find_fault(c, s->at.frame);

	if (!f)
		return;
	fprintf(out, "<circle class=\"mark\" cx=\"%d\" cy=\"%u\" r=\"5\" fill=\"%s\"><title>",
		LEFT - 22, y, f->severity == SEVERITY_ERROR ? "#cf222e" : "#bf8700");
	print_html_text(out, f->text ? f->text : "");
	fputs("</title></circle>\n", out);
}

/* Writes what stands on a step's arrow. */
static void put_words(FILE *out, const struct call_step *s, unsigned y)
{
	char room[TEXT_SHOWN + 4];

	if (s->kind == STEP_DATA)
		snprintf(room, sizeof(room), "IP: %llu packets, %llu bytes up; %llu, %llu down",
			 (unsigned long long)s->count[WAY_TO_SERVER],
			 (unsigned long long)s->bytes[WAY_TO_SERVER],
			 (unsigned long long)s->count[WAY_TO_CLIENT],
			 (unsigned long long)s->bytes[WAY_TO_CLIENT]);
	else
		snprintf(room, sizeof(room), "%.*s%s", TEXT_SHOWN, s->text ? s->text : "",
			 s->text && strlen(s->text) > TEXT_SHOWN ? "..." : "");
	fprintf(out, "<text class=\"step\" x=\"%d\" y=\"%u\" text-anchor=\"middle\">",
		(LEFT + RIGHT) / 2, y - 3);
	print_html_text(out, room);
	fputs("</text>\n", out);
}

static void put_step(FILE *out, const struct call *c, const struct call_step *s, unsigned y)
{
	static const char *const colours[] = {
		[STEP_TCP] = "#6e7781",  [STEP_TLS] = "#6e7781",      [STEP_HTTP] = "#8250df",
		[STEP_SSTP] = "#0969da", [STEP_PPP] = "#1a7f37",      [STEP_DATA] = "#9a6700",
		[STEP_NOTE] = "#cf222e", [STEP_LEFT_OUT] = "#cf222e",
	};
	bool up = s->way == WAY_TO_SERVER;

	fprintf(out,
		"<text x=\"84\" y=\"%u\" text-anchor=\"end\">%s</text><text x=\"150\" y=\"%u\" "
		"text-anchor=\"end\">%llu</text>"
		"<line x1=\"%d\" y1=\"%u\" x2=\"%d\" y2=\"%u\" stroke=\"#8c959f\"/>",
		y + 4, call_seconds_text(call_since(c, s->at.ns)), y + 4,
		(unsigned long long)s->at.frame, AXIS, y, AXIS + 8, y);
	fprintf(out,
		"<g stroke=\"%s\"><line x1=\"%d\" y1=\"%u\" x2=\"%d\" y2=\"%u\"%s/>"
		"<path d=\"M%d %u l%d -4 m%d 4 l%d 4\" fill=\"none\"/></g>",
		colours[s->kind], LEFT, y, RIGHT, y,
		s->kind == STEP_NOTE ? " stroke-dasharray=\"3 5\"" : "", up ? RIGHT : LEFT, y,
		up ? -8 : 8, up ? 8 : -8, up ? -8 : 8);
	put_words(out, s, y);
	put_mark(out, c, s, y);
}

/* Draws the two sides and the time axis, `height` long. */
static void put_poles(FILE *out, unsigned height)
{
	static const struct {
		int x, text;
		const char *name;
	} poles[] = {{AXIS, 84, "seconds"}, {LEFT, LEFT, "client"}, {RIGHT, RIGHT, "server"}};

	fputs("<text x=\"150\" y=\"16\" text-anchor=\"end\">packet</text>\n", out);
	for (size_t i = 0; i < sizeof(poles) / sizeof(poles[0]); i++)
		fprintf(out,
			"<text x=\"%d\" y=\"16\" text-anchor=\"%s\">%s</text>"
			"<line x1=\"%d\" y1=\"24\" x2=\"%d\" y2=\"%u\" stroke=\"#8c959f\"/>\n",
			poles[i].text, i ? "middle" : "end", poles[i].name, poles[i].x, poles[i].x,
			height);
}

void print_svg_ladder(FILE *out, const struct call *c)
{
	const struct call_step *s;
	uint64_t before = c->first.ns;
	unsigned y = 30;

	for (size_t i = 0; (s = call_step_at(c, i)); i++) {
		y += gap(before, s->at.ns);
		before = s->at.ns;
	}
	open_svg(out, "ladder", y + 20, "the messages of the call in order, time going down");
	put_poles(out, y + 10);
	before = c->first.ns;
	y = 30;
	for (size_t i = 0; (s = call_step_at(c, i)); i++) {
		y += gap(before, s->at.ns);
		before = s->at.ns;
		put_step(out, c, s, y);
	}
	fputs("</svg>\n", out);
	if (c->steps.left_out)
		fprintf(out, "<p>%llu steps in the middle are left out.</p>\n",
			(unsigned long long)c->steps.left_out);
}

/* Draws one direction's curve. */
static void put_curve(FILE *out, const struct call_plot *p, size_t bins, enum way way,
		      uint64_t most, const char *colour)
{
	fprintf(out, "<polyline class=\"%s\" fill=\"none\" stroke=\"%s\" points=\"", call_who(way),
		colour);
	for (size_t i = 0; i < bins; i++)
		fprintf(out, "%.1f,%.1f ",
			NAMES + (double)(WIDTH - 20 - NAMES) * ((double)i + 0.5) / (double)bins,
			10 + PLOT - (double)PLOT * (double)p->bytes[i][way] / (double)most);
	fputs("\"/>\n", out);
}

void print_svg_plot(FILE *out, const struct call *c)
{
	const struct call_plot *p = c->plot;
	size_t bins = 1;
	uint64_t most = 1;

	for (size_t i = 0; i < CALL_BINS; i++)
		for (int w = 0; w < WAYS; w++) {
			if (p->bytes[i][w])
				bins = i + 1;
			if (p->bytes[i][w] > most)
				most = p->bytes[i][w];
		}
	open_svg(out, "throughput", PLOT + 50, "IP bytes a second, both ways");
	fprintf(out,
		"<text x=\"%d\" y=\"20\" text-anchor=\"end\">%.2f Mbit/s</text>"
		"<text x=\"%d\" y=\"%d\" text-anchor=\"end\">0</text>"
		"<text x=\"%d\" y=\"20\" fill=\"#0969da\">client to server</text>"
		"<text x=\"%d\" y=\"36\" fill=\"#bc4c00\">server to client</text>\n",
		NAMES - 8, (double)most * 8e3 / (double)p->width, NAMES - 8, 10 + PLOT, WIDTH - 140,
		WIDTH - 140);
	put_curve(out, p, bins, WAY_TO_SERVER, most, "#0969da");
	put_curve(out, p, bins, WAY_TO_CLIENT, most, "#bc4c00");
	put_axis(out, 12 + PLOT, p->width * bins);
	fputs("</svg>\n", out);
}
