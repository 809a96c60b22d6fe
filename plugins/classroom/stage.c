/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notify.h"
#include "stream.h"
#include "viewer.h"

enum {
	TEACHER,
	SCREEN,
	FIRST_SPEAKER = LEADING_SLOTS,
	GATHER_MS = 50,         /* what happens together is told together */
	TELL_INTERVAL_MS = 300, /* no more often than this, in the largest class */
};

/* -- life -- */

struct stage *
stage_new(struct room *room, int64_t speakers_most)
{
	struct stage *stage = calloc(1, sizeof *stage);

	if (stage == NULL)
		return NULL;
	stage->room = room;
	stage->slot_count = FIRST_SPEAKER + (size_t)speakers_most;
	strcpy(stage->slots[TEACHER].name, "teacher");
	strcpy(stage->slots[SCREEN].name, "screen");
	for (size_t i = FIRST_SPEAKER; i < stage->slot_count; i++)
		snprintf(stage->slots[i].name, sizeof stage->slots[i].name, "speaker-%u",
			(unsigned)(i - FIRST_SPEAKER + 1));
	/* The codec that the room prefers: whoever may choose has it. */
	size_t length = strcspn(room->video_codecs, ", ");
	if (length < sizeof stage->video_codec)
		memcpy(stage->video_codec, room->video_codecs, length);
	return stage;
}

void
stage_free(struct stage *stage)
{
	if (stage == NULL)
		return;
	const aula_host *host = stage->room->classroom->host;
	for (size_t i = 0; i < stage->slot_count && stage->open; i++) {
		host->feeds->close(host, stage->slots[i].audio);
		host->feeds->close(host, stage->slots[i].video);
	}
	if (!AULA_NONE(stage->telling))
		host->timers->stop(host, stage->telling);
	free(stage);
}

static aula_code
open_slot(struct stage *stage, struct slot *slot)
{
	struct classroom *classroom = stage->room->classroom;
	const aula_host *host = classroom->host;
	aula_feed_options options = { .size = sizeof options,
		.kind = AULA_AUDIO,
		.codec = "opus",
		.group = ++classroom->last_group };

	aula_code code = host->feeds->open(host, &options, &slot->audio);
	if (code != AULA_OK)
		return code;
	options.kind = AULA_VIDEO;
	options.codec = stage->video_codec;
	return host->feeds->open(host, &options, &slot->video);
}

aula_code
stage_open(struct stage *stage)
{
	const aula_host *host = stage->room->classroom->host;

	if (stage->open)
		return AULA_OK;
	for (size_t i = 0; i < stage->slot_count; i++) {
		aula_code code = open_slot(stage, &stage->slots[i]);
		if (code == AULA_OK)
			continue;
		for (size_t j = 0; j <= i; j++) {
			host->feeds->close(host, stage->slots[j].audio);
			host->feeds->close(host, stage->slots[j].video);
		}
		return code;
	}
	stage->open = true;
	stage_arrange(stage);
	return AULA_OK;
}

/* -- who may be where -- */

static bool
is_screen(const struct stream *stream)
{
	return stream->description != NULL && strncmp(stream->description, "screen", 6) == 0;
}

struct stream *
stage_find(const struct person *person, aula_kind kind, bool screen)
{
	for (size_t i = 0; person != NULL && i < person->stream_count; i++) {
		struct stream *stream = person->streams[i];
		if (stream->kind == kind && stream_is_active(stream) && is_screen(stream) == screen)
			return stream;
	}
	return NULL;
}

static bool
is_seen_or_heard(const struct person *person)
{
	return stage_find(person, AULA_AUDIO, false) != NULL ||
	       stage_find(person, AULA_VIDEO, false) != NULL;
}

static bool
leads(const struct person *person)
{
	return person->live && person->moderator && person->standing != STANDING_DEMOTED &&
	       is_seen_or_heard(person);
}

/* Who was there stays; else who came first. */
static struct person *
choose_teacher(const struct stage *stage)
{
	struct person *present = stage->slots[TEACHER].person, *one;

	if (stage->pinned_teacher != NULL && stage->pinned_teacher->live)
		return stage->pinned_teacher;
	if (present != NULL && leads(present))
		return present;
	TAILQ_FOREACH(one, &stage->room->live, live_others)
	{
		if (leads(one))
			return one;
	}
	return NULL;
}

/* A moderator's before another's; of these the latest. */
static struct person *
choose_screen(const struct stage *stage)
{
	struct person *best = NULL, *one;
	int64_t best_us = 0;

	if (stage_find(stage->pinned_screen, AULA_VIDEO, true) != NULL)
		return stage->pinned_screen;
	TAILQ_FOREACH(one, &stage->room->live, live_others)
	{
		const struct stream *screen = stage_find(one, AULA_VIDEO, true);
		if (screen == NULL || one->standing == STANDING_DEMOTED)
			continue;
		if (best == NULL || one->moderator > best->moderator ||
			(one->moderator == best->moderator && screen->since_us >= best_us)) {
			best = one;
			best_us = screen->since_us;
		}
	}
	return best;
}

static bool
may_speak(const struct stage *stage, const struct person *person)
{
	return person->live && person->standing != STANDING_DEMOTED && is_seen_or_heard(person) &&
	       stage->slots[TEACHER].person != person;
}

static struct slot *
speaker_slot(struct stage *stage, const struct person *person)
{
	for (size_t i = FIRST_SPEAKER; i < stage->slot_count; i++)
		if (stage->slots[i].person == person)
			return &stage->slots[i];
	return NULL;
}

/* The slot for somebody who comes on stage: where their voice is let through already, else an empty
 * one, else that of who has been silent for longest. NULL: all are taken by those who speak, or are
 * meant to be there. */
static struct slot *
make_room(struct stage *stage, const struct person *person)
{
	struct slot *best = NULL;

	for (size_t i = FIRST_SPEAKER; i < stage->slot_count; i++) {
		struct slot *slot = &stage->slots[i];
		const struct person *there = slot->person;
		if (there == NULL && slot->standby == person)
			return slot;
		if (there != NULL && (there->speaking || there->standing == STANDING_PROMOTED))
			continue;
		if (best == NULL ||
			(best->person != NULL &&
				(there == NULL || there->spoke_us < best->person->spoke_us)))
			best = slot;
	}
	return best;
}

static void
call_up(struct stage *stage, bool promoted)
{
	struct person *one;

	TAILQ_FOREACH(one, &stage->room->live, live_others)
	{
		bool wanted = promoted ? one->standing == STANDING_PROMOTED : one->speaking;
		if (!wanted || !may_speak(stage, one) || speaker_slot(stage, one) != NULL)
			continue;
		struct slot *slot = make_room(stage, one);
		if (slot != NULL)
			slot->person = one;
	}
}

/* The voice of who has his microphone on is let through an empty slot before he speaks, so that his
 * first word is heard. */
static void
stand_by(struct stage *stage)
{
	struct person *one;
	size_t i = FIRST_SPEAKER;

	for (size_t j = i; j < stage->slot_count; j++)
		stage->slots[j].standby = NULL;
	TAILQ_FOREACH(one, &stage->room->live, live_others)
	{
		const struct stream *voice = stage_find(one, AULA_AUDIO, false);
		if (voice == NULL || voice->withheld || voice->moderated ||
			!may_speak(stage, one) || speaker_slot(stage, one) != NULL)
			continue;
		while (i < stage->slot_count && stage->slots[i].person != NULL)
			i++;
		if (i == stage->slot_count)
			return;
		stage->slots[i++].standby = one;
	}
}

/* -- feeds -- */

/* A stream whose codec is not the stage's is not shown. */
static bool
carry(const struct stage *stage, aula_feed feed, const struct stream *stream, aula_track *carried)
{
	const aula_host *host = stage->room->classroom->host;
	aula_track track = stream != NULL ? stream->track : (aula_track){ 0 };

	if (!stage->open || AULA_SAME(track, *carried))
		return true;
	aula_code code = host->feeds->source(host, feed, track);
	if (code != AULA_OK)
		host->feeds->source(host, feed, (aula_track){ 0 });
	*carried = code == AULA_OK ? track : (aula_track){ 0 };
	return code == AULA_OK;
}

static bool
fill(const struct stage *stage, struct slot *slot)
{
	bool screen = slot == &stage->slots[SCREEN];
	const struct person *heard = slot->person != NULL ? slot->person : slot->standby;
	struct stream *sound = stage_find(heard, AULA_AUDIO, screen);
	struct stream *picture = stage_find(slot->person, AULA_VIDEO, screen);

	if (picture != NULL && strcmp(picture->codec, stage->video_codec) != 0)
		picture = NULL;
	carry(stage, slot->audio, sound, &slot->carried_sound);
	if (!carry(stage, slot->video, picture, &slot->carried_picture))
		picture = NULL;
	if (slot->person == NULL)
		sound = NULL; /* let through, not shown */
	bool changed = slot->sound != sound || slot->picture != picture;
	slot->sound = sound;
	slot->picture = picture;
	return changed;
}

static void tell_soon(struct stage *stage);

void
stage_arrange(struct stage *stage)
{
	struct person *before[SLOTS_MOST];
	bool changed = false;

	if (stage == NULL)
		return;
	for (size_t i = 0; i < stage->slot_count; i++)
		before[i] = stage->slots[i].person;
	stage->slots[TEACHER].person = choose_teacher(stage);
	stage->slots[SCREEN].person = choose_screen(stage);
	for (size_t i = FIRST_SPEAKER; i < stage->slot_count; i++)
		if (stage->slots[i].person != NULL && !may_speak(stage, stage->slots[i].person))
			stage->slots[i].person = NULL;
	call_up(stage, true);
	call_up(stage, false);
	stand_by(stage);
	for (size_t i = 0; i < stage->slot_count; i++) {
		changed |= before[i] != stage->slots[i].person;
		changed |= fill(stage, &stage->slots[i]);
	}
	if (!changed)
		return;
	stage->revision++;
	tell_soon(stage);
}

void
stage_forget(struct stage *stage, const struct person *person)
{
	if (stage == NULL)
		return;
	if (stage->pinned_teacher == person)
		stage->pinned_teacher = NULL;
	if (stage->pinned_screen == person)
		stage->pinned_screen = NULL;
	for (size_t i = 0; i < stage->slot_count; i++) {
		struct slot *slot = &stage->slots[i];
		if (slot->person == person) {
			slot->person = NULL;
			slot->sound = slot->picture = NULL;
			stage->revision++;
			tell_soon(stage);
		}
		if (slot->standby == person)
			slot->standby = NULL;
	}
}

/* -- telling -- */

static void
describe(json_t *streams, const struct slot *slot, aula_kind kind)
{
	const struct stream *stream = kind == AULA_AUDIO ? slot->sound : slot->picture;
	const struct person *person = slot->person;
	char mid[16];

	/* Every viewer's m-lines are numbered alike: one text tells all of them. */
	snprintf(mid, sizeof mid, "%zu", json_array_size(streams));
	json_t *item = json_pack(
		"{s:s, s:s, s:s}", "slot", slot->name, "mid", mid, "type", stream_kind_word(kind));
	json_array_append_new(streams, item);
	if (person == NULL)
		return;
	json_object_set(item, "feed_id", person->id);
	if (stream != NULL)
		json_object_set_new(item, "feed_mid", json_string(stream->mid));
	if (person->display != NULL)
		json_object_set_new(item, "feed_display", json_string(person->display));
	if (person->role != NULL)
		json_object_set_new(item, "feed_role", json_string(person->role));
	if (person->standing == STANDING_PROMOTED)
		json_object_set_new(item, "promoted", json_true());
}

json_t *
stage_streams(const struct stage *stage)
{
	json_t *streams = json_array();

	for (size_t i = 0; i < stage->slot_count; i++) {
		describe(streams, &stage->slots[i], AULA_AUDIO);
		describe(streams, &stage->slots[i], AULA_VIDEO);
	}
	return streams;
}

static void
tell(void *data)
{
	struct stage *stage = data;
	struct room *room = stage->room;
	const aula_host *host = room->classroom->host;

	stage->telling = (aula_timer){ 0 };
	if (!stage->untold)
		return;
	stage->untold = false;
	stage->told_us = host->timers->now_us();
	json_t *event = notify_event(room);
	json_object_set_new(event, "stage", stage_streams(stage));
	json_object_set_new(event, "stage_revision", json_integer(stage->revision));
	host->rooms->broadcast_hidden(host, room->id, event);
	notify_moderators(room, event);
}

static void
tell_soon(struct stage *stage)
{
	const aula_host *host = stage->room->classroom->host;

	stage->untold = true;
	if (!AULA_NONE(stage->telling))
		return;
	int64_t since_ms = (host->timers->now_us() - stage->told_us) / 1000;
	int64_t wait_ms = stage->told_us != 0 && since_ms < TELL_INTERVAL_MS
				  ? TELL_INTERVAL_MS - since_ms
				  : 0;
	stage->telling = host->timers->start(
		host, wait_ms > GATHER_MS ? wait_ms : GATHER_MS, 0, tell, stage);
}
