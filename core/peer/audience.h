/* SPDX-License-Identifier: Apache-2.0 */
/** The loops that carry a track or feed, and which of its encodings somebody watches there. A plain
 * struct in its owner; the loop where the owner lives counts by what it watches, not as subscribed.
 */
#ifndef AULA_PEER_AUDIENCE_H
#define AULA_PEER_AUDIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/packet.h"
#include "peer/engine.h"

typedef struct {
	unsigned hub_index;
	uint32_t watched;                         /* bit i: encoding i */
	int64_t keyframe_us[AULA_ENCODINGS_MOST]; /* when the last that it was sent came; 0: none */
} aula_subscription;

typedef struct {
	unsigned home; /* index of the owner's hub */
	unsigned count;
	aula_subscription *subscriptions; /* room for all hubs */
	uint32_t watched_at_home;
} aula_audience;

void aula_audience_init(aula_audience *audience, unsigned home, unsigned hub_count);
void aula_audience_finish(aula_audience *audience);

/** True: `hub_index` is new to it. */
bool aula_audience_subscribe(aula_audience *audience, unsigned hub_index, bool on);
void aula_audience_watch(aula_audience *audience, unsigned hub_index, uint32_t encodings);
/** By anybody. */
uint32_t aula_audience_watched(const aula_audience *audience);
/** A packet is sent to all who subscribed. */
void aula_audience_note(aula_audience *audience, const aula_packet *packet);
/** The encodings of which a keyframe is on its way to `hub_index`, which has seen those that came
 * at `seen_us`. Not for longer than half a second: the link may have dropped it. */
uint32_t aula_audience_under_way(const aula_audience *audience, unsigned hub_index,
	const int64_t seen_us[AULA_ENCODINGS_MOST], int64_t now_us);

#endif
