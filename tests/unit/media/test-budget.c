/* SPDX-License-Identifier: Apache-2.0 */
#include "media/budget.h"

#include <glib.h>

static void
test_rate(void)
{
	aula_budget budget;
	int64_t spent = 0;

	aula_budget_init(&budget, 800000, 10000, 0);
	for (int64_t now_us = 0; now_us < 10000000; now_us += 7)
		if (aula_budget_spend(&budget, 1000, now_us))
			spent += 1000;
	/* Ten seconds of 100,000 bytes, and the burst. */
	g_assert_cmpint(spent, >=, 1008000);
	g_assert_cmpint(spent, <=, 1010000);
}

static void
test_burst(void)
{
	aula_budget budget;

	aula_budget_init(&budget, 8000000, 3000, 0);
	g_assert_false(aula_budget_spend(&budget, 3001, 0));
	g_assert_true(aula_budget_spend(&budget, 3000, 0));
	g_assert_false(aula_budget_spend(&budget, 1, 0));
	/* A year later no more than a burst was saved. */
	g_assert_true(aula_budget_spend(&budget, 3000, INT64_C(31536000000000)));
	g_assert_false(aula_budget_spend(&budget, 1, INT64_C(31536000000000)));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/media/budget/rate", test_rate);
	g_test_add_func("/media/budget/burst", test_burst);
	return g_test_run();
}
