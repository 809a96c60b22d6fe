/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/mirror.h"

#include "media/history.h"
#include "peer/hub.h"
#include "peer/notes.h"

enum {
	PENDING_MOST = 64,
	VIDEO_HISTORY_BITS = 10, /* a second at 12 Mbit/s */
	AUDIO_HISTORY_BITS = 7,
	FRESH_US = 500000,        /* as often as keyframes are asked for */
	ASK_INTERVAL_US = 100000, /* between two mails to the track's loop, which merges them */
};

struct aula_mirror {
	aula_hub *hub;
	uint64_t track;
	unsigned home;
	aula_track_options options;
	aula_history history;
	aula_clock_pair pair;
	uint64_t keyframe_number; /* where the last keyframe begins; 0: none */
	uint32_t keyframe_timestamp;
	int64_t keyframe_us;
	GPtrArray *senders, *feeds;
	aula_packet *pending[PENDING_MOST]; /* of this turn; each a reference */
	size_t pending_count;
	bool asks;        /* for a keyframe, when the next tick finds that the last is old enough */
	int64_t asked_us; /* another loop, for a keyframe */
};

aula_mirror *
aula_mirror_new(aula_hub *hub, uint64_t track, unsigned home, const aula_track_options *options)
{
	aula_mirror *mirror = g_new0(aula_mirror, 1);

	*mirror = (aula_mirror){
		.hub = hub,
		.track = track,
		.home = home,
		.options = *options,
		.senders = g_ptr_array_new(),
		.feeds = g_ptr_array_new(),
		.asked_us = INT64_MIN / 2,
	};
	aula_history_init(&mirror->history,
		options->kind == AULA_VIDEO ? VIDEO_HISTORY_BITS : AUDIO_HISTORY_BITS);
	aula_hub_add_mirror(hub, &mirror->track, mirror);
	return mirror;
}

static void
forget_pending(aula_mirror *mirror)
{
	for (size_t i = 0; i < mirror->pending_count; i++)
		aula_packet_unref(mirror->pending[i]);
	mirror->pending_count = 0;
}

void
aula_mirror_free(aula_mirror *mirror)
{
	if (mirror == NULL)
		return;
	aula_hub_remove_mirror(mirror->hub, mirror->track);
	for (guint i = 0; i < mirror->senders->len; i++)
		aula_sender_lost_source(mirror->senders->pdata[i]);
	for (guint i = 0; i < mirror->feeds->len; i++)
		aula_feed_lost_source(mirror->feeds->pdata[i], mirror);
	g_ptr_array_free(mirror->senders, TRUE);
	g_ptr_array_free(mirror->feeds, TRUE);
	forget_pending(mirror);
	aula_history_finish(&mirror->history);
	g_free(mirror);
}

uint64_t
aula_mirror_track(const aula_mirror *mirror)
{
	return mirror->track;
}

const aula_track_options *
aula_mirror_options(const aula_mirror *mirror)
{
	return &mirror->options;
}

void
aula_mirror_add(aula_mirror *mirror, aula_live_sender *sender)
{
	/* It starts with what comes from now on: what is pending goes to those before it. */
	aula_mirror_flush(mirror);
	g_ptr_array_add(mirror->senders, sender);
}

static void
free_if_alone(aula_mirror *mirror)
{
	if (mirror->senders->len > 0 || mirror->feeds->len > 0)
		return;
	aula_hub_subscribe(mirror->hub, mirror->home, mirror->track, false);
	aula_mirror_free(mirror);
}

void
aula_mirror_remove(aula_mirror *mirror, aula_live_sender *sender)
{
	g_ptr_array_remove_fast(mirror->senders, sender);
	free_if_alone(mirror);
}

void
aula_mirror_add_feed(aula_mirror *mirror, aula_live_feed *feed)
{
	g_ptr_array_add(mirror->feeds, feed);
}

void
aula_mirror_remove_feed(aula_mirror *mirror, aula_live_feed *feed)
{
	g_ptr_array_remove_fast(mirror->feeds, feed);
	free_if_alone(mirror);
}

static void
note_keyframe(aula_mirror *mirror, const aula_packet *packet)
{
	const aula_notes *notes = aula_notes_of(packet);
	bool same =
		mirror->keyframe_number != 0 && mirror->keyframe_timestamp == notes->rtp.timestamp;

	/* Several packets of one frame may say that it is one. */
	if (same && mirror->keyframe_number <= notes->number)
		return;
	mirror->keyframe_number = notes->number;
	mirror->keyframe_timestamp = notes->rtp.timestamp;
	mirror->keyframe_us = packet->view.received_us;
}

void
aula_mirror_push(aula_mirror *mirror, aula_packet *packet)
{
	if (mirror->pending_count == PENDING_MOST)
		aula_mirror_flush(mirror);
	mirror->pending[mirror->pending_count++] = aula_packet_ref(packet);
	aula_history_add(&mirror->history, aula_notes_of(packet)->number, packet,
		aula_hub_now_us(mirror->hub));
	if (packet->view.keyframe)
		note_keyframe(mirror, packet);
	if (mirror->pending_count == 1)
		aula_hub_flush_mirror(mirror->hub, mirror);
}

void
aula_mirror_flush(aula_mirror *mirror)
{
	int64_t now_us = aula_hub_now_us(mirror->hub);

	/* Sender by sender: its keys stay in the cache, and its packets leave in one piece. */
	for (guint i = 0; i < mirror->senders->len; i++)
		aula_sender_forward(
			mirror->senders->pdata[i], mirror->pending, mirror->pending_count, now_us);
	for (guint i = 0; i < mirror->feeds->len; i++)
		aula_feed_take(mirror->feeds->pdata[i], mirror, mirror->pending,
			mirror->pending_count, now_us);
	forget_pending(mirror);
}

aula_packet *
aula_mirror_get(const aula_mirror *mirror, uint64_t number)
{
	return aula_history_get(&mirror->history, number);
}

bool
aula_mirror_catch_up(aula_mirror *mirror, aula_live_sender *sender)
{
	int64_t now_us = aula_hub_now_us(mirror->hub);

	aula_mirror_flush(mirror);
	if (mirror->keyframe_number == 0 || now_us - mirror->keyframe_us > FRESH_US ||
		aula_mirror_get(mirror, mirror->keyframe_number) == NULL)
		return false;
	for (uint64_t n = mirror->keyframe_number; n <= mirror->history.highest; n++) {
		aula_packet *packet = aula_history_get(&mirror->history, n);
		if (packet != NULL)
			aula_sender_forward(sender, &packet, 1, now_us);
	}
	return true;
}

void
aula_mirror_forget(aula_mirror *mirror)
{
	aula_mirror_flush(mirror);
	aula_history_clear(&mirror->history);
	mirror->keyframe_number = 0;
	for (guint i = 0; i < mirror->feeds->len; i++)
		aula_feed_forget(mirror->feeds->pdata[i], mirror);
}

static void
ask_home(aula_mirror *mirror, int64_t now_us)
{
	mirror->asks = now_us - mirror->asked_us < ASK_INTERVAL_US;
	if (mirror->asks)
		return;
	mirror->asked_us = now_us;
	aula_hub_ask_keyframe(mirror->hub, mirror->home, mirror->track);
}

void
aula_mirror_want_keyframe(aula_mirror *mirror)
{
	if (mirror->home != aula_hub_index(mirror->hub)) {
		ask_home(mirror, aula_hub_now_us(mirror->hub));
		return;
	}
	aula_hub_want_keyframe(mirror->hub, mirror->track);
}

void
aula_mirror_set_pair(aula_mirror *mirror, const aula_clock_pair *pair)
{
	mirror->pair = *pair;
	for (guint i = 0; i < mirror->feeds->len; i++)
		aula_feed_note_pair(mirror->feeds->pdata[i], mirror);
}

const aula_clock_pair *
aula_mirror_pair(const aula_mirror *mirror)
{
	return &mirror->pair;
}

void
aula_mirror_tick(aula_mirror *mirror, int64_t now_us)
{
	aula_history_trim(&mirror->history, now_us);
	if (mirror->asks)
		ask_home(mirror, now_us);
}
