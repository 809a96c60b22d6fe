/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include <stdlib.h>

#include "tell.h"

static struct asked *
next_waiting(const struct asked *reading)
{
	struct asked *one;

	LIST_FOREACH(one, &reading->polls->asked, others)
	{
		if (one->waits && AULA_SAME(one->room, reading->room))
			return one;
	}
	return NULL;
}

static void
finish(struct asked *reading, struct room *room)
{
	struct asked *one;

	if (room != NULL) {
		room->read_state = ROOM_READ;
		tell_resume(room);
	}
	while ((one = next_waiting(reading)) != NULL) {
		one->waits = false;
		one->run(one, room, NULL);
	}
	asked_free(reading);
}

static void
complain(const struct room *room, const aula_store_result *result)
{
	const aula_host *host = room->polls->host;

	host->log(host, AULA_LOG_WARNING,
		"a room goes on without the polls of before room=\"%s\" said=\"%s\"",
		host->rooms->name(host, room->id, NULL),
		result->problem != NULL ? result->problem : "refused");
}

static void read_votes(struct asked *reading, struct room *room);

static void
on_votes(struct asked *reading, struct room *room, const aula_store_result *result)
{
	enum { VOTER, ANSWERS };
	struct poll *poll = room != NULL ? room_poll(room, reading->id) : NULL;

	if (poll == NULL || result->code != AULA_OK) {
		if (room != NULL)
			complain(room, result);
		finish(reading, room);
		return;
	}
	g_clear_pointer(&reading->voter, g_free);
	for (size_t i = 0; i < result->row_count; i++) {
		const char *voter = aula_result_text(result, i, VOTER);
		json_t *answers = json_loads(aula_result_text(result, i, ANSWERS), 0, NULL);
		g_free(poll_count(poll, voter, answers));
		json_decref(answers);
		if (i + 1 == PAGE_MOST)
			reading->voter = g_strdup(voter);
	}
	poll->counted = reading->voter == NULL;
	read_votes(reading, room);
}

/* Page by page, poll by poll. */
static void
read_votes(struct asked *reading, struct room *room)
{
	struct poll *poll = TAILQ_FIRST(&room->asked);

	/* Nobody can tell any more whose those of an anonymous one that was closed are. */
	while (poll != NULL &&
		(poll->counted || poll->opened_us == 0 || (poll->anonymous && !poll_is_open(poll))))
		poll = TAILQ_NEXT(poll, others);
	if (poll == NULL) {
		finish(reading, room);
		return;
	}
	aula_statement page = AULA_SQL("SELECT voter, answers FROM polls_votes WHERE room = $1"
				       " AND id = $2 AND voter > $3 ORDER BY voter LIMIT $4",
		aula_sql_text(room->key), aula_sql_int(poll->id),
		aula_sql_text(reading->voter != NULL ? reading->voter : ""),
		aula_sql_int(PAGE_MOST));
	reading->id = poll->id;
	reading->run = on_votes;
	keep_read(room->polls, &page, reading);
}

static void
on_polls(struct asked *reading, struct room *room, const aula_store_result *result)
{
	if (room == NULL || result->code != AULA_OK) {
		if (room != NULL)
			complain(room, result);
		finish(reading, room);
		return;
	}
	for (size_t i = 0; i < result->row_count; i++) {
		struct poll *poll = keep_take(result, i);
		if (poll != NULL)
			room_add(room, poll);
	}
	read_votes(reading, room);
}

void
load_room(struct room *room)
{
	struct asked *reading = g_new0(struct asked, 1);
	aula_statement read = AULA_SQL("SELECT " POLL_COLUMNS " FROM polls_polls"
				       " WHERE room = $1 AND (closed_us = 0 OR shown)"
				       " ORDER BY id DESC LIMIT $2",
		aula_sql_text(room->key), aula_sql_int(PAGE_MOST));

	room->read_state = ROOM_READING;
	reading->polls = room->polls;
	reading->room = room->id;
	reading->run = on_polls;
	LIST_INSERT_HEAD(&room->polls->asked, reading, others);
	keep_read(room->polls, &read, reading);
}

void
keep_wait(struct room *room, struct asked *asked)
{
	asked->waits = true;
	if (room->read_state == ROOM_UNREAD)
		load_room(room);
}
