/* SPDX-License-Identifier: Apache-2.0 */
/** What is missing of an incoming stream, and when to ask the publisher for it (RFC 4585 section
 * 6.2.1). Waits a little in case the packet is only late, asks again each round trip, gives up when
 * nobody could use the answer any more. */
#ifndef AULA_MEDIA_NACK_H
#define AULA_MEDIA_NACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	AULA_NACK_MOST = 256, /* missing at once; a longer gap is for a keyframe */
	AULA_NACK_TRIES = 10,
	AULA_NACK_REORDER_US = 10000, /* a packet may be this late by itself */
	AULA_NACK_AGE_US = 1000000,   /* then its frame is past */
	AULA_NACK_RTT_US = 100000,    /* assumed until it is known */
	AULA_NACK_RETRY_US = 20000,   /* shortest time between two requests */
};

typedef struct {
	uint64_t number; /* extended */
	int64_t noticed_us, asked_us, due_us;
	uint8_t tries;
} aula_nack_entry;

typedef struct {
	aula_nack_entry missing[AULA_NACK_MOST]; /* ascending */
	size_t count;
	int64_t rtt_us; /* smoothed; of requests answered at the first try */
	uint64_t asked, answered, given_up;
} aula_nack;

void aula_nack_init(aula_nack *nack);

/** The highest number went from `before` to `number`. False: too much is missing, nothing of it
 * will be asked for, and video needs a keyframe. */
bool aula_nack_advanced(aula_nack *nack, uint64_t before, uint64_t number, int64_t now_us);
/** A missing packet came after all. */
void aula_nack_came(aula_nack *nack, uint64_t number, int64_t now_us);
/** Forgets all that is missing: after a restart, or while nobody wants the stream. */
void aula_nack_clear(aula_nack *nack);

/** When aula_nack_take() has something; INT64_MAX: nothing is missing. */
int64_t aula_nack_due_us(const aula_nack *nack);
/** Up to `most` numbers to ask for now, ascending modulo 2^16; they come again unless
 * aula_nack_came() is told. */
size_t aula_nack_take(aula_nack *nack, int64_t now_us, uint16_t *ret_numbers, size_t most);

#endif
