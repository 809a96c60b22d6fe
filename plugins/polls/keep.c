/* SPDX-License-Identifier: Apache-2.0 */
#include "keep.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	DAY_MS = 24 * 3600 * 1000,
	ORPHAN_DAYS = 7, /* polls of rooms that ended with a process that was killed */
};

// clang-format off
static const aula_migration steps[] = {
	{ "polls",
		"CREATE TABLE polls_polls (room TEXT NOT NULL, id BIGINT NOT NULL, lasting BOOLEAN NOT NULL, title TEXT NOT NULL,"
		" opened_us BIGINT NOT NULL, closed_us BIGINT NOT NULL, seconds BIGINT NOT NULL, present BIGINT NOT NULL,"
		" anonymous BOOLEAN NOT NULL, changes BOOLEAN NOT NULL, shown BOOLEAN NOT NULL, salt TEXT NOT NULL, asker TEXT NOT NULL,"
		" questions TEXT NOT NULL, results TEXT, PRIMARY KEY (room, id));"
		"CREATE INDEX polls_polls_at ON polls_polls (id);"
		"CREATE TABLE polls_votes (room TEXT NOT NULL, id BIGINT NOT NULL, voter TEXT NOT NULL, person TEXT NOT NULL, display TEXT NOT NULL,"
		" at_us BIGINT NOT NULL, score BIGINT NOT NULL, answers TEXT NOT NULL, PRIMARY KEY (room, id, voter),"
		" FOREIGN KEY (room, id) REFERENCES polls_polls (room, id) ON DELETE CASCADE);"
		"CREATE INDEX polls_votes_person ON polls_votes (person)" },
};

const aula_personal keep_personal[KEEP_PERSONAL] = {
	{ "polls_votes", "person", "at_us, room, id, answers, score, display", "voter", NULL, false,
		"What they answered to questions of a class, but not to anonymous ones; as long as `history_days` says. What is counted of it stays." },
	{ "polls_polls", "asker", "id, room, lasting, title, opened_us, closed_us, seconds, present, anonymous, changes, shown, questions, results", "salt", "", false,
		"What they asked a class, as long as `history_days` says." },
};
// clang-format on

int64_t
wall_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* -- asking -- */

struct asked *
asked_new(struct room *room, aula_call *call, aula_code *ret_code)
{
	const aula_host *host = room->polls->host;
	struct asked *asked = g_new0(struct asked, 1);

	*ret_code = host->handles->later(host, call, &asked->ticket);
	if (*ret_code != AULA_OK) {
		g_free(asked);
		return NULL;
	}
	asked->polls = room->polls;
	asked->room = room->id;
	asked->handle = call->from;
	LIST_INSERT_HEAD(&room->polls->asked, asked, others);
	return asked;
}

void
asked_free(struct asked *asked)
{
	LIST_REMOVE(asked, others);
	json_decref(asked->reply);
	g_free(asked->voter);
	g_free(asked->before);
	g_free(asked);
}

void
asked_answer(struct asked *asked, aula_code code, const aula_call *call)
{
	const aula_host *host = asked->polls->host;

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

	asked->run(asked, room_by_id(asked->polls, asked->room), result);
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
ask_write(struct polls *polls, const aula_statement *statements, size_t count, struct asked *asked)
{
	const aula_host *host = polls->host;

	if (!polls->keeps)
		run_refused(asked, AULA_UNAVAILABLE);
	else
		run_refused(asked, host->store->write(host, AULA_STORE_MAY_WAIT, statements, count,
					   asked != NULL ? run_asked : NULL, asked));
}

void
keep_read(struct polls *polls, const aula_statement *statement, struct asked *asked)
{
	const aula_host *host = polls->host;

	run_refused(asked, polls->keeps ? host->store->read(host, statement, run_asked, asked)
					: AULA_UNAVAILABLE);
}

/* -- start, stop, and what is too old -- */

static void
forget_old(void *data)
{
	const struct polls *polls = data;
	const aula_host *host = polls->host;
	int64_t days = polls->config->history_days;
	aula_statement forget = AULA_SQL("DELETE FROM polls_polls WHERE (id < $1 AND closed_us > 0)"
					 " OR (NOT lasting AND id < $2)",
		aula_sql_int(days > 0 ? wall_us() - days * 86400 * 1000000 : 0),
		aula_sql_int(wall_us() - (int64_t)ORPHAN_DAYS * 86400 * 1000000));

	host->store->write(host, 0, &forget, 1, NULL, NULL);
}

aula_code
keep_start(struct polls *polls)
{
	const aula_host *host = polls->host;

	if (!AULA_HAS(host, store))
		return AULA_OK;
	aula_code code = host->store->migrate(host, steps, sizeof steps / sizeof *steps);
	polls->keeps = code == AULA_OK;
	if (code == AULA_UNAVAILABLE) /* a server without a store */
		return AULA_OK;
	if (code == AULA_OK) {
		forget_old(polls);
		host->timers->start(host, DAY_MS, DAY_MS, forget_old, polls);
	}
	return code;
}

void
keep_stop(struct polls *polls)
{
	for (struct asked *one; (one = LIST_FIRST(&polls->asked)) != NULL;)
		asked_free(one);
}

/* -- polls -- */

void
keep_poll(const struct poll *poll, struct asked *asked)
{
	const struct room *room = poll->room;
	json_t *body = poll_body(poll), *results = poll->closed_us != 0 ? poll_results(poll) : NULL;
	char *questions = json_dumps(body, JSON_COMPACT),
	     *counted = results != NULL ? json_dumps(results, JSON_COMPACT) : NULL;
	/* Nobody can tell afterwards who gave an anonymous vote. */
	const char *salt = poll->closed_us != 0 ? "" : poll->salt;
	aula_statement add = AULA_SQL(
		"INSERT INTO polls_polls (room, lasting, " POLL_COLUMNS ") VALUES"
		" ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
		" ON CONFLICT (room, id) DO UPDATE SET opened_us = excluded.opened_us,"
		" closed_us = excluded.closed_us, present = excluded.present,"
		" shown = excluded.shown, salt = excluded.salt, results = excluded.results",
		aula_sql_text(room->key), aula_sql_bool(room->lasting), aula_sql_int(poll->id),
		aula_sql_text(poll->title), aula_sql_int(poll->opened_us),
		aula_sql_int(poll->closed_us), aula_sql_int(poll->seconds),
		aula_sql_int(poll->present), aula_sql_bool(poll->anonymous),
		aula_sql_bool(poll->change), aula_sql_bool(poll->shown), aula_sql_text(salt),
		aula_sql_text(poll->asker), aula_sql_text(questions), aula_sql_text(counted));

	ask_write(room->polls, &add, 1, asked);
	json_decref(body);
	json_decref(results);
	free(questions);
	free(counted);
}

void
keep_shown(struct room *room, const struct poll *poll, struct asked *asked)
{
	int64_t id = poll != NULL ? poll->id : 0;
	aula_statement show = AULA_SQL("UPDATE polls_polls SET shown = (id = $2)"
				       " WHERE room = $1 AND (shown OR id = $2)",
		aula_sql_text(room->key), aula_sql_int(id));

	ask_write(room->polls, &show, 1, asked);
}

/* A vote states what it is, so that it may wait on disk. One that may not be changed is the first
 * that was safe. */
void
keep_vote(const struct poll *poll, const char *voter, const struct client *client,
	const struct vote *vote, struct asked *asked)
{
	const struct room *room = poll->room;
	const char *add =
		poll->change
			? "INSERT INTO polls_votes (room, id, voter, display, at_us, score, "
			  "answers, person) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
			  " ON CONFLICT (room, id, voter) DO UPDATE SET display = excluded.display,"
			  " at_us = excluded.at_us, score = excluded.score,"
			  " answers = excluded.answers"
			: "INSERT INTO polls_votes (room, id, voter, display, at_us, score, "
			  "answers, person) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
			  " ON CONFLICT (room, id, voter) DO NOTHING";
	aula_sql_value values[] = { aula_sql_text(room->key), aula_sql_int(poll->id),
		aula_sql_text(voter), aula_sql_text(poll->anonymous ? "" : client->display),
		aula_sql_int(poll->anonymous ? 0 : wall_us()), aula_sql_int(vote->score),
		aula_sql_text(vote->answers),
		aula_sql_text(poll->anonymous ? "" : client_subject(client)) };
	aula_statement statement = {
		.text = add, .values = values, .value_count = sizeof values / sizeof *values
	};

	ask_write(room->polls, &statement, 1, asked);
}

void
keep_drop(struct room *room, int64_t id, struct asked *asked)
{
	aula_statement drop = AULA_SQL("DELETE FROM polls_polls WHERE room = $1 AND id = $2",
		aula_sql_text(room->key), aula_sql_int(id));

	ask_write(room->polls, &drop, 1, asked);
}

void
keep_forget(struct polls *polls, aula_room id)
{
	g_autofree char *key = room_key(polls, id);
	aula_statement forget =
		AULA_SQL("DELETE FROM polls_polls WHERE room = $1", aula_sql_text(key));

	if (key != NULL)
		ask_write(polls, &forget, 1, NULL);
}

struct poll *
keep_take(const aula_store_result *result, size_t row)
{
	enum {
		ID,
		TITLE,
		OPENED,
		CLOSED,
		SECONDS,
		PRESENT,
		ANONYMOUS,
		CHANGES,
		SHOWN,
		SALT,
		ASKER,
		QUESTIONS,
		RESULTS
	};
	const char *text = aula_result_text(result, row, QUESTIONS),
		   *counted = aula_result_text(result, row, RESULTS);
	json_t *questions = text != NULL ? json_loads(text, 0, NULL) : NULL;

	if (questions == NULL)
		return NULL;
	struct poll *poll = poll_new(
		aula_result_int(result, row, ID), aula_result_text(result, row, TITLE), questions);
	json_decref(questions);
	poll->opened_us = aula_result_int(result, row, OPENED);
	poll->closed_us = aula_result_int(result, row, CLOSED);
	poll->seconds = aula_result_int(result, row, SECONDS);
	poll->present = aula_result_int(result, row, PRESENT);
	poll->anonymous = aula_result_bool(result, row, ANONYMOUS);
	poll->change = aula_result_bool(result, row, CHANGES);
	poll->shown = aula_result_bool(result, row, SHOWN);
	g_strlcpy(poll->salt, aula_result_text(result, row, SALT), sizeof poll->salt);
	poll->asker = g_strdup(aula_result_text(result, row, ASKER));
	poll->results = counted != NULL ? json_loads(counted, 0, NULL) : NULL;
	return poll;
}
