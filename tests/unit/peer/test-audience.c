/* SPDX-License-Identifier: Apache-2.0 */
/* The loops that carry a track: what they watch, and which keyframes are on their way to them. */
#include "peer/audience.h"

#include <glib.h>

enum { HOME = 1, HUBS = 4, MS = 1000 };

static void
test_watched(void)
{
	aula_audience audience;

	aula_audience_init(&audience, HOME, HUBS);
	g_assert_true(aula_audience_subscribe(&audience, 0, true));
	g_assert_false(aula_audience_subscribe(&audience, 0, true));
	g_assert_true(aula_audience_subscribe(&audience, 3, true));
	aula_audience_watch(&audience, 0, 1);
	aula_audience_watch(&audience, 3, 4);
	aula_audience_watch(&audience, 2, 2); /* who did not subscribe */
	g_assert_cmpuint(aula_audience_watched(&audience), ==, 5);
	aula_audience_watch(&audience, HOME, 2);
	g_assert_cmpuint(aula_audience_watched(&audience), ==, 7);
	g_assert_false(aula_audience_subscribe(&audience, 3, false));
	g_assert_cmpuint(aula_audience_watched(&audience), ==, 3);
	aula_audience_finish(&audience);
}

static void
note(aula_audience *audience, uint8_t encoding, bool keyframe, int64_t at_us)
{
	aula_packet packet = {
		.view = { .encoding = encoding, .keyframe = keyframe, .received_us = at_us }
	};

	aula_audience_note(audience, &packet);
}

/* A request that crosses the keyframe that it asks for is not worth another: a class on two loops
 * had its publisher asked twice. */
static void
test_under_way(void)
{
	aula_audience audience;
	const int64_t nothing[AULA_ENCODINGS_MOST] = { 0 }, seen[] = { 100 * MS, 0, 90 * MS };

	aula_audience_init(&audience, HOME, HUBS);
	aula_audience_subscribe(&audience, 0, true);
	note(&audience, 0, false, 90 * MS);
	g_assert_cmpuint(aula_audience_under_way(&audience, 0, nothing, 100 * MS), ==, 0);
	note(&audience, 0, true, 100 * MS);
	note(&audience, 2, true, 100 * MS);
	g_assert_cmpuint(aula_audience_under_way(&audience, 0, nothing, 110 * MS), ==, 5);
	g_assert_cmpuint(aula_audience_under_way(&audience, 0, seen, 110 * MS), ==, 4);
	/* Who subscribed after it will never see it, and neither will who lost it. */
	aula_audience_subscribe(&audience, 2, true);
	g_assert_cmpuint(aula_audience_under_way(&audience, 2, nothing, 110 * MS), ==, 0);
	g_assert_cmpuint(aula_audience_under_way(&audience, 3, nothing, 110 * MS), ==, 0);
	g_assert_cmpuint(aula_audience_under_way(&audience, 0, nothing, 600 * MS), ==, 0);
	aula_audience_finish(&audience);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/peer/audience/watched", test_watched);
	g_test_add_func("/peer/audience/under-way", test_under_way);
	return g_test_run();
}
