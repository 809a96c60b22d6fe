/* SPDX-License-Identifier: Apache-2.0 */
/** Transport-wide feedback: which packets came and when, by the number that each carries in a
 * header extension whatever stream it is of (draft-holmer-rmcat-transport-wide-cc-extensions-01).
 * All [any]. */
#ifndef AULA_WIRE_TWCC_H
#define AULA_WIRE_TWCC_H

#include "wire/rtcp.h"

enum {
	AULA_TWCC_TICK_US = 250,         /* what an arrival is rounded to */
	AULA_TWCC_REFERENCE_US = 64000,  /* what the reference time counts */
	AULA_TWCC_REFERENCE_BITS = 24,   /* of the reference time, signed */
	AULA_TWCC_STATUSES_MOST = 65535, /* numbers that one packet can speak of */
};

/** A packet that came. */
typedef struct {
	uint16_t sequence;
	int64_t at_us; /* on the clock of the receiver; read: modulo 2^24 * 64 ms */
} aula_twcc_arrival;

/** A walk over one feedback packet; it points into the bytes that the packet was read from. */
typedef struct {
	uint16_t base;  /* the first number that it speaks of */
	uint16_t count; /* how many numbers in a row; those without an arrival are missing */
	uint8_t number; /* of the feedback packet, to notice lost ones */
	int64_t at_us;  /* the reference time, then the last arrival */
	/* private to the walk */
	const uint8_t *chunk, *delta;
	uint16_t symbols_left; /* in the present chunk */
	uint16_t done;         /* statuses */
} aula_twcc_walk;

/** False: not transport-wide feedback, or it lacks statuses or times that it announces. */
bool aula_twcc_read(const aula_rtcp *packet, aula_twcc_walk *ret_walk);
/** The next packet that came, ascending modulo 2^16; takes time by the bytes read, not by the
 * numbers missing. False at the end. */
bool aula_twcc_next(aula_twcc_walk *walk, aula_twcc_arrival *ret_arrival);

/** Appends one feedback packet on `arrivals`, which ascend modulo 2^16 from `base` on. Returns how
 * many of them it speaks of: fewer than `count` where the room ends, or where two are further apart
 * than one packet can say (8 s); 0: nothing was written. */
size_t aula_twcc_write(aula_rtcp_writer *writer, uint32_t ssrc, uint32_t media_ssrc, uint16_t base,
	uint8_t number, const aula_twcc_arrival *arrivals, size_t count);

#endif
