/* SPDX-License-Identifier: Apache-2.0 */
/** From the body of a "message" to the row of the plugin's table and back. [control] */
#ifndef AULA_SIGNALING_DISPATCH_H
#define AULA_SIGNALING_DISPATCH_H

#include "signaling/envelope.h"
#include "signaling/switchboard.h"

/** Where an answer goes. `transaction` is borrowed, and may be NULL. */
typedef struct {
	aula_client client;
	uint64_t session;
	const char *transaction;
	bool asynchronous; /* acknowledged already: it goes as an event */
	bool errand;       /* it goes to whoever brought it: see errand.h */
} aula_answer_place;

/** Serves a "message" of `client` for `attachment`: applies its description, runs the request that
 * its body names, replies. What fails inside the plugin is the plugin's reply; false is for what
 * fails before, and the caller replies. */
bool aula_dispatch_message(aula_switchboard *board, aula_client client,
	const aula_envelope *envelope, aula_attachment *attachment, aula_refusal *refusal);

/** The row and its number by the table alone: finds the request that `call->name` says, compares
 * capabilities, fills the arguments from `call->body`, runs it. On failure `call->field`,
 * `call->error` and `call->error_number` tell more; what they point to may lie in `fault` and
 * `arena`. */
aula_code aula_dispatch_run(const aula_loaded *loaded, void *self, aula_call *call,
	aula_arena *arena, aula_schema_fault *fault, char *sentence, size_t sentence_size);

/** Runs a request of `attachment` and answers it, now or later, at `place`, whose `asynchronous` is
 * filled in here. `name` NULL: `body` names none. */
void aula_dispatch_request(aula_switchboard *board, aula_attachment *attachment, const char *name,
	json_t *body, const aula_answer_place *place);

/** Answers a request with `call->reply`, or with the error that `code` and `call` say. Takes
 * `call->jsep`. */
void aula_dispatch_answer(aula_switchboard *board, const aula_attachment *attachment,
	const aula_answer_place *place, aula_call *call, aula_code code);

#endif
