/* SPDX-License-Identifier: Apache-2.0 */
#include "base/repeats.h"

#include <glib.h>
#include <string.h>

static aula_repeats_place *
find(aula_repeats *repeats, int level, uint32_t area, const void *format, int64_t now_us)
{
	aula_repeats_place *spare = NULL;

	for (size_t i = 0; i < AULA_REPEATS_PLACES; i++) {
		aula_repeats_place *place = &repeats->places[i];
		bool over = place->format == NULL || place->until_us <= now_us;
		if (place->format == format && place->area == area && place->level == level)
			return place;
		if (over && place->held == 0)
			spare = place;
	}
	if (spare != NULL)
		spare->format = NULL;
	return spare;
}

bool
aula_repeats_pass(aula_repeats *repeats, int level, const char *area, const void *format,
	const char *line, int64_t now_us)
{
	uint32_t area_hash = g_str_hash(area), text = g_str_hash(line);
	aula_repeats_place *place = find(repeats, level, area_hash, format, now_us);

	if (place == NULL)
		return true; /* more places speak at once than we can watch: rather too much */
	if (place->format == NULL || place->until_us <= now_us) {
		*place = (aula_repeats_place){ .format = format,
			.area = area_hash,
			.level = level,
			.until_us = now_us + AULA_REPEATS_WINDOW_US };
	}
	bool same = place->passed > 0 && place->text == text;
	if (!same && place->passed < AULA_REPEATS_BURST) {
		place->passed++;
		place->text = text;
		return true;
	}
	if (place->held++ == 0)
		g_strlcpy(place->sample, line, sizeof place->sample);
	if (repeats->due_us == 0 || place->until_us < repeats->due_us)
		repeats->due_us = place->until_us;
	return false;
}

bool
aula_repeats_due(aula_repeats *repeats, int64_t now_us, aula_repeats_place *ret_place)
{
	int64_t next_us = 0;

	if (repeats->due_us == 0 || repeats->due_us > now_us)
		return false;
	for (size_t i = 0; i < AULA_REPEATS_PLACES; i++) {
		aula_repeats_place *place = &repeats->places[i];
		if (place->format == NULL || place->held == 0)
			continue;
		if (place->until_us <= now_us) {
			*ret_place = *place;
			place->format = NULL;
			place->held = 0;
			return true;
		}
		if (next_us == 0 || place->until_us < next_us)
			next_us = place->until_us;
	}
	repeats->due_us = next_us;
	return false;
}
