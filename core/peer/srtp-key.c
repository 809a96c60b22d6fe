/* SPDX-License-Identifier: Apache-2.0 */
/* SHA1_CTX can be copied without an allocation, which the newer interface cannot: the two states
 * of HMAC after its pads are computed once a key. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "peer/srtp-key.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

enum { AUTH_BYTES = 20 };

/* RFC 3711 section 4.3 with a key derivation rate of 0; RFC 7714 section 11: a salt of 96 bits is
 * filled up with zeroes. */
static bool
derive(const aula_srtp_profile_facts *facts, const aula_srtp_master *master, int label,
	uint8_t *out, size_t length)
{
	static const uint8_t zeroes[32];
	EVP_CIPHER_CTX *prf = EVP_CIPHER_CTX_new();
	uint8_t iv[16] = { 0 };
	int written;

	memcpy(iv, master->bytes + facts->key_bytes, facts->salt_bytes);
	iv[7] ^= (uint8_t)label;
	bool done = prf != NULL &&
		    EVP_EncryptInit_ex(prf,
			    facts->key_bytes == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr(), NULL,
			    master->bytes, iv) == 1 &&
		    EVP_EncryptUpdate(prf, out, &written, zeroes, (int)length) == 1;
	EVP_CIPHER_CTX_free(prf);
	return done;
}

static void
start_hmac(aula_srtp_key *key, const uint8_t *auth)
{
	uint8_t pad[SHA_CBLOCK] = { 0 };

	key->digests = g_new(SHA_CTX, 2);
	memcpy(pad, auth, AUTH_BYTES);
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36;
	SHA1_Init(&key->digests[0]);
	SHA1_Update(&key->digests[0], pad, sizeof(pad));
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	SHA1_Init(&key->digests[1]);
	SHA1_Update(&key->digests[1], pad, sizeof(pad));
	OPENSSL_cleanse(pad, sizeof(pad));
}

static const EVP_CIPHER *
cipher_of(const aula_srtp_profile_facts *facts)
{
	if (!facts->aead)
		return EVP_aes_128_ctr();
	return facts->key_bytes == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
}

/* The labels of authentication and salt follow that of encryption. */
bool
aula_srtp_key_init(aula_srtp_key *key, const aula_srtp_profile_facts *facts,
	const aula_srtp_master *master, aula_srtp_use use, bool encrypts)
{
	uint8_t secret[32], auth[AUTH_BYTES];

	*key = (aula_srtp_key){ .cipher = EVP_CIPHER_CTX_new() };
	bool done =
		key->cipher != NULL && derive(facts, master, (int)use, secret, facts->key_bytes) &&
		derive(facts, master, (int)use + 1, auth, sizeof(auth)) &&
		derive(facts, master, (int)use + 2, key->salt, facts->salt_bytes) &&
		EVP_CipherInit_ex(key->cipher, cipher_of(facts), NULL, secret, NULL, encrypts) == 1;
	if (!facts->aead)
		start_hmac(key, auth);
	OPENSSL_cleanse(secret, sizeof(secret));
	OPENSSL_cleanse(auth, sizeof(auth));
	return done;
}

void
aula_srtp_key_finish(aula_srtp_key *key)
{
	EVP_CIPHER_CTX_free(key->cipher);
	if (key->digests != NULL)
		OPENSSL_cleanse(key->digests, 2 * sizeof(*key->digests));
	g_free(key->digests);
	OPENSSL_cleanse(key, sizeof(*key));
}

static void
mix(uint8_t *at, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		at[i] ^= bytes[i];
}

void
aula_srtp_key_iv(const aula_srtp_key *key, bool aead, const uint8_t *ssrc,
	const uint8_t index[AULA_SRTP_INDEX_BYTES], uint8_t ret_iv[AULA_SRTP_IV_BYTES])
{
	memcpy(ret_iv, key->salt, sizeof(key->salt));
	mix(ret_iv + (aead ? 2 : 4), ssrc, 4);
	mix(ret_iv + (aead ? 6 : 8), index, AULA_SRTP_INDEX_BYTES);
}

void
aula_srtp_key_cipher(
	aula_srtp_key *key, const uint8_t *iv, uint8_t *out, const uint8_t *in, size_t length)
{
	int written;

	EVP_CipherInit_ex(key->cipher, NULL, NULL, NULL, iv, -1);
	EVP_CipherUpdate(key->cipher, out, &written, in, (int)length);
}

void
aula_srtp_key_sign(const aula_srtp_key *key, const uint8_t *data, size_t length,
	const uint8_t *more, uint8_t *ret_tag, size_t tag_bytes)
{
	SHA_CTX state = key->digests[0];
	uint8_t digest[SHA_DIGEST_LENGTH];

	SHA1_Update(&state, data, length);
	SHA1_Update(&state, more, 4);
	SHA1_Final(digest, &state);
	state = key->digests[1];
	SHA1_Update(&state, digest, sizeof(digest));
	SHA1_Final(digest, &state);
	memcpy(ret_tag, digest, tag_bytes);
}
