/* SPDX-License-Identifier: Apache-2.0 */
/** One key that signatures are checked with (RFC 7518, RFC 8037). The key says which algorithm it
 * is for, never the token alone. [pure] */
#ifndef AULA_SIGNALING_VERIFIER_H
#define AULA_SIGNALING_VERIFIER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct aula_verifier aula_verifier;

/** HS256 by a secret; copied. */
aula_verifier *aula_verifier_new_secret(const void *secret, size_t length);
/** RS256, ES256 or EdDSA by a public JWK (RFC 7517); NULL when it is not a signing key of these:
 * RSA of 2048 to 8192 bits, P-256, Ed25519. */
aula_verifier *aula_verifier_new_jwk(json_t *jwk);
/** NULL is fine. */
void aula_verifier_free(aula_verifier *verifier);

/** Whether the key is for this "alg" and, when both have one, this "kid". */
bool aula_verifier_is_for(const aula_verifier *verifier, const char *alg, const char *id);
bool aula_verifier_check(const aula_verifier *verifier, const char *text, size_t length,
	const uint8_t *signature, size_t signature_length);

enum { AULA_HS256_BYTES = 32 };
/** Signs with a secret (HS256). */
void aula_verifier_sign(const void *secret, size_t secret_length, const char *text, size_t length,
	uint8_t out[AULA_HS256_BYTES]);

/** Unpredictable bytes. */
void aula_random(void *out, size_t length);

#endif
