/* SPDX-License-Identifier: MIT */
/* -G fields and -G values: what filters know, in the form of tshark's lists. */
#include "analyse/print.h"

static const char *base_name(const struct field_info *info)
{
	static const char *const names[] = {
		[BASE_NONE] = "",        [BASE_DEC] = "BASE_DEC",
		[BASE_HEX] = "BASE_HEX", [BASE_DEC_HEX] = "BASE_DEC_HEX",
		[BASE_OCT] = "BASE_OCT", [BASE_W8] = "8",
		[BASE_W12] = "12",       [BASE_W16] = "16",
		[BASE_W32] = "32",
	};

	return names[info->either[0] ? field_infos[info->either[0]].base : info->base];
}

void print_list(FILE *out)
{
	for (unsigned id = 1; id < FIELDS; id++) {
		const struct field_info *info = &field_infos[id];

		if (info->protocol == id)
			fprintf(out, "P\t%s\t%s\n", info->title, info->name);
		else
			fprintf(out, "F\t%s\t%s\t%s\t%s\t%s\t0x%x\t\n", info->title, info->name,
				field_type_name(info->type), field_infos[info->protocol].name,
				base_name(info), info->mask);
	}
}

void print_values(FILE *out)
{
	for (unsigned id = 1; id < FIELDS; id++) {
		const struct field_info *info = &field_infos[id];
		const struct value_name *v = info->names;

		for (; v && v->name; v++) {
			if (info->base == BASE_HEX)
				fprintf(out, "V\t%s\t0x%llx\t%s\n", info->name,
					(unsigned long long)v->value, v->name);
			else
				fprintf(out, "V\t%s\t%llu\t%s\n", info->name,
					(unsigned long long)v->value, v->name);
		}
	}
}
