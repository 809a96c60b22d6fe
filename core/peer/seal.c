/* SPDX-License-Identifier: Apache-2.0 */
/* SHA1_CTX can be copied without an allocation, which the newer interface cannot: the two states
 * of HMAC after its pads are computed once a key. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "peer/seal.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

enum { SALT_MOST = 14, AUTH_BYTES = 20, INDEX_BYTES = 4, RTCP_CLEAR_BYTES = 8 };

/* What one session key is used for, RTP or RTCP. */
typedef struct {
	EVP_CIPHER_CTX *cipher;
	uint8_t salt[SALT_MOST + 2]; /* zeroes after the salt */
	SHA_CTX inner, outer;        /* AES_CM only */
} way;

struct aula_seal {
	const aula_srtp_profile_facts *facts;
	way rtp, rtcp;
	uint32_t rtcp_index;
};

/* RFC 3711 section 4.3 with a key derivation rate of 0; RFC 7714 section 11: a salt of 96 bits is
 * filled up with zeroes. */
static bool
derive(const aula_srtp_profile_facts *facts, const aula_srtp_master *master, uint8_t label,
	uint8_t *out, size_t length)
{
	static const uint8_t zeroes[32];
	EVP_CIPHER_CTX *prf = EVP_CIPHER_CTX_new();
	uint8_t iv[16] = { 0 };
	int written;

	memcpy(iv, master->bytes + facts->key_bytes, facts->salt_bytes);
	iv[7] ^= label;
	bool done = prf != NULL &&
		    EVP_EncryptInit_ex(prf,
			    facts->key_bytes == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr(), NULL,
			    master->bytes, iv) == 1 &&
		    EVP_EncryptUpdate(prf, out, &written, zeroes, (int)length) == 1;
	EVP_CIPHER_CTX_free(prf);
	return done;
}

static void
start_hmac(way *self, const uint8_t *key)
{
	uint8_t pad[SHA_CBLOCK] = { 0 };

	memcpy(pad, key, AUTH_BYTES);
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36;
	SHA1_Init(&self->inner);
	SHA1_Update(&self->inner, pad, sizeof(pad));
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	SHA1_Init(&self->outer);
	SHA1_Update(&self->outer, pad, sizeof(pad));
	OPENSSL_cleanse(pad, sizeof(pad));
}

static const EVP_CIPHER *
cipher_of(const aula_srtp_profile_facts *facts)
{
	if (!facts->aead)
		return EVP_aes_128_ctr();
	return facts->key_bytes == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
}

/* `label` is that of the encryption key; authentication and salt follow it. */
static bool
start_way(way *self, const aula_srtp_profile_facts *facts, const aula_srtp_master *master,
	uint8_t label)
{
	uint8_t key[32], auth[AUTH_BYTES];

	self->cipher = EVP_CIPHER_CTX_new();
	bool done = self->cipher != NULL && derive(facts, master, label, key, facts->key_bytes) &&
		    derive(facts, master, label + 1, auth, sizeof(auth)) &&
		    derive(facts, master, label + 2, self->salt, facts->salt_bytes) &&
		    EVP_EncryptInit_ex(self->cipher, cipher_of(facts), NULL, key, NULL) == 1;
	start_hmac(self, auth);
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(auth, sizeof(auth));
	return done;
}

aula_seal *
aula_seal_new(aula_srtp_profile profile, const aula_srtp_master *master)
{
	aula_seal *seal = g_new0(aula_seal, 1);

	seal->facts = aula_srtp_facts(profile);
	if (start_way(&seal->rtp, seal->facts, master, 0) &&
		start_way(&seal->rtcp, seal->facts, master, 3))
		return seal;
	aula_seal_free(seal);
	return NULL;
}

void
aula_seal_free(aula_seal *seal)
{
	if (seal == NULL)
		return;
	EVP_CIPHER_CTX_free(seal->rtp.cipher);
	EVP_CIPHER_CTX_free(seal->rtcp.cipher);
	OPENSSL_cleanse(seal, sizeof(*seal));
	g_free(seal);
}

static void
mix(uint8_t *at, const void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		at[i] ^= ((const uint8_t *)bytes)[i];
}

/* RFC 7714 sections 8.1 and 9.1; the 48 bits of `index` are ROC and sequence, or the SRTCP index */
static void
write_iv(const way *self, bool aead, const uint8_t *ssrc, const uint8_t *index, uint8_t *iv)
{
	memcpy(iv, self->salt, sizeof(self->salt));
	mix(iv + (aead ? 2 : 4), ssrc, 4);
	mix(iv + (aead ? 6 : 8), index, 6);
}

static void
encrypt(way *self, const uint8_t *iv, uint8_t *out, const uint8_t *in, size_t length)
{
	int written;

	EVP_EncryptInit_ex(self->cipher, NULL, NULL, NULL, iv);
	EVP_EncryptUpdate(self->cipher, out, &written, in, (int)length);
}

/* Two pieces of associated data; the tag follows the text. */
static void
encrypt_aead(way *self, const uint8_t *iv, const uint8_t *clear, size_t clear_length,
	const uint8_t *more, size_t more_length, uint8_t *out, const uint8_t *in, size_t length)
{
	EVP_CIPHER_CTX *cipher = self->cipher;
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

static void
sign(const way *self, const uint8_t *data, size_t length, const uint8_t *more, uint8_t *ret_tag,
	size_t tag_bytes)
{
	SHA_CTX state = self->inner;
	uint8_t digest[SHA_DIGEST_LENGTH];

	SHA1_Update(&state, data, length);
	SHA1_Update(&state, more, 4);
	SHA1_Final(digest, &state);
	state = self->outer;
	SHA1_Update(&state, digest, sizeof(digest));
	SHA1_Final(digest, &state);
	memcpy(ret_tag, digest, tag_bytes);
}

size_t
aula_seal_rtp(aula_seal *seal, uint8_t *out, const uint8_t *header, size_t header_length,
	const uint8_t *payload, size_t payload_length, uint32_t rollover)
{
	uint8_t iv[16], index[6];
	uint32_t roc = htonl(rollover);

	if (out != header)
		memmove(out, header, header_length);
	memcpy(index, &roc, 4);
	memcpy(index + 4, out + 2, 2);
	write_iv(&seal->rtp, seal->facts->aead, out + 8, index, iv);
	size_t length = header_length + payload_length;
	if (seal->facts->aead) {
		encrypt_aead(&seal->rtp, iv, out, header_length, NULL, 0, out + header_length,
			payload, payload_length);
	} else {
		encrypt(&seal->rtp, iv, out + header_length, payload, payload_length);
		sign(&seal->rtp, out, length, index, out + length, seal->facts->tag_bytes);
	}
	return length + seal->facts->tag_bytes;
}

size_t
aula_seal_rtcp(aula_seal *seal, uint8_t *out, const uint8_t *rtcp, size_t length)
{
	uint8_t iv[16], index[6] = { 0 }, word[INDEX_BYTES];
	size_t tag_bytes = seal->facts->tag_bytes, text = length - RTCP_CLEAR_BYTES;

	if (seal->rtcp_index == INT32_MAX)
		return 0;
	uint32_t number = htonl(++seal->rtcp_index);
	uint32_t flagged = htonl(seal->rtcp_index | 1u << 31);
	memcpy(index + 2, &number, 4);
	memcpy(word, &flagged, 4);
	memmove(out, rtcp, RTCP_CLEAR_BYTES);
	write_iv(&seal->rtcp, seal->facts->aead, out + 4, index, iv);
	uint8_t *body = out + RTCP_CLEAR_BYTES;
	if (seal->facts->aead) {
		encrypt_aead(&seal->rtcp, iv, out, RTCP_CLEAR_BYTES, word, sizeof(word), body,
			rtcp + RTCP_CLEAR_BYTES, text);
		memcpy(out + length + tag_bytes, word, sizeof(word));
	} else {
		encrypt(&seal->rtcp, iv, body, rtcp + RTCP_CLEAR_BYTES, text);
		memcpy(out + length, word, sizeof(word));
		sign(&seal->rtcp, out, length, word, out + length + sizeof(word), tag_bytes);
	}
	return length + tag_bytes + sizeof(word);
}
