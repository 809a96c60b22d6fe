/* SPDX-License-Identifier: Apache-2.0 */
/** What was said in one room, oldest first, bounded by number and by bytes. */
#ifndef CHAT_HISTORY_H
#define CHAT_HISTORY_H

#include "chat.h"

/** Someone who may see a private message: by membership, and by subject when they come back. */
struct party {
	aula_member member;
	char *subject; /* "" for a guest */
};

struct message {
	TAILQ_ENTRY(message) others;
	int64_t id;
	int64_t at_us;      /* monotonic, for `delete_own` */
	json_t *event;      /* as it was sent */
	size_t bytes;       /* of `event` as text */
	aula_member sender; /* none: the server or a moderator, to all */
	char *subject;
	struct party *parties; /* who may see it, the sender included; NULL: everybody */
	size_t party_count;
	bool afar; /* another server's */
};

TAILQ_HEAD(message_queue, message);

enum { DELETED_MOST = 64, SLOTS = 1024 };

struct history {
	struct message_queue messages; /* by id */
	int64_t deleted[DELETED_MOST]; /* of late, lest they come after they were deleted */
	size_t deleted_at;
	int64_t gone; /* the highest id that was here and is not any more; 0: none */
	int64_t last_id;
	size_t count, bytes;
};

void history_init(struct history *history);
void history_finish(struct history *history);

/** A new message with the next id, which is set in `event` (borrowed). It is in no history yet, so
 * that parties can be added. NULL: no memory. Servers that share a room give different ids: each
 * has a slot (see aula_rooms), and its ids are those that leave it as the remainder of SLOTS. */
struct message *message_new(
	struct history *history, const struct client *sender, json_t *event, int64_t now_us);
/** Makes it private, or adds one more who may see it. False: no memory. */
bool message_add_party(struct message *message, const struct client *client);
void message_free(struct message *message);
bool message_is_visible(const struct message *message, const struct client *client);
bool message_is_by(const struct message *message, const struct client *client);

/** Adds it in its place and forgets the oldest past the bounds. Takes `message`. */
void history_add(struct history *history, struct message *message, const struct config *config);
/** A message as the store has it, or as another server said it. All is borrowed. */
struct kept {
	int64_t id, at_us; /* monotonic */
	const char *subject;
	json_t *event;
	bool is_private, afar;
};
/** Adds a message; NULL: it is none, it is there or was deleted, or the bounds allow none. */
struct message *history_restore(
	struct history *history, const struct kept *kept, const struct config *config);
/** Whether the message is there, was deleted of late, or was there and is too old. */
bool history_knows(const struct history *history, int64_t id);
/** Notes that a message was deleted, whether it is there or yet to come. */
void history_forget(struct history *history, int64_t id);
/** One more of those who may see it. */
void message_add_reader(struct message *message, const char *subject);
/** NULL when there is none, or no longer. */
struct message *history_find(const struct history *history, int64_t id);
void history_remove(struct history *history, struct message *message);
/** The last `limit` events that `client` may see with ids between `after` and `before` (both
 * excluded), oldest first. `*ret_more` when older ones were left out. New reference. */
json_t *history_read(const struct history *history, const struct client *client, int64_t after,
	int64_t before, int64_t limit, bool *ret_more);

#endif
