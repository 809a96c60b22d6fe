/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/audience.h"

#include <glib.h>

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
