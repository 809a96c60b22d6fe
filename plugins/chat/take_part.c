/* SPDX-License-Identifier: Apache-2.0 */
/* Who is there, and what was said. */
#include "requests.h"

#include <stdlib.h>
#include <string.h>

#include "afar.h"
#include "keep.h"

aula_code
request_room(aula_call *call, const aula_key *name, struct room **ret_room)
{
	const struct client *client = call->state;

	if (client->room == NULL)
		return refuse(
			call, AULA_WRONG_STATE, ERROR_NOT_IN_ROOM, NULL, "Join a room first.");
	if (name->number > 0 || name->text != NULL) {
		const aula_host *host = client->chat->host;
		aula_room named = host->rooms->find(host, name);
		if (!AULA_SAME(named, client->room->id))
			return refuse(call, AULA_WRONG_STATE, ERROR_NOT_IN_ROOM, "room",
				"You are not in that room.");
	}
	*ret_room = client->room;
	return AULA_OK;
}

void
request_reply(aula_call *call, const char *word, const struct room *room)
{
	json_object_set_new(call->reply, "textroom", json_string(word));
	json_object_set(call->reply, "room", room->name);
}

static json_t *
people_page(const struct room *room, int64_t offset, int64_t limit)
{
	const struct client *client;
	json_t *list = json_array();
	int64_t place = 0;

	TAILQ_FOREACH(client, &room->clients, others)
	{
		if (place++ < offset)
			continue;
		if ((int64_t)json_array_size(list) >= limit)
			break;
		json_t *item = json_pack("{s:O}", "username", client->name);
		if (client->display != NULL)
			json_object_set_new(item, "display", json_string(client->display));
		json_array_append_new(list, item);
	}
	afar_list(room, list, offset > (int64_t)room->count ? offset - (int64_t)room->count : 0,
		limit);
	return list;
}

/* -- join, leave -- */

static aula_code
enter(struct chat *chat, struct client *client, const struct join_args *args, aula_call *call)
{
	const aula_host *host = chat->host;
	struct room *room;
	aula_member member;

	aula_code code = room_get(chat, &args->room, &room);
	if (code == AULA_NOT_FOUND)
		return refuse(
			call, code, ERROR_NO_SUCH_ROOM, "room", "There is no room of that name.");
	if (code != AULA_OK)
		return code;
	code = host->rooms->join(host, room->id, client->handle,
		&(aula_join){ .size = sizeof(aula_join),
			.number = args->username.number,
			.text = args->username.text,
			.display = args->display,
			.existing = chat->config->members_only },
		&member);
	if (code == AULA_WRONG_STATE)
		return refuse(call, AULA_FORBIDDEN, ERROR_UNAUTHORIZED, "room",
			"Only those who are in the room may chat in it.");
	if (code == AULA_EXISTS)
		return refuse(call, code, ERROR_NAME_TAKEN, "username",
			"Somebody has that name already.");
	if (code != AULA_OK)
		return code;
	code = room_enter(room, client, member, args->display);
	if (code != AULA_OK)
		host->rooms->leave(host, client->handle);
	return code;
}

static aula_code
join_now(struct chat *chat, aula_call *call, const struct join_args *join)
{
	struct client *client = call->state;
	bool more = false;

	if (client->room != NULL)
		return refuse(call, AULA_WRONG_STATE, ERROR_ALREADY_IN_ROOM, NULL,
			"This handle is in a room already.");
	aula_code code = enter(chat, client, join, call);
	if (code != AULA_OK)
		return code;
	const struct room *room = client->room;
	request_reply(call, "success", room);
	json_object_set(call->reply, "username", client->name);
	json_object_set_new(
		call->reply, "participants", people_page(room, 0, chat->config->large_room));
	json_object_set_new(
		call->reply, "total", json_integer((json_int_t)(room->count + afar_count(room))));
	json_object_set_new(call->reply, "last_id", json_integer(room->history.last_id));
	if (!join->history)
		return AULA_OK;
	json_object_set_new(call->reply, "history",
		history_read(&room->history, client, 0, INT64_MAX, chat->config->history_at_join,
			&more));
	json_object_set_new(call->reply, "more",
		json_boolean(more || (keep_has(room) && room->history.gone > 0)));
	return AULA_OK;
}

static void
on_room_read(struct asked *asked, struct room *room, const aula_store_result *result)
{
	struct chat *chat = asked->chat;
	aula_call call = { .size = sizeof call,
		.from = asked->handle,
		.state = chat->host->handles->state(chat->host, asked->handle),
		.reply = asked->reply };
	aula_code code = AULA_GONE;
	(void)room, (void)result;

	if (call.state != NULL)
		code = join_now(chat, &call, asked->args);
	asked_answer(asked, code, &call);
}

/* The first to come to a room that outlived the server waits until what was said is read. */
static aula_code
join_when_read(struct room *room, aula_call *call, const struct join_args *join)
{
	aula_code code;
	struct asked *asked = asked_new(room, call, &code);

	if (asked == NULL)
		return code;
	asked->args = malloc(sizeof *join);
	if (asked->args == NULL) {
		asked_free(asked);
		return AULA_INTERNAL;
	}
	memcpy(asked->args, join, sizeof *join);
	asked->about = json_incref(call->body); /* the texts of `args` lie in it */
	asked->reply = json_object();
	asked->run = on_room_read;
	keep_wait(room, asked);
	return AULA_OK;
}

aula_code
run_join(void *self, aula_call *call, const void *args)
{
	struct chat *chat = self;
	const struct join_args *join = args;
	struct room *room;

	if (room_get(chat, &join->room, &room) == AULA_OK && room->read_state != ROOM_READ)
		return join_when_read(room, call, join);
	return join_now(chat, call, join);
}

aula_code
run_leave(void *self, aula_call *call, const void *args)
{
	const struct chat *chat = self;
	const struct room_args *leave = args;
	struct room *room;

	aula_code code = request_room(call, &leave->room, &room);
	if (code != AULA_OK)
		return code;
	request_reply(call, "success", room);
	room_exit(call->state);
	chat->host->rooms->leave(chat->host, call->from);
	return AULA_OK;
}

/* -- history, lists -- */

static void
on_page(struct asked *asked, struct room *room, const aula_store_result *result)
{
	aula_call call = { .error_number = ERROR_UNAVAILABLE,
		.error = "What was said earlier cannot be read at present." };
	json_t *messages = json_array();
	size_t most = (size_t)asked->number;
	(void)room;

	for (size_t i = result->row_count < most ? result->row_count : most; i-- > 0;)
		json_array_append_new(
			messages, json_loads(aula_result_text(result, i, 0), 0, NULL));
	json_object_set_new(asked->reply, "messages", messages);
	json_object_set_new(asked->reply, "more", json_boolean(result->row_count > most));
	asked_answer(asked, result->code, &call);
}

/* What is older than the memory goes. */
static aula_code
read_page(struct room *room, aula_call *call, const struct history_args *history)
{
	aula_code code;
	struct asked *asked = asked_new(room, call, &code);

	if (asked == NULL)
		return code;
	asked->reply = json_incref(call->reply);
	asked->number = history->limit;
	asked->run = on_page;
	keep_page(room, call->state, history->after,
		history->before > 0 ? history->before : INT64_MAX, history->limit, asked);
	return AULA_OK;
}

aula_code
run_history(void *self, aula_call *call, const void *args)
{
	const struct history_args *history = args;
	struct room *room;
	bool more;
	(void)self;

	aula_code code = request_room(call, &history->room, &room);
	if (code != AULA_OK)
		return code;
	json_t *messages = history_read(&room->history, call->state, history->after,
		history->before > 0 ? history->before : INT64_MAX, history->limit, &more);
	request_reply(call, "history", room);
	json_object_set_new(call->reply, "last_id", json_integer(room->history.last_id));
	bool older = keep_has(room) && room->history.gone > history->after && !more &&
		     (int64_t)json_array_size(messages) < history->limit;
	if (older) {
		json_decref(messages);
		return read_page(room, call, history);
	}
	json_object_set_new(call->reply, "messages", messages);
	json_object_set_new(call->reply, "more", json_boolean(more));
	return AULA_OK;
}

aula_code
run_list(void *self, aula_call *call, const void *args)
{
	const struct chat *chat = self;
	const aula_host *host = chat->host;
	aula_identity identity = { .size = sizeof identity };
	const struct room *room;
	json_t *list = json_array();
	(void)args;

	host->handles->identity(host, call->from, &identity, sizeof identity);
	LIST_FOREACH(room, &chat->rooms, others)
	{
		const char *name = host->rooms->name(host, room->id, NULL);
		if (identity.room != NULL && (name == NULL || strcmp(name, identity.room) != 0))
			continue;
		json_array_append_new(
			list, json_pack("{s:O, s:I, s:I}", "room", room->name, "num_participants",
				      (json_int_t)(room->count + afar_count(room)), "history",
				      (json_int_t)room->history.count));
	}
	json_object_set_new(call->reply, "textroom", json_string("success"));
	json_object_set_new(call->reply, "list", list);
	return AULA_OK;
}

aula_code
run_list_participants(void *self, aula_call *call, const void *args)
{
	const struct chat *chat = self;
	const struct people_args *people = args;
	int64_t most = chat->config->page_most;
	struct room *room;

	aula_code code = request_room(call, &people->room, &room);
	if (code != AULA_OK)
		return code;
	if (people->limit > 0 && people->limit < most)
		most = people->limit;
	request_reply(call, "participants", room);
	json_t *page = people_page(room, people->offset, most);
	json_object_set_new(call->reply, "count", json_integer((json_int_t)json_array_size(page)));
	json_object_set_new(call->reply, "participants", page);
	json_object_set_new(call->reply, "offset", json_integer(people->offset));
	json_object_set_new(
		call->reply, "total", json_integer((json_int_t)(room->count + afar_count(room))));
	return AULA_OK;
}
