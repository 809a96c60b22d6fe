/* SPDX-License-Identifier: Apache-2.0 */
/** What operators do, for the audit log: who it was is noted before the verb runs, for it may end
 * the session that asked. [control] */
#ifndef AULA_ADMIN_TRAIL_H
#define AULA_ADMIN_TRAIL_H

#include "admin/verb.h"

typedef struct {
	char *act; /* NULL: it is no act */
	char *actor, *name, *role, *address, *target, *detail;
} aula_trail;

/** `clients`: those among which the asker is. Of a request that was shown the secret the actor is
 * "", for the secret is nobody's. */
void aula_trail_begin(aula_trail *trail, const aula_admin_call *call, const aula_admin_verb *verb,
	const aula_clients *clients);
/** Adds the line if it was done. Frees what was noted. */
void aula_trail_end(aula_trail *trail, const aula_switchboard *board, bool done);

#endif
