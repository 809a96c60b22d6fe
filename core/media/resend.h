/* SPDX-License-Identifier: Apache-2.0 */
/** How often a subscriber gets again what it asks for: what was repeated within a round trip is on
 * its way, and there is a bound to what it can make us send. */
#ifndef AULA_MEDIA_RESEND_H
#define AULA_MEDIA_RESEND_H

#include <stdbool.h>

#include "media/budget.h"

enum {
	AULA_RESEND_KEPT = 64,        /* packets; a power of two */
	AULA_RESEND_TIMES_MOST = 10,  /* as often as browsers ask */
	AULA_RESEND_LEAST_US = 10000, /* shortest time between two repetitions of one packet */
	AULA_RESEND_MOST_US = 500000, /* and the longest, whatever the round trip */
};

typedef struct {
	uint64_t number; /* outgoing */
	int64_t at_us;
	uint8_t times;
} aula_resend_one;

typedef struct {
	aula_budget budget;
	aula_resend_one *kept; /* AULA_RESEND_KEPT of them, once anything was asked for */
	uint64_t asked, repeated, refused; /* refused: for want of budget, or too often */
} aula_resend;

/** Holds nothing until the first packet is asked for; aula_resend_clear() frees that. */
void aula_resend_init(aula_resend *resend, int64_t now_us);
void aula_resend_clear(aula_resend *resend);
/** True: repeat it, and it is counted. False also for want of memory. `rtt_us` 0: not known. */
bool aula_resend_may(
	aula_resend *resend, uint64_t number, size_t bytes, int64_t rtt_us, int64_t now_us);

#endif
