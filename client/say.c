/* SPDX-License-Identifier: MIT */
/* say.h: lines are whole when they leave, so that a reader at the other end of a pipe sees them as
 * they come. */
#include "client/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/text.h"

#define SENTENCE 800
#define LINE     4096

static struct {
	bool json;
	bool quiet;
} form;

void say_init(bool json, bool quiet)
{
	form.json = json;
	form.quiet = quiet;
}

static void put_json(struct text *t, const char *phase, const struct say_field *fields,
		     const char *sentence)
{
	text_str(t, "{\"event\":");
	text_json(t, (const uint8_t *)phase, strlen(phase));
	text_str(t, ",\"text\":");
	text_json(t, (const uint8_t *)sentence, strlen(sentence));
	for (; fields && fields->key; fields++) {
		text_char(t, ',');
		text_json(t, (const uint8_t *)fields->key, strlen(fields->key));
		text_char(t, ':');
		if (fields->text)
			text_json(t, (const uint8_t *)fields->text, strlen(fields->text));
		else
			text_int(t, fields->number);
	}
	text_char(t, '}');
}

void say(const char *phase, const struct say_field *fields, const char *fmt, ...)
{
	char sentence[SENTENCE], line[LINE];
	struct text t = text_init(line, sizeof(line) - 1);
	size_t n;
	va_list ap;

	if (form.quiet && !form.json)
		return;
	va_start(ap, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, ap);
	va_end(ap);
	if (form.json) {
		put_json(&t, phase, fields, sentence);
	} else {
		text_str(&t, phase);
		while (text_len(&t) < 10)
			text_char(&t, ' ');
		for (const char *c = sentence; *c; c++)
			text_char(&t, (unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c);
	}
	n = text_len(&t);
	line[n] = '\n';
	/* A reader that has gone away ends nothing: the tunnel is what was asked for. */
	(void)!write(STDOUT_FILENO, line, n + 1);
}
