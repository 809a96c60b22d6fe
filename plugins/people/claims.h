/* SPDX-License-Identifier: Apache-2.0 */
/** What the issuer of the school's own log-in says of somebody, as an account. Knows no clock and
 * no state. */
#ifndef PEOPLE_CLAIMS_H
#define PEOPLE_CLAIMS_H

#include "people.h"

/** A row of the setting oidc_roles. */
struct claimed_role {
	const char *value, *role;
};

/** The person that the claims are of; "": the claims say nothing that could be used. */
struct claimed {
	char subject[ROOM_MOST + 1]; /* OpenID Connect Core 1.0, section 2: at most 255 */
	char login[LOGIN_MOST + 1], name[NAME_MOST + 1], role[ROLE_MOST + 1],
		department[GROUP_MOST + 1];
	bool has_role, has_department; /* the claims say it, and not the configuration */
};

/** A claim by its name, or by the way to it: "realm_access.roles". NULL: there is none. */
json_t *claims_find(json_t *claims, const char *name);
/** Whether what the account is made of is still missing, so that the issuer should be asked for
 * more. */
bool claims_lack(const struct config *config, json_t *claims);
void claims_read(const struct config *config, json_t *claims, struct claimed *ret_claimed);

#endif
