/* SPDX-License-Identifier: Apache-2.0 */
#include "notify.h"

#include <stdlib.h>

#include "viewer.h"
#include "watch.h"

json_t *
notify_event(const struct room *room)
{
	return json_pack("{s:s, s:O}", "videoroom", "event", "room", room->name);
}

void
notify_all(struct room *room, json_t *event, aula_handle except)
{
	const aula_host *host = room->classroom->host;

	json_object_set_new(event, "revision", json_integer(++room->revision));
	host->rooms->broadcast(host, room->id, event, except);
	json_decref(event);
}

void
notify_one(struct room *room, aula_handle to, json_t *event)
{
	const aula_host *host = room->classroom->host;

	host->handles->push(host, to, event, NULL); /* GONE: nobody to tell */
	json_decref(event);
}

void
notify_moderators(struct room *room, json_t *event)
{
	const aula_host *host = room->classroom->host;
	const struct person *person;

	TAILQ_FOREACH(person, &room->people, others)
	{
		if (person->moderator)
			host->handles->push(host, person->client->handle, event, NULL);
	}
	json_decref(event);
}

bool
notify_is_large(const struct room *room)
{
	return (int64_t)room->people_count > room->classroom->config->large_room;
}

/* -- large rooms: one notification for all that changed in a while -- */

static void
set_names(json_t *into, const char *key, json_t **names)
{
	json_object_set_new(into, key, *names != NULL ? *names : json_array());
	*names = NULL;
}

static void
tell_presence(void *data)
{
	struct room *room = data;
	struct presence *presence = &room->presence;
	json_t *change = json_pack("{s:I, s:I, s:I}", "joined_count",
		(json_int_t)presence->joined_count, "left_count", (json_int_t)presence->left_count,
		"participants", (json_int_t)room->people_count);
	json_t *event = notify_event(room);

	set_names(change, "joined", &presence->joined);
	set_names(change, "left", &presence->left);
	json_object_set_new(event, "presence", change);
	*presence = (struct presence){ 0 };
	notify_all(room, event, (aula_handle){ 0 });
}

static void
tell_viewers(void *data)
{
	struct room *room = data;
	struct presence *watching = &room->watching;
	json_t *change = json_pack("{s:I, s:I, s:I}", "joined_count",
		(json_int_t)watching->joined_count, "left_count", (json_int_t)watching->left_count,
		"count", (json_int_t)room->viewer_count);
	json_t *event = notify_event(room);

	set_names(change, "joined", &watching->joined);
	json_object_set_new(event, "viewers", change);
	*watching = (struct presence){ 0 };
	notify_moderators(room, event);
}

void
notify_viewers(struct room *room, int change, const struct viewer *viewer)
{
	const struct config *config = room->classroom->config;
	const aula_host *host = room->classroom->host;
	struct presence *watching = &room->watching;

	if (change > 0) {
		watching->joined_count++;
		if (watching->joined == NULL)
			watching->joined = json_array();
		if ((int64_t)json_array_size(watching->joined) < config->names_most)
			json_array_append_new(
				watching->joined, json_pack("{s:O, s:s*}", "id", viewer->id,
							  "display", viewer->display));
	} else {
		watching->left_count++;
	}
	if (AULA_NONE(watching->timer))
		watching->timer = host->timers->start(
			host, config->presence_window_ms, 0, tell_viewers, room);
}

/* Adds a name to a list that is bounded; the count goes on. Takes `name`. */
static void
note(struct room *room, json_t **names, int64_t *count, json_t *name)
{
	const struct config *config = room->classroom->config;
	const aula_host *host = room->classroom->host;

	if (*names == NULL)
		*names = json_array();
	if ((int64_t)json_array_size(*names) < config->names_most)
		json_array_append(*names, name);
	json_decref(name);
	++*count;
	if (AULA_NONE(room->presence.timer))
		room->presence.timer = host->timers->start(
			host, config->presence_window_ms, 0, tell_presence, room);
}

void
notify_finish(struct room *room)
{
	const aula_host *host = room->classroom->host;

	struct presence *const both[] = { &room->presence, &room->watching };

	for (size_t i = 0; i < 2; i++) {
		if (!AULA_NONE(both[i]->timer))
			host->timers->stop(host, both[i]->timer);
		json_decref(both[i]->joined);
		json_decref(both[i]->left);
		*both[i] = (struct presence){ 0 };
	}
}

/* -- who comes and goes -- */

void
notify_joined(struct person *person)
{
	struct room *room = person->room;

	if (!room->notify_joining)
		return;
	if (notify_is_large(room)) {
		note(room, &room->presence.joined, &room->presence.joined_count,
			person_summary(person));
		return;
	}
	json_t *event = notify_event(room);
	json_object_set_new(event, "joining", person_summary(person));
	notify_all(room, event, person->client->handle);
}

void
notify_left(struct room *room, json_t *id, bool was_live, const char *key)
{
	if (was_live)
		watch_follow(room);
	if (notify_is_large(room) && !was_live) {
		if (room->notify_joining)
			note(room, &room->presence.left, &room->presence.left_count,
				json_incref(id));
		return;
	}
	json_t *event = notify_event(room);
	json_object_set(event, key, id);
	notify_all(room, event, (aula_handle){ 0 });
}

/* -- what they publish -- */

void
notify_published(struct person *person)
{
	struct room *room = person->room;
	json_t *event = notify_event(room);

	json_object_set_new(event, "publishers", json_pack("[o]", person_publication(person)));
	notify_all(room, event, person->client->handle);

	/* The publisher hears of it as well, so that its revisions have no gap. */
	event = notify_event(room);
	json_object_set(event, "id", person->id);
	json_object_set_new(event, "published", json_string("ok"));
	json_object_set_new(event, "revision", json_integer(room->revision));
	notify_one(room, person->client->handle, event);
	watch_follow(room);
}

void
notify_unpublished(struct person *person)
{
	struct room *room = person->room;
	json_t *event = notify_event(room);

	if (person->display != NULL)
		json_object_set_new(event, "display", json_string(person->display));
	if (person->metadata != NULL)
		json_object_set(event, "metadata", person->metadata);
	json_object_set(event, "unpublished", person->id);
	notify_all(room, event, person->client->handle);
	watch_follow(room);
}

void
notify_talking(struct person *person, const struct stream *stream, int level_dbov)
{
	struct room *room = person->room;

	if (!room->audiolevel_event)
		return;
	json_t *event = json_pack("{s:s, s:O, s:O, s:I, s:s, s:i}", "videoroom",
		person->speaking ? "talking" : "stopped-talking", "room", room->name, "id",
		person->id, "mindex", (json_int_t)stream->index, "mid", stream->mid,
		"audio-level-dBov-avg", level_dbov);
	notify_all(room, event, (aula_handle){ 0 });
}

/* -- who did what -- */

void
note_act(const struct room *room, const aula_call *call, const char *act, const json_t *target,
	const char *detail)
{
	const aula_host *host = room->classroom->host;
	char *id = target != NULL ? json_dumps(target, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

	if (AULA_HAS(host, audit))
		host->audit->note(host, call->from,
			&(aula_act){ .size = sizeof(aula_act),
				.act = act,
				.room = host->rooms->name(host, room->id, NULL),
				.target = id,
				.detail = detail });
	free(id);
}
