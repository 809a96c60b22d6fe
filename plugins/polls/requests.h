/* SPDX-License-Identifier: Apache-2.0 */
/** The arguments of each request, as the tables in requests.c fill them, and who runs it. */
#ifndef POLLS_REQUESTS_H
#define POLLS_REQUESTS_H

#include "room.h"

struct join_args {
	aula_key room;
};

struct question_args {
	const char *text, *kind;
	aula_list options, right; /* of const char * */
	double tolerance;
	int64_t points;
};

struct ask_args {
	const char *title;
	aula_list questions; /* of struct question_args */
	int64_t seconds;
	bool anonymous, change, open;
};

struct id_args {
	int64_t id;
};

struct show_args {
	int64_t id;
	bool shown;
};

struct answer_item {
	aula_list answer; /* of const char * */
};

struct answer_args {
	int64_t id;
	aula_list answers; /* of struct answer_item */
};

struct answers_args {
	int64_t id, limit;
	const char *after;
};

struct list_args {
	int64_t before, limit;
};

/** The room that the sender is in, or refuses. */
aula_code request_room(aula_call *call, struct room **ret_room);
/** A poll of it that is in memory, or refuses. */
aula_code request_poll(aula_call *call, int64_t id, struct poll **ret_poll);
/** {"polls":`word`,"room":…,"id":…} */
void request_reply(aula_call *call, const char *word, const struct room *room, int64_t id);

/* ask.c */
aula_code run_ask(void *self, aula_call *call, const void *args);
aula_code run_close(void *self, aula_call *call, const void *args);
aula_code run_drop(void *self, aula_call *call, const void *args);
aula_code run_open(void *self, aula_call *call, const void *args);
aula_code run_show(void *self, aula_call *call, const void *args);

/* vote.c */
aula_code run_answer(void *self, aula_call *call, const void *args);
aula_code run_join(void *self, aula_call *call, const void *args);
aula_code run_leave(void *self, aula_call *call, const void *args);

/* report.c */
aula_code run_answers(void *self, aula_call *call, const void *args);
aula_code run_list(void *self, aula_call *call, const void *args);
aula_code run_results(void *self, aula_call *call, const void *args);

#endif
