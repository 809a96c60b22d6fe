/* SPDX-License-Identifier: Apache-2.0 */
#include "media/supply.h"

#include <glib.h>

enum { MS = 1000, SECOND = 1000000, NOMINAL = 500000 };

/* 1000 bytes each 10 ms are 800 kbit/s. */
static int64_t
flow(aula_supply *supply, int64_t from_us, int64_t until_us)
{
	for (; from_us < until_us; from_us += 10 * MS)
		aula_supply_came(supply, 1000, from_us);
	return from_us;
}

static void
test_rate(void)
{
	aula_rate rate = { 0 };
	int64_t now_us = SECOND;

	g_assert_false(aula_rate_flows(&rate, now_us));
	for (; now_us < 3 * SECOND; now_us += 10 * MS)
		aula_rate_note(&rate, 1000, now_us);
	g_assert_cmpint(rate.bps, >, 780000);
	g_assert_cmpint(rate.bps, <, 830000);
	g_assert_true(aula_rate_flows(&rate, now_us + 900 * MS));
	g_assert_false(aula_rate_flows(&rate, now_us + SECOND));
	/* A pause does not count as time in which it flowed. */
	for (now_us += 60 * SECOND; now_us < 64 * SECOND; now_us += 10 * MS)
		aula_rate_note(&rate, 1000, now_us);
	g_assert_cmpint(rate.bps, >, 780000);
}

static void
test_paused_and_had_again(void)
{
	aula_supply supply;

	aula_supply_init(&supply, NOMINAL);
	g_assert_cmpint(aula_supply_bps(&supply, SECOND), ==, NOMINAL);
	int64_t now_us = flow(&supply, SECOND, 4 * SECOND);
	int64_t bps = aula_supply_bps(&supply, now_us);
	g_assert_cmpint(bps, >, 780000);
	/* Nobody watches it: it costs what it did. */
	now_us += 60 * SECOND;
	g_assert_cmpint(aula_supply_bps(&supply, now_us), ==, bps);
	/* Somebody waits, for a while. */
	aula_supply_watch(&supply, 1, now_us);
	now_us += 2 * SECOND;
	g_assert_cmpint(aula_supply_bps(&supply, now_us), ==, bps);
	now_us = flow(&supply, now_us, now_us + 3 * SECOND);
	g_assert_cmpint(aula_supply_bps(&supply, now_us), >, 780000);
}

static void
test_does_not_come(void)
{
	aula_supply supply;
	int64_t now_us = SECOND;

	aula_supply_init(&supply, NOMINAL);
	aula_supply_watch(&supply, 2, now_us);
	now_us += AULA_SUPPLY_PATIENCE_US;
	g_assert_cmpint(aula_supply_bps(&supply, now_us), ==, 0);
	/* They go elsewhere; it is tried again later. */
	aula_supply_watch(&supply, -2, now_us);
	now_us += AULA_SUPPLY_RETRY_US - 1;
	g_assert_cmpint(aula_supply_bps(&supply, now_us), ==, 0);
	now_us += 1;
	g_assert_cmpint(aula_supply_bps(&supply, now_us), ==, NOMINAL);
	aula_supply_watch(&supply, 1, now_us);
	g_assert_cmpint(aula_supply_bps(&supply, now_us), ==, NOMINAL);
}

/* The publisher's line has become thin: there is nothing to wait for. */
static void
test_stops_by_itself(void)
{
	aula_supply supply;
	int64_t now_us = SECOND;

	aula_supply_init(&supply, NOMINAL);
	aula_supply_watch(&supply, 1, now_us);
	now_us = flow(&supply, now_us, 5 * SECOND);
	g_assert_cmpint(aula_supply_bps(&supply, now_us), >, 0);
	now_us += AULA_RATE_FLOWS_US;
	g_assert_cmpint(aula_supply_bps(&supply, now_us), ==, 0);
	aula_supply_watch(&supply, -1, now_us);
	g_assert_cmpint(aula_supply_bps(&supply, now_us + SECOND), ==, 0);
	aula_supply_came(&supply, 1000, now_us + SECOND);
	g_assert_cmpint(aula_supply_bps(&supply, now_us + SECOND), >, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/media/supply/rate", test_rate);
	g_test_add_func("/media/supply/paused-and-had-again", test_paused_and_had_again);
	g_test_add_func("/media/supply/does-not-come", test_does_not_come);
	g_test_add_func("/media/supply/stops-by-itself", test_stops_by_itself);
	return g_test_run();
}
