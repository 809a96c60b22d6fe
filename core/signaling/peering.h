/* SPDX-License-Identifier: Apache-2.0 */
/** The PeerConnection of each handle: what was agreed on, and the tracks and senders that follow
 * from it, which it opens and closes in the engine. One a handle, made by the first offer of either
 * side. Descriptions come and go as structs and text; JSON and clients are others' business. All
 * [control]. */
#ifndef AULA_SIGNALING_PEERING_H
#define AULA_SIGNALING_PEERING_H

#include "peer/engine.h"
#include "signaling/leg.h"
#include "signaling/negotiate.h"
#include "signaling/trickling.h"

typedef struct aula_peerings aula_peerings;

/** `fingerprint`: of the engine's certificate, "sha-256 AB:..". */
aula_peerings *aula_peerings_new(aula_engine *engine, const char *fingerprint);
/** Forgets all; the engine is left to whoever made it. NULL is fine. */
void aula_peerings_free(aula_peerings *peerings);
size_t aula_peerings_count(const aula_peerings *peerings);

/* -- what the client sends -- */

/** Keeps a client's offer for the request that it came with. Takes `offer`. UNSUPPORTED: it is not
 * one to work with. WRONG_STATE: an offer of ours is not answered yet. */
aula_code aula_peering_take_offer(aula_peerings *peerings, aula_handle handle, aula_sdp *offer,
	const aula_offered *about, const char **ret_why);
/** Whether the offer is of another PeerConnection than the present one: the page made a new one. */
bool aula_peering_is_replaced(
	const aula_peerings *peerings, aula_handle handle, const aula_sdp *offer);
/** The m-lines of the offer kept; borrowed until it is dropped. NULL: there is none. */
const aula_stream *aula_peering_offered(
	const aula_peerings *peerings, aula_handle handle, size_t *ret_count);
/** The request is done. */
void aula_peering_drop_offer(aula_peerings *peerings, aula_handle handle);
/** WRONG_STATE: no offer of ours waits for it. UNSUPPORTED: it does not fit our offer. */
aula_code aula_peering_take_answer(
	aula_peerings *peerings, aula_handle handle, const aula_sdp *answer, const char **ret_why);

/* -- what modules ask for; see aula_peers and aula_media -- */

aula_code aula_peering_answer(
	aula_peerings *peerings, aula_handle handle, const aula_answer *how, json_t **ret_jsep);
aula_code aula_peering_add(aula_peerings *peerings, aula_handle handle, aula_kind kind,
	aula_track source, const char *like, aula_sender *ret_sender);
/** As aula_peering_add(), of a feed: `name` is that of its stream towards the client (1 to 16
 * letters and digits), `owner` as in aula_sender_options. */
aula_code aula_peering_add_feed(aula_peerings *peerings, aula_handle handle, aula_codec codec,
	aula_track feed, const char *name, uint64_t owner, aula_sender *ret_sender);
/** As aula_peering_feed(), of a feed on an m-line of the client's own offer. */
aula_code aula_peering_carry_feed(aula_peerings *peerings, aula_sender sender, aula_codec codec,
	aula_track feed, uint64_t owner);
void aula_peering_remove(aula_peerings *peerings, aula_handle handle, aula_sender sender);
aula_code aula_peering_offer(
	aula_peerings *peerings, aula_handle handle, bool restart, json_t **ret_jsep);
bool aula_peering_offering(const aula_peerings *peerings, aula_handle handle);
size_t aula_peering_streams(const aula_peerings *peerings, aula_handle handle,
	aula_stream *ret_streams, size_t stride, size_t most);
bool aula_peering_connected(const aula_peerings *peerings, aula_handle handle);
void aula_peering_limit(aula_peerings *peerings, aula_handle handle, int64_t max_bitrate_bps);
aula_code aula_peering_feed(aula_peerings *peerings, aula_sender sender, aula_track source);

/* -- candidates that come apart from descriptions -- */

/** NULL: there is no PeerConnection. */
aula_trickling *aula_peering_trickling(const aula_peerings *peerings, aula_handle handle);
/** The m-line that candidates belong to. False: nothing was described yet. */
bool aula_peering_carrier(
	const aula_peerings *peerings, aula_handle handle, const char **ret_mid, size_t *ret_index);

/* -- who is who -- */

/** Whether the handle has a PeerConnection, connected or about to be. */
static inline bool
aula_peering_exists(const aula_peerings *peerings, aula_handle handle)
{
	return aula_peering_trickling(peerings, handle) != NULL;
}
/** The engine's name of the handle's PeerConnection; none while it has none. */
aula_peer aula_peering_peer(const aula_peerings *peerings, aula_handle handle);
aula_handle aula_peering_owner(const aula_peerings *peerings, aula_peer peer);
/** The handle whose client sends `track`; none when it is gone. `ret_options` (may be NULL): with
 * what it was opened; borrowed. */
aula_handle aula_peering_publisher(
	const aula_peerings *peerings, aula_track track, const aula_track_options **ret_options);
aula_handle aula_peering_receiver(const aula_peerings *peerings, aula_sender sender);
/** Those of all: what is asked of one line by itself goes there. */
aula_legs *aula_peerings_legs(const aula_peerings *peerings);
/** The handle has one. Returns how long it took since its first description, in microseconds. */
int64_t aula_peering_set_connected(aula_peerings *peerings, aula_handle handle);
/** Closes it in the engine and forgets it, with its tracks and senders. */
void aula_peering_close(aula_peerings *peerings, aula_handle handle);

#endif
