/* SPDX-License-Identifier: Apache-2.0 */
#include "media/allocate.h"

#include <glib.h>

enum { SHARES = 4, SECOND_US = 1000000 };

/* Sound, the first camera, and two of the rest: the level of each at an estimate. */
typedef struct {
	int64_t estimate_bps;
	int8_t chosen[SHARES];
} allocate_case;

static const allocate_case cases[] = {
	{ 0, { 0, -1, -1, -1 } },
	{ 30000, { 0, -1, -1, -1 } },
	{ 150000, { 0, -1, -1, -1 } },
	{ 160000, { 0, 0, -1, -1 } }, /* 40 + 100, and 12 % of 100 to spare */
	{ 480000, { 0, 0, 0, 0 } },   /* no room for 440 and 48 to spare */
	{ 500000, { 0, 1, -1, -1 } },
	{ 600000, { 0, 1, 0, -1 } },
	{ 1500000, { 0, 2, 0, 0 } },
	{ 1900000, { 0, 2, 1, 0 } },
	{ 2300000, { 0, 2, 1, 1 } },
	{ 9000000, { 0, 2, 2, 2 } },
};

static void
set_up(aula_share *shares, aula_share **ret_list)
{
	for (size_t i = 0; i < SHARES; i++) {
		aula_share_init(&shares[i], (uint8_t)(i < 2 ? i : 2));
		ret_list[i] = &shares[i];
		shares[i].level_count = i == 0 ? 1 : 3;
		shares[i].levels[0].bps = i == 0 ? 40000 : 100000;
		shares[i].levels[1].bps = 400000;
		shares[i].levels[2].bps = 1100000;
	}
}

static void
test_shares(void)
{
	aula_share shares[SHARES], *list[SHARES];

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int64_t sum_bps = 0;

		set_up(shares, list);
		int64_t spent_bps =
			aula_allocate(list, SHARES, cases[i].estimate_bps, 10 * SECOND_US);
		for (size_t j = 0; j < SHARES; j++) {
			g_test_message("at %d: share %d is %d", (int)cases[i].estimate_bps, (int)j,
				shares[j].chosen);
			g_assert_cmpint(shares[j].chosen, ==, cases[i].chosen[j]);
			sum_bps +=
				shares[j].chosen < 0 ? 0 : shares[j].levels[shares[j].chosen].bps;
		}
		g_assert_cmpint(spent_bps, ==, sum_bps);
	}
}

static int8_t
camera_at(aula_share **list, int64_t estimate_bps, double at_s)
{
	aula_allocate(list, 2, estimate_bps, (int64_t)(at_s * SECOND_US));
	return list[1]->chosen;
}

/* Down at once; up with room to spare, after a while, and later after each rise in vain. */
static void
test_hysteresis(void)
{
	aula_share shares[SHARES], *list[SHARES];

	set_up(shares, list);
	g_assert_cmpint(camera_at(list, 500000, 10), ==, 1);
	g_assert_cmpint(camera_at(list, 440000, 10.1), ==, 1); /* what is kept needs no spare */
	g_assert_cmpint(camera_at(list, 439999, 10.2), ==, 0);
	g_assert_cmpint(camera_at(list, 5000000, 11.9), ==, 0); /* fell soon: twice the wait */
	g_assert_cmpint(camera_at(list, 480000, 12.3), ==, 0);  /* no room to spare */
	g_assert_cmpint(camera_at(list, 490000, 12.4), ==, 1);
	g_assert_cmpint(camera_at(list, 200000, 12.5), ==, 0);
	g_assert_cmpint(camera_at(list, 490000, 16.4), ==, 0);
	g_assert_cmpint(camera_at(list, 490000, 16.6), ==, 1);
	/* Long in peace: the usual wait again. */
	g_assert_cmpint(camera_at(list, 5000000, 40), ==, 2);
	g_assert_cmpint(camera_at(list, 500000, 50), ==, 1);
	g_assert_cmpint(camera_at(list, 5000000, 50.9), ==, 1);
	g_assert_cmpint(camera_at(list, 5000000, 51.1), ==, 2);
}

/* Too little even for the least: the first camera goes on a while, the others make room at once. A
 * dip that is over by then has paused nothing. */
static void
test_grace(void)
{
	aula_share shares[SHARES], *list[SHARES];
	const int64_t grace_us = AULA_SHARE_GRACE_US;
	int64_t now_us = 10 * SECOND_US;

	set_up(shares, list);
	aula_allocate(list, SHARES, 9000000, now_us);
	g_assert_cmpint(aula_allocate(list, SHARES, 90000, now_us += 1000), ==, 140000);
	g_assert_cmpint(shares[1].chosen, ==, 0);
	g_assert_cmpint(shares[2].chosen, ==, AULA_SHARE_PAUSED);
	g_assert_cmpint(aula_allocate(list, SHARES, 90000, now_us + grace_us - 1), ==, 140000);
	/* The dip is over: the next has all the time again. */
	aula_allocate(list, SHARES, 150000, now_us += grace_us - 1);
	g_assert_cmpint(shares[1].chosen, ==, 0);
	aula_allocate(list, SHARES, 90000, now_us += 1000);
	aula_allocate(list, SHARES, 90000, now_us += grace_us - 1);
	g_assert_cmpint(shares[1].chosen, ==, 0);
	g_assert_cmpint(aula_allocate(list, SHARES, 90000, now_us += 1), ==, 40000);
	g_assert_cmpint(shares[1].chosen, ==, AULA_SHARE_PAUSED);
	/* Back only with room to spare, and what was paused has no grace. */
	aula_allocate(list, SHARES, 151000, now_us += 9 * SECOND_US);
	g_assert_cmpint(shares[1].chosen, ==, AULA_SHARE_PAUSED);
	aula_allocate(list, SHARES, 152000, now_us += SECOND_US);
	g_assert_cmpint(shares[1].chosen, ==, 0);
}

/* What the viewer has no use for is not sent, and what the publisher ceases to send not counted. */
static void
test_bounds(void)
{
	aula_share shares[SHARES], *list[SHARES];

	set_up(shares, list);
	g_assert_cmpint(aula_allocate_wanted_bps(list, 1), ==, 49600);
	shares[1].most = 1;
	shares[2].most = -1;
	g_assert_cmpint(aula_allocate(list, SHARES, 90000000, 10 * SECOND_US), ==, 1540000);
	g_assert_cmpint(shares[1].chosen, ==, 1);
	g_assert_cmpint(shares[2].chosen, ==, AULA_SHARE_PAUSED);
	shares[3].level_count = 1;
	aula_allocate(list, SHARES, 90000000, 10 * SECOND_US);
	g_assert_cmpint(shares[3].chosen, ==, 0);
	shares[3].level_count = 0;
	aula_allocate(list, SHARES, 90000000, 10 * SECOND_US);
	g_assert_cmpint(shares[3].chosen, ==, AULA_SHARE_PAUSED);
	g_assert_cmpint(aula_allocate(list, 0, 90000000, 0), ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/media/allocate/shares", test_shares);
	g_test_add_func("/media/allocate/hysteresis", test_hysteresis);
	g_test_add_func("/media/allocate/grace", test_grace);
	g_test_add_func("/media/allocate/bounds", test_bounds);
	return g_test_run();
}
