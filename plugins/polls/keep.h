/* SPDX-License-Identifier: Apache-2.0 */
/** Polls and votes in the store. A room that outlives the server has its polls read when somebody
 * comes first; those of any other end with it. */
#ifndef POLLS_KEEP_H
#define POLLS_KEEP_H

#include "room.h"

/** Something that the store was asked, and what to do when it has answered. */
struct asked {
	LIST_ENTRY(asked) others;
	struct polls *polls;
	aula_room room;
	aula_handle handle;  /* whose request it was */
	aula_ticket ticket;  /* by which it is answered; none: it was */
	json_t *reply;       /* what to answer; may be NULL */
	int64_t id, limit;   /* which poll; how many */
	char *voter;         /* whose vote; may be NULL */
	struct vote *before; /* what to go back to; may be NULL */
	bool waits;          /* for the room to be read */
	void (*run)(struct asked *asked, struct room *room, const aula_store_result *result);
};

/** For a request of `call`, which is answered later. NULL: too many are; `*ret_code` says so. */
struct asked *asked_new(struct room *room, aula_call *call, aula_code *ret_code);
/** Answers and frees. When `code` is not OK, `call` says more, as that of a request. */
void asked_answer(struct asked *asked, aula_code code, const aula_call *call);
void asked_free(struct asked *asked);

enum { KEEP_PERSONAL = 2 };
extern const aula_personal keep_personal[KEEP_PERSONAL];

/** Makes the tables, and forgets what is too old, now and daily. Not OK: said in the log. */
aula_code keep_start(struct polls *polls);
/** Forgets what was asked; nothing will be answered any more. */
void keep_stop(struct polls *polls);

/** Runs `asked` (taken) when the room, which is not ROOM_READ, was read: with NULL for a result,
 * and for a room if that has closed meanwhile. */
void keep_wait(struct room *room, struct asked *asked);
/** For load.c: asks, then runs `asked` (taken). */
void keep_read(struct polls *polls, const aula_statement *statement, struct asked *asked);

/* Each runs `asked` (taken) when it is safe, also if it fails: with a result that says so; NULL:
 * nobody wants to know. */
/** Adds a poll, or keeps what has changed of it since. */
void keep_poll(const struct poll *poll, struct asked *asked);
/** This poll of the room is shown from now on, and no other; NULL: none is. */
void keep_shown(struct room *room, const struct poll *poll, struct asked *asked);
void keep_vote(const struct poll *poll, const char *voter, const struct client *client,
	const struct vote *vote, struct asked *asked);
void keep_drop(struct room *room, int64_t id, struct asked *asked);
/** Forgets all that was asked in a room that closes, whether or not anybody came to its polls. */
void keep_forget(struct polls *polls, aula_room id);

/** {"id","title",…} of a row of POLL_COLUMNS; the votes are not counted. NULL: it cannot be read.
 */
#define POLL_COLUMNS \
	"id, title, opened_us, closed_us, seconds, present, anonymous, changes, shown, salt, " \
	"asker, " \
	"questions, results"
struct poll *keep_take(const aula_store_result *result, size_t row);

#endif
