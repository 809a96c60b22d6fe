/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/statistics.h"

#include <string.h>

enum { STEP_US = 200000, VISITS_MOST = 2000, WAITING_MOST = 2000, STATS_SUBTYPE = 3 };

/* What was seen last of one handle's PeerConnection. */
typedef struct {
	uint64_t handle;
	int64_t at_us;
	int64_t bytes_in, bytes_out, packets_in, lost_in;
	json_t *summary;
} look;

struct aula_statistics {
	unsigned refs; /* looks on their way, and who made it */
	bool over;
	aula_switchboard *board;
	aula_alarm alarm;
	size_t cursor;
	unsigned waiting;
	GHashTable *looks; /* &look->handle -> look */
};

/* One question to a media loop. */
typedef struct {
	aula_statistics *statistics;
	aula_handle handle;
} question;

/* Sums over what a peer sends and receives. */
typedef struct {
	int64_t bytes, packets, lost;
	double loss, rtt_ms, jitter_ms;
} sums;

static void
look_free(void *data)
{
	look *one = data;

	json_decref(one->summary);
	g_free(one);
}

static void
unref(aula_statistics *statistics)
{
	if (--statistics->refs > 0)
		return;
	g_hash_table_destroy(statistics->looks);
	g_free(statistics);
}

static double
number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

/* Of a track with encodings the worst of theirs. */
static double
worst(const json_t *one, const char *key)
{
	double most = number(one, key);
	size_t index;
	json_t *encoding;

	json_array_foreach(json_object_get(one, "encodings"), index, encoding) most =
		MAX(most, number(encoding, key));
	return most;
}

static sums
add_up(const json_t *list)
{
	sums all = { 0 };
	size_t index;
	json_t *one;

	json_array_foreach(list, index, one)
	{
		all.bytes += (int64_t)number(one, "bytes");
		all.packets += (int64_t)number(one, "packets");
		all.lost += (int64_t)number(one, "lost");
		all.loss = MAX(all.loss, worst(one, "loss"));
		all.rtt_ms = MAX(all.rtt_ms, worst(one, "rtt_ms"));
		all.jitter_ms = MAX(all.jitter_ms, worst(one, "jitter_ms"));
	}
	return all;
}

static int
quality_of(double loss, double rtt_ms)
{
	double quality = 100 - 300 * loss - MAX(rtt_ms - 150, 0) / 10;

	return (int)CLAMP(quality, 0, 100);
}

static int64_t
per_second(int64_t bytes, int64_t elapsed_us)
{
	return bytes > 0 && elapsed_us > 0 ? bytes * 8 * G_USEC_PER_SEC / elapsed_us : 0;
}

static json_t *
summarize(look *before, const json_t *stats, int64_t now_us)
{
	sums in = add_up(json_object_get(stats, "tracks"));
	sums out = add_up(json_object_get(stats, "senders"));
	int64_t elapsed_us = before->at_us != 0 ? now_us - before->at_us : 0;
	int64_t lost = in.lost - before->lost_in, came = in.packets - before->packets_in;
	double loss_in = lost > 0 && came + lost > 0 ? (double)lost / (double)(came + lost) : 0;
	json_t *line = json_object_get(stats, "line");
	json_t *estimate = json_object_get(line, "estimate_bps");
	double rtt_ms = MAX(MAX(in.rtt_ms, out.rtt_ms), number(line, "rtt_ms"));
	json_t *summary = json_pack("{s:O?, s:O?, s:i, s:f, s:{s:I, s:f, s:f}, s:{s:I, s:f}}",
		"connected", json_object_get(stats, "connected"), "path",
		json_object_get(stats, "path"), "quality",
		quality_of(MAX(loss_in, out.loss), rtt_ms), "rtt_ms", rtt_ms, "in", "bps",
		(json_int_t)per_second(in.bytes - before->bytes_in, elapsed_us), "loss", loss_in,
		"jitter_ms", in.jitter_ms, "out", "bps",
		(json_int_t)per_second(out.bytes - before->bytes_out, elapsed_us), "loss",
		out.loss);

	if (estimate != NULL)
		json_object_set(summary, "estimate_bps", estimate);
	before->bytes_in = in.bytes;
	before->bytes_out = out.bytes;
	before->packets_in = in.packets;
	before->lost_in = in.lost;
	before->at_us = now_us;
	return summary;
}

/* -- events -- */

/* In the words of Janus' statistics events. `in`: the peer sends it. */
static json_t *
medium(const json_t *one, bool in, size_t index)
{
	json_t *body =
		json_pack("{s:O?, s:I, s:O?, s:O?, s:f, s:f}", "mid", json_object_get(one, "mid"),
			"mindex", (json_int_t)index, "media", json_object_get(one, "kind"), "codec",
			json_object_get(one, "codec"), "rtt", worst(one, "rtt_ms"),
			in ? "jitter-local" : "jitter-remote", worst(one, "jitter_ms"));

	json_object_set_new(body, in ? "lost" : "lost-by-remote",
		json_integer((json_int_t)number(one, "lost")));
	json_object_set_new(body, in ? "packets-received" : "packets-sent",
		json_integer((json_int_t)number(one, "packets")));
	json_object_set_new(body, in ? "bytes-received" : "bytes-sent",
		json_integer((json_int_t)number(one, "bytes")));
	json_object_set_new(body, in ? "nacks-sent" : "nacks-received",
		json_integer((json_int_t)number(one, "nacks")));
	json_object_set_new(body, in ? "retransmissions-received" : "retransmissions-sent",
		json_integer((json_int_t)number(one, in ? "repaired" : "retransmitted")));
	json_object_set_new(body, in ? "in-link-quality" : "out-link-quality",
		json_integer(quality_of(worst(one, "loss"), worst(one, "rtt_ms"))));
	return body;
}

static void
emit(aula_switchboard *board, const aula_attachment *attachment, const json_t *stats,
	json_t *summary)
{
	const aula_session *session = aula_attachment_session(attachment);
	aula_room room = aula_room_of(board->rooms, aula_attachment_handle(attachment));
	int64_t room_number = 0;
	json_t *media = json_array(), *one;
	size_t index;

	json_array_foreach(json_object_get(stats, "tracks"), index, one)
		json_array_append_new(media, medium(one, true, index));
	json_array_foreach(json_object_get(stats, "senders"), index, one) if (!json_is_null(one))
		json_array_append_new(media, medium(one, false, index));
	json_t *body = json_pack(
		"{s:i, s:O, s:o}", "subtype", STATS_SUBTYPE, "summary", summary, "media", media);
	const char *name = aula_room_name(board->rooms, room, &room_number);
	aula_event event = { .type = AULA_EVENT_MEDIA,
		.name = "stats",
		.session_id = aula_session_number(session),
		.handle_id = aula_attachment_number(attachment),
		.room = name,
		.room_number = room_number,
		.user = aula_session_bearer(session)->subject,
		.event = body };
	aula_fanout_emit(board->events, &event);
	json_decref(body);
}

/* -- the walk -- */

static void
on_stats(void *data, json_t *stats)
{
	question *asked = data;
	aula_statistics *self = asked->statistics;
	aula_attachment *attachment =
		self->over ? NULL : aula_attachment_find(self->board->sessions, asked->handle);

	self->waiting--;
	if (attachment == NULL || stats == NULL) {
		g_hash_table_remove(self->looks, &asked->handle.id);
	} else {
		look *one = g_hash_table_lookup(self->looks, &asked->handle.id);
		if (one == NULL) {
			one = g_new0(look, 1);
			one->handle = asked->handle.id;
			g_hash_table_insert(self->looks, &one->handle, one);
		}
		json_t *summary = summarize(one, stats, aula_loop_now_us(self->board->control));
		json_decref(one->summary);
		one->summary = summary;
		if (aula_fanout_wants(self->board->events, AULA_EVENT_MEDIA))
			emit(self->board, attachment, stats, summary);
	}
	g_free(asked);
	unref(self);
}

static void
ask(aula_statistics *self, aula_handle handle)
{
	aula_peer peer = aula_peering_peer(self->board->peerings, handle);

	if (self->board->engine == NULL || peer.id == 0)
		return;
	question *asked = g_new0(question, 1);
	*asked = (question){ self, handle };
	self->refs++;
	self->waiting++;
	aula_engine_look(self->board->engine, peer, on_stats, asked);
}

/* Of handles that are gone. */
static void
forget_old(aula_statistics *self)
{
	GHashTableIter iter;
	void *one;

	g_hash_table_iter_init(&iter, self->looks);
	while (g_hash_table_iter_next(&iter, NULL, &one))
		if (aula_attachment_find(
			    self->board->sessions, (aula_handle){ ((look *)one)->handle }) == NULL)
			g_hash_table_iter_remove(&iter);
}

static void
step(aula_alarm *alarm)
{
	aula_statistics *self =
		(aula_statistics *)(void *)((char *)alarm - offsetof(aula_statistics, alarm));
	const aula_switchboard *board = self->board;
	int64_t interval_us = board->settings->events.statistics_s * G_USEC_PER_SEC;
	int64_t count = (int64_t)aula_sessions_handle_count(board->sessions);
	/* A loop that is behind is not asked for more. */
	int64_t visits = self->waiting < WAITING_MOST
				 ? MIN(count * STEP_US / interval_us + 1, VISITS_MOST)
				 : 0;

	for (; visits > 0; visits--) {
		const aula_attachment *attachment =
			aula_attachment_next(board->sessions, &self->cursor);
		if (attachment == NULL) {
			self->cursor = 0;
			forget_old(self);
			break;
		}
		ask(self, aula_attachment_handle(attachment));
	}
	aula_alarm_set(board->control, alarm, aula_loop_now_us(board->control) + STEP_US);
}

/* -- life -- */

aula_statistics *
aula_statistics_new(aula_switchboard *board)
{
	aula_statistics *self = g_new0(aula_statistics, 1);

	self->refs = 1;
	self->board = board;
	self->alarm.ring = step;
	self->looks = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, look_free);
	return self;
}

void
aula_statistics_start(aula_statistics *self)
{
	aula_alarm_set(self->board->control, &self->alarm, aula_now_us() + STEP_US);
}

void
aula_statistics_stop(aula_statistics *self)
{
	if (aula_alarm_is_set(&self->alarm))
		aula_alarm_clear(self->board->control, &self->alarm);
}

void
aula_statistics_free(aula_statistics *self)
{
	if (self == NULL)
		return;
	aula_statistics_stop(self);
	self->over = true;
	unref(self);
}

json_t *
aula_statistics_of(aula_statistics *self, aula_handle handle)
{
	look *one = g_hash_table_lookup(self->looks, &handle.id);

	if (one == NULL)
		return NULL;
	json_object_set_new(one->summary, "age_ms",
		json_integer((aula_loop_now_us(self->board->control) - one->at_us) / 1000));
	return one->summary;
}
