/* SPDX-License-Identifier: Apache-2.0 */
#include "base/quota.h"

#include <glib.h>
#include <stdio.h>

enum { S = 1000000, BURST = 5, RATE = 10 };

static const aula_quota quota = { RATE, BURST };

static unsigned
take_all(aula_quota_state *state, int64_t now_us)
{
	unsigned count = 0;

	while (aula_quota_take(&quota, state, now_us, NULL))
		count++;
	return count;
}

static void
test_burst_and_rate(void)
{
	aula_quota_state state = { 0 };
	int64_t now_us = 77 * S;

	g_assert_cmpuint(take_all(&state, now_us), ==, BURST);
	g_assert_cmpuint(take_all(&state, now_us + S / RATE - 1), ==, 0);
	g_assert_cmpuint(take_all(&state, now_us + S / RATE), ==, 1);
	g_assert_cmpuint(take_all(&state, now_us + 3600 * (int64_t)S), ==, BURST);
}

/* An hour at ten times the rate gets the rate. */
static void
test_long_run(void)
{
	aula_quota_state state = { 0 };
	unsigned count = 0;

	for (int i = 0; i < 3600 * RATE * 10; i++)
		count += aula_quota_take(&quota, &state, S + (int64_t)i * S / (RATE * 10), NULL);
	g_assert_cmpuint(count, >=, 3600 * RATE);
	g_assert_cmpuint(count, <=, 3600 * RATE + BURST);
}

static void
test_left(void)
{
	aula_quota_state state = { 0 };
	aula_quota_left left;

	g_assert_true(aula_quota_take(&quota, &state, S, &left));
	g_assert_cmpint(left.remaining, ==, BURST - 1);
	g_assert_cmpint(left.retry_us, ==, 0);
	g_assert_cmpint(left.until_full_us, ==, S / RATE);
	take_all(&state, S);
	g_assert_false(aula_quota_take(&quota, &state, S + 40000, &left));
	g_assert_cmpint(left.remaining, ==, 0);
	g_assert_cmpint(left.retry_us, ==, S / RATE - 40000);
	/* Who waits for so long is served. */
	g_assert_true(aula_quota_take(&quota, &state, S + 40000 + left.retry_us, NULL));
}

static void
test_debit(void)
{
	aula_quota_state state = { 0 };

	aula_quota_debit(&quota, &state, BURST + 10, S);
	g_assert_cmpuint(take_all(&state, 2 * S), ==, 0);
	g_assert_cmpuint(take_all(&state, 2 * S + S / RATE), ==, 1);
}

static void
test_no_bound(void)
{
	const aula_quota none = { 0, 0 };
	aula_quota_state state = { 0 };

	for (int i = 0; i < 100000; i++)
		g_assert_true(aula_quota_take(&none, &state, S, NULL));
	aula_quota_debit(&none, &state, 1000, S);
	g_assert_cmpint(state.full_us, ==, 0);
}

static aula_quota_state *
at(aula_quotas *quotas, unsigned kind, unsigned number, int64_t now_us)
{
	char name[32];
	int length = snprintf(name, sizeof name, "198.51.%u", number);

	return aula_quotas_at(quotas, aula_quotas_key(quotas, kind, name, (size_t)length), now_us);
}

static void
test_table(void)
{
	aula_quotas *quotas = aula_quotas_new(1000);

	g_assert_cmpuint(take_all(at(quotas, 1, 7, S), S), ==, BURST);
	g_assert_cmpuint(take_all(at(quotas, 1, 7, S), S), ==, 0);
	g_assert_cmpuint(take_all(at(quotas, 1, 8, S), S), ==, BURST);
	g_assert_cmpuint(take_all(at(quotas, 2, 7, S), S), ==, BURST);
	g_assert_cmpuint(aula_quotas_count(quotas, S), ==, 3);
	g_assert_cmpuint(aula_quotas_count(quotas, 2 * S), ==, 0);
	aula_quotas_free(quotas);
}

/* A million names, each once: the one that floods stays known, and all others are served. */
static void
test_flood_of_names(void)
{
	aula_quotas *quotas = aula_quotas_new(1024);

	take_all(at(quotas, 1, 0, S), S);
	for (unsigned i = 1; i < 1000000; i++) {
		g_assert_true(aula_quota_take(&quota, at(quotas, 1, i, S), S, NULL));
		if (i % 1000 == 0)
			g_assert_false(aula_quota_take(&quota, at(quotas, 1, 0, S), S, NULL));
	}
	g_assert_cmpuint(aula_quotas_count(quotas, S), <=, 1024);
	aula_quotas_free(quotas);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/quota/burst-and-rate", test_burst_and_rate);
	g_test_add_func("/base/quota/long-run", test_long_run);
	g_test_add_func("/base/quota/left", test_left);
	g_test_add_func("/base/quota/debit", test_debit);
	g_test_add_func("/base/quota/no-bound", test_no_bound);
	g_test_add_func("/base/quota/table", test_table);
	g_test_add_func("/base/quota/flood-of-names", test_flood_of_names);
	return g_test_run();
}
