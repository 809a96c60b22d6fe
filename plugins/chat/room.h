/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHAT_ROOM_H
#define CHAT_ROOM_H

#include "history.h"

TAILQ_HEAD(client_queue, client);

/** What chat knows of a room of the core. It lives as long as that one. */
struct room {
	struct chat *chat;
	LIST_ENTRY(room) others;
	aula_room id;
	json_t *name; /* an integer or a string, as on the wire */
	struct client_queue clients;
	size_t count;
	struct history history;
	json_t *afar;   /* who chats in it on other servers: server -> name -> person */
	json_t *before; /* the same of a server that tells anew who is there, until it has */
	enum { ROOM_UNREAD, ROOM_READING, ROOM_READ } read_state; /* from the store */
};

/** The room of that name of the core, with what we know of it. NOT_FOUND; INTERNAL: no memory. */
aula_code room_get(struct chat *chat, const aula_key *name, struct room **ret_room);
/** NULL when nobody has chatted there. */
struct room *room_by_id(struct chat *chat, aula_room id);
/** Lets go of those who are in it (they are told nothing) and frees. */
void room_free(struct room *room);

/** Takes the client in; its membership is the core's. INTERNAL: no memory. */
aula_code room_enter(
	struct room *room, struct client *client, aula_member member, const char *display);
/** Takes the client out, and tells the others when the room is small. Does not touch the core's
 * membership. */
void room_exit(struct client *client);
/** The client of that name in the room; NULL when there is none, or it does not chat. */
struct client *room_client(struct room *room, const aula_key *name);

/** {"textroom":`word`,"room":…} New reference. */
json_t *room_event(const struct room *room, const char *word);
/** Tells all but `except` that somebody has come or gone, here or on another server, in a small
 * room. */
void room_tell_presence(
	struct room *room, const char *word, json_t *name, const char *display, aula_handle except);
/** Sends to everybody, or to one. Take `event`. */
void room_tell_all(struct room *room, json_t *event, aula_handle except);
void room_tell_one(struct room *room, const struct client *client, json_t *event);

#endif
