/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/text.h"

#include <glib.h>
#include <string.h>

static void
test_numbers(void)
{
	static const struct {
		const char *text;
		uint64_t most, number;
		bool good;
	} cases[] = {
		{ "0", 0, 0, true },
		{ "1", 0, 0, false },
		{ "00065535", 65535, 65535, true },
		{ "65536", 65535, 0, false },
		{ "18446744073709551615", UINT64_MAX, UINT64_MAX, true },
		{ "18446744073709551616", UINT64_MAX, 0, false },
		{ "99999999999999999999999", UINT64_MAX, 0, false },
		{ "", 9, 0, false },
		{ "-1", 9, 0, false },
		{ "+1", 9, 0, false },
		{ "1 ", 9, 0, false },
		{ "0x1", 9, 0, false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		uint64_t number = 4711;

		g_assert_cmpint(
			aula_text_number(aula_text_of(cases[i].text), cases[i].most, &number), ==,
			cases[i].good);
		g_assert_cmpuint(number, ==, cases[i].good ? cases[i].number : 4711);
	}
}

static void
test_lines(void)
{
	static const char *const expected[] = { "a", "b", "", "c", "", "d" };
	aula_text rest = aula_text_of("a\r\nb\n\nc\r\rd");

	for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
		g_assert_cmpuint(rest.length, >, 0);
		g_assert_true(aula_text_is(aula_text_line(&rest), expected[i]));
	}
	g_assert_cmpuint(rest.length, ==, 0);
}

static void
test_fields(void)
{
	aula_text rest = aula_text_of("  one \t two three");

	g_assert_true(aula_text_is(aula_text_word(&rest), "one"));
	g_assert_true(aula_text_like(aula_text_word(&rest), "TWO"));
	g_assert_true(aula_text_is(aula_text_word(&rest), "three"));
	g_assert_cmpuint(aula_text_word(&rest).length, ==, 0);
	rest = aula_text_of("a::b");
	g_assert_true(aula_text_is(aula_text_cut(&rest, ':'), "a"));
	g_assert_true(aula_text_is(aula_text_cut(&rest, ':'), ""));
	g_assert_true(aula_text_is(aula_text_cut(&rest, ':'), "b"));
	g_assert_cmpuint(aula_text_cut(&rest, ':').length, ==, 0);
	rest = aula_text_of("candidate:1");
	g_assert_false(aula_text_skip(&rest, "candidates"));
	g_assert_true(aula_text_skip(&rest, "candidate:"));
	g_assert_true(aula_text_is(rest, "1"));
}

static void
test_copy(void)
{
	char out[4] = "old";

	g_assert_true(aula_text_copy(aula_text_of("abc"), out, sizeof(out)));
	g_assert_cmpstr(out, ==, "abc");
	g_assert_false(aula_text_copy(aula_text_of("long"), out, sizeof(out)));
	g_assert_false(aula_text_copy(aula_text_of("\n"), out, sizeof(out)));
	g_assert_false(aula_text_copy(aula_text_of("\xc3\xa4"), out, sizeof(out)));
	g_assert_false(aula_text_copy((aula_text){ "a\0b", 3 }, out, sizeof(out)));
	g_assert_cmpstr(out, ==, "abc");
}

static void
test_kinds(void)
{
	static const struct {
		const char *text;
		bool token, ice, control;
	} cases[] = {
		{ "abc-1_2", true, true, false },
		{ "a+/=#", false, true, false },
		{ "{0b8c}", true, false, false },
		{ "a b", false, false, false },
		{ "a:b", false, false, false },
		{ "", false, false, false },
		{ "a\tb", false, false, true },
		{ "a\x7f", false, false, true },
		{ "\xff", false, false, false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		aula_text text = aula_text_of(cases[i].text);

		g_assert_cmpint(aula_text_is_token(text), ==, cases[i].token);
		g_assert_cmpint(aula_text_is_ice(text), ==, cases[i].ice);
		g_assert_cmpint(aula_text_has_control(text), ==, cases[i].control);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/wire/text/numbers", test_numbers);
	g_test_add_func("/wire/text/lines", test_lines);
	g_test_add_func("/wire/text/fields", test_fields);
	g_test_add_func("/wire/text/copy", test_copy);
	g_test_add_func("/wire/text/kinds", test_kinds);
	return g_test_run();
}
