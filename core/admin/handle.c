/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs about one session or one handle. */
#include <string.h>

#include "admin/inside.h"
#include "signaling/notice.h"

static bool
do_destroy_session(aula_admin_call *call, const void *args)
{
	(void)args;
	aula_notice_end_session(call->board, call->session, "operator");
	return true;
}

static bool
do_list_handles(aula_admin_call *call, const void *args)
{
	json_t *all = json_array();
	const aula_attachment *one;

	(void)args;
	for (unsigned i = 0; (one = aula_session_nth(call->session, i)) != NULL; i++)
		json_array_append_new(all, json_integer((json_int_t)aula_attachment_number(one)));
	json_object_set_new(call->reply, "handles", all);
	return true;
}

/* -- handle_info -- */

/* What both Janus and we say of an m-line; `key` is "in_stats" or "out_stats". */
static void
add_medium(json_t *media, json_t *one, size_t index, bool in)
{
	g_autofree char *key = g_strdup_printf("%zu", index);
	json_t *encoding = json_array_get(json_object_get(one, "encodings"), 0);
	json_t *ssrc = json_object_get(encoding != NULL ? encoding : one, "ssrc");

	json_object_set_new(media, key,
		json_pack("{s:O?, s:I, s:O?, s:s, s:{s:O?}, s:{s:O?}, s:O}", "type",
			json_object_get(one, "kind"), "mindex", (json_int_t)index, "mid",
			json_object_get(one, "mid"), "direction", in ? "recvonly" : "sendonly",
			"codecs", in ? "in" : "out", json_object_get(one, "codec"), "ssrc",
			in ? "ssrc-peer" : "ssrc", ssrc, in ? "in_stats" : "out_stats", one));
}

static json_t *
media_of(json_t *stats)
{
	json_t *media = json_object(), *one;
	size_t index, count = 0;

	json_array_foreach(json_object_get(stats, "tracks"), index, one)
		add_medium(media, one, count++, true);
	json_array_foreach(json_object_get(stats, "senders"), index, one)
		add_medium(media, one, count++, false);
	return media;
}

/* Everything that the peer's loop said, in the places where tools for Janus look, and once as it
 * is.
 */
static void
add_connection(json_t *info, json_t *stats)
{
	json_t *path = json_object_get(stats, "path");
	bool up = json_is_true(json_object_get(stats, "connected"));
	json_t *webrtc = json_pack("{s:{s:i, s:i, s:s, s:O?}, s:{s:s, s:b, s:O?}, s:o}", "ice",
		"stream_id", 1, "component_id", 1, "state", up ? "ready" : "connecting",
		"selected-pair", path, "dtls", "dtls-state", up ? "connected" : "trying", "ready",
		up, "details", json_object_get(stats, "dtls"), "media", media_of(stats));
	json_t *line = json_object_get(stats, "line");

	if (json_is_object(line))
		json_object_set(webrtc, "bwe", line);
	json_object_set_new(info, "webrtc", webrtc);
	json_object_set(info, "statistics", stats);
}

static void
on_stats(void *data, json_t *stats)
{
	aula_admin_later *later = data;
	json_t *info = json_object_get(aula_admin_later_reply(later), "info");

	if (stats != NULL)
		add_connection(info, stats);
	aula_admin_later_send(later, NULL);
}

static json_t *
about_handle(aula_admin_call *call)
{
	const aula_switchboard *board = call->board;
	const aula_session *session = call->session;
	const aula_attachment *attachment = call->attachment;
	const aula_bearer *bearer = aula_session_bearer(session);
	aula_handle handle = aula_attachment_handle(attachment);
	aula_room room = aula_room_of(board->rooms, handle);
	bool exists = aula_peering_exists(board->peerings, handle);
	bool full = aula_settings_ice_is_full(board->settings);
	json_t *info = json_pack("{s:I, s:I, s:I, s:s, s:I, s:s?, s:I, s:s, s:{}, s:s, s:s}",
		"session_id", (json_int_t)aula_session_number(session), "session_last_activity",
		(json_int_t)aula_session_seen_us(session), "session_timeout",
		(json_int_t)board->settings->limits.session_timeout_s, "session_transport",
		aula_clients_address(board->clients, aula_session_client(session)), "handle_id",
		(json_int_t)aula_attachment_number(attachment), "opaque_id",
		aula_attachment_opaque_id(attachment), "current_time", (json_int_t)aula_now_us(),
		"plugin", aula_attachment_package(attachment), "plugin_specific", "ice-mode",
		full ? "full" : "lite", "user", bearer->subject);

	/* A full agent's role is settled by the two agents (RFC 8445 section 7.3.1.1). */
	if (!full)
		json_object_set_new(info, "ice-role", json_string("controlled"));

	json_object_set_new(info, "role", json_string(bearer->role));
	if (!AULA_NONE(room)) {
		int64_t number = 0;
		const char *name = aula_room_name(board->rooms, room, &number);
		json_object_set_new(
			info, "room", number > 0 ? json_integer(number) : json_string(name));
	}
	json_object_set_new(info, "flags",
		json_pack("{s:b, s:b, s:b}", "negotiated", exists, "ready",
			aula_peering_connected(board->peerings, handle), "processing-offer",
			aula_peering_offering(board->peerings, handle)));
	return info;
}

typedef struct {
	bool plugin_only;
} info_args;
static const aula_field info_fields[] = { AULA_BOOL(
	info_args, plugin_only, "plugin_only", .summary = "Without the PeerConnection.") };

static bool
do_handle_info(aula_admin_call *call, const void *args)
{
	const info_args *given = args;
	aula_handle handle = aula_attachment_handle(call->attachment);
	aula_peer peer = aula_peering_peer(call->board->peerings, handle);

	json_object_set_new(call->reply, "handle_id",
		json_integer((json_int_t)aula_attachment_number(call->attachment)));
	json_object_set_new(call->reply, "info", about_handle(call));
	if (!given->plugin_only && peer.id != 0 && call->board->engine != NULL)
		aula_engine_stats(call->board->engine, peer, on_stats, aula_admin_later_new(call));
	return true;
}

/* -- captures -- */

typedef struct {
	const char *folder, *filename;
	int64_t truncate;
} capture_args;
static const aula_field capture_fields[] = {
	AULA_TEXT(capture_args, folder, "folder", 4095,
		.summary = "For tools that give it: the setting admin.capture_folder, or nothing."),
	AULA_TEXT(capture_args, filename, "filename", 128, .min = 1,
		.summary = "Name of a new file in the folder; absent: made of handle and time."),
	AULA_INT(capture_args, truncate, "truncate", 0, 65535,
		.summary = "Bytes of each packet that are written, such as 40 for headers without "
			   "what people say; 0: all."),
};

static bool
start_capture(aula_admin_call *call, const capture_args *given, bool text)
{
	const char *folder = aula_admin_settings(call->admin)->admin.capture_folder;
	aula_code code;
	g_autofree char *why = NULL;

	if (given->folder != NULL && *given->folder != '\0' && strcmp(given->folder, folder) != 0)
		return aula_refuse(&call->refusal, AULA_ERROR_TYPE, "folder",
			"Invalid element (folder: captures go to admin.capture_folder only)");
	const char *path = aula_captures_start(aula_admin_captures(call->admin), call->attachment,
		given->filename, text, given->truncate, &code, &why);
	if (path == NULL)
		return aula_refuse(&call->refusal,
			code == AULA_INVALID       ? AULA_ERROR_TYPE
			: code == AULA_WRONG_STATE ? AULA_ERROR_STATE
						   : AULA_ERROR_OTHER,
			code == AULA_INVALID ? "filename" : NULL, "%s", why);
	json_object_set_new(call->reply, "path", json_string(path));
	return true;
}

static bool
do_start_pcap(aula_admin_call *call, const void *args)
{
	return start_capture(call, args, false);
}

static bool
do_start_text2pcap(aula_admin_call *call, const void *args)
{
	return start_capture(call, args, true);
}

static bool
stop_capture(aula_admin_call *call, bool text)
{
	json_t *said = aula_captures_stop(
		aula_admin_captures(call->admin), aula_attachment_handle(call->attachment), text);

	if (said == NULL)
		return aula_refuse(&call->refusal, AULA_ERROR_STATE, NULL,
			"No such capture of this handle runs");
	json_object_set_new(call->reply, "capture", said);
	return true;
}

static bool
do_stop_pcap(aula_admin_call *call, const void *args)
{
	(void)args;
	return stop_capture(call, false);
}

static bool
do_stop_text2pcap(aula_admin_call *call, const void *args)
{
	(void)args;
	return stop_capture(call, true);
}

static bool
do_captures(aula_admin_call *call, const void *args)
{
	(void)args;
	json_object_set_new(
		call->reply, "captures", aula_captures_list(aula_admin_captures(call->admin)));
	return true;
}

/* -- ends -- */

static bool
do_hangup_webrtc(aula_admin_call *call, const void *args)
{
	(void)args;
	aula_notice_hangup(call->board, call->attachment, "hangup by an operator");
	return true;
}

static bool
do_detach_handle(aula_admin_call *call, const void *args)
{
	(void)args;
	aula_notice_detach(call->board, call->attachment, "detached by an operator", true);
	return true;
}

#define FIELDS(table, type) \
	.fields = (table), .field_count = G_N_ELEMENTS(table), .args_size = sizeof(type)

// clang-format off
static const aula_admin_verb rows[] = {
	{ "destroy_session", AULA_ADMIN_SESSION, .acts = true, .run = do_destroy_session,
		.summary = "Ends a session with all its handles; its client is told." },
	{ "list_handles", AULA_ADMIN_SESSION, .run = do_list_handles,
		.summary = "The numbers of a session's handles." },
	{ "handle_info", AULA_ADMIN_HANDLE, FIELDS(info_fields, info_args), .run = do_handle_info,
		.summary = "All that is known of a handle: whose it is, its plugin, and of its PeerConnection each stream and the estimate." },
	{ "start_pcap", AULA_ADMIN_HANDLE, FIELDS(capture_fields, capture_args), .acts = true, .run = do_start_pcap,
		.summary = "Writes the handle's packets, RTP and RTCP in the clear, to a file for Wireshark." },
	{ "stop_pcap", AULA_ADMIN_HANDLE, .acts = true, .run = do_stop_pcap,
		.summary = "Ends that, and says how much was written." },
	{ "start_text2pcap", AULA_ADMIN_HANDLE, FIELDS(capture_fields, capture_args), .acts = true, .run = do_start_text2pcap,
		.summary = "The same as text, for text2pcap." },
	{ "stop_text2pcap", AULA_ADMIN_HANDLE, .acts = true, .run = do_stop_text2pcap,
		.summary = "Ends that, and says how much was written." },
	{ "captures", AULA_ADMIN_SERVER, .run = do_captures,
		.summary = "The captures that run, or ended by themselves." },
	{ "hangup_webrtc", AULA_ADMIN_HANDLE, .acts = true, .run = do_hangup_webrtc,
		.summary = "Closes a handle's PeerConnection; the handle stays." },
	{ "detach_handle", AULA_ADMIN_HANDLE, .acts = true, .run = do_detach_handle,
		.summary = "Takes a handle from its client, who is told." },
};
// clang-format on

const aula_admin_table aula_admin_handle_verbs = { rows, G_N_ELEMENTS(rows) };
