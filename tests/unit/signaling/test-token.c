/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/token.h"

#include <glib/gstdio.h>
#include <string.h>
#include <utime.h>

#include "signaling/base64url.h"
#include "signaling/verifier.h"

enum { NOW_S = 1700000000, LEEWAY_S = 60 };

static const char secret[] = "0123456789abcdef0123456789abcdef";
static const aula_token_policy anything;

static aula_token_keys *
our_keys(const aula_token_policy *policy)
{
	aula_token_keys *keys = aula_token_keys_new(LEEWAY_S);

	g_assert_true(aula_token_keys_add_secret(keys, secret, strlen(secret), policy, NULL));
	return keys;
}

/* A token of `header` and `claims` as they stand, signed with the secret. */
static char *
sign(const char *header, const char *claims)
{
	GString *token = g_string_new(NULL);
	uint8_t signature[AULA_HS256_BYTES];

	aula_base64url_append(token, header, strlen(header));
	g_string_append_c(token, '.');
	aula_base64url_append(token, claims, strlen(claims));
	aula_verifier_sign(secret, strlen(secret), token->str, token->len, signature);
	g_string_append_c(token, '.');
	aula_base64url_append(token, signature, sizeof signature);
	return g_string_free(token, FALSE);
}

static const char *
why_not(const aula_token_keys *keys, const char *token, int64_t now_s)
{
	g_auto(aula_token_claims) claims = { 0 };
	const char *why = NULL;

	if (aula_token_verify(keys, token, strlen(token), now_s, &claims, &why))
		return NULL;
	g_assert_nonnull(why);
	return why;
}

static void
test_mint(void)
{
	aula_token_policy policy = { "school", "aula" };
	g_autoptr(aula_token_keys) keys = our_keys(&policy);
	aula_token_claims out = { (char *)"u1", (char *)"Ada \"L\"", (char *)"teacher",
		(char *)"1234", NOW_S + 10 };
	g_auto(aula_token_claims) in = { 0 };
	const char *why = NULL;
	g_autofree char *token = aula_token_mint(secret, strlen(secret), &policy, &out, NOW_S);

	g_assert_true(aula_token_verify(keys, token, strlen(token), NOW_S, &in, &why));
	g_assert_cmpstr(in.subject, ==, "u1");
	g_assert_cmpstr(in.name, ==, "Ada \"L\"");
	g_assert_cmpstr(in.role, ==, "teacher");
	g_assert_cmpstr(in.room, ==, "1234");
	g_assert_cmpint(in.expires_s, ==, NOW_S + 10);
}

static void
test_claims(void)
{
	static const struct {
		const char *claims, *issuer, *audience, *why;
	} cases[] = {
		{ "{\"exp\":1700000010}", NULL, NULL, NULL },
		{ "{\"exp\":1699999941}", NULL, NULL, NULL }, /* within the leeway */
		{ "{\"exp\":1699999940}", NULL, NULL, "expired" },
		{ "{\"exp\":1700000010.5}", NULL, NULL, NULL },
		{ "{\"exp\":\"1700000010\"}", NULL, NULL, "no expiry" },
		{ "{}", NULL, NULL, "no expiry" },
		{ "{\"exp\":1700000010,\"nbf\":1700000060}", NULL, NULL, NULL },
		{ "{\"exp\":1700000010,\"nbf\":1700000061}", NULL, NULL, "not valid yet" },
		{ "{\"exp\":1700000010,\"nbf\":true}", NULL, NULL, "not valid yet" },
		{ "{\"exp\":1700000010,\"iss\":\"a\"}", "a", NULL, NULL },
		{ "{\"exp\":1700000010,\"iss\":\"b\"}", "a", NULL, "another issuer" },
		{ "{\"exp\":1700000010}", "a", NULL, "another issuer" },
		{ "{\"exp\":1700000010,\"aud\":\"x\"}", NULL, "x", NULL },
		{ "{\"exp\":1700000010,\"aud\":[\"y\",\"x\"]}", NULL, "x", NULL },
		{ "{\"exp\":1700000010,\"aud\":[\"y\",1]}", NULL, "x", "another service" },
		{ "{\"exp\":1700000010,\"sub\":[]}", NULL, NULL, "wrong type" },
		{ "{\"exp\":1700000010,\"room\":7}", NULL, NULL, NULL },
		{ "{\"exp\":1700000010,\"exp\":1800000010}", NULL, NULL, "malformed" },
		{ "[]", NULL, NULL, "malformed" },
		{ "{", NULL, NULL, "malformed" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		aula_token_policy policy = { cases[i].issuer, cases[i].audience };
		g_autoptr(aula_token_keys) keys = our_keys(&policy);
		g_autofree char *token = sign("{\"alg\":\"HS256\"}", cases[i].claims);
		const char *why = why_not(keys, token, NOW_S);
		if (cases[i].why == NULL)
			g_assert_cmpstr(why, ==, NULL);
		else
			g_assert_nonnull(strstr(why, cases[i].why));
	}
}

static void
test_forgeries(void)
{
	static const char *const headers[] = { "{\"alg\":\"none\"}", "{\"alg\":\"RS256\"}", "{}",
		"{\"alg\":\"HS256\",\"crit\":[\"b64\"]}", "{\"alg\":\"hs256\"}", "{\"alg\":1}" };
	static const char claims[] = "{\"exp\":1700000010}";
	g_autoptr(aula_token_keys) keys = our_keys(&anything);
	g_autofree char *good = sign("{\"alg\":\"HS256\"}", claims);

	g_assert_cmpstr(why_not(keys, good, NOW_S), ==, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(headers); i++) {
		g_autofree char *token = sign(headers[i], claims);
		g_assert_nonnull(why_not(keys, token, NOW_S));
	}
	/* Each character of it matters. */
	for (size_t i = 0; good[i] != '\0'; i++) {
		char was = good[i];
		good[i] = was == 'A' ? 'B' : 'A';
		g_assert_nonnull(why_not(keys, good, NOW_S));
		good[i] = was;
	}
	for (size_t length = 0; length < strlen(good); length++) {
		g_autofree char *cut = g_strndup(good, length);
		g_assert_nonnull(why_not(keys, cut, NOW_S));
	}
	g_autofree char *padded = g_strconcat(good, "=", NULL);
	g_assert_nonnull(why_not(keys, padded, NOW_S));
	g_autofree char *huge = g_strnfill(AULA_TOKEN_BYTES_MOST + 1, 'a');
	g_assert_nonnull(why_not(keys, huge, NOW_S));
	g_autoptr(GError) error = NULL;
	g_assert_false(aula_token_keys_add_secret(keys, "short", 5, &anything, &error));
	g_assert_nonnull(strstr(error->message, "at least 32 bytes"));
}

#include "token-vectors.h"

static void
test_public_keys(void)
{
	g_autoptr(aula_token_keys) keys = aula_token_keys_new(LEEWAY_S);
	g_autoptr(GError) error = NULL;

	g_assert_true(
		aula_token_keys_add_set(keys, vector_set, strlen(vector_set), &anything, &error));
	g_assert_no_error(error);
	for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
		g_auto(aula_token_claims) claims = { 0 };
		const char *why = NULL;
		g_assert_true(aula_token_verify(
			keys, vectors[i].token, strlen(vectors[i].token), NOW_S, &claims, &why));
		g_assert_cmpstr(claims.subject, ==, vectors[i].alg);
		/* Broken in the middle of its signature. */
		g_autofree char *broken = g_strdup(vectors[i].token);
		char *at = strrchr(broken, '.') + 9;
		*at = *at == 'A' ? 'B' : 'A';
		g_assert_nonnull(why_not(keys, broken, NOW_S));
	}
	/* A public key is no secret: signing with its text must not pass for HS256. */
	g_autofree char *confused =
		sign("{\"alg\":\"HS256\",\"kid\":\"r\"}", "{\"exp\":1700000010}");
	g_assert_nonnull(why_not(keys, confused, NOW_S));
}

static void
test_sets(void)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "{", "not JSON" },
		{ "{}", "no key" },
		{ "{\"keys\":[]}", "no key" },
		{ "{\"keys\":[1,{\"kty\":\"oct\",\"k\":\"AAAA\"}]}", "no key" },
		{ "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\",\"y\":\"AAAA\"}]}",
			"no key" },
		{ "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}", "no key" },
		{ "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"AAAA\"}]}", "no key" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(aula_token_keys) keys = aula_token_keys_new(0);
		g_autoptr(GError) error = NULL;
		g_assert_false(aula_token_keys_add_set(
			keys, cases[i].text, strlen(cases[i].text), &anything, &error));
		g_assert_nonnull(strstr(error->message, cases[i].why));
	}
}

/* Changes the file and its time, which may have a coarse clock. */
static void
rewrite(const char *path, const char *text, time_t at)
{
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	g_assert_cmpint(utime(path, &(struct utimbuf){ at, at }), ==, 0);
}

static void
test_file(void)
{
	g_autoptr(aula_token_keys) keys = aula_token_keys_new(LEEWAY_S);
	g_autoptr(GError) error = NULL;
	g_autofree char *folder = g_dir_make_tmp("aula-token-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "jwks.json", NULL);

	g_assert_false(aula_token_keys_add_file(keys, path, &anything, &error));
	g_assert_nonnull(strstr(error->message, "jwks.json"));
	g_clear_error(&error);
	rewrite(path, vector_set, 1000);
	g_assert_true(aula_token_keys_add_file(keys, path, &anything, &error));
	g_assert_cmpstr(why_not(keys, vectors[0].token, NOW_S), ==, NULL);
	/* A file that was spoilt is told once and leaves the keys as they are. */
	rewrite(path, "{\"keys\":[]}", 2000);
	g_assert_false(aula_token_keys_refresh(keys, &error));
	g_assert_nonnull(strstr(error->message, "jwks.json"));
	g_clear_error(&error);
	g_assert_true(aula_token_keys_refresh(keys, &error));
	g_assert_cmpstr(why_not(keys, vectors[0].token, NOW_S), ==, NULL);
	/* A new key takes the place of the old. */
	rewrite(path, vector_other_set, 3000);
	g_assert_true(aula_token_keys_refresh(keys, &error));
	g_assert_nonnull(why_not(keys, vectors[0].token, NOW_S));
	g_unlink(path);
	g_rmdir(folder);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/signaling/token/mint", test_mint);
	g_test_add_func("/signaling/token/claims", test_claims);
	g_test_add_func("/signaling/token/forgeries", test_forgeries);
	g_test_add_func("/signaling/token/public-keys", test_public_keys);
	g_test_add_func("/signaling/token/sets", test_sets);
	g_test_add_func("/signaling/token/file", test_file);
	return g_test_run();
}
