/* SPDX-License-Identifier: MIT */
/* The error table as functions; see sstp/error.h and error.def. */
#include "sstp/error.h"

#include <stddef.h>

struct error_row {
	int num;
	const char *name;
	enum sstp_err_class class;
	const char *text;
};

static const struct error_row rows[] = {
#define X(num, name, dashed, class, text) {num, dashed, SSTP_CLASS_##class, text},
#include "sstp/error.def"
#undef X
};

static const struct error_row *find_row(int err)
{
	static const struct error_row unknown = {1, "unknown-error", SSTP_CLASS_LOCAL,
						 "of an error without a name"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].num == err)
			return &rows[i];
	return &unknown;
}

const char *sstp_err_name(int err)
{
	return find_row(err)->name;
}

const char *sstp_err_text(int err)
{
	return find_row(err)->text;
}

enum sstp_err_class sstp_err_class(int err)
{
	return find_row(err)->class;
}
