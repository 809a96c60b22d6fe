/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/captures.h"

#include "base/log.h"
#include "peer/capture.h"
#include "runtime/worker.h"

enum {
	WAITING_MOST = 20000,
	WAITING_BYTES_MOST = 16 << 20, /* a second of a busy class */
	END_US = 2 * 1000 * 1000,
};

typedef struct {
	uint64_t handle, handle_number, session_number;
	bool text;
	aula_capture *capture;
} recording;

struct aula_captures {
	aula_switchboard *board;
	aula_worker *worker; /* NULL: none was started yet */
	GHashTable *all;     /* &recording->handle -> recording */
};

static void
recording_free(void *data)
{
	recording *one = data;

	aula_capture_stop(one->capture, "stopped");
	aula_capture_unref(one->capture);
	g_free(one);
}

aula_captures *
aula_captures_new(aula_switchboard *board)
{
	aula_captures *captures = g_new0(aula_captures, 1);

	captures->board = board;
	captures->all = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, recording_free);
	return captures;
}

void
aula_captures_free(aula_captures *captures)
{
	if (captures == NULL)
		return;
	g_hash_table_destroy(captures->all);
	if (captures->worker != NULL && !aula_worker_free(captures->worker, aula_now_us() + END_US))
		aula_log(AULA_LOG_ERROR, "admin", "a capture hangs in its disk and is left");
	g_free(captures);
}

static json_t *
about(const recording *one)
{
	aula_capture_state state = aula_capture_state_of(one->capture);

	return json_pack("{s:I, s:I, s:s, s:s, s:I, s:I, s:I, s:s}", "session_id",
		(json_int_t)one->session_number, "handle_id", (json_int_t)one->handle_number,
		"path", aula_capture_path(one->capture), "format", one->text ? "text" : "pcap",
		"packets", (json_int_t)state.packets, "bytes", (json_int_t)state.bytes, "dropped",
		(json_int_t)state.dropped, "state", state.over ? state.why : "runs");
}

static unsigned
running(const aula_captures *captures)
{
	GHashTableIter iter;
	void *one;
	unsigned count = 0;

	g_hash_table_iter_init(&iter, captures->all);
	while (g_hash_table_iter_next(&iter, NULL, &one))
		count += !aula_capture_state_of(((recording *)one)->capture).over;
	return count;
}

/* What is over and was not asked for stays listed until its handle begins another, or there are
 * many.
 */
static void
make_room(aula_captures *captures)
{
	GHashTableIter iter;
	void *one;

	g_hash_table_iter_init(&iter, captures->all);
	while (g_hash_table_size(captures->all) > 64 && g_hash_table_iter_next(&iter, NULL, &one))
		if (aula_capture_state_of(((recording *)one)->capture).over)
			g_hash_table_iter_remove(&iter);
}

static char *
make_name(const aula_attachment *attachment, bool text)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *stamp = g_date_time_format(now, "%Y%m%dT%H%M%S");

	return g_strdup_printf("%" G_GUINT64_FORMAT "-%s-%03d.%s",
		aula_attachment_number(attachment), stamp, g_date_time_get_microsecond(now) / 1000,
		text ? "txt" : "pcap");
}

const char *
aula_captures_start(aula_captures *captures, const aula_attachment *attachment, const char *name,
	bool text, int64_t truncate, aula_code *ret_code, char **ret_why)
{
	const aula_settings_admin *settings = &captures->board->settings->admin;
	aula_handle handle = aula_attachment_handle(attachment);
	aula_peer peer = aula_peering_peer(captures->board->peerings, handle);
	recording *before = g_hash_table_lookup(captures->all, &handle.id);
	g_autofree char *made = name == NULL ? make_name(attachment, text) : g_strdup(name);
	g_autoptr(GError) error = NULL;

	*ret_code = AULA_WRONG_STATE;
	if (peer.id == 0 || captures->board->engine == NULL)
		*ret_why = g_strdup("The handle has no PeerConnection");
	else if (before != NULL && !aula_capture_state_of(before->capture).over)
		*ret_why = g_strdup("A capture of this handle runs already");
	else if (running(captures) >= (unsigned)settings->captures_most)
		*ret_why = g_strdup("As many captures run as may (admin.captures_most)");
	else if (!aula_capture_name_is_good(made))
		*ret_code = AULA_INVALID,
		*ret_why = g_strdup("A file name has up to 128 letters, digits, and . _ -, and "
				    "begins with neither . nor -");
	if (*ret_why != NULL)
		return NULL;
	if (captures->worker == NULL)
		captures->worker = aula_worker_new("capture", WAITING_MOST, WAITING_BYTES_MOST);
	aula_capture *capture = aula_capture_new(captures->worker,
		&(aula_capture_options){ .folder = settings->capture_folder,
			.name = made,
			.text = text,
			.bytes_most = settings->capture_bytes,
			.truncate = (size_t)truncate },
		&error);
	if (capture == NULL) {
		*ret_code = AULA_INTERNAL;
		*ret_why = g_strdup(error->message);
		return NULL;
	}
	recording *one = g_new0(recording, 1);
	*one = (recording){ handle.id, aula_attachment_number(attachment),
		aula_session_number(aula_attachment_session(attachment)), text, capture };
	g_hash_table_replace(captures->all, &one->handle, one);
	aula_engine_capture(captures->board->engine, peer, capture);
	make_room(captures);
	aula_log(AULA_LOG_WARNING, "admin",
		"packets of a handle are captured handle=%" G_GUINT64_FORMAT " path=%s",
		one->handle_number, aula_capture_path(capture));
	return aula_capture_path(capture);
}

json_t *
aula_captures_stop(aula_captures *captures, aula_handle handle, bool text)
{
	recording *one = g_hash_table_lookup(captures->all, &handle.id);

	if (one == NULL || one->text != text)
		return NULL;
	aula_capture_stop(one->capture, "stopped");
	json_t *said = about(one);
	g_hash_table_remove(captures->all, &handle.id);
	return said;
}

json_t *
aula_captures_list(aula_captures *captures)
{
	json_t *list = json_array();
	GHashTableIter iter;
	void *one;

	g_hash_table_iter_init(&iter, captures->all);
	while (g_hash_table_iter_next(&iter, NULL, &one))
		json_array_append_new(list, about(one));
	return list;
}
