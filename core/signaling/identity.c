/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/identity.h"

#include <stdatomic.h>

#include "base/log.h"
#include "host/secret.h"

static const char guest[] = "guest";

struct aula_identities {
	aula_token_keys *keys;
	GBytes *secret;
	char *issuer, *audience;         /* that tokens name */
	const aula_roles *_Atomic roles; /* [web] asks which there are */
};

void
aula_bearer_clear(aula_bearer *bearer)
{
	g_free(bearer->subject);
	g_free(bearer->name);
	g_free(bearer->role);
	g_free(bearer->room);
	g_free(bearer->address);
	*bearer = (aula_bearer){ 0 };
}

static bool
read_keys(aula_identities *identities, const aula_settings *settings, GError **error)
{
	const aula_settings_identity *wanted = &settings->identity;
	aula_token_policy policy = { wanted->issuer, wanted->audience };
	gsize length;

	identities->secret = aula_secret_ensure(wanted->secret_file, error);
	if (identities->secret == NULL)
		return false;
	const void *secret = g_bytes_get_data(identities->secret, &length);
	if (!aula_token_keys_add_secret(identities->keys, secret, length, &policy, error)) {
		g_prefix_error(error, "%s: ", wanted->secret_file);
		return false;
	}
	return wanted->jwks_file == NULL ||
	       aula_token_keys_add_file(identities->keys, wanted->jwks_file, &policy, error);
}

aula_identities *
aula_identities_new(const aula_settings *settings, const aula_roles *roles, GError **error)
{
	g_autoptr(aula_identities) identities = g_new0(aula_identities, 1);

	identities->keys = aula_token_keys_new(settings->identity.leeway_s);
	atomic_init(&identities->roles, roles);
	identities->issuer = g_strdup(settings->identity.issuer);
	identities->audience = g_strdup(settings->identity.audience);
	return read_keys(identities, settings, error) ? g_steal_pointer(&identities) : NULL;
}

void
aula_identities_free(aula_identities *identities)
{
	if (identities == NULL)
		return;
	aula_token_keys_free(identities->keys);
	g_clear_pointer(&identities->secret, g_bytes_unref);
	g_free(identities->issuer);
	g_free(identities->audience);
	g_free(identities);
}

static bool
believe(aula_identities *identities, const char *token, size_t length, int64_t now_s,
	aula_token_claims *ret_claims, const char **ret_why)
{
	g_autoptr(GError) error = NULL;

	if (!aula_token_keys_refresh(identities->keys, &error))
		aula_log(AULA_LOG_ERROR, "identity", "changed keys are not used: %s",
			error->message);
	return aula_token_verify(identities->keys, token, length, now_s, ret_claims, ret_why);
}

bool
aula_identities_check(aula_identities *identities, const char *token, size_t length, int64_t now_s,
	aula_bearer *ret_bearer, const char **ret_why)
{
	g_auto(aula_token_claims) claims = { 0 };

	if (token != NULL && !believe(identities, token, length, now_s, &claims, ret_why))
		return false;
	const char *role = token == NULL ? guest : claims.role;
	const aula_capability_set *holds = aula_roles_find(atomic_load(&identities->roles), role);
	/* A role that the administrator took away is not quietly another one. */
	if (holds == NULL && token != NULL) {
		*ret_why = "The token's role is unknown here.";
		return false;
	}
	*ret_bearer = (aula_bearer){ .subject = g_strdup(token != NULL ? claims.subject : ""),
		.name = g_strdup(token != NULL ? claims.name : ""),
		.role = g_strdup(role),
		.room = g_strdup(claims.room),
		.expires_s = token != NULL ? claims.expires_s : 0 };
	if (holds != NULL)
		ret_bearer->holds = *holds;
	ret_bearer->max_bitrate_bps = aula_roles_max_bitrate_bps(identities->roles, role);
	return true;
}

char *
aula_identities_mint(
	const aula_identities *identities, const aula_token_claims *claims, int64_t now_s)
{
	aula_token_policy ours = { identities->issuer, identities->audience };
	gsize length;
	const void *secret = g_bytes_get_data(identities->secret, &length);

	return aula_token_mint(secret, length, &ours, claims, now_s);
}

bool
aula_identities_has_role(const aula_identities *identities, const char *role)
{
	return aula_identities_role(identities, role) != NULL;
}

const aula_capability_set *
aula_identities_role(const aula_identities *identities, const char *role)
{
	return aula_roles_find(atomic_load(&identities->roles), role);
}

json_t *
aula_identities_roles(const aula_identities *identities)
{
	return aula_roles_names(atomic_load(&identities->roles));
}

void
aula_identities_set_roles(aula_identities *identities, const aula_roles *roles)
{
	atomic_store(&identities->roles, roles);
}
