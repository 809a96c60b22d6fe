/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/feed.h"

#include <string.h>

#include "media/rewrite.h"
#include "peer/audience.h"
#include "peer/hub.h"
#include "peer/letter.h"
#include "peer/notes.h"
#include "peer/taps.h"
#include "wire/bytes.h"

enum { FIXED_HEADER_BYTES = 12 };

typedef struct {
	aula_mirror *mirror; /* NULL: none */
	uint64_t owner;
	uint32_t watched; /* encodings, as it was told */
} source;

/* An encoding of the feed. */
typedef struct {
	bool flowing;             /* packets of `present` are passed on */
	bool known;               /* `rewrite` is on its timeline `timeline` */
	uint32_t epoch, timeline; /* its own */
	aula_rewrite rewrite;
	uint32_t epoch_out;
	aula_clock_pair pair;
} channel;

struct aula_live_feed {
	aula_hub *hub;
	uint64_t id;
	aula_track_options options;
	uint32_t ssrc; /* for taps; senders have their own */

	source present, next; /* `next` waits for a keyframe */
	int64_t next_until_us;

	bool flowing;  /* of any encoding */
	uint32_t turn; /* another with each source */
	channel channels[AULA_ENCODINGS_MOST];

	aula_taps taps;
	aula_audience audience;
};

void
aula_feed_options_init(aula_track_options *options, aula_codec codec)
{
	memset(options, 0, sizeof *options);
	options->kind = aula_codec_kind(codec);
	options->encoding_count = options->kind == AULA_VIDEO ? AULA_ENCODINGS_MOST : 1;
	options->codec = codec;
	options->payload_type = AULA_FEED_PAYLOAD_TYPE;
	options->rtx_payload_type = 255;
	options->red_payload_type = AULA_FEED_RED_PAYLOAD_TYPE;
	options->clock_hz = aula_codec_clock_hz(codec);
}

aula_live_feed *
aula_feed_new(aula_hub *hub, uint64_t id, const aula_track_options *options)
{
	aula_live_feed *feed = g_new0(aula_live_feed, 1);

	*feed = (aula_live_feed){
		.hub = hub,
		.id = id,
		.options = *options,
		.ssrc = aula_hub_random(hub),
	};
	aula_audience_init(&feed->audience, aula_hub_index(hub), aula_hub_count(hub));
	for (unsigned i = 0; i < AULA_ENCODINGS_MOST; i++)
		aula_rewrite_init(&feed->channels[i].rewrite, options->clock_hz,
			(uint16_t)aula_hub_random(hub), aula_hub_random(hub));
	aula_hub_add_feed(hub, &feed->id, feed);
	return feed;
}

void
aula_feed_free(aula_live_feed *feed)
{
	if (feed == NULL)
		return;
	aula_feed_switch(feed, NULL, 0);
	aula_hub_remove_feed(feed->hub, feed->id);
	aula_taps_close_all(&feed->taps, (aula_track){ feed->id });
	for (unsigned i = 0; i < feed->audience.count; i++)
		aula_letter_gone(feed->hub, feed->audience.subscriptions[i].hub_index, feed->id);
	aula_mirror_free(aula_hub_mirror(feed->hub, feed->id));
	aula_audience_finish(&feed->audience);
	g_free(feed);
}

const aula_clock_pair *
aula_feed_pair(const aula_live_feed *feed, unsigned encoding)
{
	return &feed->channels[encoding].pair;
}

/* -- which source -- */

static void
spread_pair(aula_live_feed *feed, unsigned encoding)
{
	aula_mirror *mirror = aula_hub_mirror(feed->hub, feed->id);
	channel *one = &feed->channels[encoding];
	const aula_clock_pair *in = feed->present.mirror != NULL
					    ? aula_mirror_pair(feed->present.mirror, encoding)
					    : NULL;

	if (in == NULL || !in->known || !one->known)
		return; /* the one before is true until another is known */
	one->pair = *in;
	one->pair.timestamp = aula_rewrite_timestamp(&one->rewrite, in->timestamp);
	if (mirror != NULL)
		aula_mirror_set_pair(mirror, encoding, &one->pair);
	for (unsigned i = 0; i < feed->audience.count; i++)
		aula_letter_pair(feed->hub, feed->audience.subscriptions[i].hub_index, feed->id,
			encoding, &one->pair);
}

/* What is watched of the feed is watched of its sources. */
static void
watch(aula_live_feed *feed, source *of)
{
	uint32_t watched = aula_audience_watched(&feed->audience);

	if (feed->taps.count > 0)
		watched = AULA_ENCODINGS_ALL;
	if (of->mirror == NULL || of->watched == watched)
		return;
	aula_mirror_watch(of->mirror, of->watched, watched);
	of->watched = watched;
}

static void
let_go(aula_live_feed *feed, source *from)
{
	source before = *from;

	*from = (source){ 0 };
	if (before.mirror == NULL)
		return;
	aula_mirror_watch(before.mirror, before.watched, 0);
	aula_mirror_remove_feed(before.mirror, feed);
}

static void
stop(aula_live_feed *feed)
{
	feed->flowing = false;
	for (unsigned i = 0; i < AULA_ENCODINGS_MOST; i++)
		feed->channels[i].flowing = feed->channels[i].known = false;
}

/* `next` becomes what is carried. */
static void
turn_over(aula_live_feed *feed)
{
	source next = feed->next;

	feed->next = (source){ 0 };
	let_go(feed, &feed->present);
	feed->present = next;
	feed->turn++;
	stop(feed);
}

static bool
can_carry(const aula_live_feed *feed, const aula_mirror *mirror)
{
	const aula_track_options *track = aula_mirror_options(mirror);

	return track->codec == feed->options.codec && track->clock_hz == feed->options.clock_hz;
}

void
aula_feed_switch(aula_live_feed *feed, aula_mirror *mirror, uint64_t owner)
{
	if (mirror != NULL && mirror == feed->present.mirror) {
		let_go(feed, &feed->next);
		feed->present.owner = owner;
		return;
	}
	if (mirror != NULL && mirror == feed->next.mirror) {
		feed->next.owner = owner;
		return;
	}
	let_go(feed, &feed->next);
	if (mirror != NULL) {
		/* Also when it cannot be carried: a mirror that nobody watches would stay. */
		aula_mirror_add_feed(mirror, feed);
		if (!can_carry(feed, mirror)) {
			aula_mirror_remove_feed(mirror, feed);
			mirror = NULL;
		}
	}
	feed->next = (source){ mirror, owner, 0 };
	watch(feed, &feed->next);
	feed->next_until_us = aula_hub_now_us(feed->hub) + AULA_FEED_PATIENCE_US;
	if (mirror == NULL || feed->present.mirror == NULL || !feed->flowing ||
		feed->options.kind == AULA_AUDIO)
		turn_over(feed);
	if (mirror != NULL && feed->options.kind == AULA_VIDEO)
		aula_mirror_want_keyframe(mirror, AULA_ENCODINGS_ALL);
}

void
aula_feed_lost_source(aula_live_feed *feed, const aula_mirror *mirror)
{
	if (feed->next.mirror == mirror)
		feed->next = (source){ 0 };
	if (feed->present.mirror != mirror)
		return;
	feed->present = (source){ 0 };
	stop(feed);
	if (feed->next.mirror != NULL)
		turn_over(feed);
}

/* -- packets -- */

static bool
is_watched(const aula_live_feed *feed)
{
	return feed->audience.count > 0 || feed->taps.count > 0 ||
	       aula_hub_mirror(feed->hub, feed->id) != NULL;
}

/* The first packet after a switch, a mute or a restart. False: not with this one. */
static bool
begin(aula_live_feed *feed, channel *one, const aula_packet *packet, int64_t now_us)
{
	const aula_notes *notes = aula_notes_of(packet);

	one->flowing = false;
	if (feed->options.kind == AULA_VIDEO && !packet->view.keyframe)
		return false;
	bool anew = !one->known || notes->timeline != one->timeline;
	aula_rewrite_start(&one->rewrite, notes->number, notes->rtp.timestamp, anew, now_us);
	one->epoch = notes->epoch;
	one->timeline = notes->timeline;
	one->epoch_out++;
	feed->flowing = one->flowing = one->known = true;
	if (anew)
		spread_pair(feed, packet->view.encoding);
	return true;
}

/* The packet as one of the feed; NULL: the pool is empty. */
static aula_packet *
copy_of(aula_live_feed *feed, const aula_packet *packet, uint64_t number, uint32_t timestamp)
{
	aula_packet *copy = aula_pool_take(aula_port_packets(aula_hub_port(feed->hub)));
	const aula_packet_view *from = &packet->view;
	ptrdiff_t offset = from->data - packet->bytes;

	if (copy == NULL)
		return NULL;
	uint8_t *data = copy->bytes + offset;
	memcpy(data, from->data, from->length);
	bool red = from->payload_type != aula_mirror_options(feed->present.mirror)->payload_type;
	aula_packet_view *view = &copy->view;
	*view = *from;
	view->data = data;
	view->ssrc = feed->ssrc + from->encoding;
	view->timestamp = timestamp;
	view->sequence = (uint16_t)number;
	view->payload_type = red ? AULA_FEED_RED_PAYLOAD_TYPE : AULA_FEED_PAYLOAD_TYPE;
	g_assert(view->length >= FIXED_HEADER_BYTES);
	data[1] = (uint8_t)((data[1] & 0x80) | view->payload_type);
	aula_put16(data + 2, view->sequence);
	aula_put32(data + 4, timestamp);
	aula_put32(data + 8, view->ssrc);

	aula_notes *notes = (aula_notes *)copy->notes;
	*notes = *aula_notes_of(packet);
	notes->number = number;
	notes->epoch = feed->channels[from->encoding].epoch_out;
	notes->timeline = 0;
	notes->owner = feed->present.owner;
	notes->turn = feed->turn;
	notes->rtp.ssrc = view->ssrc;
	notes->rtp.timestamp = timestamp;
	notes->rtp.sequence = view->sequence;
	notes->rtp.payload_type = view->payload_type;
	return copy;
}

static void
hand_on(aula_live_feed *feed, aula_packet *packet)
{
	aula_taps_packet(&feed->taps, (aula_track){ feed->id }, packet);
	aula_mirror *mirror = aula_hub_mirror(feed->hub, feed->id);
	if (mirror != NULL)
		aula_mirror_push(mirror, packet);
	aula_audience_note(&feed->audience, packet);
	for (unsigned i = 0; i < feed->audience.count; i++)
		aula_hub_send_packet(
			feed->hub, feed->audience.subscriptions[i].hub_index, feed->id, packet);
}

static void
take(aula_live_feed *feed, const aula_packet *packet, int64_t now_us)
{
	const aula_notes *notes = aula_notes_of(packet);
	channel *one = &feed->channels[packet->view.encoding];
	uint64_t number;
	uint32_t timestamp;

	if ((!one->flowing || notes->epoch != one->epoch) && !begin(feed, one, packet, now_us))
		return;
	if (!aula_rewrite_map(&one->rewrite, notes->number, notes->rtp.timestamp, now_us, &number,
		    &timestamp))
		return;
	if (!is_watched(feed))
		return;
	aula_packet *copy = copy_of(feed, packet, number, timestamp);
	if (copy == NULL)
		return;
	hand_on(feed, copy);
	aula_packet_unref(copy);
}

void
aula_feed_take(aula_live_feed *feed, aula_mirror *mirror, aula_packet *const *packets, size_t count,
	int64_t now_us)
{
	for (size_t i = 0; i < count; i++) {
		if (mirror == feed->next.mirror && packets[i]->view.keyframe)
			turn_over(feed);
		if (mirror == feed->present.mirror)
			take(feed, packets[i], now_us);
	}
}

void
aula_feed_forget(aula_live_feed *feed, const aula_mirror *mirror)
{
	aula_mirror *own = aula_hub_mirror(feed->hub, feed->id);

	if (mirror != feed->present.mirror)
		return;
	if (own != NULL)
		aula_mirror_forget(own);
	for (unsigned i = 0; i < feed->audience.count; i++)
		aula_letter_forget(feed->hub, feed->audience.subscriptions[i].hub_index, feed->id);
}

void
aula_feed_note_pair(aula_live_feed *feed, const aula_mirror *mirror, unsigned encoding)
{
	if (mirror == feed->present.mirror)
		spread_pair(feed, encoding);
}

/* -- those who carry it -- */

void
aula_feed_want_keyframe(aula_live_feed *feed, uint32_t encodings)
{
	if (feed->options.kind != AULA_VIDEO)
		return;
	if (feed->present.mirror != NULL)
		aula_mirror_want_keyframe(feed->present.mirror, encodings);
}

void
aula_feed_subscribe(aula_live_feed *feed, unsigned hub_index, bool on)
{
	bool fresh = aula_audience_subscribe(&feed->audience, hub_index, on);

	for (unsigned i = 0; fresh && i < AULA_ENCODINGS_MOST; i++)
		aula_letter_pair(feed->hub, hub_index, feed->id, i, &feed->channels[i].pair);
	watch(feed, &feed->present);
	watch(feed, &feed->next);
}

const aula_audience *
aula_feed_audience(const aula_live_feed *feed)
{
	return &feed->audience;
}

void
aula_feed_watch(aula_live_feed *feed, unsigned hub_index, uint32_t encodings)
{
	aula_audience_watch(&feed->audience, hub_index, encodings);
	watch(feed, &feed->present);
	watch(feed, &feed->next);
}

bool
aula_feed_tap(aula_live_feed *feed, uint64_t tap, const aula_tap_ops *ops, void *data)
{
	if (aula_taps_add(&feed->taps, tap, ops, data)) {
		watch(feed, &feed->present);
		watch(feed, &feed->next);
		return true;
	}
	aula_tap_close(ops, data, (aula_track){ feed->id });
	return false;
}

void
aula_feed_untap(aula_live_feed *feed, uint64_t tap)
{
	aula_taps_remove(&feed->taps, tap, (aula_track){ feed->id });
	watch(feed, &feed->present);
	watch(feed, &feed->next);
}

void
aula_feed_tick(aula_live_feed *feed, int64_t now_us)
{
	if (feed->next.mirror != NULL && now_us >= feed->next_until_us)
		turn_over(feed);
	if (feed->options.kind != AULA_VIDEO)
		return;
	/* The track asks on until one comes; a request that crossed an old keyframe is lost. */
	if (feed->next.mirror != NULL)
		aula_mirror_want_keyframe(feed->next.mirror, AULA_ENCODINGS_ALL);
	else if (feed->present.mirror != NULL && !feed->flowing && is_watched(feed))
		aula_mirror_want_keyframe(feed->present.mirror, AULA_ENCODINGS_ALL);
}
