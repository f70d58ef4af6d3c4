/* SPDX-License-Identifier: MIT */
/*
 * TLS in the kernel (kTLS), for what is sent: keys go in, from then on send() makes records. What
 * is received is opened here all the same, for SSTP wants every byte of it.
 */
#include <errno.h>
#include <linux/tls.h>
#include <netinet/tcp.h>
#include <openssl/objects.h>
#include <string.h>
#include <sys/socket.h>

#include "io/tls_inner.h"
#include "lib/base/cursor.h"
#include "lib/base/secret.h"

#ifndef TCP_ULP
#define TCP_ULP 31
#endif
#ifndef SOL_TLS
#define SOL_TLS 282
#endif

/* What the kernel wants to know of a cipher. */
union crypto {
	struct tls_crypto_info info;
	struct tls12_crypto_info_aes_gcm_128 gcm128;
	struct tls12_crypto_info_aes_gcm_256 gcm256;
	struct tls12_crypto_info_chacha20_poly1305 chacha;
};

/* Fills in the keys; returns how many bytes the kernel wants, 0 when it cannot have them. */
static size_t describe(const struct tls13 *k, union crypto *c)
{
	uint8_t key[32], sequence[8];
	size_t n = tls13_key(k, key), size = 0;

	for (unsigned i = 0; i < sizeof(sequence); i++)
		sequence[i] = (uint8_t)(k->sequence >> (56 - 8 * i));
	memset(c, 0, sizeof(*c));
	c->info.version = TLS_1_3_VERSION;
#define FILL(cipher, member, number)                                                               \
	case cipher:                                                                               \
		if (n != sizeof(c->member.key))                                                    \
			break;                                                                     \
		c->info.cipher_type = number;                                                      \
		memcpy(c->member.key, key, sizeof(c->member.key));                                 \
		memcpy(c->member.iv, k->iv + sizeof(k->iv) - sizeof(c->member.iv),                 \
		       sizeof(c->member.iv));                                                      \
		memcpy(c->member.salt, k->iv, sizeof(c->member.salt));                             \
		memcpy(c->member.rec_seq, sequence, sizeof(sequence));                             \
		size = sizeof(c->member);                                                          \
		break
	switch (k->cipher) {
		FILL(AEAD_AES_128_GCM, gcm128, TLS_CIPHER_AES_GCM_128);
		FILL(AEAD_AES_256_GCM, gcm256, TLS_CIPHER_AES_GCM_256);
		FILL(AEAD_CHACHA20_POLY1305, chacha, TLS_CIPHER_CHACHA20_POLY1305);
	default:
		break;
	}
#undef FILL
	wipe(key, sizeof(key));
	return size;
}

int tls_kernel_seal(struct tls *t)
{
	union crypto c;
	size_t n = describe(&t->records.send, &c);
	int err = n ? 0 : -EOPNOTSUPP;

	if (!err && !t->records.kernel &&
	    setsockopt(t->fd, SOL_TCP, TCP_ULP, "tls", sizeof("tls")) < 0 && errno != EEXIST)
		err = -errno;
	if (!err && setsockopt(t->fd, SOL_TLS, TLS_TX, &c, (socklen_t)n) < 0)
		err = -errno;
	wipe(&c, sizeof(c));
	return err;
}

bool tls_kernel_send(struct tls *t, uint8_t type, const uint8_t *content, size_t n)
{
	union {
		struct cmsghdr head;
		uint8_t room[CMSG_SPACE(1)];
	} control;
	struct iovec iov = {.iov_len = n};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control.room)};
	ssize_t sent;

	memcpy(&iov.iov_base, &content, sizeof(content)); /* sendmsg() does not write to it */
	memset(&control, 0, sizeof(control));
	control.head.cmsg_level = SOL_TLS;
	control.head.cmsg_type = TLS_SET_RECORD_TYPE;
	control.head.cmsg_len = CMSG_LEN(1);
	memcpy(CMSG_DATA(&control.head), &type, 1);
	do
		sent = sendmsg(t->fd, &m, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	t->records.send.sequence++;
	return sent == (ssize_t)n;
}
