/* SPDX-License-Identifier: Apache-2.0 */
/** One session key of SRTP: that of RTP or of RTCP, in one direction (RFC 3711 section 4.3). What
 * seal and unseal have in common. */
#ifndef AULA_PEER_SRTP_KEY_H
#define AULA_PEER_SRTP_KEY_H

#include <openssl/types.h>

#include "peer/srtp.h"

/** What a key is for; the value is the label of its encryption key. */
typedef enum { AULA_SRTP_KEY_RTP = 0, AULA_SRTP_KEY_RTCP = 3 } aula_srtp_use;

typedef struct {
	EVP_CIPHER_CTX *cipher;      /* keyed; takes an IV for each packet */
	uint8_t salt[16];            /* zeroes after the salt */
	struct SHAstate_st *digests; /* AES_CM: two, of HMAC after its pads; NULL for an AEAD */
} aula_srtp_key;

enum { AULA_SRTP_INDEX_BYTES = 6, AULA_SRTP_IV_BYTES = 16 };

/** `encrypts`: false to open. False: no memory; finish it all the same. */
bool aula_srtp_key_init(aula_srtp_key *key, const aula_srtp_profile_facts *facts,
	const aula_srtp_master *master, aula_srtp_use use, bool encrypts);
/** Fine for one that is all zeroes. */
void aula_srtp_key_finish(aula_srtp_key *key);

/** RFC 3711 section 4.1.1, RFC 7714 sections 8.1 and 9.1. `ssrc` as in the packet; `index`: 48 bits
 * in network order, of rollover counter and sequence, or of SRTCP. */
void aula_srtp_key_iv(const aula_srtp_key *key, bool aead, const uint8_t *ssrc,
	const uint8_t index[AULA_SRTP_INDEX_BYTES], uint8_t ret_iv[AULA_SRTP_IV_BYTES]);
/** AES_CM: encrypts or opens; `out` may be `in`. */
void aula_srtp_key_cipher(
	aula_srtp_key *key, const uint8_t *iv, uint8_t *out, const uint8_t *in, size_t length);
/** AES_CM: HMAC-SHA1 of `data` and the 4 bytes of `more`, cut to `tag_bytes`. */
void aula_srtp_key_sign(const aula_srtp_key *key, const uint8_t *data, size_t length,
	const uint8_t *more, uint8_t *ret_tag, size_t tag_bytes);

#endif
