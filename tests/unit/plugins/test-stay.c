/* SPDX-License-Identifier: Apache-2.0 */
#include "attendance/stay.h"

#include <glib.h>

enum { S = 1000000 };

static struct stay *
ada(void)
{
	aula_member_info who = {
		.size = sizeof who, .subject = "ada", .display = "Ada", .role = "student"
	};

	return stay_new(1, "7", &who, 100 * (int64_t)S);
}

static bool
did(struct stay *stay, const char *what, int64_t at_s)
{
	return stay_did(stay, what, 60 * (int64_t)S, at_s * S);
}

static void
test_speech_is_added_up_also_while_it_lasts(void)
{
	struct stay *stay = ada();

	did(stay, "speaks", 110);
	did(stay, "silent", 115);
	did(stay, "speaks", 200);
	did(stay, "speaks", 205); /* of another track */
	g_assert_cmpint(stay_spoke_us(stay, 210 * (int64_t)S), ==, 15 * (int64_t)S);
	stay_end(stay, "left", 60 * (int64_t)S, 220 * (int64_t)S);
	g_assert_cmpint(stay->spoke_us, ==, 25 * (int64_t)S);
	g_assert_cmpint(stay_spoke_us(stay, 999 * (int64_t)S), ==, 25 * (int64_t)S);
	stay_free(stay);
}

static void
test_idle_is_what_goes_beyond_a_pause(void)
{
	struct stay *stay = ada();

	did(stay, "hand", 150);
	g_assert_cmpint(stay->idle_us, ==, 0);
	did(stay, "message", 250); /* 40 s more than a pause may take */
	g_assert_cmpint(stay->idle_us, ==, 40 * (int64_t)S);
	did(stay, "speaks", 260);
	did(stay, "silent", 500); /* who speaks is not idle */
	g_assert_cmpint(stay->idle_us, ==, 40 * (int64_t)S);
	g_assert_cmpint(stay->active_us, ==, 500 * (int64_t)S);
	stay_free(stay);
}

static void
test_what_is_done_is_counted_and_what_is_unknown_is_not(void)
{
	struct stay *stay = ada();

	g_assert_true(did(stay, "hand", 101));
	g_assert_true(did(stay, "answer", 102));
	g_assert_true(did(stay, "answer", 103));
	g_assert_true(did(stay, "message", 104));
	g_assert_false(did(stay, "dances", 105));
	g_assert_cmpint(stay->hands, ==, 1);
	g_assert_cmpint(stay->answers, ==, 2);
	g_assert_cmpint(stay->messages, ==, 1);
	g_assert_cmpint(stay->active_us, ==, 104 * (int64_t)S);
	stay_free(stay);
	stay_free(NULL);
}

static void
test_a_clock_that_is_set_back_takes_nothing_away(void)
{
	struct stay *stay = ada();

	did(stay, "speaks", 110);
	did(stay, "silent", 90);
	g_assert_cmpint(stay->spoke_us, ==, 0);
	g_assert_cmpint(stay->idle_us, ==, 0);
	stay_end(stay, "left", 60 * (int64_t)S, 50 * (int64_t)S);
	g_assert_cmpint(stay->left_us, ==, stay->joined_us);
	stay_free(stay);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/stay/speech", test_speech_is_added_up_also_while_it_lasts);
	g_test_add_func("/stay/idle", test_idle_is_what_goes_beyond_a_pause);
	g_test_add_func("/stay/counts", test_what_is_done_is_counted_and_what_is_unknown_is_not);
	g_test_add_func("/stay/clock-set-back", test_a_clock_that_is_set_back_takes_nothing_away);
	return g_test_run();
}
