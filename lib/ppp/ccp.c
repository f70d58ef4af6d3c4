/* SPDX-License-Identifier: MIT */
/* CCP's and ECP's options, to be shown; see ccp.h. */
#include "lib/ppp/ccp.h"

/* clang-format off */
static const struct cp_option ccp_rows[] = {
	{.type = 0, .min = 6, .max = 255, .kind = CP_OCTETS, .name = "oui"},
	{.type = 1, .min = 2, .max = 2, .kind = CP_FLAG, .name = "predictor1"},
	{.type = 2, .min = 2, .max = 2, .kind = CP_FLAG, .name = "predictor2"},
	{.type = 3, .min = 2, .max = 2, .kind = CP_FLAG, .name = "puddle-jumper"},
	{.type = 17, .min = 5, .max = 6, .kind = CP_OCTETS, .name = "stac"},
	{.type = 18, .min = 6, .max = 6, .kind = CP_HEX32, .name = "mppe"},
	{.type = 21, .min = 3, .max = 3, .kind = CP_OCTETS, .name = "bsd"},
	{.type = 24, .min = 4, .max = 4, .kind = CP_OCTETS, .name = "deflate-draft"},
	{.type = 26, .min = 4, .max = 4, .kind = CP_OCTETS, .name = "deflate"},
};

static const struct cp_option ecp_rows[] = {
	{.type = 0, .min = 6, .max = 255, .kind = CP_OCTETS, .name = "oui"},
	{.type = 1, .min = 10, .max = 10, .kind = CP_OCTETS, .name = "dese"},
	{.type = 2, .min = 10, .max = 10, .kind = CP_OCTETS, .name = "3dese"},
	{.type = 3, .min = 10, .max = 10, .kind = CP_OCTETS, .name = "dese-bis"},
};
/* clang-format on */

const struct cp_table ccp_options = {ccp_rows, sizeof(ccp_rows) / sizeof(ccp_rows[0])};
const struct cp_table ecp_options = {ecp_rows, sizeof(ecp_rows) / sizeof(ecp_rows[0])};
