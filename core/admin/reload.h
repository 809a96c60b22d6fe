/* SPDX-License-Identifier: Apache-2.0 */
/** The configuration read anew while the server runs: all of it is checked first, then what can be
 * is applied, in one turn of the control thread. [control] */
#ifndef AULA_ADMIN_RELOAD_H
#define AULA_ADMIN_RELOAD_H

#include "admin/admin.h"
#include "host/options.h"
#include "signaling/switchboard.h"

typedef struct aula_reload aula_reload;

/** `options` as the server was started with. Everything outlives it. */
aula_reload *aula_reload_new(const aula_options *options, aula_settings *settings,
	aula_switchboard *board, aula_admin *admin);
/** After all threads that look at roles. NULL is fine. */
void aula_reload_free(aula_reload *reload);

/** {"applied": ["limits.rooms", "chat.history"], "restart": ["web.port"]}: new reference. NULL: a
 * fault, with file, line and key; nothing has changed. What was done is logged. */
json_t *aula_reload_run(aula_reload *reload, GError **error);

#endif
