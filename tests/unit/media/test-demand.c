/* SPDX-License-Identifier: Apache-2.0 */
#include "media/demand.h"

#include <glib.h>

enum { SECOND = 1000000, Q = 1, H = 2, F = 4 };

static void
test_fewer_after_a_while(void)
{
	aula_demand demand;
	int64_t now_us = SECOND;

	aula_demand_init(&demand, 3);
	g_assert_cmpuint(demand.wanted, ==, Q | H | F);
	g_assert_false(aula_demand_note(&demand, Q | H, now_us));
	g_assert_false(aula_demand_note(&demand, Q | H, now_us + AULA_DEMAND_HOLD_US - 1));
	g_assert_true(aula_demand_note(&demand, Q | H, now_us + AULA_DEMAND_HOLD_US));
	g_assert_cmpuint(demand.wanted, ==, Q | H);
	/* The lowest stays when nobody is left. */
	now_us += 10 * SECOND;
	g_assert_false(aula_demand_note(&demand, 0, now_us));
	g_assert_true(aula_demand_note(&demand, 0, now_us + AULA_DEMAND_HOLD_US));
	g_assert_cmpuint(demand.wanted, ==, Q);
}

static void
test_more_at_once(void)
{
	aula_demand demand;
	int64_t now_us = SECOND;

	aula_demand_init(&demand, 3);
	aula_demand_note(&demand, Q, now_us);
	now_us += AULA_DEMAND_HOLD_US;
	g_assert_true(aula_demand_note(&demand, Q, now_us));
	g_assert_true(aula_demand_note(&demand, F, now_us));
	g_assert_cmpuint(demand.wanted, ==, Q | F);
	g_assert_false(aula_demand_note(&demand, F, now_us + 60 * SECOND));
	/* Those who come and go within the while cost no change. */
	for (int i = 0; i < 100; i++) {
		now_us += SECOND;
		g_assert_false(aula_demand_note(&demand, i % 2 == 0 ? 0 : F, now_us));
	}
	/* What the publisher does not have is not asked for. */
	g_assert_false(aula_demand_note(&demand, F | 8, now_us));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/media/demand/fewer-after-a-while", test_fewer_after_a_while);
	g_test_add_func("/media/demand/more-at-once", test_more_at_once);
	return g_test_run();
}
