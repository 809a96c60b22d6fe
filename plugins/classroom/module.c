/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "keep.h"
#include "notify.h"
#include "person.h"
#include "requests.h"
#include "subscriber.h"
#include "viewer.h"
#include "watch.h"

/* Bit i of a mask is row i. */
// clang-format off
static const aula_capability capabilities[] = {
	{ "room.create", "Make rooms, and manage those one has made." },
	{ "room.join", "Join a room and take part in it." },
	{ "room.list", "See which rooms there are and who is in them." },
	{ "media.publish", "Send audio and video into a room." },
	{ "media.subscribe", "Receive audio and video of a room." },
	{ "room.moderate", "Mute and remove people, and change or close any room without its secret." },
};

/* The numbers that the Janus VideoRoom has for its errors. */
static const aula_error_number errors[] = {
	{ AULA_MISSING, ERROR_MISSING },
	{ AULA_INVALID, ERROR_INVALID },
	{ AULA_TOO_LARGE, ERROR_INVALID },
	{ AULA_UNKNOWN, ERROR_UNKNOWN_REQUEST },
	{ AULA_FORBIDDEN, ERROR_UNAUTHORIZED },
	{ AULA_UNAUTHORIZED, ERROR_UNAUTHORIZED },
	{ AULA_NOT_FOUND, ERROR_NO_SUCH_ROOM },
	{ AULA_GONE, ERROR_NO_SUCH_ROOM },
	{ AULA_EXISTS, ERROR_ROOM_EXISTS },
	{ AULA_WRONG_STATE, ERROR_JOIN_FIRST },
	{ AULA_FULL, ERROR_FULL },
	{ AULA_UNSUPPORTED, ERROR_INVALID_SDP },
};
// clang-format on

/* -- handles -- */

static aula_code
attach(void *self, aula_handle handle, void **ret_state)
{
	struct client *client = calloc(1, sizeof *client);

	if (client == NULL)
		return AULA_INTERNAL;
	client->classroom = self;
	client->handle = handle;
	*ret_state = client;
	return AULA_OK;
}

static void
detach(void *self, aula_handle handle, void *state)
{
	struct client *client = state;
	(void)self, (void)handle;

	if (client->person != NULL)
		person_leave(client->person, "leaving");
	subscriber_free(client->subscriber);
	if (client->viewer != NULL)
		viewer_leave(client->viewer);
	free(client);
}

static void
connected(void *self, aula_handle handle, void *state)
{
	struct classroom *classroom = self;
	struct person *person = ((struct client *)state)->person;

	if (person == NULL || !person->publishing || person->live)
		return;
	person_go_live(person);
	notify_published(person);
	emit(classroom, person->room->id, handle, "published",
		json_pack("{s:O, s:O, s:o}", "room", person->room->name, "id", person->id,
			"streams", person_streams(person)));
}

static void
disconnected(void *self, aula_handle handle, void *state, const char *reason)
{
	struct client *client = state;
	struct person *person = client->person;
	(void)reason;

	subscriber_free(client->subscriber);
	if (client->viewer != NULL)
		viewer_leave(client->viewer);
	if (person == NULL || !person_withdraw(person))
		return;
	notify_unpublished(person);
	emit(self, person->room->id, handle, "unpublished",
		json_pack("{s:O, s:O}", "room", person->room->name, "id", person->id));
}

/* The core takes the person out: its handle is lost, or another module threw it out. */
static void
member_left(void *self, aula_room id, aula_member member, aula_handle handle, const char *reason)
{
	struct classroom *classroom = self;
	const aula_host *host = classroom->host;
	const struct client *client = host->handles->state(host, handle);
	(void)id, (void)member;

	if (client != NULL && client->subscriber != NULL) {
		watcher_end(client->subscriber, reason);
		return;
	}
	if (client == NULL || (client->person == NULL && client->viewer == NULL))
		return;
	struct room *room = client_room(client);
	if (client->person != NULL)
		person_leave(client->person, "leaving");
	else
		viewer_leave(client->viewer);
	json_t *event = notify_event(room);
	json_object_set_new(event, "leaving", json_string("ok"));
	json_object_set_new(event, "reason", json_string(reason));
	notify_one(room, handle, event);
	host->peers->close(host, handle, reason);
}

static void
speaking(void *self, aula_handle handle, void *state, aula_track track, bool speaks, int level_dbov)
{
	struct person *person = ((struct client *)state)->person;
	(void)self, (void)handle;

	for (size_t i = 0; person != NULL && i < person->stream_count; i++)
		if (AULA_SAME(person->streams[i]->track, track) && person->live)
			person_speaks(person, person->streams[i], speaks, level_dbov);
}

static void
shown(void *self, aula_handle handle, void *state, aula_sender sender, const aula_shown *shows)
{
	const struct client *client = state;
	(void)self, (void)handle;

	if (client->subscriber != NULL)
		subscriber_shown(client->subscriber, sender, shows);
	if (client->viewer != NULL)
		viewer_shown(client->viewer, sender, shows);
}

static void
room_closing(void *self, aula_room id, const char *reason)
{
	struct room *room = room_by_id(self, id);

	if (room != NULL)
		room_destroy(room, reason);
}

/* -- start and stop -- */

static void
stop(void *self)
{
	struct classroom *classroom = self;
	const aula_host *host = classroom->host;

	keep_stop(classroom);
	/* One that outlives the server, or is another's, is not closed: to others that would be
	 * its end. */
	while (classroom->room_count > 0) {
		struct room *room = classroom->rooms[classroom->room_count - 1];
		if (room->adopted || (room->permanent && classroom->started))
			room_free(room);
		else
			room_destroy(room, "the server stops");
	}
	if (!AULA_NONE(classroom->offering))
		host->timers->stop(host, classroom->offering);
	free(classroom->rooms);
	free(classroom);
}

/* So that a first start has a class. */
static const struct room_options demo_room = {
	.name = { .number = 1234 },
	.description = "Demo class",
	.notify_joining = true,
	.audiolevel_event = true,
	.publishers_most = 100,
	.speakers_most = STANDARD_SPEAKERS,
	.audio_codecs = STANDARD_AUDIO_CODECS,
	.video_codecs = STANDARD_VIDEO_CODECS,
};

static const char *
why_not(aula_code code)
{
	switch (code) {
	case AULA_EXISTS:
		return "the name is taken";
	case AULA_FULL:
		return "there are too many rooms";
	case AULA_INVALID:
		return "audiocodec or videocodec names what the server does not forward";
	default:
		return "there is no memory";
	}
}

/* The rooms of the configuration, or the demo room. */
static aula_code
open_rooms(struct classroom *classroom)
{
	const aula_host *host = classroom->host;
	const aula_list *list = &classroom->config->rooms;
	const struct room_options *rows = list->items;
	size_t count = list->count;

	if (count == 0 && classroom->config->demo_room) {
		rows = &demo_room;
		count = 1;
	}
	for (size_t i = 0; i < count; i++) {
		struct room_options options = rows[i];
		struct room *room;
		options.has_allowed = options.allowed.count > 0;
		options.lasting = true;
		aula_code code = room_open(classroom, &options, (aula_handle){ 0 }, &room);
		if (code != AULA_OK) {
			host->log(host, AULA_LOG_ERROR,
				"room of the configuration not opened row=%zu room=\"%s\" "
				"number=%" PRId64 " why=\"%s\"",
				i + 1, options.name.text != NULL ? options.name.text : "",
				options.name.number, why_not(code));
			return code;
		}
	}
	return AULA_OK;
}

static aula_code
start(const aula_host *host, const void *config, void **ret_self)
{
	struct classroom *classroom = calloc(1, sizeof *classroom);

	if (classroom == NULL)
		return AULA_INTERNAL;
	classroom->host = host;
	classroom->config = config;
	TAILQ_INIT(&classroom->due);
	LIST_INIT(&classroom->promised);
	aula_code code = open_rooms(classroom);
	if (code == AULA_OK)
		code = keep_start(classroom);
	classroom->started = code == AULA_OK;
	if (code == AULA_OK)
		*ret_self = classroom;
	else
		stop(classroom);
	return code;
}

static const char *const packages[] = { "aula.plugin.classroom", "janus.plugin.videoroom", NULL };

static const aula_plugin_ops plugin = {
	.size = sizeof plugin,
	.packages = packages,
	.key = "videoroom",
	.errors = errors,
	.error_count = sizeof errors / sizeof *errors,
	.error_fallback = 499,
	.attach = attach,
	.detach = detach,
	.connected = connected,
	.disconnected = disconnected,
	.member_left = member_left,
	.room_closing = room_closing,
	.speaking = speaking,
	.shown = shown,
};

static void
reconfigured(void *self, const void *config)
{
	((struct classroom *)self)->config = config;
}

static void
erased(void *self, const char *subject)
{
	keep_erased(self, subject);
}

// clang-format off
AULA_MODULE(
	.name = "classroom",
	.summary = "A live class: who is in it, who publishes, who receives, who moderates; speaks the verbs of the Janus VideoRoom.",
	.author = "The Aula authors",
	.version = "0.1.0",
	.config = classroom_config_fields,
	.config_count = CONFIG_FIELD_COUNT,
	.config_size = sizeof(struct config),
	.capabilities = capabilities,
	.capability_count = sizeof capabilities / sizeof *capabilities,
	.requests = classroom_requests,
	.request_count = REQUEST_COUNT,
	.start = start,
	.stop = stop,
	.plugin = &plugin,
	.reconfigured = reconfigured,
	.personal = keep_personal,
	.personal_count = KEEP_PERSONAL,
	.erased = erased);
// clang-format on
