/* SPDX-License-Identifier: Apache-2.0 */
/* What a moderator does to those in the room. */
#include "requests.h"

#include <string.h>

#include "keep.h"
#include "notify.h"
#include "stream.h"
#include "subscriber.h"
#include "viewer.h"

/* The room and the person that a moderator names. */
static aula_code
find_target(struct classroom *classroom, aula_call *call, const aula_key *name, const char *secret,
	const aula_key *id, struct room **ret_room, struct person **ret_person)
{
	aula_code code = room_of_call(classroom, call, name, ret_room);

	if (code == AULA_OK)
		code = room_check_manager(*ret_room, call, secret);
	if (code != AULA_OK)
		return code;
	*ret_person = person_find(*ret_room, id);
	if (*ret_person == NULL)
		return refuse(call, AULA_NOT_FOUND, ERROR_NO_SUCH_FEED, "id",
			"Nobody of that name is in the room.");
	return AULA_OK;
}

/* -- kick -- */

static bool
belongs(const struct subscriber *subscriber, const struct person *person, const char *subject)
{
	const aula_host *host = subscriber->client->classroom->host;
	aula_identity identity = { .size = sizeof identity };

	if (subscriber->private_id == (int64_t)person->private_id)
		return true;
	return *subject != '\0' &&
	       host->handles->identity(
		       host, subscriber->client->handle, &identity, sizeof identity) == AULA_OK &&
	       strcmp(identity.subject, subject) == 0;
}

static void
tell_kicked(struct room *room, aula_handle handle)
{
	const aula_host *host = room->classroom->host;
	json_t *event = notify_event(room);

	json_object_set_new(event, "left", json_string("ok"));
	json_object_set_new(event, "reason", json_string("kicked"));
	notify_one(room, handle, event);
	host->peers->close(host, handle, "kicked");
}

static bool
watches_for(const struct viewer *viewer, const struct person *person, const char *subject)
{
	const aula_host *host = viewer->room->classroom->host;
	aula_identity identity = { .size = sizeof identity };

	if (viewer->private_id == (int64_t)person->private_id)
		return true;
	return *subject != '\0' &&
	       host->handles->identity(host, viewer->client->handle, &identity, sizeof identity) ==
		       AULA_OK &&
	       strcmp(identity.subject, subject) == 0;
}

static void
drop_viewers(const struct person *person, const char *subject)
{
	struct room *room = person->room;
	struct viewer *one, *next;

	for (one = TAILQ_FIRST(&room->viewers); one != NULL; one = next) {
		next = TAILQ_NEXT(one, others);
		aula_handle handle = one->client->handle;
		if (!watches_for(one, person, subject))
			continue;
		viewer_leave(one);
		tell_kicked(room, handle);
	}
}

/* Whoever is thrown out shall not go on watching through another handle. */
static void
drop_subscribers(const struct person *person)
{
	struct room *room = person->room;
	const aula_host *host = room->classroom->host;
	aula_member_info info = { .size = sizeof info };
	struct subscriber *one, *next;

	if (host->rooms->member(host, person->member, &info, sizeof info) != AULA_OK)
		return;
	for (one = TAILQ_FIRST(&room->subscribers); one != NULL; one = next) {
		next = TAILQ_NEXT(one, others);
		if (!belongs(one, person, info.subject))
			continue;
		aula_handle handle = one->client->handle;
		subscriber_free(one);
		tell_kicked(room, handle);
	}
	drop_viewers(person, info.subject);
}

aula_code
run_kick(void *self, aula_call *call, const void *args)
{
	struct classroom *classroom = self;
	const aula_host *host = classroom->host;
	const struct kick_args *kick = args;
	struct room *room;
	struct person *person;

	aula_code code =
		find_target(classroom, call, &kick->room, kick->secret, &kick->id, &room, &person);
	if (code != AULA_OK)
		return code;
	aula_handle handle = person->client->handle;
	aula_member member = person->member;
	json_t *id = json_incref(person->id);
	bool was_live = person->live;
	note_act(room, call, "member.kick", id, person->display);

	json_t *event = notify_event(room);
	json_object_set_new(event, "leaving", json_string("ok"));
	json_object_set_new(event, "reason", json_string("kicked"));
	notify_one(room, handle, event);
	drop_subscribers(person);
	person_free(person);
	host->rooms->remove(host, member, "kicked"); /* takes it out of chat and others, too */
	host->peers->close(host, handle, "kicked");
	notify_left(room, id, was_live, "kicked");
	emit(classroom, room->id, handle, "kicked",
		json_pack("{s:O, s:o}", "room", room->name, "id", id));
	json_object_set_new(call->reply, "videoroom", json_string("success"));
	return AULA_OK;
}

/* -- moderate -- */

/* What a kind of media starts as, when its owner publishes anew. */
static void
remember(struct person *person, aula_kind kind)
{
	person->muted_kinds &= ~(1u << kind);
	for (size_t i = 0; i < person->stream_count; i++)
		if (person->streams[i]->kind == kind && person->streams[i]->moderated)
			person->muted_kinds |= 1u << kind;
}

aula_code
run_moderate(void *self, aula_call *call, const void *args)
{
	struct classroom *classroom = self;
	const struct moderate_args *moderate = args;
	struct room *room;
	struct person *person;

	aula_code code = find_target(
		classroom, call, &moderate->room, moderate->secret, &moderate->id, &room, &person);
	if (code != AULA_OK)
		return code;
	struct stream *stream = person_stream(person, moderate->mid);
	if (stream == NULL)
		return refuse(call, AULA_NOT_FOUND, ERROR_NO_SUCH_FEED, "mid",
			"They publish nothing of that mid.");
	if (stream->moderated != moderate->mute) {
		stream->moderated = moderate->mute;
		stream_apply_mute(stream);
		remember(person, stream->kind);
		keep_muted(room, person->subject, person->muted_kinds);
		note_act(room, call, moderate->mute ? "member.mute" : "member.unmute", person->id,
			person->display);
		json_t *event = notify_event(room);
		json_object_set(event, "id", person->id);
		json_object_set_new(event, "mid", json_string(stream->mid));
		json_object_set_new(
			event, "moderation", json_string(moderate->mute ? "muted" : "unmuted"));
		emit(classroom, room->id, person->client->handle, "moderated",
			json_deep_copy(event));
		notify_all(room, event, (aula_handle){ 0 });
	}
	json_object_set_new(call->reply, "videoroom", json_string("success"));
	return AULA_OK;
}

/* -- allowed -- */

static aula_code
change_list(struct room *room, aula_call *call, const struct allowed_args *args)
{
	const char *const *tokens = args->tokens.items;

	if (strcmp(args->action, "disable") == 0) {
		json_decref(room->allowed);
		room->allowed = NULL;
		return AULA_OK;
	}
	if (room->allowed == NULL)
		room->allowed = json_object();
	for (size_t i = 0; i < args->tokens.count; i++) {
		if (strcmp(args->action, "remove") == 0) {
			json_object_del(room->allowed, tokens[i]);
			continue;
		}
		if (json_object_size(room->allowed) >= ALLOWED_MOST)
			return refuse(call, AULA_FULL, ERROR_INVALID, "allowed",
				"The room's list is full.");
		json_object_set_new(room->allowed, tokens[i], json_true());
	}
	return AULA_OK;
}

aula_code
run_allowed(void *self, aula_call *call, const void *args)
{
	struct classroom *classroom = self;
	const struct allowed_args *allowed = args;
	struct room *room;

	aula_code code = room_of_call(classroom, call, &allowed->room, &room);
	if (code == AULA_OK)
		code = room_check_manager(room, call, allowed->secret);
	if (code == AULA_OK && !room_tokens_fit(&allowed->tokens))
		code = refuse(call, AULA_TOO_LARGE, ERROR_INVALID, "allowed", NULL);
	if (code == AULA_OK)
		code = change_list(room, call, allowed);
	if (code != AULA_OK)
		return code;
	keep_changed(room);
	note_act(room, call, "room.allowed", NULL, allowed->action);
	json_object_set_new(call->reply, "videoroom", json_string("success"));
	json_object_set(call->reply, "room", room->name);
	if (room->allowed != NULL) {
		json_t *list = json_array();
		const char *token;
		json_t *value;
		json_object_foreach(room->allowed, token, value)
			json_array_append_new(list, json_string(token));
		json_object_set_new(call->reply, "allowed", list);
	}
	return AULA_OK;
}
