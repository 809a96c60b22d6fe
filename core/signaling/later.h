/* SPDX-License-Identifier: Apache-2.0 */
/** Requests that a plugin answers later, such as when the database has: what is needed to answer
 * them, kept until then. [control] */
#ifndef AULA_SIGNALING_LATER_H
#define AULA_SIGNALING_LATER_H

#include "signaling/dispatch.h"

/** A request that a plugin runs, with what its answer needs. */
typedef struct aula_pending_call {
	aula_call call;
	unsigned module;
	aula_answer_place place;
	aula_ticket ticket; /* none, unless it is to be answered later */
} aula_pending_call;

/** Promises an answer. FULL: too many are promised. WRONG_STATE: it was promised already. */
aula_code aula_later_promise(
	aula_switchboard *board, aula_pending_call *pending, aula_ticket *ret_ticket);
/** The promise is void: the request is answered now after all. */
void aula_later_void(aula_switchboard *board, aula_ticket ticket);
/** Keeps it, once. The ticket must be `module`'s. GONE: nobody waits for it any more. */
aula_code aula_later_answer(aula_switchboard *board, unsigned module, aula_ticket ticket,
	const aula_late_answer *answer);

/** Forgets what is left. */
void aula_later_finish(aula_id_table *tickets);

#endif
