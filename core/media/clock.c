/* SPDX-License-Identifier: Apache-2.0 */
#include "media/clock.h"

enum { US = 1000000 };
#define UNIX_EPOCH_NTP_S INT64_C(2208988800)

/* A publisher's clock that jumps further than this was set anew. */
#define CLOCK_STEP_US (2 * US)
/* The smallest delay seen may rise again by 100 us each report, as clocks drift apart. */
#define CLOCK_DRIFT_US 100

uint64_t
aula_ntp_of(int64_t unix_us)
{
	uint64_t seconds = (uint64_t)(unix_us / US + UNIX_EPOCH_NTP_S);
	uint64_t fraction = ((uint64_t)(unix_us % US) << 32) / US;

	return seconds << 32 | fraction;
}

int64_t
aula_ntp_to_us(uint64_t ntp)
{
	/* Rounded, so that there and back is the same microsecond. */
	int64_t fraction_us = (int64_t)(((ntp & UINT32_MAX) * US + (UINT64_C(1) << 31)) >> 32);

	return ((int64_t)(ntp >> 32) - UNIX_EPOCH_NTP_S) * US + fraction_us;
}

int64_t
aula_ntp_round_trip_us(uint64_t now_ntp, uint32_t last_sr, uint32_t delay_since_last_sr)
{
	if (last_sr == 0)
		return -1;
	int32_t trip = (int32_t)(aula_ntp_middle(now_ntp) - last_sr - delay_since_last_sr);
	/* The other side rounds as well: a hair below zero is zero. */
	if (trip < 0)
		return trip > -66 ? 0 : -1;
	return (int64_t)trip * US >> 16;
}

int64_t
aula_clock_note(aula_clock *clock, uint64_t ntp, int64_t now_us)
{
	int64_t its_us = aula_ntp_to_us(ntp);
	int64_t offset_us = now_us - its_us;
	int64_t change_us = offset_us - clock->offset_us;

	if (!clock->known || change_us < 0 || change_us > CLOCK_STEP_US)
		clock->offset_us = offset_us;
	else
		clock->offset_us += change_us < CLOCK_DRIFT_US ? change_us : CLOCK_DRIFT_US;
	clock->known = true;
	return its_us + clock->offset_us;
}

uint32_t
aula_clock_timestamp(const aula_clock_pair *pair, uint32_t clock_hz, int64_t at_us)
{
	int64_t later_us = at_us - pair->at_us;
	int64_t hz = clock_hz;

	return pair->timestamp + (uint32_t)(later_us / US * hz + later_us % US * hz / US);
}
