/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/leg.h"

#include <inttypes.h>
#include <string.h>

#include "base/id.h"
#include "signaling/verifier.h"

enum { SENDERS_MOST = 1 << 24 };

struct aula_leg {
	aula_legs *all;
	void *owner;
	size_t index;
	aula_track track;          /* none: nothing is received */
	aula_track_options opened; /* with what the track was opened */
	aula_sender name;          /* by which modules know the sender; none: nothing is sent */
	aula_sender sender;        /* the engine's; none until the client has agreed */
	aula_track source;
	bool paused, named, aimed;
	aula_aim aim;         /* with `aimed` */
	uint64_t media_owner; /* whose media it does not bring back; 0: nobody's */
};

struct aula_legs {
	aula_engine *engine;
	GHashTable *tracks;    /* &leg->track.id -> leg */
	GHashTable *opened;    /* &leg->sender.id -> leg */
	aula_id_table senders; /* of leg */
};

aula_legs *
aula_legs_new(aula_engine *engine)
{
	aula_legs *legs = g_new0(aula_legs, 1);

	legs->engine = engine;
	legs->tracks = g_hash_table_new(g_int64_hash, g_int64_equal);
	legs->opened = g_hash_table_new(g_int64_hash, g_int64_equal);
	aula_id_table_init(&legs->senders, SENDERS_MOST);
	return legs;
}

void
aula_legs_free(aula_legs *legs)
{
	g_hash_table_destroy(legs->tracks);
	g_hash_table_destroy(legs->opened);
	aula_id_table_finish(&legs->senders);
	g_free(legs);
}

aula_leg *
aula_leg_new(aula_legs *legs, void *owner, size_t index)
{
	aula_leg *leg = g_new0(aula_leg, 1);

	*leg = (aula_leg){ .all = legs, .owner = owner, .index = index };
	return leg;
}

static void
close_track(aula_leg *leg)
{
	if (AULA_NONE(leg->track))
		return;
	g_hash_table_remove(leg->all->tracks, &leg->track.id);
	aula_engine_close_track(leg->all->engine, leg->track);
	leg->track = (aula_track){ 0 };
}

static void
close_sender(aula_leg *leg)
{
	if (AULA_NONE(leg->sender))
		return;
	g_hash_table_remove(leg->all->opened, &leg->sender.id);
	aula_engine_close_sender(leg->all->engine, leg->sender);
	leg->sender = (aula_sender){ 0 };
}

void
aula_leg_forget_sender(aula_leg *leg)
{
	close_sender(leg);
	if (!AULA_NONE(leg->name))
		aula_id_remove(&leg->all->senders, leg->name.id);
	leg->name = (aula_sender){ 0 };
	leg->source = (aula_track){ 0 };
	leg->paused = leg->named = leg->aimed = false;
	leg->media_owner = 0;
}

void
aula_leg_free(aula_leg *leg)
{
	close_track(leg);
	aula_leg_forget_sender(leg);
	g_free(leg);
}

aula_leg *
aula_leg_of_track(const aula_legs *legs, aula_track track)
{
	return g_hash_table_lookup(legs->tracks, &track.id);
}

aula_leg *
aula_leg_of_sender(const aula_legs *legs, aula_sender sender)
{
	return aula_id_get(&legs->senders, sender.id);
}

aula_leg *
aula_leg_of_opened(const aula_legs *legs, aula_sender opened)
{
	return g_hash_table_lookup(legs->opened, &opened.id);
}

/* -- what a line asks for -- */

static aula_track_options
track_options(const aula_line *line)
{
	aula_track_options options;

	memset(&options, 0, sizeof options); /* compared as bytes */
	options.kind = (aula_kind)line->type;
	g_strlcpy(options.mid, line->mid, sizeof options.mid);
	options.codec = line->terms.codec;
	options.payload_type = line->terms.payload_type;
	options.rtx_payload_type = line->terms.rtx;
	options.red_payload_type = line->terms.red;
	options.clock_hz = aula_codec_clock_hz(line->terms.codec);
	options.encoding_count = line->encoding_count;
	memcpy(options.encodings, line->encodings, sizeof options.encodings);
	options.obeys = line->obeys;
	options.extensions = line->terms.extensions;
	options.feedback = line->terms.feedback;
	return options;
}

static void
settle_track(aula_leg *leg, aula_peer peer, const aula_line *line)
{
	bool wanted = !line->rejected && line->receives && line->client_sends;
	aula_track_options options = track_options(line);

	if (!wanted || memcmp(&options, &leg->opened, sizeof options) != 0)
		close_track(leg);
	if (!wanted || !AULA_NONE(leg->track))
		return;
	leg->opened = options;
	leg->track = aula_engine_open_track(leg->all->engine, peer, &options);
	if (!AULA_NONE(leg->track))
		g_hash_table_insert(leg->all->tracks, &leg->track.id, leg);
}

static void
open_sender(aula_leg *leg, aula_peer peer, const aula_line *line)
{
	aula_engine *engine = leg->all->engine;
	aula_sender_options options = { .kind = (aula_kind)line->type,
		.codec = line->terms.codec,
		.payload_type = line->terms.payload_type,
		.rtx_payload_type = line->terms.rtx,
		.red_payload_type = line->terms.red,
		.clock_hz = aula_codec_clock_hz(line->terms.codec),
		.ssrc = line->ssrc,
		.rtx_ssrc = line->rtx_ssrc,
		.extensions = line->terms.extensions,
		.feedback = line->terms.feedback,
		.owner = leg->media_owner };

	g_strlcpy(options.mid, line->mid, sizeof options.mid);
	g_strlcpy(options.cname, line->stream, sizeof options.cname);
	leg->sender = aula_engine_open_sender(engine, peer, &options);
	if (AULA_NONE(leg->sender))
		return;
	g_hash_table_insert(leg->all->opened, &leg->sender.id, leg);
	if (leg->paused)
		aula_engine_pause(engine, leg->sender, true);
	if (leg->aimed)
		aula_engine_aim(engine, leg->sender, &leg->aim);
	if (!AULA_NONE(leg->source))
		aula_engine_feed(engine, leg->sender, leg->source);
}

void
aula_leg_settle(aula_leg *leg, aula_peer peer, const aula_line *line)
{
	settle_track(leg, peer, line);
	if (line->rejected || !line->sends) {
		aula_leg_forget_sender(leg);
		return;
	}
	if (AULA_NONE(leg->name))
		leg->name.id = aula_id_add(&leg->all->senders, leg);
	if (!line->client_receives)
		close_sender(leg);
	else if (AULA_NONE(leg->sender))
		open_sender(leg, peer, line);
}

void
aula_leg_promise(aula_leg *leg, aula_track source, uint64_t owner, bool named)
{
	aula_leg_forget_sender(leg);
	leg->name.id = aula_id_add(&leg->all->senders, leg);
	leg->source = source;
	leg->media_owner = owner;
	leg->named = named;
}

aula_code
aula_leg_carry(aula_leg *leg, aula_peer peer, const aula_line *line, aula_codec codec,
	aula_track source, uint64_t owner)
{
	if (line->terms.codec != codec)
		return AULA_UNSUPPORTED;
	if (leg->media_owner != owner)
		close_sender(leg);
	leg->media_owner = owner;
	leg->source = source;
	if (AULA_NONE(leg->sender))
		aula_leg_settle(leg, peer, line);
	else
		aula_engine_feed(leg->all->engine, leg->sender, source);
	return AULA_OK;
}

void
aula_leg_feed(aula_leg *leg, aula_track source)
{
	leg->source = source;
	if (!AULA_NONE(leg->sender))
		aula_engine_feed(leg->all->engine, leg->sender, source);
}

void
aula_leg_pause(aula_leg *leg, bool paused)
{
	if (leg->paused == paused)
		return;
	leg->paused = paused;
	if (!AULA_NONE(leg->sender))
		aula_engine_pause(leg->all->engine, leg->sender, paused);
}

void
aula_leg_aim(aula_leg *leg, const aula_aim *aim)
{
	leg->aim = *aim;
	leg->aimed = true;
	if (!AULA_NONE(leg->sender))
		aula_engine_aim(leg->all->engine, leg->sender, aim);
}

/* -- looking -- */

void *
aula_leg_owner(const aula_leg *leg)
{
	return leg->owner;
}

size_t
aula_leg_index(const aula_leg *leg)
{
	return leg->index;
}

aula_track
aula_leg_track(const aula_leg *leg)
{
	return leg->track;
}

aula_sender
aula_leg_sender(const aula_leg *leg)
{
	return leg->name;
}

bool
aula_leg_is_named(const aula_leg *leg)
{
	return leg->named;
}

aula_track
aula_leg_source(const aula_leg *leg)
{
	return leg->source;
}

aula_stream
aula_leg_stream(const aula_leg *leg, const aula_line *line)
{
	aula_stream stream = { .index = (uint32_t)aula_leg_index(leg),
		.kind = line->type == AULA_SDP_AUDIO ? AULA_AUDIO : AULA_VIDEO,
		.active =
			!line->rejected && (line->sends || (line->receives && line->client_sends)),
		.client_sends = !line->rejected && line->client_sends,
		.client_receives = !line->rejected && line->client_receives,
		.simulcast = line->encoding_count > 1,
		.svc = line->svc,
		.track = aula_leg_track(leg),
		.sender = aula_leg_sender(leg) };

	g_strlcpy(stream.mid, line->mid, sizeof stream.mid);
	g_strlcpy(stream.codec, aula_codec_name(line->terms.codec), sizeof stream.codec);
	g_strlcpy(stream.fmtp, line->terms.fmtp, sizeof stream.fmtp);
	return stream;
}

const aula_track_options *
aula_leg_opened(const aula_leg *leg)
{
	return &leg->opened;
}

void
aula_leg_name(aula_line *line, const char *stream)
{
	uint32_t random[2];

	if (line->ssrc == 0) {
		do {
			aula_random(random, sizeof random);
		} while (random[0] == 0 || random[1] == 0 || random[0] == random[1]);
		line->ssrc = random[0];
		line->rtx_ssrc = line->terms.rtx != AULA_NO_PAYLOAD_TYPE ? random[1] : 0;
	}
	g_strlcpy(line->stream, stream, sizeof line->stream);
	g_snprintf(line->track, sizeof line->track, "%s-%08" PRIx32, line->stream, line->ssrc);
}
