/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log-json.h"
#include "base/log.h"
#include "base/repeats.h"

#include <glib.h>
#include <string.h>

enum { SECOND_US = 1000 * 1000 };

static const char format[] = "", other_format[] = "";

static void
test_same_text_passes_once(void)
{
	aula_repeats repeats = { 0 };
	aula_repeats_place place;

	for (int i = 0; i < 215; i++) {
		g_assert_false(aula_repeats_due(&repeats, i * 1000, &place));
		g_assert_cmpint(aula_repeats_pass(&repeats, 0, "web", format, "web full", i * 1000),
			==, i == 0);
	}
	g_assert_true(aula_repeats_pass(&repeats, 0, "peer", format, "peer full", SECOND_US));
	g_assert_true(aula_repeats_pass(&repeats, 1, "web", format, "web full", SECOND_US));
	g_assert_false(aula_repeats_due(&repeats, 10 * SECOND_US - 1, &place));
	g_assert_true(aula_repeats_due(&repeats, 10 * SECOND_US, &place));
	g_assert_cmpuint(place.held, ==, 214);
	g_assert_cmpstr(place.sample, ==, "web full");
	g_assert_false(aula_repeats_due(&repeats, 10 * SECOND_US, &place));
	g_assert_true(aula_repeats_pass(&repeats, 0, "web", format, "web full", 10 * SECOND_US));
}

static void
test_different_texts_pass_twenty_times(void)
{
	aula_repeats repeats = { 0 };
	aula_repeats_place place;
	char line[32];
	int passed = 0;

	for (int i = 0; i < 300; i++) {
		g_snprintf(line, sizeof line, "session %d", i);
		passed += aula_repeats_pass(&repeats, 2, "core", format, line, i);
	}
	g_assert_cmpint(passed, ==, AULA_REPEATS_BURST);
	g_assert_true(aula_repeats_due(&repeats, INT64_MAX, &place));
	g_assert_cmpuint(place.held, ==, 300 - AULA_REPEATS_BURST);
	g_assert_cmpstr(place.sample, ==, "session 20");
}

static void
test_more_places_than_watched(void)
{
	static const char formats[AULA_REPEATS_PLACES + 10];
	aula_repeats repeats = { 0 };
	aula_repeats_place place;
	unsigned told = 0;

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof formats; i++)
			aula_repeats_pass(&repeats, 0, "a", &formats[i], "same", round);
	}
	while (aula_repeats_due(&repeats, INT64_MAX, &place))
		told += place.held;
	g_assert_cmpuint(told, ==, AULA_REPEATS_PLACES);
	/* Windows that are over make room. */
	g_assert_true(aula_repeats_pass(&repeats, 0, "a", other_format, "same", 20 * SECOND_US));
	g_assert_false(aula_repeats_pass(&repeats, 0, "a", other_format, "same", 20 * SECOND_US));
}

static void
test_lines(void)
{
	if (g_test_subprocess()) {
		aula_log_open(AULA_LOG_INFO);
		g_assert_false(aula_log_wants(AULA_LOG_DEBUG));
		for (int i = 0; i < 5; i++)
			aula_log(AULA_LOG_WARNING, "web", "two\nlines port=%d", 80);
		aula_log(AULA_LOG_DEBUG, "web", "unheard");
		g_autofree char *huge = g_strnfill(5000, 'x');
		aula_log(AULA_LOG_INFO, "host", "%s", huge);
		aula_log_settle(true);
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
	g_test_trap_assert_stderr("20*T*:*.*Z warning web two lines port=80\n*");
	g_test_trap_assert_stderr("*xxx...\n*");
	g_test_trap_assert_stderr("*Z warning web two lines port=80 (and 4 more in 10 s)\n");
	g_test_trap_assert_stderr_unmatched("*unheard*");
}

static void
test_quote(void)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "ada", "\"ada\"" },
		{ NULL, "\"\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "a\nb\x7f", "\"a\\x0ab\\x7f\"" },
		{ "é", "\"é\"" },
	};
	char out[128];

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpstr(aula_log_quote(cases[i].in, out, sizeof out), ==, cases[i].out);
	/* However long, of whatever: it fits and stays UTF-8. */
	static const char *const parts[] = { "a", "é", "€", "😀", "\n", "\"", "aé" };
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		GString *text = g_string_new(NULL);
		for (int j = 0; j < 300; j++)
			g_string_append(text, parts[i]);
		aula_log_quote(text->str, out, sizeof out);
		g_assert_true(g_str_has_suffix(out, "...\""));
		g_assert_cmpuint(strlen(out), <, sizeof out);
		g_assert_true(g_utf8_validate(out, -1, NULL));
		g_string_free(text, TRUE);
	}
}

static void
test_json(void)
{
	static const struct {
		const char *line, *object;
		aula_log_about about;
	} cases[] = {
		{ "web listens port=8080 host=::1",
			"\"area\":\"web\",\"message\":\"listens\",\"fields\":{\"port\":\"8080\","
			"\"host\":\"::1\"}}\n",
			{ 0 } },
		{ "aula stopping signal=User defined signal 1 left=2",
			"\"area\":\"aula\",\"message\":\"stopping\",\"fields\":{\"signal\":"
			"\"User defined signal 1\",\"left\":\"2\"}}\n",
			{ 0 } },
		{ "a said=\"x y=\\\"1\\\" \\x0a\" by=",
			"\"area\":\"a\",\"message\":\"\",\"fields\":{\"said\":"
			"\"x y=\\\"1\\\" \\\\x0a\",\"by\":\"\"}}\n",
			{ 0 } },
		{ "a plain \"quoted\" \xff",
			"\"area\":\"a\",\"message\":\"plain \\\"quoted\\\" "
			"\xef\xbf\xbd\",\"session\":\"9007199254740993\",\"handle\":\"7\","
			"\"transaction\":\"t\\\"\\u000a\"}\n",
			{ UINT64_C(9007199254740993), 7, "t\"\n" } },
		{ "a", "\"area\":\"a\",\"message\":\"\"}\n", { 0 } },
		{ "", "\"area\":\"\",\"message\":\"\"}\n", { 0 } },
		{ "a said=\"cut",
			"\"area\":\"a\",\"message\":\"\",\"fields\":{\"said\":\"\\\"cut\"}}\n",
			{ 0 } },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) out = g_string_new(NULL);
		g_autofree char *wanted =
			g_strconcat("{\"time\":\"T\",\"level\":\"info\",", cases[i].object, NULL);
		aula_log_json(out, "T", "info", cases[i].line, &cases[i].about);
		g_assert_cmpstr(out->str, ==, wanted);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/log/json", test_json);
	g_test_add_func("/base/log/same-text-passes-once", test_same_text_passes_once);
	g_test_add_func("/base/log/different-texts-pass-twenty-times",
		test_different_texts_pass_twenty_times);
	g_test_add_func("/base/log/more-places-than-watched", test_more_places_than_watched);
	g_test_add_func("/base/log/lines", test_lines);
	g_test_add_func("/base/log/quote", test_quote);
	return g_test_run();
}
