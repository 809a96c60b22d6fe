/* SPDX-License-Identifier: Apache-2.0 */
#include "base/statsd.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#include "base/exposition.h"

/* What was sent, a datagram a text; `broken` from a datagram on. */
typedef struct {
	GPtrArray *datagrams;
	guint broken_at;
} ear;

static bool
hear(void *data, const char *datagram, size_t length)
{
	ear *one = data;

	if (one->datagrams->len >= one->broken_at)
		return false;
	g_ptr_array_add(one->datagrams, g_strndup(datagram, length));
	return true;
}

/* All lines that a page makes. */
static char *
told(aula_statsd *statsd, const char *page, guint broken_at)
{
	ear one = { g_ptr_array_new_with_free_func(g_free), broken_at };

	g_assert_true(
		aula_statsd_tell(statsd, page, hear, &one) == (one.datagrams->len < broken_at));
	g_ptr_array_add(one.datagrams, NULL);
	char *all = g_strjoinv("\n", (char **)one.datagrams->pdata);
	g_ptr_array_unref(one.datagrams);
	return all;
}

#define ASSERT_TOLD(statsd, page, broken_at, wanted) \
	do { \
		g_autofree char *got = told(statsd, page, broken_at); \
		g_assert_cmpstr(got, ==, wanted); \
	} while (0)

static const char *const no_tags[] = { NULL };

static void
test_kinds(void)
{
	static const char *const tags[] = { "env:school", "x", NULL };
	aula_statsd *statsd = aula_statsd_new(tags, 1432);
	aula_exposition *page = aula_exposition_new();

	aula_exposition_one(page, AULA_GAUGE, "aula_rooms", "Rooms.", 3);
	aula_exposition_one(page, AULA_GAUGE, "process_ratio", "Ratio.", -0.25);
	aula_exposition_one(page, AULA_GAUGE, "aula_none", "None.", INFINITY);
	aula_exposition_begin(page, AULA_COUNTER, "aula_verbs", "Verbs.");
	aula_exposition_add(page, 12345678901, "verb", "create", "result", "ok", NULL);
	aula_exposition_add(page, 0.5, "verb", "a,b|c#d\"e\\f g\nh", NULL);
	ASSERT_TOLD(statsd, aula_exposition_text(page, false), 9,
		"aula.up:1|g|#env:school,x\n"
		"aula.rooms:3|g|#env:school,x\n"
		"aula.process_ratio:-0.25|g|#env:school,x\n"
		"aula.verbs:12345678901|c|#verb:create,result:ok,env:school,x\n"
		"aula.verbs:0.5|c|#verb:a_b_c_d\"e\\f_g_h,env:school,x");
	aula_exposition_free(page);
	aula_statsd_free(statsd);
	aula_statsd_free(NULL);
}

/* A counter tells its growth; one that began anew, all of it. */
static void
test_growth(void)
{
	aula_statsd *statsd = aula_statsd_new(no_tags, 1432);

	ASSERT_TOLD(statsd, "# TYPE aula_x_total counter\naula_x_total 5\n", 9,
		"aula.up:1|g\naula.x:5|c");
	ASSERT_TOLD(statsd, "# TYPE aula_x_total counter\naula_x_total 7\n", 9,
		"aula.up:1|g\naula.x:2|c");
	ASSERT_TOLD(statsd, "# TYPE aula_x_total counter\naula_x_total 7\n", 9,
		"aula.up:1|g\naula.x:0|c");
	ASSERT_TOLD(statsd, "# TYPE aula_x_total counter\naula_x_total 3\n", 9,
		"aula.up:1|g\naula.x:3|c");
	aula_statsd_free(statsd);
}

static void
test_spread(void)
{
	static const double bounds[] = { 1, 2, 4 };
	aula_statsd *statsd = aula_statsd_new(no_tags, 1432);
	aula_histogram histogram;

	aula_histogram_init(&histogram, bounds, 3);
	for (int round = 0; round < 3; round++) {
		aula_exposition *page = aula_exposition_new();
		aula_exposition_begin(page, AULA_HISTOGRAM, "aula_s_seconds", "S.");
		aula_exposition_spread(page, &histogram, "of", "a", NULL);
		ASSERT_TOLD(statsd, aula_exposition_text(page, false), 9,
			round == 0   ? "aula.up:1|g\naula.s_seconds.count:0|c|#of:a"
			: round == 1 ? "aula.up:1|g\naula.s_seconds.count:4|c|#of:a\n"
				       "aula.s_seconds.avg:1.75|g|#of:a\n"
				       "aula.s_seconds.median:1.5|g|#of:a\n"
				       "aula.s_seconds.95percentile:3.6|g|#of:a"
				     : "aula.up:1|g\naula.s_seconds.count:1|c|#of:a\n"
				       "aula.s_seconds.avg:100|g|#of:a\n"
				       "aula.s_seconds.median:4|g|#of:a\n"
				       "aula.s_seconds.95percentile:4|g|#of:a");
		aula_exposition_free(page);
		if (round == 0) {
			aula_histogram_add(&histogram, 0.5);
			aula_histogram_add(&histogram, 1.5);
			aula_histogram_add(&histogram, 2);
			aula_histogram_add(&histogram, 3);
		} else {
			aula_histogram_add(&histogram, 100);
		}
	}
	aula_statsd_free(statsd);
}

/* Lines are never cut; what did not leave is told with the next page. */
static void
test_datagrams(void)
{
	static const char first[] = "# TYPE aula_a_total counter\naula_a_total 1\n"
				    "# TYPE aula_b_total counter\naula_b_total 2\n"
				    "# TYPE aula_c_total counter\naula_c_total 4\n";
	static const char second[] =
		"# TYPE aula_a_total counter\naula_a_total 2\n"
		"# TYPE aula_b_total counter\naula_b_total 3\n"
		"# TYPE aula_c_total counter\naula_c_total{too=\"long for a datagram\"} 5\n";
	aula_statsd *statsd = aula_statsd_new(no_tags, 2 * strlen("aula.a:1|c") + 1);

	/* aula.up, a and b; c in a third that is lost. */
	ASSERT_TOLD(statsd, first, 2, "aula.up:1|g\naula.a:1|c\naula.b:2|c");
	ASSERT_TOLD(statsd, first, 0, "");
	ASSERT_TOLD(statsd, first, 9, "aula.up:1|g\naula.a:0|c\naula.b:0|c\naula.c:4|c");
	ASSERT_TOLD(statsd, second, 9, "aula.up:1|g\naula.a:1|c\naula.b:1|c");
	aula_statsd_free(statsd);
}

static void
test_tags(void)
{
	static const char *const good[] = { "a", "env:school", "b:c:d", "st\303\244dt" };
	static const char *const bad[] = { "", "a b", "a,b", "a|b", "#a", "a\n", "a\177", "\xff" };
	g_autofree char *most = g_strnfill(200, 'a'), *more = g_strnfill(201, 'a');

	for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
		g_assert_true(aula_statsd_tag_is_good(good[i]));
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(aula_statsd_tag_is_good(bad[i]));
	g_assert_true(aula_statsd_tag_is_good(most));
	g_assert_false(aula_statsd_tag_is_good(more));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/statsd/kinds", test_kinds);
	g_test_add_func("/base/statsd/growth", test_growth);
	g_test_add_func("/base/statsd/spread", test_spread);
	g_test_add_func("/base/statsd/datagrams", test_datagrams);
	g_test_add_func("/base/statsd/tags", test_tags);
	return g_test_run();
}
