/* SPDX-License-Identifier: Apache-2.0 */
/* How often a subscriber gets again what it asks for. */
#include "media/resend.h"

#include <glib.h>

enum { MS = 1000, START_US = 1000000, BYTES = 1000 };

static bool
may(aula_resend *resend, uint64_t number, int64_t rtt_us, int64_t now_us)
{
	return aula_resend_may(resend, number, BYTES, rtt_us, now_us);
}

/* Asked for twice within a round trip: the second request left before the answer came. */
static void
test_round_trip(void)
{
	static const struct {
		int64_t rtt_us, wait_us;
	} cases[] = {
		{ 100 * MS, 75 * MS },
		{ 0, AULA_RESEND_LEAST_US }, /* not known */
		{ 1 * MS, AULA_RESEND_LEAST_US },
		{ 5000 * MS, AULA_RESEND_MOST_US },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		aula_resend resend;
		int64_t rtt_us = cases[i].rtt_us, wait_us = cases[i].wait_us;

		aula_resend_init(&resend, START_US);
		g_assert_true(may(&resend, 70, rtt_us, START_US));
		g_assert_false(may(&resend, 70, rtt_us, START_US + wait_us - 1));
		g_assert_true(may(&resend, 71, rtt_us, START_US + 1));
		g_assert_true(may(&resend, 70, rtt_us, START_US + wait_us));
		g_assert_cmpuint(resend.asked, ==, 4);
		g_assert_cmpuint(resend.repeated, ==, 3);
		g_assert_cmpuint(resend.refused, ==, 0); /* it is on its way */
		aula_resend_clear(&resend);
	}
}

static void
test_times(void)
{
	aula_resend resend;
	int64_t now_us = START_US;
	unsigned times = 0;

	aula_resend_init(&resend, START_US);
	for (unsigned i = 0; i < 2 * AULA_RESEND_TIMES_MOST; i++)
		times += may(&resend, 5, 20 * MS, now_us += 20 * MS);
	g_assert_cmpuint(times, ==, AULA_RESEND_TIMES_MOST);
	g_assert_cmpuint(resend.refused, ==, AULA_RESEND_TIMES_MOST);
	/* Others are not held up by it, also not the one that takes its place. */
	g_assert_true(may(&resend, 5 + AULA_RESEND_KEPT, 20 * MS, now_us));
	g_assert_true(may(&resend, 5, 20 * MS, now_us));
	aula_resend_clear(&resend);
}

/* What it can make us send in a second is bounded, whatever it asks for; and what was not sent is
 * not counted as sent. */
static void
test_budget(void)
{
	aula_resend resend;
	uint64_t number = 100;
	unsigned at_once = 0, later = 0;

	aula_resend_init(&resend, START_US);
	while (may(&resend, number++, 50 * MS, START_US))
		at_once++;
	g_assert_cmpuint(at_once * BYTES, <=, 128 * 1024);
	g_assert_cmpuint(at_once * BYTES, >, 120 * 1024);
	g_assert_cmpuint(resend.refused, ==, 1);
	for (int64_t now_us = START_US; now_us <= START_US + 1000 * MS; now_us += MS)
		later += may(&resend, number++, 50 * MS, now_us);
	g_assert_cmpuint(later * BYTES * 8, >=, 1900000);
	g_assert_cmpuint(later * BYTES * 8, <=, 2100000);
	g_assert_cmpuint(resend.repeated, ==, at_once + later);
	/* The one that was refused is not taken for one on its way. */
	g_assert_true(may(&resend, 100 + at_once, 50 * MS, START_US + 5000 * MS));
	aula_resend_clear(&resend);
}

/* Most senders are never asked for anything. */
static void
test_idle(void)
{
	aula_resend resend;

	aula_resend_init(&resend, START_US);
	g_assert_null(resend.kept);
	g_assert_true(may(&resend, 5, 20 * MS, START_US));
	g_assert_nonnull(resend.kept);
	aula_resend_clear(&resend);
	g_assert_null(resend.kept);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/media/resend/round-trip", test_round_trip);
	g_test_add_func("/media/resend/times", test_times);
	g_test_add_func("/media/resend/budget", test_budget);
	g_test_add_func("/media/resend/idle", test_idle);
	return g_test_run();
}
