/* SPDX-License-Identifier: Apache-2.0 */
#include "web/rules.h"

#include <stdint.h>

static const char *const *
copy(const char *const *texts)
{
	return (const char *const *)(texts != NULL ? g_strdupv((char **)(uintptr_t)texts)
						   : g_new0(char *, 1));
}

aula_web_rules *
aula_web_rules_new(const char *const *origins, const char *const *csp_connect,
	const char *const *proxies, GError **error)
{
	aula_web_networks *networks = aula_web_networks_new(proxies, error);

	if (networks == NULL)
		return NULL;
	aula_web_rules *rules = g_new(aula_web_rules, 1);
	*rules = (aula_web_rules){ copy(origins), copy(csp_connect), networks };
	return rules;
}

void
aula_web_rules_free(aula_web_rules *rules)
{
	if (rules == NULL)
		return;
	g_strfreev((char **)(uintptr_t)rules->origins);
	g_strfreev((char **)(uintptr_t)rules->csp_connect);
	aula_web_networks_free(rules->proxies);
	g_free(rules);
}
