/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/track.h"

#include "media/keyframe.h"
#include "media/nack.h"
#include "media/sequence.h"
#include "media/speaker.h"
#include "peer/feedback.h"
#include "peer/hub.h"
#include "peer/notes.h"
#include "peer/taps.h"
#include "wire/payload.h"

enum {
	NACKS_AT_ONCE = 64,
	TELL_US = 500000, /* shortest time between two notices of one track to control */
};

struct aula_live_track {
	aula_hub *hub;
	aula_live_peer *peer;
	uint64_t id;
	aula_track_options options;
	uint32_t ssrc; /* of the last packet */
	aula_sequence sequence;
	aula_nack nack;
	aula_keyframe keyframe;
	uint8_t fir_number;
	uint32_t epoch, timeline;
	bool muted, receiving, repairs;
	bool told; /* what control knows of `receiving`, since when */
	int64_t told_us;
	int64_t received_us; /* the last packet */
	aula_speaker speaker;
	bool told_speaking;
	uint64_t packets, bytes, repaired, foreign, muted_packets;

	aula_clock_pair pair;
	uint32_t last_sr; /* middle bits of its NTP time; 0: none yet */
	int64_t last_sr_us;

	aula_taps taps;
	unsigned subscribed_count;
	unsigned *subscribed; /* indexes of hubs; room for all of them */
};

aula_live_track *
aula_track_new(aula_hub *hub, aula_live_peer *peer, uint64_t id, const aula_track_options *options)
{
	aula_live_track *track = g_new0(aula_live_track, 1);

	track->hub = hub;
	track->peer = peer;
	track->id = id;
	track->options = *options;
	track->repairs = options->feedback & AULA_FB_NACK;
	track->told_us = INT64_MIN / 2;
	track->subscribed = g_new0(unsigned, aula_hub_count(hub));
	aula_sequence_init(&track->sequence, options->clock_hz);
	aula_nack_init(&track->nack);
	aula_keyframe_init(&track->keyframe);
	aula_speaker_init(&track->speaker);
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
	for (unsigned i = 0; i < track->subscribed_count; i++)
		aula_hub_send_gone(track->hub, track->subscribed[i], track->id);
	aula_mirror_free(aula_hub_mirror(track->hub, track->id));
	g_free(track->subscribed);
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

uint32_t
aula_track_ssrc(const aula_live_track *track)
{
	return track->ssrc;
}

/* What a timestamp means has changed: every loop that forwards must know. */
static void
spread_pair(aula_live_track *track)
{
	aula_mirror *mirror = aula_hub_mirror(track->hub, track->id);

	if (mirror != NULL)
		aula_mirror_set_pair(mirror, &track->pair);
	for (unsigned i = 0; i < track->subscribed_count; i++)
		aula_hub_send_pair(track->hub, track->subscribed[i], track->id, &track->pair);
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
set_receiving(aula_live_track *track, bool receiving)
{
	if (track->receiving == receiving)
		return;
	track->receiving = receiving;
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
count_in(aula_live_track *track, const aula_rtp *rtp, bool repair, uint64_t *ret_number)
{
	int64_t now_us = aula_hub_now_us(track->hub);
	uint64_t before = track->sequence.highest;
	aula_arrival arrival =
		aula_sequence_note(&track->sequence, rtp->sequence, repair, ret_number);

	switch (arrival) {
	case AULA_ARRIVAL_DUPLICATE:
	case AULA_ARRIVAL_STRAY:
		return false;
	case AULA_ARRIVAL_RESTART:
		track->epoch++;
		/* A report that came before the first packet stays true. */
		if (track->timeline++ > 0) {
			track->pair.known = false;
			spread_pair(track);
		}
		aula_nack_clear(&track->nack);
		break;
	case AULA_ARRIVAL_LATE:
		aula_nack_came(&track->nack, *ret_number, now_us);
		break;
	case AULA_ARRIVAL_NEXT:
		if (!track->repairs || track->muted || *ret_number == before + 1)
			break;
		if (!aula_nack_advanced(&track->nack, before, *ret_number, now_us))
			aula_track_want_keyframe(track);
		aula_hub_repair_at(track->hub, aula_nack_due_us(&track->nack));
		break;
	}
	if (!repair)
		aula_sequence_time(&track->sequence, rtp->timestamp, now_us);
	return true;
}

/* What the view says of the content: once, for all who forward or tap. */
static void
look_inside(aula_live_track *track, aula_packet *packet, const aula_rtp *rtp)
{
	aula_packet_view *view = &packet->view;
	aula_payload payload;

	if (track->options.kind == AULA_AUDIO) {
		if (aula_rtp_audio_level(view->data, rtp, &view->level_dbov, NULL))
			aula_speaker_note(&track->speaker, view->level_dbov, track->received_us);
		else
			view->level_dbov = 1;
		return;
	}
	view->keyframe = aula_payload_read(track->options.codec, view->data + rtp->header_length,
				 rtp->payload_length, rtp->marker, &payload) &&
			 payload.keyframe;
	if (view->keyframe)
		aula_keyframe_arrived(&track->keyframe);
}

static void
hand_on(aula_live_track *track, aula_packet *packet)
{
	aula_taps_packet(&track->taps, (aula_track){ track->id }, packet);
	aula_mirror *mirror = aula_hub_mirror(track->hub, track->id);
	if (mirror != NULL)
		aula_mirror_push(mirror, packet);
	for (unsigned i = 0; i < track->subscribed_count; i++)
		aula_hub_send_packet(track->hub, track->subscribed[i], track->id, packet);
}

void
aula_track_take(aula_live_track *track, aula_packet *packet, const aula_rtp *rtp, bool repair)
{
	uint64_t number;

	if (!is_ours(track, rtp->payload_type)) {
		track->foreign++;
		aula_packet_unref(packet);
		return;
	}
	track->received_us = aula_hub_now_us(track->hub);
	if (!repair && track->ssrc != rtp->ssrc) {
		if (track->ssrc != 0)
			aula_sequence_restart(&track->sequence);
		track->ssrc = rtp->ssrc;
	}
	if (!count_in(track, rtp, repair, &number)) {
		aula_packet_unref(packet);
		return;
	}
	set_receiving(track, true);
	track->packets++;
	track->bytes += rtp->payload_length;
	track->repaired += repair;
	if (track->muted) {
		track->muted_packets++;
		aula_packet_unref(packet);
		return;
	}
	look_inside(track, packet, rtp);
	*(aula_notes *)packet->notes = (aula_notes){
		.number = number,
		.epoch = track->epoch,
		.timeline = track->timeline,
		.rtp = *rtp,
	};
	hand_on(track, packet);
	aula_packet_unref(packet);
}

/* -- reports -- */

void
aula_track_note_sender(aula_live_track *track, const aula_rtcp_sender *sender)
{
	int64_t now_us = aula_hub_now_us(track->hub);
	aula_clock *clock = aula_peer_clock(track->peer);

	track->last_sr = aula_ntp_middle(sender->ntp);
	track->last_sr_us = now_us;
	track->pair = (aula_clock_pair){
		.known = true,
		.timestamp = sender->rtp_timestamp,
		.at_us = aula_clock_note(clock, sender->ntp, now_us),
	};
	spread_pair(track);
}

const aula_clock_pair *
aula_track_pair(const aula_live_track *track)
{
	return &track->pair;
}

void
aula_track_bye(aula_live_track *track)
{
	set_receiving(track, false);
}

bool
aula_track_report(aula_live_track *track, aula_rtcp_report *ret_report)
{
	aula_sequence_report report;

	if (!track->sequence.started)
		return false;
	aula_sequence_report_take(&track->sequence, &report);
	int64_t since_us = aula_hub_now_us(track->hub) - track->last_sr_us;
	*ret_report = (aula_rtcp_report){
		.ssrc = track->ssrc,
		.fraction_lost = report.fraction_lost,
		.lost = report.lost,
		.highest_sequence = report.highest,
		.jitter = report.jitter,
		.last_sr = track->last_sr,
		.delay_since_last_sr =
			track->last_sr != 0 ? (uint32_t)((since_us << 16) / 1000000) : 0,
	};
	return true;
}

/* -- requests to the publisher -- */

static void
ask_keyframe_if_due(aula_live_track *track, int64_t now_us)
{
	if (track->ssrc == 0 || track->muted || !aula_keyframe_take(&track->keyframe, now_us))
		return;
	if (track->options.feedback & AULA_FB_PLI)
		aula_feedback_pli(track->peer, track->ssrc);
	else if (track->options.feedback & AULA_FB_FIR)
		aula_feedback_fir(track->peer, track->ssrc, track->fir_number++);
}

void
aula_track_want_keyframe(aula_live_track *track)
{
	if (track->options.kind != AULA_VIDEO)
		return;
	aula_keyframe_want(&track->keyframe);
	ask_keyframe_if_due(track, aula_hub_now_us(track->hub));
}

int64_t
aula_track_repair(aula_live_track *track, int64_t now_us)
{
	uint16_t numbers[NACKS_AT_ONCE];
	size_t count = aula_nack_take(&track->nack, now_us, numbers, NACKS_AT_ONCE);

	if (count > 0)
		aula_feedback_nack(track->peer, track->ssrc, numbers, count);
	return aula_nack_due_us(&track->nack);
}

static bool
is_watched(const aula_live_track *track)
{
	return track->subscribed_count > 0 || track->taps.count > 0 ||
	       aula_hub_mirror(track->hub, track->id) != NULL;
}

void
aula_track_tick(aula_live_track *track, int64_t now_us)
{
	if (track->receiving && now_us - track->received_us >= AULA_TRACK_SILENCE_US) {
		set_receiving(track, false);
		/* Nothing is lost that is not sent; a camera that comes back brings a keyframe. */
		aula_nack_clear(&track->nack);
	}
	tell_receiving(track);
	aula_speaker_tick(&track->speaker, now_us);
	tell_speaking(track);
	if (!is_watched(track))
		aula_keyframe_cancel(&track->keyframe);
	else if (track->receiving)
		ask_keyframe_if_due(track, now_us);
}

/* -- control -- */

static void
forget(aula_live_track *track)
{
	aula_mirror *mirror = aula_hub_mirror(track->hub, track->id);

	if (mirror != NULL)
		aula_mirror_forget(mirror);
	for (unsigned i = 0; i < track->subscribed_count; i++)
		aula_hub_send_forget(track->hub, track->subscribed[i], track->id);
}

void
aula_track_mute(aula_live_track *track, bool muted)
{
	if (track->muted == muted)
		return;
	track->muted = muted;
	if (muted) {
		aula_speaker_reset(&track->speaker);
		aula_nack_clear(&track->nack);
		forget(track);
		return;
	}
	track->epoch++;
	aula_track_want_keyframe(track);
}

void
aula_track_subscribe(aula_live_track *track, unsigned hub_index, bool on)
{
	for (unsigned i = 0; i < track->subscribed_count; i++)
		if (track->subscribed[i] == hub_index) {
			if (!on)
				track->subscribed[i] = track->subscribed[--track->subscribed_count];
			return;
		}
	if (!on)
		return;
	track->subscribed[track->subscribed_count++] = hub_index;
	aula_hub_send_pair(track->hub, hub_index, track->id, &track->pair);
}

bool
aula_track_tap(aula_live_track *track, uint64_t tap, const aula_tap_ops *ops, void *data)
{
	if (aula_taps_add(&track->taps, tap, ops, data))
		return true;
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
	const aula_sequence *sequence = &track->sequence;

	return json_pack("{s:s s:s s:s s:I s:b s:b s:I s:I s:I s:I s:I s:I s:I s:I s:I s:f s:f}",
		"mid", track->options.mid, "kind",
		track->options.kind == AULA_VIDEO ? "video" : "audio", "codec",
		aula_codec_name(track->options.codec), "ssrc", (json_int_t)track->ssrc, "receiving",
		track->receiving, "muted", track->muted, "packets", (json_int_t)track->packets,
		"bytes", (json_int_t)track->bytes, "lost", (json_int_t)aula_sequence_lost(sequence),
		"duplicates", (json_int_t)sequence->duplicates, "foreign",
		(json_int_t)track->foreign, "nacks", (json_int_t)track->nack.asked, "repaired",
		(json_int_t)track->repaired, "keyframes", (json_int_t)track->keyframe.came,
		"keyframe_requests", (json_int_t)track->keyframe.asked, "rtt_ms",
		(double)track->nack.rtt_us / 1e3, "jitter_ms",
		sequence->jitter * 1e3 / track->options.clock_hz);
}
