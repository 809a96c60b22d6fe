/* SPDX-License-Identifier: Apache-2.0 */
#include "media/rewrite.h"

#include <glib.h>

static void
expect(aula_rewrite *rewrite, uint64_t in, uint32_t timestamp, uint64_t want_out,
	uint32_t want_timestamp)
{
	uint64_t out = 0;
	uint32_t out_timestamp = 0;

	g_assert_true(aula_rewrite_map(rewrite, in, timestamp, 0, &out, &out_timestamp));
	g_assert_cmpuint(out, ==, want_out);
	g_assert_cmpuint(out_timestamp, ==, want_timestamp);
}

static bool
maps(aula_rewrite *rewrite, uint64_t in)
{
	uint64_t out;
	uint32_t timestamp;

	return aula_rewrite_map(rewrite, in, 0, 0, &out, &timestamp);
}

static void
expect_reverse(const aula_rewrite *rewrite, uint64_t out, uint64_t want_in)
{
	uint64_t in = 0, extended = 0;

	g_assert_true(aula_rewrite_reverse(rewrite, (uint16_t)out, &in, &extended));
	g_assert_cmpuint(in, ==, want_in);
	g_assert_cmpuint(extended, ==, out);
}

static bool
reverses(const aula_rewrite *rewrite, uint64_t out)
{
	uint64_t in, extended;

	return aula_rewrite_reverse(rewrite, (uint16_t)out, &in, &extended);
}

static void
test_start(void)
{
	aula_rewrite rewrite;

	aula_rewrite_init(&rewrite, 90000, 0xffff, 5000);
	g_assert_false(maps(&rewrite, 70000));
	g_assert_false(reverses(&rewrite, 0x7fff));
	aula_rewrite_start(&rewrite, 70000, 100, true, 0);
	expect(&rewrite, 70000, 100, 0x8000, 5001);
	expect(&rewrite, 70002, 3100, 0x8002, 8001);
	expect(&rewrite, 70001, 100, 0x8001, 5001); /* late */
	g_assert_false(maps(&rewrite, 69999));
	expect_reverse(&rewrite, 0x8001, 70001);
	g_assert_false(reverses(&rewrite, 0x8003));
	g_assert_false(reverses(&rewrite, 0x7fff));
}

static void
test_switch_of_source(void)
{
	aula_rewrite rewrite;
	uint64_t out;
	uint32_t timestamp;

	aula_rewrite_init(&rewrite, 90000, 0, 0);
	aula_rewrite_start(&rewrite, 70000, 1000000, true, 1000000);
	g_assert_true(aula_rewrite_map(&rewrite, 70000, 1000000, 1000000, &out, &timestamp));
	g_assert_true(aula_rewrite_map(&rewrite, 70001, 1003000, 1033333, &out, &timestamp));
	g_assert_cmpuint(timestamp, ==, 3001);
	/* Half a second later another source, with numbers that overlap. */
	aula_rewrite_start(&rewrite, 70001, 77, true, 1533333);
	g_assert_true(aula_rewrite_map(&rewrite, 70001, 77, 1533333, &out, &timestamp));
	g_assert_cmpuint(out, ==, 3);
	g_assert_cmpuint(timestamp, ==, 3001 + 45000);
	/* The first source is out of reach, in both directions. */
	g_assert_false(maps(&rewrite, 70000));
	g_assert_false(reverses(&rewrite, 1));
	g_assert_false(reverses(&rewrite, 2));
	expect_reverse(&rewrite, 3, 70001);
	/* Switched within the same moment: never the same timestamp again. */
	aula_rewrite_start(&rewrite, 1, 0, true, 1533333);
	g_assert_true(aula_rewrite_map(&rewrite, 1, 0, 1533333, &out, &timestamp));
	g_assert_cmpuint(timestamp, ==, 3001 + 45000 + 1);
}

static void
test_pause(void)
{
	aula_rewrite rewrite;

	aula_rewrite_init(&rewrite, 90000, 0, 0);
	aula_rewrite_start(&rewrite, 1000, 1, true, 0);
	expect(&rewrite, 1000, 1, 1, 1);
	expect(&rewrite, 1010, 30001, 11, 30001);
	/* The same source goes on: the numbers close up, the timestamps tell of the pause. */
	aula_rewrite_start(&rewrite, 5000, 9000001, false, 0);
	expect(&rewrite, 5000, 9000001, 12, 9000001);
	expect(&rewrite, 1005, 20001, 6, 20001); /* late, from before the pause */
	g_assert_false(maps(&rewrite, 1011));
	g_assert_false(maps(&rewrite, 4999));
	expect_reverse(&rewrite, 6, 1005);
	expect_reverse(&rewrite, 11, 1010);
	expect_reverse(&rewrite, 12, 5000);
}

static void
test_skip(void)
{
	aula_rewrite rewrite;

	aula_rewrite_init(&rewrite, 90000, 0, 0);
	g_assert_false(aula_rewrite_skip(&rewrite, 1000));
	aula_rewrite_start(&rewrite, 1000, 0, true, 0);
	expect(&rewrite, 1000, 0, 1, 1);
	g_assert_true(aula_rewrite_skip(&rewrite, 1001));
	g_assert_true(aula_rewrite_skip(&rewrite, 1002));
	expect(&rewrite, 1003, 0, 2, 1);
	g_assert_false(maps(&rewrite, 1001));
	g_assert_false(maps(&rewrite, 1002));
	expect_reverse(&rewrite, 2, 1003);
	/* Not the next in order: a hole stays, nothing moves. */
	g_assert_false(aula_rewrite_skip(&rewrite, 1005));
	expect(&rewrite, 1004, 0, 3, 1);
	expect(&rewrite, 1006, 0, 5, 1);
	g_assert_cmpuint(rewrite.count, ==, 2);
}

static void
test_many_pieces(void)
{
	aula_rewrite rewrite;
	uint64_t in = 1000;

	aula_rewrite_init(&rewrite, 90000, 0, 0);
	aula_rewrite_start(&rewrite, in, 0, true, 0);
	for (uint64_t out = 1; out < 200000; out++) {
		expect(&rewrite, in, 0, out, 1);
		expect_reverse(&rewrite, out, in);
		in++;
		if (out % 3 == 0)
			g_assert_true(aula_rewrite_skip(&rewrite, in++));
	}
	g_assert_cmpuint(rewrite.count, ==, AULA_REWRITE_PIECES);
	g_assert_cmpuint(rewrite.highest >> 16, ==, 199999 >> 16);
	g_assert_false(reverses(&rewrite, rewrite.highest - 3 * AULA_REWRITE_PIECES - 3));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/media/rewrite/start", test_start);
	g_test_add_func("/media/rewrite/switch-of-source", test_switch_of_source);
	g_test_add_func("/media/rewrite/pause", test_pause);
	g_test_add_func("/media/rewrite/skip", test_skip);
	g_test_add_func("/media/rewrite/many-pieces", test_many_pieces);
	return g_test_run();
}
