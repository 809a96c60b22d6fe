/* SPDX-License-Identifier: Apache-2.0 */
#include "media/meter.h"

#include <string.h>

enum { REST_US = 1000000 }; /* after it, counting begins anew */

static int
within(int8_t layer, int count)
{
	if (layer < 0)
		return 0;
	return layer < count ? layer : count - 1;
}

static void
settle(aula_meter *meter, int64_t span_us)
{
	for (int s = 0; s < AULA_METER_SPATIAL; s++)
		for (int t = 0; t < AULA_METER_TEMPORAL; t++) {
			int64_t bps = (int64_t)meter->bytes[s][t] * 8 * 1000000 / span_us;
			int64_t before = meter->bps[s][t];

			meter->bps[s][t] = before == 0 ? bps : (before + bps) / 2;
		}
	memset(meter->bytes, 0, sizeof(meter->bytes));
}

void
aula_meter_note(aula_meter *meter, int8_t spatial, int8_t temporal, size_t bytes, int64_t now_us)
{
	if (meter->came_us == 0 || now_us - meter->came_us > REST_US) {
		meter->since_us = now_us;
		memset(meter->bytes, 0, sizeof(meter->bytes));
	}
	meter->came_us = now_us;
	meter->bytes[within(spatial, AULA_METER_SPATIAL)][within(temporal, AULA_METER_TEMPORAL)] +=
		(uint32_t)bytes;
	int64_t span_us = now_us - meter->since_us;
	if (span_us < AULA_METER_US)
		return;
	settle(meter, span_us);
	meter->since_us = now_us;
}

int64_t
aula_meter_bps(const aula_meter *meter, int8_t spatial, int8_t temporal)
{
	int64_t bps = 0;

	for (int s = 0; s <= within(spatial, AULA_METER_SPATIAL); s++)
		for (int t = 0; t <= within(temporal, AULA_METER_TEMPORAL); t++)
			bps += meter->bps[s][t];
	return bps;
}

int8_t
aula_meter_spatial(const aula_meter *meter)
{
	for (int8_t s = AULA_METER_SPATIAL - 1; s > 0; s--)
		for (int t = 0; t < AULA_METER_TEMPORAL; t++)
			if (meter->bps[s][t] > 0)
				return s;
	return 0;
}

int8_t
aula_meter_temporal(const aula_meter *meter)
{
	for (int8_t t = AULA_METER_TEMPORAL - 1; t > 0; t--)
		for (int s = 0; s < AULA_METER_SPATIAL; s++)
			if (meter->bps[s][t] > 0)
				return t;
	return 0;
}
