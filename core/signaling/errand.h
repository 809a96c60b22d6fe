/* SPDX-License-Identifier: Apache-2.0 */
/** Requests of those who have no connection of their own, brought by a module that has found out
 * who asks: each has a session and a handle that live until it is answered, so a plugin runs it as
 * any other. Nothing of that is an event. All [control]. */
#ifndef AULA_SIGNALING_ERRAND_H
#define AULA_SIGNALING_ERRAND_H

#include <limits.h>

#include "signaling/switchboard.h"

/** Those under way, by the number of their session. */
GHashTable *aula_errands_new(void);

typedef void (*aula_errand_done)(void *data, const aula_errand_answer *answer);

enum { AULA_ERRAND_OPERATOR = UINT_MAX }; /* no module brought it */

/** Runs it for `module`. See aula_requests.serve. */
void aula_errand_serve(aula_switchboard *board, unsigned module, const aula_errand *errand,
	aula_errand_done answered, void *data);
/** Counts one. See aula_requests.admit; false: `refusal` says how it is refused. */
bool aula_errand_admit(aula_switchboard *board, const char *address, const aula_identity *who,
	aula_refusal *refusal);
/** Runs it for `bearer`, which is taken and has an address; nobody counts its requests, and what
 * `errand` says of who asks is not looked at. */
void aula_errand_serve_as(aula_switchboard *board, const aula_errand *errand, aula_bearer *bearer,
	aula_errand_done answered, void *data);
/** The plugin has answered, with what `call` has. */
void aula_errand_answered(
	aula_switchboard *board, uint64_t session, const aula_call *call, aula_code code);
/** The session is over: who still waits for its answer is told that none will come. */
void aula_errand_over(aula_switchboard *board, uint64_t session);
/** `module` stops, and waits for no answer any more. */
void aula_errands_forget(aula_switchboard *board, unsigned module);

#endif
