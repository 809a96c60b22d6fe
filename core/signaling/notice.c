/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/notice.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "signaling/envelope.h"
#include "signaling/errand.h"
#include "signaling/metrics.h"
#include "signaling/trickle.h"

const aula_plugin_ops *
aula_notice_plugin(const aula_switchboard *board, unsigned module, void **ret_self)
{
	if (!aula_modules_runs(board->modules, module))
		return NULL;
	*ret_self = aula_modules_self(board->modules, module);
	return aula_loaded_module(aula_modules_get(board->modules, module))->plugin;
}

/* -- events -- */

static bool
is_errand(const aula_session *session)
{
	return aula_session_bearer(session)->address != NULL;
}

/* Of a moment of aula_now_us(). */
static json_int_t
since_1970(int64_t at_us)
{
	return (json_int_t)(g_get_real_time() - (aula_now_us() - at_us));
}

static void
emit(aula_switchboard *board, uint32_t type, const char *name, const aula_session *session,
	const aula_attachment *attachment, json_t *data)
{
	aula_event event = { .type = type,
		.name = name,
		.session_id = aula_session_number(session),
		.handle_id = attachment != NULL ? aula_attachment_number(attachment) : 0,
		.user = aula_session_bearer(session)->subject,
		.event = data };

	/* Nobody came or left. */
	if (!is_errand(session) && aula_fanout_wants(board->events, type)) {
		if (board->heard_us != 0)
			json_object_set_new(
				data, "asked", json_integer(since_1970(board->heard_us)));
		if (attachment != NULL)
			event.room = aula_room_name(board->rooms,
				aula_room_of(board->rooms, aula_attachment_handle(attachment)),
				&event.room_number);
		aula_fanout_emit(board->events, &event);
	}
	json_decref(data);
}

static void
emit_handle(aula_switchboard *board, uint32_t type, const char *name,
	const aula_attachment *attachment, json_t *data)
{
	emit(board, type, name, aula_attachment_session(attachment), attachment, data);
}

void
aula_notice_session_new(aula_switchboard *board, const aula_session *session, aula_client client,
	const char *traceparent)
{
	emit(board, AULA_EVENT_SESSION, "created", session, NULL,
		json_pack("{s:s, s:s, s:s, s:s*}", "name", "created", "role",
			aula_session_bearer(session)->role, "address",
			aula_clients_address(board->clients, client), "traceparent", traceparent));
}

aula_code
aula_notice_welcome(aula_switchboard *board, aula_attachment *attachment)
{
	aula_handle handle = aula_attachment_handle(attachment);
	void *self, *state = NULL;
	const aula_plugin_ops *plugin =
		aula_notice_plugin(board, aula_attachment_module(attachment), &self);
	aula_code code = plugin->attach != NULL ? plugin->attach(self, handle, &state) : AULA_OK;

	if (code == AULA_OK) {
		aula_attachment_set_state(attachment, state);
		return AULA_OK;
	}
	/* What the plugin began before it refused. */
	aula_attachment_set_ending(attachment);
	aula_peering_close(board->peerings, handle);
	aula_room_leave(board->rooms, handle);
	aula_attachment_free(attachment);
	return code;
}

void
aula_notice_attached(aula_switchboard *board, const aula_attachment *attachment)
{
	emit_handle(board, AULA_EVENT_HANDLE, "attached", attachment,
		json_pack("{s:s, s:s, s:s*}", "name", "attached", "plugin",
			aula_attachment_package(attachment), "opaque_id",
			aula_attachment_opaque_id(attachment)));
}

void
aula_notice_jsep(
	aula_switchboard *board, const aula_attachment *attachment, const char *owner, json_t *jsep)
{
	if (aula_fanout_wants(board->events, AULA_EVENT_JSEP))
		emit_handle(board, AULA_EVENT_JSEP, owner, attachment,
			json_pack("{s:s, s:O}", "owner", owner, "jsep", jsep));
}

void
aula_notice_joined(aula_switchboard *board, const aula_attachment *attachment, bool hidden)
{
	const aula_session *session = aula_attachment_session(attachment);

	emit_handle(board, AULA_EVENT_HANDLE, "joined", attachment,
		json_pack("{s:s, s:s*, s:b}", "plugin", aula_attachment_package(attachment), "role",
			aula_session_bearer(session)->role, "hidden", (int)hidden));
}

void
aula_notice_left(aula_switchboard *board, const aula_attachment *attachment, const char *reason)
{
	emit_handle(board, AULA_EVENT_HANDLE, "left", attachment,
		json_pack("{s:s, s:s*}", "plugin", aula_attachment_package(attachment), "reason",
			reason));
}

/* -- to the client -- */

void
aula_notice_reply(const aula_switchboard *board, aula_client client, json_t *reply)
{
	char *text = json_dumps(reply, JSON_COMPACT);

	if (text != NULL)
		aula_clients_send(board->clients, client, text, strlen(text));
	free(text);
	json_decref(reply);
}

/* Behind a description that is held back, or at once. */
static void
send_text(const aula_switchboard *board, const aula_attachment *attachment, const char *text,
	size_t length)
{
	if (!aula_hold_add(board->holds, aula_attachment_handle(attachment), text, length))
		aula_session_send(aula_attachment_session(attachment), text, length);
}

static void
send_event(const aula_switchboard *board, const aula_attachment *attachment, json_t *event)
{
	if (!aula_hold_is(board->holds, aula_attachment_handle(attachment))) {
		aula_session_send_json(aula_attachment_session(attachment), event);
		return;
	}
	char *text = json_dumps(event, JSON_COMPACT);
	if (text != NULL)
		send_text(board, attachment, text, strlen(text));
	free(text);
	json_decref(event);
}

static json_t *
notice(const char *verb, const aula_attachment *attachment)
{
	return aula_envelope_reply(verb, aula_session_number(aula_attachment_session(attachment)),
		NULL, aula_attachment_number(attachment));
}

/* Whether a description has to wait for candidates; then `message` is taken. */
static bool
holds_back(aula_switchboard *board, const aula_attachment *attachment, aula_client client,
	json_t *message)
{
	aula_handle handle = aula_attachment_handle(attachment);

	if (board->settings->ice.gather_ms == 0 ||
		aula_engine_gathered(board->engine, aula_peering_peer(board->peerings, handle)))
		return false;
	aula_hold_begin(board->holds, handle, client, message);
	return true;
}

void
aula_notice_described(aula_switchboard *board, const aula_attachment *attachment,
	aula_client client, json_t *reply)
{
	if (holds_back(board, attachment, client, reply))
		return;
	aula_notice_jsep(board, attachment, "local", json_object_get(reply, "jsep"));
	aula_notice_reply(board, client, reply);
}

void
aula_notice_event(aula_switchboard *board, const aula_attachment *attachment,
	const char *transaction, json_t *data, json_t *jsep)
{
	aula_session *session = aula_attachment_session(attachment);
	json_t *event = aula_envelope_reply("event", aula_session_number(session), transaction,
		aula_attachment_number(attachment));

	json_object_set_new(event, "plugindata",
		json_pack(
			"{s:s, s:O}", "plugin", aula_attachment_package(attachment), "data", data));
	if (jsep != NULL) {
		json_object_set_new(event, "jsep", jsep);
		if (holds_back(board, attachment, (aula_client){ 0 }, event))
			return;
		aula_notice_jsep(board, attachment, "local", jsep);
	}
	send_event(board, attachment, event);
}

void
aula_notice_text(
	aula_switchboard *board, const aula_attachment *attachment, const char *data, size_t length)
{
	aula_session *session = aula_attachment_session(attachment);
	GString *text = g_string_sized_new(length + 160);

	/* Package names come from module tables: letters, digits and dots. */
	g_string_append_printf(text,
		"{\"janus\":\"event\",\"session_id\":%" PRIu64 ",\"sender\":%" PRIu64
		",\"plugindata\":{\"plugin\":\"%s\",\"data\":",
		aula_session_number(session), aula_attachment_number(attachment),
		aula_attachment_package(attachment));
	g_string_append_len(text, data, (gssize)length);
	g_string_append(text, "}}");
	send_text(board, attachment, text->str, text->len);
	g_string_free(text, TRUE);
}

/* -- ends -- */

void
aula_notice_hangup(aula_switchboard *board, aula_attachment *attachment, const char *reason)
{
	aula_handle handle = aula_attachment_handle(attachment);
	void *self;

	if (!aula_peering_exists(board->peerings, handle))
		return;
	aula_hold_release(board->holds, handle);
	aula_peering_close(board->peerings, handle);
	json_t *hangup = notice("hangup", attachment);
	json_object_set_new(hangup, "reason", json_string(reason));
	send_event(board, attachment, hangup);
	emit_handle(board, AULA_EVENT_WEBRTC, "hangup", attachment,
		json_pack("{s:s, s:s}", "connection", "hangup", "reason", reason));
	const aula_plugin_ops *plugin =
		aula_notice_plugin(board, aula_attachment_module(attachment), &self);
	if (plugin != NULL && plugin->disconnected != NULL)
		plugin->disconnected(self, handle, aula_attachment_state(attachment), reason);
}

void
aula_notice_detach(
	aula_switchboard *board, aula_attachment *attachment, const char *reason, bool told)
{
	aula_handle handle = aula_attachment_handle(attachment);
	void *self;

	aula_attachment_set_ending(attachment);
	aula_notice_hangup(board, attachment, reason);
	aula_room_lose(board->rooms, handle, reason);
	const aula_plugin_ops *plugin =
		aula_notice_plugin(board, aula_attachment_module(attachment), &self);
	if (plugin != NULL && plugin->detach != NULL)
		plugin->detach(self, handle, aula_attachment_state(attachment));
	if (told)
		send_event(board, attachment, notice("detached", attachment));
	emit_handle(board, AULA_EVENT_HANDLE, "detached", attachment,
		json_pack("{s:s, s:s}", "name", "detached", "plugin",
			aula_attachment_package(attachment)));
	aula_attachment_free(attachment);
}

void
aula_notice_end_session(aula_switchboard *board, aula_session *session, const char *reason)
{
	aula_attachment *attachment;

	/* To a client the session has run out, whoever ended it: it starts anew. */
	if (strcmp(reason, "timeout") == 0 || strcmp(reason, "shutdown") == 0 ||
		strcmp(reason, "expired") == 0 || strcmp(reason, "operator") == 0 ||
		strcmp(reason, "erased") == 0) {
		json_t *told =
			aula_envelope_reply("timeout", aula_session_number(session), NULL, 0);
		if (strcmp(reason, "expired") == 0)
			json_object_set_new(told, "reason", json_string("expired"));
		aula_session_send_json(session, told);
	}
	while ((attachment = aula_session_first(session)) != NULL)
		aula_notice_detach(board, attachment, reason, false);
	emit(board, AULA_EVENT_SESSION, reason, session, NULL, json_pack("{s:s}", "name", reason));
	aula_log(AULA_LOG_DEBUG, "session", "ended number=%" PRIu64 " reason=%s",
		aula_session_number(session), reason);
	if (is_errand(session))
		aula_errand_over(board, aula_session_number(session));
	aula_session_free(session);
}

/* -- from the engine -- */

static aula_attachment *
owner_of(aula_switchboard *board, aula_peer peer)
{
	return aula_attachment_find(board->sessions, aula_peering_owner(board->peerings, peer));
}

void
aula_notice_connected(void *data, aula_peer peer, const char *path, int64_t reached_us)
{
	aula_switchboard *board = data;
	const aula_attachment *attachment = owner_of(board, peer);
	void *self;

	if (attachment == NULL)
		return;
	aula_handle handle = aula_attachment_handle(attachment);
	aula_metrics_connected(board->metrics, aula_peering_set_connected(board->peerings, handle));
	send_event(board, attachment, notice("webrtcup", attachment));
	emit_handle(board, AULA_EVENT_WEBRTC, "webrtcup", attachment,
		json_pack("{s:s, s:s, s:I}", "connection", "webrtcup", "selected-pair", path,
			"reached", since_1970(reached_us)));
	const aula_plugin_ops *plugin =
		aula_notice_plugin(board, aula_attachment_module(attachment), &self);
	if (plugin != NULL && plugin->connected != NULL)
		plugin->connected(self, handle, aula_attachment_state(attachment));
}

void
aula_notice_closed(void *data, aula_peer peer, const char *reason)
{
	aula_switchboard *board = data;
	aula_attachment *attachment = owner_of(board, peer);

	if (attachment != NULL)
		aula_notice_hangup(board, attachment, reason);
}

static void
on_hold_complete(void *data, aula_handle handle, json_t *event)
{
	aula_switchboard *board = data;
	const aula_attachment *attachment = aula_attachment_find(board->sessions, handle);
	json_t *jsep = json_object_get(event, "jsep");
	const char *mid;
	size_t index;

	if (aula_peering_carrier(board->peerings, handle, &mid, &index))
		aula_trickling_complete(aula_peering_trickling(board->peerings, handle),
			board->engine, aula_peering_peer(board->peerings, handle), index, jsep);
	if (attachment != NULL)
		aula_notice_jsep(board, attachment, "local", jsep);
}

static void
on_hold_send(void *data, aula_handle handle, const char *text, size_t length)
{
	const aula_switchboard *board = data;
	const aula_attachment *attachment = aula_attachment_find(board->sessions, handle);

	if (attachment != NULL)
		aula_session_send(aula_attachment_session(attachment), text, length);
}

static void
on_hold_reply(void *data, aula_client client, const char *text, size_t length)
{
	aula_clients_send(((const aula_switchboard *)data)->clients, client, text, length);
}

const aula_hold_listener aula_notice_holds = { on_hold_complete, on_hold_send, on_hold_reply };

void
aula_notice_candidate(void *data, aula_peer peer, const aula_candidate *candidate)
{
	aula_switchboard *board = data;
	const aula_attachment *attachment = owner_of(board, peer);
	const char *mid;
	size_t index;

	if (attachment == NULL)
		return;
	aula_handle handle = aula_attachment_handle(attachment);
	if (aula_hold_is(board->holds, handle)) {
		if (candidate == NULL)
			aula_hold_release(board->holds, handle);
		return;
	}
	/* Not described yet: it will be in the description. */
	if (!aula_peering_carrier(board->peerings, handle, &mid, &index))
		return;
	json_t *trickle = notice("trickle", attachment);
	json_object_set_new(trickle, "candidate", aula_trickle_write(candidate, mid, index));
	send_event(board, attachment, trickle);
}

void
aula_notice_receiving(void *data, aula_track track, bool receiving)
{
	aula_switchboard *board = data;
	const aula_track_options *options;
	void *self;
	aula_handle handle = aula_peering_publisher(board->peerings, track, &options);
	const aula_attachment *attachment = aula_attachment_find(board->sessions, handle);

	if (attachment == NULL)
		return;
	const char *mid = options->mid, *kind = options->kind == AULA_AUDIO ? "audio" : "video";
	json_t *media = notice("media", attachment);
	json_object_set_new(media, "mid", json_string(mid));
	json_object_set_new(media, "type", json_string(kind));
	json_object_set_new(media, "receiving", json_boolean(receiving));
	send_event(board, attachment, media);
	emit_handle(board, AULA_EVENT_MEDIA, "receiving", attachment,
		json_pack("{s:s, s:s, s:b}", "mid", mid, "media", kind, "receiving", receiving));
	const aula_plugin_ops *plugin =
		aula_notice_plugin(board, aula_attachment_module(attachment), &self);
	if (plugin != NULL && plugin->receiving != NULL)
		plugin->receiving(
			self, handle, aula_attachment_state(attachment), track, receiving);
}

void
aula_notice_did(const aula_switchboard *board, const aula_deed *deed)
{
	void *self;

	for (size_t i = 0; i < aula_modules_count(board->modules); i++) {
		const aula_plugin_ops *plugin = aula_notice_plugin(board, (unsigned)i, &self);
		if (plugin != NULL && plugin->watched != NULL)
			plugin->watched(self, deed);
	}
}

void
aula_notice_did_by(const aula_switchboard *board, aula_handle handle, const char *what)
{
	aula_deed deed = { .size = sizeof deed,
		.room = aula_room_of(board->rooms, handle),
		.member = aula_room_member_of(board->rooms, handle),
		.what = what };

	if (!AULA_NONE(deed.room))
		aula_notice_did(board, &deed);
}

void
aula_notice_speaking(void *data, aula_track track, bool speaking, int level_dbov)
{
	aula_switchboard *board = data;
	const aula_track_options *options;
	void *self;
	aula_handle handle = aula_peering_publisher(board->peerings, track, &options);
	const aula_attachment *attachment = aula_attachment_find(board->sessions, handle);

	if (attachment == NULL)
		return;
	emit_handle(board, AULA_EVENT_MEDIA, "speaking", attachment,
		json_pack("{s:s, s:b, s:i}", "mid", options->mid, "speaking", (int)speaking,
			"level", level_dbov));
	const aula_plugin_ops *plugin =
		aula_notice_plugin(board, aula_attachment_module(attachment), &self);
	if (plugin != NULL && plugin->speaking != NULL)
		plugin->speaking(self, handle, aula_attachment_state(attachment), track, speaking,
			level_dbov);
	aula_notice_did_by(board, handle, speaking ? "speaks" : "silent");
}

void
aula_notice_wanted(void *data, aula_track track, uint32_t wanted)
{
	aula_switchboard *board = data;
	const aula_track_options *options;
	aula_handle handle = aula_peering_publisher(board->peerings, track, &options);
	const aula_attachment *attachment = aula_attachment_find(board->sessions, handle);

	if (attachment == NULL)
		return;
	json_t *encodings = json_array();
	for (unsigned i = 0; i < options->encoding_count; i++)
		json_array_append_new(
			encodings, json_pack("{s:s, s:b}", "rid", options->encodings[i].rid,
					   "active", (int)(wanted >> i & 1)));
	json_t *told = notice("encodings", attachment);
	json_object_set_new(told, "mid", json_string(options->mid));
	json_object_set_new(told, "encodings", encodings);
	aula_session_send_json(aula_attachment_session(attachment), told);
}

void
aula_notice_shown(void *data, aula_sender opened, const aula_shown *shown)
{
	aula_switchboard *board = data;
	const aula_leg *leg = aula_leg_of_opened(aula_peerings_legs(board->peerings), opened);
	aula_sender sender = leg != NULL ? aula_leg_sender(leg) : (aula_sender){ 0 };
	aula_handle handle = aula_peering_receiver(board->peerings, sender);
	const aula_attachment *attachment = aula_attachment_find(board->sessions, handle);
	void *self;

	if (attachment == NULL)
		return;
	const aula_plugin_ops *plugin =
		aula_notice_plugin(board, aula_attachment_module(attachment), &self);
	if (plugin != NULL && AULA_HAS(plugin, shown))
		plugin->shown(self, handle, aula_attachment_state(attachment), sender, shown);
}
