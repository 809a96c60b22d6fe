/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks to speak, and whom a moderator brings on stage, takes down, or keeps there. */
#include "requests.h"

#include <string.h>

#include "hand.h"
#include "notify.h"
#include "person.h"
#include "stream.h"
#include "viewer.h"

static void
reply(aula_call *call, const struct room *room)
{
	json_object_set_new(call->reply, "videoroom", json_string("success"));
	json_object_set(call->reply, "room", room->name);
}

/* -- hands -- */

/* A moderator lowers somebody else's. */
static aula_code
lower_other(struct room *room, aula_call *call, const struct hand_args *args)
{
	if (args->raised)
		return refuse(call, AULA_INVALID, ERROR_INVALID, "raised",
			"Nobody raises another's hand.");
	aula_code code = room_check_manager(room, call, args->secret);
	if (code != AULA_OK)
		return code;
	struct hand *hand = hand_find(room, &args->id);
	if (hand != NULL)
		hand_lower(room, hand->handle, true);
	reply(call, room);
	return AULA_OK;
}

aula_code
run_hand(void *self, aula_call *call, const void *args)
{
	const struct hand_args *hand = args;
	const struct client *client = call->state;
	struct room *room = client_room(client);
	(void)self;

	if (room == NULL || (client->person == NULL && client->viewer == NULL))
		return refuse(call, AULA_WRONG_STATE, ERROR_JOIN_FIRST, NULL, "Join a room first.");
	if (key_is_given(&hand->id))
		return lower_other(room, call, hand);
	aula_code code = AULA_OK;
	if (!hand->raised)
		hand_lower(room, call->from, false);
	else if (client->person != NULL)
		code = hand_raise(room, call->from, client->person->id, client->person->display);
	else
		code = hand_raise(room, call->from, client->viewer->id, client->viewer->display);
	if (code == AULA_FULL)
		return refuse(call, code, ERROR_FULL, "raised", "Too many hands are raised.");
	if (code != AULA_OK)
		return code;
	reply(call, room);
	json_object_set_new(call->reply, "raised", json_boolean(hand->raised));
	emit(room->classroom, room->id, call->from, "hand",
		json_pack("{s:O, s:b}", "room", room->name, "raised", hand->raised));
	return AULA_OK;
}

/* -- the stage -- */

static void
tell_owner(struct room *room, aula_handle handle, const char *what)
{
	json_t *event = notify_event(room);

	json_object_set_new(event, "on_stage", json_string(what));
	notify_one(room, handle, event);
}

static size_t
promoted_count(const struct room *room)
{
	const struct person *one;
	size_t count = 0;

	TAILQ_FOREACH(one, &room->people, others)
	{
		count += one->standing == STANDING_PROMOTED;
	}
	return count;
}

static aula_code
promote(struct room *room, aula_call *call, struct person *person)
{
	if (person->standing != STANDING_PROMOTED &&
		promoted_count(room) >= room->stage->slot_count - 2)
		return refuse(call, AULA_FULL, ERROR_FULL, "id",
			"The stage is full of people who were brought there.");
	person->standing = STANDING_PROMOTED;
	hand_lower(room, person->client->handle, true);
	tell_owner(room, person->client->handle, "promoted");
	return AULA_OK;
}

/* Who only watches is asked to come: it is for him to join and publish. */
static aula_code
invite(struct room *room, aula_call *call, const struct hand *hand)
{
	aula_handle handle = hand->handle;

	hand_lower(room, handle, true);
	tell_owner(room, handle, "invited");
	json_object_set_new(call->reply, "invited", json_true());
	reply(call, room);
	return AULA_OK;
}

static aula_code
check_pin(const struct stage *stage, aula_call *call, const struct person *person, bool screen)
{
	const struct stream *picture = stage_find(person, AULA_VIDEO, screen);

	if (screen && picture == NULL)
		return refuse(
			call, AULA_NOT_FOUND, ERROR_NO_SUCH_FEED, "id", "They share no screen.");
	if (picture != NULL && strcmp(picture->codec, stage->video_codec) != 0)
		return refuse(call, AULA_UNSUPPORTED, ERROR_INVALID, "id",
			"The stage carries another video codec.");
	return AULA_OK;
}

static aula_code
act(struct room *room, aula_call *call, const struct stage_args *args, struct person *person)
{
	struct stage *stage = room->stage;
	bool screen = strcmp(args->slot, "screen") == 0;
	aula_code code = AULA_OK;

	if (strcmp(args->action, "promote") == 0) {
		code = check_pin(stage, call, person, false);
		return code == AULA_OK ? promote(room, call, person) : code;
	}
	if (strcmp(args->action, "demote") == 0) {
		person->standing = STANDING_DEMOTED;
		if (stage->pinned_teacher == person)
			stage->pinned_teacher = NULL;
		if (stage->pinned_screen == person)
			stage->pinned_screen = NULL;
		tell_owner(room, person->client->handle, "demoted");
		return AULA_OK;
	}
	if (strcmp(args->action, "release") == 0) {
		person->standing = STANDING_FREE;
		tell_owner(room, person->client->handle, "released");
		return AULA_OK;
	}
	code = check_pin(stage, call, person, screen);
	if (code != AULA_OK)
		return code;
	if (person->standing == STANDING_DEMOTED)
		person->standing = STANDING_FREE;
	*(screen ? &stage->pinned_screen : &stage->pinned_teacher) = person;
	return AULA_OK;
}

static void
unpin(struct stage *stage, const struct stage_args *args)
{
	if (strcmp(args->slot, "screen") == 0)
		stage->pinned_screen = NULL;
	else
		stage->pinned_teacher = NULL;
}

aula_code
run_stage(void *self, aula_call *call, const void *args)
{
	struct classroom *classroom = self;
	const struct stage_args *stage = args;
	struct room *room;
	struct person *person = NULL;

	aula_code code = room_of_call(classroom, call, &stage->room, &room);
	if (code == AULA_OK)
		code = room_check_manager(room, call, stage->secret);
	if (code != AULA_OK)
		return code;
	if (room->stage == NULL)
		return refuse(
			call, AULA_UNSUPPORTED, ERROR_INVALID, "room", "The room has no stage.");
	if (strcmp(stage->action, "unpin") == 0) {
		unpin(room->stage, stage);
	} else {
		if (!key_is_given(&stage->id))
			return refuse(call, AULA_MISSING, ERROR_MISSING, "id", NULL);
		person = person_find(room, &stage->id);
		const struct hand *hand = hand_find(room, &stage->id);
		if (person == NULL && hand != NULL && strcmp(stage->action, "promote") == 0)
			return invite(room, call, hand);
		if (person == NULL)
			return refuse(call, AULA_NOT_FOUND, ERROR_NO_SUCH_FEED, "id",
				"Nobody of that name is in the room.");
		code = act(room, call, stage, person);
		if (code != AULA_OK)
			return code;
	}
	stage_arrange(room->stage);
	emit(classroom, room->id, call->from, "stage",
		json_pack("{s:O, s:s, s:O*}", "room", room->name, "action", stage->action, "id",
			person != NULL ? person->id : NULL));
	reply(call, room);
	json_object_set_new(call->reply, "stage", stage_streams(room->stage));
	return AULA_OK;
}
