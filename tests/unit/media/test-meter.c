/* SPDX-License-Identifier: Apache-2.0 */
/* What an encoding and each of its layers cost. */
#include "media/meter.h"

#include <glib.h>

enum { MS = 1000, START_US = 1000000, FRAME_US = 33 * MS };

/* Frames in three temporal layers (0 2 1 2), each in `spatial` spatial ones of 1000, 2000 and 3000
 * bytes. Returns when it ended. */
static int64_t
feed(aula_meter *meter, int spatial, int64_t from_us, int ms)
{
	static const int8_t pattern[] = { 0, 2, 1, 2 };
	int64_t now_us = from_us;

	for (unsigned i = 0; now_us < from_us + (int64_t)ms * MS; i++, now_us += FRAME_US)
		for (int8_t s = 0; s < spatial; s++)
			aula_meter_note(meter, s, pattern[i % 4], 1000 * ((size_t)s + 1), now_us);
	return now_us;
}

static void
assert_about(int64_t bps, double expected)
{
	g_test_message("%lld, expected %.0f", (long long)bps, expected);
	g_assert_cmpfloat((double)bps, >, 0.88 * expected);
	g_assert_cmpfloat((double)bps, <, 1.12 * expected);
}

static void
test_layers(void)
{
	aula_meter meter = { .came_us = 0 };
	const double frames_bps = 8e6 / FRAME_US; /* of a byte a frame */

	g_assert_cmpint(aula_meter_bps(&meter, 2, 3), ==, 0);
	g_assert_cmpint(aula_meter_spatial(&meter), ==, 0);
	g_assert_cmpint(aula_meter_temporal(&meter), ==, 0);
	feed(&meter, 3, START_US, 10000);
	/* Each with all that it is built on. */
	assert_about(aula_meter_bps(&meter, 2, 2), 6000 * frames_bps);
	assert_about(aula_meter_bps(&meter, 1, 2), 3000 * frames_bps);
	assert_about(aula_meter_bps(&meter, 0, 2), 1000 * frames_bps);
	assert_about(aula_meter_bps(&meter, 0, 1), 500 * frames_bps);
	assert_about(aula_meter_bps(&meter, 0, 0), 250 * frames_bps);
	/* More than there is: all. */
	g_assert_cmpint(aula_meter_bps(&meter, 100, 100), ==, aula_meter_bps(&meter, 2, 3));
	g_assert_cmpint(aula_meter_spatial(&meter), ==, 2);
	g_assert_cmpint(aula_meter_temporal(&meter), ==, 2);
}

/* A codec that does not say; layers beyond those that are told apart. */
static void
test_unknown_layers(void)
{
	aula_meter meter = { .came_us = 0 };

	for (int64_t now_us = START_US; now_us < 3 * START_US; now_us += 10 * MS)
		aula_meter_note(&meter, -1, -1, 500, now_us);
	assert_about(aula_meter_bps(&meter, 0, 0), 400000);
	g_assert_cmpint(aula_meter_spatial(&meter), ==, 0);
	g_assert_cmpint(aula_meter_temporal(&meter), ==, 0);
	for (int64_t now_us = 3 * START_US; now_us < 5 * START_US; now_us += 10 * MS)
		aula_meter_note(&meter, 7, 7, 500, now_us);
	g_assert_cmpint(aula_meter_spatial(&meter), ==, AULA_METER_SPATIAL - 1);
	g_assert_cmpint(aula_meter_temporal(&meter), ==, AULA_METER_TEMPORAL - 1);
}

/* A pause is not averaged in: what flows again costs what it did, at once. And a layer that ceases
 * to come ceases to cost. */
static void
test_changes(void)
{
	aula_meter meter = { .came_us = 0 };
	const double frames_bps = 8e6 / FRAME_US;

	int64_t now_us = feed(&meter, 3, START_US, 3000);
	now_us = feed(&meter, 3, now_us + 60 * START_US, 600);
	assert_about(aula_meter_bps(&meter, 2, 2), 6000 * frames_bps);
	feed(&meter, 1, now_us, 10000);
	assert_about(aula_meter_bps(&meter, 2, 2), 1000 * frames_bps);
	g_assert_cmpint(aula_meter_spatial(&meter), ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/media/meter/layers", test_layers);
	g_test_add_func("/media/meter/unknown-layers", test_unknown_layers);
	g_test_add_func("/media/meter/changes", test_changes);
	return g_test_run();
}
