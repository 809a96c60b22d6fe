/* SPDX-License-Identifier: Apache-2.0 */
#include "media/report.h"

void
aula_report_note(aula_report *report, uint8_t fraction_lost, int32_t lost, uint32_t jitter,
	uint32_t clock_hz, int64_t round_trip_us, int64_t now_us)
{
	report->known = true;
	report->at_us = now_us;
	report->fraction_lost = fraction_lost;
	report->lost = lost;
	report->jitter_us = (uint32_t)((uint64_t)jitter * 1000000 / clock_hz);
	if (round_trip_us >= 0 && report->rtt_us == 0)
		report->rtt_us = round_trip_us;
	else if (round_trip_us >= 0)
		report->rtt_us += (round_trip_us - report->rtt_us) / 8;
}

int64_t
aula_report_next_us(int64_t now_us, uint32_t random)
{
	return now_us + 500000 + random % 1000001;
}
