/* SPDX-License-Identifier: Apache-2.0 */
/** Questions put to a class, and what it answers. Everything here runs on the control thread. */
#ifndef POLLS_POLLS_H
#define POLLS_POLLS_H

#include <sys/queue.h>

#include "aula/module.h"

enum {
	NAME_BYTES_MOST = 64,
	TITLE_BYTES_MOST = 200,
	TEXT_BYTES_MOST = 1000,  /* of a question */
	ANSWER_BYTES_MOST = 300, /* an option, or what somebody writes */
	QUESTIONS_MOST = 50,
	OPTIONS_MOST = 20,
	PAGE_MOST = 100, /* also of what is read at once; store.rows_most is never less */
	CLOSED_MOST = 5, /* closed polls of a room whose votes stay in memory */
};

/** Capabilities: bit i is row i of the table in module.c. */
enum {
	MAY_ASK = 1u << 0,
	MAY_VOTE = 1u << 1,
	MAY_RESULTS = 1u << 2,
};

enum {
	ERROR_MISSING = 513,
	ERROR_INVALID = 514,
	ERROR_UNKNOWN_REQUEST = 515,
	ERROR_NO_SUCH_ROOM = 517,
	ERROR_UNAUTHORIZED = 519,
	ERROR_WRONG_STATE = 522,
	ERROR_NO_SUCH_POLL = 523,
	ERROR_FULL = 524,
	ERROR_UNAVAILABLE = 526,
	ERROR_ANSWERED = 527,
};

struct config {
	int64_t open_most, waiting_most, votes_most, tell_ms, history_days;
};

struct room;
LIST_HEAD(room_list, room);
LIST_HEAD(asked_list, asked);

/** The plugin. */
struct polls {
	const aula_host *host;
	const struct config *config; /* lives until stop, or the next reload */
	bool keeps;                  /* there is a store */
	int64_t started_us;          /* since 1970: what ends with this process is known by it */
	int64_t last_id;
	struct asked_list asked; /* of the store, or waiting for it */
	struct room_list rooms;  /* those in which somebody takes part in polls */
};

/** What we keep for each handle. */
struct client {
	struct polls *polls;
	aula_handle handle;
	struct room *room; /* NULL: in none */
	TAILQ_ENTRY(client) others;
	uint64_t holds;
	char *key, *display; /* whose vote it is; see client_key */
};

/** Gives `call` an error of `number` with a static sentence, and returns `code`. */
static inline aula_code
refuse(aula_call *call, aula_code code, int number, const char *field, const char *sentence)
{
	call->error_number = number;
	call->field = field;
	call->error = sentence;
	return code;
}

/** Microseconds since 1970. */
int64_t wall_us(void);

enum { CONFIG_FIELD_COUNT = 5, REQUEST_COUNT = 11 };
extern const aula_field polls_config_fields[CONFIG_FIELD_COUNT];
extern const aula_request polls_requests[REQUEST_COUNT];

#endif
