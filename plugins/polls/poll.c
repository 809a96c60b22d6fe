/* SPDX-License-Identifier: Apache-2.0 */
#include "poll.h"

#include <stdlib.h>
#include <string.h>

struct poll *
poll_new(int64_t id, const char *title, const json_t *questions)
{
	struct poll *poll = g_new0(struct poll, 1);

	poll->id = id;
	poll->title = g_strdup(title);
	poll->question_count = json_array_size(questions);
	poll->questions = g_new0(struct question, poll->question_count + 1);
	for (size_t i = 0; i < poll->question_count; i++) {
		struct question *question = &poll->questions[i];
		question_init(question, json_array_get(questions, i));
		if (question_is_quiz(question)) {
			poll->quiz = true;
			poll->points += question->points;
		}
	}
	poll->votes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return poll;
}

void
poll_free(struct poll *poll)
{
	for (size_t i = 0; i < poll->question_count; i++)
		question_finish(&poll->questions[i]);
	g_hash_table_destroy(poll->votes);
	json_decref(poll->results);
	g_free(poll->questions);
	g_free(poll->title);
	g_free(poll->asker);
	g_free(poll);
}

/* -- votes -- */

char *
poll_voter(const struct poll *poll, const char *key)
{
	if (!poll->anonymous)
		return g_strdup(key);
	g_autofree char *salted = g_strconcat(poll->salt, " ", key, NULL);
	return g_compute_checksum_for_string(G_CHECKSUM_SHA256, salted, -1);
}

const struct vote *
poll_vote_of(const struct poll *poll, const char *voter)
{
	return g_hash_table_lookup(poll->votes, voter);
}

static struct vote *
make_vote(const struct poll *poll, const json_t *answers)
{
	char *text = json_dumps(answers, JSON_COMPACT);
	size_t length = text != NULL ? strlen(text) : 0;
	struct vote *vote = g_malloc0(sizeof *vote + length + 1);

	if (text != NULL)
		memcpy(vote->answers, text, length);
	free(text);
	for (size_t i = 0; i < poll->question_count; i++)
		if (question_is_right(&poll->questions[i], json_array_get(answers, i)))
			vote->score += poll->questions[i].points;
	return vote;
}

static void
count(struct poll *poll, const struct vote *vote, int by)
{
	json_t *answers = vote != NULL ? json_loads(vote->answers, 0, NULL) : NULL;

	for (size_t i = 0; i < poll->question_count; i++)
		question_count(&poll->questions[i], json_array_get(answers, i), by);
	json_decref(answers);
	poll->stirred = true;
}

static struct vote *
take_back(struct poll *poll, const char *voter)
{
	void *key = NULL, *before = NULL;

	if (!g_hash_table_steal_extended(poll->votes, voter, &key, &before))
		return NULL;
	g_free(key);
	count(poll, before, -1);
	return before;
}

void
poll_restore(struct poll *poll, const char *voter, struct vote *vote)
{
	g_free(take_back(poll, voter));
	if (vote == NULL)
		return;
	count(poll, vote, 1);
	g_hash_table_insert(poll->votes, g_strdup(voter), vote);
}

struct vote *
poll_count(struct poll *poll, const char *voter, const json_t *answers)
{
	struct vote *before = take_back(poll, voter);

	poll_restore(poll, voter, answers != NULL ? make_vote(poll, answers) : NULL);
	return before;
}

int64_t
poll_answered(const struct poll *poll)
{
	return (int64_t)g_hash_table_size(poll->votes);
}

/* -- as it is shown -- */

json_t *
poll_results(const struct poll *poll)
{
	if (poll->results != NULL)
		return json_incref(poll->results);
	json_t *questions = json_array();
	int64_t answered = poll_answered(poll);
	for (size_t i = 0; i < poll->question_count; i++)
		json_array_append_new(questions, question_results(&poll->questions[i]));
	return json_pack("{s:I, s:I, s:o}", "answered", (json_int_t)answered, "of",
		(json_int_t)MAX(answered, poll->present), "questions", questions);
}

json_t *
poll_body(const struct poll *poll)
{
	json_t *list = json_array();

	for (size_t i = 0; i < poll->question_count; i++)
		json_array_append(list, poll->questions[i].body);
	return list;
}

json_t *
poll_describe(const struct poll *poll, bool all, int64_t now_us)
{
	json_t *questions = json_array();
	const char *state = poll->opened_us == 0 ? "draft" : poll_is_open(poll) ? "open" : "closed";

	for (size_t i = 0; i < poll->question_count; i++)
		json_array_append_new(questions, question_describe(&poll->questions[i], all));
	json_t *shown = json_pack("{s:I, s:s, s:s, s:b, s:b, s:b, s:b, s:I, s:o}", "id",
		(json_int_t)poll->id, "title", poll->title, "state", state, "anonymous",
		poll->anonymous, "change", poll->change, "quiz", poll->quiz, "shown", poll->shown,
		"seconds", (json_int_t)poll->seconds, "questions", questions);
	if (poll->quiz)
		json_object_set_new(shown, "points", json_integer(poll->points));
	if (poll_is_open(poll) && poll->seconds > 0) {
		int64_t left_us = poll->opened_us + poll->seconds * 1000000 - now_us;
		json_object_set_new(shown, "left_ms", json_integer(MAX(0, left_us / 1000)));
	}
	return shown;
}

json_t *
poll_marks(const struct poll *poll, const struct vote *vote)
{
	json_t *answers = json_loads(vote->answers, 0, NULL), *marks = json_array();

	for (size_t i = 0; i < poll->question_count; i++)
		json_array_append_new(marks, json_boolean(question_is_right(&poll->questions[i],
						     json_array_get(answers, i))));
	json_decref(answers);
	return marks;
}
