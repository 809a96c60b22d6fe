/* SPDX-License-Identifier: Apache-2.0 */
#include "room.h"

#include <stdlib.h>
#include <string.h>

#include "afar.h"
#include "keep.h"

struct room *
room_by_id(struct chat *chat, aula_room id)
{
	struct room *room;

	LIST_FOREACH(room, &chat->rooms, others)
	{
		if (AULA_SAME(room->id, id))
			return room;
	}
	return NULL;
}

aula_code
room_get(struct chat *chat, const aula_key *name, struct room **ret_room)
{
	const aula_host *host = chat->host;
	aula_room id = host->rooms->find(host, name);
	int64_t number = 0;

	if (AULA_NONE(id))
		return AULA_NOT_FOUND;
	struct room *room = room_by_id(chat, id);
	if (room == NULL) {
		room = calloc(1, sizeof *room);
		if (room == NULL)
			return AULA_INTERNAL;
		const char *text = host->rooms->name(host, id, &number);
		room->chat = chat;
		room->id = id;
		room->name = number != 0 ? json_integer(number) : json_string(text);
		TAILQ_INIT(&room->clients);
		history_init(&room->history);
		room->afar = json_object();
		room->before = json_object();
		room->read_state = keep_has(room) ? ROOM_UNREAD : ROOM_READ;
		LIST_INSERT_HEAD(&chat->rooms, room, others);
	}
	*ret_room = room;
	return AULA_OK;
}

static void
take_out(struct client *client)
{
	TAILQ_REMOVE(&client->room->clients, client, others);
	client->room->count--;
	client->room = NULL;
	client->member = (aula_member){ 0 };
	json_decref(client->name);
	client->name = NULL;
	free(client->display);
	free(client->subject);
	free(client->role);
	client->display = client->subject = client->role = NULL;
}

void
room_free(struct room *room)
{
	for (struct client *one; (one = TAILQ_FIRST(&room->clients)) != NULL;)
		take_out(one);
	LIST_REMOVE(room, others);
	history_finish(&room->history);
	json_decref(room->afar);
	json_decref(room->before);
	json_decref(room->name);
	free(room);
}

void
room_tell_presence(
	struct room *room, const char *word, json_t *name, const char *display, aula_handle except)
{
	/* A join of a large room must not cost a message for each who is there. */
	if ((int64_t)(room->count + afar_count(room)) > room->chat->config->large_room)
		return;
	json_t *event = room_event(room, word);
	json_object_set(event, "username", name);
	if (display != NULL)
		json_object_set_new(event, "display", json_string(display));
	room_tell_all(room, event, except);
}

aula_code
room_enter(struct room *room, struct client *client, aula_member member, const char *display)
{
	const aula_host *host = room->chat->host;
	aula_member_info info = { .size = sizeof info };

	aula_code code = host->rooms->member(host, member, &info, sizeof info);
	if (code != AULA_OK)
		return code;
	if (info.display == NULL)
		info.display = display;
	client->subject = strdup(info.subject);
	client->role = strdup(info.role);
	client->display = info.display != NULL ? strdup(info.display) : NULL;
	if (client->subject == NULL || client->role == NULL ||
		(info.display != NULL && client->display == NULL)) {
		free(client->subject);
		free(client->role);
		free(client->display);
		client->subject = client->display = client->role = NULL;
		return AULA_INTERNAL;
	}
	client->member = member;
	client->name = info.text != NULL ? json_string(info.text) : json_integer(info.number);
	client->room = room;
	TAILQ_INSERT_TAIL(&room->clients, client, others);
	room->count++;
	room_tell_presence(room, "join", client->name, client->display, client->handle);
	afar_say_join(room, client);
	return AULA_OK;
}

void
room_exit(struct client *client)
{
	struct room *room = client->room;
	json_t *name = json_incref(client->name);

	take_out(client);
	room_tell_presence(room, "leave", name, NULL, client->handle);
	afar_say_leave(room, name);
	json_decref(name);
}

struct client *
room_client(struct room *room, const aula_key *name)
{
	const aula_host *host = room->chat->host;
	aula_member member = host->rooms->member_named(host, room->id, name);
	aula_member_info info = { .size = sizeof info };

	if (AULA_NONE(member) || host->rooms->member(host, member, &info, sizeof info) != AULA_OK ||
		AULA_NONE(info.handle))
		return NULL;
	struct client *client = host->handles->state(host, info.handle);
	return client != NULL && client->room == room ? client : NULL;
}

json_t *
room_event(const struct room *room, const char *word)
{
	return json_pack("{s:s, s:O}", "textroom", word, "room", room->name);
}

void
room_tell_all(struct room *room, json_t *event, aula_handle except)
{
	const aula_host *host = room->chat->host;

	host->rooms->broadcast(host, room->id, event, except);
	json_decref(event);
}

void
room_tell_one(struct room *room, const struct client *client, json_t *event)
{
	const aula_host *host = room->chat->host;

	host->handles->push(host, client->handle, event, NULL); /* GONE: nobody to tell */
	json_decref(event);
}
