/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/seal.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <string.h>

#include "peer/srtp-key.h"

enum {
	INDEX_BYTES = 4,
	RTCP_CLEAR_BYTES = 8,
	CIPHER_BYTES = 192, /* of an EVP_CIPHER_CTX; a guess does no harm */
};

struct aula_seal {
	const aula_srtp_profile_facts *facts;
	aula_srtp_key rtp, rtcp;
	uint32_t rtcp_index;
};

aula_seal *
aula_seal_new(aula_srtp_profile profile, const aula_srtp_master *master)
{
	aula_seal *seal = g_new0(aula_seal, 1);

	seal->facts = aula_srtp_facts(profile);
	if (aula_srtp_key_init(&seal->rtp, seal->facts, master, AULA_SRTP_KEY_RTP, true) &&
		aula_srtp_key_init(&seal->rtcp, seal->facts, master, AULA_SRTP_KEY_RTCP, true))
		return seal;
	aula_seal_free(seal);
	return NULL;
}

void
aula_seal_free(aula_seal *seal)
{
	if (seal == NULL)
		return;
	aula_srtp_key_finish(&seal->rtp);
	aula_srtp_key_finish(&seal->rtcp);
	g_free(seal);
}

void
aula_seal_prefetch(const aula_seal *seal)
{
	const char *cipher = (const char *)seal->rtp.cipher;

	for (size_t i = 0; i < CIPHER_BYTES; i += 64)
		__builtin_prefetch(cipher + i);
}

/* Two pieces of associated data; the tag follows the text. */
static void
encrypt_aead(aula_srtp_key *key, const uint8_t *iv, const uint8_t *clear, size_t clear_length,
	const uint8_t *more, size_t more_length, uint8_t *out, const uint8_t *in, size_t length)
{
	EVP_CIPHER_CTX *cipher = key->cipher;
	int written;

	EVP_EncryptInit_ex(cipher, NULL, NULL, NULL, iv);
	EVP_EncryptUpdate(cipher, NULL, &written, clear, (int)clear_length);
	if (more_length > 0)
		EVP_EncryptUpdate(cipher, NULL, &written, more, (int)more_length);
	if (length > 0)
		EVP_EncryptUpdate(cipher, out, &written, in, (int)length);
	EVP_EncryptFinal_ex(cipher, out + length, &written);
	EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, 16, out + length);
}

size_t
aula_seal_rtp(aula_seal *seal, uint8_t *out, const uint8_t *header, size_t header_length,
	const uint8_t *payload, size_t payload_length, uint32_t rollover)
{
	uint8_t iv[AULA_SRTP_IV_BYTES], index[AULA_SRTP_INDEX_BYTES];
	uint32_t roc = htonl(rollover);

	if (out != header)
		memmove(out, header, header_length);
	memcpy(index, &roc, 4);
	memcpy(index + 4, out + 2, 2);
	aula_srtp_key_iv(&seal->rtp, seal->facts->aead, out + 8, index, iv);
	size_t length = header_length + payload_length;
	if (seal->facts->aead) {
		encrypt_aead(&seal->rtp, iv, out, header_length, NULL, 0, out + header_length,
			payload, payload_length);
	} else {
		aula_srtp_key_cipher(&seal->rtp, iv, out + header_length, payload, payload_length);
		aula_srtp_key_sign(
			&seal->rtp, out, length, index, out + length, seal->facts->tag_bytes);
	}
	return length + seal->facts->tag_bytes;
}

size_t
aula_seal_rtcp(aula_seal *seal, uint8_t *out, const uint8_t *rtcp, size_t length)
{
	uint8_t iv[AULA_SRTP_IV_BYTES], index[AULA_SRTP_INDEX_BYTES] = { 0 }, word[INDEX_BYTES];
	size_t tag_bytes = seal->facts->tag_bytes, text = length - RTCP_CLEAR_BYTES;

	if (seal->rtcp_index == INT32_MAX)
		return 0;
	uint32_t number = htonl(++seal->rtcp_index);
	uint32_t flagged = htonl(seal->rtcp_index | 1u << 31);
	memcpy(index + 2, &number, 4);
	memcpy(word, &flagged, 4);
	memmove(out, rtcp, RTCP_CLEAR_BYTES);
	aula_srtp_key_iv(&seal->rtcp, seal->facts->aead, out + 4, index, iv);
	uint8_t *body = out + RTCP_CLEAR_BYTES;
	if (seal->facts->aead) {
		encrypt_aead(&seal->rtcp, iv, out, RTCP_CLEAR_BYTES, word, sizeof(word), body,
			rtcp + RTCP_CLEAR_BYTES, text);
		memcpy(out + length + tag_bytes, word, sizeof(word));
	} else {
		aula_srtp_key_cipher(&seal->rtcp, iv, body, rtcp + RTCP_CLEAR_BYTES, text);
		memcpy(out + length, word, sizeof(word));
		aula_srtp_key_sign(
			&seal->rtcp, out, length, word, out + length + sizeof(word), tag_bytes);
	}
	return length + tag_bytes + sizeof(word);
}
