/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/farewell.h"

#include <glib.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/obj_mac.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <string.h>

enum {
	TAG_BYTES = 16,
	KEY_MOST = 32,
	NONCE_BYTES = 12,
	HEADER_BYTES = 13, /* type, version, epoch, number, length */
	CLEAR_BYTES = 13,  /* what is authenticated with the text: epoch, number, type, ... */
	EXPLICIT_BYTES = 8,
	ALERT_BYTES = 2,
	TYPE_ALERT = 21,
	FATAL = 2,
	CLOSE_NOTIFY = 0,
};

typedef struct {
	uint8_t key[KEY_MOST], iv[NONCE_BYTES];
} direction;

struct aula_farewell {
	const EVP_CIPHER *cipher;
	uint8_t iv_bytes; /* of the key block: 4, then each record says the rest; or 12 */
	direction theirs, ours;
	uint64_t number; /* of our next record; far from those that the SSL has used */
};

static const EVP_CIPHER *
cipher_of(const SSL_CIPHER *agreed)
{
	switch (SSL_CIPHER_get_cipher_nid(agreed)) {
	case NID_aes_128_gcm:
		return EVP_aes_128_gcm();
	case NID_aes_256_gcm:
		return EVP_aes_256_gcm();
	case NID_chacha20_poly1305:
		return EVP_chacha20_poly1305();
	default:
		return NULL;
	}
}

/* The key block of RFC 5246 section 6.3. */
static bool
expand(SSL *ssl, uint8_t *block, size_t length)
{
	uint8_t secret[SSL_MAX_MASTER_KEY_LENGTH], seed[2 * SSL3_RANDOM_SIZE];
	char label[] = "key expansion";
	const EVP_MD *digest = SSL_CIPHER_get_handshake_digest(SSL_get_current_cipher(ssl));
	size_t secret_length =
		SSL_SESSION_get_master_key(SSL_get_session(ssl), secret, sizeof(secret));

	SSL_get_server_random(ssl, seed, SSL3_RANDOM_SIZE);
	SSL_get_client_random(ssl, seed + SSL3_RANDOM_SIZE, SSL3_RANDOM_SIZE);
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(
			OSSL_KDF_PARAM_DIGEST, (char *)EVP_MD_get0_name(digest), 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, secret, secret_length),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, label, sizeof(label) - 1),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, sizeof(seed)),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF *prf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_TLS1_PRF, NULL);
	EVP_KDF_CTX *context = EVP_KDF_CTX_new(prf);
	bool done = context != NULL && EVP_KDF_derive(context, block, length, parameters) == 1;
	EVP_KDF_CTX_free(context);
	EVP_KDF_free(prf);
	OPENSSL_cleanse(secret, sizeof(secret));
	return done;
}

static void
take(direction *to, const uint8_t *key, size_t key_bytes, const uint8_t *iv, size_t iv_bytes)
{
	memcpy(to->key, key, key_bytes);
	memcpy(to->iv, iv, iv_bytes);
}

aula_farewell *
aula_farewell_new(SSL *ssl)
{
	uint8_t block[2 * (KEY_MOST + NONCE_BYTES)];
	const EVP_CIPHER *cipher = cipher_of(SSL_get_current_cipher(ssl));

	if (cipher == NULL || SSL_version(ssl) != DTLS1_2_VERSION)
		return NULL;
	size_t key = (size_t)EVP_CIPHER_get_key_length(cipher);
	size_t iv = EVP_CIPHER_get_nid(cipher) == NID_chacha20_poly1305 ? NONCE_BYTES : 4;
	if (!expand(ssl, block, 2 * (key + iv)))
		return NULL;
	aula_farewell *self = g_new0(aula_farewell, 1);
	self->cipher = cipher;
	self->iv_bytes = (uint8_t)iv;
	/* client key, server key, client IV, server IV */
	const uint8_t *ivs = block + 2 * key;
	bool server = SSL_is_server(ssl);
	take(server ? &self->theirs : &self->ours, block, key, ivs, iv);
	take(server ? &self->ours : &self->theirs, block + key, key, ivs + iv, iv);
	/* The SSL counts its records from 0, and does not say how far it came. */
	self->number = UINT64_C(1) << 40;
	OPENSSL_cleanse(block, sizeof(block));
	return self;
}

void
aula_farewell_free(aula_farewell *self)
{
	if (self == NULL)
		return;
	OPENSSL_cleanse(self, sizeof(*self));
	g_free(self);
}

/* RFC 5288 section 3, RFC 7905 section 2. */
static void
write_nonce(const aula_farewell *self, const direction *way, const uint8_t *header,
	const uint8_t *explicit_part, uint8_t nonce[NONCE_BYTES])
{
	memcpy(nonce, way->iv, NONCE_BYTES);
	if (self->iv_bytes < NONCE_BYTES)
		memcpy(nonce + self->iv_bytes, explicit_part, EXPLICIT_BYTES);
	else
		for (int i = 0; i < 8; i++)
			nonce[4 + i] ^= header[3 + i];
}

static void
write_clear(const uint8_t *header, uint8_t clear[CLEAR_BYTES])
{
	memcpy(clear, header + 3, 8);
	memcpy(clear + 8, header, 3);
	clear[11] = 0;
	clear[12] = ALERT_BYTES;
}

static bool
transform(const aula_farewell *self, const direction *way, const uint8_t *header,
	const uint8_t *explicit_part, const uint8_t *in, uint8_t *out, uint8_t *tag, bool encrypts)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	uint8_t nonce[NONCE_BYTES], clear[CLEAR_BYTES], none[TAG_BYTES];
	int written;

	write_nonce(self, way, header, explicit_part, nonce);
	write_clear(header, clear);
	bool done =
		context != NULL &&
		EVP_CipherInit_ex(context, self->cipher, NULL, way->key, nonce, encrypts) == 1 &&
		(encrypts ||
			EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) == 1) &&
		EVP_CipherUpdate(context, NULL, &written, clear, CLEAR_BYTES) == 1 &&
		EVP_CipherUpdate(context, out, &written, in, ALERT_BYTES) == 1 &&
		EVP_CipherFinal_ex(context, none, &written) == 1 &&
		(!encrypts ||
			EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, tag) == 1);
	EVP_CIPHER_CTX_free(context);
	return done;
}

/* `record` has a header and as many bytes behind it as that says. */
static aula_farewell_news
read_record(const aula_farewell *self, const uint8_t *record, size_t length)
{
	static const uint8_t start[] = { TYPE_ALERT, 0xfe, 0xfd, 0, 1 }; /* DTLS 1.2, epoch 1 */
	size_t explicit_bytes = self->iv_bytes < NONCE_BYTES ? EXPLICIT_BYTES : 0;
	const uint8_t *explicit_part = record + HEADER_BYTES,
		      *text = explicit_part + explicit_bytes;
	uint8_t alert[ALERT_BYTES], tag[TAG_BYTES];

	if (length != HEADER_BYTES + explicit_bytes + ALERT_BYTES + TAG_BYTES ||
		memcmp(record, start, sizeof(start)) != 0)
		return AULA_FAREWELL_NOT_YET;
	memcpy(tag, text + ALERT_BYTES, TAG_BYTES);
	if (!transform(self, &self->theirs, record, explicit_part, text, alert, tag, false))
		return AULA_FAREWELL_NOT_YET;
	if (alert[1] == CLOSE_NOTIFY)
		return AULA_FAREWELL_CLOSED;
	return alert[0] == FATAL ? AULA_FAREWELL_ALERT : AULA_FAREWELL_NOT_YET;
}

aula_farewell_news
aula_farewell_read(const aula_farewell *self, const uint8_t *datagram, size_t length)
{
	aula_farewell_news news = AULA_FAREWELL_NOT_YET;

	while (news == AULA_FAREWELL_NOT_YET && length >= HEADER_BYTES) {
		size_t record = HEADER_BYTES + (size_t)(datagram[11] << 8 | datagram[12]);
		if (record > length)
			break;
		news = read_record(self, datagram, record);
		datagram += record;
		length -= record;
	}
	return news;
}

size_t
aula_farewell_write(aula_farewell *self, uint8_t out[AULA_FAREWELL_BYTES_MOST])
{
	static const uint8_t close_notify[ALERT_BYTES] = { 1, CLOSE_NOTIFY };
	size_t explicit_bytes = self->iv_bytes < NONCE_BYTES ? EXPLICIT_BYTES : 0;
	uint8_t *explicit_part = out + HEADER_BYTES, *text = explicit_part + explicit_bytes;
	uint64_t number = self->number++;

	memcpy(out, (const uint8_t[]){ TYPE_ALERT, 0xfe, 0xfd, 0, 1 }, 5);
	for (int i = 0; i < 6; i++)
		out[5 + i] = (uint8_t)(number >> (40 - 8 * i));
	out[11] = 0;
	out[12] = (uint8_t)(explicit_bytes + ALERT_BYTES + TAG_BYTES);
	/* What the SSL took began at random, of 64 bits, so ours is none of those it took. */
	if (explicit_bytes > 0 && RAND_bytes(explicit_part, EXPLICIT_BYTES) != 1)
		return 0;
	if (!transform(self, &self->ours, out, explicit_part, close_notify, text,
		    text + ALERT_BYTES, true))
		return 0;
	return HEADER_BYTES + explicit_bytes + ALERT_BYTES + TAG_BYTES;
}
