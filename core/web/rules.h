/* SPDX-License-Identifier: Apache-2.0 */
/** Whom the listener believes and lets in, as an administrator may change it while it listens:
 * origins, proxies, sources of pages. Immutable, so the service threads only need to be shown the
 * newest; former ones live as long as the listener. [any] */
#ifndef AULA_WEB_RULES_H
#define AULA_WEB_RULES_H

#include "web/network.h"

typedef struct {
	/* See aula_web_options; none is NULL. */
	const char *const *origins, *const *csp_connect;
	aula_web_networks *proxies;
} aula_web_rules;

/** Copies; each ends with NULL or is NULL, for an empty list. NULL with a sentence that quotes what
 * is no network. */
aula_web_rules *aula_web_rules_new(const char *const *origins, const char *const *csp_connect,
	const char *const *proxies, GError **error);
/** NULL is fine. */
void aula_web_rules_free(aula_web_rules *rules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(aula_web_rules, aula_web_rules_free)

#endif
