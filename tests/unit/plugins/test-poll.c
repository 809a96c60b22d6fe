/* SPDX-License-Identifier: Apache-2.0 */
#include "polls/poll.h"

#include <stdio.h>

static struct poll *
poll_of(const char *questions)
{
	json_t *list = json_loads(questions, 0, NULL);

	g_assert_nonnull(list);
	struct poll *poll = poll_new(1, "", list);
	json_decref(list);
	return poll;
}

static void
vote(struct poll *poll, const char *who, const char *answers)
{
	json_t *given = answers != NULL ? json_loads(answers, 0, NULL) : NULL;

	g_free(poll_count(poll, who, given));
	json_decref(given);
}

/* What is counted of the first question, as text. */
static char *
counted(const struct poll *poll, const char *key)
{
	json_t *results = poll_results(poll);
	json_t *first = json_array_get(json_object_get(results, "questions"), 0);
	char *text = json_dumps(
		json_object_get(first, key), JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);

	json_decref(results);
	return text;
}

static void
assert_counted(const struct poll *poll, const char *key, const char *expected)
{
	char *is = counted(poll, key);

	g_assert_cmpstr(is, ==, expected);
	free(is);
}

static void
test_a_changed_vote_is_counted_once(void)
{
	struct poll *poll = poll_of("[{\"kind\":\"single\",\"text\":\"?\",\"options\":[\"a\","
				    "\"b\"],\"right\":[\"b\"],\"points\":2}]");

	vote(poll, "ada", "[[\"a\"]]");
	vote(poll, "ben", "[[\"b\"]]");
	assert_counted(poll, "counts", "[1,1]");
	vote(poll, "ada", "[[\"b\"]]");
	assert_counted(poll, "counts", "[0,2]");
	assert_counted(poll, "right_count", "2");
	g_assert_cmpint(poll_vote_of(poll, "ada")->score, ==, 2);
	vote(poll, "ada", NULL);
	assert_counted(poll, "counts", "[0,1]");
	g_assert_cmpint(poll_answered(poll), ==, 1);
	poll_free(poll);
}

static void
test_numbers_are_right_by_value_and_within_the_tolerance(void)
{
	struct poll *poll = poll_of("[{\"kind\":\"number\",\"text\":\"?\",\"right\":[\"0.3\"],"
				    "\"tolerance\":0.1,\"points\":1}]");
	static const struct {
		const char *text;
		bool right;
	} cases[] = { { "0.3", true }, { "3e-1", true }, { "0.4", true }, { "0.2", true },
		{ "0.41", false }, { "-0.3", false } };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		json_t *answer = json_pack("[s]", cases[i].text);
		g_assert_cmpint(question_is_right(&poll->questions[0], answer), ==, cases[i].right);
		json_decref(answer);
	}
	vote(poll, "ada", "[[\"1\"]]");
	vote(poll, "ben", "[[\"2.0\"]]");
	vote(poll, "cem", "[[\"2\"]]");
	assert_counted(
		poll, "answers", "[{\"count\":2,\"text\":\"2.0\"},{\"count\":1,\"text\":\"1\"}]");
	poll_free(poll);
}

static void
test_what_is_written_is_counted_apart_up_to_a_bound(void)
{
	struct poll *poll = poll_of("[{\"kind\":\"text\",\"text\":\"?\",\"points\":1}]");
	char who[32], answer[64];

	vote(poll, "ada", "[[\"Blue  Sky\"]]");
	vote(poll, "ben", "[[\"blue sky\"]]");
	assert_counted(poll, "answers", "[{\"count\":2,\"text\":\"Blue  Sky\"}]");
	for (int i = 0; i < 2 * DIFFERENT_MOST; i++) {
		snprintf(who, sizeof who, "s%d", i);
		snprintf(answer, sizeof answer, "[[\"answer %d\"]]", i);
		vote(poll, who, answer);
	}
	g_assert_cmpuint(g_hash_table_size(poll->questions[0].count), ==, DIFFERENT_MOST);
	assert_counted(poll, "answered", "2002");
	assert_counted(poll, "others", "1951");
	/* All take back what they said: nothing is left over. */
	for (int i = 2 * DIFFERENT_MOST - 1; i >= 0; i--) {
		snprintf(who, sizeof who, "s%d", i);
		vote(poll, who, NULL);
	}
	vote(poll, "ada", NULL);
	vote(poll, "ben", NULL);
	assert_counted(poll, "answers", "[]");
	assert_counted(poll, "others", "0");
	poll_free(poll);
}

static void
test_an_anonymous_voter_is_told_apart_but_not_named(void)
{
	struct poll *poll = poll_of("[{\"kind\":\"text\",\"text\":\"?\",\"points\":1}]");

	poll->anonymous = true;
	strcpy(poll->salt, "salt");
	g_autofree char *one = poll_voter(poll, "=ada"), *other = poll_voter(poll, "=ben"),
			*again = poll_voter(poll, "=ada");
	g_assert_cmpstr(one, ==, again);
	g_assert_cmpstr(one, !=, other);
	g_assert_null(strstr(one, "ada"));
	poll_free(poll);
}

static void
test_questions_that_make_no_sense_are_refused(void)
{
	static const char *const bad[] = { "{\"text\":\"\",\"kind\":\"text\"}",
		"{\"text\":\"?\",\"kind\":\"single\",\"options\":[\"a\"]}",
		"{\"text\":\"?\",\"kind\":\"single\",\"options\":[\"a\",\"a\"]}",
		"{\"text\":\"?\",\"kind\":\"multiple\",\"options\":[\"a\",\"b\"],\"right\":[\"c\"]"
		"}",
		"{\"text\":\"?\",\"kind\":\"number\",\"right\":[\"1e999\"]}",
		"{\"text\":\"?\",\"kind\":\"number\",\"right\":[\"0x10\"]}",
		"{\"text\":\"?\",\"kind\":\"text\",\"options\":[\"a\",\"b\"]}" };

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		json_t *body = json_loads(bad[i], 0, NULL);
		g_assert_nonnull(question_fault(body));
		json_decref(body);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/poll/changed-vote", test_a_changed_vote_is_counted_once);
	g_test_add_func("/poll/numbers", test_numbers_are_right_by_value_and_within_the_tolerance);
	g_test_add_func("/poll/written", test_what_is_written_is_counted_apart_up_to_a_bound);
	g_test_add_func("/poll/anonymous", test_an_anonymous_voter_is_told_apart_but_not_named);
	g_test_add_func("/poll/refused", test_questions_that_make_no_sense_are_refused);
	return g_test_run();
}
