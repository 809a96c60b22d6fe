/* SPDX-License-Identifier: Apache-2.0 */
/* Taking part, and answering. */
#include <stdlib.h>

#include "keep.h"
#include "requests.h"
#include "tell.h"

aula_code
request_room(aula_call *call, struct room **ret_room)
{
	const struct client *client = call->state;

	if (client->room == NULL)
		return refuse(call, AULA_WRONG_STATE, ERROR_WRONG_STATE, NULL,
			"Join the polls of a room first.");
	*ret_room = client->room;
	return AULA_OK;
}

aula_code
request_poll(aula_call *call, int64_t id, struct poll **ret_poll)
{
	struct room *room;
	aula_code code = request_room(call, &room);

	if (code != AULA_OK)
		return code;
	*ret_poll = room_poll(room, id);
	return *ret_poll != NULL ? AULA_OK
				 : refuse(call, AULA_NOT_FOUND, ERROR_NO_SUCH_POLL, "id",
					   "There is no such poll that is open or waits.");
}

void
request_reply(aula_call *call, const char *word, const struct room *room, int64_t id)
{
	json_object_set_new(call->reply, "polls", json_string(word));
	json_object_set(call->reply, "room", room->name);
	if (id > 0)
		json_object_set_new(call->reply, "id", json_integer(id));
}

/* -- join, leave -- */

/* Who only watches is a member of its own, so both are tried. */
static aula_code
sit(struct room *room, const struct client *client, aula_member *ret_member)
{
	const aula_host *host = room->polls->host;
	aula_join how = { .size = sizeof how, .existing = true };
	aula_code code = host->rooms->join(host, room->id, client->handle, &how, ret_member);

	if (code != AULA_WRONG_STATE)
		return code;
	how.hidden = true;
	return host->rooms->join(host, room->id, client->handle, &how, ret_member);
}

static json_t *
list_polls(const struct room *room, const struct client *client)
{
	const struct poll *poll;
	json_t *list = json_array();
	bool staff = (client->holds & (MAY_ASK | MAY_RESULTS)) != 0;

	TAILQ_FOREACH(poll, &room->asked, others)
	{
		if (staff || poll_is_open(poll) || (poll->shown && poll->opened_us != 0))
			json_array_append_new(list, tell_poll(poll, client->holds, client));
	}
	return list;
}

static aula_code
join_now(struct room *room, aula_call *call)
{
	const aula_host *host = room->polls->host;
	struct client *client = call->state;
	aula_member member;

	if (client->room != NULL)
		return refuse(call, AULA_WRONG_STATE, ERROR_WRONG_STATE, NULL,
			"This handle is in a room already.");
	aula_code code = sit(room, client, &member);
	if (code == AULA_WRONG_STATE)
		return refuse(call, AULA_FORBIDDEN, ERROR_UNAUTHORIZED, "room",
			"Only those who are in the room take part in its polls.");
	if (code == AULA_OK && (code = room_enter(room, client, member)) != AULA_OK)
		host->rooms->leave(host, client->handle);
	if (code != AULA_OK)
		return code;
	request_reply(call, "joined", room, 0);
	json_object_set_new(call->reply, "list", list_polls(room, client));
	return AULA_OK;
}

static void
on_room_read(struct asked *asked, struct room *room, const aula_store_result *result)
{
	const aula_host *host = asked->polls->host;
	aula_call call = { .size = sizeof call,
		.from = asked->handle,
		.state = host->handles->state(host, asked->handle),
		.reply = asked->reply };
	aula_code code = AULA_GONE;
	(void)result;

	if (call.state != NULL && room != NULL)
		code = join_now(room, &call);
	asked_answer(asked, code, &call);
}

aula_code
run_join(void *self, aula_call *call, const void *args)
{
	const struct join_args *join = args;
	struct room *room;

	aula_code code = room_get(self, &join->room, &room);
	if (code == AULA_NOT_FOUND)
		return refuse(
			call, code, ERROR_NO_SUCH_ROOM, "room", "There is no room of that name.");
	if (room->read_state == ROOM_READ)
		return join_now(room, call);
	/* The first to come waits until what was asked before is read. */
	struct asked *asked = asked_new(room, call, &code);
	if (asked == NULL)
		return code;
	asked->reply = json_object();
	asked->run = on_room_read;
	keep_wait(room, asked);
	return AULA_OK;
}

aula_code
run_leave(void *self, aula_call *call, const void *args)
{
	const struct polls *polls = self;
	struct room *room;
	(void)args;

	aula_code code = request_room(call, &room);
	if (code != AULA_OK)
		return code;
	request_reply(call, "left", room, 0);
	room_exit(call->state);
	polls->host->rooms->leave(polls->host, call->from);
	return AULA_OK;
}

/* -- answer -- */

static aula_code
read_answers(aula_call *call, const struct poll *poll, const aula_list *rows, json_t **ret_answers)
{
	const struct answer_item *items = rows->items;
	const char *why = NULL;
	size_t given = 0;

	if (rows->count > poll->question_count)
		return refuse(call, AULA_INVALID, ERROR_INVALID, "answers",
			"There are more answers than questions.");
	json_t *answers = json_array();
	for (size_t i = 0; i < poll->question_count; i++) {
		const aula_list none = { 0 }, *texts = i < rows->count ? &items[i].answer : &none;
		json_t *answer =
			question_accept(&poll->questions[i], texts->items, texts->count, &why);
		if (answer == NULL) {
			json_decref(answers);
			return refuse(call, AULA_INVALID, ERROR_INVALID, "answers", why);
		}
		given += json_array_size(answer);
		json_array_append_new(answers, answer);
	}
	if (given == 0) {
		json_decref(answers);
		return refuse(call, AULA_INVALID, ERROR_INVALID, "answers", "Answer something.");
	}
	*ret_answers = answers;
	return AULA_OK;
}

static aula_code
check_answer(aula_call *call, const struct poll *poll, const char *voter)
{
	if (!poll_is_open(poll))
		return refuse(call, AULA_WRONG_STATE, ERROR_WRONG_STATE, "id",
			poll->opened_us == 0 ? "It is not open yet." : "It is closed.");
	if (poll_vote_of(poll, voter) != NULL)
		return poll->change ? AULA_OK
				    : refuse(call, AULA_EXISTS, ERROR_ANSWERED, "id",
					      "It takes one answer of each, and has yours.");
	if (poll_answered(poll) >= poll->room->polls->config->votes_most)
		return refuse(call, AULA_FULL, ERROR_FULL, "id",
			"As many have answered as the administrator allows.");
	return AULA_OK;
}

/* What could not be kept is not counted, and who answered knows. */
static void
on_vote_kept(struct asked *asked, struct room *room, const aula_store_result *result)
{
	struct poll *poll = room != NULL ? room_poll(room, asked->id) : NULL;
	aula_call call = { .error_number = ERROR_UNAVAILABLE,
		.error = "Your answer could not be kept; try again." };

	if (result->code != AULA_OK && poll != NULL) {
		poll_restore(poll, asked->voter, g_steal_pointer(&asked->before));
		tell_counts_soon(room);
	}
	asked_answer(asked, result->code == AULA_OK ? AULA_OK : AULA_UNAVAILABLE, &call);
}

static void
take_answer(struct poll *poll, aula_call *call, const char *voter, const json_t *answers,
	struct asked *asked)
{
	struct room *room = poll->room;
	const aula_host *host = room->polls->host;

	if (asked != NULL) {
		asked->id = poll->id;
		asked->voter = g_strdup(voter);
		asked->before = poll_count(poll, voter, answers);
		asked->reply = json_incref(call->reply);
		asked->run = on_vote_kept;
		if (asked->before == NULL && AULA_HAS(host->rooms, did))
			host->rooms->did(host, call->from, "answer");
		keep_vote(poll, voter, call->state, poll_vote_of(poll, voter), asked);
	} else {
		g_autofree struct vote *before = poll_count(poll, voter, answers);
		if (before == NULL && AULA_HAS(host->rooms, did))
			host->rooms->did(host, call->from, "answer");
	}
	tell_counts_soon(room);
}

aula_code
run_answer(void *self, aula_call *call, const void *args)
{
	struct polls *polls = self;
	const struct client *client = call->state;
	const struct answer_args *request = args;
	struct asked *asked = NULL;
	struct poll *poll;
	json_t *answers;

	aula_code code = request_poll(call, request->id, &poll);
	if (code != AULA_OK)
		return code;
	g_autofree char *voter = poll_voter(poll, client->key);
	code = check_answer(call, poll, voter);
	if (code == AULA_OK)
		code = read_answers(call, poll, &request->answers, &answers);
	if (code != AULA_OK)
		return code;
	request_reply(call, "answered", poll->room, poll->id);
	json_object_set(call->reply, "mine", answers);
	if (polls->keeps)
		asked = asked_new(poll->room, call, &code);
	if (code == AULA_OK)
		take_answer(poll, call, voter, answers, asked);
	json_decref(answers);
	return code;
}
