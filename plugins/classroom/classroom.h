/* SPDX-License-Identifier: Apache-2.0 */
/** A live class: who is in it, who publishes, who subscribes, who decides. Speaks the verbs of the
 * Janus VideoRoom. Everything here runs on the control thread, so nothing is locked. */
#ifndef CLASSROOM_H
#define CLASSROOM_H

#include <sys/queue.h>

#include "aula/module.h"

struct person;
struct room;
struct subscriber;
struct viewer;
struct hand;
struct promised;
struct stage;

enum {
	STREAMS_MOST = 64,    /* m-lines of one PeerConnection */
	NAME_BYTES_MOST = 64, /* a room or a member by text */
	DISPLAY_BYTES_MOST = 128,
	SECRET_BYTES_MOST = 128,
	DESCRIPTION_BYTES_MOST = 256,
	CODECS_BYTES_MOST = 64,
	ALLOWED_MOST = 4096, /* tokens on the list of one room */
};

/** Capabilities: bit i is row i of the table in module.c. */
enum {
	MAY_CREATE = 1u << 0,
	MAY_JOIN = 1u << 1,
	MAY_LIST = 1u << 2,
	MAY_PUBLISH = 1u << 3,
	MAY_SUBSCRIBE = 1u << 4,
	MAY_MODERATE = 1u << 5,
};

/** The numbers by which clients of the Janus VideoRoom know an error, where one code of ours has
 * several of theirs. */
enum {
	ERROR_UNKNOWN_REQUEST = 423,
	ERROR_JOIN_FIRST = 424,
	ERROR_ALREADY_JOINED = 425,
	ERROR_NO_SUCH_ROOM = 426,
	ERROR_ROOM_EXISTS = 427,
	ERROR_NO_SUCH_FEED = 428,
	ERROR_MISSING = 429,
	ERROR_INVALID = 430,
	ERROR_FULL = 432,
	ERROR_UNAUTHORIZED = 433,
	ERROR_ALREADY_PUBLISHED = 434,
	ERROR_NOT_PUBLISHED = 435,
	ERROR_ID_EXISTS = 436,
	ERROR_INVALID_SDP = 437,
};

struct config {
	int64_t rooms_most, metadata_bytes, large_room, presence_window_ms, names_most, page_most;
	bool demo_room;
	aula_list rooms; /* of struct room_options */
};

TAILQ_HEAD(subscriber_queue, subscriber);
TAILQ_HEAD(viewer_queue, viewer);
TAILQ_HEAD(hand_queue, hand);

/** The plugin. */
struct classroom {
	const aula_host *host;
	const struct config *config; /* lives until stop */
	struct room **rooms;         /* sorted by id */
	size_t room_count;
	struct subscriber_queue due; /* those owed an offer */
	aula_timer offering;         /* runs while `due` is not empty */
	uint64_t last_group;         /* of feeds that play in step */
	bool started;
	bool keeps;                     /* there is a store */
	LIST_HEAD(, promised) promised; /* answers that wait for it */
};

/** What we keep for each handle: it is nobody, a person in a room, a subscriber, or a viewer. */
struct client {
	struct classroom *classroom;
	aula_handle handle;
	struct person *person;
	struct subscriber *subscriber;
	struct viewer *viewer;
};

/** The room that the handle is in; NULL. */
struct room *client_room(const struct client *client);

/** Gives `call` an error of `number` (0: the code's own) with a static sentence, and returns
 * `code`. */
static inline aula_code
refuse(aula_call *call, aula_code code, int number, const char *field, const char *sentence)
{
	call->error_number = number;
	call->field = field;
	call->error = sentence;
	return code;
}

/** A name as it goes on the wire. New reference; NULL when there is none. */
static inline json_t *
key_to_json(const aula_key *key)
{
	if (key->text != NULL)
		return json_string(key->text);
	return key->number > 0 ? json_integer(key->number) : NULL;
}

/** True when `key` names what is called `id` on the wire; 7 and "7" are one name. */
bool key_names(const aula_key *key, const json_t *id);

static inline bool
key_is_given(const aula_key *key)
{
	return key->number > 0 || key->text != NULL;
}

/** Tells the event handlers. Takes `data`. */
static inline void
emit(struct classroom *classroom, aula_room room, aula_handle handle, const char *name,
	json_t *data)
{
	const aula_host *host = classroom->host;

	host->events->emit(host, AULA_EVENT_PLUGIN, room, handle, name, data);
	json_decref(data);
}

/** A random number for the wire: 1 to 2^32 - 1. */
uint32_t draw_number(void);

#endif
