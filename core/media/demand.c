/* SPDX-License-Identifier: Apache-2.0 */
#include "media/demand.h"

enum { LOWEST = 1 };

void
aula_demand_init(aula_demand *demand, unsigned encoding_count)
{
	*demand = (aula_demand){ .all = (1u << encoding_count) - 1 };
	demand->wanted = demand->all;
}

bool
aula_demand_note(aula_demand *demand, uint32_t watched, int64_t now_us)
{
	uint32_t before = demand->wanted;

	watched = (watched | LOWEST) & demand->all;
	demand->wanted |= watched;
	if (demand->wanted == watched)
		demand->spare_since_us = 0;
	else if (demand->spare_since_us == 0)
		demand->spare_since_us = now_us;
	else if (now_us - demand->spare_since_us >= AULA_DEMAND_HOLD_US) {
		demand->wanted = watched;
		demand->spare_since_us = 0;
	}
	return demand->wanted != before;
}
