/* SPDX-License-Identifier: Apache-2.0 */
#include "media/twcc.h"

#include <glib.h>

enum { START_US = 1000000 };

typedef struct {
	aula_twcc twcc;
	uint8_t bytes[1200];
	aula_twcc_walk walk;
} fixture;

static bool
take(fixture *f, int64_t now_us)
{
	aula_rtcp_writer writer = aula_rtcp_write(f->bytes, sizeof(f->bytes));
	aula_rtcp packet;

	if (!aula_twcc_take(&f->twcc, &writer, 1, 2, now_us))
		return false;
	aula_rtcp_reader reader = aula_rtcp_read(f->bytes, writer.length);
	g_assert_true(aula_rtcp_next(&reader, &packet));
	g_assert_true(aula_twcc_read(&packet, &f->walk));
	return true;
}

static size_t
arrivals(fixture *f)
{
	aula_twcc_arrival arrival;
	size_t count = 0;

	while (aula_twcc_next(&f->walk, &arrival))
		count++;
	return count;
}

static void
test_interval(void)
{
	fixture f;
	size_t packets = 0, told = 0;

	aula_twcc_init(&f.twcc);
	g_assert_cmpint(aula_twcc_due_us(&f.twcc), ==, INT64_MAX);
	g_assert_false(take(&f, START_US));
	for (int i = 0; i < 1000; i++) {
		int64_t now_us = START_US + i * 5000;
		if (i % 10 != 3)
			aula_twcc_note(&f.twcc, (uint16_t)(65000 + i), now_us);
		while (take(&f, now_us)) {
			g_assert_cmpuint(f.walk.number, ==, packets & 255);
			packets++;
			told += arrivals(&f);
		}
	}
	/* Ten a second over five seconds. */
	g_assert_cmpuint(packets, >=, 48);
	g_assert_cmpuint(packets, <=, 52);
	g_assert_true(take(&f, START_US + 6000000));
	g_assert_cmpuint(told + arrivals(&f), ==, 900);
	g_assert_false(take(&f, START_US + 9000000));
}

static void
test_late(void)
{
	fixture f;

	aula_twcc_init(&f.twcc);
	for (uint16_t i = 0; i < 10; i++)
		if (i != 4)
			aula_twcc_note(&f.twcc, i, START_US + i);
	g_assert_true(take(&f, START_US + 200000));
	g_assert_cmpuint(f.walk.base, ==, 0);
	g_assert_cmpuint(arrivals(&f), ==, 9);
	/* Told with all that came after it. */
	aula_twcc_note(&f.twcc, 4, START_US + 250000);
	aula_twcc_note(&f.twcc, 4, START_US + 260000); /* a duplicate is not an arrival */
	g_assert_true(take(&f, START_US + 400000));
	g_assert_cmpuint(f.walk.base, ==, 4);
	g_assert_cmpuint(arrivals(&f), ==, 6);
	g_assert_cmpuint(f.twcc.came, ==, 10);
}

static void
test_bounds(void)
{
	fixture f;
	size_t told = 0, packets = 0;

	/* Nobody asks for feedback: the window keeps the last, not all. */
	aula_twcc_init(&f.twcc);
	for (int i = 0; i < 100000; i++)
		aula_twcc_note(&f.twcc, (uint16_t)i, START_US + i);
	for (; take(&f, START_US + 100000); packets++)
		told += arrivals(&f);
	g_assert_cmpuint(told, ==, AULA_TWCC_WINDOW);
	g_assert_cmpuint(packets, ==,
		(AULA_TWCC_WINDOW + AULA_TWCC_PACKET_MOST - 1) / AULA_TWCC_PACKET_MOST);
}

static void
test_jump(void)
{
	fixture f;

	aula_twcc_init(&f.twcc);
	aula_twcc_note(&f.twcc, 100, START_US);
	aula_twcc_note(&f.twcc, 40000, START_US + 1000);
	g_assert_cmpuint(f.twcc.restarts, ==, 1);
	g_assert_true(take(&f, START_US + 300000));
	g_assert_cmpuint(f.walk.base, ==, 40000);
	g_assert_cmpuint(arrivals(&f), ==, 1);
}

static void
test_no_room(void)
{
	aula_twcc twcc;
	uint8_t bytes[24];
	aula_rtcp_writer writer = aula_rtcp_write(bytes, sizeof(bytes));

	aula_twcc_init(&twcc);
	aula_twcc_note(&twcc, 1, START_US);
	g_assert_false(aula_twcc_take(&twcc, &writer, 1, 2, START_US + 200000));
	g_assert_cmpuint(writer.length, ==, 0);
	g_assert_cmpint(aula_twcc_due_us(&twcc), <=, START_US + 200000);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/media/twcc/interval", test_interval);
	g_test_add_func("/media/twcc/late", test_late);
	g_test_add_func("/media/twcc/bounds", test_bounds);
	g_test_add_func("/media/twcc/jump", test_jump);
	g_test_add_func("/media/twcc/no-room", test_no_room);
	return g_test_run();
}
