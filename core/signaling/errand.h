/* SPDX-License-Identifier: Apache-2.0 */
/** Requests of those who have no connection of their own, brought by a module that has found out
 * who asks: each has a session and a handle that live until it is answered, so a plugin runs it as
 * any other. Nothing of that is an event. All [control]. */
#ifndef AULA_SIGNALING_ERRAND_H
#define AULA_SIGNALING_ERRAND_H

#include "signaling/switchboard.h"

/** Those under way, by the number of their session. */
GHashTable *aula_errands_new(void);

/** Runs it for `module`. See aula_requests.serve. */
void aula_errand_serve(aula_switchboard *board, unsigned module, const aula_errand *errand,
	void (*answered)(void *data, const aula_errand_answer *answer), void *data);
/** The plugin has answered, with what `call` has. */
void aula_errand_answered(
	aula_switchboard *board, uint64_t session, const aula_call *call, aula_code code);
/** The session is over: who still waits for its answer is told that none will come. */
void aula_errand_over(aula_switchboard *board, uint64_t session);
/** `module` stops, and waits for no answer any more. */
void aula_errands_forget(aula_switchboard *board, unsigned module);

#endif
