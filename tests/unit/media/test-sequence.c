/* SPDX-License-Identifier: Apache-2.0 */
#include "media/sequence.h"

#include <glib.h>

enum { FIRST = 1 << 16 }; /* what the number 0 of the first cycle is extended to */

typedef struct {
	const char *name;
	struct {
		uint16_t number;
		aula_arrival arrival;
		uint64_t extended; /* 0: not looked at */
	} steps[8];
	size_t count;
} order_case;

static const order_case orders[] = {
	{ "in order over the wrap",
		{ { 65534, AULA_ARRIVAL_RESTART, FIRST + 65534 },
			{ 65535, AULA_ARRIVAL_NEXT, FIRST + 65535 },
			{ 0, AULA_ARRIVAL_NEXT, FIRST + 65536 },
			{ 1, AULA_ARRIVAL_NEXT, FIRST + 65537 } },
		4 },
	{ "late over the wrap",
		{ { 65534, AULA_ARRIVAL_RESTART, 0 }, { 1, AULA_ARRIVAL_NEXT, FIRST + 65537 },
			{ 65535, AULA_ARRIVAL_LATE, FIRST + 65535 },
			{ 0, AULA_ARRIVAL_LATE, FIRST + 65536 }, { 0, AULA_ARRIVAL_DUPLICATE, 0 } },
		5 },
	{ "before the first",
		{ { 0, AULA_ARRIVAL_RESTART, FIRST }, { 65535, AULA_ARRIVAL_LATE, FIRST - 1 },
			{ 65535, AULA_ARRIVAL_DUPLICATE, 0 } },
		3 },
	{ "one stray number changes nothing",
		{ { 10, AULA_ARRIVAL_RESTART, 0 }, { 20000, AULA_ARRIVAL_STRAY, 0 },
			{ 11, AULA_ARRIVAL_NEXT, FIRST + 11 }, { 20001, AULA_ARRIVAL_STRAY, 0 },
			{ 12, AULA_ARRIVAL_NEXT, FIRST + 12 } },
		5 },
	{ "two in a row restart, never backwards",
		{ { 5000, AULA_ARRIVAL_RESTART, 0 }, { 10, AULA_ARRIVAL_STRAY, 0 },
			{ 11, AULA_ARRIVAL_RESTART, 3 * FIRST + 11 },
			{ 12, AULA_ARRIVAL_NEXT, 3 * FIRST + 12 },
			{ 11, AULA_ARRIVAL_DUPLICATE, 0 } },
		5 },
	{ "a window behind is stray",
		{ { 10000, AULA_ARRIVAL_RESTART, 0 },
			{ 10000 - AULA_SEQUENCE_WINDOW + 1, AULA_ARRIVAL_LATE, 0 },
			{ 10000 - AULA_SEQUENCE_WINDOW, AULA_ARRIVAL_STRAY, 0 } },
		3 },
	{ "a wide step clears the window",
		{ { 100, AULA_ARRIVAL_RESTART, 0 }, { 100 + 2900, AULA_ARRIVAL_NEXT, 0 },
			{ 100 + 2048, AULA_ARRIVAL_LATE, 0 } },
		3 },
};

static void
test_order(const void *data)
{
	const order_case *test = data;
	aula_sequence sequence;

	aula_sequence_init(&sequence, 90000);
	for (size_t i = 0; i < test->count; i++) {
		uint64_t extended = 0;
		aula_arrival arrival =
			aula_sequence_note(&sequence, test->steps[i].number, false, &extended);
		g_assert_cmpint(arrival, ==, test->steps[i].arrival);
		if (test->steps[i].extended != 0)
			g_assert_cmpuint(extended, ==, test->steps[i].extended);
	}
}

static void
test_loss(void)
{
	aula_sequence sequence;
	aula_sequence_report report;
	uint64_t extended;

	aula_sequence_init(&sequence, 90000);
	for (unsigned i = 0; i < 100; i++)
		if (i % 4 != 3)
			aula_sequence_note(&sequence, (uint16_t)(65500 + i), false, &extended);
	aula_sequence_report_take(&sequence, &report);
	/* The last one lost has not been missed yet. */
	g_assert_cmpint(report.lost, ==, 24);
	g_assert_cmpuint(report.fraction_lost, ==, 24 * 256 / 99);
	g_assert_cmpuint(report.highest, ==, 65500 + 98);
	g_assert_cmpuint(aula_sequence_lost(&sequence), ==, 24);

	/* What a retransmission brings is there for us, and lost for the reports. */
	g_assert_cmpint(
		aula_sequence_note(&sequence, 65503, true, &extended), ==, AULA_ARRIVAL_LATE);
	g_assert_cmpint(
		aula_sequence_note(&sequence, 65503, true, &extended), ==, AULA_ARRIVAL_DUPLICATE);
	g_assert_cmpuint(aula_sequence_lost(&sequence), ==, 23);
	aula_sequence_report_take(&sequence, &report);
	g_assert_cmpint(report.lost, ==, 24);
	g_assert_cmpuint(report.fraction_lost, ==, 0);

	/* A restart starts the reports anew and keeps our own count. */
	aula_sequence_note(&sequence, 40000, false, &extended);
	aula_sequence_note(&sequence, 40001, false, &extended);
	aula_sequence_report_take(&sequence, &report);
	g_assert_cmpint(report.lost, ==, 0);
	g_assert_cmpuint(aula_sequence_lost(&sequence), ==, 23);
}

static void
test_recovered_is_never_first(void)
{
	aula_sequence sequence;
	uint64_t extended;

	aula_sequence_init(&sequence, 90000);
	g_assert_cmpint(aula_sequence_note(&sequence, 7, true, &extended), ==, AULA_ARRIVAL_STRAY);
	g_assert_cmpint(
		aula_sequence_note(&sequence, 10, false, &extended), ==, AULA_ARRIVAL_RESTART);
	g_assert_cmpint(aula_sequence_note(&sequence, 11, true, &extended), ==, AULA_ARRIVAL_STRAY);
	g_assert_cmpint(aula_sequence_note(&sequence, 9, true, &extended), ==, AULA_ARRIVAL_LATE);
}

static void
test_another_ssrc(void)
{
	aula_sequence sequence;
	uint64_t before, extended;

	aula_sequence_init(&sequence, 90000);
	aula_sequence_note(&sequence, 500, false, &before);
	aula_sequence_restart(&sequence);
	/* Even when its numbers look as if they went on. */
	g_assert_cmpint(
		aula_sequence_note(&sequence, 501, false, &extended), ==, AULA_ARRIVAL_RESTART);
	g_assert_cmpuint(extended, >, before + 1);
	g_assert_cmpint(
		aula_sequence_note(&sequence, 502, false, &extended), ==, AULA_ARRIVAL_NEXT);
}

static void
test_jitter(void)
{
	aula_sequence sequence;
	aula_sequence_report report;
	uint32_t timestamp = UINT32_MAX - 90000; /* wraps after a second */
	int64_t now_us = 5000000000000;          /* two months of uptime */

	aula_sequence_init(&sequence, 90000);
	for (int i = 0; i < 3000; i++) {
		aula_sequence_time(&sequence, timestamp, now_us + (i % 2) * 4000);
		timestamp += 3000;
		now_us += 33333 + (i % 3 == 0);
	}
	aula_sequence_report_take(&sequence, &report);
	/* Each transit differs from the last by 4 ms: 360 units. */
	g_assert_cmpuint(report.jitter, >=, 355);
	g_assert_cmpuint(report.jitter, <=, 365);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
		g_autofree char *path = g_strdup_printf("/media/sequence/%s", orders[i].name);
		g_test_add_data_func(path, &orders[i], test_order);
	}
	g_test_add_func("/media/sequence/loss", test_loss);
	g_test_add_func("/media/sequence/recovered-is-never-first", test_recovered_is_never_first);
	g_test_add_func("/media/sequence/another-ssrc", test_another_ssrc);
	g_test_add_func("/media/sequence/jitter", test_jitter);
	return g_test_run();
}
