/* SPDX-License-Identifier: Apache-2.0 */
#include "media/pacer.h"

#include <glib.h>

enum { START_US = 1000000 };

typedef struct {
	aula_pacer_item item; /* the first member */
	unsigned number;
} packet;

static unsigned
number_of(const aula_pacer_item *item)
{
	return ((const packet *)item)->number;
}

static void
push(aula_pacer *pacer, aula_pacer_class class, packet *which, unsigned number, size_t bytes)
{
	which->number = number;
	g_assert_true(aula_pacer_push(pacer, class, &which->item, bytes));
}

static void
test_order(void)
{
	const aula_pacer_class expected[] = { AULA_PACER_SOUND, AULA_PACER_REPEAT,
		AULA_PACER_PICTURE, AULA_PACER_PICTURE };
	aula_pacer pacer;
	aula_pacer_turn turn;
	packet packets[4];

	aula_pacer_init(&pacer, 10000000, START_US);
	push(&pacer, AULA_PACER_PICTURE, &packets[0], 1, 500);
	push(&pacer, AULA_PACER_PICTURE, &packets[1], 2, 500);
	push(&pacer, AULA_PACER_REPEAT, &packets[2], 3, 500);
	push(&pacer, AULA_PACER_SOUND, &packets[3], 4, 100);
	for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
		g_assert_true(aula_pacer_take(&pacer, START_US + (int64_t)i * 1000, &turn));
		g_assert_cmpint(turn.class, ==, expected[i]);
	}
	g_assert_cmpuint(number_of(turn.item), ==, 2);
	g_assert_cmpint(aula_pacer_due_us(&pacer, START_US), ==, INT64_MAX);
	g_assert_cmpint(pacer.waiting_bytes, ==, 0);
	g_assert_false(aula_pacer_waits(&pacer));
}

/* A keyframe of 20 kB at 1 Mbit/s leaves over 160 ms; sound between its
 * packets waits for none. */
static void
test_rate(void)
{
	aula_pacer pacer;
	aula_pacer_turn turn;
	packet pictures[20], sounds[40];
	int64_t now_us = START_US, done_us = 0;
	unsigned shown = 0, heard = 0;

	aula_pacer_init(&pacer, 1000000, START_US);
	for (unsigned i = 0; i < 20; i++)
		push(&pacer, AULA_PACER_PICTURE, &pictures[i], i, 1000);
	for (; shown < 20; now_us += 500) {
		bool sound = (now_us - START_US) % 20000 == 0;
		if (sound)
			push(&pacer, AULA_PACER_SOUND, &sounds[heard++], 0, 100);
		bool took = aula_pacer_take(&pacer, now_us, &turn);
		if (sound)
			g_assert_cmpint(turn.class, ==, AULA_PACER_SOUND);
		if (took && turn.class == AULA_PACER_PICTURE) {
			g_assert_cmpuint(number_of(turn.item), ==, shown++);
			done_us = now_us - START_US;
		}
	}
	g_assert_cmpint(done_us, >=, 110000);
	g_assert_cmpint(done_us, <=, 170000);
}

/* What the rate allows passes at once; behind what waits nothing but sound does. Without a rate all
 * does. */
static void
test_pass(void)
{
	aula_pacer pacer;
	packet waiting;
	unsigned passed = 0;

	aula_pacer_init(&pacer, 1000000, START_US);
	while (aula_pacer_pass(&pacer, AULA_PACER_PICTURE, 1000, START_US + 500000))
		passed++;
	g_assert_cmpuint(passed, >=, 5);
	g_assert_cmpuint(passed, <=, 6);
	push(&pacer, AULA_PACER_PICTURE, &waiting, 0, 1000);
	g_assert_true(aula_pacer_pass(&pacer, AULA_PACER_SOUND, 100, START_US + 500000));
	g_assert_false(aula_pacer_pass(&pacer, AULA_PACER_PICTURE, 100, START_US + 900000));
	g_assert_true(aula_pacer_drop(&pacer, AULA_PACER_PICTURE, NULL, NULL) == &waiting.item);
	g_assert_true(aula_pacer_pass(&pacer, AULA_PACER_PICTURE, 100, START_US + 900000));
	aula_pacer_rate(&pacer, 0, false);
	for (unsigned i = 0; i < 1000; i++)
		g_assert_true(aula_pacer_pass(&pacer, AULA_PACER_PICTURE, 1000, START_US));
}

/* Far more than the rate: still gone within the time that nothing may wait longer than. */
static void
test_hurry(void)
{
	aula_pacer pacer;
	aula_pacer_turn turn;
	static packet packets[AULA_PACER_WAITING + 1];
	int64_t now_us = START_US;

	aula_pacer_init(&pacer, 50000, START_US);
	for (unsigned i = 0; i < AULA_PACER_WAITING; i++)
		push(&pacer, AULA_PACER_PICTURE, &packets[i], i, 1000);
	g_assert_false(aula_pacer_push(
		&pacer, AULA_PACER_PICTURE, &packets[AULA_PACER_WAITING].item, 1000));
	g_assert_cmpuint(pacer.refused, ==, 1);
	/* The rate falls with the queue: a few time constants. */
	for (; pacer.waiting_bytes > 40000; now_us += 1000)
		while (aula_pacer_take(&pacer, now_us, &turn))
			continue;
	g_assert_cmpint(now_us - START_US, <, 4 * AULA_PACER_HURRY_US);
}

static void
test_probe(void)
{
	aula_pacer pacer;
	aula_pacer_turn turn;
	packet first, second;
	int64_t bytes = 0, now_us = START_US, pictures = 0;

	aula_pacer_init(&pacer, 300000, START_US);
	push(&pacer, AULA_PACER_PICTURE, &first, 1, 1000);
	aula_pacer_probe(&pacer, 7, 2000000, 6000, START_US);
	g_assert_false(aula_pacer_pass(&pacer, AULA_PACER_SOUND, 100, now_us));
	for (; aula_pacer_due_us(&pacer, now_us) != INT64_MAX; now_us += 250)
		while (aula_pacer_take(&pacer, now_us, &turn)) {
			g_assert_cmpuint(turn.probe, ==, 7);
			pictures += turn.class == AULA_PACER_PICTURE;
			bytes += (int64_t)turn.bytes;
		}
	/* 6 kB at 2 Mbit/s are 24 ms; what waited is part of it, the rest is padding. */
	g_assert_cmpint(pictures, ==, 1);
	g_assert_cmpint(bytes, >=, 6000);
	g_assert_cmpint(bytes, <, 6000 + AULA_PACER_PADDING);
	g_assert_cmpint(now_us - START_US, >=, 20000);
	g_assert_cmpint(now_us - START_US, <=, 28000);
	push(&pacer, AULA_PACER_PICTURE, &second, 2, 1000);
	g_assert_true(aula_pacer_take(&pacer, now_us + 1000000, &turn));
	g_assert_cmpuint(turn.probe, ==, 0);
}

/* A picture that the line does not carry waits for better times, and sound is whole. */
static void
test_patience(void)
{
	aula_pacer pacer;
	aula_pacer_turn turn;
	static packet packets[100];
	int64_t now_us = START_US;

	aula_pacer_init(&pacer, 0, START_US);
	aula_pacer_rate(&pacer, 80000, true);
	for (unsigned i = 0; i < G_N_ELEMENTS(packets); i++)
		push(&pacer, AULA_PACER_PICTURE, &packets[i], i, 1000);
	for (; now_us < START_US + 2000000; now_us += 1000)
		while (aula_pacer_take(&pacer, now_us, &turn))
			continue;
	/* 10 kB a second, and what may leave at once. */
	g_assert_cmpint(pacer.waiting_bytes, >=, 100000 - 22000);
	g_assert_cmpint(pacer.waiting_bytes, <=, 100000 - 19000);
}

static void
test_probe_that_ends(void)
{
	aula_pacer pacer;
	aula_pacer_turn turn;

	aula_pacer_init(&pacer, 300000, START_US);
	aula_pacer_probe(&pacer, 7, 2000000, 6000, START_US);
	aula_pacer_end_probe(&pacer, 7);
	g_assert_true(aula_pacer_take(&pacer, START_US, &turn));
	aula_pacer_end_probe(&pacer, 0);
	g_assert_false(aula_pacer_waits(&pacer));
	g_assert_false(aula_pacer_take(&pacer, START_US + 100000, &turn));
}

static bool
is_odd(const aula_pacer_item *item, const void *data)
{
	g_assert_null(data);
	return number_of(item) % 2 == 1;
}

static void
test_drop(void)
{
	aula_pacer pacer;
	aula_pacer_turn turn;
	packet packets[5];

	aula_pacer_init(&pacer, 300000, START_US);
	for (unsigned i = 0; i < 4; i++)
		push(&pacer, AULA_PACER_PICTURE, &packets[i], i, 1000);
	aula_pacer_item *dropped = aula_pacer_drop(&pacer, AULA_PACER_PICTURE, is_odd, NULL);
	g_assert_true(dropped == &packets[1].item && dropped->next == &packets[3].item);
	g_assert_null(dropped->next->next);
	push(&pacer, AULA_PACER_PICTURE, &packets[4], 4, 1000);
	for (unsigned i = 0; i < 6; i += 2) {
		g_assert_true(aula_pacer_take(&pacer, START_US + i * 100000, &turn));
		g_assert_cmpuint(number_of(turn.item), ==, i);
	}
	g_assert_null(aula_pacer_drop(&pacer, AULA_PACER_PICTURE, NULL, NULL));
	g_assert_cmpint(pacer.waiting_bytes, ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/media/pacer/order", test_order);
	g_test_add_func("/media/pacer/rate", test_rate);
	g_test_add_func("/media/pacer/pass", test_pass);
	g_test_add_func("/media/pacer/hurry", test_hurry);
	g_test_add_func("/media/pacer/probe", test_probe);
	g_test_add_func("/media/pacer/patience", test_patience);
	g_test_add_func("/media/pacer/probe-that-ends", test_probe_that_ends);
	g_test_add_func("/media/pacer/drop", test_drop);
	return g_test_run();
}
