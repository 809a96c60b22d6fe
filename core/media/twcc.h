/* SPDX-License-Identifier: Apache-2.0 */
/** What a publisher is told about the packets that it sends, so that it can estimate its uplink:
 * the arrival of each, by its transport-wide number, ten times a second. Holds what is not yet told
 * and a little before it, never more. */
#ifndef AULA_MEDIA_TWCC_H
#define AULA_MEDIA_TWCC_H

#include "wire/twcc.h"

enum {
	AULA_TWCC_WINDOW = 1024, /* numbers kept; a power of two */
	AULA_TWCC_INTERVAL_US = 100000,
	AULA_TWCC_EARLY = 256,       /* this many arrivals are told at once */
	AULA_TWCC_JUMP = 8192,       /* a step beyond it begins anew */
	AULA_TWCC_PACKET_MOST = 192, /* arrivals in one feedback packet */
};

typedef struct {
	bool started;
	uint64_t next;    /* the first number that was not told of; extended */
	uint64_t highest; /* that came */
	uint8_t number;   /* of the next feedback packet */
	size_t untold;
	int64_t first_us, told_us;       /* the oldest untold arrival; the last feedback */
	int64_t at_us[AULA_TWCC_WINDOW]; /* by number; 0: did not come */
	uint64_t came, restarts;
} aula_twcc;

void aula_twcc_init(aula_twcc *twcc);
/** A packet came; `now_us` > 0 is when the kernel or the loop saw it. */
void aula_twcc_note(aula_twcc *twcc, uint16_t sequence, int64_t now_us);
/** When aula_twcc_take() has something; INT64_MAX: nothing is untold. */
int64_t aula_twcc_due_us(const aula_twcc *twcc);
/** Appends one feedback packet. False: nothing is due, or `writer` has no room for a single
 * arrival. Call it again until it is false: after a burst it takes several. */
bool aula_twcc_take(aula_twcc *twcc, aula_rtcp_writer *writer, uint32_t ssrc, uint32_t media_ssrc,
	int64_t now_us);

#endif
