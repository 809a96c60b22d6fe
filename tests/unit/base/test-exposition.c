/* SPDX-License-Identifier: Apache-2.0 */
#include "base/exposition.h"

#include <glib.h>
#include <math.h>
#include <string.h>

static void
test_formats(void)
{
	aula_exposition *page = aula_exposition_new();

	aula_exposition_one(page, AULA_GAUGE, "aula_rooms", "Rooms.", 3);
	aula_exposition_begin(page, AULA_COUNTER, "aula_verbs", "Verbs.");
	aula_exposition_add(page, 12345678901, "verb", "create", "result", "ok", NULL);
	aula_exposition_add(page, 0.25, "verb", "a\"b\\c\nd", NULL);
	aula_exposition_add(page, INFINITY, NULL);
	g_assert_cmpstr(aula_exposition_text(page, false), ==,
		"# HELP aula_rooms Rooms.\n# TYPE aula_rooms gauge\naula_rooms 3\n"
		"# HELP aula_verbs_total Verbs.\n# TYPE aula_verbs_total counter\n"
		"aula_verbs_total{verb=\"create\",result=\"ok\"} 12345678901\n"
		"aula_verbs_total{verb=\"a\\\"b\\\\c\\nd\"} 0.25\n"
		"aula_verbs_total +Inf\n");
	g_assert_cmpstr(aula_exposition_text(page, true), ==,
		"# TYPE aula_rooms gauge\n# HELP aula_rooms Rooms.\naula_rooms 3\n"
		"# TYPE aula_verbs counter\n# HELP aula_verbs Verbs.\n"
		"aula_verbs_total{verb=\"create\",result=\"ok\"} 12345678901\n"
		"aula_verbs_total{verb=\"a\\\"b\\\\c\\nd\"} 0.25\n"
		"aula_verbs_total +Inf\n");
	aula_exposition_free(page);
	aula_exposition_free(NULL);
}

static void
test_histogram(void)
{
	static const double bounds[] = { 0.1, 1 };
	aula_histogram one, other;

	aula_histogram_init(&one, bounds, 2);
	aula_histogram_init(&other, bounds, 2);
	aula_histogram_add(&one, 0.1);
	aula_histogram_add(&one, 0.5);
	aula_histogram_add(&one, NAN);
	aula_histogram_add(&other, 7);
	aula_histogram_merge(&one, &other);
	g_assert_cmpuint(aula_histogram_count(&one), ==, 3);
	aula_exposition *page = aula_exposition_new();
	aula_exposition_begin(page, AULA_HISTOGRAM, "aula_x_seconds", "X.");
	aula_exposition_spread(page, &one, "of", "y", NULL);
	g_assert_nonnull(strstr(aula_exposition_text(page, true),
		"aula_x_seconds_bucket{of=\"y\",le=\"0.1\"} 1\n"
		"aula_x_seconds_bucket{of=\"y\",le=\"1\"} 2\n"
		"aula_x_seconds_bucket{of=\"y\",le=\"+Inf\"} 3\n"
		"aula_x_seconds_sum{of=\"y\"} 7.6\naula_x_seconds_count{of=\"y\"} 3\n"));
	aula_exposition_free(page);
}

/* Every set of bounds that is offered ascends. */
static void
test_bounds(void)
{
	for (size_t i = 1; i < G_N_ELEMENTS(aula_histogram_seconds); i++)
		g_assert_cmpfloat(aula_histogram_seconds[i - 1], <, aula_histogram_seconds[i]);
	for (size_t i = 1; i < G_N_ELEMENTS(aula_histogram_bps); i++)
		g_assert_cmpfloat(aula_histogram_bps[i - 1], <, aula_histogram_bps[i]);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/exposition/formats", test_formats);
	g_test_add_func("/base/exposition/histogram", test_histogram);
	g_test_add_func("/base/exposition/bounds", test_bounds);
	return g_test_run();
}
