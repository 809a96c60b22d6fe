/* SPDX-License-Identifier: Apache-2.0 */
#include "quality.h"

#include "notify.h"
#include "stream.h"

enum { DELAY_UNIT_MS = 10 };

void
quality_init(struct quality *quality)
{
	*quality = (struct quality){ .aim = { .size = sizeof(aula_aim),
					     .encoding = -1,
					     .spatial = -1,
					     .temporal = -1,
					     .rank = RANK_USUAL,
					     .min_delay_ms = -1,
					     .max_delay_ms = -1 },
		.encoding = -1,
		.spatial = -1,
		.temporal = -1 };
}

/* -- what the client wants -- */

aula_code
quality_check(aula_call *call, const struct quality_args *args, const char *field)
{
	if (args->min_delay >= 0 && args->max_delay >= 0 && args->max_delay < args->min_delay)
		return refuse(call, AULA_INVALID, ERROR_INVALID, field,
			"It is to be no less than min_delay.");
	return AULA_OK;
}

static bool
want_level(int8_t *level, int64_t wanted)
{
	if (wanted < 0)
		return false;
	*level = (int8_t)wanted;
	return true;
}

static bool
want_delay(int32_t *delay_ms, int64_t wanted)
{
	if (wanted == QUALITY_DELAY_ABSENT)
		return false;
	*delay_ms = wanted < 0 ? -1 : (int32_t)wanted * DELAY_UNIT_MS;
	return true;
}

bool
quality_want(struct quality *quality, const struct quality_args *args)
{
	aula_aim *aim = &quality->aim;
	bool said = want_level(&aim->encoding, args->encoding);

	said |= want_level(&aim->spatial, args->spatial);
	said |= want_level(&aim->temporal, args->temporal);
	said |= want_level(&aim->temporal, args->temporal_layer);
	said |= want_delay(&aim->min_delay_ms, args->min_delay);
	said |= want_delay(&aim->max_delay_ms, args->max_delay);
	if (args->fallback_us < 0)
		return said;
	aim->fallback_us = args->fallback_us;
	return true;
}

void
quality_apply(const struct quality *quality, const aula_host *host, aula_sender sender)
{
	aula_aim aim = quality->aim;

	/* One bound is as good as two: the other is as wide as it can be. */
	if (aim.min_delay_ms >= 0 && aim.max_delay_ms < 0)
		aim.max_delay_ms = QUALITY_DELAY_MOST * DELAY_UNIT_MS;
	if (aim.max_delay_ms >= 0 && aim.min_delay_ms < 0)
		aim.min_delay_ms = 0;
	if (aim.max_delay_ms < aim.min_delay_ms)
		aim.max_delay_ms = aim.min_delay_ms; /* said at different times */
	host->media->aim(host, sender, &aim);
}

/* -- what it gets -- */

static void
tell(struct room *room, aula_handle handle, const char *mid, const char *key, json_t *value)
{
	json_t *event = notify_event(room);

	json_object_set_new(event, "mid", json_string(mid));
	json_object_set_new(event, key, value);
	if (json_is_boolean(value))
		json_object_set_new(event, "reason", json_string("congestion"));
	notify_one(room, handle, event);
}

/* True when the level is another than the client knows of. All there are is the highest. */
static bool
is_news(int8_t *told, int8_t level)
{
	int8_t now = level < 0 ? QUALITY_LEVEL_MOST : level;

	if (*told == now)
		return false;
	*told = now;
	return true;
}

void
quality_tell(struct quality *quality, struct room *room, aula_handle handle, const char *mid,
	const struct stream *source, const aula_shown *shown)
{
	bool simulcast = source != NULL && source->simulcast;
	bool layered = source != NULL && !simulcast &&
		       (source->svc || shown->spatial >= 0 || quality->spatial >= 0);

	if (quality->starved != shown->starved) {
		quality->starved = shown->starved;
		tell(room, handle, mid, "paused", json_boolean(shown->starved));
	}
	if (shown->encoding < 0)
		return;
	if (simulcast && is_news(&quality->encoding, shown->encoding))
		tell(room, handle, mid, "substream", json_integer(quality->encoding));
	if (layered && is_news(&quality->spatial, shown->spatial))
		tell(room, handle, mid, "spatial_layer", json_integer(quality->spatial));
	if ((simulcast || layered) && is_news(&quality->temporal, shown->temporal))
		tell(room, handle, mid, simulcast ? "temporal" : "temporal_layer",
			json_integer(quality->temporal));
}
