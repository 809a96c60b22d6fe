/* SPDX-License-Identifier: Apache-2.0 */
/** Time on the wire (RFC 3550 section 4) and what a publisher's sender reports say about it: which
 * of our moments a media timestamp belongs to, so that our own reports keep lips in sync. */
#ifndef AULA_MEDIA_CLOCK_H
#define AULA_MEDIA_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/** NTP time, 32.32 fixed point since 1900, of microseconds since 1970; and back. */
uint64_t aula_ntp_of(int64_t unix_us);
int64_t aula_ntp_to_us(uint64_t ntp);
/** The middle 32 bits: what LSR carries. */
static inline uint32_t
aula_ntp_middle(uint64_t ntp)
{
	return (uint32_t)(ntp >> 16);
}

/** Round trip from a report block (RFC 3550 section 6.4.1); -1: it echoes no report, or nonsense.
 */
int64_t aula_ntp_round_trip_us(uint64_t now_ntp, uint32_t last_sr, uint32_t delay_since_last_sr);

/** One publisher's wall clock against ours. All tracks of one publisher share it: then sound and
 * picture that were captured together get the same moment here, however long each took. */
typedef struct {
	bool known;
	int64_t offset_us; /* our monotonic time minus its time; as small as was ever seen */
} aula_clock;

/** A sender report came. Returns our monotonic time of its NTP time. */
int64_t aula_clock_note(aula_clock *clock, uint64_t ntp, int64_t now_us);

/** A pair of a media timestamp and the moment it belongs to. */
typedef struct {
	bool known;
	uint32_t timestamp;
	int64_t at_us; /* monotonic, ours */
} aula_clock_pair;

/** The media timestamp at `at_us`; `pair` must be known. */
uint32_t aula_clock_timestamp(const aula_clock_pair *pair, uint32_t clock_hz, int64_t at_us);

#endif
