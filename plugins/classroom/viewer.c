/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hand.h"
#include "notify.h"
#include "person.h"
#include "stream.h"

/* -- life -- */

static aula_code
enter(struct classroom *classroom, aula_call *call, const struct media_args *args,
	struct room *room, struct viewer **ret_viewer)
{
	const aula_host *host = classroom->host;
	aula_member_info info = { .size = sizeof info };
	aula_member member;

	aula_code code = host->rooms->join(host, room->id, call->from,
		&(aula_join){ .size = sizeof(aula_join),
			.number = args->id.number,
			.text = args->id.text,
			.display = args->display,
			.hidden = true },
		&member);
	if (code == AULA_EXISTS)
		return refuse(call, code, ERROR_ID_EXISTS, "id", "Somebody has that id already.");
	if (code != AULA_OK)
		return code;
	struct viewer *viewer = calloc(1, sizeof *viewer);
	if (viewer == NULL || host->rooms->member(host, member, &info, sizeof info) != AULA_OK) {
		free(viewer);
		host->rooms->leave(host, call->from);
		return AULA_INTERNAL;
	}
	viewer->client = call->state;
	viewer->room = room;
	viewer->member = member;
	viewer->private_id = args->private_id;
	viewer->id = info.text != NULL ? json_string(info.text) : json_integer(info.number);
	const char *display = args->display != NULL ? args->display : info.display;
	viewer->display = display != NULL && *display != '\0' ? strdup(display) : NULL;
	TAILQ_INSERT_TAIL(&room->viewers, viewer, others);
	viewer->client->viewer = viewer;
	*ret_viewer = viewer;
	return AULA_OK;
}

void
viewer_leave(struct viewer *viewer)
{
	struct room *room = viewer->room;
	const aula_host *host = room->classroom->host;
	aula_handle handle = viewer->client->handle;

	hand_forget(room, handle);
	if (viewer->counted)
		room->viewer_count--;
	bool told = viewer->counted;
	TAILQ_REMOVE(&room->viewers, viewer, others);
	viewer->client->viewer = NULL;
	json_decref(viewer->id);
	free(viewer->display);
	free(viewer->mids);
	free(viewer);
	host->rooms->leave(host, handle);
	if (told)
		notify_viewers(room, -1, NULL);
}

/* -- receiving -- */

/* The handle on which the viewer's person publishes, if it says which that is. A name spares the
 * search among thousands. */
static aula_handle
own_handle(struct room *room, const struct media_args *args)
{
	const struct person *person;

	if (args->private_id == 0)
		return (aula_handle){ 0 };
	if (key_is_given(&args->feed)) {
		person = person_find(room, &args->feed);
		return person != NULL && (int64_t)person->private_id == args->private_id
			       ? person->client->handle
			       : (aula_handle){ 0 };
	}
	TAILQ_FOREACH(person, &room->people, others)
	{
		if ((int64_t)person->private_id == args->private_id)
			return person->client->handle;
	}
	return (aula_handle){ 0 };
}

/* Sound and picture of each slot, in turn. */
static bool
is_picture(size_t line)
{
	return line % 2 == 1;
}

static void
set_line(struct viewer *viewer, size_t line, aula_sender sender)
{
	struct quality *quality = &viewer->lines[line].quality;

	viewer->lines[line].sender = sender;
	if (!is_picture(line))
		return;
	quality_init(quality);
	quality->aim.rank = line / 2 < LEADING_SLOTS ? RANK_FIRST : RANK_USUAL;
	quality_apply(quality, viewer->room->classroom->host, sender);
}

static aula_code
add_lines(struct viewer *viewer, aula_handle own)
{
	const struct stage *stage = viewer->room->stage;
	const aula_host *host = viewer->room->classroom->host;

	for (size_t i = 0; i < 2 * stage->slot_count; i++) {
		const struct slot *slot = &stage->slots[i / 2];
		aula_sender sender;
		aula_code code = host->feeds->add(host, viewer->client->handle,
			is_picture(i) ? slot->video : slot->audio, own, &sender);
		if (code != AULA_OK)
			return code;
		viewer->line_count++;
		set_line(viewer, i, sender);
	}
	return AULA_OK;
}

/* -- with an offer of its own -- */

/** Slots by their place on the stage, in the order in which m-lines carry them. */
struct order {
	size_t slots[SLOTS_MOST], count;
};

static aula_code
add_to_order(const struct stage *stage, struct order *order, aula_call *call, const char *name)
{
	size_t slot = 0;

	while (slot < stage->slot_count && strcmp(stage->slots[slot].name, name) != 0)
		slot++;
	bool bad = slot == stage->slot_count;
	for (size_t i = 0; i < order->count; i++)
		bad |= order->slots[i] == slot;
	if (bad)
		return refuse(call, AULA_INVALID, ERROR_INVALID, "slots",
			"Each must be a slot of the stage, and named once.");
	order->slots[order->count++] = slot;
	return AULA_OK;
}

static aula_code
read_order(const struct stage *stage, aula_call *call, const aula_list *names, struct order *order)
{
	const char *const *items = names->items;
	aula_code code = AULA_OK;

	order->count = 0;
	for (size_t i = 0; i < names->count && code == AULA_OK; i++)
		code = add_to_order(stage, order, call, items[i]);
	for (size_t i = 0; i < stage->slot_count && names->count == 0; i++)
		order->slots[order->count++] = i;
	return code;
}

static aula_code
answer(const struct viewer *viewer, aula_call *call)
{
	const aula_host *host = viewer->room->classroom->host;

	aula_code code = host->peers->answer(host, call->from,
		&(aula_answer){ .size = sizeof(aula_answer),
			.send = true,
			.audio_codecs = "opus",
			.video_codecs = viewer->room->stage->video_codec },
		&call->jsep);
	return code == AULA_UNSUPPORTED ? refuse(call, code, ERROR_INVALID_SDP, "jsep", NULL)
					: code;
}

/* The first m-line of a kind carries the first slot's, and so on; those too many are silent. */
static aula_code
take_lines(struct viewer *viewer, aula_call *call, const struct order *order, aula_handle own)
{
	const struct stage *stage = viewer->room->stage;
	const aula_host *host = viewer->room->classroom->host;
	aula_stream offered[STREAMS_MOST];
	size_t taken[AULA_VIDEO + 1] = { 0 };

	size_t count =
		host->peers->streams(host, call->from, offered, sizeof *offered, STREAMS_MOST);
	for (size_t i = 0; i < count && i < STREAMS_MOST; i++) {
		const aula_stream *one = &offered[i];
		if (AULA_NONE(one->sender) || taken[one->kind] == order->count)
			continue;
		size_t at = order->slots[taken[one->kind]++];
		const struct slot *slot = &stage->slots[at];
		bool picture = one->kind == AULA_VIDEO;
		aula_code code = host->feeds->carry(
			host, one->sender, picture ? slot->video : slot->audio, own);
		if (code != AULA_OK)
			return code;
		set_line(viewer, 2 * at + picture, one->sender);
		memcpy(viewer->mids[2 * at + picture], one->mid, sizeof one->mid);
	}
	if (taken[AULA_AUDIO] + taken[AULA_VIDEO] == 0)
		return refuse(call, AULA_UNSUPPORTED, ERROR_INVALID_SDP, "jsep",
			"The offer receives nothing that a stage has.");
	return AULA_OK;
}

static aula_code
answer_with_stage(
	struct viewer *viewer, aula_call *call, const struct media_args *args, aula_handle own)
{
	const struct stage *stage = viewer->room->stage;
	struct order order;

	aula_code code = read_order(stage, call, &args->slots, &order);
	if (code != AULA_OK)
		return code;
	viewer->answered = true;
	viewer->line_count = 2 * stage->slot_count;
	viewer->mids = calloc(viewer->line_count, sizeof *viewer->mids);
	if (viewer->mids == NULL)
		return AULA_INTERNAL;
	code = answer(viewer, call);
	return code == AULA_OK ? take_lines(viewer, call, &order, own) : code;
}

/* Which m-line of its offer carries what. */
static json_t *
lines_taken(const struct viewer *viewer)
{
	const struct stage *stage = viewer->room->stage;
	json_t *streams = json_array();

	for (size_t i = 0; i < viewer->line_count; i++)
		if (*viewer->mids[i] != '\0')
			json_array_append_new(streams,
				json_pack("{s:s, s:s, s:s}", "slot", stage->slots[i / 2].name,
					"mid", viewer->mids[i], "type",
					stream_kind_word(is_picture(i) ? AULA_VIDEO : AULA_AUDIO)));
	return streams;
}

/* -- joining -- */

static aula_code
check(struct room *room, aula_call *call, const struct media_args *args)
{
	if ((call->holds & MAY_SUBSCRIBE) == 0)
		return refuse(call, AULA_FORBIDDEN, ERROR_UNAUTHORIZED, NULL,
			"You may not receive what is published here.");
	aula_code code = room_check_entry(room, call, args->token, args->pin);
	if (code != AULA_OK)
		return code;
	if (room->require_private_id && AULA_NONE(own_handle(room, args)))
		return refuse(call, AULA_UNAUTHORIZED, ERROR_UNAUTHORIZED, "private_id",
			"It is nobody's in the room.");
	if (room->stage == NULL)
		return refuse(
			call, AULA_UNSUPPORTED, ERROR_INVALID, "ptype", "The room has no stage.");
	return AULA_OK;
}

aula_code
viewer_join(struct classroom *classroom, aula_call *call, const struct media_args *args)
{
	struct room *room;
	struct viewer *viewer;

	aula_code code = room_of_call(classroom, call, &args->room, &room);
	if (code == AULA_OK)
		code = check(room, call, args);
	if (code == AULA_OK)
		code = stage_open(room->stage);
	if (code == AULA_OK)
		code = enter(classroom, call, args, room, &viewer);
	if (code != AULA_OK)
		return code;
	aula_handle own = own_handle(room, args);
	if (call->offer != NULL)
		code = answer_with_stage(viewer, call, args, own);
	else
		code = add_lines(viewer, own);
	if (code == AULA_OK && call->offer == NULL)
		code = classroom->host->peers->offer(
			classroom->host, call->from, false, &call->jsep);
	if (code != AULA_OK) {
		viewer_leave(viewer);
		classroom->host->peers->close(classroom->host, call->from, "not joined");
		return code;
	}
	/* Who takes part as well is counted there. */
	viewer->counted = AULA_NONE(own);
	if (viewer->counted) {
		room->viewer_count++;
		notify_viewers(room, 1, viewer);
	}
	json_object_set_new(call->reply, "videoroom", json_string("joined"));
	json_object_set(call->reply, "room", room->name);
	json_object_set_new(call->reply, "description", json_string(room->description));
	json_object_set(call->reply, "id", viewer->id);
	json_object_set_new(
		call->reply, "participants", json_integer((json_int_t)room->people_count));
	json_object_set_new(call->reply, "viewers", json_integer((json_int_t)room->viewer_count));
	json_object_set_new(call->reply, "stage", stage_streams(room->stage));
	json_object_set_new(call->reply, "stage_revision", json_integer(room->stage->revision));
	if (viewer->answered)
		json_object_set_new(call->reply, "streams", lines_taken(viewer));
	return AULA_OK;
}

/* -- what it wants -- */

static void
apply(const struct viewer *viewer, size_t line)
{
	const aula_host *host = viewer->room->classroom->host;

	host->media->pause(
		host, viewer->lines[line].sender, viewer->paused || viewer->lines[line].held_back);
}

void
viewer_pause(struct viewer *viewer, bool paused)
{
	viewer->paused = paused;
	for (size_t i = 0; i < viewer->line_count; i++)
		apply(viewer, i);
}

static void
want(struct viewer *viewer, size_t line, const struct quality_args *args)
{
	if (is_picture(line) && quality_want(&viewer->lines[line].quality, args))
		quality_apply(&viewer->lines[line].quality, viewer->room->classroom->host,
			viewer->lines[line].sender);
}

void
viewer_shown(struct viewer *viewer, aula_sender sender, const aula_shown *shown)
{
	const struct stage *stage = viewer->room->stage;
	char mid[24];

	for (size_t i = 0; i < viewer->line_count; i++) {
		if (!is_picture(i) || !AULA_SAME(viewer->lines[i].sender, sender))
			continue;
		snprintf(mid, sizeof mid, "%zu", i);
		quality_tell(&viewer->lines[i].quality, viewer->room, viewer->client->handle,
			viewer->answered ? viewer->mids[i] : mid, stage->slots[i / 2].picture,
			shown);
	}
}

/* The m-line of that mid; `line_count`: none. */
static size_t
line_of(const struct viewer *viewer, const char *mid)
{
	char *end = NULL;

	if (viewer->answered) {
		size_t at = 0;
		while (at < viewer->line_count &&
			(mid == NULL || *mid == '\0' || strcmp(viewer->mids[at], mid) != 0))
			at++;
		return at;
	}
	unsigned long line = mid != NULL && *mid != '\0' ? strtoul(mid, &end, 10) : ULONG_MAX;

	return end != NULL && *end == '\0' && line < viewer->line_count ? line : viewer->line_count;
}

aula_code
viewer_configure(struct viewer *viewer, aula_call *call, const struct media_args *args)
{
	const aula_host *host = viewer->room->classroom->host;
	const struct stream_args *items = args->streams.items;

	for (size_t i = 0; i < args->streams.count; i++)
		if (line_of(viewer, items[i].mid) == viewer->line_count)
			return refuse(call, AULA_NOT_FOUND, ERROR_NO_SUCH_FEED, "streams.mid",
				"There is no such mid.");
	if (call->offer != NULL && !viewer->answered)
		return refuse(call, AULA_WRONG_STATE, ERROR_INVALID_SDP, "jsep",
			"It is the server that offers to this viewer.");
	if (call->offer != NULL) {
		aula_code code = answer(viewer, call);
		if (code != AULA_OK)
			return code;
	} else if (args->restart || args->update) {
		aula_code code = host->peers->offer(host, call->from, args->restart, &call->jsep);
		if (code != AULA_OK)
			return code;
	}
	for (size_t i = 0; i < viewer->line_count; i++)
		want(viewer, i, &args->quality);
	for (size_t i = 0; i < args->streams.count; i++) {
		size_t line = line_of(viewer, items[i].mid);
		want(viewer, line, &items[i].quality);
		if (items[i].send == AULA_UNSET)
			continue;
		viewer->lines[line].held_back = !items[i].send;
		apply(viewer, line);
	}
	json_object_set_new(call->reply, "videoroom", json_string("event"));
	json_object_set(call->reply, "room", viewer->room->name);
	json_object_set_new(call->reply, "configured", json_string("ok"));
	return AULA_OK;
}
