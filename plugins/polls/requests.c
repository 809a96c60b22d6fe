/* SPDX-License-Identifier: Apache-2.0 */
#include "requests.h"

// clang-format off
static const aula_field join_fields[] = {
	AULA_KEY(struct join_args, room, "room", NAME_BYTES_MOST, .flags = AULA_REQUIRED,
		.summary = "The room: an integer above 0 or a text."),
};

static const aula_field question_fields[] = {
	AULA_TEXT(struct question_args, text, "text", TEXT_BYTES_MOST, .flags = AULA_REQUIRED,
		.summary = "What is asked."),
	AULA_TEXT(struct question_args, kind, "kind", 10, .choices = question_kinds, .fallback_text = "single",
		.summary = "Whether one option or several are chosen, or a text or a number is written."),
	AULA_TEXTS(struct question_args, options, "options", OPTIONS_MOST,
		.summary = "What can be chosen, at least two; only of choices."),
	AULA_TEXTS(struct question_args, right, "right", OPTIONS_MOST,
		.summary = "What is right: these options and no others, or one of these texts or numbers; absent: nothing is right or wrong."),
	AULA_NUMBER(struct question_args, tolerance, "tolerance", 0, 1000000000, .fallback = 0,
		.summary = "How far a number may be from a right one."),
	AULA_INT(struct question_args, points, "points", 0, 1000, .fallback = 1,
		.summary = "What the right answer is worth."),
};

static const aula_field ask_fields[] = {
	AULA_TEXT(struct ask_args, title, "title", TITLE_BYTES_MOST, .fallback_text = "",
		.summary = "What it is called, if it is more than its question."),
	AULA_ROWS(struct ask_args, questions, "questions", QUESTIONS_MOST, question_fields, struct question_args,
		.flags = AULA_REQUIRED, .min = 1, .summary = "What is asked; several questions are answered together."),
	AULA_INT(struct ask_args, seconds, "seconds", 0, 86400,
		.summary = "For how long it is open, in seconds; 0: until somebody closes it."),
	AULA_BOOL(struct ask_args, anonymous, "anonymous", .fallback = false,
		.summary = "Whether nobody is told who answered what."),
	AULA_BOOL(struct ask_args, change, "change", .fallback = true,
		.summary = "Whether an answer may be changed while the poll is open."),
	AULA_BOOL(struct ask_args, open, "open", .fallback = true,
		.summary = "Whether it is open at once; else it waits for `open`, and only those who ask see it."),
};

static const aula_field id_fields[] = {
	AULA_INT(struct id_args, id, "id", 1, INT64_MAX, .flags = AULA_REQUIRED,
		.summary = "Which poll."),
};

static const aula_field show_fields[] = {
	AULA_INT(struct show_args, id, "id", 1, INT64_MAX, .flags = AULA_REQUIRED,
		.summary = "Which poll."),
	AULA_BOOL(struct show_args, shown, "shown", .fallback = true,
		.summary = "Whether all see the results, or no longer."),
};

static const aula_field answer_item_fields[] = {
	AULA_TEXTS(struct answer_item, answer, "answer", OPTIONS_MOST,
		.summary = "The options chosen, what is written, or a number as text; absent: no answer."),
};

static const aula_field answer_fields[] = {
	AULA_INT(struct answer_args, id, "id", 1, INT64_MAX, .flags = AULA_REQUIRED,
		.summary = "Which poll."),
	AULA_ROWS(struct answer_args, answers, "answers", QUESTIONS_MOST, answer_item_fields, struct answer_item,
		.flags = AULA_REQUIRED, .min = 1, .summary = "An answer to each question, in their order."),
};

static const aula_field answers_fields[] = {
	AULA_INT(struct answers_args, id, "id", 1, INT64_MAX, .flags = AULA_REQUIRED,
		.summary = "Which poll."),
	AULA_TEXT(struct answers_args, after, "after", 1024, .fallback_text = "",
		.summary = "`next` of the page before."),
	AULA_INT(struct answers_args, limit, "limit", 1, PAGE_MOST - 1, .fallback = PAGE_MOST - 1,
		.summary = "How many at most."),
};

static const aula_field list_fields[] = {
	AULA_INT(struct list_args, before, "before", 0, INT64_MAX,
		.summary = "Only polls with a lower id; 0: up to the last."),
	AULA_INT(struct list_args, limit, "limit", 1, PAGE_MOST - 1, .fallback = 20,
		.summary = "How many at most, the latest first."),
};

/* Sorted by name. */
const aula_request polls_requests[REQUEST_COUNT] = {
	{ "answer", MAY_VOTE, 0, AULA_TABLE(answer_fields), sizeof(struct answer_args), run_answer,
		"Answers a poll that is open, or changes one's answer." },
	{ "answers", MAY_RESULTS, 0, AULA_TABLE(answers_fields), sizeof(struct answers_args), run_answers,
		"Who answered what, page by page, of a poll that is not anonymous." },
	{ "ask", MAY_ASK, 0, AULA_TABLE(ask_fields), sizeof(struct ask_args), run_ask,
		"Puts questions to the room, or prepares to." },
	{ "close", MAY_ASK, 0, AULA_TABLE(id_fields), sizeof(struct id_args), run_close,
		"Takes no more answers." },
	{ "drop", MAY_ASK, 0, AULA_TABLE(id_fields), sizeof(struct id_args), run_drop,
		"Forgets a poll with all its answers." },
	{ "join", 0, 0, AULA_TABLE(join_fields), sizeof(struct join_args), run_join,
		"Takes part in the polls of a room that one is in; the reply has those that are open or shown." },
	{ "leave", 0, 0, NULL, 0, 0, run_leave,
		"Takes no part any more; one stays in the room." },
	{ "list", MAY_RESULTS, 0, AULA_TABLE(list_fields), sizeof(struct list_args), run_list,
		"What was asked in the room, with what came of it, the latest first." },
	{ "open", MAY_ASK, 0, AULA_TABLE(id_fields), sizeof(struct id_args), run_open,
		"Opens a poll that waits." },
	{ "results", 0, 0, AULA_TABLE(id_fields), sizeof(struct id_args), run_results,
		"A poll as one may see it: with one's own answer, and with results for `poll.results` or when they are shown." },
	{ "show", MAY_ASK, 0, AULA_TABLE(show_fields), sizeof(struct show_args), run_show,
		"Shows the results to all, and what is right once it is closed; those of one poll at a time." },
};
// clang-format on
