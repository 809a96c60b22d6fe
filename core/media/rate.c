/* SPDX-License-Identifier: Apache-2.0 */
#include "media/rate.h"

void
aula_rate_note(aula_rate *rate, size_t bytes, int64_t now_us)
{
	/* After a pause the first span is as long as any, not as long as the pause. */
	if (!aula_rate_flows(rate, now_us)) {
		rate->since_us = now_us;
		rate->bytes = 0;
	}
	rate->came_us = now_us;
	rate->bytes += (int64_t)bytes;
	int64_t span_us = now_us - rate->since_us;
	if (span_us < AULA_RATE_SPAN_US)
		return;
	int64_t bps = rate->bytes * 8 * 1000000 / span_us;
	rate->bps = rate->bps == 0 ? bps : (rate->bps + bps) / 2;
	rate->since_us = now_us;
	rate->bytes = 0;
}

bool
aula_rate_flows(const aula_rate *rate, int64_t now_us)
{
	return rate->came_us != 0 && now_us - rate->came_us < AULA_RATE_FLOWS_US;
}
