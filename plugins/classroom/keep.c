/* SPDX-License-Identifier: Apache-2.0 */
#include "keep.h"

#include <stdlib.h>
#include <string.h>

enum { AGAIN_MS = 2000, MUTED_MOST = 10000 };

// clang-format off
static const aula_migration steps[] = {
	{ "rooms",
		"CREATE TABLE classroom_rooms (name TEXT PRIMARY KEY, number BIGINT NOT NULL, options TEXT NOT NULL)" },
	{ "muted",
		"CREATE TABLE classroom_muted (room TEXT NOT NULL, subject TEXT NOT NULL, kinds BIGINT NOT NULL,"
		" PRIMARY KEY (room, subject))" },
};

const aula_personal keep_personal[KEEP_PERSONAL] = {
	{ "classroom_muted", "subject", "room, kinds", NULL, NULL, false,
		"Where a moderator has muted them, until one says otherwise." },
};
// clang-format on

/* A request that is answered when the store has. */
struct promised {
	LIST_ENTRY(promised) others;
	struct classroom *classroom;
	aula_ticket ticket;
	json_t *reply;
};

static const char *
name_of(const struct room *room, int64_t *ret_number)
{
	const aula_host *host = room->classroom->host;

	return host->rooms->name(host, room->id, ret_number);
}

/* -- as JSON, with the names that `create` has -- */

static json_t *
options_of(const struct room *room)
{
	json_t *options = json_pack("{s:b, s:b, s:b, s:b, s:b, s:I, s:I, s:I, s:I, s:I}",
		"is_private", room->is_private, "require_pvtid", room->require_private_id,
		"notify_joining", room->notify_joining, "bitrate_cap", room->bitrate_cap,
		"audiolevel_event", room->audiolevel_event, "publishers",
		(json_int_t)room->publishers_most, "bitrate", (json_int_t)room->bitrate_bps,
		"fir_freq", (json_int_t)room->keyframe_s, "max_members",
		(json_int_t)room->members_most, "stage_speakers", (json_int_t)room->speakers_most);
	const struct {
		const char *key, *text;
	} texts[] = { { "description", room->description }, { "secret", room->secret },
		{ "pin", room->pin }, { "audiocodec", room->audio_codecs },
		{ "videocodec", room->video_codecs } };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (texts[i].text != NULL)
			json_object_set_new(options, texts[i].key, json_string(texts[i].text));
	if (room->allowed != NULL)
		json_object_set(options, "allowed", room->allowed);
	return options;
}

static bool
is(const json_t *options, const char *key)
{
	return json_is_true(json_object_get(options, key));
}

static int64_t
number(const json_t *options, const char *key)
{
	return json_integer_value(json_object_get(options, key));
}

static const char *
text(const json_t *options, const char *key)
{
	return json_string_value(json_object_get(options, key));
}

static void
open_kept(struct classroom *classroom, const char *name, int64_t named, const json_t *options)
{
	const aula_host *host = classroom->host;
	json_t *allowed = json_object_get(options, "allowed");
	struct room_options wanted = { .name = { .number = named, .text = named > 0 ? NULL : name },
		.description = text(options, "description"),
		.secret = text(options, "secret"),
		.pin = text(options, "pin"),
		.audio_codecs = text(options, "audiocodec"),
		.video_codecs = text(options, "videocodec"),
		.is_private = is(options, "is_private"),
		.require_private_id = is(options, "require_pvtid"),
		.notify_joining = is(options, "notify_joining"),
		.bitrate_cap = is(options, "bitrate_cap"),
		.audiolevel_event = is(options, "audiolevel_event"),
		.publishers_most = number(options, "publishers"),
		.members_most = number(options, "max_members"),
		.bitrate_bps = number(options, "bitrate"),
		.keyframe_s = number(options, "fir_freq"),
		.speakers_most = number(options, "stage_speakers"),
		.lasting = true };
	struct room *room;

	if (wanted.audio_codecs == NULL || wanted.video_codecs == NULL)
		return;
	aula_code code = room_open(classroom, &wanted, (aula_handle){ 0 }, &room);
	if (code != AULA_OK) {
		/* One that the configuration has now is no news. */
		if (code != AULA_EXISTS)
			host->log(host, AULA_LOG_ERROR,
				"a room that was kept is not opened room=\"%s\"", name);
		return;
	}
	room->kept = true;
	if (json_is_object(allowed))
		room->allowed = json_incref(allowed);
}

/* -- start -- */

static void ask_for_rooms(void *data);

static void
on_muted(void *data, const aula_store_result *result)
{
	struct classroom *classroom = data;

	for (size_t i = 0; i < result->row_count; i++) {
		const aula_key name = { .text = aula_result_text(result, i, 0) };
		struct room *room = room_find(classroom, &name);
		if (room == NULL)
			continue;
		if (room->muted == NULL)
			room->muted = json_object();
		json_object_set_new(room->muted, aula_result_text(result, i, 1),
			json_integer(aula_result_int(result, i, 2)));
	}
}

static void
on_rooms(void *data, const aula_store_result *result)
{
	struct classroom *classroom = data;
	const aula_host *host = classroom->host;
	aula_statement muted = { .text = "SELECT room, subject, kinds FROM classroom_muted" };

	if (result->code != AULA_OK) {
		host->timers->start(host, AGAIN_MS, 0, ask_for_rooms, classroom);
		return;
	}
	for (size_t i = 0; i < result->row_count; i++) {
		json_t *options = json_loads(aula_result_text(result, i, 2), 0, NULL);
		open_kept(classroom, aula_result_text(result, i, 0), aula_result_int(result, i, 1),
			options);
		json_decref(options);
	}
	host->store->read(host, &muted, on_muted, classroom);
}

static void
ask_for_rooms(void *data)
{
	struct classroom *classroom = data;
	const aula_host *host = classroom->host;
	aula_statement rooms = { .text = "SELECT name, number, options FROM classroom_rooms" };

	if (host->store->read(host, &rooms, on_rooms, classroom) != AULA_OK)
		host->timers->start(host, AGAIN_MS, 0, ask_for_rooms, classroom);
}

aula_code
keep_start(struct classroom *classroom)
{
	const aula_host *host = classroom->host;

	if (!AULA_HAS(host, store) || !AULA_HAS(host->handles, later))
		return AULA_OK;
	aula_code code = host->store->migrate(host, steps, sizeof steps / sizeof *steps);
	if (code == AULA_UNAVAILABLE) /* a server without a store */
		return AULA_OK;
	classroom->keeps = code == AULA_OK;
	if (classroom->keeps)
		ask_for_rooms(classroom);
	return code;
}

static void
promised_free(struct promised *one)
{
	LIST_REMOVE(one, others);
	json_decref(one->reply);
	free(one);
}

void
keep_stop(struct classroom *classroom)
{
	for (struct promised *one; (one = LIST_FIRST(&classroom->promised)) != NULL;)
		promised_free(one);
}

/* -- rooms -- */

static aula_code
write_room(const struct room *room, aula_store_done done, void *data)
{
	const aula_host *host = room->classroom->host;
	int64_t named = 0;
	const char *name = name_of(room, &named);
	json_t *options = options_of(room);
	char *line = json_dumps(options, JSON_COMPACT);
	aula_statement keep =
		AULA_SQL("INSERT INTO classroom_rooms (name, number, options) VALUES ($1, $2, $3)"
			 " ON CONFLICT (name) DO UPDATE SET number = $2, options = $3",
			aula_sql_text(name), aula_sql_int(named), aula_sql_text(line));
	aula_code code = host->store->write(host, AULA_STORE_MAY_WAIT, &keep, 1, done, data);

	free(line);
	json_decref(options);
	return code;
}

static void
on_created(void *data, const aula_store_result *result)
{
	struct promised *one = data;
	const aula_host *host = one->classroom->host;

	json_object_set_new(one->reply, "permanent", json_boolean(result->code == AULA_OK));
	host->handles->answer(host, one->ticket,
		&(aula_late_answer){ .size = sizeof(aula_late_answer), .reply = one->reply });
	promised_free(one);
}

aula_code
keep_created(struct room *room, aula_call *call)
{
	struct classroom *classroom = room->classroom;
	const aula_host *host = classroom->host;
	aula_ticket ticket;

	json_object_set_new(call->reply, "permanent", json_false());
	if (!classroom->keeps || host->handles->later(host, call, &ticket) != AULA_OK)
		return AULA_OK;
	struct promised *one = calloc(1, sizeof *one);
	if (one == NULL)
		return AULA_INTERNAL;
	*one = (struct promised){
		.classroom = classroom, .ticket = ticket, .reply = json_incref(call->reply)
	};
	LIST_INSERT_HEAD(&classroom->promised, one, others);
	room->kept = true;
	aula_code code = write_room(room, on_created, one);
	if (code != AULA_OK)
		on_created(one, &(aula_store_result){ .code = code });
	return AULA_OK;
}

void
keep_changed(const struct room *room)
{
	if (room->kept)
		write_room(room, NULL, NULL);
}

void
keep_destroyed(const struct room *room)
{
	const aula_host *host = room->classroom->host;
	const char *name = name_of(room, NULL);

	if (!room->classroom->keeps || !room->permanent || name == NULL)
		return;
	aula_statement forget[] = {
		AULA_SQL("DELETE FROM classroom_rooms WHERE name = $1", aula_sql_text(name)),
		AULA_SQL("DELETE FROM classroom_muted WHERE room = $1", aula_sql_text(name)),
	};
	host->store->write(host, AULA_STORE_MAY_WAIT, forget, 2, NULL, NULL);
}

/* -- who is muted -- */

void
keep_muted(struct room *room, const char *subject, unsigned kinds)
{
	const aula_host *host = room->classroom->host;

	if (!room->classroom->keeps || !room->permanent || *subject == '\0')
		return;
	if (room->muted == NULL)
		room->muted = json_object();
	if (kinds != 0 && json_object_size(room->muted) >= MUTED_MOST)
		return;
	aula_sql_value values[] = { aula_sql_text(name_of(room, NULL)), aula_sql_text(subject),
		aula_sql_int(kinds) };
	aula_statement change = { .values = values, .value_count = 3 };
	if (kinds != 0) {
		json_object_set_new(room->muted, subject, json_integer(kinds));
		change.text =
			"INSERT INTO classroom_muted (room, subject, kinds) VALUES ($1, $2, $3)"
			" ON CONFLICT (room, subject) DO UPDATE SET kinds = $3";
	} else {
		json_object_del(room->muted, subject);
		change.text = "DELETE FROM classroom_muted WHERE room = $1 AND subject = $2";
		change.value_count = 2;
	}
	host->store->write(host, AULA_STORE_MAY_WAIT, &change, 1, NULL, NULL);
}

unsigned
keep_muted_kinds(const struct room *room, const char *subject)
{
	if (room->muted == NULL || *subject == '\0')
		return 0;
	return (unsigned)json_integer_value(json_object_get(room->muted, subject));
}

void
keep_erased(struct classroom *classroom, const char *subject)
{
	for (size_t i = 0; i < classroom->room_count; i++)
		if (classroom->rooms[i]->muted != NULL)
			json_object_del(classroom->rooms[i]->muted, subject);
}
