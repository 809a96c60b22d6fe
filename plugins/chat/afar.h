/* SPDX-License-Identifier: Apache-2.0 */
/** The same room on other servers: who chats there, and what is said there. Nothing of it is ever
 * there when no other servers are reached. */
#ifndef CHAT_AFAR_H
#define CHAT_AFAR_H

#include "room.h"

/** How many chat in the room on other servers. */
size_t afar_count(const struct room *room);
/** Whoever has that name there: {"username":…, "display":…, "subject":…}. NULL: nobody. */
const json_t *afar_find(const struct room *room, const aula_key *name);
/** Adds those after the first `skip` to a list of participants, until that has `most`. */
void afar_list(const struct room *room, json_t *list, int64_t skip, int64_t most);

/** Tells the others of what happened here. */
void afar_say_join(struct room *room, const struct client *client);
void afar_say_leave(struct room *room, json_t *name);
void afar_say_message(struct room *room, const struct message *message);
void afar_say_deleted(struct room *room, int64_t id, json_t *event);

/** As in aula_plugin_ops. */
void afar_heard(void *self, aula_room id, const char *server, const json_t *data);
void afar_wanted(void *self, aula_room id);
void afar_server_gone(void *self, const char *server);

#endif
