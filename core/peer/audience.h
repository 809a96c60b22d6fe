/* SPDX-License-Identifier: Apache-2.0 */
/** The loops that carry a track or feed, and which of its encodings somebody watches there. A plain
 * struct in its owner; the loop where the owner lives counts by what it watches, not as subscribed.
 */
#ifndef AULA_PEER_AUDIENCE_H
#define AULA_PEER_AUDIENCE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
	unsigned hub_index;
	uint32_t watched; /* bit i: encoding i */
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

#endif
