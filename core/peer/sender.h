/* SPDX-License-Identifier: Apache-2.0 */
/** What a peer receives on one m-line: it carries a mirror's packets under its own SSRC, numbers,
 * timestamps, payload types and extension ids. All [media] on its hub's loop. */
#ifndef AULA_PEER_SENDER_H
#define AULA_PEER_SENDER_H

#include "media/allocate.h"
#include "media/layers.h"
#include "peer/engine.h"
#include "wire/rtcp.h"

typedef struct aula_live_sender aula_live_sender;
typedef struct aula_live_peer aula_live_peer;
typedef struct aula_mirror aula_mirror;
typedef struct aula_hub aula_hub;

aula_live_sender *aula_sender_new(
	aula_hub *hub, aula_live_peer *peer, uint64_t id, const aula_sender_options *options);
/** NULL is fine. */
void aula_sender_free(aula_live_sender *sender);

uint64_t aula_sender_id(const aula_live_sender *sender);
aula_live_peer *aula_sender_peer(const aula_live_sender *sender);
const aula_sender_options *aula_sender_options_of(const aula_live_sender *sender);

/** The source from now on; NULL: silence. A source of another codec is silence too. */
void aula_sender_feed(aula_live_sender *sender, aula_mirror *source);
/** The source is being freed. */
void aula_sender_lost_source(aula_live_sender *sender);
void aula_sender_pause(aula_live_sender *sender, bool paused);

/** The most it is to show, and its rank among those of its peer. */
void aula_sender_aim(aula_live_sender *sender, const aula_aim *aim);

/* For the line. */
/** What it could show, for its share of the line; NULL: nothing to share. Until it is freed. */
aula_share *aula_sender_share(aula_live_sender *sender);
/** Does as its share says. `hurry`: a long queue is on the line, and a picture that is too large
 * for it stops before the smaller one begins. */
void aula_sender_apply(aula_live_sender *sender, bool hurry);
/** Sends a packet now, as part of `probe` (0: of none). `repeat`: again. */
void aula_sender_emit(aula_live_sender *sender, const aula_packet *packet,
	const aula_layers_out *out, bool repeat, uint8_t probe);
bool aula_sender_may_pad(const aula_live_sender *sender);
/** Sends about so many bytes that say nothing. */
void aula_sender_pad(aula_live_sender *sender, size_t bytes, uint8_t probe);

/** The connection is up: what was fed before begins now. */
void aula_sender_connected(aula_live_sender *sender);

/** Its turn to forward comes in `turns`, at most AULA_SENDER_AHEAD: brings into the cache what that
 * will read. Each call relies on that before it. */
enum { AULA_SENDER_AHEAD = 4 };
void aula_sender_prefetch(const aula_live_sender *sender, unsigned turns);

/** Packets of the source in the order they came; borrowed. */
void aula_sender_forward(
	aula_live_sender *sender, aula_packet *const *packets, size_t count, int64_t now_us);

/* What the subscriber says about it. */
void aula_sender_nack(aula_live_sender *sender, const aula_rtcp *nack);
void aula_sender_refresh(aula_live_sender *sender);
void aula_sender_note_report(aula_live_sender *sender, const aula_rtcp_report *report);

/** Our report about it. False: nothing was sent since the last, or the publisher has not said yet
 * what its timestamps mean. */
bool aula_sender_report(aula_live_sender *sender, int64_t now_us, aula_rtcp_sender *ret_report);
/** `brief`: null if nothing was sent so far. New reference. */
json_t *aula_sender_stats(const aula_live_sender *sender, bool brief);

#endif
