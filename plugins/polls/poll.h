/* SPDX-License-Identifier: Apache-2.0 */
/** One poll: its questions, who has answered what, and what came of it. It knows no clients, no
 * store and no clock. */
#ifndef POLLS_POLL_H
#define POLLS_POLL_H

#include <sys/queue.h>

#include "polls.h"
#include "question.h"

/** What one voter answered. */
struct vote {
	int64_t score;
	char answers[]; /* JSON: a list for each question */
};

struct poll {
	TAILQ_ENTRY(poll) others;
	struct room *room;
	int64_t id;                   /* also when it was asked, in microseconds since 1970 */
	int64_t opened_us, closed_us; /* since 1970; 0: not yet */
	int64_t seconds;              /* that it is open; 0: until it is closed */
	int64_t present;              /* who could answer, when it closed */
	bool anonymous, change, shown;
	bool counted; /* its votes are in memory */
	bool stirred; /* what staff was told last is not true any more */
	char *title, *asker;
	char salt[33]; /* of an anonymous one: by which voters are told apart; "" when forgotten */
	struct question *questions;
	size_t question_count;
	int64_t points; /* of all that is right; 0: no quiz */
	bool quiz;
	GHashTable *votes; /* voter -> struct vote */
	json_t *results;   /* of one that has closed, or NULL */
	aula_timer end;
};

/** `questions` is a list of what question_init takes (borrowed). Never NULL. */
struct poll *poll_new(int64_t id, const char *title, const json_t *questions);
void poll_free(struct poll *poll);

static inline bool
poll_is_open(const struct poll *poll)
{
	return poll->opened_us != 0 && poll->closed_us == 0;
}

/** Under what name somebody's vote is kept; of an anonymous poll a hash, while that is known. To be
 * freed. */
char *poll_voter(const struct poll *poll, const char *key);
/** The vote of `voter`; NULL: none. */
const struct vote *poll_vote_of(const struct poll *poll, const char *voter);
/** Counts a vote instead of what the voter answered before; NULL takes it back. Returns what was
 * before, to be freed. `answers` has a list for each question. */
struct vote *poll_count(struct poll *poll, const char *voter, const json_t *answers);
/** As `poll_count`, of a vote as it was (taken, may be NULL). */
void poll_restore(struct poll *poll, const char *voter, struct vote *vote);
int64_t poll_answered(const struct poll *poll);

/** {"answered":9,"of":12,"questions":[…]} New reference. */
json_t *poll_results(const struct poll *poll);
/** The questions as they are kept, with all that is right. New reference. */
json_t *poll_body(const struct poll *poll);
/** As clients are shown it, without results; `all`: with what is right. `now_us`: since 1970. New
 * reference. */
json_t *poll_describe(const struct poll *poll, bool all, int64_t now_us);
/** Which of the questions a vote has right: [true,false]. New reference. */
json_t *poll_marks(const struct poll *poll, const struct vote *vote);

#endif
