/* SPDX-License-Identifier: Apache-2.0 */
#include "room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct room *
room_by_id(struct polls *polls, aula_room id)
{
	struct room *room;

	LIST_FOREACH(room, &polls->rooms, others)
	{
		if (AULA_SAME(room->id, id))
			return room;
	}
	return NULL;
}

/* A room that ends with the process is another one if it comes again. */
char *
room_key(const struct polls *polls, aula_room id)
{
	const aula_host *host = polls->host;
	const char *name = host->rooms->name(host, id, NULL);

	if (name == NULL)
		return NULL;
	return AULA_HAS(host->rooms, lasting) && host->rooms->lasting(host, id)
		       ? g_strdup(name)
		       : g_strdup_printf("%s\n%lld", name, (long long)polls->started_us);
}

aula_code
room_get(struct polls *polls, const aula_key *name, struct room **ret_room)
{
	const aula_host *host = polls->host;
	aula_room id = host->rooms->find(host, name);
	int64_t number = 0;

	if (AULA_NONE(id))
		return AULA_NOT_FOUND;
	struct room *room = room_by_id(polls, id);
	if (room == NULL) {
		const char *text = host->rooms->name(host, id, &number);
		room = g_new0(struct room, 1);
		room->polls = polls;
		room->id = id;
		room->name = number != 0 ? json_integer(number) : json_string(text);
		room->key = room_key(polls, id);
		room->lasting = AULA_HAS(host->rooms, lasting) && host->rooms->lasting(host, id);
		TAILQ_INIT(&room->clients);
		room->voters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		TAILQ_INIT(&room->asked);
		room->read_state = polls->keeps && room->lasting ? ROOM_UNREAD : ROOM_READ;
		LIST_INSERT_HEAD(&polls->rooms, room, others);
	}
	*ret_room = room;
	return AULA_OK;
}

void
room_free(struct room *room)
{
	const aula_host *host = room->polls->host;

	for (struct client *one; (one = TAILQ_FIRST(&room->clients)) != NULL;)
		room_exit(one);
	for (struct poll *one; (one = TAILQ_FIRST(&room->asked)) != NULL;)
		room_drop(one);
	if (!AULA_NONE(room->tell))
		host->timers->stop(host, room->tell);
	if (!AULA_NONE(room->score))
		host->timers->stop(host, room->score);
	LIST_REMOVE(room, others);
	g_hash_table_destroy(room->voters);
	json_decref(room->name);
	g_free(room->key);
	g_free(room);
}

/* -- who is there -- */

/* Whose vote it is: a person's by the token, whatever it is sent from; a guest's by the handle. */
static char *
client_key(const struct polls *polls, const struct client *client, const char *subject)
{
	if (*subject != '\0')
		return g_strconcat("=", subject, NULL);
	return g_strdup_printf("guest %lld-%llu", (long long)polls->started_us,
		(unsigned long long)polls->host->handles->number(polls->host, client->handle));
}

/* A person may be there twice, with a phone or while a lost connection is waited for. */
static void
count_voter(struct room *room, const struct client *client, int by)
{
	if ((client->holds & (MAY_VOTE | MAY_ASK)) != MAY_VOTE)
		return;
	int count = GPOINTER_TO_INT(g_hash_table_lookup(room->voters, client->key)) + by;
	if (count > 0)
		g_hash_table_insert(room->voters, g_strdup(client->key), GINT_TO_POINTER(count));
	else
		g_hash_table_remove(room->voters, client->key);
}

const char *
client_subject(const struct client *client)
{
	return *client->key == '=' ? client->key + 1 : "";
}

aula_code
room_enter(struct room *room, struct client *client, aula_member member)
{
	const aula_host *host = room->polls->host;
	aula_member_info info = { .size = sizeof info };

	aula_code code = host->rooms->member(host, member, &info, sizeof info);
	if (code != AULA_OK)
		return code;
	client->key = client_key(room->polls, client, info.subject);
	client->display = g_strdup(info.display != NULL ? info.display : "");
	client->holds = host->handles->holds(host, client->handle);
	client->room = room;
	TAILQ_INSERT_TAIL(&room->clients, client, others);
	count_voter(room, client, 1);
	return AULA_OK;
}

void
room_exit(struct client *client)
{
	TAILQ_REMOVE(&client->room->clients, client, others);
	count_voter(client->room, client, -1);
	client->room = NULL;
	g_clear_pointer(&client->key, g_free);
	g_clear_pointer(&client->display, g_free);
}

int64_t
room_voter_count(const struct room *room)
{
	return (int64_t)g_hash_table_size(room->voters);
}

/* -- its polls -- */

/* Votes of a large class are large; those of long ago are in the store. */
static void
let_go(struct room *room)
{
	struct poll *poll, *next;
	size_t closed = 0;

	TAILQ_FOREACH(poll, &room->asked, others)
	closed += poll->closed_us != 0;
	for (poll = TAILQ_FIRST(&room->asked); poll != NULL && closed > CLOSED_MOST; poll = next) {
		next = TAILQ_NEXT(poll, others);
		if (poll->closed_us == 0 || poll->shown || poll->id == room->scored)
			continue;
		room_drop(poll);
		closed--;
	}
}

void
room_add(struct room *room, struct poll *poll)
{
	struct poll *before = TAILQ_LAST(&room->asked, poll_queue);

	while (before != NULL && before->id > poll->id)
		before = TAILQ_PREV(before, poll_queue, others);
	poll->room = room;
	if (before != NULL)
		TAILQ_INSERT_AFTER(&room->asked, before, poll, others);
	else
		TAILQ_INSERT_HEAD(&room->asked, poll, others);
	let_go(room);
}

void
room_drop(struct poll *poll)
{
	const aula_host *host = poll->room->polls->host;

	if (!AULA_NONE(poll->end))
		host->timers->stop(host, poll->end);
	TAILQ_REMOVE(&poll->room->asked, poll, others);
	poll_free(poll);
}

void
room_forget(struct room *room, const char *subject)
{
	g_autofree char *key = g_strconcat("=", subject, NULL);
	struct poll *poll;

	TAILQ_FOREACH(poll, &room->asked, others)
	{
		if (!poll->anonymous)
			poll_restore(poll, key, NULL);
		if (strcmp(poll->asker, subject) == 0)
			*poll->asker = '\0';
	}
}

struct poll *
room_poll(const struct room *room, int64_t id)
{
	struct poll *poll;

	TAILQ_FOREACH(poll, &room->asked, others)
	{
		if (poll->id == id)
			return poll;
	}
	return NULL;
}

int64_t
room_open_count(const struct room *room)
{
	const struct poll *poll;
	int64_t count = 0;

	TAILQ_FOREACH(poll, &room->asked, others)
	count += poll_is_open(poll);
	return count;
}

int64_t
room_draft_count(const struct room *room)
{
	const struct poll *poll;
	int64_t count = 0;

	TAILQ_FOREACH(poll, &room->asked, others)
	count += poll->opened_us == 0;
	return count;
}
