/* SPDX-License-Identifier: Apache-2.0 */
/** What waits to leave to one subscriber, so that a keyframe does not fill the queue of a thin line
 * at once: by class, each in order, at a rate. Sound never waits. Holds no packets, only whatever
 * the owner knows them by. */
#ifndef AULA_MEDIA_PACER_H
#define AULA_MEDIA_PACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	AULA_PACER_WAITING = 256,     /* of one class; a power of two */
	AULA_PACER_PADDING = 240,     /* bytes of one packet of padding */
	AULA_PACER_HURRY_US = 400000, /* nothing waits longer: the rate rises if it must */
	AULA_PACER_BURST_US = 5000,   /* may leave at once after a rest */
};

/** In the order in which they leave. */
typedef enum {
	AULA_PACER_SOUND,
	AULA_PACER_REPEAT, /* retransmissions */
	AULA_PACER_PICTURE,
	AULA_PACER_FILL, /* padding for a probe; never queued */
} aula_pacer_class;

typedef struct {
	uint64_t what; /* the owner's; 0 for padding */
	uint16_t bytes;
	uint8_t probe; /* the probe that it is part of; 0: none */
	aula_pacer_class class;
} aula_pacer_item;

typedef struct {
	uint64_t what;
	uint16_t bytes;
} aula_pacer_slot;

typedef struct {
	aula_pacer_slot slots[AULA_PACER_WAITING];
	size_t first, count;
} aula_pacer_queue;

typedef struct {
	int64_t rate_bps;
	int64_t debt_bits, at_us; /* what left ahead of the rate */
	aula_pacer_queue queues[AULA_PACER_FILL];
	int64_t waiting_bytes;
	uint8_t probe;
	int64_t probe_bps, probe_bytes; /* left to send of it */
	uint64_t refused;
} aula_pacer;

/** `rate_bps` > 0: what leaves in a second at most, while the queue is short. */
void aula_pacer_init(aula_pacer *pacer, int64_t rate_bps, int64_t now_us);
void aula_pacer_rate(aula_pacer *pacer, int64_t rate_bps);
/** Until `bytes` have left, at `bps`, filled up with padding. */
void aula_pacer_probe(aula_pacer *pacer, uint8_t probe, int64_t bps, int64_t bytes);

/** False: its queue is full; the packet is to be dropped, and picture needs a keyframe. */
bool aula_pacer_push(aula_pacer *pacer, aula_pacer_class class, uint64_t what, size_t bytes);
/** When aula_pacer_take() has something; INT64_MAX: nothing waits. */
int64_t aula_pacer_due_us(const aula_pacer *pacer, int64_t now_us);
/** The next to leave now. False: nothing, for now. */
bool aula_pacer_take(aula_pacer *pacer, int64_t now_us, aula_pacer_item *ret_item);
/** The oldest that waits in a class, to be dropped: when its stream is paused. */
bool aula_pacer_drop(aula_pacer *pacer, aula_pacer_class class, uint64_t *ret_what);

#endif
