/* SPDX-License-Identifier: Apache-2.0 */
#include "host/hits.h"

#include <glib.h>
#include <stdio.h>

enum { MINUTE_MS = 60000 };

static json_t *
last_of(json_t *all)
{
	return json_array_get(all, json_array_size(all) - 1);
}

static int64_t
number(const json_t *json, const char *key)
{
	return json_integer_value(json_object_get(json, key));
}

static void
test_same(void)
{
	aula_hits *hits = aula_hits_new();
	aula_hit ann = { .address = "192.0.2.7", .subject = "ann" };
	aula_hit bob = { .address = "192.0.2.7", .subject = "bob", .what = "message" };

	g_assert_true(aula_hits_add(hits, AULA_LIMIT_TOKEN_RATE, &ann, MINUTE_MS));
	g_assert_true(aula_hits_add(hits, AULA_LIMIT_TOKEN_RATE, &bob, 2 * MINUTE_MS));
	g_assert_false(aula_hits_add(hits, AULA_LIMIT_TOKEN_RATE, &ann, 3 * MINUTE_MS));
	g_assert_true(aula_hits_add(hits, AULA_LIMIT_SESSIONS, &ann, 3 * MINUTE_MS + 1));
	g_assert_cmpuint(aula_hits_count(hits, AULA_LIMIT_TOKEN_RATE), ==, 3);
	g_assert_cmpint(aula_hits_last_ms(hits, AULA_LIMIT_TOKEN_RATE), ==, 3 * MINUTE_MS);
	g_assert_cmpuint(aula_hits_count(hits, AULA_LIMIT_ROOMS), ==, 0);
	g_assert_cmpint(aula_hits_last_ms(hits, AULA_LIMIT_ROOMS), ==, 0);
	json_t *all = aula_hits_recent(hits);
	g_assert_cmpuint(json_array_size(all), ==, 3);
	g_assert_cmpstr(
		json_string_value(json_object_get(json_array_get(all, 0), "subject")), ==, "bob");
	g_assert_cmpint(number(json_array_get(all, 1), "count"), ==, 2);
	g_assert_cmpint(number(json_array_get(all, 1), "first"), ==, MINUTE_MS);
	g_assert_cmpstr(json_string_value(json_object_get(last_of(all), "limit")), ==, "sessions");
	json_decref(all);
	/* After a pause it is news again. */
	g_assert_true(aula_hits_add(hits, AULA_LIMIT_TOKEN_RATE, &ann, 30 * MINUTE_MS));
	aula_hits_free(hits);
}

/* From a thousand addresses: the newest are kept. */
static void
test_bound(void)
{
	aula_hits *hits = aula_hits_new();
	char address[32];

	for (int i = 1; i <= 1000; i++) {
		snprintf(address, sizeof address, "198.51.100.%d", i);
		aula_hits_add(hits, AULA_LIMIT_CLIENTS, &(aula_hit){ .address = address }, i);
	}
	json_t *all = aula_hits_recent(hits);
	g_assert_cmpuint(json_array_size(all), ==, AULA_HITS_KEPT);
	g_assert_cmpstr(
		json_string_value(json_object_get(last_of(all), "address")), ==, "198.51.100.1000");
	g_assert_cmpint(number(json_array_get(all, 0), "last"), ==, 1000 - AULA_HITS_KEPT + 1);
	g_assert_cmpuint(aula_hits_count(hits, AULA_LIMIT_CLIENTS), ==, 1000);
	json_decref(all);
	aula_hits_free(hits);
}

static void
test_texts(void)
{
	aula_hits *hits = aula_hits_new();
	g_autofree char *giant = g_strnfill(10000, 'x');

	g_assert_false(aula_hits_add(NULL, AULA_LIMIT_ROOMS, &(aula_hit){ 0 }, 1));
	aula_hits_add(
		hits, AULA_LIMIT_PLUGIN, &(aula_hit){ .subject = giant, .what = "\xff\xfe" }, 1);
	json_t *all = aula_hits_recent(hits);
	g_assert_cmpuint(json_array_size(all), ==, 1);
	g_assert_nonnull(json_object_get(last_of(all), "what"));
	g_assert_null(json_object_get(last_of(all), "address"));
	json_decref(all);
	aula_hits_free(hits);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/host/hits/same", test_same);
	g_test_add_func("/host/hits/bound", test_bound);
	g_test_add_func("/host/hits/texts", test_texts);
	return g_test_run();
}
