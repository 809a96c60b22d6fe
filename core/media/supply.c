/* SPDX-License-Identifier: Apache-2.0 */
#include "media/supply.h"

void
aula_supply_init(aula_supply *supply, int64_t nominal_bps)
{
	*supply = (aula_supply){ .nominal_bps = nominal_bps };
}

void
aula_supply_came(aula_supply *supply, size_t bytes, int64_t now_us)
{
	aula_rate_note(&supply->rate, bytes, now_us);
	supply->failed_us = 0;
}

/* Watched, and no reason to wait: it has flowed and stopped by itself, or was given its time. */
static bool
fails(const aula_supply *supply, int64_t now_us)
{
	if (supply->watchers == 0 || aula_rate_flows(&supply->rate, now_us))
		return false;
	return supply->rate.came_us >= supply->watched_us ||
	       now_us - supply->watched_us >= AULA_SUPPLY_PATIENCE_US;
}

void
aula_supply_watch(aula_supply *supply, int change, int64_t now_us)
{
	if (supply->watchers == 0 && change > 0)
		supply->watched_us = now_us;
	if (fails(supply, now_us) && supply->failed_us == 0)
		supply->failed_us = now_us;
	supply->watchers += (unsigned)change;
}

int64_t
aula_supply_bps(const aula_supply *supply, int64_t now_us)
{
	bool failed = supply->failed_us != 0 && now_us - supply->failed_us < AULA_SUPPLY_RETRY_US;

	if (fails(supply, now_us) || (failed && supply->watchers == 0))
		return 0;
	return supply->rate.bps != 0 ? supply->rate.bps : supply->nominal_bps;
}
