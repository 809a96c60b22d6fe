/* SPDX-License-Identifier: Apache-2.0 */
/* A token, and a set of keys. The first byte says which: nothing that a stranger makes up is
 * believed, and what is refused is refused with a reason. An input that begins with "s" is signed
 * with our secret first, so that the claims behind the signature are reached as well. */
#include "fuzz.h"

#include <string.h>

#include "signaling/base64url.h"
#include "signaling/token.h"
#include "signaling/verifier.h"

enum { NOW_S = 1700000000 };

static const char secret[] = "a secret that no fuzzer can guess";
static const aula_token_policy anything;

static void
verify(const aula_token_keys *keys, const char *text, size_t length, bool signed_by_us)
{
	g_auto(aula_token_claims) claims = { 0 };
	const char *why = NULL;

	if (!aula_token_verify(keys, text, length, NOW_S, &claims, &why)) {
		HOLDS(why != NULL && *why != '\0');
		return;
	}
	HOLDS(signed_by_us);
	HOLDS(claims.subject != NULL && claims.name != NULL && claims.role != NULL);
	HOLDS(claims.room == NULL || *claims.room != '\0');
	HOLDS(claims.expires_s >= NOW_S);
}

static void
sign_and_verify(const aula_token_keys *keys, const char *text, size_t length)
{
	static const char header[] = "{\"alg\":\"HS256\"}";
	uint8_t signature[AULA_HS256_BYTES];
	GString *token = g_string_new(NULL);

	aula_base64url_append(token, header, strlen(header));
	g_string_append_c(token, '.');
	aula_base64url_append(token, text, length);
	aula_verifier_sign(secret, strlen(secret), token->str, token->len, signature);
	g_string_append_c(token, '.');
	aula_base64url_append(token, signature, sizeof signature);
	verify(keys, token->str, token->len, true);
	g_string_free(token, TRUE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	if (length == 0)
		return 0;
	g_autoptr(aula_token_keys) keys = aula_token_keys_new(0);
	const char *text = (const char *)data + 1;
	HOLDS(aula_token_keys_add_secret(keys, secret, strlen(secret), &anything, NULL));

	if (data[0] == 'k') {
		g_autoptr(GError) error = NULL;
		bool good = aula_token_keys_add_set(keys, text, length - 1, &anything, &error);
		HOLDS(good == (error == NULL));
	} else if (data[0] == 's') {
		sign_and_verify(keys, text, length - 1);
	} else {
		verify(keys, text, length - 1, false);
	}
	return 0;
}
