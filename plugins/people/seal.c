/* SPDX-License-Identifier: Apache-2.0 */
#include "seal.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <sys/random.h>

/* nonce, text, tag */
enum { NONCE_BYTES = 12, TAG_BYTES = 16 };

bool
seal_key(const char *secret, const char *purpose, unsigned char ret_key[SEAL_KEY_BYTES])
{
	unsigned int length = SEAL_KEY_BYTES;

	return HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)purpose,
		       strlen(purpose), ret_key, &length) != NULL;
}

bool
seal_close(const unsigned char key[SEAL_KEY_BYTES], const void *plain, size_t length,
	unsigned char *ret_sealed)
{
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	unsigned char *text = ret_sealed + NONCE_BYTES;
	int done = 0;

	bool good =
		cipher != NULL && getrandom(ret_sealed, NONCE_BYTES, 0) == (ssize_t)NONCE_BYTES &&
		EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, ret_sealed) == 1 &&
		EVP_EncryptUpdate(cipher, text, &done, plain, (int)length) == 1 &&
		EVP_EncryptFinal_ex(cipher, text + done, &done) == 1 &&
		EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, text + length) == 1;
	EVP_CIPHER_CTX_free(cipher);
	return good;
}

bool
seal_open(const unsigned char key[SEAL_KEY_BYTES], const void *sealed, size_t length,
	unsigned char *ret_plain)
{
	const unsigned char *nonce = sealed, *text = nonce + NONCE_BYTES;
	unsigned char tag[TAG_BYTES];
	int done = 0;

	if (length < SEAL_MORE_BYTES)
		return false;
	length -= SEAL_MORE_BYTES;
	memcpy(tag, text + length, TAG_BYTES);
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	bool good = cipher != NULL &&
		    EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
		    EVP_DecryptUpdate(cipher, ret_plain, &done, text, (int)length) == 1 &&
		    EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) == 1 &&
		    EVP_DecryptFinal_ex(cipher, ret_plain + done, &done) == 1;
	EVP_CIPHER_CTX_free(cipher);
	return good;
}
