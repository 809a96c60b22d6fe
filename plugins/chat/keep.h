/* SPDX-License-Identifier: Apache-2.0 */
/** What was said in rooms that outlive the server, in the store: read when somebody comes first,
 * added to with each message. Other rooms have their history in memory, and it ends with them. */
#ifndef CHAT_KEEP_H
#define CHAT_KEEP_H

#include "room.h"

/** Something that the store was asked, and what to do when it has answered. */
struct asked {
	LIST_ENTRY(asked) others;
	struct chat *chat;
	aula_room room;
	aula_handle handle; /* whose request it was */
	aula_ticket ticket; /* by which it is answered; none: it was */
	json_t *reply;      /* what to answer; may be NULL */
	json_t *about;      /* what the answer needs; may be NULL */
	void *args;         /* the same, to be freed; may be NULL */
	int64_t number;     /* the id, or how many */
	bool waits;         /* for the room to be read */
	void (*run)(struct asked *asked, struct room *room, const aula_store_result *result);
};

/** For a request of `call`, which is answered later. NULL: no memory, or too many are; `*ret_code`
 * says so. */
struct asked *asked_new(struct room *room, aula_call *call, aula_code *ret_code);
/** Answers and frees. When `code` is not OK, `call` says more, as that of a request. */
void asked_answer(struct asked *asked, aula_code code, const aula_call *call);
void asked_free(struct asked *asked);

/** Makes the tables, and forgets what is older than the configuration allows, now and daily. Not
 * OK: said in the log. */
aula_code keep_start(struct chat *chat);
/** Forgets what was asked; nothing will be answered any more. */
void keep_stop(struct chat *chat);

/** Whether the room's history is in the store. */
bool keep_has(const struct room *room);
/** Runs `asked` (taken) when the room, which is not ROOM_READ, was read: with NULL for a result,
 * and for a room if that has closed meanwhile. */
void keep_wait(struct room *room, struct asked *asked);

/** Reads of the store what other servers have kept and this one has not heard, and tells it.
 * Nothing unless somebody is there. */
void keep_catch_up(struct room *room);

/** Adds a message, and then runs `asked` (taken, also if it fails: with a result that says so;
 * NULL: nobody wants to know). */
void keep_add(struct room *room, const struct message *message, struct asked *asked);
/** Takes a message back. */
void keep_remove(struct room *room, int64_t id);
/** The same for one that is not in memory, then runs `asked` (taken): NOT_FOUND when there is none
 * that `client` may take back. `any`: whoever said it, if all could see it. */
void keep_remove_older(
	struct room *room, int64_t id, const struct client *client, bool any, struct asked *asked);
/** What somebody said is erased in the store: forgets it here too, and tells the rooms. */
void keep_erased(struct chat *chat, const char *subject);
/** Forgets all that was said in a room that closes, whether or not anybody came to its chat. */
void keep_forget(struct chat *chat, aula_room id);

/** Where the tables have what is about people. */
enum { KEEP_PERSONAL = 2 };
extern const aula_personal keep_personal[KEEP_PERSONAL];

/** Asks for up to `limit` messages between two ids (both excluded) that `client` may see, the
 * latest first, and one more if there are more, then runs `asked` (taken): the first column is the
 * event. */
void keep_page(struct room *room, const struct client *client, int64_t after, int64_t before,
	int64_t limit, struct asked *asked);

#endif
