/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/track.h"

#include "media/demand.h"
#include "media/speaker.h"
#include "peer/audience.h"
#include "peer/encoding.h"
#include "peer/feedback.h"
#include "peer/hub.h"
#include "peer/letter.h"
#include "peer/taps.h"

enum {
	NACKS_AT_ONCE = 64,
	TELL_US = 500000, /* shortest time between two notices of one track to control */
};

struct aula_live_track {
	aula_hub *hub;
	aula_live_peer *peer;
	uint64_t id;
	aula_track_options options;
	bool muted, receiving, repairs;
	bool told; /* what control knows of `receiving`, since when */
	int64_t told_us;
	aula_speaker speaker;
	bool told_speaking;
	int64_t asked_us[2]; /* the last two moments when keyframes were asked for */
	uint64_t foreign, muted_packets;

	aula_taps taps;
	aula_audience audience;
	aula_demand demand;
	uint32_t told_wanted; /* to control, of a track that obeys; 0: nothing yet */

	unsigned encoding_count;
	aula_encoding encodings[];
};

aula_live_track *
aula_track_new(aula_hub *hub, aula_live_peer *peer, uint64_t id, const aula_track_options *options)
{
	unsigned count = CLAMP(options->encoding_count, 1, AULA_ENCODINGS_MOST);
	aula_live_track *track = g_malloc0(sizeof(*track) + count * sizeof(aula_encoding));

	track->hub = hub;
	track->peer = peer;
	track->id = id;
	track->options = *options;
	track->repairs = options->feedback & AULA_FB_NACK;
	track->told_us = track->asked_us[0] = track->asked_us[1] = INT64_MIN / 2;
	aula_audience_init(&track->audience, aula_hub_index(hub), aula_hub_count(hub));
	track->encoding_count = count;
	aula_speaker_init(&track->speaker);
	aula_demand_init(&track->demand, count);
	for (unsigned i = 0; i < count; i++)
		aula_encoding_init(&track->encodings[i], options->codec, options->clock_hz);
	aula_hub_add_track(hub, &track->id, track);
	return track;
}

void
aula_track_free(aula_live_track *track)
{
	if (track == NULL)
		return;
	aula_hub_remove_track(track->hub, track->id);
	aula_taps_close_all(&track->taps, (aula_track){ track->id });
	for (unsigned i = 0; i < track->audience.count; i++)
		aula_letter_gone(track->hub, track->audience.subscriptions[i].hub_index, track->id);
	aula_mirror_free(aula_hub_mirror(track->hub, track->id));
	for (unsigned i = 0; i < track->encoding_count; i++)
		aula_encoding_finish(&track->encodings[i]);
	aula_audience_finish(&track->audience);
	g_free(track);
}

uint64_t
aula_track_id(const aula_live_track *track)
{
	return track->id;
}

aula_live_peer *
aula_track_peer(const aula_live_track *track)
{
	return track->peer;
}

const aula_track_options *
aula_track_options_of(const aula_live_track *track)
{
	return &track->options;
}

unsigned
aula_track_encoding_count(const aula_live_track *track)
{
	return track->encoding_count;
}

uint32_t
aula_track_ssrc(const aula_live_track *track, unsigned encoding)
{
	return track->encodings[encoding].ssrc;
}

/* What a timestamp means has changed: every loop that forwards must know. */
static void
spread_pair(aula_live_track *track, unsigned encoding)
{
	aula_mirror *mirror = aula_hub_mirror(track->hub, track->id);
	const aula_clock_pair *pair = &track->encodings[encoding].pair;

	if (mirror != NULL)
		aula_mirror_set_pair(mirror, encoding, pair);
	for (unsigned i = 0; i < track->audience.count; i++)
		aula_letter_pair(track->hub, track->audience.subscriptions[i].hub_index, track->id,
			encoding, pair);
}

/* -- packets in -- */

/* What changes faster than anybody can see waits for the tick. */
static void
tell_receiving(aula_live_track *track)
{
	void *data;
	const aula_hub_listener *listener = aula_hub_listener_of(track->hub, &data);
	int64_t now_us = aula_hub_now_us(track->hub);

	if (track->told == track->receiving || now_us - track->told_us < TELL_US)
		return;
	track->told = track->receiving;
	track->told_us = now_us;
	listener->on_hub_receiving(data, track->id, track->told);
}

static void
set_receiving(aula_live_track *track, unsigned encoding, bool receiving)
{
	bool any = false;

	if (track->encodings[encoding].receiving == receiving)
		return;
	track->encodings[encoding].receiving = receiving;
	for (unsigned i = 0; i < track->encoding_count; i++)
		any |= track->encodings[i].receiving;
	track->receiving = any;
	tell_receiving(track);
}

static bool
is_ours(const aula_live_track *track, uint8_t payload_type)
{
	return payload_type == track->options.payload_type ||
	       payload_type == track->options.red_payload_type;
}

/* Told with the tick, so never more than ten times a second, and by its own times far less. */
static void
tell_speaking(aula_live_track *track)
{
	void *data;
	const aula_hub_listener *listener = aula_hub_listener_of(track->hub, &data);

	if (track->told_speaking == track->speaker.speaking)
		return;
	track->told_speaking = track->speaker.speaking;
	listener->on_hub_speaking(
		data, track->id, track->told_speaking, (int)track->speaker.level_dbov);
}

/* Numbers and loss. False: drop it. */
static bool
count_in(aula_live_track *track, unsigned encoding, const aula_rtp *rtp, bool repair,
	uint64_t *ret_number)
{
	aula_encoding *one = &track->encodings[encoding];
	int64_t now_us = aula_hub_now_us(track->hub);
	uint64_t before = one->sequence.highest;
	bool forgot;
	aula_arrival arrival = aula_encoding_note(one, rtp, repair, now_us, ret_number, &forgot);

	if (arrival == AULA_ARRIVAL_DUPLICATE || arrival == AULA_ARRIVAL_STRAY)
		return false;
	aula_hub_gauge_add(track->hub, AULA_GAUGE_PACKETS_IN, 1);
	aula_hub_gauge_add(track->hub, AULA_GAUGE_REPAIRED_IN, repair);
	if (forgot)
		spread_pair(track, encoding);
	if (arrival != AULA_ARRIVAL_NEXT || !track->repairs || track->muted ||
		*ret_number == before + 1)
		return true;
	if (!aula_nack_advanced(&one->nack, before, *ret_number, now_us))
		aula_track_want_keyframe(track, 1u << encoding);
	aula_hub_repair_at(track->hub, aula_nack_due_us(&one->nack));
	return true;
}

static void
hand_on(aula_live_track *track, aula_packet *packet)
{
	aula_taps_packet(&track->taps, (aula_track){ track->id }, packet);
	aula_mirror *mirror = aula_hub_mirror(track->hub, track->id);
	if (mirror != NULL)
		aula_mirror_push(mirror, packet);
	aula_audience_note(&track->audience, packet);
	for (unsigned i = 0; i < track->audience.count; i++)
		aula_hub_send_packet(
			track->hub, track->audience.subscriptions[i].hub_index, track->id, packet);
}

void
aula_track_take(aula_live_track *track, unsigned encoding, aula_packet *packet, const aula_rtp *rtp,
	bool repair)
{
	aula_encoding *one = &track->encodings[encoding];
	aula_packet_view *view = &packet->view;
	uint64_t number;

	if (!is_ours(track, rtp->payload_type)) {
		track->foreign++;
		aula_packet_unref(packet);
		return;
	}
	if (!count_in(track, encoding, rtp, repair, &number)) {
		aula_packet_unref(packet);
		return;
	}
	set_receiving(track, encoding, true);
	if (track->muted) {
		track->muted_packets++;
		aula_packet_unref(packet);
		return;
	}
	aula_notes *notes = aula_notes_write(packet);
	notes->number = number;
	notes->epoch = one->epoch;
	notes->timeline = one->timeline;
	notes->owner = notes->turn = 0;
	notes->encoding_count = (uint8_t)track->encoding_count;
	notes->readable = notes->described = false;
	notes->rtp = *rtp;
	view->encoding = (uint8_t)encoding;
	if (track->options.kind == AULA_VIDEO)
		aula_encoding_read(one, packet);
	else if (aula_rtp_audio_level(view->data, rtp, &view->level_dbov, NULL))
		aula_speaker_note(&track->speaker, view->level_dbov, one->received_us);
	else
		view->level_dbov = 1;
	hand_on(track, packet);
	aula_packet_unref(packet);
}

/* -- reports -- */

void
aula_track_note_sender(aula_live_track *track, unsigned encoding, const aula_rtcp_sender *sender)
{
	int64_t now_us = aula_hub_now_us(track->hub);
	aula_clock *clock = aula_peer_clock(track->peer);

	aula_encoding_note_sender(&track->encodings[encoding], sender,
		aula_clock_note(clock, sender->ntp, now_us), now_us);
	spread_pair(track, encoding);
}

const aula_clock_pair *
aula_track_pair(const aula_live_track *track, unsigned encoding)
{
	return &track->encodings[encoding].pair;
}

void
aula_track_bye(aula_live_track *track, unsigned encoding)
{
	set_receiving(track, encoding, false);
}

bool
aula_track_report(aula_live_track *track, unsigned encoding, aula_rtcp_report *ret_report)
{
	aula_encoding *one = &track->encodings[encoding];

	if (!aula_encoding_report(one, aula_hub_now_us(track->hub), ret_report))
		return false;
	if (ret_report->lost > one->told_lost) {
		aula_hub_gauge_add(track->hub, AULA_GAUGE_LOST_IN,
			(uint64_t)(ret_report->lost - one->told_lost));
		one->told_lost = ret_report->lost;
	}
	return true;
}

/* -- requests to the publisher -- */

/* However many encodings are asked, and whenever they are wanted: at most two moments in any
 * second. False: not now. */
static bool
may_ask(aula_live_track *track, int64_t now_us)
{
	if (now_us == track->asked_us[1])
		return true;
	if (now_us - track->asked_us[0] < 2 * AULA_KEYFRAME_INTERVAL_US)
		return false;
	track->asked_us[0] = track->asked_us[1];
	track->asked_us[1] = now_us;
	return true;
}

static void
ask_keyframe_if_due(aula_live_track *track, aula_encoding *one, int64_t now_us)
{
	if (one->ssrc == 0 || track->muted || !aula_keyframe_is_due(&one->keyframe, now_us) ||
		!may_ask(track, now_us))
		return;
	aula_keyframe_take(&one->keyframe, now_us);
	aula_hub_gauge_add(track->hub, AULA_GAUGE_KEYFRAMES_ASKED, 1);
	if (track->options.feedback & AULA_FB_PLI)
		aula_feedback_pli(track->peer, one->ssrc);
	else if (track->options.feedback & AULA_FB_FIR)
		aula_feedback_fir(track->peer, one->ssrc, one->fir_number++);
}

void
aula_track_want_keyframe(aula_live_track *track, uint32_t encodings)
{
	int64_t now_us = aula_hub_now_us(track->hub);

	if (track->options.kind != AULA_VIDEO)
		return;
	for (unsigned i = 0; i < track->encoding_count; i++)
		if (encodings >> i & 1) {
			aula_keyframe_want(&track->encodings[i].keyframe);
			ask_keyframe_if_due(track, &track->encodings[i], now_us);
		}
}

int64_t
aula_track_repair(aula_live_track *track, int64_t now_us)
{
	uint16_t numbers[NACKS_AT_ONCE];
	int64_t next_us = INT64_MAX;

	for (unsigned i = 0; i < track->encoding_count; i++) {
		aula_encoding *one = &track->encodings[i];
		size_t count = aula_nack_take(&one->nack, now_us, numbers, NACKS_AT_ONCE);
		if (count > 0)
			aula_feedback_nack(track->peer, one->ssrc, numbers, count);
		aula_hub_gauge_add(track->hub, AULA_GAUGE_NACKED_OUT, count);
		int64_t due_us = aula_nack_due_us(&one->nack);
		next_us = MIN(next_us, due_us);
	}
	return next_us;
}

static bool
is_watched(const aula_live_track *track)
{
	return track->audience.count > 0 || track->taps.count > 0 ||
	       aula_hub_mirror(track->hub, track->id) != NULL;
}

static void
note_demand(aula_live_track *track)
{
	void *data;
	const aula_hub_listener *listener = aula_hub_listener_of(track->hub, &data);
	uint32_t watched = track->taps.count > 0 ? AULA_ENCODINGS_ALL
						 : aula_audience_watched(&track->audience);

	if (track->encoding_count == 1)
		return;
	if (aula_demand_note(&track->demand, watched, aula_hub_now_us(track->hub)) &&
		!track->options.obeys)
		aula_peer_hurry_reports(track->peer);
	if (!track->options.obeys || track->told_wanted == track->demand.wanted)
		return;
	track->told_wanted = track->demand.wanted;
	listener->on_hub_wanted(data, track->id, track->told_wanted);
}

void
aula_track_tick(aula_live_track *track, int64_t now_us)
{
	bool watched = is_watched(track);

	for (unsigned i = 0; i < track->encoding_count; i++) {
		aula_encoding *one = &track->encodings[i];
		if (one->receiving && now_us - one->received_us >= AULA_TRACK_SILENCE_US) {
			set_receiving(track, i, false);
			/* Nothing is lost that is not sent; a camera that comes back brings a
			 * keyframe. */
			aula_nack_clear(&one->nack);
		}
		if (!watched)
			aula_keyframe_cancel(&one->keyframe);
		else if (one->receiving)
			ask_keyframe_if_due(track, one, now_us);
	}
	tell_receiving(track);
	aula_speaker_tick(&track->speaker, now_us);
	tell_speaking(track);
	note_demand(track);
}

/* -- control -- */

static void
forget(aula_live_track *track)
{
	aula_mirror *mirror = aula_hub_mirror(track->hub, track->id);

	if (mirror != NULL)
		aula_mirror_forget(mirror);
	for (unsigned i = 0; i < track->audience.count; i++)
		aula_letter_forget(
			track->hub, track->audience.subscriptions[i].hub_index, track->id);
}

void
aula_track_mute(aula_live_track *track, bool muted)
{
	if (track->muted == muted)
		return;
	track->muted = muted;
	if (muted)
		aula_speaker_reset(&track->speaker);
	for (unsigned i = 0; i < track->encoding_count; i++) {
		if (muted)
			aula_nack_clear(&track->encodings[i].nack);
		else
			track->encodings[i].epoch++;
	}
	if (muted)
		forget(track);
	else
		aula_track_want_keyframe(track, AULA_ENCODINGS_ALL);
}

uint32_t
aula_track_wanted(const aula_live_track *track)
{
	return track->demand.wanted;
}

bool
aula_track_receives(const aula_live_track *track, unsigned encoding)
{
	return track->encodings[encoding].receiving;
}

int64_t
aula_track_bps(const aula_live_track *track, unsigned encoding)
{
	return track->encodings[encoding].rate.bps;
}

void
aula_track_subscribe(aula_live_track *track, unsigned hub_index, bool on)
{
	if (!aula_audience_subscribe(&track->audience, hub_index, on))
		return;
	for (unsigned i = 0; i < track->encoding_count; i++) {
		aula_letter_pair(track->hub, hub_index, track->id, i, &track->encodings[i].pair);
		aula_letter_rate(track->hub, hub_index, track->id, i, aula_track_bps(track, i));
	}
}

const aula_audience *
aula_track_audience(const aula_live_track *track)
{
	return &track->audience;
}

void
aula_track_watch(aula_live_track *track, unsigned hub_index, uint32_t encodings)
{
	aula_audience_watch(&track->audience, hub_index, encodings);
	note_demand(track);
}

bool
aula_track_tap(aula_live_track *track, uint64_t tap, const aula_tap_ops *ops, void *data)
{
	if (aula_taps_add(&track->taps, tap, ops, data)) {
		note_demand(track);
		return true;
	}
	aula_tap_close(ops, data, (aula_track){ track->id });
	return false;
}

void
aula_track_untap(aula_live_track *track, uint64_t tap)
{
	aula_taps_remove(&track->taps, tap, (aula_track){ track->id });
}

json_t *
aula_track_stats(const aula_live_track *track)
{
	json_t *encodings = json_array();
	uint64_t packets = 0, bytes = 0, repaired = 0, lost = 0, duplicates = 0, nacks = 0;
	uint64_t keyframes = 0, keyframe_requests = 0;

	for (unsigned i = 0; i < track->encoding_count; i++) {
		const aula_encoding *one = &track->encodings[i];
		json_t *stats = aula_encoding_stats(one);
		if (*track->options.encodings[i].rid != '\0')
			json_object_set_new(
				stats, "rid", json_string(track->options.encodings[i].rid));
		json_object_set_new(stats, "wanted", json_boolean(track->demand.wanted >> i & 1));
		json_array_append_new(encodings, stats);
		packets += one->packets;
		bytes += one->bytes;
		repaired += one->repaired;
		lost += aula_sequence_lost(&one->sequence);
		duplicates += one->sequence.duplicates;
		nacks += one->nack.asked;
		keyframes += one->keyframe.came;
		keyframe_requests += one->keyframe.asked;
	}
	return json_pack("{s:s s:s s:s s:b s:b s:I s:I s:I s:I s:I s:I s:I s:I s:I s:o}", "mid",
		track->options.mid, "kind", track->options.kind == AULA_VIDEO ? "video" : "audio",
		"codec", aula_codec_name(track->options.codec), "receiving", track->receiving,
		"muted", track->muted, "packets", (json_int_t)packets, "bytes", (json_int_t)bytes,
		"lost", (json_int_t)lost, "duplicates", (json_int_t)duplicates, "foreign",
		(json_int_t)track->foreign, "nacks", (json_int_t)nacks, "repaired",
		(json_int_t)repaired, "keyframes", (json_int_t)keyframes, "keyframe_requests",
		(json_int_t)keyframe_requests, "encodings", encodings);
}
