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

static void put_step(FILE *out, const struct call *c, const struct call_step *s, unsigned y)
{
	static const char *const colours[] = {
		[STEP_TCP] = "#6e7781",  [STEP_TLS] = "#6e7781",      [STEP_HTTP] = "#8250df",
		[STEP_SSTP] = "#0969da", [STEP_PPP] = "#1a7f37",      [STEP_DATA] = "#9a6700",
		[STEP_NOTE] = "#cf222e", [STEP_LEFT_OUT] = "#cf222e",
	};
	bool up = s->way == WAY_TO_SERVER;
	int tip = up ? RIGHT : LEFT;
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
	fprintf(out,
		"<g stroke=\"%s\"><line x1=\"%d\" y1=\"%u\" x2=\"%d\" y2=\"%u\"%s/>"
		"<path d=\"M%d %u l%d -4 m%d 4 l%d 4\" fill=\"none\"/></g>"
		"<text x=\"8\" y=\"%u\">%s</text><text x=\"150\" y=\"%u\" "
		"text-anchor=\"end\">%llu</text>"
		"<text class=\"step\" x=\"%d\" y=\"%u\" text-anchor=\"middle\">",
		colours[s->kind], LEFT, y, RIGHT, y,
		s->kind == STEP_NOTE ? " stroke-dasharray=\"3 5\"" : "", tip, y, up ? -8 : 8,
		up ? 8 : -8, up ? -8 : 8, y + 4, call_seconds_text(call_since(c, s->at.ns)), y + 4,
		(unsigned long long)s->at.frame, (LEFT + RIGHT) / 2, y - 3);
	print_html_text(out, room);
	fputs("</text>\n", out);
}

void print_svg_ladder(FILE *out, const struct call *c)
{
	const struct call_step *s;
	unsigned n = 0;
	unsigned y = 50;

	while (call_step_at(c, n))
		n++;
	open_svg(out, "ladder", n * STEP + 70, "the messages of the call in order");
	fprintf(out,
		"<text x=\"8\" y=\"16\">seconds</text><text x=\"150\" y=\"16\" "
		"text-anchor=\"end\">packet</text>"
		"<text x=\"%d\" y=\"16\" text-anchor=\"middle\">client</text>"
		"<text x=\"%d\" y=\"16\" text-anchor=\"middle\">server</text>"
		"<g stroke=\"#8c959f\"><line x1=\"%d\" y1=\"24\" x2=\"%d\" y2=\"%u\"/>"
		"<line x1=\"%d\" y1=\"24\" x2=\"%d\" y2=\"%u\"/></g>\n",
		LEFT, RIGHT, LEFT, LEFT, n * STEP + 60, RIGHT, RIGHT, n * STEP + 60);
	for (size_t i = 0; (s = call_step_at(c, i)); i++) {
		put_step(out, c, s, y);
		y += STEP;
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
