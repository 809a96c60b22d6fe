/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "room.h"

struct join_args {
	aula_key room, username;
	const char *display;
	bool history;
};

/** Requests of one who is in a room: `room` may be left out. */
struct room_args {
	aula_key room;
};

struct message_args {
	aula_key room, to;
	const char *text;
	aula_list tos; /* of const char * */
};

struct history_args {
	aula_key room;
	int64_t before, after, limit;
};

struct delete_args {
	aula_key room;
	int64_t id;
};

struct people_args {
	aula_key room;
	int64_t offset, limit; /* limit 0: the most that the configuration allows */
};

/* -- help -- */

static void
set_date(json_t *event)
{
	struct timespec now;
	struct tm parts;
	char text[sizeof "2026-01-31T10:00:00" + 16], date[sizeof text + 8];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(date, sizeof date, "%s.%03dZ", text, (int)(now.tv_nsec / 1000000));
	json_object_set_new(event, "date", json_string(date));
}

/* The room that the sender is in; `name`, when given, must be it. */
static aula_code
room_of(aula_call *call, const aula_key *name, struct room **ret_room)
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

/* Control characters but line feed and tab, and a text that shows nothing. `text` is UTF-8. */
static bool
is_plain(const char *text)
{
	bool shows = false;

	for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
		if ((*at < 0x20 && *at != '\n' && *at != '\t') || *at == 0x7f)
			return false;
		if (*at == 0xc2 && at[1] < 0xa0) /* U+0080 to U+009F */
			return false;
		shows |= *at > 0x20;
	}
	return shows;
}

static aula_code
check_text(const struct chat *chat, aula_call *call, const char *text)
{
	if ((int64_t)strlen(text) > chat->config->text_bytes)
		return refuse(call, AULA_TOO_LARGE, ERROR_INVALID, "text", NULL);
	if (!is_plain(text))
		return refuse(call, AULA_INVALID, ERROR_INVALID, "text",
			"The text is blank or has control characters.");
	return AULA_OK;
}

/* A bucket of `burst` tokens, filled at `rate_per_minute`; each message takes one. */
static aula_code
take_token(struct chat *chat, struct client *client, aula_call *call)
{
	const struct config *config = chat->config;
	double per_us = (double)config->rate_per_minute / 60e6, burst = (double)config->burst;
	int64_t now_us = chat->host->timers->now_us();

	client->tokens += (double)(now_us - client->filled_us) * per_us;
	if (client->tokens > burst || client->filled_us == 0)
		client->tokens = burst;
	client->filled_us = now_us;
	if (client->tokens < 1) {
		int64_t wait_ms = (int64_t)((1 - client->tokens) / per_us / 1000) + 1;
		json_object_set_new(call->reply, "retry_after_ms", json_integer(wait_ms));
		return refuse(call, AULA_TOO_FAST, ERROR_TOO_FAST, NULL, NULL);
	}
	client->tokens -= 1;
	return AULA_OK;
}

static void
reply(aula_call *call, const char *word, const struct room *room)
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
run_join(void *self, aula_call *call, const void *args)
{
	struct chat *chat = self;
	const struct join_args *join = args;
	struct client *client = call->state;
	bool more = false;

	if (client->room != NULL)
		return refuse(call, AULA_WRONG_STATE, ERROR_ALREADY_IN_ROOM, NULL,
			"This handle is in a room already.");
	aula_code code = enter(chat, client, join, call);
	if (code != AULA_OK)
		return code;
	const struct room *room = client->room;
	reply(call, "success", room);
	json_object_set(call->reply, "username", client->name);
	json_object_set_new(
		call->reply, "participants", people_page(room, 0, chat->config->large_room));
	json_object_set_new(call->reply, "count", json_integer((json_int_t)room->count));
	json_object_set_new(call->reply, "last_id", json_integer(room->history.last_id));
	if (!join->history)
		return AULA_OK;
	json_object_set_new(call->reply, "history",
		history_read(&room->history, client, 0, INT64_MAX, chat->config->history_at_join,
			&more));
	json_object_set_new(call->reply, "more", json_boolean(more));
	return AULA_OK;
}

static aula_code
run_leave(void *self, aula_call *call, const void *args)
{
	const struct chat *chat = self;
	const struct room_args *leave = args;
	struct room *room;

	aula_code code = room_of(call, &leave->room, &room);
	if (code != AULA_OK)
		return code;
	reply(call, "success", room);
	room_exit(call->state);
	chat->host->rooms->leave(chat->host, call->from);
	return AULA_OK;
}

/* -- message, announcement, delete -- */

static aula_key
recipient(const struct message_args *args, size_t index)
{
	const char *const *names = args->tos.items;

	return args->tos.count > 0 ? (aula_key){ .text = names[index] } : args->to;
}

/* Finds who a private message is for, and says so in `sent`; returns how many of them are here. */
static size_t
add_recipients(
	struct room *room, struct message *message, const struct message_args *args, json_t *sent)
{
	size_t count = args->tos.count > 0 ? args->tos.count : 1, found = 0;
	json_t *names = json_array();

	for (size_t i = 0; i < count; i++) {
		aula_key name = recipient(args, i);
		const struct client *client = room_client(room, &name);
		char digits[24];
		snprintf(digits, sizeof digits, "%lld", (long long)name.number);
		const char *key = name.text != NULL ? name.text : digits;
		if (json_object_get(sent, key) != NULL)
			continue;
		bool added = client != NULL && message_add_party(message, client);
		json_object_set_new(sent, key, json_boolean(added));
		if (added) {
			json_array_append(names, client->name);
			found++;
		}
	}
	json_object_set_new(message->event, "to", names);
	message->bytes = json_dumpb(message->event, NULL, 0, JSON_COMPACT);
	return found;
}

/* To each handle that may see it: members come and go, so the parties are looked up anew. */
static void
tell_parties(struct room *room, const struct message *message, json_t *event)
{
	const aula_host *host = room->chat->host;

	for (size_t i = 0; i < message->party_count; i++) {
		aula_member_info info = { .size = sizeof info };
		bool told = false;
		for (size_t j = 0; j < i; j++)
			told |= AULA_SAME(message->parties[j].member, message->parties[i].member);
		if (!told &&
			host->rooms->member(host, message->parties[i].member, &info, sizeof info) ==
				AULA_OK &&
			!AULA_NONE(info.handle))
			host->handles->push(host, info.handle, event, NULL);
	}
}

static aula_code
send_private(struct room *room, aula_call *call, const struct message_args *args,
	struct message *message)
{
	const struct client *client = call->state;
	json_t *sent = json_object();

	if (add_recipients(room, message, args, sent) == 0 || !message_add_party(message, client)) {
		json_decref(sent);
		return refuse(call, AULA_NOT_FOUND, ERROR_NO_SUCH_USER,
			args->tos.count > 0 ? "tos" : "to", "Nobody of that name chats here.");
	}
	tell_parties(room, message, message->event);
	json_object_set_new(call->reply, "sent", sent);
	return AULA_OK;
}

static void
reply_message(aula_call *call, const struct room *room, const json_t *event)
{
	reply(call, "success", room);
	json_object_set(call->reply, "id", json_object_get(event, "id"));
	json_object_set(call->reply, "date", json_object_get(event, "date"));
}

static void
emit(struct room *room, aula_handle handle, const char *name, json_t *data)
{
	const aula_host *host = room->chat->host;

	host->events->emit(host, AULA_EVENT_PLUGIN, room->id, handle, name, data);
}

/* Says `event` (taken) in the room and keeps it. `args` is NULL or has no recipient: to all. */
static aula_code
say(struct room *room, aula_call *call, json_t *event, const struct message_args *args)
{
	const aula_host *host = room->chat->host;
	bool is_private = args != NULL &&
			  (args->tos.count > 0 || args->to.number > 0 || args->to.text != NULL);
	struct message *message =
		message_new(&room->history, call->state, event, host->timers->now_us());

	json_decref(event);
	if (message == NULL)
		return AULA_INTERNAL;
	if (is_private) {
		json_object_set_new(message->event, "whisper", json_true());
		aula_code code = send_private(room, call, args, message);
		if (code != AULA_OK) {
			room->history.last_id--; /* nobody has seen the number */
			message_free(message);
			return code;
		}
	} else {
		host->rooms->broadcast(host, room->id, message->event, (aula_handle){ 0 });
	}
	reply_message(call, room, message->event);
	emit(room, call->from, is_private ? "whisper" : "message", message->event);
	history_add(&room->history, message, room->chat->config);
	return AULA_OK;
}

static aula_code
run_message(void *self, aula_call *call, const void *args)
{
	struct chat *chat = self;
	const struct message_args *message = args;
	struct client *client = call->state;
	struct room *room;

	aula_code code = room_of(call, &message->room, &room);
	if (code == AULA_OK)
		code = check_text(chat, call, message->text);
	if (code != AULA_OK)
		return code;
	if (message->tos.count > 0 && (message->to.number > 0 || message->to.text != NULL))
		return refuse(call, AULA_INVALID, ERROR_INVALID, "to, tos", "Give one of the two.");
	code = take_token(chat, client, call);
	if (code != AULA_OK)
		return code;
	json_t *event = room_event(room, "message");
	json_object_set(event, "from", client->name);
	if (client->display != NULL)
		json_object_set_new(event, "display", json_string(client->display));
	set_date(event);
	json_object_set_new(event, "text", json_string(message->text));
	return say(room, call, event, message);
}

static aula_code
run_announcement(void *self, aula_call *call, const void *args)
{
	struct chat *chat = self;
	const struct message_args *announcement = args;
	struct room *room;

	aula_code code = room_of(call, &announcement->room, &room);
	if (code == AULA_OK)
		code = check_text(chat, call, announcement->text);
	if (code == AULA_OK)
		code = take_token(chat, call->state, call);
	if (code != AULA_OK)
		return code;
	json_t *event = room_event(room, "announcement");
	set_date(event);
	json_object_set_new(event, "text", json_string(announcement->text));
	return say(room, call, event, NULL);
}

static aula_code
check_delete(const struct chat *chat, const struct message *message, aula_call *call)
{
	const struct client *client = call->state;
	int64_t age_us = chat->host->timers->now_us() - message->at_us;

	if ((call->holds & MAY_MODERATE) != 0)
		return AULA_OK;
	if (!message_is_by(message, client))
		return refuse(call, AULA_FORBIDDEN, ERROR_UNAUTHORIZED, "id",
			"Only a moderator deletes what others said.");
	if (age_us > chat->config->delete_own_s * 1000000)
		return refuse(call, AULA_FORBIDDEN, ERROR_UNAUTHORIZED, "id",
			"It is too late to take it back.");
	return AULA_OK;
}

static aula_code
run_delete(void *self, aula_call *call, const void *args)
{
	const struct chat *chat = self;
	const struct delete_args *request = args;
	const struct client *client = call->state;
	struct room *room;

	aula_code code = room_of(call, &request->room, &room);
	if (code != AULA_OK)
		return code;
	struct message *message = history_find(&room->history, request->id);
	/* What one cannot see is not there, for a moderator as well. */
	if (message == NULL || !message_is_visible(message, client))
		return refuse(call, AULA_NOT_FOUND, ERROR_NO_SUCH_MESSAGE, "id",
			"There is no such message, or no longer.");
	code = check_delete(chat, message, call);
	if (code != AULA_OK)
		return code;
	json_t *event = room_event(room, "deleted");
	json_object_set_new(event, "id", json_integer(message->id));
	json_object_set(event, "by", client->name);
	if (message->parties != NULL)
		tell_parties(room, message, event);
	else
		chat->host->rooms->broadcast(chat->host, room->id, event, (aula_handle){ 0 });
	emit(room, call->from, "deleted", event);
	json_decref(event);
	history_remove(&room->history, message);
	reply(call, "success", room);
	json_object_set_new(call->reply, "id", json_integer(request->id));
	return AULA_OK;
}

/* -- history, lists -- */

static aula_code
run_history(void *self, aula_call *call, const void *args)
{
	const struct history_args *history = args;
	struct room *room;
	bool more;
	(void)self;

	aula_code code = room_of(call, &history->room, &room);
	if (code != AULA_OK)
		return code;
	json_t *messages = history_read(&room->history, call->state, history->after,
		history->before > 0 ? history->before : INT64_MAX, history->limit, &more);
	reply(call, "history", room);
	json_object_set_new(call->reply, "messages", messages);
	json_object_set_new(call->reply, "more", json_boolean(more));
	json_object_set_new(call->reply, "last_id", json_integer(room->history.last_id));
	return AULA_OK;
}

static aula_code
run_list(void *self, aula_call *call, const void *args)
{
	const struct chat *chat = self;
	const struct room *room;
	json_t *list = json_array();
	(void)args;

	LIST_FOREACH(room, &chat->rooms, others)
	{
		json_array_append_new(list, json_pack("{s:O, s:I, s:I}", "room", room->name,
						    "num_participants", (json_int_t)room->count,
						    "history", (json_int_t)room->history.count));
	}
	json_object_set_new(call->reply, "textroom", json_string("success"));
	json_object_set_new(call->reply, "list", list);
	return AULA_OK;
}

static aula_code
run_list_participants(void *self, aula_call *call, const void *args)
{
	const struct chat *chat = self;
	const struct people_args *people = args;
	int64_t most = chat->config->page_most;
	struct room *room;

	aula_code code = room_of(call, &people->room, &room);
	if (code != AULA_OK)
		return code;
	if (people->limit > 0 && people->limit < most)
		most = people->limit;
	reply(call, "participants", room);
	json_object_set_new(call->reply, "participants", people_page(room, people->offset, most));
	json_object_set_new(call->reply, "offset", json_integer(people->offset));
	json_object_set_new(call->reply, "count", json_integer((json_int_t)room->count));
	return AULA_OK;
}

// clang-format off
#define ROOM(T) AULA_KEY(T, room, "room", NAME_BYTES_MOST, \
	.summary = "The room that one is in; may be left out.")

static const aula_field join_fields[] = {
	AULA_KEY(struct join_args, room, "room", NAME_BYTES_MOST, .flags = AULA_REQUIRED,
		.summary = "The room: an integer above 0 or a text."),
	AULA_KEY(struct join_args, username, "username", NAME_BYTES_MOST,
		.summary = "One's name in the room; ignored when the session is in the room already, which has given it one."),
	AULA_TEXT(struct join_args, display, "display", DISPLAY_BYTES_MOST,
		.summary = "What people call one; ignored when the room knows it already."),
	AULA_BOOL(struct join_args, history, "history", .fallback = true,
		.summary = "Whether the reply has what was said last."),
};

static const aula_field room_fields[] = { ROOM(struct room_args) };

static const aula_field message_fields[] = {
	ROOM(struct message_args),
	AULA_TEXT(struct message_args, text, "text", TEXT_BYTES_MOST, .flags = AULA_REQUIRED,
		.summary = "What to say, in bytes of UTF-8; bounded further by the configuration."),
	AULA_KEY(struct message_args, to, "to", NAME_BYTES_MOST,
		.summary = "The only one to see it; absent, with `tos` absent: everybody."),
	AULA_TEXTS(struct message_args, tos, "tos", RECIPIENTS_MOST, .min = 1,
		.summary = "The only ones to see it, as texts."),
};

static const aula_field announcement_fields[] = {
	ROOM(struct message_args),
	AULA_TEXT(struct message_args, text, "text", TEXT_BYTES_MOST, .flags = AULA_REQUIRED,
		.summary = "What to say, in bytes of UTF-8; bounded further by the configuration."),
};

static const aula_field history_fields[] = {
	ROOM(struct history_args),
	AULA_INT(struct history_args, before, "before", 0, INT64_MAX,
		.summary = "Only messages with a lower id; 0: up to the last."),
	AULA_INT(struct history_args, after, "after", 0, INT64_MAX,
		.summary = "Only messages with a higher id, as after a break of the connection."),
	AULA_INT(struct history_args, limit, "limit", 1, PAGE_MOST, .fallback = 50,
		.summary = "How many at most, the latest."),
};

static const aula_field delete_fields[] = {
	ROOM(struct delete_args),
	AULA_INT(struct delete_args, id, "id", 1, INT64_MAX, .flags = AULA_REQUIRED,
		.summary = "Which message."),
};

static const aula_field people_fields[] = {
	ROOM(struct people_args),
	AULA_INT(struct people_args, offset, "offset", 0, 10000000,
		.summary = "How many to skip, in the order in which they joined."),
	AULA_INT(struct people_args, limit, "limit", 0, 10000000,
		.summary = "How many to list at most; 0: as many as one reply may hold."),
};

/* Sorted by name. */
const aula_request chat_requests[REQUEST_COUNT] = {
	{ "announcement", MAY_MODERATE, 0, AULA_TABLE(announcement_fields), sizeof(struct message_args), run_announcement,
		"Says something to everybody in the name of the room." },
	{ "delete", MAY_READ, 0, AULA_TABLE(delete_fields), sizeof(struct delete_args), run_delete,
		"Takes a message back: one's own for a while, anybody's with `chat.moderate`." },
	{ "history", MAY_READ, 0, AULA_TABLE(history_fields), sizeof(struct history_args), run_history,
		"What was said, oldest first, as far as one may see it." },
	{ "join", MAY_READ, 0, AULA_TABLE(join_fields), sizeof(struct join_args), run_join,
		"Joins the chat of a room." },
	{ "leave", 0, 0, AULA_TABLE(room_fields), sizeof(struct room_args), run_leave,
		"Leaves the chat; one stays in the room if one is there otherwise." },
	{ "list", MAY_MODERATE, 0, NULL, 0, 0, run_list, "The rooms in which there is a chat." },
	{ "listparticipants", MAY_READ, 0, AULA_TABLE(people_fields), sizeof(struct people_args),
		run_list_participants, "Who chats in the room, page by page." },
	{ "message", MAY_WRITE, 0, AULA_TABLE(message_fields), sizeof(struct message_args), run_message,
		"Says something, to everybody or to some." },
};
// clang-format on
