/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/verifier.h"

#include <glib.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <string.h>

#include "signaling/base64url.h"

enum {
	KEY_ID_BYTES_MOST = 256,
	P256_BYTES = 32,
	ED25519_BYTES = 32,
	RSA_BITS_LEAST = 2048, /* RFC 7518 section 3.3 */
	RSA_BITS_MOST = 8192,
};

typedef enum { ALG_NONE, HS256, RS256, ES256, EDDSA } algorithm;

struct aula_verifier {
	algorithm alg;
	char *id;        /* "kid"; NULL: none */
	EVP_PKEY *key;   /* public; NULL for HS256 */
	uint8_t *secret; /* HS256 */
	size_t secret_length;
};

typedef struct {
	const char *text;
	size_t length;
	const uint8_t *signature;
	size_t signature_length;
} signed_text;

void
aula_random(void *out, size_t length)
{
	g_assert(RAND_bytes(out, (int)length) == 1);
}

static algorithm
algorithm_of(const char *name)
{
	static const char *const names[] = {
		[HS256] = "HS256", [RS256] = "RS256", [ES256] = "ES256", [EDDSA] = "EdDSA"
	};

	for (size_t i = HS256; name != NULL && i < G_N_ELEMENTS(names); i++)
		if (strcmp(name, names[i]) == 0)
			return (algorithm)i;
	return ALG_NONE;
}

aula_verifier *
aula_verifier_new_secret(const void *secret, size_t length)
{
	aula_verifier *verifier = g_new0(aula_verifier, 1);

	*verifier = (aula_verifier){
		.alg = HS256, .secret = OPENSSL_memdup(secret, length), .secret_length = length
	};
	return verifier;
}

void
aula_verifier_free(aula_verifier *verifier)
{
	if (verifier == NULL)
		return;
	g_free(verifier->id);
	EVP_PKEY_free(verifier->key);
	OPENSSL_clear_free(verifier->secret, verifier->secret_length);
	g_free(verifier);
}

bool
aula_verifier_is_for(const aula_verifier *verifier, const char *alg, const char *id)
{
	return algorithm_of(alg) == verifier->alg &&
	       (id == NULL || verifier->id == NULL || strcmp(id, verifier->id) == 0);
}

/* -- keys of others -- */

static const char *
text_of(json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* A member of a JWK, decoded; NULL when absent or wrong. */
static uint8_t *
member_of(json_t *jwk, const char *name, size_t *ret_length)
{
	const char *text = text_of(jwk, name);

	return text != NULL ? aula_base64url_decode(text, strlen(text), ret_length) : NULL;
}

static EVP_PKEY *
key_from(const char *type, OSSL_PARAM_BLD *build)
{
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

	if (params == NULL || context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
		EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	OSSL_PARAM_free(params);
	return key;
}

static EVP_PKEY *
read_rsa(json_t *jwk)
{
	size_t n_length = 0, e_length = 0;
	g_autofree uint8_t *n = member_of(jwk, "n", &n_length);
	g_autofree uint8_t *e = member_of(jwk, "e", &e_length);

	if (n == NULL || e == NULL || n_length > RSA_BITS_MOST / 8 + 1 || e_length > 8)
		return NULL;
	BIGNUM *modulus = BN_bin2bn(n, (int)n_length, NULL);
	BIGNUM *exponent = BN_bin2bn(e, (int)e_length, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY *key = NULL;
	if (BN_num_bits(modulus) >= RSA_BITS_LEAST && BN_num_bits(modulus) <= RSA_BITS_MOST &&
		OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
		OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) == 1)
		key = key_from("RSA", build);
	OSSL_PARAM_BLD_free(build);
	BN_free(modulus);
	BN_free(exponent);
	return key;
}

static EVP_PKEY *
read_p256(json_t *jwk)
{
	size_t x_length = 0, y_length = 0;
	g_autofree uint8_t *x = member_of(jwk, "x", &x_length);
	g_autofree uint8_t *y = member_of(jwk, "y", &y_length);

	if (x == NULL || y == NULL || x_length != P256_BYTES || y_length != P256_BYTES ||
		g_strcmp0(text_of(jwk, "crv"), "P-256") != 0)
		return NULL;
	uint8_t point[1 + 2 * P256_BYTES] = { POINT_CONVERSION_UNCOMPRESSED };
	memcpy(point + 1, x, P256_BYTES);
	memcpy(point + 1 + P256_BYTES, y, P256_BYTES);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY *key = NULL;
	if (OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) ==
			1 &&
		OSSL_PARAM_BLD_push_octet_string(
			build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) == 1)
		key = key_from("EC", build);
	OSSL_PARAM_BLD_free(build);
	return key;
}

static EVP_PKEY *
read_ed25519(json_t *jwk)
{
	size_t length = 0;
	g_autofree uint8_t *x = member_of(jwk, "x", &length);

	if (x == NULL || length != ED25519_BYTES || g_strcmp0(text_of(jwk, "crv"), "Ed25519") != 0)
		return NULL;
	return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x, length);
}

aula_verifier *
aula_verifier_new_jwk(json_t *jwk)
{
	static const struct {
		const char *type;
		algorithm alg;
		EVP_PKEY *(*read)(json_t *jwk);
	} kinds[] = {
		{ "RSA", RS256, read_rsa },
		{ "EC", ES256, read_p256 },
		{ "OKP", EDDSA, read_ed25519 },
	};
	const char *type = text_of(jwk, "kty"), *use = text_of(jwk, "use");
	const char *alg = text_of(jwk, "alg"), *id = text_of(jwk, "kid");

	if (type == NULL || (use != NULL && strcmp(use, "sig") != 0) ||
		(id != NULL && strlen(id) > KEY_ID_BYTES_MOST))
		return NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (strcmp(type, kinds[i].type) != 0 ||
			(alg != NULL && algorithm_of(alg) != kinds[i].alg))
			continue;
		EVP_PKEY *public = kinds[i].read(jwk);
		if (public == NULL)
			return NULL;
		aula_verifier *verifier = g_new0(aula_verifier, 1);
		*verifier =
			(aula_verifier){ .alg = kinds[i].alg, .id = g_strdup(id), .key = public };
		return verifier;
	}
	return NULL;
}

/* -- signatures -- */

void
aula_verifier_sign(const void *secret, size_t secret_length, const char *text, size_t length,
	uint8_t out[AULA_HS256_BYTES])
{
	unsigned out_length = AULA_HS256_BYTES;

	HMAC(EVP_sha256(), secret, (int)secret_length, (const uint8_t *)text, length, out,
		&out_length);
}

static bool
check_secret(const aula_verifier *key, const signed_text *token)
{
	uint8_t expected[AULA_HS256_BYTES];
	unsigned expected_length = sizeof expected;

	return token->signature_length == AULA_HS256_BYTES &&
	       HMAC(EVP_sha256(), key->secret, (int)key->secret_length,
		       (const uint8_t *)token->text, token->length, expected,
		       &expected_length) != NULL &&
	       CRYPTO_memcmp(expected, token->signature, AULA_HS256_BYTES) == 0;
}

static bool
check_public(const aula_verifier *key, const EVP_MD *digest, const signed_text *token,
	const uint8_t *signature, size_t signature_length)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = EVP_DigestVerifyInit(context, NULL, digest, NULL, key->key) == 1 &&
		    EVP_DigestVerify(context, signature, signature_length,
			    (const uint8_t *)token->text, token->length) == 1;

	EVP_MD_CTX_free(context);
	return good;
}

/* RFC 7518 section 3.4: R and S side by side; OpenSSL wants them in DER. */
static bool
check_p256(const aula_verifier *key, const signed_text *token)
{
	if (token->signature_length != 2 * P256_BYTES)
		return false;
	ECDSA_SIG *pair = ECDSA_SIG_new();
	ECDSA_SIG_set0(pair, BN_bin2bn(token->signature, P256_BYTES, NULL),
		BN_bin2bn(token->signature + P256_BYTES, P256_BYTES, NULL));
	uint8_t *der = NULL;
	int der_length = i2d_ECDSA_SIG(pair, &der);
	bool good =
		der_length > 0 && check_public(key, EVP_sha256(), token, der, (size_t)der_length);
	OPENSSL_free(der);
	ECDSA_SIG_free(pair);
	return good;
}

bool
aula_verifier_check(const aula_verifier *key, const char *text, size_t length,
	const uint8_t *signature, size_t signature_length)
{
	const signed_text *token = &(signed_text){ text, length, signature, signature_length };

	switch (key->alg) {
	case HS256:
		return check_secret(key, token);
	case RS256:
		return check_public(
			key, EVP_sha256(), token, token->signature, token->signature_length);
	case ES256:
		return check_p256(key, token);
	case EDDSA:
		return check_public(key, NULL, token, token->signature, token->signature_length);
	case ALG_NONE:
		break;
	}
	return false;
}
