/* SPDX-License-Identifier: Apache-2.0 */
/** One question: what may be answered, what is right, and how many answered what. An answer is a
 * list of texts: the options chosen, what was written, or a number as text; none: not answered. */
#ifndef POLLS_QUESTION_H
#define POLLS_QUESTION_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum question_kind { QUESTION_SINGLE, QUESTION_MULTIPLE, QUESTION_TEXT, QUESTION_NUMBER };

enum {
	DIFFERENT_MOST = 1000, /* answers written that are counted apart; the rest are "others" */
	SHOWN_MOST = 50,       /* of these, in results */
};

struct question {
	enum question_kind kind;
	int64_t points;
	double tolerance;
	json_t *body;      /* as it was asked */
	GHashTable *count; /* spelling that is compared -> struct tally */
	int64_t answered, right, others;
	double sum; /* of numbers */
};

extern const char *const question_kinds[]; /* NULL-terminated; by kind */

/** Takes a question as it was checked: {"text", "kind", "options"?, "right"?, "tolerance"?,
 * "points"}. */
void question_init(struct question *question, json_t *body);
void question_finish(struct question *question);

/** What is wrong with a question that somebody asks; NULL: nothing. Static. */
const char *question_fault(const json_t *body);
/** A text as it is kept: without white space around it. NULL when it is empty, longer than `most`
 * bytes, or has control characters but line feeds. To be freed. */
char *text_clean(const char *text, size_t most);

/** Checks an answer (`count` texts) and makes it what is kept (new reference). NULL: it is none,
 * and
 * `*ret_why` says so; static. */
json_t *question_accept(const struct question *question, const char *const *texts, size_t count,
	const char **ret_why);
/** Whether it has a right answer; whether `answer` is. */
bool question_is_quiz(const struct question *question);
bool question_is_right(const struct question *question, const json_t *answer);
/** Counts an answer, or with `by` -1 takes it back. */
void question_count(struct question *question, const json_t *answer, int by);

/** As clients are shown it; `all`: with what is right. New reference. */
json_t *question_describe(const struct question *question, bool all);
/** {"answered":9,"counts":[4,5]} of options, in their order; of others {"answered":9,"answers":
 * [{"text":"Oslo","count":7}],"others":0} with the most frequent first, and "mean" of numbers. With
 * "right_count" if there is a right answer. New reference. */
json_t *question_results(const struct question *question);

#endif
