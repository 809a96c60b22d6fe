/* SPDX-License-Identifier: Apache-2.0 */
/** One loop's copy of a track or feed: its last packets, and the senders and feeds there that carry
 * it. Lives while there are any; the loop of the track feeds it. All [media] on its hub's loop. */
#ifndef AULA_PEER_MIRROR_H
#define AULA_PEER_MIRROR_H

#include "media/clock.h"
#include "media/meter.h"
#include "peer/engine.h"
#include "wire/dependency.h"

typedef struct aula_mirror aula_mirror;
typedef struct aula_hub aula_hub;
typedef struct aula_live_sender aula_live_sender;
typedef struct aula_live_feed aula_live_feed;

aula_mirror *aula_mirror_new(
	aula_hub *hub, uint64_t track, unsigned home, const aula_track_options *options);
/** Its senders and feeds fall silent. */
void aula_mirror_free(aula_mirror *mirror);

uint64_t aula_mirror_track(const aula_mirror *mirror);
const aula_track_options *aula_mirror_options(const aula_mirror *mirror);

void aula_mirror_add(aula_mirror *mirror, aula_live_sender *sender);
/** The last one out frees the mirror and tells the track's loop. */
void aula_mirror_remove(aula_mirror *mirror, aula_live_sender *sender);

/* A feed takes what comes from now on, and what came in this turn. */
void aula_mirror_add_feed(aula_mirror *mirror, aula_live_feed *feed);
void aula_mirror_remove_feed(aula_mirror *mirror, aula_live_feed *feed);

/** A packet of the track; takes a reference. It is forwarded at the end of the turn with the others
 * that came in it, one sender after the other. */
void aula_mirror_push(aula_mirror *mirror, aula_packet *packet);
void aula_mirror_flush(aula_mirror *mirror);
/** A packet of the last second by its number in its encoding; NULL. Borrowed. */
aula_packet *aula_mirror_get(const aula_mirror *mirror, unsigned encoding, uint64_t number);

/** The highest encoding of which packets came within the last second; 0 if none did. */
unsigned aula_mirror_best(const aula_mirror *mirror);
/** What an encoding costs, in bits of RTP payload a second: as measured, as it was, or a guess when
 * it has never flowed; 0: it cannot be had (see media/supply.h). One that the publisher pauses
 * because nobody watches it can: watch it, and it comes. */
int64_t aula_mirror_bps(const aula_mirror *mirror, unsigned encoding);
/** What it was before this mirror was there; 0: not known. */
void aula_mirror_note_rate(aula_mirror *mirror, unsigned encoding, int64_t bps);
/** Anything comes, of any encoding: else there is nothing to choose from, as of an empty feed. */
bool aula_mirror_flows(const aula_mirror *mirror);
/** How long nothing of it has come, although somebody watches it. */
int64_t aula_mirror_silent_us(const aula_mirror *mirror, unsigned encoding);
/** What its layers cost, as measured while they flowed last. */
const aula_meter *aula_mirror_meter(const aula_mirror *mirror, unsigned encoding);
/** What the descriptors of an encoding rely on, at the packets that are being forwarded; NULL: none
 * came. */
const aula_dependency_structure *aula_mirror_structure(
	const aula_mirror *mirror, unsigned encoding);

/** A sender that watched the encodings `before` watches `after` from now on (bit i: encoding i; 0:
 * it leaves, is paused or has none): what it shows, and what it waits for. The publisher is asked
 * for no more than what somebody watches, and an encoding that it paused flows again, with a
 * keyframe to be asked for, about a round trip after somebody wants it. */
void aula_mirror_watch(aula_mirror *mirror, uint32_t before, uint32_t after);

/** Sends a sender that has shown nothing of the track yet what came of an encoding since its last
 * keyframe, if that is fresh: a class that joins at once need not wait for one keyframe after the
 * other. False: there is none, or it gets what is pending anyway. */
bool aula_mirror_catch_up(aula_mirror *mirror, unsigned encoding, aula_live_sender *sender);
/** The track was muted: what came before is not for those who come later. */
void aula_mirror_forget(aula_mirror *mirror);
/** `encodings`: bit i is encoding i. */
void aula_mirror_want_keyframe(aula_mirror *mirror, uint32_t encodings);

/** Which moment a timestamp of an encoding belongs to. */
void aula_mirror_set_pair(aula_mirror *mirror, unsigned encoding, const aula_clock_pair *pair);
const aula_clock_pair *aula_mirror_pair(const aula_mirror *mirror, unsigned encoding);

void aula_mirror_tick(aula_mirror *mirror, int64_t now_us);

#endif
