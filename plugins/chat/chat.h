/* SPDX-License-Identifier: Apache-2.0 */
/** Text in a room: for everybody or for some. Everything here runs on the control thread. */
#ifndef CHAT_H
#define CHAT_H

#include <sys/queue.h>

#include "aula/module.h"
#include "pace.h"

struct room;

enum {
	NAME_BYTES_MOST = 64,
	DISPLAY_BYTES_MOST = 128,
	TEXT_BYTES_MOST = 16384, /* whatever the configuration says */
	RECIPIENTS_MOST = 50,    /* of one private message */
	PAGE_MOST = 200,         /* messages in one reply */
};

/** Capabilities: bit i is row i of the table in module.c. */
enum {
	MAY_READ = 1u << 0,
	MAY_WRITE = 1u << 1,
	MAY_MODERATE = 1u << 2,
};

/** The numbers by which clients of the Janus TextRoom know an error; the last two are ours. */
enum {
	ERROR_MISSING = 413,
	ERROR_INVALID = 414,
	ERROR_UNKNOWN_REQUEST = 415,
	ERROR_NO_SUCH_ROOM = 417,
	ERROR_UNAUTHORIZED = 419,
	ERROR_NAME_TAKEN = 420,
	ERROR_ALREADY_IN_ROOM = 421,
	ERROR_NOT_IN_ROOM = 422,
	ERROR_NO_SUCH_USER = 423,
	ERROR_TOO_FAST = 424,
	ERROR_NO_SUCH_MESSAGE = 425,
	ERROR_UNAVAILABLE = 426,
};

struct config {
	int64_t text_bytes, rate_per_minute, burst;
	int64_t history_messages, history_bytes, history_at_join, history_days;
	int64_t delete_own_s, large_room, page_most;
	bool members_only;
};

LIST_HEAD(room_list, room);

/** The plugin. */
struct chat {
	const aula_host *host;
	const struct config *config; /* lives until stop */
	bool keeps;                  /* there is a store */
	LIST_HEAD(, asked) asked;    /* of the store, or waiting for it */
	struct room_list rooms;      /* those in which somebody has chatted or listened */
	struct paces paces;
};

/** What we keep for each handle. */
struct client {
	struct chat *chat;
	aula_handle handle;
	struct room *room; /* NULL: in none */
	TAILQ_ENTRY(client) others;
	aula_member member;
	json_t *name; /* an integer or a string, as on the wire */
	char *display, *subject, *role;
	struct pace pace; /* of a guest */
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

enum { CONFIG_FIELD_COUNT = 11, REQUEST_COUNT = 8 };
extern const aula_field chat_config_fields[CONFIG_FIELD_COUNT];
extern const aula_request chat_requests[REQUEST_COUNT];

#endif
