/* SPDX-License-Identifier: Apache-2.0 */
/** What leaves to one subscriber at which pace, so that a keyframe does not fill the queue of a
 * thin line at once. What the pace allows passes at once and is only counted; the rest waits by
 * class, each in order, as items that lie in what the owner keeps. Sound never waits. */
#ifndef AULA_MEDIA_PACER_H
#define AULA_MEDIA_PACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	AULA_PACER_WAITING = 512,     /* of one class, at most */
	AULA_PACER_PADDING = 240,     /* bytes of one packet of padding */
	AULA_PACER_HURRY_US = 400000, /* nothing waits longer: the rate rises if it must */
	AULA_PACER_BURST_US = 40000,  /* so much of the rate may leave at once after a rest */
};

/** In the order in which they leave. */
typedef enum {
	AULA_PACER_SOUND,
	AULA_PACER_REPEAT, /* retransmissions */
	AULA_PACER_PICTURE,
	AULA_PACER_FILL, /* padding for a probe; never waits */
} aula_pacer_class;

/** A packet that waits; a member of the owner's. */
typedef struct aula_pacer_item {
	struct aula_pacer_item *next;
	uint16_t bytes;
} aula_pacer_item;

/** What is to leave now. */
typedef struct {
	aula_pacer_item *item; /* NULL: padding */
	size_t bytes;
	uint8_t probe; /* the probe that it is part of; 0: none */
	aula_pacer_class class;
} aula_pacer_turn;

typedef struct {
	aula_pacer_item *first, *last;
	uint32_t count;
} aula_pacer_queue;

typedef struct {
	int64_t rate_bps;         /* 0: there is none, all passes */
	bool patient;             /* the rate does not rise, however long something waits */
	int64_t debt_bits, at_us; /* what left ahead of the rate */
	aula_pacer_queue queues[AULA_PACER_FILL];
	int64_t waiting_bytes;
	uint8_t probe;
	int64_t probe_bps, probe_bytes; /* left to send of it */
	uint64_t refused;
} aula_pacer;

/** `rate_bps`: what leaves in a second at most, while little waits; 0: all passes. */
void aula_pacer_init(aula_pacer *pacer, int64_t rate_bps, int64_t now_us);
/** `patient`: also while much waits. */
void aula_pacer_rate(aula_pacer *pacer, int64_t rate_bps, bool patient);
/** Until `bytes` have left, at `bps`, filled up with padding. */
void aula_pacer_probe(aula_pacer *pacer, uint8_t probe, int64_t bps, int64_t bytes, int64_t now_us);

/** No more of it, if it is not `but`. */
void aula_pacer_end_probe(aula_pacer *pacer, uint8_t but);

/** True: the packet may leave at once, and is counted. False: push it. */
bool aula_pacer_pass(aula_pacer *pacer, aula_pacer_class class, size_t bytes, int64_t now_us);
/** Takes `item` until it is handed out again. False: the queue is full; the packet is to be
 * dropped, and picture needs a keyframe. */
bool aula_pacer_push(
	aula_pacer *pacer, aula_pacer_class class, aula_pacer_item *item, size_t bytes);
/** True: something waits, or a probe is under way. */
bool aula_pacer_waits(const aula_pacer *pacer);
/** When aula_pacer_take() has something; INT64_MAX: nothing waits. */
int64_t aula_pacer_due_us(const aula_pacer *pacer, int64_t now_us);
/** The next to leave now. False: nothing, for now. */
bool aula_pacer_take(aula_pacer *pacer, int64_t now_us, aula_pacer_turn *ret_turn);
/** What waits in a class and is found by `match` (NULL: all), as a chain, to be dropped: when its
 * stream ends, is paused, or shown in another encoding. */
aula_pacer_item *aula_pacer_drop(aula_pacer *pacer, aula_pacer_class class,
	bool (*match)(const aula_pacer_item *item, const void *data), const void *data);

#endif
