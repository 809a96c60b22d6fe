/* SPDX-License-Identifier: Apache-2.0 */
/** What a peer sends on one m-line, on the loop of that peer: one encoding, or several with
 * simulcast, the lowest first. Each packet is looked at once here and handed on as it is: to taps,
 * to the mirror on this loop, to the loops that subscribed. All [media] on its hub's loop. */
#ifndef AULA_PEER_TRACK_H
#define AULA_PEER_TRACK_H

#include "media/clock.h"
#include "peer/audience.h"
#include "peer/engine.h"
#include "wire/rtcp.h"
#include "wire/rtp.h"

typedef struct aula_live_track aula_live_track;
typedef struct aula_live_peer aula_live_peer;
typedef struct aula_hub aula_hub;

enum {
	AULA_TRACK_SILENCE_US = 1000000,
	AULA_ENCODINGS_ALL = (1 << AULA_ENCODINGS_MOST) - 1,
};

aula_live_track *aula_track_new(
	aula_hub *hub, aula_live_peer *peer, uint64_t id, const aula_track_options *options);
/** Taps are closed, subscribed loops told, its mirror here is freed. NULL is fine. */
void aula_track_free(aula_live_track *track);

uint64_t aula_track_id(const aula_live_track *track);
aula_live_peer *aula_track_peer(const aula_live_track *track);
const aula_track_options *aula_track_options_of(const aula_live_track *track);
unsigned aula_track_encoding_count(const aula_live_track *track);
/** Of the last packet of an encoding that came; 0: none did. */
uint32_t aula_track_ssrc(const aula_live_track *track, unsigned encoding);

/** A packet of an encoding, parsed as `rtp`. `repair`: it came in the retransmission stream. Takes
 * `packet`, of which nobody else knows yet. */
void aula_track_take(aula_live_track *track, unsigned encoding, aula_packet *packet,
	const aula_rtp *rtp, bool repair);

/** The publisher's sender report on an encoding. */
void aula_track_note_sender(
	aula_live_track *track, unsigned encoding, const aula_rtcp_sender *sender);
/** Which moment its timestamps belong to, as far as the publisher has said. */
const aula_clock_pair *aula_track_pair(const aula_live_track *track, unsigned encoding);
/** The publisher said goodbye to an encoding (RFC 3550 section 6.6). */
void aula_track_bye(aula_live_track *track, unsigned encoding);
/** A report block about an encoding. False: nothing came yet. */
bool aula_track_report(aula_live_track *track, unsigned encoding, aula_rtcp_report *ret_report);

void aula_track_mute(aula_live_track *track, bool muted);
/** `encodings`: bit i is encoding i. */
void aula_track_want_keyframe(aula_live_track *track, uint32_t encodings);
/** Hub `hub_index` has senders of it from now on, or none any more. */
void aula_track_subscribe(aula_live_track *track, unsigned hub_index, bool on);
/** Borrowed; lives as long as the track. */
const aula_audience *aula_track_audience(const aula_live_track *track);
/** What the senders on hub `hub_index` watch: bit i is encoding i. */
void aula_track_watch(aula_live_track *track, unsigned hub_index, uint32_t encodings);
/** What the publisher shall send: what anybody watches. */
uint32_t aula_track_wanted(const aula_live_track *track);
/** Whether it comes. */
bool aula_track_receives(const aula_live_track *track, unsigned encoding);
/** What an encoding costs, or did while it flowed; 0: not known. */
int64_t aula_track_bps(const aula_live_track *track, unsigned encoding);

/** False: too many. Then, as when the track dies, `closed` is called. */
bool aula_track_tap(aula_live_track *track, uint64_t tap, const aula_tap_ops *ops, void *data);
void aula_track_untap(aula_live_track *track, uint64_t tap);

/** Asks the publisher for what is missing and due; returns when to call again, INT64_MAX: when told
 * (aula_hub_repair_at). */
int64_t aula_track_repair(aula_live_track *track, int64_t now_us);
void aula_track_tick(aula_live_track *track, int64_t now_us);
/** New reference. */
json_t *aula_track_stats(const aula_live_track *track);

#endif
