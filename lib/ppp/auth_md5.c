/* SPDX-License-Identifier: MIT */
/* The MD5 digest as CHAP (RFC 1994) and EAP (RFC 3748 5.4) use it. It makes no keys. */
#include "lib/ppp/auth_body.h"

#include "lib/base/secret.h"
#include "lib/crypto/chapmd5.h"

int md5_put_response(struct auth *a, struct wr *w, uint8_t id, struct view challenge)
{
	struct view password = auth_view(a->cfg.password, SSTP_PASSWORD_MAX);
	uint8_t digest[CHAP_MD5_SIZE];

	chap_md5(id, password.p, password.n, challenge.p, challenge.n, digest);
	wr_u8(w, sizeof(digest));
	wr_bytes(w, digest, sizeof(digest));
	auth_put_text(w, a->cfg.user);
	wipe(digest, sizeof(digest));
	return SSTP_OK;
}

int md5_check(struct auth *a, const struct sstp_auth_answer *ans)
{
	struct view password = auth_view(ans->password, SSTP_PASSWORD_MAX);
	uint8_t due[CHAP_MD5_SIZE];
	bool same;

	if (!ans->has_password) {
		/* An NT hash does not help here. */
		trace_note(a->cfg.trace, a->method->layer, "clear-password-needed", 0);
		return ans->has_nt_hash ? SSTP_E_AUTH_NO_METHOD : SSTP_E_AUTH_BACKEND;
	}
	chap_md5(a->request.id, password.p, password.n, a->challenge, sizeof(a->challenge), due);
	same = a->response_len == sizeof(due) && same_bytes(due, a->response, sizeof(due));
	wipe(due, sizeof(due));
	return same ? SSTP_OK : SSTP_E_AUTH_FAILED;
}
