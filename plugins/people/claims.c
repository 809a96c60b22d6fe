/* SPDX-License-Identifier: Apache-2.0 */
#include "claims.h"

#include <stdio.h>
#include <string.h>

#include "requests.h"

enum { CLAIM_NAME_MOST = 100 };

json_t *
claims_find(json_t *claims, const char *name)
{
	json_t *whole = json_object_get(claims, name);
	const char *dot = strchr(name, '.');

	if (whole != NULL || dot == NULL)
		return json_is_null(whole) ? NULL : whole;
	char outer[CLAIM_NAME_MOST + 1];
	snprintf(outer, sizeof outer, "%.*s", (int)(dot - name), name);
	return claims_find(json_object_get(claims, outer), dot + 1);
}

bool
claims_lack(const struct config *config, json_t *claims)
{
	const char *const names[] = { config->oidc_login_claim, "name", config->oidc_role_claim,
		config->oidc_department_claim };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i] != NULL && claims_find(claims, names[i]) == NULL)
			return true;
	return false;
}

/* False when it does not fit: half a name would be another. */
static bool
take(const json_t *value, char *room, size_t size)
{
	const char *text = json_string_value(value);
	size_t length = json_string_length(value);

	if (text == NULL || length == 0 || length >= size || strlen(text) != length)
		return false;
	memcpy(room, text, length + 1);
	return true;
}

static bool
says(json_t *claim, const char *value)
{
	size_t index;
	json_t *one;

	if (json_is_string(claim))
		return strcmp(json_string_value(claim), value) == 0;
	json_array_foreach(claim, index, one)
	{
		if (json_is_string(one) && strcmp(json_string_value(one), value) == 0)
			return true;
	}
	return false;
}

/* The first row that fits; without one, the role for all others. */
static void
read_role(const struct config *config, json_t *claims, struct claimed *claimed)
{
	json_t *claim = config->oidc_role_claim != NULL
				? claims_find(claims, config->oidc_role_claim)
				: NULL;
	const struct claimed_role *rows = config->oidc_roles.items;
	const char *role = config->oidc_role;

	claimed->has_role = config->oidc_role_claim != NULL;
	for (size_t i = 0; i < config->oidc_roles.count; i++)
		if (says(claim, rows[i].value)) {
			role = rows[i].role;
			break;
		}
	if (role != NULL)
		snprintf(claimed->role, sizeof claimed->role, "%s", role);
}

void
claims_read(const struct config *config, json_t *claims, struct claimed *ret_claimed)
{
	const char *login = json_string_value(claims_find(claims, config->oidc_login_claim));
	json_t *department = config->oidc_department_claim != NULL
				     ? claims_find(claims, config->oidc_department_claim)
				     : NULL;

	memset(ret_claimed, 0, sizeof *ret_claimed);
	take(json_object_get(claims, "sub"), ret_claimed->subject, sizeof ret_claimed->subject);
	if (login == NULL || !login_normal(login, ret_claimed->login))
		*ret_claimed->login = '\0';
	if (!take(json_object_get(claims, "name"), ret_claimed->name, sizeof ret_claimed->name))
		snprintf(ret_claimed->name, sizeof ret_claimed->name, "%s", ret_claimed->login);
	if (json_is_array(department))
		department = json_array_get(department, 0);
	ret_claimed->has_department =
		take(department, ret_claimed->department, sizeof ret_claimed->department);
	read_role(config, claims, ret_claimed);
}
