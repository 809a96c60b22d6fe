/* SPDX-License-Identifier: Apache-2.0 */
#include "media/budget.h"

void
aula_budget_init(aula_budget *budget, int64_t rate_bps, int64_t burst_bytes, int64_t now_us)
{
	*budget = (aula_budget){
		.rate_bps = rate_bps,
		.burst_bytes = burst_bytes,
		.saved_bytes = burst_bytes,
		.at_us = now_us,
	};
}

bool
aula_budget_spend(aula_budget *budget, size_t bytes, int64_t now_us)
{
	const int64_t bits_us = 8 * 1000000; /* a byte is this many bits times microseconds */
	int64_t elapsed_us = now_us - budget->at_us;
	int64_t lacking_bytes = budget->burst_bytes - budget->saved_bytes;

	/* Full after this time, whatever came since: a product of years would overflow. */
	if (elapsed_us > lacking_bytes * bits_us / budget->rate_bps) {
		budget->saved_bytes = budget->burst_bytes;
		budget->at_us = now_us;
	} else {
		int64_t earned_bytes = elapsed_us * budget->rate_bps / bits_us;
		budget->saved_bytes += earned_bytes;
		budget->at_us += earned_bytes * bits_us / budget->rate_bps;
	}
	if (budget->saved_bytes < (int64_t)bytes)
		return false;
	budget->saved_bytes -= (int64_t)bytes;
	return true;
}
