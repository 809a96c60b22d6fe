/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/sender.h"

#include "media/layers.h"
#include "media/report.h"
#include "media/resend.h"
#include "peer/aim.h"
#include "peer/hub.h"
#include "peer/line.h"
#include "peer/notes.h"
#include "peer/outlet.h"
#include "peer/repetition.h"

enum {
	RANK_USUAL = 2,
	ASK_AGAIN_US = 500000, /* for a keyframe that does not come */
};

struct aula_live_sender {
	aula_hub *hub;
	aula_live_peer *peer;
	aula_line *line;
	uint64_t id;
	aula_outlet outlet;

	aula_mirror *source; /* NULL: none */
	bool paused;
	bool starved; /* for want of a wider line */
	bool own;     /* a feed carries what the subscriber itself sends */
	bool flowing; /* packets of the source are forwarded */
	bool known;   /* what was sent last is of the source, and of its timeline `timeline` */
	uint32_t epoch, timeline;
	uint32_t watched; /* encodings that the source was told of, as bits */
	uint8_t asked;    /* the encoding of which a keyframe was asked for last */
	int64_t asked_us;
	aula_aim aim;
	aula_share share;
	aula_shown told;

	/* Most of what a stage's viewers have is silent for the whole class: what takes room is
	 * made for who has something to send, and stays from then on, as its numbers go on. */
	aula_layers *layers;   /* video; NULL otherwise */
	aula_rewrite *rewrite; /* in `layers`, or of its own */
	aula_resend resend;
	aula_report report;
	uint64_t reported_packets, nacks, refreshes;
};

static void
start_numbers(aula_live_sender *sender)
{
	if (sender->rewrite != NULL)
		return;
	const aula_sender_options *options = &sender->outlet.options;
	uint16_t number = (uint16_t)aula_hub_random(sender->hub);
	uint32_t timestamp = aula_hub_random(sender->hub);
	if (options->kind == AULA_VIDEO) {
		sender->layers = g_new(aula_layers, 1);
		aula_layers_init(sender->layers, options->codec, number, timestamp);
		sender->rewrite = &sender->layers->rewrite;
	} else {
		sender->rewrite = g_new(aula_rewrite, 1);
		aula_rewrite_init(sender->rewrite, options->clock_hz, number, timestamp);
	}
	aula_outlet_resume(&sender->outlet, aula_peer_spent(sender->peer), sender->rewrite);
}

aula_live_sender *
aula_sender_new(
	aula_hub *hub, aula_live_peer *peer, uint64_t id, const aula_sender_options *options)
{
	aula_live_sender *sender = g_new0(aula_live_sender, 1);

	sender->hub = hub;
	sender->peer = peer;
	sender->line = aula_peer_line(peer);
	sender->id = id;
	aula_outlet_init(&sender->outlet, hub, peer, options);
	sender->aim = (aula_aim){ .encoding = -1,
		.spatial = -1,
		.temporal = -1,
		.min_delay_ms = -1,
		.max_delay_ms = -1 };
	sender->told = (aula_shown){ .encoding = -1 };
	aula_share_init(
		&sender->share, options->kind == AULA_VIDEO ? RANK_USUAL : AULA_SHARE_RANK_SOUND);
	aula_resend_init(&sender->resend, aula_hub_now_us(hub));
	aula_hub_add_sender(hub, &sender->id, sender);
	return sender;
}

void
aula_sender_free(aula_live_sender *sender)
{
	if (sender == NULL)
		return;
	aula_hub_remove_sender(sender->hub, sender->id);
	aula_line_forget(sender->line, sender);
	if (sender->source != NULL) {
		aula_mirror_watch(sender->source, sender->watched, 0);
		aula_mirror_remove(sender->source, sender);
	}
	if (sender->rewrite != NULL)
		aula_outlet_keep(&sender->outlet, aula_peer_spent(sender->peer), sender->rewrite);
	g_free(sender->layers != NULL ? (void *)sender->layers : sender->rewrite);
	aula_resend_clear(&sender->resend);
	g_free(sender);
}

uint64_t
aula_sender_id(const aula_live_sender *sender)
{
	return sender->id;
}

aula_live_peer *
aula_sender_peer(const aula_live_sender *sender)
{
	return sender->peer;
}

const aula_sender_options *
aula_sender_options_of(const aula_live_sender *sender)
{
	return &sender->outlet.options;
}

/* -- what to show -- */

/* What it shows, and what it waits for. */
static void
watch(aula_live_sender *sender)
{
	uint32_t watched = 0;

	if (sender->source == NULL)
		return;
	if (sender->paused)
		watched = 0;
	else if (sender->layers == NULL)
		watched = AULA_ENCODINGS_ALL;
	else if (sender->starved) /* what it begins with again */
		watched = 1;
	else
		watched = 1u << sender->layers->target.encoding |
			  (uint32_t)sender->layers->flowing << sender->layers->present.encoding;
	if (watched == sender->watched)
		return;
	aula_mirror_watch(sender->source, sender->watched, watched);
	sender->watched = watched;
}

static bool
is_open(const aula_live_sender *sender)
{
	return sender->source != NULL && !sender->paused && !sender->starved && !sender->own &&
	       aula_connection_is_up(aula_peer_connection(sender->peer));
}

/* Not before it can be used: the next one would have to wait for its turn. */
static void
want_keyframe(aula_live_sender *sender)
{
	uint8_t encoding;

	if (sender->layers == NULL || !is_open(sender) ||
		!aula_layers_want_keyframe(sender->layers, &encoding))
		return;
	/* What is pending may begin with it. */
	aula_mirror_flush(sender->source);
	if (!aula_layers_want_keyframe(sender->layers, &encoding))
		return;
	if (!sender->known && !sender->layers->flowing &&
		aula_mirror_catch_up(sender->source, encoding, sender) && sender->layers->flowing)
		return;
	sender->asked = encoding;
	sender->asked_us = aula_hub_now_us(sender->hub);
	aula_mirror_want_keyframe(sender->source, 1u << encoding);
}

/* Nothing of what it was told to show so far goes on. */
static void
stop(aula_live_sender *sender, bool anew)
{
	sender->flowing = false;
	if (anew)
		sender->known = false;
	if (sender->layers != NULL)
		aula_layers_interrupt(sender->layers, anew);
}

static void
aim_blindly(aula_live_sender *sender)
{
	if (sender->layers != NULL)
		aula_layers_aim(sender->layers,
			(aula_layer){ (uint8_t)aula_aim_blindly(sender->source, &sender->aim),
				sender->aim.spatial, sender->aim.temporal });
}

aula_share *
aula_sender_share(aula_live_sender *sender)
{
	if (sender->source == NULL || sender->paused || sender->own)
		return NULL;
	aula_aim_levels(&sender->share, sender->source, &sender->aim);
	return sender->share.level_count > 0 ? &sender->share : NULL;
}

static void
tell(aula_live_sender *sender)
{
	void *data;
	const aula_hub_listener *listener = aula_hub_listener_of(sender->hub, &data);

	if (aula_aim_shown(&sender->told, sender->layers, sender->starved))
		listener->on_hub_shown(data, sender->id, &sender->told);
}

void
aula_sender_apply(aula_live_sender *sender, bool hurry)
{
	const aula_share *share = &sender->share;

	if (sender->layers == NULL || sender->source == NULL || sender->paused)
		return;
	for (unsigned i = 0; i < AULA_ENCODINGS_MOST; i++)
		aula_layers_note_clock(
			sender->layers, (uint8_t)i, aula_mirror_pair(sender->source, i));
	bool starved = share->level_count > 0 && share->chosen == AULA_SHARE_PAUSED;
	if (starved && !sender->starved) {
		aula_line_forget(sender->line, sender);
		stop(sender, false);
	}
	sender->starved = starved;
	if (!starved && share->level_count > 0) {
		const aula_share_level *level = &share->levels[share->chosen];
		/* What goes on until the smaller picture begins would hold that up. */
		if (hurry && level->encoding < sender->layers->present.encoding) {
			aula_line_forget(sender->line, sender);
			stop(sender, false);
		}
		aula_layers_aim(sender->layers,
			(aula_layer){ level->encoding, level->spatial, level->temporal });
	} else if (!starved) {
		aim_blindly(sender);
	}
	watch(sender);
	if (sender->asked != sender->layers->target.encoding ||
		aula_hub_now_us(sender->hub) - sender->asked_us >= ASK_AGAIN_US)
		want_keyframe(sender);
	tell(sender);
}

void
aula_sender_aim(aula_live_sender *sender, const aula_aim *aim)
{
	sender->aim = *aim;
	sender->outlet.min_delay_ms = aim->min_delay_ms;
	sender->outlet.max_delay_ms = aim->max_delay_ms;
	if (aim->rank != 0 && sender->outlet.options.kind == AULA_VIDEO)
		sender->share.rank = aim->rank;
}

static bool
can_carry(const aula_live_sender *sender, const aula_mirror *source)
{
	const aula_track_options *track = aula_mirror_options(source);

	return track->codec == sender->outlet.options.codec &&
	       track->clock_hz == sender->outlet.options.clock_hz;
}

static void
let_go(aula_live_sender *sender)
{
	sender->source = NULL;
	sender->own = sender->starved = false;
	sender->watched = 0;
	sender->share.level_count = 0;
	/* What waits is written as that source is. */
	aula_line_forget(sender->line, sender);
	stop(sender, true);
}

void
aula_sender_feed(aula_live_sender *sender, aula_mirror *source)
{
	aula_mirror *before = sender->source;
	uint32_t watched = sender->watched;

	if (source == before)
		return;
	let_go(sender);
	if (before != NULL) {
		aula_mirror_watch(before, watched, 0);
		aula_mirror_remove(before, sender);
	}
	if (source == NULL)
		return;
	/* Also when it cannot be carried: a mirror without senders would stay for ever. */
	aula_mirror_add(source, sender);
	if (!can_carry(sender, source)) {
		aula_mirror_remove(source, sender);
		return;
	}
	sender->source = source;
	start_numbers(sender);
	sender->outlet.plain_payload_type = aula_mirror_options(source)->payload_type;
	aim_blindly(sender);
	watch(sender);
	want_keyframe(sender);
}

void
aula_sender_lost_source(aula_live_sender *sender)
{
	let_go(sender);
}

void
aula_sender_pause(aula_live_sender *sender, bool paused)
{
	if (sender->paused == paused)
		return;
	sender->paused = paused;
	if (paused)
		aula_line_forget(sender->line, sender);
	stop(sender, false);
	watch(sender);
	want_keyframe(sender);
}

void
aula_sender_connected(aula_live_sender *sender)
{
	want_keyframe(sender);
}

/* -- one packet out -- */

void
aula_sender_emit(aula_live_sender *sender, const aula_packet *packet, const aula_layers_out *out,
	bool repeat, uint8_t probe)
{
	aula_outlet_send(&sender->outlet, packet, out, repeat, probe);
}

bool
aula_sender_may_pad(const aula_live_sender *sender)
{
	return sender->layers != NULL && sender->rewrite->sent &&
	       aula_outlet_may_pad(&sender->outlet);
}

void
aula_sender_pad(aula_live_sender *sender, size_t bytes, uint8_t probe)
{
	aula_outlet_pad(&sender->outlet, sender->rewrite->timestamp, bytes, probe);
}

static void
leave(aula_live_sender *sender, aula_pacer_class class, aula_packet *packet,
	const aula_layers_out *out)
{
	size_t bytes = AULA_OUTLET_HEADER_BYTES + (out->empty ? 1 : packet->view.payload_length);

	if (aula_line_pass(sender->line, class, bytes))
		aula_sender_emit(sender, packet, out, class == AULA_PACER_REPEAT, 0);
	else if (!aula_line_hold(sender->line, class, bytes, sender, packet, out) &&
		 class == AULA_PACER_PICTURE) {
		stop(sender, false);
		want_keyframe(sender);
		return;
	}
	/* Not at once: what is lost together is sent apart. */
	if (aula_line_copies(sender->line) > 1 && aula_sender_may_pad(sender))
		aula_line_hold(sender->line, AULA_PACER_REPEAT, bytes, sender, packet, out);
}

/* -- packets of the source -- */

static void
note_start(aula_live_sender *sender, const aula_notes *notes, bool anew)
{
	sender->epoch = notes->epoch;
	sender->timeline = notes->timeline;
	sender->flowing = sender->known = true;
	if (anew)
		aula_peer_hurry_reports(sender->peer);
}

static void
forward_sound(aula_live_sender *sender, aula_packet *packet, int64_t now_us)
{
	const aula_notes *notes = aula_notes_of(packet);
	bool goes_on = sender->flowing && notes->epoch == sender->epoch;
	aula_layers_out out = { .marker = notes->rtp.marker };

	if (!aula_outlet_takes(&sender->outlet, packet)) {
		if (goes_on)
			aula_rewrite_skip(sender->rewrite, notes->number);
		return;
	}
	if (!goes_on) {
		bool anew = !sender->known || notes->timeline != sender->timeline;
		aula_rewrite_start(
			sender->rewrite, notes->number, notes->rtp.timestamp, anew, now_us);
		note_start(sender, notes, anew);
	}
	if (aula_rewrite_map(sender->rewrite, notes->number, notes->rtp.timestamp, now_us,
		    &out.number, &out.timestamp))
		leave(sender, AULA_PACER_SOUND, packet, &out);
}

static aula_layers_packet
as_layers_read(const aula_live_sender *sender, const aula_packet *packet)
{
	return aula_notes_for_layers(
		packet, aula_mirror_structure(sender->source, packet->view.encoding));
}

static void
forward_picture(aula_live_sender *sender, aula_packet *packet, int64_t now_us)
{
	const aula_notes *notes = aula_notes_of(packet);
	const aula_layers_packet read = as_layers_read(sender, packet);
	aula_layers *layers = sender->layers;
	uint64_t starts = layers->starts, switches = layers->switches;
	uint8_t before = layers->present.encoding;
	aula_layers_out out;
	bool gap = layers->flowing && read.encoding == before && notes->epoch != sender->epoch;

	if (gap)
		stop(sender, notes->timeline != sender->timeline);
	bool leaves = notes->rtp.payload_length > 0
			      ? aula_layers_forward(layers, &read, now_us, &out)
			      : aula_layers_skip(layers, &read, now_us, &out);
	if (layers->starts != starts) {
		/* What waits of a better picture would hold up the one that the line carries. */
		if (layers->switches != switches && read.encoding < before)
			aula_line_forget(sender->line, sender);
		note_start(sender, notes, true);
	} else if (gap) {
		want_keyframe(sender);
	}
	if (leaves)
		leave(sender, AULA_PACER_PICTURE, packet, &out);
}

void
aula_sender_prefetch(const aula_live_sender *sender, unsigned turns)
{
	if (turns < AULA_SENDER_AHEAD) {
		aula_connection_prefetch(sender->outlet.connection, AULA_SENDER_AHEAD - 1 - turns);
		__builtin_prefetch(sender->line);
		__builtin_prefetch(
			sender->layers != NULL ? (void *)sender->layers : sender->rewrite);
		return;
	}
	for (size_t i = 0; i < offsetof(aula_live_sender, resend); i += 64)
		__builtin_prefetch((const char *)sender + i);
}

void
aula_sender_forward(
	aula_live_sender *sender, aula_packet *const *packets, size_t count, int64_t now_us)
{
	if (sender->paused || !aula_connection_is_up(aula_peer_connection(sender->peer)))
		return;
	if (sender->layers != NULL)
		aula_line_wake(sender->line);
	if (sender->starved)
		return;
	const uint64_t owner = sender->outlet.options.owner;
	for (size_t i = 0; i < count; i++) {
		/* What its own subscriber sends does not come back by a feed: it goes on with the
		 * next source of the feed, which begins at a keyframe; the numbers close up. */
		sender->own = owner != 0 && aula_notes_of(packets[i])->owner == owner;
		if (sender->own)
			stop(sender, false);
		else if (sender->layers != NULL)
			forward_picture(sender, packets[i], now_us);
		else
			forward_sound(sender, packets[i], now_us);
	}
}

/* -- retransmission -- */

static void
repeat(aula_live_sender *sender, uint16_t asked, int64_t now_us)
{
	aula_layers_out out;
	aula_packet *packet =
		aula_repetition_find(&(aula_repetition){ sender->layers, sender->rewrite,
					     sender->source, sender->timeline },
			asked, &out);

	if (packet == NULL || (!out.empty && !aula_outlet_takes(&sender->outlet, packet)) ||
		!aula_resend_may(&sender->resend, out.number, packet->view.payload_length,
			MAX(sender->report.rtt_us, aula_line_rtt_us(sender->line)), now_us))
		return;
	leave(sender, AULA_PACER_REPEAT, packet, &out);
}

void
aula_sender_nack(aula_live_sender *sender, const aula_rtcp *nack)
{
	int64_t now_us = aula_hub_now_us(sender->hub);
	size_t cursor = 0;
	uint16_t asked;

	/* Not known: what was sent came from another source, whose numbers mean nothing here. */
	if (!sender->known || !(sender->outlet.options.feedback & AULA_FB_NACK))
		return;
	for (; aula_rtcp_read_nack(nack, &cursor, &asked); sender->nacks++) {
		aula_hub_gauge_add(sender->hub, AULA_GAUGE_NACKED_IN, 1);
		repeat(sender, asked, now_us);
	}
}

void
aula_sender_refresh(aula_live_sender *sender)
{
	uint8_t encoding;

	sender->refreshes++;
	if (sender->layers == NULL || !is_open(sender))
		return;
	want_keyframe(sender);
	/* What flows has lost its thread. */
	if (!aula_layers_want_keyframe(sender->layers, &encoding) ||
		encoding != sender->layers->present.encoding)
		aula_mirror_want_keyframe(sender->source, 1u << sender->layers->present.encoding);
}

/* -- reports -- */

void
aula_sender_note_report(aula_live_sender *sender, const aula_rtcp_report *report)
{
	int64_t now_us = aula_now_us(); /* a turn may be long against a round trip */
	int64_t trip_us = aula_ntp_round_trip_us(
		aula_hub_ntp(sender->hub, now_us), report->last_sr, report->delay_since_last_sr);
	int32_t lost = MAX(report->lost - sender->report.lost, 0);

	aula_hub_gauge_add(sender->hub, AULA_GAUGE_LOST_OUT, (uint64_t)lost);
	aula_report_note(&sender->report, report->fraction_lost, report->lost, report->jitter,
		sender->outlet.options.clock_hz, trip_us, now_us);
	aula_line_note_report(sender->line, report->fraction_lost, trip_us);
}

bool
aula_sender_report(aula_live_sender *sender, int64_t now_us, aula_rtcp_sender *ret_report)
{
	if (sender->outlet.packets == sender->reported_packets || sender->source == NULL ||
		!sender->known)
		return false;
	const aula_clock_pair *pair = aula_mirror_pair(
		sender->source, sender->layers != NULL ? sender->layers->present.encoding : 0);
	if (!pair->known)
		return false;
	sender->reported_packets = sender->outlet.packets;
	*ret_report = (aula_rtcp_sender){
		.ssrc = sender->outlet.options.ssrc,
		.ntp = aula_hub_ntp(sender->hub, now_us),
		.rtp_timestamp = aula_rewrite_timestamp(sender->rewrite,
			aula_clock_timestamp(pair, sender->outlet.options.clock_hz, now_us)),
		.packets = (uint32_t)sender->outlet.packets,
		.octets = (uint32_t)sender->outlet.bytes,
	};
	return true;
}

json_t *
aula_sender_stats(const aula_live_sender *sender, bool brief)
{
	if (brief && sender->outlet.packets == 0)
		return json_null();
	const aula_layers *layers = sender->layers;
	json_t *stats = json_pack(
		"{s:s s:s s:s s:I s:b s:b s:b s:I s:I s:I s:I s:I s:I s:i s:f s:f s:f}", "mid",
		sender->outlet.options.mid, "kind",
		sender->outlet.options.kind == AULA_VIDEO ? "video" : "audio", "codec",
		aula_codec_name(sender->outlet.options.codec), "ssrc",
		(json_int_t)sender->outlet.options.ssrc, "flowing",
		layers != NULL ? layers->flowing : sender->flowing, "paused", sender->paused,
		"starved", sender->starved, "packets", (json_int_t)sender->outlet.packets, "bytes",
		(json_int_t)sender->outlet.bytes, "nacks", (json_int_t)sender->nacks,
		"retransmitted", (json_int_t)sender->resend.repeated, "refused",
		(json_int_t)sender->resend.refused, "keyframe_requests",
		(json_int_t)sender->refreshes, "lost", (int)sender->report.lost, "loss",
		sender->report.fraction_lost / 256.0, "rtt_ms", (double)sender->report.rtt_us / 1e3,
		"jitter_ms", (double)sender->report.jitter_us / 1e3);

	if (layers != NULL)
		json_object_update_new(stats, aula_aim_stats(layers, &sender->share));
	return stats;
}
