/* SPDX-License-Identifier: MIT */
/* conf.def as an array, and looking a key up in it. Reads no values. */
#include <string.h>

#include "server/conf.h"

const struct conf_row conf_rows[] = {
#define CONF_SECTION(name, text) {#name, NULL, CONF_TYPES, 0, 0, "", 0, 0, text},
#define CONF_KEY(section, key, type, field, flags, def, min, max, text)                            \
	{#section, #key, CONF_##type, offsetof(struct conf, field), flags, def, min, max, text},
#include "server/conf.def"
#undef CONF_SECTION
#undef CONF_KEY
};
const size_t conf_rows_n = sizeof(conf_rows) / sizeof(conf_rows[0]);

const struct conf_row *conf_find(const char *section, const char *key)
{
	for (size_t i = 0; i < conf_rows_n; i++) {
		const struct conf_row *row = &conf_rows[i];

		if (strcmp(row->section, section) != 0)
			continue;
		if (key == NULL ? row->key == NULL : row->key && strcmp(row->key, key) == 0)
			return row;
	}
	return NULL;
}
