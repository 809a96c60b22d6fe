/* SPDX-License-Identifier: Apache-2.0 */
/** JSON Web Tokens (RFC 7519) in compact form (RFC 7515 section 3.1): checked with a secret of ours
 * (HS256) or the public keys of an issuer (RS256, ES256, EdDSA; RFC 7518, RFC 8037), minted with
 * the secret. Left out: encryption (RFC 7516), "crit" extensions (refused), unsigned tokens. */
#ifndef AULA_SIGNALING_TOKEN_H
#define AULA_SIGNALING_TOKEN_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "aula/code.h"

enum {
	AULA_TOKEN_BYTES_MOST = 8 * 1024,
	AULA_TOKEN_SECRET_BYTES_LEAST = 32, /* RFC 7518 section 3.2 */
};

/** What a token says about who carries it. */
typedef struct {
	char *subject, *name, *role; /* "" when it says nothing */
	char *room;                  /* the only room; NULL: any */
	int64_t expires_s;           /* Unix time */
} aula_token_claims;
void aula_token_claims_clear(aula_token_claims *claims);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(aula_token_claims, aula_token_claims_clear)

/** Whose signatures are believed, and what else each signer's tokens must say. [control] */
typedef struct aula_token_keys aula_token_keys;

/** What "iss" and "aud" must say; NULL: anything. Copied. */
typedef struct {
	const char *issuer, *audience;
} aula_token_policy;

/** `leeway_s`: how far clocks may differ. */
aula_token_keys *aula_token_keys_new(int64_t leeway_s);
void aula_token_keys_free(aula_token_keys *keys);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(aula_token_keys, aula_token_keys_free)
/** Believes HS256 by `secret`, of at least AULA_TOKEN_SECRET_BYTES_LEAST bytes; copied. */
bool aula_token_keys_add_secret(aula_token_keys *keys, const void *secret, size_t length,
	const aula_token_policy *policy, GError **error);
/** Believes the signing keys of a JWK set (RFC 7517); keys of other uses and kinds are skipped. An
 * error when not one is left. */
bool aula_token_keys_add_set(aula_token_keys *keys, const char *text, size_t length,
	const aula_token_policy *policy, GError **error);
/** As `add_set`, from a file, which is read again when it has changed. */
bool aula_token_keys_add_file(
	aula_token_keys *keys, const char *path, const aula_token_policy *policy, GError **error);
/** Reads the files that have changed; one that is wrong leaves its keys as they are: false, once
 * for each change. Cheap: one stat a file. */
bool aula_token_keys_refresh(aula_token_keys *keys, GError **error);

/** True when the token is to be believed at `now_s` (Unix time); else `ret_why` is a static
 * sentence for the client. An expiry is mandatory. */
bool aula_token_verify(const aula_token_keys *keys, const char *text, size_t length, int64_t now_s,
	aula_token_claims *ret_claims, const char **ret_why);

/** As `verify`; `*ret_claims` is a new reference to all that it says. */
bool aula_token_open(const aula_token_keys *keys, const char *text, size_t length, int64_t now_s,
	json_t **ret_claims, const char **ret_why);

/** A token signed with `secret` (HS256). */
char *aula_token_mint(const void *secret, size_t length, const aula_token_policy *policy,
	const aula_token_claims *claims, int64_t now_s);

#endif
