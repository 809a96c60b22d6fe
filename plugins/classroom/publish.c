/* SPDX-License-Identifier: Apache-2.0 */
/* Taking part: who joins as a publisher, and what they publish. */
#include "requests.h"

#include <string.h>

#include "hand.h"
#include "notify.h"
#include "person.h"
#include "stream.h"

static int64_t
bitrate_of(const struct person *person)
{
	const struct room *room = person->room;
	int64_t wanted_bps = person->bitrate_bps;

	if (wanted_bps <= 0)
		return room->bitrate_bps;
	return room->bitrate_cap && room->bitrate_bps > 0 && wanted_bps > room->bitrate_bps
		       ? room->bitrate_bps
		       : wanted_bps;
}

/* -- checks: all of them before anything is changed -- */

static aula_code
check_codec(aula_call *call, const char *list, const char *codec, const char *field)
{
	if (codec == NULL || room_codec_listed(list, codec))
		return AULA_OK;
	return refuse(
		call, AULA_INVALID, ERROR_INVALID, field, "The room does not allow the codec.");
}

static aula_code
check_settings(const struct room *room, aula_call *call, const struct media_args *args)
{
	const struct config *config = room->classroom->config;

	if (args->metadata != NULL &&
		(int64_t)json_dumpb(args->metadata, NULL, 0, JSON_COMPACT) > config->metadata_bytes)
		return refuse(call, AULA_TOO_LARGE, ERROR_INVALID, "metadata", NULL);
	if (args->record)
		return refuse(call, AULA_INVALID, ERROR_INVALID, "record",
			"This server does not offer it.");
	aula_code code = check_codec(call, room->audio_codecs, args->audio_codec, "audiocodec");
	if (code != AULA_OK)
		return code;
	return check_codec(call, room->video_codecs, args->video_codec, "videocodec");
}

static aula_code
check_publish(const struct person *person, aula_call *call)
{
	const struct room *room = person->room;

	if ((call->holds & MAY_PUBLISH) == 0)
		return refuse(call, AULA_FORBIDDEN, ERROR_UNAUTHORIZED, NULL,
			"You may not publish here.");
	if (!person->publishing && (int64_t)room->publisher_count >= room->publishers_most)
		return refuse(call, AULA_FULL, ERROR_FULL, "publishers",
			"The room has as many publishers as it allows.");
	return AULA_OK;
}

/* -- settings -- */

static void
tell_change(struct person *person, const char *key, json_t *value)
{
	struct room *room = person->room;

	/* In a large room the lists show it to whoever looks. */
	if (notify_is_large(room) && !person->live)
		return;
	json_t *event = notify_event(room);
	json_object_set(event, "id", person->id);
	json_object_set(event, key, value);
	notify_all(room, event, person->client->handle);
}

static void
set_profile(struct person *person, const struct media_args *args)
{
	if (args->display != NULL &&
		(person->display == NULL || strcmp(args->display, person->display) != 0)) {
		person_set_display(person, args->display);
		json_t *display = json_string(args->display);
		tell_change(person, "display", display);
		json_decref(display);
	}
	if (args->metadata != NULL && !json_equal(args->metadata, person->metadata)) {
		person_set_metadata(person, args->metadata);
		tell_change(person, "metadata", person->metadata);
	}
}

static void
withhold(struct stream *stream, aula_tristate send)
{
	if (send == AULA_UNSET || stream->withheld == !send)
		return;
	stream->withheld = !send;
	stream_apply_mute(stream);
}

static void
set_streams(struct person *person, const struct media_args *args)
{
	const aula_host *host = person->room->classroom->host;
	const struct stream_args *items = args->streams.items;
	const struct description_args *descriptions = args->descriptions.items;

	for (size_t i = 0; i < person->stream_count; i++) {
		struct stream *stream = person->streams[i];
		withhold(stream, stream->kind == AULA_AUDIO ? args->audio : args->video);
		if (args->keyframe == 1 && stream->kind == AULA_VIDEO)
			host->media->keyframe(host, stream->track);
	}
	for (size_t i = 0; i < args->streams.count; i++) {
		struct stream *stream = person_stream(person, items[i].mid);
		if (stream == NULL)
			continue;
		withhold(stream, items[i].send);
		if (items[i].keyframe == 1)
			host->media->keyframe(host, stream->track);
	}
	for (size_t i = 0; i < args->descriptions.count; i++) {
		struct stream *stream = person_stream(person, descriptions[i].mid);
		if (stream != NULL)
			room_set_text(&stream->description, descriptions[i].description);
	}
}

/* Every stream that the request names must be there, once its offer is answered. */
static aula_code
check_streams(const struct person *person, aula_call *call, const struct media_args *args)
{
	const struct stream_args *items = args->streams.items;

	for (size_t i = 0; i < args->streams.count; i++) {
		if (items[i].mid == NULL)
			return refuse(call, AULA_MISSING, ERROR_MISSING, "streams.mid", NULL);
		if (person_stream(person, items[i].mid) == NULL && call->offer == NULL)
			return refuse(call, AULA_NOT_FOUND, ERROR_NO_SUCH_FEED, "streams.mid",
				"You publish nothing of that mid.");
	}
	return AULA_OK;
}

/* -- publishing -- */

static aula_code
answer(struct person *person, aula_call *call, const struct media_args *args)
{
	struct room *room = person->room;
	const aula_host *host = room->classroom->host;

	aula_code code = host->peers->answer(host, call->from,
		&(aula_answer){ .size = sizeof(aula_answer),
			.receive = true,
			.audio_codecs =
				args->audio_codec != NULL ? args->audio_codec : room->audio_codecs,
			.video_codecs =
				args->video_codec != NULL ? args->video_codec : room->video_codecs,
			.max_bitrate_bps = bitrate_of(person) },
		&call->jsep);
	if (code == AULA_UNSUPPORTED)
		return refuse(call, code, ERROR_INVALID_SDP, "jsep", NULL);
	if (code != AULA_OK)
		return code;
	if (!person->publishing) {
		person->publishing = true;
		room->publisher_count++;
	}
	person_read_streams(person);
	return AULA_OK;
}

/* Answers the offer if there is one, and sets what the request says. */
static aula_code
configure(struct person *person, aula_call *call, const struct media_args *args)
{
	struct room *room = person->room;
	const aula_host *host = room->classroom->host;
	bool again = person->live;

	aula_code code = check_settings(room, call, args);
	if (code == AULA_OK)
		code = check_streams(person, call, args);
	if (code == AULA_OK && call->offer != NULL)
		code = check_publish(person, call);
	if (code != AULA_OK)
		return code;
	int64_t before_bps = person->bitrate_bps;
	if (args->bitrate_bps >= 0)
		person->bitrate_bps = args->bitrate_bps;
	if (call->offer != NULL)
		code = answer(person, call, args);
	if (code != AULA_OK) {
		person->bitrate_bps = before_bps;
		return code;
	}
	if (args->bitrate_bps >= 0 && person->publishing)
		host->peers->limit(host, call->from, bitrate_of(person));
	set_streams(person, args);
	if (person->live)
		stage_arrange(room->stage);
	if (call->offer == NULL)
		return AULA_OK;
	json_object_set_new(call->reply, "streams", person_streams(person));
	person_set_codecs(person, call->reply);
	if (again)
		notify_published(person);
	return AULA_OK;
}

aula_code
publisher_configure(struct person *person, aula_call *call, const struct media_args *args)
{
	struct room *room = person->room;

	aula_code code = configure(person, call, args);
	if (code != AULA_OK)
		return code;
	set_profile(person, args);
	json_object_set_new(call->reply, "videoroom", json_string("event"));
	json_object_set(call->reply, "room", room->name);
	json_object_set_new(call->reply, "configured", json_string("ok"));
	json_object_set_new(call->reply, "revision", json_integer(room->revision));
	emit(room->classroom, room->id, call->from, "configured",
		json_pack("{s:O, s:O}", "room", room->name, "id", person->id));
	return AULA_OK;
}

aula_code
run_publish(void *self, aula_call *call, const void *args)
{
	const struct client *client = call->state;
	(void)self;

	if (client->person == NULL)
		return refuse(call, AULA_WRONG_STATE, ERROR_JOIN_FIRST, NULL,
			"Join a room as a publisher first.");
	if (client->person->publishing)
		return refuse(call, AULA_WRONG_STATE, ERROR_ALREADY_PUBLISHED, NULL,
			"You publish already; use configure to change it.");
	if (call->offer == NULL)
		return refuse(
			call, AULA_MISSING, ERROR_MISSING, "jsep", "An offer must come along.");
	return publisher_configure(client->person, call, args);
}

aula_code
run_unpublish(void *self, aula_call *call, const void *args)
{
	struct classroom *classroom = self;
	const aula_host *host = classroom->host;
	const struct client *client = call->state;
	struct person *person = client->person;
	(void)args;

	if (person == NULL)
		return refuse(call, AULA_WRONG_STATE, ERROR_JOIN_FIRST, NULL,
			"Join a room as a publisher first.");
	if (!person->publishing)
		return refuse(
			call, AULA_WRONG_STATE, ERROR_NOT_PUBLISHED, NULL, "You publish nothing.");
	struct room *room = person->room;
	if (person_withdraw(person))
		notify_unpublished(person);
	host->peers->close(host, call->from, "unpublished");
	emit(classroom, room->id, call->from, "unpublished",
		json_pack("{s:O, s:O}", "room", room->name, "id", person->id));
	json_object_set_new(call->reply, "videoroom", json_string("event"));
	json_object_set(call->reply, "room", room->name);
	json_object_set_new(call->reply, "unpublished", json_string("ok"));
	json_object_set_new(call->reply, "revision", json_integer(room->revision));
	return AULA_OK;
}

/* -- joining -- */

static aula_code
enter(struct classroom *classroom, aula_call *call, const struct media_args *args,
	struct person **ret_person)
{
	const aula_host *host = classroom->host;
	aula_member member;
	struct room *room;

	if ((call->holds & MAY_JOIN) == 0)
		return refuse(
			call, AULA_FORBIDDEN, ERROR_UNAUTHORIZED, NULL, "You may not join a room.");
	aula_code code = room_of_call(classroom, call, &args->room, &room);
	if (code == AULA_OK)
		code = room_check_entry(room, call, args->token, args->pin);
	if (code == AULA_OK)
		code = check_settings(room, call, args);
	if (code != AULA_OK)
		return code;
	code = host->rooms->join(host, room->id, call->from,
		&(aula_join){ .size = sizeof(aula_join),
			.number = args->id.number,
			.text = args->id.text,
			.display = args->display },
		&member);
	if (code == AULA_EXISTS)
		return refuse(call, code, ERROR_ID_EXISTS, "id", "Somebody has that id already.");
	if (code != AULA_OK)
		return code;
	struct person *person = person_new(call->state, room, member);
	if (person == NULL) {
		host->rooms->leave(host, call->from);
		return AULA_INTERNAL;
	}
	if (args->display != NULL) /* the membership may be older, and know another name */
		person_set_display(person, args->display);
	person_set_metadata(person, args->metadata);
	*ret_person = person;
	return AULA_OK;
}

/* {"videoroom":"joined",…}: who publishes, and as many of the others as a small room has. */
static void
welcome(const struct person *person, aula_call *call)
{
	const struct room *room = person->room;
	int64_t names_most = room->classroom->config->large_room;
	json_t *publishers = json_array(), *attendees = json_array();
	const struct person *other;

	TAILQ_FOREACH(other, &room->live, live_others)
	{
		if (other != person)
			json_array_append_new(publishers, person_publication(other));
	}
	TAILQ_FOREACH(other, &room->people, others)
	{
		if (!room->notify_joining || (int64_t)json_array_size(attendees) >= names_most)
			break;
		if (other != person && !other->live)
			json_array_append_new(attendees, person_summary(other));
	}
	json_object_set_new(call->reply, "videoroom", json_string("joined"));
	json_object_set(call->reply, "room", room->name);
	json_object_set_new(call->reply, "description", json_string(room->description));
	json_object_set(call->reply, "id", person->id);
	json_object_set_new(call->reply, "private_id", json_integer(person->private_id));
	json_object_set_new(call->reply, "publishers", publishers);
	if (room->notify_joining)
		json_object_set(call->reply, "attendees", attendees);
	json_decref(attendees);
	json_object_set_new(
		call->reply, "participants", json_integer((json_int_t)room->people_count));
	json_object_set_new(call->reply, "revision", json_integer(room->revision));
	if (room->stage == NULL)
		return;
	json_object_set_new(call->reply, "stage", stage_streams(room->stage));
	json_object_set_new(call->reply, "stage_revision", json_integer(room->stage->revision));
	if (!person->moderator)
		return;
	json_object_set_new(call->reply, "viewers", json_integer((json_int_t)room->viewer_count));
	json_object_set_new(call->reply, "hands", hand_list(room));
	json_object_set_new(call->reply, "hands_count", json_integer((json_int_t)room->hand_count));
}

static void
announce(struct person *person, aula_call *call)
{
	struct room *room = person->room;

	notify_joined(person);
	welcome(person, call);
	emit(room->classroom, room->id, call->from, "joined",
		json_pack("{s:O, s:o}", "room", room->name, "participant", person_summary(person)));
}

aula_code
publisher_join(struct classroom *classroom, aula_call *call, const struct media_args *args)
{
	struct person *person;

	aula_code code = enter(classroom, call, args, &person);
	if (code == AULA_OK)
		announce(person, call);
	return code;
}

aula_code
run_join_and_configure(void *self, aula_call *call, const void *args)
{
	struct classroom *classroom = self;
	const aula_host *host = classroom->host;
	const struct client *client = call->state;
	struct person *person;

	if (client_room(client) != NULL)
		return refuse(call, AULA_WRONG_STATE, ERROR_ALREADY_JOINED, NULL,
			"This handle is in a room already.");
	aula_code code = enter(classroom, call, args, &person);
	if (code != AULA_OK)
		return code;
	code = configure(person, call, args);
	if (code != AULA_OK) { /* both or nothing: nobody has heard of the newcomer yet */
		person_free(person);
		host->rooms->leave(host, call->from);
		return code;
	}
	announce(person, call);
	return AULA_OK;
}
