/* SPDX-License-Identifier: Apache-2.0 */
#include "afar.h"

#include <stdio.h>
#include <string.h>

#include "keep.h"

enum {
	PART_MOST = 500, /* people told of at once */
	PEOPLE_MOST = 100000,
	PAST_MOST = 200,
};

/* -- who is there -- */

/* 7 and "7" are one name. */
static const char *
key_of(const json_t *name, char digits[static 24])
{
	if (json_is_string(name))
		return json_string_value(name);
	snprintf(digits, 24, "%lld", (long long)json_integer_value(name));
	return digits;
}

size_t
afar_count(const struct room *room)
{
	const char *server;
	json_t *people;
	size_t count = 0;

	json_object_foreach(room->afar, server, people) count += json_object_size(people);
	return count;
}

const json_t *
afar_find(const struct room *room, const aula_key *name)
{
	char digits[24];
	const char *server, *key = name->text;
	json_t *people;

	if (key == NULL) {
		snprintf(digits, sizeof digits, "%lld", (long long)name->number);
		key = digits;
	}
	json_object_foreach(room->afar, server, people)
	{
		const json_t *person = json_object_get(people, key);
		if (person != NULL)
			return person;
	}
	return NULL;
}

void
afar_list(const struct room *room, json_t *list, int64_t skip, int64_t most)
{
	const char *server, *key;
	json_t *people, *person;

	json_object_foreach(room->afar, server, people)
	{
		json_object_foreach(people, key, person)
		{
			if (skip-- > 0)
				continue;
			if ((int64_t)json_array_size(list) >= most)
				return;
			json_t *item =
				json_pack("{s:O}", "username", json_object_get(person, "username"));
			json_t *display = json_object_get(person, "display");
			if (display != NULL)
				json_object_set(item, "display", display);
			json_array_append_new(list, item);
		}
	}
}

/* -- saying -- */

/* Takes `data`. */
static void
tell_others(struct room *room, json_t *data)
{
	const aula_host *host = room->chat->host;

	if (AULA_HAS(host->rooms, say))
		host->rooms->say(host, room->id, data);
	json_decref(data);
}

static bool
has_others(const struct room *room)
{
	const aula_host *host = room->chat->host;

	return AULA_HAS(host->rooms, slot) && host->rooms->slot(host) >= 0;
}

static json_t *
person_of(const struct client *client)
{
	json_t *person =
		json_pack("{s:O, s:s}", "username", client->name, "subject", client->subject);

	if (client->display != NULL)
		json_object_set_new(person, "display", json_string(client->display));
	return person;
}

void
afar_say_join(struct room *room, const struct client *client)
{
	if (has_others(room))
		tell_others(room, json_pack("{s:s, s:o}", "t", "join", "who", person_of(client)));
}

void
afar_say_leave(struct room *room, json_t *name)
{
	if (has_others(room))
		tell_others(room, json_pack("{s:s, s:O}", "t", "leave", "username", name));
}

static json_t *
pack_message(const char *word, const struct message *message)
{
	json_t *data = json_pack(
		"{s:s, s:O, s:s}", "t", word, "event", message->event, "subject", message->subject);

	if (message->parties == NULL)
		return data;
	json_t *readers = json_array();
	for (size_t i = 0; i < message->party_count; i++)
		if (*message->parties[i].subject != '\0')
			json_array_append_new(readers, json_string(message->parties[i].subject));
	json_object_set_new(data, "readers", readers);
	return data;
}

void
afar_say_message(struct room *room, const struct message *message)
{
	if (has_others(room))
		tell_others(room, pack_message("say", message));
}

void
afar_say_deleted(struct room *room, int64_t id, json_t *event)
{
	if (has_others(room))
		tell_others(room, json_pack("{s:s, s:I, s:O}", "t", "delete", "id", (json_int_t)id,
					  "event", event));
}

/* Who is here, in parts: whoever is in none of them is not. */
static void
say_here(struct room *room)
{
	const struct client *client = TAILQ_FIRST(&room->clients);
	bool first = true;

	do {
		json_t *people = json_array();
		for (; client != NULL && json_array_size(people) < PART_MOST;
			client = TAILQ_NEXT(client, others))
			json_array_append_new(people, person_of(client));
		tell_others(room, json_pack("{s:s, s:o, s:b, s:b}", "t", "here", "people", people,
					  "first", (int)first, "last", (int)(client == NULL)));
		first = false;
	} while (client != NULL);
}

/* A room that is in no store: what was said here goes to those who open it later. */
static void
say_past(struct room *room)
{
	const struct message *message = TAILQ_LAST(&room->history.messages, message_queue);

	for (int i = 1; i < PAST_MOST && message != NULL; i++) {
		const struct message *before = TAILQ_PREV(message, message_queue, others);
		if (before == NULL)
			break;
		message = before;
	}
	for (; message != NULL; message = TAILQ_NEXT(message, others))
		if (!message->afar)
			tell_others(room, pack_message("past", message));
}

/* -- hearing: who comes and goes -- */

static json_t *
people_of(struct room *room, const char *server)
{
	json_t *people = json_object_get(room->afar, server);

	if (people == NULL) {
		people = json_object();
		json_object_set_new(room->afar, server, people);
	}
	return people;
}

static void
add_person(struct room *room, const char *server, json_t *person)
{
	char digits[24];
	json_t *people = people_of(room, server), *name = json_object_get(person, "username");
	const char *key = key_of(name, digits);
	json_t *before = json_object_get(room->before, server);

	if (name == NULL || *key == '\0' || json_object_size(people) >= PEOPLE_MOST)
		return;
	bool known = json_object_get(people, key) != NULL || json_object_get(before, key) != NULL;
	json_object_set(people, key, person);
	if (before != NULL)
		json_object_del(before, key);
	if (!known)
		room_tell_presence(room, "join", name,
			json_string_value(json_object_get(person, "display")), (aula_handle){ 0 });
}

static void
remove_person(struct room *room, const char *server, const json_t *name)
{
	char digits[24];
	json_t *people = json_object_get(room->afar, server);
	const char *key = key_of(name, digits);
	const json_t *person = json_object_get(people, key);

	if (person == NULL)
		return;
	json_t *gone = json_incref(json_object_get(person, "username"));
	json_object_del(people, key);
	if (json_object_size(people) == 0)
		json_object_del(room->afar, server);
	room_tell_presence(room, "leave", gone, NULL, (aula_handle){ 0 });
	json_decref(gone);
}

/* Those who are gone without a word. Takes `people`. */
static void
tell_all_left(struct room *room, json_t *people)
{
	const char *key;
	json_t *person;

	json_object_foreach(people, key, person) room_tell_presence(
		room, "leave", json_object_get(person, "username"), NULL, (aula_handle){ 0 });
	json_decref(people);
}

static void
take_here(struct room *room, const char *server, const json_t *data)
{
	json_t *people = json_object_get(room->afar, server), *person;
	size_t i;

	if (json_is_true(json_object_get(data, "first"))) {
		if (people != NULL)
			json_object_set(room->before, server, people);
		json_object_del(room->afar, server);
	}
	json_array_foreach(json_object_get(data, "people"), i, person)
		add_person(room, server, person);
	if (!json_is_true(json_object_get(data, "last")))
		return;
	people = json_incref(json_object_get(room->before, server));
	json_object_del(room->before, server);
	tell_all_left(room, people);
	/* What it said while it was not heard is in the store. */
	keep_catch_up(room);
}

/* -- hearing: what is said -- */

static bool
is_named(const json_t *names, const struct client *client)
{
	char digits[24], others[24];
	const char *key = key_of(client->name, digits);
	const json_t *name;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)names, i,
		name) if (strcmp(key_of(name, others), key) == 0) return true;
	return false;
}

static void
tell_named(struct room *room, struct message *message, json_t *event)
{
	const aula_host *host = room->chat->host;
	const json_t *names = json_object_get(event, "to");
	const struct client *client;

	TAILQ_FOREACH(client, &room->clients, others)
	{
		if (!is_named(names, client))
			continue;
		if (message != NULL)
			message_add_party(message, client);
		host->handles->push(host, client->handle, event, NULL);
	}
}

static void
take_message(struct room *room, const json_t *data)
{
	json_t *event = json_object_get(data, "event"), *reader;
	const json_t *readers = json_object_get(data, "readers");
	const aula_host *host = room->chat->host;
	int64_t id = json_integer_value(json_object_get(event, "id"));
	bool past = strcmp(json_string_value(json_object_get(data, "t")), "past") == 0;
	size_t i;

	if (id < 1 || (past && keep_has(room)))
		return;
	/* What is older than the memory goes has not been told for all that, unless it is past. */
	if (id <= room->history.gone ? past : history_knows(&room->history, id))
		return;
	struct message *message = history_restore(&room->history,
		&(struct kept){ .id = id,
			.at_us = host->timers->now_us(),
			.subject = json_string_value(json_object_get(data, "subject")),
			.event = event,
			.is_private = readers != NULL,
			.afar = true },
		room->chat->config);
	json_array_foreach((json_t *)(uintptr_t)readers, i,
		reader) if (message != NULL && json_is_string(reader))
		message_add_reader(message, json_string_value(reader));
	if (readers != NULL)
		tell_named(room, message, event);
	else
		host->rooms->broadcast(host, room->id, event, (aula_handle){ 0 });
}

static void
take_deleted(struct room *room, const json_t *data)
{
	const aula_host *host = room->chat->host;
	int64_t id = json_integer_value(json_object_get(data, "id"));
	json_t *event = json_object_get(data, "event");
	const struct message *message = history_find(&room->history, id);
	const struct client *client;

	if (!json_is_object(event))
		return;
	if (message != NULL && message->parties != NULL) {
		TAILQ_FOREACH(client, &room->clients, others)
		{
			if (message_is_visible(message, client))
				host->handles->push(host, client->handle, event, NULL);
		}
	} else {
		host->rooms->broadcast(host, room->id, event, (aula_handle){ 0 });
	}
	history_forget(&room->history, id);
}

/* -- what the core tells -- */

/* The room, also if nobody has chatted there yet: whoever comes is to find what was said. */
static struct room *
room_here(struct chat *chat, aula_room id)
{
	const char *name = chat->host->rooms->name(chat->host, id, NULL);
	struct room *room = NULL;

	if (name != NULL)
		room_get(chat, &(aula_key){ .text = name }, &room);
	return room;
}

void
afar_heard(void *self, aula_room id, const char *server, const json_t *data)
{
	struct room *room = room_here(self, id);
	const char *word = json_string_value(json_object_get(data, "t"));

	if (room == NULL || word == NULL)
		return;
	if (strcmp(word, "say") == 0 || strcmp(word, "past") == 0)
		take_message(room, data);
	else if (strcmp(word, "delete") == 0)
		take_deleted(room, data);
	else if (strcmp(word, "join") == 0)
		add_person(room, server, json_object_get(data, "who"));
	else if (strcmp(word, "leave") == 0)
		remove_person(room, server, json_object_get(data, "username"));
	else if (strcmp(word, "here") == 0)
		take_here(room, server, data);
}

void
afar_wanted(void *self, aula_room id)
{
	struct room *room = room_by_id(self, id);

	if (room == NULL)
		return;
	say_here(room);
	if (!keep_has(room))
		say_past(room);
}

void
afar_server_gone(void *self, const char *server)
{
	struct chat *chat = self;
	struct room *room;

	LIST_FOREACH(room, &chat->rooms, others)
	{
		json_t *people = json_incref(json_object_get(room->afar, server));
		json_object_del(room->afar, server);
		json_object_del(room->before, server);
		tell_all_left(room, people);
		/* It may have kept what it could not tell any more. */
		keep_catch_up(room);
	}
}
