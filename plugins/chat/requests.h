/* SPDX-License-Identifier: Apache-2.0 */
/** The arguments of each request, as the tables in requests.c fill them, and who runs it. */
#ifndef CHAT_REQUESTS_H
#define CHAT_REQUESTS_H

#include "room.h"

struct join_args {
	aula_key room, username;
	const char *display;
	bool history;
};

/** Requests of one who is in a room: `room` may be left out. */
struct room_args {
	aula_key room;
};

struct message_args {
	aula_key room, to;
	const char *text;
	aula_list tos; /* of const char * */
};

struct history_args {
	aula_key room;
	int64_t before, after, limit;
};

struct delete_args {
	aula_key room;
	int64_t id;
};

struct people_args {
	aula_key room;
	int64_t offset, limit; /* limit 0: the most that the configuration allows */
};

/** The room that the sender is in, or refuses; `name`, when given, must be it. */
aula_code request_room(aula_call *call, const aula_key *name, struct room **ret_room);
/** {"textroom":`word`,"room":…} */
void request_reply(aula_call *call, const char *word, const struct room *room);

/* say.c */
aula_code run_announcement(void *self, aula_call *call, const void *args);
aula_code run_delete(void *self, aula_call *call, const void *args);
aula_code run_message(void *self, aula_call *call, const void *args);

/* take_part.c */
aula_code run_history(void *self, aula_call *call, const void *args);
aula_code run_join(void *self, aula_call *call, const void *args);
aula_code run_leave(void *self, aula_call *call, const void *args);
aula_code run_list(void *self, aula_call *call, const void *args);
aula_code run_list_participants(void *self, aula_call *call, const void *args);

#endif
