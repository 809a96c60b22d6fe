/* SPDX-License-Identifier: Apache-2.0 */
/** Who a session is and what it may do: from its token, by the roles of the configuration. A
 * session without a token is a guest. All [control]. */
#ifndef AULA_SIGNALING_IDENTITY_H
#define AULA_SIGNALING_IDENTITY_H

#include "host/capability.h"
#include "host/settings.h"
#include "signaling/token.h"

/** Who carries a session. Texts are never NULL, but for `address` and
 * `room`: the only one it may enter. */
typedef struct {
	char *subject, *name, *role, *room;
	int64_t expires_s; /* Unix time; 0: a guest, never */
	aula_capability_set holds;
	int64_t max_bitrate_bps; /* the most that it may send; 0: no limit */
	char *address; /* where an errand was asked from, which has no connection; else NULL */
} aula_bearer;
void aula_bearer_clear(aula_bearer *bearer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(aula_bearer, aula_bearer_clear)

typedef struct aula_identities aula_identities;

/** Reads the secret (made on the first start) and the key sets that the settings name. Borrows
 * `roles`. */
aula_identities *aula_identities_new(
	const aula_settings *settings, const aula_roles *roles, GError **error);
void aula_identities_free(aula_identities *identities);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(aula_identities, aula_identities_free)

/** Who brings `token` (NULL: a guest). False: not believed; `ret_why` is static. */
bool aula_identities_check(aula_identities *identities, const char *token, size_t length,
	int64_t now_s, aula_bearer *ret_bearer, const char **ret_why);

/** A token of ours. [any] Caller frees. */
char *aula_identities_mint(
	const aula_identities *identities, const aula_token_claims *claims, int64_t now_s);
/** Whether the configuration has the role. [any, while it runs] */
bool aula_identities_has_role(const aula_identities *identities, const char *role);
/** What the role may do; NULL: there is none. Borrowed until the roles change. */
const aula_capability_set *aula_identities_role(
	const aula_identities *identities, const char *role);
/** The names of all roles, sorted: an array of texts. New reference. */
json_t *aula_identities_roles(const aula_identities *identities);
/** What roles mean for the sessions to come. Borrows `roles`; those of before live on as long, for
 * other threads may still look at them. */
void aula_identities_set_roles(aula_identities *identities, const aula_roles *roles);

#endif
