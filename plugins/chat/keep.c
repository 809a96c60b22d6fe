/* SPDX-License-Identifier: Apache-2.0 */
#include "keep.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	READ_MOST = 150, /* messages that are read when somebody comes first */
	DAY_MS = 24 * 3600 * 1000,
};

// clang-format off
static const aula_migration steps[] = {
	{ "messages",
		"CREATE TABLE chat_messages (room TEXT NOT NULL, id BIGINT NOT NULL, at_us BIGINT NOT NULL,"
		" subject TEXT NOT NULL, private BOOLEAN NOT NULL, event TEXT NOT NULL, PRIMARY KEY (room, id));"
		"CREATE INDEX chat_messages_at ON chat_messages (at_us);"
		"CREATE TABLE chat_readers (room TEXT NOT NULL, id BIGINT NOT NULL, subject TEXT NOT NULL,"
		" PRIMARY KEY (room, id, subject),"
		" FOREIGN KEY (room, id) REFERENCES chat_messages (room, id) ON DELETE CASCADE)" },
};

const aula_personal keep_personal[KEEP_PERSONAL] = {
	{ "chat_messages", "subject", "at_us, room, id, private, event", NULL, NULL, false,
		"What they said in rooms that outlive the server, for as long as `history_days` says." },
	{ "chat_readers", "subject", "room, id", NULL, NULL, false,
		"Which private messages they may read." },
};
// clang-format on

static int64_t
wall_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static aula_sql_value
name_of(const struct room *room)
{
	return aula_sql_text(room->chat->host->rooms->name(room->chat->host, room->id, NULL));
}

/* -- asking -- */

struct asked *
asked_new(struct room *room, aula_call *call, aula_code *ret_code)
{
	const aula_host *host = room->chat->host;
	struct asked *asked = calloc(1, sizeof *asked);

	*ret_code =
		asked == NULL ? AULA_INTERNAL : host->handles->later(host, call, &asked->ticket);
	if (*ret_code != AULA_OK) {
		free(asked);
		return NULL;
	}
	asked->chat = room->chat;
	asked->room = room->id;
	asked->handle = call->from;
	LIST_INSERT_HEAD(&room->chat->asked, asked, others);
	return asked;
}

void
asked_free(struct asked *asked)
{
	LIST_REMOVE(asked, others);
	json_decref(asked->reply);
	json_decref(asked->about);
	free(asked->args);
	free(asked);
}

void
asked_answer(struct asked *asked, aula_code code, const aula_call *call)
{
	const aula_host *host = asked->chat->host;

	host->handles->answer(host, asked->ticket,
		&(aula_late_answer){ .size = sizeof(aula_late_answer),
			.code = code,
			.reply = asked->reply,
			.error_number = call != NULL ? call->error_number : 0,
			.error = call != NULL ? call->error : NULL,
			.field = call != NULL ? call->field : NULL });
	asked_free(asked);
}

static void
run_asked(void *data, const aula_store_result *result)
{
	struct asked *asked = data;

	asked->run(asked, room_by_id(asked->chat, asked->room), result);
}

/* What could not even be asked ends as if it had failed. */
static void
run_refused(struct asked *asked, aula_code code)
{
	if (code != AULA_OK && asked != NULL)
		run_asked(asked,
			&(aula_store_result){ .size = sizeof(aula_store_result), .code = code });
}

static void
ask_write(struct room *room, uint32_t flags, const aula_statement *statements, size_t count,
	struct asked *asked)
{
	const aula_host *host = room->chat->host;

	run_refused(asked, host->store->write(host, flags, statements, count,
				   asked != NULL ? run_asked : NULL, asked));
}

/* -- start, stop, and what is too old -- */

static void
forget_old(void *data)
{
	const struct chat *chat = data;
	const aula_host *host = chat->host;
	aula_statement forget = AULA_SQL("DELETE FROM chat_messages WHERE at_us < $1",
		aula_sql_int(wall_us() - chat->config->history_days * 86400 * 1000000));

	host->store->write(host, 0, &forget, 1, NULL, NULL);
}

aula_code
keep_start(struct chat *chat)
{
	const aula_host *host = chat->host;

	if (!AULA_HAS(host, store) || !AULA_HAS(host->handles, later))
		return AULA_OK;
	aula_code code = host->store->migrate(host, steps, sizeof steps / sizeof *steps);
	chat->keeps = code == AULA_OK;
	if (code == AULA_UNAVAILABLE) /* a server without a store */
		return AULA_OK;
	if (code == AULA_OK && chat->config->history_days > 0) {
		forget_old(chat);
		host->timers->start(host, DAY_MS, DAY_MS, forget_old, chat);
	}
	return code;
}

void
keep_stop(struct chat *chat)
{
	for (struct asked *one; (one = LIST_FIRST(&chat->asked)) != NULL;)
		asked_free(one);
}

bool
keep_has(const struct room *room)
{
	const aula_host *host = room->chat->host;

	return room->chat->keeps && AULA_HAS(host->rooms, lasting) &&
	       host->rooms->lasting(host, room->id);
}

/* -- a room, when somebody comes first -- */

/* One row a message and reader; those of one message follow each other. */
static void
take_rows(struct room *room, const aula_store_result *result,
	void (*found)(struct room *room, const struct message *message))
{
	enum { ID, AT, SUBJECT, PRIVATE, EVENT, READER };
	int64_t late_us = room->chat->host->timers->now_us() - wall_us();
	struct message *message = NULL;
	int64_t last = 0, count = 0, first = 0;

	for (size_t i = 0; i < result->row_count; i++) {
		int64_t id = aula_result_int(result, i, ID);
		const char *reader = aula_result_text(result, i, READER);
		if (id != last) {
			if (message != NULL && found != NULL)
				found(room, message);
			json_t *event = json_loads(aula_result_text(result, i, EVENT), 0, NULL);
			message = history_restore(&room->history,
				&(struct kept){ .id = id,
					.at_us = aula_result_int(result, i, AT) + late_us,
					.subject = aula_result_text(result, i, SUBJECT),
					.is_private = aula_result_bool(result, i, PRIVATE),
					.event = event },
				room->chat->config);
			json_decref(event);
			last = id;
			first = count++ == 0 ? id : first;
		}
		if (message != NULL && reader != NULL)
			message_add_reader(message, reader);
	}
	if (message != NULL && found != NULL)
		found(room, message);
	if (found == NULL && count == READ_MOST && room->history.gone == 0)
		room->history.gone = first - 1;
}

static struct asked *
next_waiting(const struct asked *reading)
{
	struct asked *one;

	LIST_FOREACH(one, &reading->chat->asked, others)
	{
		if (one->waits && AULA_SAME(one->room, reading->room))
			return one;
	}
	return NULL;
}

static void
on_read(struct asked *asked, struct room *room, const aula_store_result *result)
{
	struct asked *one;

	if (room != NULL) {
		room->read_state = ROOM_READ;
		if (result->code == AULA_OK) {
			take_rows(room, result, NULL);
		} else {
			/* Whatever is there has a lower number than the time of day: nobody says
			 * more than one thing a microsecond. A JavaScript number still has it
			 * exactly. */
			room->history.last_id = room->history.gone = wall_us();
			room->chat->host->log(room->chat->host, AULA_LOG_WARNING,
				"a room goes on without what was said before room=\"%s\" "
				"said=\"%s\"",
				room->chat->host->rooms->name(room->chat->host, room->id, NULL),
				result->problem != NULL ? result->problem : "refused");
		}
	}
	while ((one = next_waiting(asked)) != NULL) {
		one->waits = false;
		one->run(one, room, NULL);
	}
	asked_free(asked);
}

static void
read_latest(struct room *room,
	void (*run)(struct asked *asked, struct room *room, const aula_store_result *result))
{
	const aula_host *host = room->chat->host;
	struct asked *asked = calloc(1, sizeof *asked);
	aula_statement read = AULA_SQL(
		"SELECT m.id, m.at_us, m.subject, m.private, m.event, r.subject FROM"
		" (SELECT * FROM chat_messages WHERE room = $1 ORDER BY id DESC LIMIT $2) m"
		" LEFT JOIN chat_readers r ON r.room = m.room AND r.id = m.id ORDER BY m.id",
		name_of(room), aula_sql_int(READ_MOST));

	if (asked == NULL)
		return;
	asked->chat = room->chat;
	asked->room = room->id;
	asked->run = run;
	LIST_INSERT_HEAD(&room->chat->asked, asked, others);
	run_refused(asked, host->store->read(host, &read, run_asked, asked));
}

static void
tell_found(struct room *room, const struct message *message)
{
	const aula_host *host = room->chat->host;
	const struct client *client;

	TAILQ_FOREACH(client, &room->clients, others)
	{
		if (message_is_visible(message, client))
			host->handles->push(host, client->handle, message->event, NULL);
	}
}

static void
on_caught_up(struct asked *asked, struct room *room, const aula_store_result *result)
{
	if (room != NULL && result->code == AULA_OK)
		take_rows(room, result, tell_found);
	asked_free(asked);
}

void
keep_catch_up(struct room *room)
{
	if (keep_has(room) && room->read_state == ROOM_READ && room->count > 0)
		read_latest(room, on_caught_up);
}

void
keep_wait(struct room *room, struct asked *asked)
{
	asked->waits = true;
	if (room->read_state != ROOM_UNREAD)
		return;
	room->read_state = ROOM_READING;
	read_latest(room, on_read);
}

/* -- messages -- */

void
keep_add(struct room *room, const struct message *message, struct asked *asked)
{
	char *event = json_dumps(message->event, JSON_COMPACT);
	aula_sql_value name = name_of(room), id = aula_sql_int(message->id);
	bool is_private = message->parties != NULL;
	size_t count = 1;
	aula_sql_value(*readers)[3] = calloc(message->party_count + 1, sizeof *readers);
	aula_statement *statements = calloc(message->party_count + 1, sizeof *statements);

	if (event == NULL || readers == NULL || statements == NULL) {
		run_refused(asked, AULA_INTERNAL);
	} else {
		aula_statement add = AULA_SQL(
			"INSERT INTO chat_messages (room, id, at_us, subject, private, event)"
			" VALUES ($1, $2, $3, $4, $5, $6)",
			name, id, aula_sql_int(wall_us()), aula_sql_text(message->subject),
			aula_sql_bool(is_private), aula_sql_text(event));
		statements[0] = add;
		for (size_t i = 0; i < message->party_count; i++) {
			if (*message->parties[i].subject == '\0')
				continue;
			readers[i][0] = name;
			readers[i][1] = id;
			readers[i][2] = aula_sql_text(message->parties[i].subject);
			statements[count++] = (aula_statement){
				.text = "INSERT INTO chat_readers (room, id, subject)"
					" VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
				.values = readers[i],
				.value_count = 3
			};
		}
		ask_write(room, AULA_STORE_MAY_WAIT, statements, count, asked);
	}
	free(event);
	free(readers);
	free(statements);
}

void
keep_remove(struct room *room, int64_t id)
{
	const aula_host *host = room->chat->host;
	aula_statement remove = AULA_SQL("DELETE FROM chat_messages WHERE room = $1 AND id = $2",
		name_of(room), aula_sql_int(id));

	if (keep_has(room))
		host->store->write(host, AULA_STORE_MAY_WAIT, &remove, 1, NULL, NULL);
}

void
keep_remove_older(
	struct room *room, int64_t id, const struct client *client, bool any, struct asked *asked)
{
	int64_t since_us = wall_us() - room->chat->config->delete_own_s * 1000000;
	aula_statement remove =
		AULA_SQL("DELETE FROM chat_messages WHERE room = $1 AND id = $2 AND NOT private AND"
			 " ($3 OR (subject = $4 AND subject <> '' AND at_us >= $5))",
			name_of(room), aula_sql_int(id), aula_sql_bool(any),
			aula_sql_text(client->subject), aula_sql_int(since_us));

	remove.least = 1;
	ask_write(room, 0, &remove, 1, asked);
}

void
keep_forget(struct chat *chat, aula_room id)
{
	const aula_host *host = chat->host;
	const char *name = host->rooms->name(host, id, NULL);
	aula_statement forget =
		AULA_SQL("DELETE FROM chat_messages WHERE room = $1", aula_sql_text(name));

	if (chat->keeps && host->rooms->lasting(host, id) && name != NULL)
		host->store->write(host, AULA_STORE_MAY_WAIT, &forget, 1, NULL, NULL);
}

void
keep_page(struct room *room, const struct client *client, int64_t after, int64_t before,
	int64_t limit, struct asked *asked)
{
	const aula_host *host = room->chat->host;
	aula_statement page = AULA_SQL(
		"SELECT m.event FROM chat_messages m WHERE m.room = $1 AND m.id > $2 AND m.id < $3"
		" AND (NOT m.private OR EXISTS (SELECT 1 FROM chat_readers r WHERE r.room = m.room"
		" AND r.id = m.id AND r.subject = $4)) ORDER BY m.id DESC LIMIT $5",
		name_of(room), aula_sql_int(after), aula_sql_int(before),
		aula_sql_text(client->subject), aula_sql_int(limit + 1));

	run_refused(asked, host->store->read(host, &page, run_asked, asked));
}

/* -- who is erased -- */

static void
erase_in(struct room *room, const char *subject)
{
	struct message *message = TAILQ_FIRST(&room->history.messages);

	while (message != NULL) {
		struct message *next = TAILQ_NEXT(message, others);
		if (strcmp(message->subject, subject) == 0) {
			json_t *event = room_event(room, "deleted");
			json_object_set_new(event, "id", json_integer(message->id));
			room_tell_all(room, event, (aula_handle){ 0 });
			history_remove(&room->history, message);
		}
		message = next;
	}
}

void
keep_erased(struct chat *chat, const char *subject)
{
	struct room *room;

	LIST_FOREACH(room, &chat->rooms, others) erase_in(room, subject);
}
