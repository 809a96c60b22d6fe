/* SPDX-License-Identifier: Apache-2.0 */
/* Who a token says that its bearer is. */
#include "signaling/services-module.h"

#include <string.h>

static aula_code
check(const aula_host *host, const char *token, aula_identity *ret_identity, size_t identity_size,
	uint64_t *ret_holds, const char **ret_why)
{
	aula_module_host *asks = (aula_module_host *)(uintptr_t)aula_module_of(host);
	aula_bearer *bearer = &asks->checked;
	int64_t now_s = g_get_real_time() / G_USEC_PER_SEC;

	aula_bearer_clear(bearer);
	if (!aula_identities_check(asks->board->identities, token,
		    token != NULL ? strlen(token) : 0, now_s, bearer, ret_why))
		return AULA_UNAUTHORIZED;
	aula_identity who = { .size = MIN(identity_size, sizeof who),
		.subject = bearer->subject,
		.name = bearer->name,
		.role = bearer->role,
		.room = bearer->room,
		.expires_s = bearer->expires_s };
	memcpy(ret_identity, &who, who.size);
	if (ret_holds != NULL)
		*ret_holds = aula_capability_local(
			aula_modules_map(asks->board->modules, asks->index), &bearer->holds);
	return AULA_OK;
}

static const char *
mint(const aula_host *host, const aula_identity *who)
{
	aula_module_host *asks = (aula_module_host *)(uintptr_t)aula_module_of(host);
	aula_identities *identities = asks->board->identities;

	if (!aula_identities_has_role(identities, who->role))
		return NULL;
	g_free(asks->minted);
	asks->minted = aula_identities_mint(identities,
		&(aula_token_claims){ .subject = (char *)(uintptr_t)who->subject,
			.name = (char *)(uintptr_t)who->name,
			.role = (char *)(uintptr_t)who->role,
			.room = (char *)(uintptr_t)who->room,
			.expires_s = who->expires_s },
		g_get_real_time() / G_USEC_PER_SEC);
	return asks->minted;
}

static aula_code
role_holds(const aula_host *host, const char *role, uint64_t *ret_holds)
{
	const aula_module_host *asks = aula_module_of(host);
	const aula_capability_set *holds = aula_identities_role(asks->board->identities, role);

	if (holds == NULL)
		return AULA_NOT_FOUND;
	*ret_holds =
		aula_capability_local(aula_modules_map(asks->board->modules, asks->index), holds);
	return AULA_OK;
}

static bool
may(const aula_host *host, const char *role, const char *capability)
{
	const aula_switchboard *board = aula_module_of(host)->board;
	const aula_capability_set *holds = aula_identities_role(board->identities, role);
	int bit = aula_capabilities_find(board->capabilities, capability);

	return holds != NULL && bit >= 0 && aula_capability_set_has(holds, (unsigned)bit);
}

static aula_code
verify(const aula_host *host, const char *keys, const char *issuer, const char *audience,
	const char *token, json_t **ret_claims, const char **ret_why)
{
	const aula_switchboard *board = aula_module_of(host)->board;
	g_autoptr(aula_token_keys) set = aula_token_keys_new(board->settings->identity.leeway_s);
	int64_t now_s = g_get_real_time() / G_USEC_PER_SEC;

	*ret_why = "The key set of the issuer has no key that is understood here.";
	return aula_token_keys_add_set(set, keys, strlen(keys),
		       &(aula_token_policy){ .issuer = issuer, .audience = audience }, NULL) &&
			       aula_token_open(
				       set, token, strlen(token), now_s, ret_claims, ret_why)
		       ? AULA_OK
		       : AULA_UNAUTHORIZED;
}

static json_t *
roles(const aula_host *host)
{
	return aula_identities_roles(aula_module_of(host)->board->identities);
}

const aula_tokens aula_service_tokens = {
	.size = sizeof aula_service_tokens,
	.check = check,
	.mint = mint,
	.role = role_holds,
	.may = may,
	.verify = verify,
	.roles = roles,
};
