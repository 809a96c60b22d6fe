/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/token.h"

#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

#include "signaling/base64url.h"
#include "signaling/verifier.h"

enum {
	KEYS_MOST = 64,
	SET_BYTES_MOST = 256 * 1024,
	CLAIM_BYTES_MOST = 256,
};

typedef struct {
	aula_verifier *verifier;
	unsigned source;
} token_key;

/* Where keys came from, and what their tokens must say. */
typedef struct {
	char *path; /* NULL: no file */
	char *issuer, *audience;
	struct timespec changed;
} source;

struct aula_token_keys {
	GPtrArray *keys; /* of token_key */
	GArray *sources; /* of source */
	int64_t leeway_s;
};

static GQuark
quark(void)
{
	return g_quark_from_static_string("aula-token");
}

void
aula_token_claims_clear(aula_token_claims *claims)
{
	g_free(claims->subject);
	g_free(claims->name);
	g_free(claims->role);
	g_free(claims->room);
	*claims = (aula_token_claims){ 0 };
}

/* -- keys -- */

static void
key_free(void *data)
{
	token_key *key = data;

	aula_verifier_free(key->verifier);
	g_free(key);
}

static void
source_clear(void *data)
{
	source *one = data;

	g_free(one->path);
	g_free(one->issuer);
	g_free(one->audience);
}

aula_token_keys *
aula_token_keys_new(int64_t leeway_s)
{
	aula_token_keys *keys = g_new0(aula_token_keys, 1);

	keys->keys = g_ptr_array_new_with_free_func(key_free);
	keys->sources = g_array_new(FALSE, TRUE, sizeof(source));
	g_array_set_clear_func(keys->sources, source_clear);
	keys->leeway_s = leeway_s;
	return keys;
}

void
aula_token_keys_free(aula_token_keys *keys)
{
	if (keys == NULL)
		return;
	g_ptr_array_free(keys->keys, TRUE);
	g_array_free(keys->sources, TRUE);
	g_free(keys);
}

static unsigned
add_source(aula_token_keys *keys, const char *path, const aula_token_policy *policy)
{
	source one = { .path = g_strdup(path),
		.issuer = g_strdup(policy->issuer),
		.audience = g_strdup(policy->audience) };

	g_array_append_val(keys->sources, one);
	return keys->sources->len - 1;
}

static void
add_key(aula_token_keys *keys, aula_verifier *verifier, unsigned from)
{
	token_key *key = g_new0(token_key, 1);

	*key = (token_key){ .verifier = verifier, .source = from };
	g_ptr_array_add(keys->keys, key);
}

bool
aula_token_keys_add_secret(aula_token_keys *keys, const void *secret, size_t length,
	const aula_token_policy *policy, GError **error)
{
	if (length < AULA_TOKEN_SECRET_BYTES_LEAST) {
		g_set_error(error, quark(), 0,
			"a secret for tokens needs at least %d bytes, this has %zu",
			AULA_TOKEN_SECRET_BYTES_LEAST, length);
		return false;
	}
	add_key(keys, aula_verifier_new_secret(secret, length), add_source(keys, NULL, policy));
	return true;
}

static const char *
text_of(json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static bool
add_set(aula_token_keys *keys, const char *text, size_t length, unsigned from, GError **error)
{
	json_error_t where;
	json_t *set = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);
	if (set == NULL) {
		g_set_error(error, quark(), 0, "line %d: not JSON: %s", where.line, where.text);
		return false;
	}
	size_t index, added = 0;
	json_t *jwk;
	json_array_foreach(json_object_get(set, "keys"), index, jwk)
	{
		aula_verifier *verifier = added < KEYS_MOST ? aula_verifier_new_jwk(jwk) : NULL;
		if (verifier == NULL)
			continue;
		add_key(keys, verifier, from);
		added++;
	}
	json_decref(set);
	if (added == 0)
		g_set_error(error, quark(), 0,
			"no key in \"keys\" is an RSA (2048 bits or more), P-256 or Ed25519 "
			"signing key");
	return added > 0;
}

bool
aula_token_keys_add_set(aula_token_keys *keys, const char *text, size_t length,
	const aula_token_policy *policy, GError **error)
{
	return add_set(keys, text, length, add_source(keys, NULL, policy), error);
}

static bool
read_file(aula_token_keys *keys, unsigned from, GError **error)
{
	const char *path = g_array_index(keys->sources, source, from).path;
	g_autofree char *text = NULL;
	gsize length;
	GError *inner = NULL;

	if (!g_file_get_contents(path, &text, &length, error))
		return false;
	if (length > SET_BYTES_MOST) {
		g_set_error(error, quark(), 0, "%s: larger than %d bytes", path, SET_BYTES_MOST);
		return false;
	}
	guint before = keys->keys->len;
	if (!add_set(keys, text, length, from, &inner)) {
		g_propagate_prefixed_error(error, inner, "%s: ", path);
		return false;
	}
	for (guint i = before; i-- > 0;)
		if (((token_key *)g_ptr_array_index(keys->keys, i))->source == from)
			g_ptr_array_remove_index(keys->keys, i);
	return true;
}

static bool
has_changed(source *one)
{
	struct stat about;

	if (one->path == NULL || stat(one->path, &about) != 0 ||
		(about.st_mtim.tv_sec == one->changed.tv_sec &&
			about.st_mtim.tv_nsec == one->changed.tv_nsec))
		return false;
	one->changed = about.st_mtim;
	return true;
}

bool
aula_token_keys_add_file(
	aula_token_keys *keys, const char *path, const aula_token_policy *policy, GError **error)
{
	unsigned from = add_source(keys, path, policy);

	has_changed(&g_array_index(keys->sources, source, from));
	if (read_file(keys, from, error))
		return true;
	g_array_set_size(keys->sources, from);
	return false;
}

bool
aula_token_keys_refresh(aula_token_keys *keys, GError **error)
{
	for (unsigned i = 0; i < keys->sources->len; i++)
		if (has_changed(&g_array_index(keys->sources, source, i)) &&
			!read_file(keys, i, error))
			return false;
	return true;
}

/* A token, taken apart. */
typedef struct {
	json_t *header, *claims;
	const char *text; /* what is signed */
	size_t length;
	uint8_t *signature;
	size_t signature_length;
} parts;

/* -- claims -- */

static bool
has_audience(json_t *audience, const char *wanted)
{
	size_t index;
	json_t *one;

	if (json_is_string(audience))
		return strcmp(json_string_value(audience), wanted) == 0;
	json_array_foreach(audience, index, one)
	{
		if (json_is_string(one) && strcmp(json_string_value(one), wanted) == 0)
			return true;
	}
	return false;
}

static bool
check_claims(
	json_t *claims, const source *from, int64_t leeway_s, int64_t now_s, const char **ret_why)
{
	json_t *expires = json_object_get(claims, "exp"), *begins = json_object_get(claims, "nbf");
	/* NumericDate may have a fraction; a double holds every date that makes sense. */
	double now = (double)now_s, leeway = (double)leeway_s;

	if (!json_is_number(expires))
		*ret_why = "The token has no expiry (exp).";
	else if (json_number_value(expires) + leeway <= now)
		*ret_why = "The token has expired.";
	else if (begins != NULL &&
		 !(json_is_number(begins) && json_number_value(begins) <= now + leeway))
		*ret_why = "The token is not valid yet.";
	else if (from->issuer != NULL && g_strcmp0(text_of(claims, "iss"), from->issuer) != 0)
		*ret_why = "The token is of another issuer.";
	else if (from->audience != NULL &&
		 !has_audience(json_object_get(claims, "aud"), from->audience))
		*ret_why = "The token is meant for another service.";
	else
		return true;
	return false;
}

/* A text, or an integer as text; absent is "". False when of another type or too long. */
static bool
take_claim(json_t *claims, const char *name, char **ret_text)
{
	json_t *value = json_object_get(claims, name);

	if (value == NULL || json_is_null(value))
		*ret_text = g_strdup("");
	else if (json_is_integer(value))
		*ret_text = g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_string(value) && json_string_length(value) <= CLAIM_BYTES_MOST)
		*ret_text = g_strdup(json_string_value(value));
	else
		return false;
	return true;
}

static bool
take_claims(json_t *from, aula_token_claims *ret_claims, const char **ret_why)
{
	g_auto(aula_token_claims) claims = { 0 };

	if (!take_claim(from, "sub", &claims.subject) || !take_claim(from, "name", &claims.name) ||
		!take_claim(from, "role", &claims.role) ||
		!take_claim(from, "room", &claims.room)) {
		*ret_why = "A claim of the token is of the wrong type or too long.";
		return false;
	}
	/* A room that was named, even by nothing, opens no other. */
	json_t *room = json_object_get(from, "room");
	if (room == NULL || json_is_null(room))
		g_clear_pointer(&claims.room, g_free);
	double expires = json_number_value(json_object_get(from, "exp"));
	claims.expires_s = expires < 9e15 ? (int64_t)expires : (int64_t)9e15;
	*ret_claims = claims;
	claims = (aula_token_claims){ 0 };
	return true;
}

static json_t *
decode_object(const char *text, size_t length)
{
	size_t decoded_length = 0;
	g_autofree uint8_t *decoded = aula_base64url_decode(text, length, &decoded_length);

	if (decoded == NULL)
		return NULL;
	json_t *object =
		json_loadb((const char *)decoded, decoded_length, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(object))
		return object;
	json_decref(object);
	return NULL;
}

static bool
take_apart(const char *text, size_t length, parts *ret_parts)
{
	const char *first = length <= AULA_TOKEN_BYTES_MOST ? memchr(text, '.', length) : NULL;
	const char *second =
		first != NULL ? memchr(first + 1, '.', (size_t)(text + length - first - 1)) : NULL;

	if (second == NULL)
		return false;
	ret_parts->text = text;
	ret_parts->length = (size_t)(second - text);
	ret_parts->signature = aula_base64url_decode(
		second + 1, (size_t)(text + length - second - 1), &ret_parts->signature_length);
	ret_parts->header = decode_object(text, (size_t)(first - text));
	ret_parts->claims = decode_object(first + 1, (size_t)(second - first - 1));
	return ret_parts->signature != NULL && ret_parts->header != NULL &&
	       ret_parts->claims != NULL;
}

/* One of the keys signed it, and it says what that key's tokens must say. */
static bool
is_trusted(const aula_token_keys *keys, const parts *token, int64_t now_s, const char **ret_why)
{
	const char *alg = text_of(token->header, "alg"), *id = text_of(token->header, "kid");

	*ret_why = "The token is not signed in a way that is accepted here.";
	if (json_object_get(token->header, "crit") != NULL)
		return false;
	*ret_why = "The token's signature is not one that is trusted here.";
	for (guint i = 0; i < keys->keys->len; i++) {
		const token_key *key = g_ptr_array_index(keys->keys, i);
		if (aula_verifier_is_for(key->verifier, alg, id) &&
			aula_verifier_check(key->verifier, token->text, token->length,
				token->signature, token->signature_length) &&
			check_claims(token->claims,
				&g_array_index(keys->sources, source, key->source), keys->leeway_s,
				now_s, ret_why))
			return true;
	}
	return false;
}

bool
aula_token_open(const aula_token_keys *keys, const char *text, size_t length, int64_t now_s,
	json_t **ret_claims, const char **ret_why)
{
	parts token = { 0 };
	bool good = take_apart(text, length, &token);

	if (!good)
		*ret_why = length > AULA_TOKEN_BYTES_MOST ? "The token is larger than 8 kB."
							  : "The token is malformed.";
	good = good && is_trusted(keys, &token, now_s, ret_why);
	if (good)
		*ret_claims = json_incref(token.claims);
	json_decref(token.header);
	json_decref(token.claims);
	g_free(token.signature);
	return good;
}

bool
aula_token_verify(const aula_token_keys *keys, const char *text, size_t length, int64_t now_s,
	aula_token_claims *ret_claims, const char **ret_why)
{
	json_t *claims = NULL;
	bool good = aula_token_open(keys, text, length, now_s, &claims, ret_why) &&
		    take_claims(claims, ret_claims, ret_why);

	json_decref(claims);
	return good;
}

char *
aula_token_mint(const void *secret, size_t length, const aula_token_policy *policy,
	const aula_token_claims *claims, int64_t now_s)
{
	static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
	json_t *body = json_pack("{s:s, s:s, s:s, s:s*, s:s*, s:s*, s:I, s:I}", "sub",
		claims->subject, "name", claims->name, "role", claims->role, "room", claims->room,
		"iss", policy->issuer, "aud", policy->audience, "iat", (json_int_t)now_s, "exp",
		(json_int_t)claims->expires_s);
	char *dumped = json_dumps(body, JSON_COMPACT);
	GString *token = g_string_new(NULL);
	uint8_t signature[AULA_HS256_BYTES];

	json_decref(body);
	aula_base64url_append(token, header, strlen(header));
	g_string_append_c(token, '.');
	aula_base64url_append(token, dumped, strlen(dumped));
	free(dumped);
	aula_verifier_sign(secret, length, token->str, token->len, signature);
	g_string_append_c(token, '.');
	aula_base64url_append(token, signature, sizeof signature);
	return g_string_free(token, FALSE);
}
