/* SPDX-License-Identifier: Apache-2.0 */
/* Saying something, and taking it back. */
#include "requests.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "afar.h"
#include "keep.h"

/* -- what may be said, and how often -- */

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

/* Handles and sessions come and go; a person has one pace. */
static aula_code
take_token(struct chat *chat, struct client *client, aula_call *call)
{
	const struct config *config = chat->config;
	struct pace *pace = client->subject != NULL && *client->subject != '\0'
				    ? pace_of(&chat->paces, client->subject)
				    : &client->pace;

	call->retry_after_ms = pace_take(
		pace, config->rate_per_minute, config->burst, chat->host->timers->now_us());
	return call->retry_after_ms == 0 ? AULA_OK
					 : refuse(call, AULA_TOO_FAST, ERROR_TOO_FAST, NULL, NULL);
}

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

/* -- to whom -- */

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
		const json_t *person = client == NULL ? afar_find(room, &name) : NULL;
		bool added = client != NULL && message_add_party(message, client);
		if (person != NULL) {
			const char *subject = json_string_value(json_object_get(person, "subject"));
			added = true;
			if (subject != NULL && *subject != '\0')
				message_add_reader(message, subject);
		}
		json_object_set_new(sent, key, json_boolean(added));
		if (added) {
			json_array_append(names, client != NULL
							 ? client->name
							 : json_object_get(person, "username"));
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
	request_reply(call, "success", room);
	json_object_set(call->reply, "id", json_object_get(event, "id"));
	json_object_set(call->reply, "date", json_object_get(event, "date"));
}

static void
emit(struct room *room, aula_handle handle, const char *name, json_t *data)
{
	const aula_host *host = room->chat->host;

	host->events->emit(host, AULA_EVENT_PLUGIN, room->id, handle, name, data);
}

static void
on_kept(struct asked *asked, struct room *room, const aula_store_result *result)
{
	(void)room;
	if (result->code != AULA_OK)
		json_object_set_new(asked->reply, "kept", json_false());
	asked_answer(asked, AULA_OK, NULL);
}

/* Who said it is told so when it is safe; all others have heard it by then. */
static void
keep(struct room *room, aula_call *call, const struct message *message)
{
	aula_code code;
	struct asked *asked = asked_new(room, call, &code);

	if (asked != NULL) {
		asked->reply = json_incref(call->reply);
		asked->run = on_kept;
	}
	keep_add(room, message, asked);
}

/* Says `event` (taken) in the room and keeps it. `args` is NULL or has no recipient: to all. */
static aula_code
say(struct room *room, aula_call *call, json_t *event, const struct message_args *args)
{
	const aula_host *host = room->chat->host;
	bool is_private = args != NULL &&
			  (args->tos.count > 0 || args->to.number > 0 || args->to.text != NULL);
	int64_t last_id = room->history.last_id;
	struct message *message =
		message_new(&room->history, call->state, event, host->timers->now_us());

	json_decref(event);
	if (message == NULL)
		return AULA_INTERNAL;
	if (is_private) {
		json_object_set_new(message->event, "whisper", json_true());
		aula_code code = send_private(room, call, args, message);
		if (code != AULA_OK) {
			room->history.last_id = last_id; /* nobody has seen the number */
			message_free(message);
			return code;
		}
	} else {
		host->rooms->broadcast(host, room->id, message->event, (aula_handle){ 0 });
	}
	afar_say_message(room, message);
	if (AULA_HAS(host->rooms, did))
		host->rooms->did(host, call->from, "message");
	reply_message(call, room, message->event);
	emit(room, call->from, is_private ? "whisper" : "message", message->event);
	if (keep_has(room))
		keep(room, call, message);
	history_add(&room->history, message, room->chat->config);
	return AULA_OK;
}

static json_t *
make_event(const struct client *client, const char *word, const char *text)
{
	json_t *event = room_event(client->room, word);

	json_object_set(event, "from", client->name);
	if (client->display != NULL)
		json_object_set_new(event, "display", json_string(client->display));
	json_object_set_new(event, "role", json_string(client->role));
	set_date(event);
	json_object_set_new(event, "text", json_string(text));
	return event;
}

aula_code
run_message(void *self, aula_call *call, const void *args)
{
	struct chat *chat = self;
	const struct message_args *message = args;
	struct client *client = call->state;
	struct room *room;

	aula_code code = request_room(call, &message->room, &room);
	if (code == AULA_OK)
		code = check_text(chat, call, message->text);
	if (code != AULA_OK)
		return code;
	if (message->tos.count > 0 && (message->to.number > 0 || message->to.text != NULL))
		return refuse(call, AULA_INVALID, ERROR_INVALID, "to, tos", "Give one of the two.");
	code = take_token(chat, client, call);
	if (code != AULA_OK)
		return code;
	return say(room, call, make_event(client, "message", message->text), message);
}

aula_code
run_announcement(void *self, aula_call *call, const void *args)
{
	struct chat *chat = self;
	const struct message_args *announcement = args;
	struct room *room;

	aula_code code = request_room(call, &announcement->room, &room);
	if (code == AULA_OK)
		code = check_text(chat, call, announcement->text);
	if (code == AULA_OK)
		code = take_token(chat, call->state, call);
	if (code != AULA_OK)
		return code;
	return say(room, call, make_event(call->state, "announcement", announcement->text), NULL);
}

/* -- taking it back -- */

/* What others said is gone: somebody may ask by whom. */
static void
note_delete(struct room *room, aula_handle actor, int64_t id, const char *subject)
{
	const aula_host *host = room->chat->host;
	char number[24];

	snprintf(number, sizeof number, "%lld", (long long)id);
	if (AULA_HAS(host, audit))
		host->audit->note(host, actor,
			&(aula_act){ .size = sizeof(aula_act),
				.act = "chat.delete",
				.room = host->rooms->name(host, room->id, NULL),
				.target = number,
				.detail = subject });
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

static void
on_deleted(struct asked *asked, struct room *room, const aula_store_result *result)
{
	aula_call call = { .error_number = ERROR_UNAVAILABLE };

	if (result->code == AULA_NOT_FOUND)
		refuse(&call, AULA_NOT_FOUND, ERROR_NO_SUCH_MESSAGE, "id",
			"There is no such message that you may take back.");
	if (result->code == AULA_OK && room != NULL) {
		asked->chat->host->rooms->broadcast(
			asked->chat->host, room->id, asked->about, (aula_handle){ 0 });
		afar_say_deleted(room, asked->number, asked->about);
		emit(room, asked->handle, "deleted", asked->about);
		note_delete(room, asked->handle, asked->number, NULL);
	}
	asked_answer(asked, result->code, &call);
}

/* One that is in the store only. */
static aula_code
delete_older(struct room *room, aula_call *call, int64_t id)
{
	const struct client *client = call->state;
	aula_code code;
	struct asked *asked = asked_new(room, call, &code);

	if (asked == NULL)
		return code;
	asked->about = room_event(room, "deleted");
	json_object_set_new(asked->about, "id", json_integer(id));
	json_object_set(asked->about, "by", client->name);
	request_reply(call, "success", room);
	json_object_set_new(call->reply, "id", json_integer(id));
	asked->reply = json_incref(call->reply);
	asked->number = id;
	asked->run = on_deleted;
	keep_remove_older(room, id, client, (call->holds & MAY_MODERATE) != 0, asked);
	return AULA_OK;
}

aula_code
run_delete(void *self, aula_call *call, const void *args)
{
	const struct chat *chat = self;
	const struct delete_args *request = args;
	const struct client *client = call->state;
	struct room *room;

	aula_code code = request_room(call, &request->room, &room);
	if (code != AULA_OK)
		return code;
	struct message *message = history_find(&room->history, request->id);
	if (message == NULL && keep_has(room) && request->id <= room->history.gone)
		return delete_older(room, call, request->id);
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
	afar_say_deleted(room, message->id, event);
	emit(room, call->from, "deleted", event);
	json_decref(event);
	keep_remove(room, message->id);
	if (!message_is_by(message, client))
		note_delete(room, call->from, message->id, message->subject);
	history_forget(&room->history, message->id);
	request_reply(call, "success", room);
	json_object_set_new(call->reply, "id", json_integer(request->id));
	return AULA_OK;
}
