/* SPDX-License-Identifier: Apache-2.0 */
#include "media/nack.h"

#include <glib.h>

static aula_nack *
nack_new(void)
{
	aula_nack *nack = g_new0(aula_nack, 1);

	aula_nack_init(nack);
	return nack;
}

static void
test_late_is_not_lost(void)
{
	g_autofree aula_nack *nack = nack_new();
	uint16_t numbers[16];

	g_assert_cmpint(aula_nack_due_us(nack), ==, INT64_MAX);
	g_assert_true(aula_nack_advanced(nack, 100, 103, 0));
	g_assert_cmpint(aula_nack_due_us(nack), ==, AULA_NACK_REORDER_US);
	g_assert_cmpuint(aula_nack_take(nack, AULA_NACK_REORDER_US - 1, numbers, 16), ==, 0);
	aula_nack_came(nack, 101, 5000);
	aula_nack_came(nack, 101, 5000);
	aula_nack_came(nack, 99, 5000);
	g_assert_cmpuint(aula_nack_take(nack, AULA_NACK_REORDER_US, numbers, 16), ==, 1);
	g_assert_cmpuint(numbers[0], ==, 102);
	aula_nack_came(nack, 102, 40000);
	g_assert_cmpint(aula_nack_due_us(nack), ==, INT64_MAX);
	g_assert_cmpuint(nack->answered, ==, 1);
	g_assert_cmpint(nack->rtt_us, ==, 40000 - AULA_NACK_REORDER_US);
}

static void
test_retries_follow_the_round_trip(void)
{
	g_autofree aula_nack *nack = nack_new();
	uint16_t numbers[4];
	int64_t now_us = AULA_NACK_REORDER_US;

	nack->rtt_us = 40000;
	aula_nack_advanced(nack, 65534, 65536, 0);
	g_assert_cmpuint(aula_nack_take(nack, now_us, numbers, 4), ==, 1);
	g_assert_cmpuint(numbers[0], ==, 65535);
	g_assert_cmpint(aula_nack_due_us(nack), ==, now_us + 50000);
	g_assert_cmpuint(aula_nack_take(nack, now_us + 49999, numbers, 4), ==, 0);
	for (int i = 1; i < AULA_NACK_TRIES; i++)
		g_assert_cmpuint(aula_nack_take(nack, now_us += 50000, numbers, 4), ==, 1);
	g_assert_cmpuint(aula_nack_take(nack, now_us += 50000, numbers, 4), ==, 0);
	g_assert_cmpuint(nack->count, ==, 0);
	g_assert_cmpuint(nack->given_up, ==, 1);
}

static void
test_age_ends_it(void)
{
	g_autofree aula_nack *nack = nack_new();
	uint16_t numbers[4];

	nack->rtt_us = 900000;
	aula_nack_advanced(nack, 1, 3, 0);
	g_assert_cmpuint(aula_nack_take(nack, 10000, numbers, 4), ==, 1);
	g_assert_cmpuint(aula_nack_take(nack, AULA_NACK_AGE_US + 200000, numbers, 4), ==, 0);
	g_assert_cmpuint(nack->given_up, ==, 1);
}

static void
test_bounds(void)
{
	g_autofree aula_nack *nack = nack_new();
	uint16_t numbers[8];

	g_assert_true(aula_nack_advanced(nack, 1000, 1000 + AULA_NACK_MOST, 0));
	g_assert_cmpuint(nack->count, ==, AULA_NACK_MOST - 1);
	/* More than fits one request: the rest at once in the next. */
	g_assert_cmpuint(aula_nack_take(nack, 20000, numbers, 8), ==, 8);
	g_assert_cmpuint(numbers[7], ==, 1008);
	g_assert_cmpint(aula_nack_due_us(nack), <=, 20000);
	g_assert_cmpuint(aula_nack_take(nack, 20000, numbers, 8), ==, 8);
	g_assert_cmpuint(numbers[0], ==, 1009);
	g_assert_false(
		aula_nack_advanced(nack, 1000 + AULA_NACK_MOST, 1003 + AULA_NACK_MOST, 20000));
	g_assert_cmpuint(nack->count, ==, 0);
	g_assert_cmpuint(nack->given_up, ==, AULA_NACK_MOST + 1);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/media/nack/late-is-not-lost", test_late_is_not_lost);
	g_test_add_func(
		"/media/nack/retries-follow-the-round-trip", test_retries_follow_the_round_trip);
	g_test_add_func("/media/nack/age-ends-it", test_age_ends_it);
	g_test_add_func("/media/nack/bounds", test_bounds);
	return g_test_run();
}
