/* SPDX-License-Identifier: Apache-2.0 */
/** How much the line from a publisher carries, seen from here: for those who are not told of the
 * arrival of each packet, but date them (abs-send-time) and heed REMB
 * (draft-alvestrand-rmcat-remb-03). Doubles until a queue grows or much is lost, then falls at once
 * and rises slowly. */
#ifndef AULA_MEDIA_UPLINK_H
#define AULA_MEDIA_UPLINK_H

#include "media/delay.h"
#include "media/rate.h"

enum { AULA_UPLINK_LEAST_BPS = 100000 };

typedef struct {
	bool started, congested; /* packets came; a queue grew once */
	uint32_t date;           /* of the last packet, as it came */
	int64_t sent_us;         /* the same, unwrapped */
	aula_delay delay;
	aula_rate rate;
	double bps; /* 0: not known yet */
	int64_t fell_us, rose_us;
} aula_uplink;

void aula_uplink_init(aula_uplink *uplink);
/** A packet of `bytes` came that says it was sent at `date`: 24 bits, 1/2^18 s, which begin anew
 * each 64 s. True: the estimate has fallen, and should be told at once. */
bool aula_uplink_note(aula_uplink *uplink, uint32_t date, size_t bytes, int64_t now_us);
/** What was lost since the last call, of 256: a queue that is full does not grow. */
void aula_uplink_lost(aula_uplink *uplink, uint8_t fraction_lost, int64_t now_us);
/** 0: not known yet. */
int64_t aula_uplink_bps(const aula_uplink *uplink);

#endif
