/* SPDX-License-Identifier: Apache-2.0 */
/* What those who ask do with a poll. */
#include <string.h>
#include <sys/random.h>

#include "keep.h"
#include "requests.h"
#include "tell.h"

/* They are told so when it is safe; all others have heard it by then. */
static void
on_kept(struct asked *asked, struct room *room, const aula_store_result *result)
{
	(void)room;
	if (result->code != AULA_OK)
		json_object_set_new(asked->reply, "kept", json_false());
	asked_answer(asked, AULA_OK, NULL);
}

static struct asked *
answer_when_safe(struct room *room, aula_call *call)
{
	aula_code code;
	struct asked *asked = room->polls->keeps ? asked_new(room, call, &code) : NULL;

	if (!room->polls->keeps)
		json_object_set_new(call->reply, "kept", json_false());
	if (asked != NULL) {
		asked->reply = json_incref(call->reply);
		asked->run = on_kept;
	}
	return asked;
}

/* -- ask -- */

static void
add_texts(json_t *body, const char *key, const aula_list *texts)
{
	const char *const *items = texts->items;
	json_t *list = json_array();

	for (size_t i = 0; i < texts->count; i++) {
		/* What cannot be cleaned is refused as it is. */
		g_autofree char *clean = text_clean(items[i], ANSWER_BYTES_MOST);
		json_array_append_new(list, json_string(clean != NULL ? clean : items[i]));
	}
	if (texts->count > 0)
		json_object_set_new(body, key, list);
	else
		json_decref(list);
}

static json_t *
question_body(const struct question_args *args)
{
	g_autofree char *clean = text_clean(args->text, TEXT_BYTES_MOST);
	json_t *body = json_pack("{s:s, s:s, s:I}", "kind", args->kind, "text",
		clean != NULL ? clean : args->text, "points", (json_int_t)args->points);

	add_texts(body, "options", &args->options);
	add_texts(body, "right", &args->right);
	if (args->tolerance > 0)
		json_object_set_new(body, "tolerance", json_real(args->tolerance));
	return body;
}

static aula_code
make_questions(aula_call *call, const aula_list *rows, json_t **ret_questions)
{
	const struct question_args *items = rows->items;
	json_t *list = json_array();

	for (size_t i = 0; i < rows->count; i++) {
		json_t *body = question_body(&items[i]);
		const char *fault = question_fault(body);
		json_array_append_new(list, body);
		if (fault == NULL)
			continue;
		json_decref(list);
		return refuse(call, AULA_INVALID, ERROR_INVALID, "questions", fault);
	}
	*ret_questions = list;
	return AULA_OK;
}

static aula_code
check_room_for(aula_call *call, const struct room *room, bool open)
{
	const struct config *config = room->polls->config;

	if (open && room_open_count(room) >= config->open_most)
		return refuse(call, AULA_FULL, ERROR_FULL, NULL,
			"As many polls are open as may be: close one first.");
	if (!open && room_draft_count(room) >= config->waiting_most)
		return refuse(call, AULA_FULL, ERROR_FULL, NULL,
			"As many polls wait as may: open or drop one first.");
	return AULA_OK;
}

static void
draw_salt(struct poll *poll)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char random[16] = { 0 };

	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		g_error("no random numbers"); /* they cannot be refused in this size */
	for (size_t i = 0; i < sizeof random; i++) {
		poll->salt[2 * i] = digits[random[i] >> 4];
		poll->salt[2 * i + 1] = digits[random[i] & 15];
	}
	poll->salt[sizeof poll->salt - 1] = '\0';
}

static struct poll *
make_poll(struct room *room, const struct client *client, const struct ask_args *ask,
	const char *title, const json_t *questions)
{
	struct polls *polls = room->polls;

	/* Unique in a room also after a restart, and exact in a JavaScript number. */
	polls->last_id = MAX(polls->last_id + 1, wall_us());
	struct poll *poll = poll_new(polls->last_id, title, questions);
	poll->seconds = ask->seconds;
	poll->anonymous = ask->anonymous;
	poll->change = ask->change;
	poll->counted = true;
	poll->asker = g_strdup(client_subject(client));
	if (poll->anonymous)
		draw_salt(poll);
	room_add(room, poll);
	return poll;
}

aula_code
run_ask(void *self, aula_call *call, const void *args)
{
	const struct ask_args *ask = args;
	struct room *room;
	json_t *questions;
	(void)self;

	aula_code code = request_room(call, &room);
	if (code == AULA_OK)
		code = check_room_for(call, room, ask->open);
	if (code != AULA_OK)
		return code;
	g_autofree char *title = text_clean(ask->title, TITLE_BYTES_MOST);
	if (title == NULL && *ask->title != '\0')
		return refuse(call, AULA_INVALID, ERROR_INVALID, "title",
			"A title has no control characters.");
	code = make_questions(call, &ask->questions, &questions);
	if (code != AULA_OK)
		return code;
	struct poll *poll =
		make_poll(room, call->state, ask, title != NULL ? title : "", questions);
	json_decref(questions);
	if (ask->open) {
		poll->opened_us = wall_us();
		tell_opened(poll);
	}
	json_t *event = tell_event(room, "asked");
	json_object_set_new(event, "poll", tell_poll(poll, MAY_ASK | MAY_RESULTS, NULL));
	tell_staff(room, event);
	request_reply(call, "asked", room, poll->id);
	keep_poll(poll, answer_when_safe(room, call));
	return AULA_OK;
}

/* -- open, close -- */

aula_code
run_open(void *self, aula_call *call, const void *args)
{
	const struct id_args *open = args;
	struct poll *poll;
	(void)self;

	aula_code code = request_poll(call, open->id, &poll);
	if (code == AULA_OK && poll->opened_us != 0)
		return refuse(
			call, AULA_WRONG_STATE, ERROR_WRONG_STATE, "id", "It was opened already.");
	if (code == AULA_OK)
		code = check_room_for(call, poll->room, true);
	if (code != AULA_OK)
		return code;
	poll->opened_us = wall_us();
	tell_opened(poll);
	request_reply(call, "opened", poll->room, poll->id);
	keep_poll(poll, answer_when_safe(poll->room, call));
	return AULA_OK;
}

aula_code
run_close(void *self, aula_call *call, const void *args)
{
	const struct id_args *close = args;
	struct poll *poll;
	(void)self;

	aula_code code = request_poll(call, close->id, &poll);
	if (code != AULA_OK)
		return code;
	if (!poll_is_open(poll))
		return refuse(call, AULA_WRONG_STATE, ERROR_WRONG_STATE, "id", "It is not open.");
	tell_closed(poll, "closed");
	request_reply(call, "closed", poll->room, poll->id);
	json_object_set_new(call->reply, "results", poll_results(poll));
	keep_poll(poll, answer_when_safe(poll->room, call));
	return AULA_OK;
}

/* -- show -- */

static void
show(struct room *room, struct poll *poll)
{
	struct poll *other;

	TAILQ_FOREACH(other, &room->asked, others)
	other->shown = false;
	poll->shown = true;
	tell_shown(poll);
}

static void
hide(struct room *room, struct poll *poll)
{
	json_t *event = tell_event(room, "hidden");

	poll->shown = false;
	json_object_set_new(event, "id", json_integer(poll->id));
	tell_all(room, event);
}

static aula_code
check_show(aula_call *call, const struct poll *poll)
{
	return poll->opened_us == 0 ? refuse(call, AULA_WRONG_STATE, ERROR_WRONG_STATE, "id",
					      "It was not opened yet.")
				    : AULA_OK;
}

/* One of an earlier lesson. */
static void
on_old_poll(struct asked *asked, struct room *room, const aula_store_result *result)
{
	aula_call call = { 0 };
	struct poll *poll = room != NULL && result->row_count > 0 ? keep_take(result, 0) : NULL;

	if (poll == NULL) {
		aula_code code = result->code == AULA_OK ? AULA_NOT_FOUND : result->code;
		asked_answer(asked, code, &call);
		return;
	}
	if (room_poll(room, poll->id) != NULL) { /* asked for twice */
		poll_free(poll);
		poll = room_poll(room, asked->id);
	} else {
		room_add(room, poll);
	}
	show(room, poll);
	asked->run = on_kept;
	keep_shown(room, poll, asked);
}

static aula_code
show_old(struct room *room, aula_call *call, int64_t id)
{
	aula_statement find = AULA_SQL("SELECT " POLL_COLUMNS " FROM polls_polls"
				       " WHERE room = $1 AND id = $2 AND closed_us > 0",
		aula_sql_text(room->key), aula_sql_int(id));
	aula_code code;
	struct asked *asked = asked_new(room, call, &code);

	if (asked == NULL)
		return code;
	asked->id = id;
	asked->reply = json_incref(call->reply);
	asked->run = on_old_poll;
	keep_read(room->polls, &find, asked);
	return AULA_OK;
}

aula_code
run_show(void *self, aula_call *call, const void *args)
{
	const struct show_args *request = args;
	struct room *room;
	(void)self;

	aula_code code = request_room(call, &room);
	if (code != AULA_OK)
		return code;
	struct poll *poll = room_poll(room, request->id);
	request_reply(call, request->shown ? "shown" : "hidden", room, request->id);
	if (poll == NULL && request->shown)
		return show_old(room, call, request->id);
	code = poll != NULL ? check_show(call, poll) : AULA_OK;
	if (code != AULA_OK)
		return code;
	if (request->shown) {
		show(room, poll);
		keep_shown(room, poll, answer_when_safe(room, call));
	} else if (poll != NULL && poll->shown) {
		hide(room, poll);
		keep_shown(room, NULL, answer_when_safe(room, call));
	}
	return AULA_OK;
}

/* -- drop -- */

static void
note_drop(struct room *room, aula_handle actor, int64_t id)
{
	const aula_host *host = room->polls->host;
	g_autofree char *number = g_strdup_printf("%lld", (long long)id);

	if (AULA_HAS(host, audit))
		host->audit->note(host, actor,
			&(aula_act){ .size = sizeof(aula_act),
				.act = "poll.drop",
				.room = host->rooms->name(host, room->id, NULL),
				.target = number });
}

aula_code
run_drop(void *self, aula_call *call, const void *args)
{
	const struct id_args *drop = args;
	struct room *room;
	(void)self;

	aula_code code = request_room(call, &room);
	if (code != AULA_OK)
		return code;
	struct poll *poll = room_poll(room, drop->id);
	json_t *event = tell_event(room, "dropped");
	json_object_set_new(event, "id", json_integer(drop->id));
	if (poll != NULL)
		room_drop(poll);
	tell_all(room, event);
	note_drop(room, call->from, drop->id);
	request_reply(call, "dropped", room, drop->id);
	keep_drop(room, drop->id, answer_when_safe(room, call));
	return AULA_OK;
}
