/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLLS_ROOM_H
#define POLLS_ROOM_H

#include "poll.h"

TAILQ_HEAD(client_queue, client);
TAILQ_HEAD(poll_queue, poll);

/** What polls know of a room of the core. It lives as long as that one. */
struct room {
	struct polls *polls;
	LIST_ENTRY(room) others;
	aula_room id;
	json_t *name; /* an integer or a string, as on the wire */
	char *key;    /* its name in the store */
	bool lasting;
	struct client_queue clients;
	GHashTable *voters;      /* key of each person who could answer -> by how many clients */
	struct poll_queue asked; /* the oldest first */
	aula_timer tell;         /* counts to staff, soon */
	int64_t scored;          /* poll whose scores are told */
	size_t score_at;         /* how many clients were told */
	aula_timer score;
	enum { ROOM_UNREAD, ROOM_READING, ROOM_READ } read_state; /* from the store */
};

/** The room of that name of the core, with what we know of it. NOT_FOUND. */
aula_code room_get(struct polls *polls, const aula_key *name, struct room **ret_room);
/** NULL when nobody has taken part there. */
struct room *room_by_id(struct polls *polls, aula_room id);
/** Its name in the store, whether or not anybody took part; to be freed. */
char *room_key(const struct polls *polls, aula_room id);
/** Lets go of those who are in it (they are told nothing) and frees. */
void room_free(struct room *room);

/** Takes the client in; its membership is the core's. */
aula_code room_enter(struct room *room, struct client *client, aula_member member);
/** Whom the token names; "" for a guest. */
const char *client_subject(const struct client *client);
/** Forgets what somebody answered, as far as it is known whose it is. */
void room_forget(struct room *room, const char *subject);
/** Takes the client out. Does not touch the core's membership. */
void room_exit(struct client *client);

/** Puts the poll in its place; lets go of old ones that are closed. */
void room_add(struct room *room, struct poll *poll);
/** Takes it out and frees it. */
void room_drop(struct poll *poll);
/** NULL: it is not in memory. */
struct poll *room_poll(const struct room *room, int64_t id);
/** How many polls are open, or were not opened yet. */
int64_t room_open_count(const struct room *room);
int64_t room_draft_count(const struct room *room);
/** How many people could answer at present: they may, and do not ask. */
int64_t room_voter_count(const struct room *room);

#endif
