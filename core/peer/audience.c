/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/audience.h"

#include <glib.h>

enum { UNDER_WAY_MOST_US = 500000 };

void
aula_audience_init(aula_audience *audience, unsigned home, unsigned hub_count)
{
	*audience = (aula_audience){
		.home = home,
		.subscriptions = g_new0(aula_subscription, hub_count),
	};
}

void
aula_audience_finish(aula_audience *audience)
{
	g_clear_pointer(&audience->subscriptions, g_free);
}

static aula_subscription *
find(aula_audience *audience, unsigned hub_index)
{
	for (unsigned i = 0; i < audience->count; i++)
		if (audience->subscriptions[i].hub_index == hub_index)
			return &audience->subscriptions[i];
	return NULL;
}

bool
aula_audience_subscribe(aula_audience *audience, unsigned hub_index, bool on)
{
	aula_subscription *known = find(audience, hub_index);

	if (known != NULL && !on)
		*known = audience->subscriptions[--audience->count];
	if (known != NULL || !on)
		return false;
	audience->subscriptions[audience->count++] = (aula_subscription){ .hub_index = hub_index };
	return true;
}

void
aula_audience_watch(aula_audience *audience, unsigned hub_index, uint32_t encodings)
{
	aula_subscription *known = find(audience, hub_index);

	if (hub_index == audience->home)
		audience->watched_at_home = encodings;
	else if (known != NULL)
		known->watched = encodings;
}

uint32_t
aula_audience_watched(const aula_audience *audience)
{
	uint32_t watched = audience->watched_at_home;

	for (unsigned i = 0; i < audience->count; i++)
		watched |= audience->subscriptions[i].watched;
	return watched;
}

void
aula_audience_note(aula_audience *audience, const aula_packet *packet)
{
	if (!packet->view.keyframe)
		return;
	for (unsigned i = 0; i < audience->count; i++)
		audience->subscriptions[i].keyframe_us[packet->view.encoding] =
			packet->view.received_us;
}

uint32_t
aula_audience_under_way(const aula_audience *audience, unsigned hub_index,
	const int64_t seen_us[AULA_ENCODINGS_MOST], int64_t now_us)
{
	uint32_t encodings = 0;

	for (unsigned i = 0; i < audience->count; i++) {
		const aula_subscription *one = &audience->subscriptions[i];
		for (unsigned e = 0; one->hub_index == hub_index && e < AULA_ENCODINGS_MOST; e++)
			if (one->keyframe_us[e] > seen_us[e] &&
				now_us - one->keyframe_us[e] < UNDER_WAY_MOST_US)
				encodings |= 1u << e;
	}
	return encodings;
}
