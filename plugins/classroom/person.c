/* SPDX-License-Identifier: Apache-2.0 */
#include "person.h"

#include <stdlib.h>
#include <string.h>

#include "hand.h"
#include "keep.h"
#include "notify.h"
#include "room.h"
#include "stream.h"

struct person *
person_new(struct client *client, struct room *room, aula_member member)
{
	const aula_host *host = client->classroom->host;
	aula_member_info info = { .size = sizeof info };
	struct person *person = calloc(1, sizeof *person);

	if (person == NULL || host->rooms->member(host, member, &info, sizeof info) != AULA_OK) {
		free(person);
		return NULL;
	}
	person->client = client;
	person->room = room;
	person->member = member;
	person->id = info.text != NULL ? json_string(info.text) : json_integer(info.number);
	person->role = strdup(info.role);
	person->subject = strdup(info.subject);
	if (person->subject != NULL)
		person->muted_kinds = keep_muted_kinds(room, person->subject);
	person->private_id = draw_number();
	person->moderator = (host->handles->holds(host, client->handle) & MAY_MODERATE) != 0;
	person_set_display(person, info.display);
	TAILQ_INSERT_TAIL(&room->people, person, others);
	room->people_count++;
	client->person = person;
	return person;
}

void
person_free(struct person *person)
{
	person_withdraw(person);
	hand_forget(person->room, person->client->handle);
	for (size_t i = 0; i < person->stream_count; i++)
		stream_free(person->streams[i]);
	free(person->streams);
	TAILQ_REMOVE(&person->room->people, person, others);
	person->room->people_count--;
	person->client->person = NULL;
	json_decref(person->id);
	json_decref(person->metadata);
	free(person->display);
	free(person->role);
	free(person->subject);
	free(person);
}

void
person_go_live(struct person *person)
{
	person->live = true;
	TAILQ_INSERT_TAIL(&person->room->live, person, live_others);
	stage_arrange(person->room->stage);
}

void
person_speaks(struct person *person, const struct stream *stream, bool speaks, int level_dbov)
{
	/* What a shared screen plays is nobody's voice. */
	if (stream->description != NULL && strcmp(stream->description, "screen-audio") == 0)
		return;
	person->speaking = speaks;
	person->spoke_us = person->client->classroom->host->timers->now_us();
	notify_talking(person, stream, level_dbov);
	stage_arrange(person->room->stage);
}

bool
person_withdraw(struct person *person)
{
	bool was_live = person->live;

	for (size_t i = 0; i < person->stream_count; i++) {
		stream_stop(person->streams[i]);
		person->streams[i]->listed = false;
	}
	if (person->publishing)
		person->room->publisher_count--;
	if (was_live)
		TAILQ_REMOVE(&person->room->live, person, live_others);
	person->publishing = person->live = person->speaking = false;
	stage_forget(person->room->stage, person);
	if (was_live)
		stage_arrange(person->room->stage);
	return was_live;
}

void
person_leave(struct person *person, const char *key)
{
	struct room *room = person->room;
	const aula_host *host = room->classroom->host;
	aula_handle handle = person->client->handle;
	json_t *id = json_incref(person->id);
	bool was_live = person->live;

	person_free(person);
	host->rooms->leave(host, handle);
	notify_left(room, id, was_live, key);
	emit(room->classroom, room->id, handle, key,
		json_pack("{s:O, s:O}", "room", room->name, "id", id));
	json_decref(id);
}

struct person *
person_find(struct room *room, const aula_key *name)
{
	const aula_host *host = room->classroom->host;
	aula_member member = host->rooms->member_named(host, room->id, name);
	aula_member_info info = { .size = sizeof info };

	if (AULA_NONE(member) || host->rooms->member(host, member, &info, sizeof info) != AULA_OK ||
		AULA_NONE(info.handle))
		return NULL;
	const struct client *client = host->handles->state(host, info.handle);
	return client != NULL && client->person != NULL && client->person->room == room
		       ? client->person
		       : NULL;
}

void
person_set_display(struct person *person, const char *display)
{
	char *copy = display != NULL && *display != '\0' ? strdup(display) : NULL;

	free(person->display);
	person->display = copy;
}

void
person_set_metadata(struct person *person, json_t *metadata)
{
	json_decref(person->metadata);
	person->metadata = metadata != NULL ? json_deep_copy(metadata) : NULL;
}

/* -- streams -- */

struct stream *
person_stream(const struct person *person, const char *mid)
{
	for (size_t i = 0; i < person->stream_count; i++)
		if (strcmp(person->streams[i]->mid, mid) == 0)
			return person->streams[i];
	return NULL;
}

/* An ended stream makes room for another when the person has had as many as may be. */
static void
forget_one(struct person *person)
{
	for (size_t i = 0; i < person->stream_count; i++) {
		if (stream_is_active(person->streams[i]))
			continue;
		stream_free(person->streams[i]);
		person->streams[i] = person->streams[--person->stream_count];
		return;
	}
}

static void
add_stream(struct person *person, const aula_stream *line)
{
	if (person->stream_count >= STREAMS_MOST)
		forget_one(person);
	if (person->stream_count >= STREAMS_MOST)
		return;
	struct stream **streams =
		realloc(person->streams, (person->stream_count + 1) * sizeof(struct stream *));
	if (streams == NULL)
		return;
	person->streams = streams;
	struct stream *stream = stream_new(person, line);
	if (stream != NULL)
		streams[person->stream_count++] = stream;
}

static bool
is_sent(const aula_stream *lines, size_t count, const struct stream *stream)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(lines[i].mid, stream->mid) == 0)
			return lines[i].kind == stream->kind && !AULA_NONE(lines[i].track);
	return false;
}

void
person_read_streams(struct person *person)
{
	const aula_host *host = person->client->classroom->host;
	aula_stream lines[STREAMS_MOST];
	size_t count = host->peers->streams(
		host, person->client->handle, lines, sizeof *lines, STREAMS_MOST);

	if (count > STREAMS_MOST)
		count = STREAMS_MOST;
	/* A mid that changed its kind is another stream: the old one must go, not just stop. */
	for (size_t i = 0; i < count; i++) {
		struct stream *stream = person_stream(person, lines[i].mid);
		if (stream != NULL && stream->kind != lines[i].kind) {
			stream_stop(stream);
			stream->listed = false;
			*stream->mid = '\0';
		}
	}
	for (size_t i = 0; i < person->stream_count; i++)
		if (stream_is_active(person->streams[i]) &&
			!is_sent(lines, count, person->streams[i]))
			stream_stop(person->streams[i]);
	for (size_t i = 0; i < count; i++) {
		if (AULA_NONE(lines[i].track))
			continue;
		struct stream *stream = person_stream(person, lines[i].mid);
		if (stream != NULL)
			stream_update(stream, &lines[i]);
		else
			add_stream(person, &lines[i]);
	}
}

/* -- as others see them -- */

json_t *
person_summary(const struct person *person)
{
	json_t *summary = json_pack("{s:O}", "id", person->id);

	if (person->display != NULL)
		json_object_set_new(summary, "display", json_string(person->display));
	if (person->role != NULL)
		json_object_set_new(summary, "role", json_string(person->role));
	if (person->metadata != NULL)
		json_object_set(summary, "metadata", person->metadata);
	return summary;
}

json_t *
person_streams(const struct person *person)
{
	json_t *streams = json_array();

	for (size_t i = 0; i < person->stream_count; i++)
		if (person->streams[i]->listed)
			json_array_append_new(streams, stream_summary(person->streams[i]));
	return streams;
}

void
person_set_codecs(const struct person *person, json_t *into)
{
	for (size_t i = person->stream_count; i-- > 0;) {
		const struct stream *stream = person->streams[i];
		if (stream_is_active(stream))
			json_object_set_new(into,
				stream->kind == AULA_AUDIO ? "audio_codec" : "video_codec",
				json_string(stream->codec));
	}
}

json_t *
person_publication(const struct person *person)
{
	json_t *publication = person_summary(person);

	json_object_set_new(publication, "streams", person_streams(person));
	person_set_codecs(person, publication);
	return publication;
}
