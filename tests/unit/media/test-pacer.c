/* SPDX-License-Identifier: Apache-2.0 */
#include "media/pacer.h"

#include <glib.h>

enum { START_US = 1000000 };

static void
test_order(void)
{
	const aula_pacer_class expected[] = { AULA_PACER_SOUND, AULA_PACER_REPEAT,
		AULA_PACER_PICTURE, AULA_PACER_PICTURE };
	aula_pacer pacer;
	aula_pacer_item item;

	aula_pacer_init(&pacer, 10000000, START_US);
	g_assert_true(aula_pacer_push(&pacer, AULA_PACER_PICTURE, 1, 500));
	g_assert_true(aula_pacer_push(&pacer, AULA_PACER_PICTURE, 2, 500));
	g_assert_true(aula_pacer_push(&pacer, AULA_PACER_REPEAT, 3, 500));
	g_assert_true(aula_pacer_push(&pacer, AULA_PACER_SOUND, 4, 100));
	for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
		g_assert_true(aula_pacer_take(&pacer, START_US + (int64_t)i * 1000, &item));
		g_assert_cmpint(item.class, ==, expected[i]);
	}
	g_assert_cmpuint(item.what, ==, 2);
	g_assert_cmpint(aula_pacer_due_us(&pacer, START_US), ==, INT64_MAX);
	g_assert_cmpint(pacer.waiting_bytes, ==, 0);
}

/* A keyframe of 20 kB at 1 Mbit/s leaves over 160 ms; sound between its packets waits for none. */
static void
test_rate(void)
{
	aula_pacer pacer;
	aula_pacer_item item;
	int64_t now_us = START_US, done_us = 0;
	unsigned pictures = 0;

	aula_pacer_init(&pacer, 1000000, START_US);
	for (uint64_t i = 0; i < 20; i++)
		g_assert_true(aula_pacer_push(&pacer, AULA_PACER_PICTURE, i, 1000));
	for (; pictures < 20; now_us += 500) {
		bool sound = (now_us - START_US) % 20000 == 0;
		if (sound)
			g_assert_true(aula_pacer_push(&pacer, AULA_PACER_SOUND, 0, 100));
		bool took = aula_pacer_take(&pacer, now_us, &item);
		if (sound)
			g_assert_cmpint(item.class, ==, AULA_PACER_SOUND);
		if (took && item.class == AULA_PACER_PICTURE) {
			g_assert_cmpuint(item.what, ==, pictures++);
			done_us = now_us - START_US;
		}
	}
	g_assert_cmpint(done_us, >=, 140000);
	g_assert_cmpint(done_us, <=, 180000);
}

/* Far more than the rate: still gone within the time that nothing may wait longer than. */
static void
test_hurry(void)
{
	aula_pacer pacer;
	aula_pacer_item item;
	int64_t now_us = START_US;

	aula_pacer_init(&pacer, 50000, START_US);
	for (uint64_t i = 0; i < AULA_PACER_WAITING; i++)
		g_assert_true(aula_pacer_push(&pacer, AULA_PACER_PICTURE, i, 1000));
	g_assert_false(aula_pacer_push(&pacer, AULA_PACER_PICTURE, 0, 1000));
	g_assert_cmpuint(pacer.refused, ==, 1);
	/* The rate falls with the queue: a few time constants. */
	for (; pacer.waiting_bytes > 20000; now_us += 1000)
		while (aula_pacer_take(&pacer, now_us, &item))
			continue;
	g_assert_cmpint(now_us - START_US, <, 4 * AULA_PACER_HURRY_US);
}

static void
test_probe(void)
{
	aula_pacer pacer;
	aula_pacer_item item;
	int64_t bytes = 0, now_us = START_US, pictures = 0;

	aula_pacer_init(&pacer, 300000, START_US);
	g_assert_true(aula_pacer_push(&pacer, AULA_PACER_PICTURE, 1, 1000));
	aula_pacer_probe(&pacer, 7, 2000000, 6000);
	for (; aula_pacer_due_us(&pacer, now_us) != INT64_MAX; now_us += 250)
		while (aula_pacer_take(&pacer, now_us, &item)) {
			g_assert_cmpuint(item.probe, ==, 7);
			pictures += item.class == AULA_PACER_PICTURE;
			bytes += item.bytes;
		}
	/* 6 kB at 2 Mbit/s are 24 ms; what waited is part of it, the rest is padding. */
	g_assert_cmpint(pictures, ==, 1);
	g_assert_cmpint(bytes, >=, 6000);
	g_assert_cmpint(bytes, <, 6000 + AULA_PACER_PADDING);
	g_assert_cmpint(now_us - START_US, >=, 20000);
	g_assert_cmpint(now_us - START_US, <=, 28000);
	g_assert_true(aula_pacer_push(&pacer, AULA_PACER_PICTURE, 2, 1000));
	g_assert_true(aula_pacer_take(&pacer, now_us + 1000000, &item));
	g_assert_cmpuint(item.probe, ==, 0);
}

static void
test_drop(void)
{
	aula_pacer pacer;
	uint64_t what;

	aula_pacer_init(&pacer, 300000, START_US);
	for (uint64_t i = 0; i < 3; i++)
		g_assert_true(aula_pacer_push(&pacer, AULA_PACER_PICTURE, i, 1000));
	for (uint64_t i = 0; i < 3; i++) {
		g_assert_true(aula_pacer_drop(&pacer, AULA_PACER_PICTURE, &what));
		g_assert_cmpuint(what, ==, i);
	}
	g_assert_false(aula_pacer_drop(&pacer, AULA_PACER_PICTURE, &what));
	g_assert_cmpint(pacer.waiting_bytes, ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/media/pacer/order", test_order);
	g_test_add_func("/media/pacer/rate", test_rate);
	g_test_add_func("/media/pacer/hurry", test_hurry);
	g_test_add_func("/media/pacer/probe", test_probe);
	g_test_add_func("/media/pacer/drop", test_drop);
	return g_test_run();
}
