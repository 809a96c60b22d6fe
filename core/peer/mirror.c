/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/mirror.h"

#include <string.h>

#include "media/history.h"
#include "media/supply.h"
#include "peer/hub.h"
#include "peer/letter.h"
#include "peer/notes.h"

enum {
	PENDING_MOST = 64,
	HOLD_SENDERS_LEAST = 16, /* for fewer, a send more for each is cheaper than waiting */
	VIDEO_HISTORY_BITS = 10, /* a second at 12 Mbit/s */
	AUDIO_HISTORY_BITS = 7,
	FRESH_US = 500000,        /* as often as keyframes are asked for */
	ASK_INTERVAL_US = 100000, /* between two mails to the track's loop, which merges them */
};

/* What browsers make of a camera with encodings of a quarter, half and the whole. */
static const int64_t nominal_bps[AULA_ENCODINGS_MOST] = { 150000, 500000, 1200000 };

typedef struct {
	aula_history history; /* no slots before the first packet */
	aula_clock_pair pair;
	uint64_t keyframe_number; /* where the last keyframe begins; 0: none */
	uint32_t keyframe_timestamp;
	int64_t keyframe_us;
	int64_t seen_us; /* when the last packet that says that it begins one came; 0: none */
	aula_meter meter;
	aula_dependency_structure *structure; /* NULL: none came */
	aula_supply supply;
} copy;

struct aula_mirror {
	aula_hub *hub;
	uint64_t track;
	unsigned home;
	aula_track_options options;
	GPtrArray *senders, *feeds;
	aula_packet *pending[PENDING_MOST]; /* of this turn or frame; each a reference */
	size_t pending_count;
	bool listed, held; /* with the hub: to be flushed in this turn, or soon */
	bool flushing;     /* what is pending is being handed out */
	uint32_t asks;     /* for keyframes of these, when the next tick finds that the last is old
			      enough */
	int64_t asked_us;  /* another loop, for a keyframe */
	uint32_t watched;  /* encodings, as the track's loop was told */
	uint32_t turn;     /* of a feed, see aula_notes */
	unsigned encoding_count;          /* that the source has */
	copy copies[AULA_ENCODINGS_MOST]; /* one an encoding */
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
	mirror->encoding_count = CLAMP(options->encoding_count, 1, AULA_ENCODINGS_MOST);
	for (unsigned i = 0; i < AULA_ENCODINGS_MOST; i++)
		aula_supply_init(&mirror->copies[i].supply, nominal_bps[i]);
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
	for (unsigned i = 0; i < AULA_ENCODINGS_MOST; i++) {
		if (mirror->copies[i].history.slots != NULL)
			aula_history_finish(&mirror->copies[i].history);
		g_free(mirror->copies[i].structure);
	}
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
	aula_letter_subscribe(mirror->hub, mirror->home, mirror->track, false);
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
note_keyframe(copy *one, const aula_packet *packet)
{
	const aula_notes *notes = aula_notes_of(packet);
	bool same = one->keyframe_number != 0 && one->keyframe_timestamp == notes->rtp.timestamp;

	/* Several packets of one frame may say that it is one. */
	if (same && one->keyframe_number <= notes->number)
		return;
	one->keyframe_number = notes->number;
	one->keyframe_timestamp = notes->rtp.timestamp;
	one->keyframe_us = packet->view.received_us;
}

/* What senders find here must go with the packets that they are given: those before go out first.
 */
static void
note_structure(aula_mirror *mirror, copy *one, const aula_packet *packet)
{
	const aula_rtp_element *element =
		&aula_notes_of(packet)->rtp.elements[AULA_EXTENSION_DEPENDENCY];
	aula_dependency_structure brought = { 0 };
	aula_dependency ignored;

	if (!aula_dependency_read(
		    packet->view.data + element->offset, element->length, &brought, &ignored))
		return;
	if (one->structure == NULL)
		one->structure = g_new0(aula_dependency_structure, 1);
	else if (memcmp(one->structure, &brought, sizeof(brought)) == 0)
		return;
	aula_mirror_flush(mirror);
	*one->structure = brought;
}

static void
measure(copy *one, const aula_packet *packet, int64_t now_us)
{
	const aula_notes *notes = aula_notes_of(packet);
	int8_t spatial = notes->readable ? notes->payload.spatial : -1;
	int8_t temporal = notes->readable ? notes->payload.temporal : -1;

	if (notes->described) {
		spatial = (int8_t)notes->dependency.frame.spatial;
		temporal = (int8_t)notes->dependency.frame.temporal;
	}
	aula_meter_note(&one->meter, spatial, temporal, packet->view.payload_length, now_us);
}

/* A feed has another source: what the one before had says nothing about it. */
static void
turn_over(aula_mirror *mirror, uint32_t turn)
{
	mirror->turn = turn;
	for (unsigned i = 0; i < AULA_ENCODINGS_MOST; i++) {
		mirror->copies[i].meter = (aula_meter){ .came_us = 0 };
		aula_supply *supply = &mirror->copies[i].supply;
		unsigned watchers = supply->watchers;
		aula_supply_init(supply, nominal_bps[i]);
		aula_supply_watch(supply, (int)watchers, aula_hub_now_us(mirror->hub));
	}
}

/* A frame that comes in pieces leaves whole, as one send for each of a class: nobody can show it
 * before its last packet is there. */
static void
ask_for_flush(aula_mirror *mirror, const aula_packet *packet)
{
	bool waits = mirror->options.kind == AULA_VIDEO && !packet->view.marker &&
		     mirror->senders->len >= HOLD_SENDERS_LEAST;

	if (mirror->listed || (waits && mirror->held))
		return;
	if (waits) {
		mirror->held = true;
		aula_hub_hold_mirror(mirror->hub, mirror);
	} else {
		mirror->listed = true;
		aula_hub_flush_mirror(mirror->hub, mirror);
	}
}

void
aula_mirror_push(aula_mirror *mirror, aula_packet *packet)
{
	copy *one = &mirror->copies[packet->view.encoding];
	const aula_notes *notes = aula_notes_of(packet);
	int64_t now_us = aula_hub_now_us(mirror->hub);

	if (notes->turn != mirror->turn)
		turn_over(mirror, notes->turn);
	if (notes->described && notes->dependency.structured)
		note_structure(mirror, one, packet);
	if (mirror->pending_count == PENDING_MOST)
		aula_mirror_flush(mirror);
	mirror->pending[mirror->pending_count++] = aula_packet_ref(packet);
	if (one->history.slots == NULL)
		aula_history_init(&one->history, mirror->options.kind == AULA_VIDEO
							 ? VIDEO_HISTORY_BITS
							 : AUDIO_HISTORY_BITS);
	aula_history_add(&one->history, notes->number, packet, now_us);
	aula_supply_came(&one->supply, packet->view.payload_length, now_us);
	measure(one, packet, now_us);
	mirror->encoding_count = notes->encoding_count;
	if (packet->view.keyframe) {
		note_keyframe(one, packet);
		one->seen_us = packet->view.received_us;
		/* What was wanted is here: to ask all the same would cost another. */
		mirror->asks &= ~(1u << packet->view.encoding);
	}
	ask_for_flush(mirror, packet);
}

/* A class does not fit into a cache, so all of the next sender would be waited for, line by line.
 */
static void
prefetch_after(const aula_mirror *mirror, guint place)
{
	for (unsigned ahead = 1; ahead <= AULA_SENDER_AHEAD; ahead++)
		if (place + ahead < mirror->senders->len)
			aula_sender_prefetch(mirror->senders->pdata[place + ahead], ahead);
}

void
aula_mirror_flush(aula_mirror *mirror)
{
	int64_t now_us = aula_hub_now_us(mirror->hub);

	/* Whoever wants a keyframe while it gets what is pending gets the rest of it all the same.
	 */
	if (mirror->flushing)
		return;
	mirror->listed = mirror->held = false;
	if (mirror->pending_count == 0)
		return;
	mirror->flushing = true;
	/* Sender by sender: its keys stay in the cache, and its packets leave in one piece. */
	for (guint i = 0; i < mirror->senders->len; i++) {
		prefetch_after(mirror, i);
		aula_sender_forward(
			mirror->senders->pdata[i], mirror->pending, mirror->pending_count, now_us);
	}
	for (guint i = 0; i < mirror->feeds->len; i++)
		aula_feed_take(mirror->feeds->pdata[i], mirror, mirror->pending,
			mirror->pending_count, now_us);
	forget_pending(mirror);
	mirror->flushing = false;
}

aula_packet *
aula_mirror_get(const aula_mirror *mirror, unsigned encoding, uint64_t number)
{
	const copy *one = &mirror->copies[encoding];

	return one->history.slots != NULL ? aula_history_get(&one->history, number) : NULL;
}

unsigned
aula_mirror_best(const aula_mirror *mirror)
{
	int64_t now_us = aula_hub_now_us(mirror->hub);

	for (unsigned i = AULA_ENCODINGS_MOST; i-- > 1;)
		if (aula_rate_flows(&mirror->copies[i].supply.rate, now_us))
			return i;
	return 0;
}

int64_t
aula_mirror_bps(const aula_mirror *mirror, unsigned encoding)
{
	if (encoding >= mirror->encoding_count)
		return 0;
	return aula_supply_bps(&mirror->copies[encoding].supply, aula_hub_now_us(mirror->hub));
}

void
aula_mirror_note_rate(aula_mirror *mirror, unsigned encoding, int64_t bps)
{
	aula_rate *rate = &mirror->copies[encoding].supply.rate;

	if (rate->bps == 0)
		rate->bps = bps;
}

bool
aula_mirror_flows(const aula_mirror *mirror)
{
	bool flows = false;

	for (unsigned i = 0; i < AULA_ENCODINGS_MOST; i++)
		flows |= aula_rate_flows(
			&mirror->copies[i].supply.rate, aula_hub_now_us(mirror->hub));
	return flows;
}

int64_t
aula_mirror_silent_us(const aula_mirror *mirror, unsigned encoding)
{
	const aula_supply *supply = &mirror->copies[encoding].supply;
	int64_t now_us = aula_hub_now_us(mirror->hub);

	/* Its publisher has to be told first. */
	if (supply->watchers == 0 || now_us - supply->watched_us < AULA_SUPPLY_PATIENCE_US)
		return 0;
	return now_us - MAX(supply->rate.came_us, supply->watched_us);
}

const aula_meter *
aula_mirror_meter(const aula_mirror *mirror, unsigned encoding)
{
	return &mirror->copies[encoding].meter;
}

const aula_dependency_structure *
aula_mirror_structure(const aula_mirror *mirror, unsigned encoding)
{
	return mirror->copies[encoding].structure;
}

/* -- what is watched -- */

void
aula_mirror_watch(aula_mirror *mirror, uint32_t before, uint32_t after)
{
	uint32_t watched = 0;

	for (unsigned i = 0; i < AULA_ENCODINGS_MOST; i++) {
		copy *one = &mirror->copies[i];
		int change = (int)(after >> i & 1) - (int)(before >> i & 1);
		if (change != 0)
			aula_supply_watch(&one->supply, change, aula_hub_now_us(mirror->hub));
		watched |= (uint32_t)(one->supply.watchers > 0) << i;
	}
	if (watched == mirror->watched)
		return;
	mirror->watched = watched;
	aula_letter_watch(mirror->hub, mirror->home, mirror->track, watched);
}

/* -- keyframes -- */

bool
aula_mirror_catch_up(aula_mirror *mirror, unsigned encoding, aula_live_sender *sender)
{
	copy *one = &mirror->copies[encoding];
	int64_t now_us = aula_hub_now_us(mirror->hub);

	/* What is pending it would get twice, under one number. */
	if (mirror->pending_count > 0)
		return false;
	if (one->keyframe_number == 0 || now_us - one->keyframe_us > FRESH_US ||
		aula_mirror_get(mirror, encoding, one->keyframe_number) == NULL)
		return false;
	for (uint64_t n = one->keyframe_number; n <= one->history.highest; n++) {
		aula_packet *packet = aula_history_get(&one->history, n);
		if (packet != NULL)
			aula_sender_forward(sender, &packet, 1, now_us);
	}
	return true;
}

void
aula_mirror_forget(aula_mirror *mirror)
{
	aula_mirror_flush(mirror);
	for (unsigned i = 0; i < AULA_ENCODINGS_MOST; i++) {
		copy *one = &mirror->copies[i];
		if (one->history.slots != NULL)
			aula_history_clear(&one->history);
		one->keyframe_number = 0;
	}
	for (guint i = 0; i < mirror->feeds->len; i++)
		aula_feed_forget(mirror->feeds->pdata[i], mirror);
}

static void
ask_home(aula_mirror *mirror, int64_t now_us)
{
	int64_t seen_us[AULA_ENCODINGS_MOST];

	if (now_us - mirror->asked_us < ASK_INTERVAL_US)
		return;
	for (unsigned i = 0; i < AULA_ENCODINGS_MOST; i++)
		seen_us[i] = mirror->copies[i].seen_us;
	aula_letter_ask_keyframe(mirror->hub, mirror->home, mirror->track, mirror->asks, seen_us);
	mirror->asked_us = now_us;
	mirror->asks = 0;
}

/* Of which a keyframe is here, and leaves with its frame. */
static uint32_t
pending_keyframes(const aula_mirror *mirror)
{
	uint32_t encodings = 0;

	for (size_t i = 0; i < mirror->pending_count; i++)
		encodings |= (uint32_t)mirror->pending[i]->view.keyframe
			     << mirror->pending[i]->view.encoding;
	return encodings;
}

void
aula_mirror_want_keyframe(aula_mirror *mirror, uint32_t encodings)
{
	encodings &= ~pending_keyframes(mirror);
	if (encodings == 0)
		return;
	if (mirror->home != aula_hub_index(mirror->hub)) {
		mirror->asks |= encodings;
		ask_home(mirror, aula_hub_now_us(mirror->hub));
		return;
	}
	aula_hub_want_keyframe(mirror->hub, mirror->track, encodings);
}

/* -- clocks -- */

void
aula_mirror_set_pair(aula_mirror *mirror, unsigned encoding, const aula_clock_pair *pair)
{
	mirror->copies[encoding].pair = *pair;
	for (guint i = 0; i < mirror->feeds->len; i++)
		aula_feed_note_pair(mirror->feeds->pdata[i], mirror, encoding);
}

const aula_clock_pair *
aula_mirror_pair(const aula_mirror *mirror, unsigned encoding)
{
	return &mirror->copies[encoding].pair;
}

void
aula_mirror_tick(aula_mirror *mirror, int64_t now_us)
{
	for (unsigned i = 0; i < AULA_ENCODINGS_MOST; i++)
		if (mirror->copies[i].history.slots != NULL)
			aula_history_trim(&mirror->copies[i].history, now_us);
	if (mirror->asks != 0)
		ask_home(mirror, now_us);
}
