/* SPDX-License-Identifier: Apache-2.0 */
/** A virtual track: it goes on for as long as a class does, while the track that it carries is
 * switched. Numbers and timestamps are rewritten here, once; the mirrors and senders that carry it
 * take it for any other track. Another video begins at its keyframe and the one before goes on
 * until then, for AULA_FEED_PATIENCE_US at most; another voice begins at once. It passes on all
 * encodings that its source has, each rewritten by itself. Without a source it is silent. All
 * [media] on its hub's loop. */
#ifndef AULA_PEER_FEED_H
#define AULA_PEER_FEED_H

#include "media/clock.h"
#include "peer/audience.h"
#include "peer/engine.h"

typedef struct aula_live_feed aula_live_feed;
typedef struct aula_mirror aula_mirror;
typedef struct aula_hub aula_hub;

enum {
	AULA_FEED_PATIENCE_US = 2000000,
	/* What its packets say, whatever those of a source do. */
	AULA_FEED_PAYLOAD_TYPE = 96,
	AULA_FEED_RED_PAYLOAD_TYPE = 97,
};

/** `options` as aula_feed_options_init() filled them; copied. */
aula_live_feed *aula_feed_new(aula_hub *hub, uint64_t id, const aula_track_options *options);
/** Subscribed loops are told, taps closed, its mirror here is freed. NULL is fine. */
void aula_feed_free(aula_live_feed *feed);

/** [any] What a feed of that codec is to those that carry it. */
void aula_feed_options_init(aula_track_options *options, aula_codec codec);

/** What it carries from now on: a mirror on this hub, or NULL. `owner` is written into the packets,
 * so that a sender of the same does not send them back. */
void aula_feed_switch(aula_live_feed *feed, aula_mirror *source, uint64_t owner);
/** It will not be what `source` carries any more, whatever was asked for: it is being freed. */
void aula_feed_lost_source(aula_live_feed *feed, const aula_mirror *source);

/** Packets of a source, in the order they came; borrowed. */
void aula_feed_take(aula_live_feed *feed, aula_mirror *source, aula_packet *const *packets,
	size_t count, int64_t now_us);
/** The source was muted: what came before is not for those who come later. */
void aula_feed_forget(aula_live_feed *feed, const aula_mirror *source);
/** The source's timestamps are known better. */
void aula_feed_note_pair(aula_live_feed *feed, const aula_mirror *source, unsigned encoding);

const aula_clock_pair *aula_feed_pair(const aula_live_feed *feed, unsigned encoding);
void aula_feed_want_keyframe(aula_live_feed *feed, uint32_t encodings);
/** As aula_track_subscribe(), aula_track_audience(), aula_track_watch(). */
void aula_feed_subscribe(aula_live_feed *feed, unsigned hub_index, bool on);
const aula_audience *aula_feed_audience(const aula_live_feed *feed);
void aula_feed_watch(aula_live_feed *feed, unsigned hub_index, uint32_t encodings);
/** As aula_track_tap(), aula_track_untap(). */
bool aula_feed_tap(aula_live_feed *feed, uint64_t tap, const aula_tap_ops *ops, void *data);
void aula_feed_untap(aula_live_feed *feed, uint64_t tap);

void aula_feed_tick(aula_live_feed *feed, int64_t now_us);

#endif
