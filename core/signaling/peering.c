/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/peering.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "signaling/verifier.h"

enum { NAME_BYTES = 17, SENDERS_MOST = 1 << 24 };

typedef struct peering peering;

/* What an m-line has open in the engine. */
typedef struct {
	peering *owner;
	size_t index;
	aula_track track;          /* none: nothing is received */
	aula_track_options opened; /* with what the track was opened */
	aula_sender name;          /* by which modules know the sender; none: nothing is sent */
	aula_sender sender;        /* the engine's; none until the client has agreed */
	aula_track source;
	bool paused;
} leg;

struct peering {
	aula_peerings *all;
	aula_handle handle;
	aula_peer peer; /* none until there is something to describe */
	bool connected, offering;
	aula_ice_credentials local;
	aula_sdp_transport remote; /* ufrag "": not known yet */
	uint64_t session_id, version;
	char stream[NAME_BYTES]; /* names what this client sends, towards others */
	int64_t max_bitrate_bps;
	aula_line *lines;
	size_t line_count;
	size_t offered_count; /* of them in our offer that waits for its answer */
	GPtrArray *legs;      /* of leg, one a line */
	aula_sdp *offered;    /* by the client, with the present request */
	GArray *preview;      /* of aula_stream */
};

struct aula_peerings {
	aula_engine *engine;
	aula_sdp_transport transport; /* fingerprint only */
	GHashTable *by_handle;        /* &peering->handle.id -> peering, owned */
	GHashTable *by_peer;          /* &peering->peer.id -> peering */
	GHashTable *tracks;           /* &leg->track.id -> leg */
	aula_id_table senders;        /* of leg */
	/* Where lines are worked on, so that a failure leaves them as they were. */
	aula_line scratch[AULA_LINES_MOST];
};

/* -- legs -- */

static void
close_track(leg *one)
{
	aula_peerings *all = one->owner->all;

	if (AULA_NONE(one->track))
		return;
	g_hash_table_remove(all->tracks, &one->track.id);
	aula_engine_close_track(all->engine, one->track);
	one->track = (aula_track){ 0 };
}

static void
close_sender(leg *one)
{
	if (AULA_NONE(one->sender))
		return;
	aula_engine_close_sender(one->owner->all->engine, one->sender);
	one->sender = (aula_sender){ 0 };
}

static void
forget_sender(leg *one)
{
	close_sender(one);
	if (!AULA_NONE(one->name))
		aula_id_remove(&one->owner->all->senders, one->name.id);
	one->name = (aula_sender){ 0 };
	one->source = (aula_track){ 0 };
	one->paused = false;
}

static void
leg_free(void *data)
{
	leg *one = data;

	close_track(one);
	forget_sender(one);
	g_free(one);
}

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
	options.ssrc = line->remote_ssrc;
	options.rtx_ssrc = line->remote_rtx_ssrc;
	options.extensions = line->terms.extensions;
	options.feedback = line->terms.feedback;
	return options;
}

static void
settle_track(leg *one, const aula_line *line)
{
	aula_peerings *all = one->owner->all;
	bool wanted = !line->rejected && line->receives && line->client_sends;
	aula_track_options options = track_options(line);

	if (!wanted || memcmp(&options, &one->opened, sizeof options) != 0)
		close_track(one);
	if (!wanted || !AULA_NONE(one->track))
		return;
	one->opened = options;
	one->track = aula_engine_open_track(all->engine, one->owner->peer, &options);
	if (!AULA_NONE(one->track))
		g_hash_table_insert(all->tracks, &one->track.id, one);
}

static void
open_sender(leg *one, const aula_line *line)
{
	aula_engine *engine = one->owner->all->engine;
	aula_sender_options options = { .kind = (aula_kind)line->type,
		.codec = line->terms.codec,
		.payload_type = line->terms.payload_type,
		.rtx_payload_type = line->terms.rtx,
		.red_payload_type = line->terms.red,
		.clock_hz = aula_codec_clock_hz(line->terms.codec),
		.ssrc = line->ssrc,
		.rtx_ssrc = line->rtx_ssrc,
		.extensions = line->terms.extensions,
		.feedback = line->terms.feedback };

	g_strlcpy(options.mid, line->mid, sizeof options.mid);
	g_strlcpy(options.cname, line->stream, sizeof options.cname);
	one->sender = aula_engine_open_sender(engine, one->owner->peer, &options);
	if (AULA_NONE(one->sender))
		return;
	if (one->paused)
		aula_engine_pause(engine, one->sender, true);
	if (!AULA_NONE(one->source))
		aula_engine_feed(engine, one->sender, one->source);
}

static void
settle_sender(leg *one, const aula_line *line)
{
	if (line->rejected || !line->sends) {
		forget_sender(one);
		return;
	}
	if (AULA_NONE(one->name))
		one->name.id = aula_id_add(&one->owner->all->senders, one);
	if (!line->client_receives)
		close_sender(one);
	else if (AULA_NONE(one->sender))
		open_sender(one, line);
}

/* -- peerings -- */

static peering *
find(const aula_peerings *all, aula_handle handle)
{
	return g_hash_table_lookup(all->by_handle, &handle.id);
}

static void
peering_free(void *data)
{
	peering *one = data;

	g_ptr_array_free(one->legs, TRUE);
	if (!AULA_NONE(one->peer)) {
		g_hash_table_remove(one->all->by_peer, &one->peer.id);
		aula_engine_close(one->all->engine, one->peer);
	}
	aula_sdp_free(one->offered);
	g_array_free(one->preview, TRUE);
	g_free(one->lines);
	g_free(one);
}

static void
read_fingerprint(const char *text, aula_sdp_transport *transport)
{
	const char *hex = strchr(text, ' ');

	g_assert(hex != NULL && (size_t)(hex - text) < sizeof transport->fingerprint_hash);
	memcpy(transport->fingerprint_hash, text, (size_t)(hex - text));
	for (hex++; g_ascii_isxdigit(hex[0]) && g_ascii_isxdigit(hex[1]) &&
		    transport->fingerprint_length < AULA_FINGERPRINT_BYTES_MOST;) {
		transport->fingerprint[transport->fingerprint_length++] =
			(uint8_t)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
		hex += hex[2] == ':' ? 3 : 2;
	}
}

aula_peerings *
aula_peerings_new(aula_engine *engine, const char *fingerprint)
{
	aula_peerings *all = g_new0(aula_peerings, 1);

	all->engine = engine;
	read_fingerprint(fingerprint, &all->transport);
	all->by_handle = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, peering_free);
	all->by_peer = g_hash_table_new(g_int64_hash, g_int64_equal);
	all->tracks = g_hash_table_new(g_int64_hash, g_int64_equal);
	aula_id_table_init(&all->senders, SENDERS_MOST);
	return all;
}

void
aula_peerings_free(aula_peerings *all)
{
	if (all == NULL)
		return;
	g_hash_table_destroy(all->by_handle);
	g_hash_table_destroy(all->by_peer);
	g_hash_table_destroy(all->tracks);
	aula_id_table_finish(&all->senders);
	g_free(all);
}

size_t
aula_peerings_count(const aula_peerings *all)
{
	return g_hash_table_size(all->by_handle);
}

static peering *
ensure(aula_peerings *all, aula_handle handle)
{
	peering *one = find(all, handle);
	uint64_t random[2];

	if (one != NULL)
		return one;
	one = g_new0(peering, 1);
	one->all = all;
	one->handle = handle;
	aula_random(random, sizeof random);
	one->session_id = random[0] >> 2;
	g_snprintf(one->stream, sizeof one->stream, "%016" PRIx64, random[1]);
	one->legs = g_ptr_array_new_with_free_func(leg_free);
	one->preview = g_array_new(FALSE, FALSE, sizeof(aula_stream));
	g_hash_table_insert(all->by_handle, &one->handle.id, one);
	return one;
}

/* A peer in the engine, from the first description on. */
static bool
ensure_peer(peering *one)
{
	if (!AULA_NONE(one->peer))
		return true;
	one->peer = aula_engine_open(one->all->engine, &one->local);
	if (AULA_NONE(one->peer))
		return false;
	g_hash_table_insert(one->all->by_peer, &one->peer.id, one);
	if (one->max_bitrate_bps > 0)
		aula_engine_limit(one->all->engine, one->peer, one->max_bitrate_bps);
	return true;
}

static size_t
to_scratch(const peering *one)
{
	if (one->line_count > 0)
		memcpy(one->all->scratch, one->lines, one->line_count * sizeof *one->lines);
	return one->line_count;
}

static void
from_scratch(peering *one, size_t count)
{
	one->lines = g_renew(aula_line, one->lines, count);
	memcpy(one->lines, one->all->scratch, count * sizeof *one->lines);
	one->line_count = count;
	while (one->legs->len < count) {
		leg *more = g_new0(leg, 1);
		*more = (leg){ .owner = one, .index = one->legs->len };
		g_ptr_array_add(one->legs, more);
	}
	if (one->legs->len > count)
		g_ptr_array_set_size(one->legs, (gint)count);
}

static void
settle(peering *one)
{
	for (size_t i = 0; i < one->line_count; i++) {
		settle_track(g_ptr_array_index(one->legs, i), &one->lines[i]);
		settle_sender(g_ptr_array_index(one->legs, i), &one->lines[i]);
	}
}

/* Names and SSRCs for what is sent. `source` names the stream, so that what one person sends plays
 * in step. */
static void
name_source(peering *one, aula_line *line, aula_track source)
{
	const leg *from = g_hash_table_lookup(one->all->tracks, &source.id);
	uint32_t random[2];

	if (line->ssrc == 0) {
		do {
			aula_random(random, sizeof random);
		} while (random[0] == 0 || random[1] == 0 || random[0] == random[1]);
		line->ssrc = random[0];
		line->rtx_ssrc = line->terms.rtx != AULA_NO_PAYLOAD_TYPE ? random[1] : 0;
	}
	g_strlcpy(line->stream, (from != NULL ? from->owner : one)->stream, sizeof line->stream);
	g_snprintf(line->track, sizeof line->track, "%s-%08" PRIx32, line->stream, line->ssrc);
}

static json_t *
describe(peering *one, bool answer, bool restart)
{
	aula_candidate candidates[AULA_SDP_CANDIDATES_MOST];
	aula_negotiate_ours ours = { .session_id = one->session_id,
		.version = ++one->version,
		.transport = one->all->transport,
		.candidates = candidates,
		.candidate_count = aula_engine_candidates(
			one->all->engine, one->peer, candidates, AULA_SDP_CANDIDATES_MOST),
		.bandwidth_as_kbps = (int32_t)MIN(one->max_bitrate_bps / 1000, INT32_MAX) };

	g_strlcpy(ours.transport.ufrag, one->local.ufrag, sizeof ours.transport.ufrag);
	g_strlcpy(ours.transport.pwd, one->local.pwd, sizeof ours.transport.pwd);
	/* In an answer to actpass the server takes the client's role: it greets as soon as the
	 * browser's first check came in, half a round trip before the browser could, and its
	 * greeting fits one datagram (a browser's, with DTLS 1.3 and ML-KEM, takes two). */
	ours.transport.setup = !answer ? AULA_SETUP_ACTPASS : one->remote.setup;
	aula_sdp *sdp = aula_negotiate_describe(one->lines, one->line_count, answer, &ours);
	char *text = aula_sdp_write(sdp);
	json_t *jsep = json_pack("{s:s, s:s}", "type", answer ? "answer" : "offer", "sdp", text);

	if (restart)
		json_object_set_new(jsep, "restart", json_true());
	free(text);
	aula_sdp_free(sdp);
	return jsep;
}

/* Applies the client's transport; `remote.setup` becomes our own role. */
static void
apply_transport(peering *one, const aula_sdp_transport *theirs, bool offer)
{
	aula_engine *engine = one->all->engine;
	bool known = *one->remote.ufrag != '\0';
	aula_setup setup = one->remote.setup;

	if (known && strcmp(one->remote.ufrag, theirs->ufrag) == 0 &&
		strcmp(one->remote.pwd, theirs->pwd) == 0)
		return;
	if (!known)
		setup = theirs->setup == AULA_SETUP_ACTIVE ? AULA_SETUP_PASSIVE : AULA_SETUP_ACTIVE;
	else if (offer)
		aula_engine_restart(engine, one->peer, &one->local);
	one->remote = *theirs;
	one->remote.setup = setup;
	aula_engine_set_remote(engine, one->peer, theirs, setup);
}

/* -- what the client sends -- */

static size_t
settled_count(const peering *one)
{
	size_t count = 0;

	while (count < one->line_count && one->lines[count].settled)
		count++;
	return count;
}

bool
aula_peering_is_replaced(const aula_peerings *all, aula_handle handle, const aula_sdp *offer)
{
	const peering *one = find(all, handle);

	if (one == NULL || *one->remote.ufrag == '\0')
		return false;
	if (offer->media_count < settled_count(one))
		return true;
	for (size_t i = 0; i < offer->media_count; i++) {
		const aula_sdp_transport *theirs = &offer->media[i].transport;
		if (theirs->fingerprint_length == 0)
			continue;
		return theirs->fingerprint_length != one->remote.fingerprint_length ||
		       memcmp(theirs->fingerprint, one->remote.fingerprint,
			       theirs->fingerprint_length) != 0;
	}
	return false;
}

aula_code
aula_peering_take_offer(
	aula_peerings *all, aula_handle handle, aula_sdp *offer, const char **ret_why)
{
	const peering *before = find(all, handle);

	if (before != NULL && (before->offering || settled_count(before) < before->line_count)) {
		*ret_why = "An offer of the server waits for its answer.";
		aula_sdp_free(offer);
		return AULA_WRONG_STATE;
	}
	if (!aula_negotiate_check(offer, ret_why)) {
		aula_sdp_free(offer);
		return AULA_UNSUPPORTED;
	}
	peering *one = ensure(all, handle);
	aula_sdp_free(one->offered);
	one->offered = offer;
	g_array_set_size(one->preview, 0);
	for (size_t i = 0; i < offer->media_count; i++) {
		aula_stream stream;
		if (offer->media[i].type != AULA_SDP_AUDIO &&
			offer->media[i].type != AULA_SDP_VIDEO)
			continue;
		aula_negotiate_preview(&offer->media[i], (uint32_t)i, &stream);
		g_array_append_val(one->preview, stream);
	}
	return AULA_OK;
}

const aula_stream *
aula_peering_offered(const aula_peerings *all, aula_handle handle, size_t *ret_count)
{
	const peering *one = find(all, handle);

	if (one == NULL || one->offered == NULL)
		return NULL;
	*ret_count = one->preview->len;
	/* An offer without media still is one. */
	static const aula_stream none;
	return one->preview->len > 0 ? &g_array_index(one->preview, aula_stream, 0) : &none;
}

void
aula_peering_drop_offer(aula_peerings *all, aula_handle handle)
{
	peering *one = find(all, handle);

	if (one == NULL)
		return;
	g_clear_pointer(&one->offered, aula_sdp_free);
	if (AULA_NONE(one->peer) && one->line_count == 0)
		g_hash_table_remove(all->by_handle, &handle.id);
}

aula_code
aula_peering_take_answer(
	aula_peerings *all, aula_handle handle, const aula_sdp *answer, const char **ret_why)
{
	peering *one = find(all, handle);

	if (one == NULL || !one->offering) {
		*ret_why = "No offer of the server waits for an answer.";
		return AULA_WRONG_STATE;
	}
	size_t count = to_scratch(one);
	if (!aula_negotiate_check(answer, ret_why) ||
		!aula_negotiate_answered(answer, all->scratch, one->offered_count, ret_why))
		return AULA_UNSUPPORTED;
	from_scratch(one, count);
	one->offering = false;
	const aula_sdp_transport *transport = aula_negotiate_transport(answer, one->lines);
	if (transport != NULL)
		apply_transport(one, transport, false);
	settle(one);
	return AULA_OK;
}

/* -- what modules ask for -- */

aula_code
aula_peering_answer(
	aula_peerings *all, aula_handle handle, const aula_answer *how, json_t **ret_jsep)
{
	peering *one = find(all, handle);

	if (one == NULL || one->offered == NULL)
		return AULA_WRONG_STATE;
	size_t count = to_scratch(one);
	if (!aula_negotiate_offered(one->offered, how, all->scratch, &count))
		return AULA_UNSUPPORTED;
	if (!ensure_peer(one))
		return AULA_FULL;
	from_scratch(one, count);
	for (size_t i = 0; i < count; i++)
		if (one->lines[i].sends)
			name_source(one, &one->lines[i],
				((leg *)g_ptr_array_index(one->legs, i))->source);
	apply_transport(one, aula_negotiate_transport(one->offered, one->lines), true);
	aula_peering_limit(all, handle, how->max_bitrate_bps);
	settle(one);
	*ret_jsep = describe(one, true, false);
	g_clear_pointer(&one->offered, aula_sdp_free);
	return AULA_OK;
}

aula_code
aula_peering_add(aula_peerings *all, aula_handle handle, aula_kind kind, aula_track source,
	const char *like, aula_sender *ret_sender)
{
	const leg *from = g_hash_table_lookup(all->tracks, &source.id);
	aula_codec codec = like != NULL ? aula_codec_find(like, strlen(like)) : AULA_CODEC_NONE;
	const char *fmtp = NULL;

	if (!AULA_NONE(source) && from == NULL)
		return AULA_GONE;
	if (from != NULL) {
		codec = from->opened.codec;
		fmtp = from->owner->lines[from->index].terms.fmtp;
	}
	if (codec == AULA_CODEC_NONE || aula_codec_kind(codec) != kind)
		return AULA_UNSUPPORTED;
	peering *one = ensure(all, handle);
	size_t count = to_scratch(one);
	/* While an answer is on its way the lines that it answers must stay what they are. */
	aula_line *line = aula_negotiate_add(all->scratch, &count, codec, fmtp, !one->offering);
	if (line == NULL || !ensure_peer(one)) {
		aula_peering_drop_offer(all, handle);
		return AULA_FULL;
	}
	name_source(one, line, source);
	size_t index = (size_t)(line - all->scratch);
	from_scratch(one, count);
	leg *to = g_ptr_array_index(one->legs, index);
	forget_sender(to);
	to->source = source;
	settle_sender(to, &one->lines[index]);
	*ret_sender = to->name;
	return AULA_OK;
}

static leg *
sender_leg(const aula_peerings *all, aula_sender sender)
{
	return aula_id_get(&all->senders, sender.id);
}

void
aula_peering_remove(aula_peerings *all, aula_handle handle, aula_sender sender)
{
	leg *one = sender_leg(all, sender);

	if (one == NULL || !AULA_SAME(one->owner->handle, handle))
		return;
	one->owner->lines[one->index].sends = false;
	forget_sender(one);
}

aula_code
aula_peering_offer(aula_peerings *all, aula_handle handle, bool restart, json_t **ret_jsep)
{
	peering *one = find(all, handle);

	if (one == NULL || one->offering || one->offered != NULL || one->line_count == 0)
		return AULA_WRONG_STATE;
	if (!ensure_peer(one))
		return AULA_FULL;
	if (restart && *one->remote.ufrag != '\0')
		aula_engine_restart(all->engine, one->peer, &one->local);
	one->offering = true;
	one->offered_count = one->line_count;
	*ret_jsep = describe(one, false, restart);
	return AULA_OK;
}

bool
aula_peering_offering(const aula_peerings *all, aula_handle handle)
{
	const peering *one = find(all, handle);

	return one != NULL && one->offering;
}

static aula_stream
stream_of(const aula_line *line, const leg *one)
{
	aula_stream stream = { .index = (uint32_t)one->index,
		.kind = line->type == AULA_SDP_AUDIO ? AULA_AUDIO : AULA_VIDEO,
		.active =
			!line->rejected && (line->sends || (line->receives && line->client_sends)),
		.client_sends = !line->rejected && line->client_sends,
		.client_receives = !line->rejected && line->client_receives,
		.simulcast = line->simulcast,
		.track = one->track,
		.sender = one->name };

	g_strlcpy(stream.mid, line->mid, sizeof stream.mid);
	g_strlcpy(stream.codec, aula_codec_name(line->terms.codec), sizeof stream.codec);
	g_strlcpy(stream.fmtp, line->terms.fmtp, sizeof stream.fmtp);
	return stream;
}

size_t
aula_peering_streams(const aula_peerings *all, aula_handle handle, aula_stream *ret_streams,
	size_t stride, size_t most)
{
	const peering *one = find(all, handle);
	size_t count = 0;

	for (size_t i = 0; one != NULL && i < one->line_count; i++) {
		const aula_line *line = &one->lines[i];
		if (line->type != AULA_SDP_AUDIO && line->type != AULA_SDP_VIDEO)
			continue;
		if (count < most) {
			aula_stream stream = stream_of(line, g_ptr_array_index(one->legs, i));
			memcpy((char *)ret_streams + count * stride, &stream,
				MIN(stride, sizeof stream));
		}
		count++;
	}
	return count;
}

bool
aula_peering_connected(const aula_peerings *all, aula_handle handle)
{
	const peering *one = find(all, handle);

	return one != NULL && one->connected;
}

void
aula_peering_limit(aula_peerings *all, aula_handle handle, int64_t max_bitrate_bps)
{
	peering *one = find(all, handle);

	if (one == NULL || one->max_bitrate_bps == max_bitrate_bps)
		return;
	one->max_bitrate_bps = max_bitrate_bps;
	if (!AULA_NONE(one->peer))
		aula_engine_limit(all->engine, one->peer, max_bitrate_bps);
}

aula_code
aula_peering_feed(aula_peerings *all, aula_sender sender, aula_track source)
{
	leg *to = sender_leg(all, sender);
	const leg *from = g_hash_table_lookup(all->tracks, &source.id);

	if (to == NULL || (!AULA_NONE(source) && from == NULL))
		return AULA_GONE;
	if (from != NULL && from->opened.codec != to->owner->lines[to->index].terms.codec)
		return AULA_UNSUPPORTED;
	to->source = source;
	if (!AULA_NONE(to->sender))
		aula_engine_feed(all->engine, to->sender, source);
	return AULA_OK;
}

void
aula_peering_pause(aula_peerings *all, aula_sender sender, bool paused)
{
	leg *one = sender_leg(all, sender);

	if (one == NULL || one->paused == paused)
		return;
	one->paused = paused;
	if (!AULA_NONE(one->sender))
		aula_engine_pause(all->engine, one->sender, paused);
}

/* -- who is who -- */

bool
aula_peering_exists(const aula_peerings *all, aula_handle handle)
{
	return find(all, handle) != NULL;
}

aula_peer
aula_peering_peer(const aula_peerings *all, aula_handle handle)
{
	const peering *one = find(all, handle);

	return one != NULL ? one->peer : (aula_peer){ 0 };
}

aula_handle
aula_peering_owner(const aula_peerings *all, aula_peer peer)
{
	const peering *one = g_hash_table_lookup(all->by_peer, &peer.id);

	return one != NULL ? one->handle : (aula_handle){ 0 };
}

aula_handle
aula_peering_publisher(
	const aula_peerings *all, aula_track track, aula_kind *ret_kind, const char **ret_mid)
{
	const leg *one = g_hash_table_lookup(all->tracks, &track.id);

	if (one == NULL)
		return (aula_handle){ 0 };
	if (ret_kind != NULL)
		*ret_kind = one->opened.kind;
	if (ret_mid != NULL)
		*ret_mid = one->opened.mid;
	return one->owner->handle;
}

aula_handle
aula_peering_receiver(const aula_peerings *all, aula_sender sender)
{
	const leg *one = sender_leg(all, sender);

	return one != NULL ? one->owner->handle : (aula_handle){ 0 };
}

void
aula_peering_set_connected(aula_peerings *all, aula_handle handle)
{
	peering *one = find(all, handle);

	if (one != NULL)
		one->connected = true;
}

void
aula_peering_close(aula_peerings *all, aula_handle handle)
{
	g_hash_table_remove(all->by_handle, &handle.id);
}
