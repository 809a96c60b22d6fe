/* SPDX-License-Identifier: Apache-2.0 */
#include "base/id.h"

#include <glib.h>

static void
test_names_die(void)
{
	aula_id_table table;
	int one, two;

	aula_id_table_init(&table, 10);
	uint64_t first = aula_id_add(&table, &one);
	g_assert_true(aula_id_get(&table, first) == &one);
	aula_id_remove(&table, first);
	g_assert_null(aula_id_get(&table, first));
	uint64_t second = aula_id_add(&table, &two);
	g_assert_cmpuint(aula_id_slot_of(first), ==, aula_id_slot_of(second));
	g_assert_cmpuint(first, !=, second);
	g_assert_null(aula_id_get(&table, first));
	aula_id_remove(&table, first);
	g_assert_true(aula_id_get(&table, second) == &two);
	aula_id_table_finish(&table);
}

static void
test_strange_names(void)
{
	static const uint64_t strange[] = { 0, 1, 2, UINT32_MAX, UINT64_MAX, UINT64_C(1) << 32,
		UINT64_C(1) << 32 | 2 };
	aula_id_table table;
	int thing;

	aula_id_table_init(&table, 10);
	g_assert_cmpuint(aula_id_add(&table, &thing), ==, UINT64_C(1) << 32 | 1);
	for (size_t i = 0; i < G_N_ELEMENTS(strange); i++) {
		g_assert_null(aula_id_get(&table, strange[i]));
		aula_id_remove(&table, strange[i]);
	}
	g_assert_cmpuint(aula_id_count(&table), ==, 1);
	aula_id_table_finish(&table);
}

static void
test_bound(void)
{
	aula_id_table table;
	uint64_t ids[50];
	int thing;

	aula_id_table_init(&table, 50);
	for (size_t i = 0; i < 50; i++)
		ids[i] = aula_id_add(&table, &thing);
	g_assert_cmpuint(aula_id_add(&table, &thing), ==, 0);
	aula_id_remove(&table, ids[7]);
	g_assert_cmpuint(aula_id_add(&table, &thing), !=, 0);
	g_assert_cmpuint(aula_id_add(&table, &thing), ==, 0);
	g_assert_cmpuint(aula_id_count(&table), ==, 50);
	aula_id_table_finish(&table);
}

static void
test_walk_while_removing(void)
{
	aula_id_table table;
	uint64_t ids[20];
	int things[20];
	size_t cursor = 0, seen = 0;
	int *thing;

	aula_id_table_init(&table, 20);
	for (size_t i = 0; i < 20; i++)
		ids[i] = aula_id_add(&table, &things[i]);
	aula_id_remove(&table, ids[0]);
	aula_id_remove(&table, ids[19]);
	while ((thing = aula_id_next(&table, &cursor)) != NULL) {
		aula_id_remove(&table, ids[thing - things]);
		seen++;
	}
	g_assert_cmpuint(seen, ==, 18);
	g_assert_cmpuint(aula_id_count(&table), ==, 0);
	aula_id_table_finish(&table);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/id/names-die", test_names_die);
	g_test_add_func("/base/id/strange-names", test_strange_names);
	g_test_add_func("/base/id/bound", test_bound);
	g_test_add_func("/base/id/walk-while-removing", test_walk_while_removing);
	return g_test_run();
}
