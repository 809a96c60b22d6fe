/* SPDX-License-Identifier: Apache-2.0 */
#include "room.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "hand.h"
#include "notify.h"
#include "person.h"
#include "stream.h"
#include "subscriber.h"
#include "viewer.h"

static const char *const audio_codecs[] = { "opus", NULL };
static const char *const video_codecs[] = { "vp8", "vp9", "h264", "av1", NULL };

uint32_t
draw_number(void)
{
	uint32_t number = 0;

	while (number == 0)
		if (getrandom(&number, sizeof number, 0) != sizeof number)
			number = 0;
	return number;
}

bool
key_names(const aula_key *key, const json_t *id)
{
	char digits[24];

	if (json_is_string(id) && key->text != NULL)
		return strcmp(json_string_value(id), key->text) == 0;
	if (json_is_integer(id) && key->text == NULL)
		return key->number > 0 && json_integer_value(id) == key->number;
	snprintf(digits, sizeof digits, "%" PRId64,
		json_is_integer(id) ? (int64_t)json_integer_value(id) : key->number);
	const char *text = json_is_integer(id) ? key->text : json_string_value(id);
	return text != NULL && strcmp(digits, text) == 0;
}

/* -- codecs -- */

/* The next item of a comma-separated list, or NULL at its end. */
static const char *
next_codec(const char **list, size_t *ret_length)
{
	*list += strspn(*list, ", ");
	if (**list == '\0')
		return NULL;
	const char *item = *list;
	*ret_length = strcspn(item, ", ");
	*list += *ret_length;
	return item;
}

bool
room_codecs_known(aula_kind kind, const char *list)
{
	const char *const *known = kind == AULA_AUDIO ? audio_codecs : video_codecs;
	size_t length, count = 0;

	for (const char *item; (item = next_codec(&list, &length)) != NULL; count++) {
		size_t i = 0;
		while (known[i] != NULL &&
			(strlen(known[i]) != length || memcmp(known[i], item, length) != 0))
			i++;
		if (known[i] == NULL)
			return false;
	}
	return count > 0;
}

bool
room_codec_listed(const char *list, const char *codec)
{
	size_t length;

	for (const char *item; (item = next_codec(&list, &length)) != NULL;)
		if (strlen(codec) == length && memcmp(codec, item, length) == 0)
			return true;
	return false;
}

struct room *
client_room(const struct client *client)
{
	if (client->person != NULL)
		return client->person->room;
	if (client->subscriber != NULL)
		return client->subscriber->room;
	return client->viewer != NULL ? client->viewer->room : NULL;
}

/* -- the list of rooms, sorted by id -- */

static size_t
place_of(const struct classroom *classroom, aula_room id)
{
	size_t low = 0, high = classroom->room_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (classroom->rooms[middle]->id.id < id.id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct room *
room_by_id(struct classroom *classroom, aula_room id)
{
	size_t place = place_of(classroom, id);

	return place < classroom->room_count && AULA_SAME(classroom->rooms[place]->id, id)
		       ? classroom->rooms[place]
		       : NULL;
}

static bool
enlist(struct classroom *classroom, struct room *room)
{
	struct room **rooms =
		realloc(classroom->rooms, (classroom->room_count + 1) * sizeof(struct room *));

	if (rooms == NULL)
		return false;
	classroom->rooms = rooms;
	size_t place = place_of(classroom, room->id);
	memmove(&rooms[place + 1], &rooms[place],
		(classroom->room_count - place) * sizeof(struct room *));
	rooms[place] = room;
	classroom->room_count++;
	return true;
}

static void
delist(struct room *room)
{
	struct classroom *classroom = room->classroom;
	size_t place = place_of(classroom, room->id);

	if (place >= classroom->room_count || classroom->rooms[place] != room)
		return;
	classroom->room_count--;
	memmove(&classroom->rooms[place], &classroom->rooms[place + 1],
		(classroom->room_count - place) * sizeof(struct room *));
}

/* -- opening -- */

void
room_set_text(char **text, const char *value)
{
	char *copy = value != NULL && *value != '\0' ? strdup(value) : NULL;

	free(*text);
	*text = copy;
}

static void
ask_for_keyframes(void *data)
{
	const struct room *room = data;
	const aula_host *host = room->classroom->host;
	struct person *person;

	TAILQ_FOREACH(person, &room->people, others)
	{
		for (size_t i = 0; i < person->stream_count; i++) {
			const struct stream *stream = person->streams[i];
			if (stream->kind == AULA_VIDEO && stream_is_active(stream))
				host->media->keyframe(host, stream->track);
		}
	}
}

void
room_set_keyframe_interval(struct room *room, int64_t keyframe_s)
{
	const aula_host *host = room->classroom->host;

	if (!AULA_NONE(room->keyframes))
		host->timers->stop(host, room->keyframes);
	room->keyframes = (aula_timer){ 0 };
	room->keyframe_s = keyframe_s;
	if (keyframe_s > 0)
		room->keyframes = host->timers->start(
			host, keyframe_s * 1000, keyframe_s * 1000, ask_for_keyframes, room);
}

bool
room_tokens_fit(const aula_list *tokens)
{
	for (size_t i = 0; i < tokens->count; i++)
		if (strlen(((const char *const *)tokens->items)[i]) > SECRET_BYTES_MOST)
			return false;
	return true;
}

static json_t *
token_set(const aula_list *tokens)
{
	json_t *set = json_object();

	for (size_t i = 0; i < tokens->count; i++)
		json_object_set_new(set, ((const char *const *)tokens->items)[i], json_true());
	return set;
}

static struct room *
make(struct classroom *classroom, aula_room id, const struct room_options *options,
	aula_handle creator)
{
	const aula_host *host = classroom->host;
	struct room *room = calloc(1, sizeof *room);

	if (room == NULL)
		return NULL;
	*room = (struct room){ .classroom = classroom,
		.id = id,
		.is_private = options->is_private,
		.require_private_id = options->require_private_id,
		.notify_joining = options->notify_joining,
		.bitrate_cap = options->bitrate_cap,
		.audiolevel_event = options->audiolevel_event,
		.publishers_most = options->publishers_most,
		.bitrate_bps = options->bitrate_bps,
		.creator = creator };
	TAILQ_INIT(&room->people);
	TAILQ_INIT(&room->live);
	TAILQ_INIT(&room->subscribers);
	TAILQ_INIT(&room->viewers);
	TAILQ_INIT(&room->hands);
	int64_t number = 0;
	const char *name = host->rooms->name(host, id, &number);
	room->name = number != 0 ? json_integer(number) : json_string(name);
	char standard[sizeof "Room " + NAME_BYTES_MOST] = "Room ";
	strncat(standard, name, NAME_BYTES_MOST);
	room_set_text(
		&room->description, options->description != NULL ? options->description : standard);
	room_set_text(&room->secret, options->secret);
	room_set_text(&room->pin, options->pin);
	room_set_text(&room->audio_codecs, options->audio_codecs);
	room_set_text(&room->video_codecs, options->video_codecs);
	if (options->has_allowed)
		room->allowed = token_set(&options->allowed);
	if (options->speakers_most >= 0)
		room->stage = stage_new(room, options->speakers_most);
	if (!enlist(classroom, room)) {
		room_free(room);
		return NULL;
	}
	room_set_keyframe_interval(room, options->keyframe_s);
	return room;
}

/* What another module has opened becomes a class when somebody first asks for it. */
static struct room *
adopt(struct classroom *classroom, aula_room id)
{
	const aula_host *host = classroom->host;
	const struct room_options options = {
		.description = AULA_HAS(host->rooms, description)
				       ? host->rooms->description(host, id)
				       : NULL,
		.is_private = true,
		.notify_joining = true,
		.audiolevel_event = true,
		.publishers_most = 100,
		.speakers_most = STANDARD_SPEAKERS,
		.audio_codecs = STANDARD_AUDIO_CODECS,
		.video_codecs = STANDARD_VIDEO_CODECS,
	};

	if ((int64_t)classroom->room_count >= classroom->config->rooms_most)
		return NULL;
	struct room *room = make(classroom, id, &options, (aula_handle){ 0 });
	if (room != NULL) {
		room->adopted = true;
		room->speakers_most = options.speakers_most;
	}
	return room;
}

struct room *
room_find(struct classroom *classroom, const aula_key *name)
{
	const aula_host *host = classroom->host;
	aula_room id = host->rooms->find(host, name);

	if (AULA_NONE(id))
		return NULL;
	struct room *room = room_by_id(classroom, id);
	return room != NULL ? room : adopt(classroom, id);
}

aula_code
room_open(struct classroom *classroom, const struct room_options *options, aula_handle creator,
	struct room **ret_room)
{
	const aula_host *host = classroom->host;
	aula_key name = options->name;
	aula_room id;

	if (!room_codecs_known(AULA_AUDIO, options->audio_codecs) ||
		!room_codecs_known(AULA_VIDEO, options->video_codecs))
		return AULA_INVALID;
	if ((int64_t)classroom->room_count >= classroom->config->rooms_most)
		return AULA_FULL;
	while (!key_is_given(&name)) {
		name.number = draw_number();
		if (!AULA_NONE(host->rooms->find(host, &name)))
			name.number = 0;
	}
	aula_code code = host->rooms->open(host, &name,
		&(aula_room_options){ .size = sizeof(aula_room_options),
			.description = options->description,
			.max_members = options->members_most,
			.lasting = options->lasting },
		&id);
	if (code != AULA_OK)
		return code;
	*ret_room = make(classroom, id, options, creator);
	if (*ret_room != NULL) {
		(*ret_room)->permanent = options->lasting;
		(*ret_room)->members_most = options->members_most;
		(*ret_room)->speakers_most = options->speakers_most;
		return AULA_OK;
	}
	host->rooms->close(host, id, "no memory");
	return AULA_INTERNAL;
}

/* -- closing -- */

void
room_free(struct room *room)
{
	notify_finish(room);
	hand_finish(room);
	stage_free(room->stage);
	room_set_keyframe_interval(room, 0);
	delist(room);
	json_decref(room->name);
	json_decref(room->allowed);
	json_decref(room->muted);
	free(room->description);
	free(room->secret);
	free(room->pin);
	free(room->audio_codecs);
	free(room->video_codecs);
	free(room);
}

/* One who is told that the room is no more. */
static void
dismiss(struct room *room, aula_handle handle, const char *reason)
{
	const aula_host *host = room->classroom->host;

	notify_one(room, handle,
		json_pack("{s:s, s:O}", "videoroom", "destroyed", "room", room->name));
	host->peers->close(host, handle, reason);
}

void
room_destroy(struct room *room, const char *reason)
{
	struct classroom *classroom = room->classroom;
	const aula_host *host = classroom->host;
	aula_room id = room->id;

	for (struct viewer *one; (one = TAILQ_FIRST(&room->viewers)) != NULL;) {
		aula_handle handle = one->client->handle;
		viewer_leave(one);
		dismiss(room, handle, reason);
	}
	/* Subscribers first, so that nobody is offered the end of each stream. */
	for (struct subscriber *one; (one = TAILQ_FIRST(&room->subscribers)) != NULL;) {
		aula_handle handle = one->client->handle;
		subscriber_free(one);
		dismiss(room, handle, reason);
	}
	for (struct person *one; (one = TAILQ_FIRST(&room->people)) != NULL;) {
		aula_handle handle = one->client->handle;
		person_free(one);
		dismiss(room, handle, reason);
	}
	emit(classroom, id, (aula_handle){ 0 }, "destroyed",
		json_pack("{s:O}", "room", room->name));
	room_free(room);
	host->rooms->close(host, id, reason); /* nothing if that is where we come from */
}

/* -- who may -- */

aula_code
room_of_call(
	struct classroom *classroom, aula_call *call, const aula_key *name, struct room **ret_room)
{
	struct room *room = room_find(classroom, name);

	if (room == NULL)
		return refuse(call, AULA_NOT_FOUND, ERROR_NO_SUCH_ROOM, "room",
			"There is no room of that name.");
	*ret_room = room;
	return AULA_OK;
}

/* Takes the same time wherever the two differ. */
static bool
is_secret(const char *secret, const char *guess)
{
	size_t length = strlen(secret), guess_length = strlen(guess);
	unsigned char difference = length != guess_length;

	for (size_t i = 0; i < guess_length; i++)
		difference |= (unsigned char)(guess[i] ^ secret[i < length ? i : 0]);
	return difference == 0;
}

bool
room_is_in_token(struct classroom *classroom, aula_handle handle, const json_t *name)
{
	const aula_host *host = classroom->host;
	aula_identity identity = { .size = sizeof identity };

	if (host->handles->identity(host, handle, &identity, sizeof identity) != AULA_OK)
		return false;
	return identity.room == NULL || key_names(&(aula_key){ .text = identity.room }, name);
}

aula_code
room_check_name(struct classroom *classroom, aula_call *call, const json_t *name)
{
	if (room_is_in_token(classroom, call->from, name))
		return AULA_OK;
	return refuse(call, AULA_UNAUTHORIZED, ERROR_UNAUTHORIZED, "room",
		"The session's token is for another room.");
}

aula_code
room_check_token(const struct room *room, aula_call *call)
{
	return room_check_name(room->classroom, call, room->name);
}

aula_code
room_check_manager(struct room *room, aula_call *call, const char *secret)
{
	aula_code code = room_check_token(room, call);

	if (code != AULA_OK)
		return code;
	if ((call->holds & MAY_MODERATE) != 0 ||
		(!AULA_NONE(room->creator) && AULA_SAME(room->creator, call->from)))
		return AULA_OK;
	if (room->secret == NULL)
		return refuse(call, AULA_FORBIDDEN, ERROR_UNAUTHORIZED, NULL,
			"Only a moderator or the one who made the room may do this.");
	if (secret == NULL)
		return refuse(call, AULA_MISSING, ERROR_MISSING, "secret",
			"The room's secret is needed.");
	if (!is_secret(room->secret, secret))
		return refuse(call, AULA_UNAUTHORIZED, ERROR_UNAUTHORIZED, "secret",
			"The secret is wrong.");
	return AULA_OK;
}

aula_code
room_check_entry(struct room *room, aula_call *call, const char *token, const char *pin)
{
	aula_code code = room_check_token(room, call);

	if (code != AULA_OK)
		return code;
	if (room->allowed != NULL && (call->holds & MAY_MODERATE) == 0 &&
		(token == NULL || json_object_get(room->allowed, token) == NULL))
		return refuse(call, AULA_UNAUTHORIZED, ERROR_UNAUTHORIZED, "token",
			"The token is not on the room's list.");
	if (room->pin == NULL || (call->holds & MAY_MODERATE) != 0)
		return AULA_OK;
	if (pin == NULL)
		return refuse(
			call, AULA_MISSING, ERROR_MISSING, "pin", "The room's PIN is needed.");
	if (!is_secret(room->pin, pin))
		return refuse(
			call, AULA_UNAUTHORIZED, ERROR_UNAUTHORIZED, "pin", "The PIN is wrong.");
	return AULA_OK;
}
