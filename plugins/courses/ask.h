/* SPDX-License-Identifier: Apache-2.0 */
/** A request that waits for the database, and who asks. [control] */
#ifndef COURSES_ASK_H
#define COURSES_ASK_H

#include "courses.h"

/** Who asks. Texts are "" where there is nothing. */
struct who {
	char login[LOGIN_MOST + 1], name[NAME_MOST + 1], role[ROLE_MOST + 1];
	uint64_t holds;
};

/** A course as who asks sees it. */
struct seen {
	int64_t id;
	bool manages; /* may change it */
	bool teaches, takes;
};

struct ask {
	LIST_ENTRY(ask) others;
	struct courses *courses;
	aula_handle handle;
	aula_ticket ticket;
	struct who who;
	json_t *body; /* what `args` points into */
	void *args;
	void (*run)(struct ask *ask, const aula_store_result *result);
	/* What the steps of one request hand on. */
	struct seen course;
	void (*next)(struct ask *ask, const aula_store_result *course); /* see access.h */
	bool to_manage;
	json_t *reply, *rows, *bad;
	size_t step;
	char room[ROOM_BYTES], title[CLASS_TITLE_BYTES]; /* of the class that it is about */
};

/** Begins one for the present request. `args` (of `size` bytes, copied, but for what its lists
 * point to) may be NULL. NULL: refused; `run` of the row is to return `*ret_code`. Afterwards it
 * returns OK. */
struct ask *ask_begin(struct courses *courses, aula_call *call, const void *args, size_t size,
	aula_code *ret_code);
/** Ends it without an answer. */
void ask_free(struct ask *ask);
/** Answers and ends it. Takes `reply`, which may be NULL; so may `error`. */
void ask_answer(struct ask *ask, aula_code code, json_t *reply, const char *error);
/** The same for what is wrong with a field. */
void ask_refuse(struct ask *ask, aula_code code, const char *field, const char *error);
/** Answers with the code of a write that has nothing to tell. */
void ask_done(struct ask *ask, const aula_store_result *result);

/** Ask the database; then `run` follows, also when it could not be asked. */
void ask_read(struct ask *ask, const aula_statement *statement);
void ask_write(struct ask *ask, const aula_statement *statements, size_t count);

/** Into the audit log. `detail`: NULL is fine. */
void ask_note(const struct ask *ask, const char *act, int64_t course, const char *detail);

#endif
