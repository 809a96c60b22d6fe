/* SPDX-License-Identifier: Apache-2.0 */
/* What came of it. */
#include <stdlib.h>

#include "keep.h"
#include "requests.h"
#include "tell.h"

static const aula_call away = { .error_number = ERROR_UNAVAILABLE,
	.error = "What was asked earlier cannot be read at present." };

/* The room that the sender is in, if there is a store that has what was asked in it. */
static aula_code
request_kept(aula_call *call, struct room **ret_room)
{
	aula_code code = request_room(call, ret_room);

	if (code != AULA_OK || (*ret_room)->polls->keeps)
		return code;
	return refuse(call, AULA_UNAVAILABLE, ERROR_UNAVAILABLE, NULL, away.error);
}

static void
on_answer_rows(struct asked *asked, struct room *room, const aula_store_result *result)
{
	enum { VOTER, DISPLAY, AT, SCORE, ANSWERS };
	size_t most = (size_t)asked->limit;
	json_t *list = json_array();
	(void)room;

	for (size_t i = 0; i < result->row_count && i < most; i++) {
		const char *voter = aula_result_text(result, i, VOTER);
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:I, s:I, s:o}", "subject",
				      *voter == '=' ? voter + 1 : "", "display",
				      aula_result_text(result, i, DISPLAY), "at_us",
				      (json_int_t)aula_result_int(result, i, AT), "score",
				      (json_int_t)aula_result_int(result, i, SCORE), "answers",
				      json_loads(aula_result_text(result, i, ANSWERS), 0, NULL)));
		if (i + 1 == most && result->row_count > most)
			json_object_set_new(asked->reply, "next", json_string(voter));
	}
	json_object_set_new(asked->reply, "answers", list);
	asked_answer(asked, result->code, result->code == AULA_UNAVAILABLE ? &away : NULL);
}

aula_code
run_answers(void *self, aula_call *call, const void *args)
{
	const struct answers_args *request = args;
	struct room *room;
	(void)self;

	aula_code code = request_kept(call, &room);
	if (code != AULA_OK)
		return code;
	/* Anonymous votes have voters as well, whose hashes nobody needs to see. */
	aula_statement page =
		AULA_SQL("SELECT v.voter, v.display, v.at_us, v.score, v.answers FROM polls_votes v"
			 " JOIN polls_polls p ON p.room = v.room AND p.id = v.id"
			 " WHERE v.room = $1 AND v.id = $2 AND v.voter > $3 AND NOT p.anonymous"
			 " ORDER BY v.voter LIMIT $4",
			aula_sql_text(room->key), aula_sql_int(request->id),
			aula_sql_text(request->after), aula_sql_int(request->limit + 1));
	const struct poll *poll = room_poll(room, request->id);
	if (poll != NULL && poll->anonymous)
		return refuse(call, AULA_FORBIDDEN, ERROR_UNAUTHORIZED, "id",
			"Nobody is told who answered what: it is anonymous.");
	request_reply(call, "answers", room, request->id);
	struct asked *asked = asked_new(room, call, &code);
	if (asked == NULL)
		return code;
	asked->limit = request->limit;
	asked->reply = json_incref(call->reply);
	asked->run = on_answer_rows;
	keep_read(room->polls, &page, asked);
	return AULA_OK;
}

/* -- history -- */

static json_t *
row_of(const aula_store_result *result, size_t row)
{
	struct poll *poll = keep_take(result, row);

	if (poll == NULL)
		return json_null();
	json_t *shown = tell_poll(poll, MAY_ASK | MAY_RESULTS, NULL);
	if (poll->opened_us != 0)
		json_object_set_new(shown, "opened_us", json_integer(poll->opened_us));
	if (poll->closed_us != 0)
		json_object_set_new(shown, "closed_us", json_integer(poll->closed_us));
	else
		json_object_del(shown, "results"); /* those in memory are pushed */
	poll_free(poll);
	return shown;
}

static void
on_polls(struct asked *asked, struct room *room, const aula_store_result *result)
{
	size_t most = (size_t)asked->limit;
	json_t *list = json_array();
	(void)room;

	for (size_t i = 0; i < result->row_count && i < most; i++)
		json_array_append_new(list, row_of(result, i));
	json_object_set_new(asked->reply, "list", list);
	json_object_set_new(asked->reply, "more", json_boolean(result->row_count > most));
	asked_answer(asked, result->code, result->code == AULA_UNAVAILABLE ? &away : NULL);
}

aula_code
run_list(void *self, aula_call *call, const void *args)
{
	const struct list_args *request = args;
	struct room *room;
	(void)self;

	aula_code code = request_kept(call, &room);
	if (code != AULA_OK)
		return code;
	aula_statement page = AULA_SQL("SELECT " POLL_COLUMNS " FROM polls_polls"
				       " WHERE room = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
		aula_sql_text(room->key),
		aula_sql_int(request->before > 0 ? request->before : INT64_MAX),
		aula_sql_int(request->limit + 1));
	request_reply(call, "list", room, 0);
	struct asked *asked = asked_new(room, call, &code);
	if (asked == NULL)
		return code;
	asked->limit = request->limit;
	asked->reply = json_incref(call->reply);
	asked->run = on_polls;
	keep_read(room->polls, &page, asked);
	return AULA_OK;
}

aula_code
run_results(void *self, aula_call *call, const void *args)
{
	const struct id_args *request = args;
	struct poll *poll;
	(void)self;

	aula_code code = request_poll(call, request->id, &poll);
	if (code != AULA_OK)
		return code;
	if (poll->opened_us == 0 && (call->holds & (MAY_ASK | MAY_RESULTS)) == 0)
		return refuse(call, AULA_NOT_FOUND, ERROR_NO_SUCH_POLL, "id",
			"There is no such poll that is open or waits.");
	request_reply(call, "results", poll->room, poll->id);
	json_object_set_new(call->reply, "poll", tell_poll(poll, call->holds, call->state));
	return AULA_OK;
}
