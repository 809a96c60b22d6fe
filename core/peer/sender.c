/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/sender.h"

#include <string.h>

#include "media/budget.h"
#include "media/report.h"
#include "media/rewrite.h"
#include "peer/hub.h"
#include "peer/notes.h"
#include "wire/red.h"
#include "wire/rtx.h"

enum {
	NO_PAYLOAD_TYPE = 255,
	REPEATS = 64,         /* a power of two */
	REPEAT_US = 10000,    /* shortest time between two retransmissions of one packet */
	REPAIR_BPS = 2000000, /* what a subscriber can make us repeat */
	REPAIR_BURST_BYTES = 128 * 1024,
};

/* Passed on as they came, if they are no longer than they have a reason to be: together they must
 * fit a header, whatever a publisher fills them with. What says when a packet left, or counts
 * packets, is not for passing on. */
static const struct {
	aula_extension extension;
	uint8_t bytes_most;
} passed_on[] = {
	{ AULA_EXTENSION_AUDIO_LEVEL, 1 },
	{ AULA_EXTENSION_ORIENTATION, 1 },
	{ AULA_EXTENSION_PLAYOUT_DELAY, 3 },
	{ AULA_EXTENSION_ABS_CAPTURE_TIME, 16 },
	{ AULA_EXTENSION_DEPENDENCY, 200 },
};

struct aula_live_sender {
	aula_hub *hub;
	aula_live_peer *peer;
	aula_connection *connection;
	uint64_t id;
	aula_sender_options options;
	uint8_t mid_length;

	aula_mirror *source; /* NULL: none */
	bool paused;
	bool own;          /* a feed carries what the subscriber itself sends */
	bool flowing;      /* packets of the source are forwarded */
	bool known;        /* `rewrite` is on the source's timeline `timeline` */
	unsigned encoding; /* of the source, with `known` */
	uint32_t epoch, timeline;
	uint32_t watched; /* encodings that the source was told of, as bits */
	aula_rewrite rewrite;
	uint64_t rtx_next; /* extended number in the retransmission stream */
	bool rtx_sent;

	aula_budget budget;
	struct {
		uint64_t number; /* outgoing */
		int64_t at_us;
	} repeats[REPEATS];

	aula_report report;
	uint64_t packets, bytes, reported_packets;
	uint64_t nacks, repeated, refused, refreshes;
};

/* -- numbers, which outlive it -- */

static void
start_numbers(aula_live_sender *sender)
{
	const aula_spent *spent = aula_peer_spent(sender->peer);
	aula_spent_entry before;

	aula_rewrite_init(&sender->rewrite, sender->options.clock_hz,
		(uint16_t)aula_hub_random(sender->hub), aula_hub_random(sender->hub));
	if (aula_spent_find(spent, sender->options.ssrc, &before))
		aula_rewrite_resume(
			&sender->rewrite, before.highest, before.timestamp, before.timestamp_us);
	sender->rtx_next = aula_hub_random(sender->hub) & 0x7fff;
	if (aula_spent_find(spent, sender->options.rtx_ssrc, &before))
		sender->rtx_next = before.highest + 1;
}

static void
keep_numbers(const aula_live_sender *sender)
{
	aula_spent *spent = aula_peer_spent(sender->peer);

	if (sender->rewrite.sent)
		aula_spent_note(spent, &(aula_spent_entry){ .ssrc = sender->options.ssrc,
					       .highest = sender->rewrite.highest,
					       .timestamp = sender->rewrite.timestamp,
					       .timestamp_us = sender->rewrite.timestamp_us });
	if (sender->rtx_sent)
		aula_spent_note(spent, &(aula_spent_entry){ .ssrc = sender->options.rtx_ssrc,
					       .highest = sender->rtx_next - 1 });
}

aula_live_sender *
aula_sender_new(
	aula_hub *hub, aula_live_peer *peer, uint64_t id, const aula_sender_options *options)
{
	aula_live_sender *sender = g_new0(aula_live_sender, 1);

	sender->hub = hub;
	sender->peer = peer;
	sender->connection = aula_peer_connection(peer);
	sender->id = id;
	sender->options = *options;
	sender->mid_length = (uint8_t)strlen(options->mid);
	if (sender->mid_length == 0)
		sender->options.extensions.id[AULA_EXTENSION_MID] = 0;
	start_numbers(sender);
	aula_budget_init(&sender->budget, REPAIR_BPS, REPAIR_BURST_BYTES, aula_hub_now_us(hub));
	aula_hub_add_sender(hub, &sender->id, sender);
	return sender;
}

void
aula_sender_free(aula_live_sender *sender)
{
	if (sender == NULL)
		return;
	aula_hub_remove_sender(sender->hub, sender->id);
	if (sender->source != NULL) {
		aula_mirror_watch(sender->source, sender->watched, 0);
		aula_mirror_remove(sender->source, sender);
	}
	keep_numbers(sender);
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
	return &sender->options;
}

/* -- control -- */

static void
watch(aula_live_sender *sender)
{
	uint32_t watched = sender->paused ? 0 : AULA_ENCODINGS_ALL;

	if (sender->source == NULL || watched == sender->watched)
		return;
	aula_mirror_watch(sender->source, sender->watched, watched);
	sender->watched = watched;
}

/* Not before it can be used: the next one would have to wait for its turn. */
static void
want_keyframe(aula_live_sender *sender)
{
	if (sender->source == NULL || sender->options.kind != AULA_VIDEO || sender->paused ||
		sender->own || !aula_connection_is_up(sender->connection))
		return;
	unsigned best = aula_mirror_best(sender->source);
	bool caught_up = !sender->known && aula_mirror_catch_up(sender->source, best, sender);
	if (!caught_up || !sender->flowing)
		aula_mirror_want_keyframe(sender->source, 1u << best);
}

static bool
can_carry(const aula_live_sender *sender, const aula_mirror *source)
{
	const aula_track_options *track = aula_mirror_options(source);

	return track->codec == sender->options.codec && track->clock_hz == sender->options.clock_hz;
}

void
aula_sender_feed(aula_live_sender *sender, aula_mirror *source)
{
	aula_mirror *before = sender->source;

	if (source == before)
		return;
	sender->source = NULL;
	sender->flowing = sender->known = sender->own = false;
	if (before != NULL) {
		aula_mirror_watch(before, sender->watched, 0);
		aula_mirror_remove(before, sender);
	}
	sender->watched = 0;
	if (source == NULL)
		return;
	/* Also when it cannot be carried: a mirror without senders would stay for ever. */
	aula_mirror_add(source, sender);
	if (!can_carry(sender, source)) {
		aula_mirror_remove(source, sender);
		return;
	}
	sender->source = source;
	watch(sender);
	want_keyframe(sender);
}

void
aula_sender_lost_source(aula_live_sender *sender)
{
	sender->source = NULL;
	sender->flowing = sender->known = false;
	sender->watched = 0;
}

void
aula_sender_pause(aula_live_sender *sender, bool paused)
{
	if (sender->paused == paused)
		return;
	sender->paused = paused;
	sender->flowing = false;
	watch(sender);
	want_keyframe(sender);
}

void
aula_sender_connected(aula_live_sender *sender)
{
	want_keyframe(sender);
}

/* -- packets out -- */

/* The first packet after a feed, a pause or a gap. False: not with this one. */
static bool
begin(aula_live_sender *sender, const aula_packet *packet, int64_t now_us)
{
	const aula_notes *notes = aula_notes_of(packet);
	bool gap = sender->flowing;

	sender->flowing = false;
	if (sender->options.kind == AULA_VIDEO && !packet->view.keyframe) {
		if (gap)
			want_keyframe(sender);
		return false;
	}
	bool anew = !sender->known || notes->timeline != sender->timeline ||
		    packet->view.encoding != sender->encoding;
	aula_rewrite_start(&sender->rewrite, notes->number, notes->rtp.timestamp, anew, now_us);
	if (anew)
		aula_peer_hurry_reports(sender->peer);
	sender->encoding = packet->view.encoding;
	sender->epoch = notes->epoch;
	sender->timeline = notes->timeline;
	sender->flowing = sender->known = true;
	return true;
}

typedef struct {
	const uint8_t *payload;
	size_t length;
	uint8_t payload_type;
} content;

/* What of the packet this subscriber gets. False: nothing. */
static bool
choose(const aula_live_sender *sender, const aula_packet *packet, content *ret_content)
{
	const aula_notes *notes = aula_notes_of(packet);
	bool red = notes->rtp.payload_type != aula_mirror_options(sender->source)->payload_type;

	*ret_content = (content){
		.payload = aula_notes_payload(packet),
		.length = notes->rtp.payload_length,
		.payload_type = sender->options.payload_type,
	};
	if (red && sender->options.red_payload_type != NO_PAYLOAD_TYPE)
		ret_content->payload_type = sender->options.red_payload_type;
	else if (red && !aula_red_primary(ret_content->payload, ret_content->length,
				&ret_content->payload, &ret_content->length))
		return false;
	/* Nothing but padding: a probe of the publisher's, which is between it and us. */
	return ret_content->length > 0;
}

/* The same packet always gets the same header but for the retransmission stream's own numbers: a
 * plain retransmission must repeat every bit, or AES-GCM would see one nonce with two messages. */
static size_t
write_header(const aula_live_sender *sender, const aula_packet *packet, const aula_rtp *out,
	uint8_t *ret_header)
{
	const aula_notes *notes = aula_notes_of(packet);
	aula_rtp_write elements[1 + G_N_ELEMENTS(passed_on)];
	size_t count = 0;
	const uint8_t *ids = sender->options.extensions.id;

	if (ids[AULA_EXTENSION_MID] != 0)
		elements[count++] = (aula_rtp_write){ ids[AULA_EXTENSION_MID], sender->mid_length,
			(const uint8_t *)sender->options.mid };
	for (size_t i = 0; i < G_N_ELEMENTS(passed_on); i++) {
		aula_extension extension = passed_on[i].extension;
		const aula_rtp_element *element = &notes->rtp.elements[extension];
		if (element->length != 0 && element->length <= passed_on[i].bytes_most &&
			ids[extension] != 0)
			elements[count++] = (aula_rtp_write){ ids[extension], element->length,
				packet->view.data + element->offset };
	}
	return aula_rtp_header_write(ret_header, AULA_RTP_HEADER_MOST, out, elements, count);
}

static void
forward(aula_live_sender *sender, const aula_packet *packet, int64_t now_us)
{
	const aula_notes *notes = aula_notes_of(packet);
	uint8_t header[AULA_RTP_HEADER_MOST];
	content chosen;
	uint64_t number;
	aula_rtp out = {
		.marker = notes->rtp.marker,
		.ssrc = sender->options.ssrc,
	};

	/* The highest encoding that flows; which one a line can carry is for layers to say. */
	if (packet->view.encoding != aula_mirror_best(sender->source))
		return;
	bool goes_on = sender->flowing && notes->epoch == sender->epoch &&
		       packet->view.encoding == sender->encoding;
	if (!choose(sender, packet, &chosen)) {
		if (goes_on)
			aula_rewrite_skip(&sender->rewrite, notes->number);
		return;
	}
	if (!goes_on && !begin(sender, packet, now_us))
		return;
	if (!aula_rewrite_map(&sender->rewrite, notes->number, notes->rtp.timestamp, now_us,
		    &number, &out.timestamp))
		return;
	out.sequence = (uint16_t)number;
	out.payload_type = chosen.payload_type;
	size_t header_length = write_header(sender, packet, &out, header);
	aula_connection_send_rtp(sender->connection, header, header_length, chosen.payload,
		chosen.length, (uint32_t)(number >> 16));
	sender->packets++;
	sender->bytes += chosen.length;
}

/* What its own subscriber sends, on the way back by a feed. */
static bool
is_own(const aula_live_sender *sender, const aula_packet *packet)
{
	return sender->options.owner != 0 && aula_notes_of(packet)->owner == sender->options.owner;
}

void
aula_sender_prefetch(const aula_live_sender *sender, unsigned turns)
{
	if (turns < AULA_SENDER_AHEAD) {
		aula_connection_prefetch(sender->connection, AULA_SENDER_AHEAD - 1 - turns);
		return;
	}
	for (size_t i = 0; i < offsetof(aula_live_sender, repeats); i += 64)
		__builtin_prefetch((const char *)sender + i);
	__builtin_prefetch(&sender->packets);
}

void
aula_sender_forward(
	aula_live_sender *sender, aula_packet *const *packets, size_t count, int64_t now_us)
{
	if (sender->paused || !aula_connection_is_up(sender->connection))
		return;
	for (size_t i = 0; i < count; i++) {
		/* Goes on with the next source of the feed, which begins at a keyframe; the numbers
		 * close up. */
		sender->own = is_own(sender, packets[i]);
		if (sender->own)
			sender->flowing = false;
		else
			forward(sender, packets[i], now_us);
	}
}

/* -- retransmission -- */

/* Asked for twice within a round trip is answered once. */
static bool
is_repeated_just_now(aula_live_sender *sender, uint64_t number, int64_t now_us)
{
	__typeof__(&sender->repeats[0]) last = &sender->repeats[number % REPEATS];
	int64_t wait_us = MAX(sender->report.rtt_us, REPEAT_US);

	if (last->number == number && last->at_us != 0 && now_us - last->at_us < wait_us)
		return true;
	last->number = number;
	last->at_us = now_us;
	return false;
}

static void
send_again(aula_live_sender *sender, const aula_packet *packet, const content *chosen,
	uint64_t number, aula_rtp *out)
{
	uint8_t header[AULA_RTP_HEADER_MOST], wrapped[AULA_RTX_BYTES + AULA_PACKET_BYTES];
	const uint8_t *payload = chosen->payload;
	size_t length = chosen->length;

	if (sender->options.rtx_payload_type != NO_PAYLOAD_TYPE && sender->options.rtx_ssrc != 0) {
		length = aula_rtx_wrap(wrapped, sizeof(wrapped), (uint16_t)number, chosen->payload,
			chosen->length);
		payload = wrapped;
		number = sender->rtx_next++;
		sender->rtx_sent = true;
		out->payload_type = sender->options.rtx_payload_type;
		out->ssrc = sender->options.rtx_ssrc;
	}
	out->sequence = (uint16_t)number;
	size_t header_length = write_header(sender, packet, out, header);
	aula_connection_send_rtp(sender->connection, header, header_length, payload, length,
		(uint32_t)(number >> 16));
}

static void
repeat(aula_live_sender *sender, uint16_t asked, int64_t now_us)
{
	uint64_t in, number;
	content chosen;

	if (!aula_rewrite_reverse(&sender->rewrite, asked, &in, &number))
		return;
	const aula_packet *packet = aula_mirror_get(sender->source, sender->encoding, in);
	if (packet == NULL || aula_notes_of(packet)->timeline != sender->timeline ||
		!choose(sender, packet, &chosen) || is_repeated_just_now(sender, number, now_us))
		return;
	if (!aula_budget_spend(&sender->budget, chosen.length, now_us)) {
		sender->refused++;
		return;
	}
	const aula_notes *notes = aula_notes_of(packet);
	aula_rtp out = {
		.marker = notes->rtp.marker,
		.ssrc = sender->options.ssrc,
		.payload_type = chosen.payload_type,
		.timestamp = aula_rewrite_timestamp(&sender->rewrite, notes->rtp.timestamp),
	};
	send_again(sender, packet, &chosen, number, &out);
	sender->repeated++;
}

void
aula_sender_nack(aula_live_sender *sender, const aula_rtcp *nack)
{
	int64_t now_us = aula_hub_now_us(sender->hub);
	size_t cursor = 0;
	uint16_t asked;

	/* Not known: what was sent came from another source, whose numbers mean nothing here. */
	if (!sender->known || !(sender->options.feedback & AULA_FB_NACK))
		return;
	while (aula_rtcp_read_nack(nack, &cursor, &asked)) {
		sender->nacks++;
		repeat(sender, asked, now_us);
	}
}

void
aula_sender_refresh(aula_live_sender *sender)
{
	sender->refreshes++;
	want_keyframe(sender);
}

/* -- reports -- */

void
aula_sender_note_report(aula_live_sender *sender, const aula_rtcp_report *report)
{
	int64_t now_us = aula_now_us(); /* a turn may be long against a round trip */
	int64_t trip_us = aula_ntp_round_trip_us(
		aula_hub_ntp(sender->hub, now_us), report->last_sr, report->delay_since_last_sr);

	aula_report_note(&sender->report, report->fraction_lost, report->lost, report->jitter,
		sender->options.clock_hz, trip_us, now_us);
}

bool
aula_sender_report(aula_live_sender *sender, int64_t now_us, aula_rtcp_sender *ret_report)
{
	if (sender->packets == sender->reported_packets || sender->source == NULL || !sender->known)
		return false;
	const aula_clock_pair *pair = aula_mirror_pair(sender->source, sender->encoding);
	if (!pair->known)
		return false;
	sender->reported_packets = sender->packets;
	*ret_report = (aula_rtcp_sender){
		.ssrc = sender->options.ssrc,
		.ntp = aula_hub_ntp(sender->hub, now_us),
		.rtp_timestamp = aula_rewrite_timestamp(&sender->rewrite,
			aula_clock_timestamp(pair, sender->options.clock_hz, now_us)),
		.packets = (uint32_t)sender->packets,
		.octets = (uint32_t)sender->bytes,
	};
	return true;
}

json_t *
aula_sender_stats(const aula_live_sender *sender)
{
	return json_pack("{s:s s:s s:s s:I s:b s:b s:I s:I s:I s:I s:I s:I s:i s:f s:f s:f}", "mid",
		sender->options.mid, "kind", sender->options.kind == AULA_VIDEO ? "video" : "audio",
		"codec", aula_codec_name(sender->options.codec), "ssrc",
		(json_int_t)sender->options.ssrc, "flowing", sender->flowing, "paused",
		sender->paused, "packets", (json_int_t)sender->packets, "bytes",
		(json_int_t)sender->bytes, "nacks", (json_int_t)sender->nacks, "retransmitted",
		(json_int_t)sender->repeated, "refused", (json_int_t)sender->refused,
		"keyframe_requests", (json_int_t)sender->refreshes, "lost",
		(int)sender->report.lost, "loss", sender->report.fraction_lost / 256.0, "rtt_ms",
		(double)sender->report.rtt_us / 1e3, "jitter_ms",
		(double)sender->report.jitter_us / 1e3);
}
