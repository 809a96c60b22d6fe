/* SPDX-License-Identifier: Apache-2.0 */
/** What the other side told about one stream that we send: loss, jitter and round trip, from its
 * report blocks (RFC 3550 section 6.4). */
#ifndef AULA_MEDIA_REPORT_H
#define AULA_MEDIA_REPORT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
	bool known;
	int64_t at_us;
	uint8_t fraction_lost; /* of 256 */
	int32_t lost;          /* packets since the start */
	uint32_t jitter_us;
	int64_t rtt_us; /* smoothed; 0: not known */
} aula_report;

/** A block came. `round_trip_us` as aula_ntp_round_trip_us() gives it; `jitter` in clock units. */
void aula_report_note(aula_report *report, uint8_t fraction_lost, int32_t lost, uint32_t jitter,
	uint32_t clock_hz, int64_t round_trip_us, int64_t now_us);

/** When the next regular report is due: a second from now, half a second at least and one and a
 * half at most, so that those of many peers spread (RFC 3550 section 6.3.1). `random` is any. */
int64_t aula_report_next_us(int64_t now_us, uint32_t random);

#endif
