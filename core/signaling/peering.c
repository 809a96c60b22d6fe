/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/peering.h"

#include <inttypes.h>
#include <string.h>

#include "signaling/leg.h"
#include "signaling/jsep.h"
#include "signaling/verifier.h"
#include "wire/sdp-transport.h"

enum { NAME_BYTES = 17 };

typedef struct peering peering;

struct peering {
	aula_peerings *all;
	aula_handle handle;
	aula_peer peer; /* none until there is something to describe */
	bool connected, offering;
	int64_t opened_us;
	aula_ice_credentials local;
	aula_sdp_transport remote; /* ufrag "": not known yet */
	uint64_t session_id, version;
	char stream[NAME_BYTES]; /* names what this client sends, towards others */
	int64_t max_bitrate_bps;
	aula_line *lines;
	size_t line_count;
	size_t offered_count; /* of them in our offer that waits for its answer */
	GPtrArray *legs;      /* of aula_leg, one a line */
	aula_sdp *offered;    /* by the client, with the present request */
	aula_offered about;   /* it */
	GArray *preview;      /* of aula_stream */
	aula_trickling trickling;
};

struct aula_peerings {
	aula_engine *engine;
	aula_sdp_transport transport; /* fingerprint only */
	GHashTable *by_handle;        /* &peering->handle.id -> peering, owned */
	GHashTable *by_peer;          /* &peering->peer.id -> peering */
	aula_legs *legs;
	/* Where lines are worked on, so that a failure leaves them as they were. */
	aula_line scratch[AULA_LINES_MOST];
};

/* -- peerings -- */

static peering *
find(const aula_peerings *all, aula_handle handle)
{
	return g_hash_table_lookup(all->by_handle, &handle.id);
}

static peering *
owner_of(const aula_leg *leg)
{
	return aula_leg_owner(leg);
}

static aula_line *
line_of(const aula_leg *leg)
{
	return &owner_of(leg)->lines[aula_leg_index(leg)];
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
	aula_trickling_clear(&one->trickling);
	g_free(one->lines);
	g_free(one);
}

aula_peerings *
aula_peerings_new(aula_engine *engine, const char *fingerprint)
{
	aula_peerings *all = g_new0(aula_peerings, 1);

	all->engine = engine;
	const char *wrong = aula_sdp_read_fingerprint(&all->transport, aula_text_of(fingerprint));
	g_assert_cmpstr(wrong, ==, NULL);
	all->by_handle = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, peering_free);
	all->by_peer = g_hash_table_new(g_int64_hash, g_int64_equal);
	all->legs = aula_legs_new(engine);
	return all;
}

void
aula_peerings_free(aula_peerings *all)
{
	if (all == NULL)
		return;
	g_hash_table_destroy(all->by_handle);
	g_hash_table_destroy(all->by_peer);
	aula_legs_free(all->legs);
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
	one->legs = g_ptr_array_new_with_free_func((GDestroyNotify)aula_leg_free);
	one->preview = g_array_new(FALSE, FALSE, sizeof(aula_stream));
	g_hash_table_insert(all->by_handle, &one->handle.id, one);
	return one;
}

/* A peer in the engine, from the first description on. */
static bool
ensure_peer(peering *one)
{
	aula_engine *engine = one->all->engine;

	if (!AULA_NONE(one->peer))
		return true;
	/* Whoever describes first has the lead. */
	one->peer = one->offered != NULL ? aula_engine_open(engine, &one->local)
					 : aula_engine_open_first(engine, &one->local);
	if (AULA_NONE(one->peer))
		return false;
	one->opened_us = aula_now_us();
	g_hash_table_insert(one->all->by_peer, &one->peer.id, one);
	if (one->max_bitrate_bps > 0)
		aula_engine_limit(engine, one->peer, one->max_bitrate_bps);
	aula_trickling_open(&one->trickling, engine, one->peer);
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
	while (one->legs->len < count)
		g_ptr_array_add(one->legs, aula_leg_new(one->all->legs, one, one->legs->len));
	if (one->legs->len > count)
		g_ptr_array_set_size(one->legs, (gint)count);
}

static void
settle(peering *one)
{
	for (size_t i = 0; i < one->line_count; i++)
		aula_leg_settle(g_ptr_array_index(one->legs, i), one->peer, &one->lines[i]);
}

/* Names and SSRCs for what is sent. `stream`, or else `source`, names the stream, so that what one
 * person sends plays in step. */
static void
name_source(peering *one, aula_line *line, aula_track source, const char *stream)
{
	const aula_leg *from = aula_leg_of_track(one->all->legs, source);

	if (stream == NULL)
		stream = from != NULL ? owner_of(from)->stream : one->stream;
	aula_leg_name(line, stream);
}

static json_t *
describe(peering *one, bool answer, bool restart)
{
	aula_candidate candidates[AULA_SDP_CANDIDATES_MOST];
	aula_negotiate_ours ours = { .session_id = one->session_id,
		.version = ++one->version,
		.transport = one->all->transport,
		.candidates = candidates,
		.candidate_count = aula_trickling_describe(&one->trickling, one->all->engine,
			one->peer, candidates, AULA_SDP_CANDIDATES_MOST),
		.full = aula_engine_is_full(one->all->engine),
		.gathering = !aula_engine_gathered(one->all->engine, one->peer),
		.bandwidth_as_kbps = (int32_t)MIN(one->max_bitrate_bps / 1000, INT32_MAX) };

	g_strlcpy(ours.transport.ufrag, one->local.ufrag, sizeof ours.transport.ufrag);
	g_strlcpy(ours.transport.pwd, one->local.pwd, sizeof ours.transport.pwd);
	/* In an answer to actpass the server takes the client's role: it greets as soon as the
	 * browser's first check came in, half a round trip before the browser could, and its
	 * greeting fits one datagram (a browser's, with DTLS 1.3 and ML-KEM, takes two). */
	ours.transport.setup = !answer ? AULA_SETUP_ACTPASS : one->remote.setup;
	aula_sdp *sdp = aula_negotiate_describe(one->lines, one->line_count, answer, &ours);
	json_t *jsep = aula_jsep_new(sdp, answer, restart);

	aula_sdp_free(sdp);
	return jsep;
}

/* Applies the client's transport; `remote.setup` becomes our own role. */
static void
apply_transport(peering *one, const aula_sdp_media *carrier, bool offer)
{
	const aula_sdp_transport *theirs = &carrier->transport;
	aula_engine *engine = one->all->engine;
	bool known = *one->remote.ufrag != '\0';
	aula_setup setup = one->remote.setup;

	bool same = known && strcmp(one->remote.ufrag, theirs->ufrag) == 0 &&
		    strcmp(one->remote.pwd, theirs->pwd) == 0;

	if (!known)
		setup = theirs->setup == AULA_SETUP_ACTIVE ? AULA_SETUP_PASSIVE : AULA_SETUP_ACTIVE;
	else if (offer && !same)
		aula_engine_restart(engine, one->peer, &one->local);
	if (!same) {
		one->remote = *theirs;
		one->remote.setup = setup;
		aula_engine_set_remote(engine, one->peer, theirs, setup);
	}
	aula_engine_add_candidates(engine, one->peer, carrier->candidates, carrier->candidate_count,
		carrier->end_of_candidates);
}

/* -- what the client sends -- */

bool
aula_peering_is_replaced(const aula_peerings *all, aula_handle handle, const aula_sdp *offer)
{
	const peering *one = find(all, handle);

	if (one == NULL || *one->remote.ufrag == '\0')
		return false;
	return offer->media_count < aula_negotiate_settled(one->lines, one->line_count) ||
	       aula_negotiate_is_other(offer, &one->remote);
}

aula_code
aula_peering_take_offer(aula_peerings *all, aula_handle handle, aula_sdp *offer,
	const aula_offered *about, const char **ret_why)
{
	const peering *before = find(all, handle);

	if (before != NULL &&
		(before->offering || aula_negotiate_settled(before->lines, before->line_count) <
					     before->line_count)) {
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
	one->about = *about;
	g_array_set_size(one->preview, 0);
	aula_negotiate_preview(offer, about, one->preview);
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
	const aula_sdp_media *carrier = aula_negotiate_carrier(answer, one->lines);
	if (carrier != NULL)
		apply_transport(one, carrier, false);
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
	if (!aula_negotiate_offered(one->offered, how, &one->about, all->scratch, &count))
		return AULA_UNSUPPORTED;
	if (!ensure_peer(one))
		return AULA_FULL;
	from_scratch(one, count);
	for (size_t i = 0; i < count; i++) {
		const aula_leg *leg = g_ptr_array_index(one->legs, i);
		if (one->lines[i].sends && !aula_leg_is_named(leg))
			name_source(one, &one->lines[i], aula_leg_source(leg), NULL);
	}
	apply_transport(one, aula_negotiate_carrier(one->offered, one->lines), true);
	aula_peering_limit(all, handle, how->max_bitrate_bps);
	settle(one);
	*ret_jsep = describe(one, true, false);
	g_clear_pointer(&one->offered, aula_sdp_free);
	return AULA_OK;
}

typedef struct {
	aula_codec codec;
	const char *fmtp;
	aula_track source;
	const char *stream; /* its name; NULL: that of the source */
	uint64_t owner;
} addition;

static aula_code
add_line(aula_peerings *all, aula_handle handle, const addition *what, aula_sender *ret_sender)
{
	peering *one = ensure(all, handle);
	size_t count = to_scratch(one);
	/* While an answer is on its way the lines that it answers must stay what they are. */
	aula_line *line =
		aula_negotiate_add(all->scratch, &count, what->codec, what->fmtp, !one->offering);
	if (line == NULL || !ensure_peer(one)) {
		aula_peering_drop_offer(all, handle);
		return AULA_FULL;
	}
	name_source(one, line, what->source, what->stream);
	size_t index = (size_t)(line - all->scratch);
	from_scratch(one, count);
	aula_leg *to = g_ptr_array_index(one->legs, index);
	aula_leg_promise(to, what->source, what->owner, what->stream != NULL);
	*ret_sender = aula_leg_sender(to);
	return AULA_OK;
}

aula_code
aula_peering_add(aula_peerings *all, aula_handle handle, aula_kind kind, aula_track source,
	const char *like, aula_sender *ret_sender)
{
	const aula_leg *from = aula_leg_of_track(all->legs, source);
	aula_codec codec = like != NULL ? aula_codec_find(like, strlen(like)) : AULA_CODEC_NONE;
	const char *fmtp = NULL;

	if (!AULA_NONE(source) && from == NULL)
		return AULA_GONE;
	if (from != NULL) {
		codec = aula_leg_opened(from)->codec;
		fmtp = line_of(from)->terms.fmtp;
	}
	if (codec == AULA_CODEC_NONE || aula_codec_kind(codec) != kind)
		return AULA_UNSUPPORTED;
	return add_line(all, handle, &(addition){ codec, fmtp, source, NULL, 0 }, ret_sender);
}

aula_code
aula_peering_add_feed(aula_peerings *all, aula_handle handle, aula_codec codec, aula_track feed,
	const char *name, uint64_t owner, aula_sender *ret_sender)
{
	return add_line(all, handle, &(addition){ codec, NULL, feed, name, owner }, ret_sender);
}

aula_code
aula_peering_carry_feed(
	aula_peerings *all, aula_sender sender, aula_codec codec, aula_track feed, uint64_t owner)
{
	aula_leg *leg = aula_leg_of_sender(all->legs, sender);

	return leg == NULL
		       ? AULA_GONE
		       : aula_leg_carry(leg, owner_of(leg)->peer, line_of(leg), codec, feed, owner);
}

void
aula_peering_remove(aula_peerings *all, aula_handle handle, aula_sender sender)
{
	aula_leg *leg = aula_leg_of_sender(all->legs, sender);

	if (leg == NULL || !AULA_SAME(owner_of(leg)->handle, handle))
		return;
	line_of(leg)->sends = false;
	aula_leg_forget_sender(leg);
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
			aula_stream stream = aula_leg_stream(g_ptr_array_index(one->legs, i), line);
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
	aula_leg *to = aula_leg_of_sender(all->legs, sender);
	const aula_leg *from = aula_leg_of_track(all->legs, source);

	if (to == NULL || (!AULA_NONE(source) && from == NULL))
		return AULA_GONE;
	if (from != NULL && aula_leg_opened(from)->codec != line_of(to)->terms.codec)
		return AULA_UNSUPPORTED;
	aula_leg_feed(to, source);
	return AULA_OK;
}

aula_trickling *
aula_peering_trickling(const aula_peerings *all, aula_handle handle)
{
	peering *one = find(all, handle);

	return one != NULL ? &one->trickling : NULL;
}

bool
aula_peering_carrier(
	const aula_peerings *all, aula_handle handle, const char **ret_mid, size_t *ret_index)
{
	const peering *one = find(all, handle);

	if (one == NULL || one->version == 0 ||
		aula_negotiate_first(one->lines, one->line_count) == one->line_count)
		return false;
	*ret_index = aula_negotiate_first(one->lines, one->line_count);
	*ret_mid = one->lines[*ret_index].mid;
	return true;
}

/* -- who is who -- */

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
	const aula_peerings *all, aula_track track, const aula_track_options **ret_options)
{
	const aula_leg *leg = aula_leg_of_track(all->legs, track);

	if (leg == NULL)
		return (aula_handle){ 0 };
	if (ret_options != NULL)
		*ret_options = aula_leg_opened(leg);
	return owner_of(leg)->handle;
}

aula_handle
aula_peering_receiver(const aula_peerings *all, aula_sender sender)
{
	const aula_leg *leg = aula_leg_of_sender(all->legs, sender);

	return leg != NULL ? owner_of(leg)->handle : (aula_handle){ 0 };
}

aula_legs *
aula_peerings_legs(const aula_peerings *all)
{
	return all->legs;
}

int64_t
aula_peering_set_connected(aula_peerings *all, aula_handle handle)
{
	peering *one = find(all, handle);

	one->connected = true;
	return aula_now_us() - one->opened_us;
}

void
aula_peering_close(aula_peerings *all, aula_handle handle)
{
	g_hash_table_remove(all->by_handle, &handle.id);
}
