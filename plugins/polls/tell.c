/* SPDX-License-Identifier: Apache-2.0 */
#include "tell.h"

#include <stdlib.h>

#include "keep.h"

enum {
	SCORES_AT_ONCE = 200,
	SCORES_INTERVAL_MS = 20,
};

json_t *
tell_event(const struct room *room, const char *word)
{
	return json_pack("{s:s, s:O}", "polls", word, "room", room->name);
}

static void
add_vote(json_t *shown, const struct poll *poll, const struct client *client)
{
	g_autofree char *voter = poll_voter(poll, client->key);
	const struct vote *vote = poll_vote_of(poll, voter);

	if (vote == NULL)
		return;
	json_object_set_new(shown, "mine", json_loads(vote->answers, 0, NULL));
	if (poll->quiz && poll->shown && poll->closed_us != 0) {
		json_object_set_new(shown, "score", json_integer(vote->score));
		json_object_set_new(shown, "marks", poll_marks(poll, vote));
	}
}

json_t *
tell_poll(const struct poll *poll, uint64_t holds, const struct client *client)
{
	bool staff = (holds & (MAY_ASK | MAY_RESULTS)) != 0;
	bool shown = poll->shown && poll->opened_us != 0;
	/* What is right is told to those who answer when nothing can be answered any more. */
	bool right = staff || (shown && poll->closed_us != 0);
	json_t *event = poll_describe(poll, right, wall_us());

	if ((holds & MAY_RESULTS) != 0 || shown)
		json_object_set_new(event, "results", poll_results(poll));
	if (client != NULL)
		add_vote(event, poll, client);
	return event;
}

void
tell_all(struct room *room, json_t *event)
{
	const aula_host *host = room->polls->host;

	host->rooms->broadcast(host, room->id, event, (aula_handle){ 0 });
	host->rooms->broadcast_hidden(host, room->id, event);
	json_decref(event);
}

void
tell_staff(struct room *room, json_t *event)
{
	const aula_host *host = room->polls->host;
	const struct client *client;

	TAILQ_FOREACH(client, &room->clients, others)
	{
		if ((client->holds & MAY_RESULTS) != 0)
			host->handles->push(host, client->handle, event, NULL);
	}
	json_decref(event);
}

static void
emit(const struct poll *poll, const char *name, const char *reason)
{
	const struct room *room = poll->room;
	const aula_host *host = room->polls->host;
	json_t *data = json_pack("{s:I, s:s, s:I, s:I}", "id", (json_int_t)poll->id, "title",
		poll->title, "answered", (json_int_t)poll_answered(poll), "present",
		(json_int_t)MAX(poll_answered(poll), poll->present));

	if (reason != NULL)
		json_object_set_new(data, "reason", json_string(reason));
	host->events->emit(host, AULA_EVENT_PLUGIN, room->id, (aula_handle){ 0 }, name, data);
	json_decref(data);
}

/* -- counts -- */

static void
tell_counts(void *data)
{
	struct room *room = data;
	struct poll *poll;

	room->tell = (aula_timer){ 0 };
	TAILQ_FOREACH(poll, &room->asked, others)
	{
		if (!poll->stirred || !poll_is_open(poll))
			continue;
		poll->stirred = false;
		poll->present = room_voter_count(room);
		json_t *event = tell_event(room, "counts");
		json_object_set_new(event, "id", json_integer(poll->id));
		json_object_set_new(event, "results", poll_results(poll));
		if (poll->shown)
			tell_all(room, event);
		else
			tell_staff(room, event);
		emit(poll, "poll.answered", NULL);
	}
}

void
tell_counts_soon(struct room *room)
{
	const aula_host *host = room->polls->host;

	if (AULA_NONE(room->tell))
		room->tell = host->timers->start(
			host, room->polls->config->tell_ms, 0, tell_counts, room);
}

/* -- scores -- */

static void
tell_some_scores(void *data)
{
	struct room *room = data;
	const aula_host *host = room->polls->host;
	const struct poll *poll = room_poll(room, room->scored);
	const struct client *client;
	size_t place = 0;

	TAILQ_FOREACH(client, &room->clients, others)
	{
		if (place++ < room->score_at || poll == NULL)
			continue;
		if (place > room->score_at + SCORES_AT_ONCE)
			return;
		g_autofree char *voter = poll_voter(poll, client->key);
		const struct vote *vote = poll_vote_of(poll, voter);
		if (vote == NULL)
			continue;
		json_t *event = tell_event(room, "score");
		json_object_set_new(event, "id", json_integer(poll->id));
		json_object_set_new(event, "score", json_integer(vote->score));
		json_object_set_new(event, "points", json_integer(poll->points));
		json_object_set_new(event, "marks", poll_marks(poll, vote));
		host->handles->push(host, client->handle, event, NULL);
		json_decref(event);
	}
	host->timers->stop(host, room->score);
	room->score = (aula_timer){ 0 };
	room->scored = 0;
}

static void
tell_next_scores(void *data)
{
	struct room *room = data;

	tell_some_scores(room);
	room->score_at += SCORES_AT_ONCE;
}

static void
tell_scores(struct poll *poll)
{
	struct room *room = poll->room;
	const aula_host *host = room->polls->host;

	room->scored = poll->id;
	room->score_at = 0;
	if (AULA_NONE(room->score))
		room->score =
			host->timers->start(host, 1, SCORES_INTERVAL_MS, tell_next_scores, room);
}

void
tell_shown(struct poll *poll)
{
	json_t *event = tell_event(poll->room, "shown");

	json_object_set_new(event, "poll", tell_poll(poll, 0, NULL));
	tell_all(poll->room, event);
	if (poll->quiz && poll->closed_us != 0)
		tell_scores(poll);
}

/* -- open and closed -- */

static void
run_out(void *data)
{
	struct poll *poll = data;

	poll->end = (aula_timer){ 0 };
	tell_closed(poll, "time");
	keep_poll(poll, NULL);
}

static void
set_end(struct poll *poll)
{
	const aula_host *host = poll->room->polls->host;
	int64_t left_us = poll->opened_us + poll->seconds * 1000000 - wall_us();

	if (poll->seconds > 0)
		poll->end = host->timers->start(host, MAX(1, left_us / 1000), 0, run_out, poll);
}

void
tell_opened(struct poll *poll)
{
	struct room *room = poll->room;
	json_t *event = tell_event(room, "opened");

	poll->present = room_voter_count(room);
	json_object_set_new(event, "poll", tell_poll(poll, 0, NULL));
	tell_all(room, event);
	emit(poll, "poll.opened", NULL);
	set_end(poll);
}

void
tell_closed(struct poll *poll, const char *reason)
{
	struct room *room = poll->room;
	const aula_host *host = room->polls->host;

	if (!AULA_NONE(poll->end))
		host->timers->stop(host, poll->end);
	poll->end = (aula_timer){ 0 };
	poll->closed_us = wall_us();
	poll->present = MAX(room_voter_count(room), poll_answered(poll));
	poll->results = poll_results(poll); /* as they stay, whoever is erased */
	json_t *event = tell_event(room, "closed");
	json_object_set_new(event, "id", json_integer(poll->id));
	json_object_set_new(event, "reason", json_string(reason));
	tell_all(room, event);
	event = tell_event(room, "counts");
	json_object_set_new(event, "id", json_integer(poll->id));
	json_object_set_new(event, "results", poll_results(poll));
	tell_staff(room, event);
	if (poll->shown)
		tell_shown(poll);
	emit(poll, "poll.closed", reason);
}

void
tell_resume(struct room *room)
{
	struct poll *poll;

	TAILQ_FOREACH(poll, &room->asked, others)
	{
		if (poll_is_open(poll))
			set_end(poll);
	}
}
