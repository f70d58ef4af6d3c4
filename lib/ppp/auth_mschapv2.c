/* SPDX-License-Identifier: MIT */
/*
 * MS-CHAPv2 (RFC 2759) as CHAP and EAP use it: what is in the values and messages, in both roles.
 * A failure never allows a retry (R=0): a second try is a second call.
 */
#include "lib/ppp/auth_body.h"

#include "lib/base/secret.h"
#include "lib/crypto/nthash.h"

/* The error codes of RFC 2759 6 and what they mean to us. */
static const struct failure_row {
	unsigned code;
	int err;
	bool ours; /* we send this code for this error */
	const char *words;
} failures[] = {
	{646, SSTP_E_AUTH_DISABLED, false, "the account may not log on at this time"},
	{647, SSTP_E_AUTH_DISABLED, true, "the account is disabled"},
	{648, SSTP_E_AUTH_EXPIRED, true, "the password has expired"},
	{649, SSTP_E_AUTH_DISABLED, false, "the account may not dial in"},
	{691, SSTP_E_AUTH_FAILED, true, "user name or password is wrong"},
	{709, SSTP_E_AUTH_EXPIRED, false, "the password could not be changed"},
};

/* Returns what both sides have seen of the exchange whose Response is in a->response. */
static struct mschap seen(const struct auth *a)
{
	const char *user = auth_user(a);

	return (struct mschap){
		.auth_challenge = a->challenge,
		.peer_challenge = a->response,
		.user = user,
		.user_len = auth_view(user, SSTP_NAME_MAX).n,
	};
}

int mschapv2_put_response(struct auth *a, struct wr *w, uint8_t id, struct view challenge)
{
	struct view password = auth_view(a->cfg.password, SSTP_PASSWORD_MAX);
	uint8_t hash[NT_HASH_SIZE];
	struct mschap m = seen(a);

	(void)id;
	if (!nt_hash(password.p, password.n, hash))
		return SSTP_E_CONFIG;
	memcpy(a->challenge, challenge.p, MSCHAP_CHALLENGE);
	memset(a->response, 0, sizeof(a->response));
	drbg_bytes(a->cfg.random, a->response, MSCHAP_CHALLENGE);
	mschap_nt_response(&m, hash, &a->response[MSCHAP_NT_OFFSET]);
	wipe(hash, sizeof(hash));
	wr_u8(w, sizeof(a->response));
	wr_bytes(w, a->response, sizeof(a->response));
	auth_put_text(w, a->cfg.user);
	return SSTP_OK;
}

/* Finds the NT hash that the answer stands for. */
static int find_hash(const struct sstp_auth_answer *ans, uint8_t hash[NT_HASH_SIZE])
{
	if (ans->has_nt_hash) {
		memcpy(hash, ans->nt_hash, NT_HASH_SIZE);
		return SSTP_OK;
	}
	if (!ans->has_password)
		return SSTP_E_AUTH_BACKEND;
	return nt_hash(ans->password, auth_view(ans->password, SSTP_PASSWORD_MAX).n, hash)
		       ? SSTP_OK
		       : SSTP_E_AUTH_FAILED;
}

int mschapv2_check(struct auth *a, const struct sstp_auth_answer *ans)
{
	const uint8_t *response = &a->response[MSCHAP_NT_OFFSET];
	uint8_t hash[NT_HASH_SIZE];
	struct mschap m = seen(a);
	int err = find_hash(ans, hash);

	/* The eight reserved octets and the flags (RFC 2759 4) prove nothing and are ignored. */
	if (!err && !mschap_check_response(&m, hash, response))
		err = SSTP_E_AUTH_FAILED;
	if (!err) {
		mschap_proof(&m, hash, response, a->proof);
		mschap_hlak(hash, response, a->hlak);
		a->has_hlak = true;
	}
	wipe(hash, sizeof(hash));
	return err;
}

void mschapv2_put_success(struct auth *a, struct wr *w)
{
	wr_bytes(w, a->proof, sizeof(a->proof));
	auth_put_text(w, " M=Access granted");
}

/* Writes octets as hex digits. */
static void put_hex(struct wr *w, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < n; i++) {
		wr_u8(w, (uint8_t)digits[p[i] >> 4]);
		wr_u8(w, (uint8_t)digits[p[i] & 15]);
	}
}

void mschapv2_put_failure(struct auth *a, struct wr *w, int err)
{
	uint8_t challenge[MSCHAP_CHALLENGE];
	unsigned code = 691;

	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		if (failures[i].ours && failures[i].err == err)
			code = failures[i].code;
	/* RFC 2759 6: there must be a challenge, though nobody may answer it. */
	drbg_bytes(a->cfg.random, challenge, sizeof(challenge));
	auth_put_text(w, "E=");
	wr_u8(w, (uint8_t)('0' + code / 100));
	wr_u8(w, (uint8_t)('0' + code / 10 % 10));
	wr_u8(w, (uint8_t)('0' + code % 10));
	auth_put_text(w, " R=0 C=");
	put_hex(w, challenge, sizeof(challenge));
	auth_put_text(w, " V=3 M=");
	auth_put_text(w, auth_refusal(err));
}

int mschapv2_take_success(struct auth *a, struct rd message)
{
	struct view password = auth_view(a->cfg.password, SSTP_PASSWORD_MAX);
	const uint8_t *response = &a->response[MSCHAP_NT_OFFSET];
	const uint8_t *proof = rd_take(&message, MSCHAP_PROOF);
	uint8_t hash[NT_HASH_SIZE];
	struct mschap m = seen(a);
	bool proven;

	/* What follows the proof is for people; Windows Server 2019 leaves out the blank before it.
	 */
	proven = proof && nt_hash(password.p, password.n, hash) &&
		 mschap_check_proof(&m, hash, response, proof);
	/* The key of the first success stays: it is in use. */
	if (proven && !a->has_hlak) {
		mschap_hlak(hash, response, a->hlak);
		a->has_hlak = true;
	}
	wipe(hash, sizeof(hash));
	return proven ? SSTP_OK : SSTP_E_AUTH_SERVER;
}

int mschapv2_take_failure(struct auth *a, struct rd message)
{
	struct view words;
	unsigned code = mschapv2_parse_failure(message, &words);
	int err = SSTP_E_AUTH_FAILED;

	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		if (failures[i].code != code)
			continue;
		err = failures[i].err;
		if (!words.n)
			words = auth_view(failures[i].words, SSTP_NAME_MAX);
	}
	auth_keep_words(a, words, code);
	return err;
}
