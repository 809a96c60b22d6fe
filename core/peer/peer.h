/* SPDX-License-Identifier: Apache-2.0 */
/** One browser on its media loop: its connection, what it sends and what it receives. All [media]
 * on its hub's loop. */
#ifndef AULA_PEER_PEER_H
#define AULA_PEER_PEER_H

#include "media/clock.h"
#include "media/twcc.h"
#include "peer/engine.h"
#include "peer/spent.h"

typedef struct aula_live_peer aula_live_peer;
typedef struct aula_live_track aula_live_track;
typedef struct aula_live_sender aula_live_sender;
typedef struct aula_hub aula_hub;
typedef struct aula_line aula_line;

enum { AULA_PEER_SENDERS_MOST = 256 };

/** NULL: no connection could be made. */
aula_live_peer *aula_peer_new(
	aula_hub *hub, uint64_t id, const aula_ice_credentials *local, bool leads);
/** With its tracks and senders. NULL is fine. */
void aula_peer_free(aula_live_peer *peer);

uint64_t aula_peer_id(const aula_live_peer *peer);
aula_hub *aula_peer_hub(const aula_live_peer *peer);
aula_connection *aula_peer_connection(const aula_live_peer *peer);
/** Its wall clock against ours. */
aula_clock *aula_peer_clock(aula_live_peer *peer);
/** The SSRC and name under which we report to it. */
uint32_t aula_peer_ssrc(const aula_live_peer *peer);
const char *aula_peer_cname(const aula_live_peer *peer);

/** May free the peer, whose description is not what it was. */
void aula_peer_set_remote(aula_live_peer *peer, const aula_sdp_transport *remote, aula_setup setup);
/** The most it should send; 0: no limit. */
void aula_peer_limit(aula_live_peer *peer, int64_t max_bitrate_bps);
/** What it is to be told by REMB: the least of that limit, of what is watched of its encodings if
 * it does not pause the others by itself, and of what its line carries as far as that is for us to
 * say; 0: nothing. Once it was told of a limit it has to be told of none. */
int64_t aula_peer_limit_bps(aula_live_peer *peer);

/** What is to be told of the packets that came, by transport-wide number; NULL: nothing yet. */
aula_twcc *aula_peer_twcc(aula_live_peer *peer);

/** What of a stream of it was lost since the last report, at most; of 256. */
void aula_peer_note_loss(aula_live_peer *peer, uint8_t fraction_lost);
/** The line to it; from its first sender on, before that NULL. */
aula_line *aula_peer_line(const aula_live_peer *peer);
/** What its SSRCs have spent; the senders keep it. */
aula_spent *aula_peer_spent(aula_live_peer *peer);

/* NULL: too many; or, of senders, one has an SSRC of these already. */
aula_live_track *aula_peer_open_track(
	aula_live_peer *peer, uint64_t id, const aula_track_options *options);
aula_live_sender *aula_peer_open_sender(
	aula_live_peer *peer, uint64_t id, const aula_sender_options *options);
/* Free them; nothing happens when they are another peer's. */
void aula_peer_close_track(aula_live_peer *peer, aula_live_track *track);
void aula_peer_close_sender(aula_live_peer *peer, aula_live_sender *sender);

/* In the order they were opened; borrowed until one is closed. */
aula_live_track *const *aula_peer_tracks(const aula_live_peer *peer, size_t *ret_count);
aula_live_sender *const *aula_peer_senders(const aula_live_peer *peer, size_t *ret_count);
/* NULL when it has none of that SSRC. A retransmission stream is none. */
aula_live_track *aula_peer_track_by_ssrc(
	aula_live_peer *peer, uint32_t ssrc, unsigned *ret_encoding);
aula_live_sender *aula_peer_sender_by_ssrc(aula_live_peer *peer, uint32_t ssrc);

/** Something new is to be told: the next reports leave with the next tick. */
void aula_peer_hurry_reports(aula_live_peer *peer);
/** Something is sent to it, or came: it is called with each tick from now on. */
void aula_peer_wake(aula_live_peer *peer);
/** Hub ticks. False: it rests until aula_peer_wake(). */
bool aula_peer_tick(aula_live_peer *peer, int64_t now_us);
/** See aula_engine_stats() and aula_engine_look(). New reference. */
json_t *aula_peer_stats(aula_live_peer *peer, bool brief);

#endif
