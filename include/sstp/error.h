/* SPDX-License-Identifier: MIT */
/* The errors of libsstp: SSTP_OK is 0, every other is negative and stands once in error.def. */
#ifndef SSTP_ERROR_H
#define SSTP_ERROR_H

enum sstp_err {
#define X(num, name, dashed, class, text) SSTP_E_##name = (num),
#include "sstp/error.def"
#undef X
};
#define SSTP_OK 0

/* Whose fault an error is. */
enum sstp_err_class {
	SSTP_CLASS_NONE,
	SSTP_CLASS_PEER,
	SSTP_CLASS_LOCAL,
	SSTP_CLASS_RESOURCE,
	SSTP_CLASS_AUTH,
};

/* Returns the error's short name in lower case with dashes, "unknown-error" for no error of ours.
 */
const char *sstp_err_name(int err);
/* Returns the error in words that complete "the call ended because"; never NULL. */
const char *sstp_err_text(int err);
/* Returns the error's class. */
enum sstp_err_class sstp_err_class(int err);

#endif
