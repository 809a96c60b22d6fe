/* SPDX-License-Identifier: Apache-2.0 */
/* Rooms: made, changed, listed, closed. All of these are answered at once. */
#include "requests.h"

#include <string.h>

#include "keep.h"
#include "notify.h"
#include "person.h"

static void
reply_room(aula_call *call, const char *word, const struct room *room)
{
	json_object_set_new(call->reply, "videoroom", json_string(word));
	json_object_set(call->reply, "room", room->name);
}

aula_code
run_create(void *self, aula_call *call, const void *args)
{
	struct classroom *classroom = self;
	const struct create_args *create = args;
	struct room_options options = create->options;
	struct room *room;

	if (create->record || create->require_e2ee || create->signed_tokens)
		return refuse(call, AULA_INVALID, ERROR_INVALID,
			create->record         ? "record"
			: create->require_e2ee ? "require_e2ee"
					       : "signed_tokens",
			"This server does not offer it.");
	options.lasting = create->permanent && classroom->keeps;
	options.has_allowed = json_object_get(call->body, "allowed") != NULL;
	if (!room_tokens_fit(&options.allowed))
		return refuse(call, AULA_TOO_LARGE, ERROR_INVALID, "allowed", NULL);
	json_t *name = key_to_json(&options.name);
	aula_code code = room_check_name(classroom, call, name);
	json_decref(name);
	if (code != AULA_OK)
		return code;
	code = room_open(classroom, &options, call->from, &room);
	if (code == AULA_EXISTS)
		return refuse(call, code, ERROR_ROOM_EXISTS, "room",
			"There is a room of that name already.");
	if (code == AULA_INVALID)
		return refuse(call, code, ERROR_INVALID, "audiocodec, videocodec",
			"The server forwards opus, vp8, vp9, h264 and av1.");
	if (code != AULA_OK)
		return code;
	reply_room(call, "created", room);
	note_act(room, call, "room.create", NULL, room->permanent ? "permanent" : NULL);
	emit(classroom, room->id, call->from, "created", json_pack("{s:O}", "room", room->name));
	if (room->permanent)
		return keep_created(room, call);
	json_object_set_new(call->reply, "permanent", json_false());
	return AULA_OK;
}

aula_code
run_destroy(void *self, aula_call *call, const void *args)
{
	struct classroom *classroom = self;
	const struct room_args *destroy = args;
	struct room *room;

	aula_code code = room_of_call(classroom, call, &destroy->room, &room);
	if (code == AULA_OK)
		code = room_check_manager(room, call, destroy->secret);
	if (code != AULA_OK)
		return code;
	reply_room(call, "destroyed", room);
	json_object_set_new(call->reply, "permanent", json_boolean(room->kept));
	keep_destroyed(room);
	note_act(room, call, "room.destroy", NULL, NULL);
	room_destroy(room, "Room destroyed");
	return AULA_OK;
}

aula_code
run_edit(void *self, aula_call *call, const void *args)
{
	struct classroom *classroom = self;
	const struct edit_args *edit = args;
	struct room *room;

	aula_code code = room_of_call(classroom, call, &edit->room, &room);
	if (code == AULA_OK)
		code = room_check_manager(room, call, edit->secret);
	if (code != AULA_OK)
		return code;
	if (edit->description != NULL)
		room_set_text(&room->description, edit->description);
	if (edit->new_secret != NULL)
		room_set_text(&room->secret, edit->new_secret);
	if (edit->pin != NULL)
		room_set_text(&room->pin, edit->pin);
	if (edit->is_private != AULA_UNSET)
		room->is_private = edit->is_private;
	if (edit->require_private_id != AULA_UNSET)
		room->require_private_id = edit->require_private_id;
	if (edit->bitrate_bps >= 0)
		room->bitrate_bps = edit->bitrate_bps;
	if (edit->publishers_most >= 0)
		room->publishers_most = edit->publishers_most;
	if (edit->keyframe_s >= 0)
		room_set_keyframe_interval(room, edit->keyframe_s);
	keep_changed(room);
	note_act(room, call, "room.edit", NULL, NULL);
	reply_room(call, "edited", room);
	json_object_set_new(call->reply, "permanent", json_boolean(room->permanent));
	emit(classroom, room->id, call->from, "edited", json_pack("{s:O}", "room", room->name));
	return AULA_OK;
}

aula_code
run_exists(void *self, aula_call *call, const void *args)
{
	struct classroom *classroom = self;
	const struct room_args *exists = args;
	const struct room *room = room_find(classroom, &exists->room);

	json_object_set_new(call->reply, "videoroom", json_string("success"));
	json_object_set_new(call->reply, "room", key_to_json(&exists->room));
	json_object_set_new(call->reply, "exists", json_boolean(room != NULL));
	return AULA_OK;
}

static json_t *
room_summary(const struct room *room)
{
	json_t *summary = json_pack("{s:O, s:s, s:b, s:b, s:I, s:I, s:I, s:b, s:b, s:I}", "room",
		room->name, "description", room->description, "pin_required", room->pin != NULL,
		"is_private", room->is_private, "max_publishers", (json_int_t)room->publishers_most,
		"bitrate", (json_int_t)room->bitrate_bps, "fir_freq", (json_int_t)room->keyframe_s,
		"require_pvtid", room->require_private_id, "notify_joining", room->notify_joining,
		"num_participants", (json_int_t)room->people_count);

	if (room->bitrate_cap)
		json_object_set_new(summary, "bitrate_cap", json_true());
	json_object_set_new(summary, "require_e2ee", json_false());
	json_object_set_new(summary, "dummy_publisher", json_false());
	json_object_set_new(summary, "record", json_false());
	json_object_set_new(summary, "audiocodec", json_string(room->audio_codecs));
	json_object_set_new(summary, "videocodec", json_string(room->video_codecs));
	return summary;
}

aula_code
run_list(void *self, aula_call *call, const void *args)
{
	struct classroom *classroom = self;
	json_t *list = json_array();
	(void)args;

	for (size_t i = 0; i < classroom->room_count; i++) {
		const struct room *room = classroom->rooms[i];
		if ((!room->is_private || (call->holds & MAY_MODERATE) != 0) &&
			room_is_in_token(classroom, call->from, room->name))
			json_array_append_new(list, room_summary(room));
	}
	json_object_set_new(call->reply, "videoroom", json_string("success"));
	json_object_set_new(call->reply, "list", list);
	return AULA_OK;
}

aula_code
run_list_participants(void *self, aula_call *call, const void *args)
{
	struct classroom *classroom = self;
	const struct people_args *people = args;
	struct room *room;
	struct person *person;

	aula_code code = room_of_call(classroom, call, &people->room, &room);
	if (code == AULA_OK)
		code = room_check_token(room, call);
	if (code != AULA_OK)
		return code;
	int64_t most = classroom->config->page_most, place = 0;
	if (people->limit > 0 && people->limit < most)
		most = people->limit;
	json_t *list = json_array();
	TAILQ_FOREACH(person, &room->people, others)
	{
		if (place++ < people->offset)
			continue;
		if ((int64_t)json_array_size(list) >= most)
			break;
		json_t *item = person->live ? person_publication(person) : person_summary(person);
		json_object_set_new(item, "publisher", json_boolean(person->live));
		json_array_append_new(list, item);
	}
	reply_room(call, "participants", room);
	json_object_set_new(call->reply, "count", json_integer((json_int_t)json_array_size(list)));
	json_object_set_new(call->reply, "participants", list);
	json_object_set_new(call->reply, "offset", json_integer(people->offset));
	json_object_set_new(call->reply, "total", json_integer((json_int_t)room->people_count));
	json_object_set_new(call->reply, "viewers", json_integer((json_int_t)room->viewer_count));
	json_object_set_new(call->reply, "revision", json_integer(room->revision));
	return AULA_OK;
}
