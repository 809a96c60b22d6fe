/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/later.h"

#include <inttypes.h>

#include "base/id.h"
#include "signaling/notice.h"

typedef struct {
	aula_handle handle;
	unsigned module;
	aula_answer_place place; /* its transaction is a copy */
} promise;

static void
promise_free(promise *one)
{
	g_free((char *)one->place.transaction);
	g_free(one);
}

aula_code
aula_later_promise(aula_switchboard *board, aula_pending_call *pending, aula_ticket *ret_ticket)
{
	promise *one;

	if (!AULA_NONE(pending->ticket))
		return AULA_WRONG_STATE;
	one = g_new0(promise, 1);
	one->handle = pending->call.from;
	one->module = pending->module;
	one->place = pending->place;
	one->place.transaction = g_strdup(pending->place.transaction);
	pending->ticket.id = aula_id_add(&board->tickets, one);
	if (AULA_NONE(pending->ticket)) {
		promise_free(one);
		return AULA_FULL;
	}
	*ret_ticket = pending->ticket;
	return AULA_OK;
}

void
aula_later_void(aula_switchboard *board, aula_ticket ticket)
{
	promise *one = aula_id_get(&board->tickets, ticket.id);

	if (one == NULL)
		return;
	aula_id_remove(&board->tickets, ticket.id);
	promise_free(one);
}

/* Whoever asked and did not wait for the answer to end the handle still gets one. */
static void
tell_gone(const aula_switchboard *board, const aula_answer_place *place)
{
	aula_refusal refusal = { 0 };
	json_t *reply = aula_envelope_reply("error", place->session, place->transaction, 0);

	if (aula_sessions_find(board->sessions, place->session) == NULL)
		aula_refuse(&refusal, AULA_ERROR_SESSION, "session_id",
			"No such session %" PRIu64 " any more", place->session);
	else
		aula_refuse(&refusal, AULA_ERROR_HANDLE, "handle_id",
			"The handle has ended before the answer came");
	json_object_set_new(reply, "error", aula_refusal_json(&refusal));
	aula_notice_reply(board, place->client, reply);
}

aula_code
aula_later_answer(aula_switchboard *board, unsigned module, aula_ticket ticket,
	const aula_late_answer *answer)
{
	promise *one = aula_id_get(&board->tickets, ticket.id);
	aula_code code = AULA_GONE;

	if (one == NULL || one->module != module)
		return AULA_GONE;
	aula_id_remove(&board->tickets, ticket.id);
	const aula_attachment *attachment = aula_attachment_find(board->sessions, one->handle);
	if (attachment != NULL && !aula_attachment_is_ending(attachment)) {
		aula_call call = { .size = sizeof call,
			.reply = answer->reply != NULL ? json_incref(answer->reply) : json_object(),
			.field = answer->field,
			.error = answer->error,
			.error_number = answer->error_number };
		aula_dispatch_answer(board, attachment, &one->place, &call, answer->code);
		json_decref(call.reply);
		code = AULA_OK;
	} else if (!one->place.errand && !one->place.asynchronous) {
		tell_gone(board, &one->place);
	}
	promise_free(one);
	return code;
}

void
aula_later_finish(aula_id_table *tickets)
{
	size_t cursor = 0;
	promise *one;

	while ((one = aula_id_next(tickets, &cursor)) != NULL)
		promise_free(one);
	aula_id_table_finish(tickets);
}
