/* SPDX-License-Identifier: Apache-2.0 */
#include "history.h"

#include <stdlib.h>
#include <string.h>

void
history_init(struct history *history)
{
	*history = (struct history){ 0 };
	TAILQ_INIT(&history->messages);
}

void
history_finish(struct history *history)
{
	for (struct message *one; (one = TAILQ_FIRST(&history->messages)) != NULL;)
		history_remove(history, one);
}

/* -- one message -- */

static int64_t
next_id(const struct history *history, const aula_host *host)
{
	int slot = AULA_HAS(host->rooms, slot) ? host->rooms->slot(host) : -1;

	return slot < 0 ? history->last_id + 1 : (history->last_id / SLOTS + 1) * SLOTS + slot;
}

struct message *
message_new(struct history *history, const struct client *sender, json_t *event, int64_t now_us)
{
	struct message *message = calloc(1, sizeof *message);

	if (message == NULL)
		return NULL;
	history->last_id = next_id(history, sender->chat->host);
	json_object_set_new(event, "id", json_integer(history->last_id));
	message->id = history->last_id;
	message->at_us = now_us;
	message->event = json_incref(event);
	message->bytes = json_dumpb(event, NULL, 0, JSON_COMPACT);
	message->sender = sender->member;
	message->subject = strdup(sender->subject);
	if (message->subject == NULL) {
		message_free(message);
		return NULL;
	}
	return message;
}

bool
message_add_party(struct message *message, const struct client *client)
{
	struct party *parties =
		realloc(message->parties, (message->party_count + 1) * sizeof(struct party));

	if (parties == NULL)
		return false;
	message->parties = parties;
	char *subject = strdup(client->subject);
	if (subject == NULL)
		return false;
	parties[message->party_count++] =
		(struct party){ .member = client->member, .subject = subject };
	return true;
}

void
message_free(struct message *message)
{
	if (message == NULL)
		return;
	for (size_t i = 0; i < message->party_count; i++)
		free(message->parties[i].subject);
	free(message->parties);
	free(message->subject);
	json_decref(message->event);
	free(message);
}

/* Guests are known by their membership only, which ends when they go. */
static bool
is_same(aula_member member, const char *subject, const struct client *client)
{
	return AULA_SAME(member, client->member) ||
	       (*subject != '\0' && strcmp(subject, client->subject) == 0);
}

bool
message_is_visible(const struct message *message, const struct client *client)
{
	if (message->parties == NULL)
		return true;
	for (size_t i = 0; i < message->party_count; i++)
		if (is_same(message->parties[i].member, message->parties[i].subject, client))
			return true;
	return false;
}

bool
message_is_by(const struct message *message, const struct client *client)
{
	return is_same(message->sender, message->subject, client);
}

/* -- all of them -- */

static void
drop_oldest(struct history *history)
{
	struct message *oldest = TAILQ_FIRST(&history->messages);

	if (oldest->id > history->gone)
		history->gone = oldest->id;
	history_remove(history, oldest);
}

void
history_add(struct history *history, struct message *message, const struct config *config)
{
	struct message *before = TAILQ_LAST(&history->messages, message_queue);

	while (before != NULL && before->id > message->id)
		before = TAILQ_PREV(before, message_queue, others);
	if (before != NULL)
		TAILQ_INSERT_AFTER(&history->messages, before, message, others);
	else
		TAILQ_INSERT_HEAD(&history->messages, message, others);
	history->count++;
	history->bytes += message->bytes;
	while (history->count > 0 && ((int64_t)history->count > config->history_messages ||
					     (int64_t)history->bytes > config->history_bytes))
		drop_oldest(history);
}

void
message_add_reader(struct message *message, const char *subject)
{
	struct party *parties =
		realloc(message->parties, (message->party_count + 1) * sizeof(struct party));
	char *copy = strdup(subject);

	if (parties != NULL)
		message->parties = parties;
	if (parties != NULL && copy != NULL)
		parties[message->party_count++] = (struct party){ .subject = copy };
	else
		free(copy);
}

struct message *
history_restore(struct history *history, const struct kept *kept, const struct config *config)
{
	struct message *message = calloc(1, sizeof *message);

	if (message == NULL || !json_is_object(kept->event) || kept->subject == NULL ||
		history_knows(history, kept->id))
		goto none;
	message->id = kept->id;
	message->at_us = kept->at_us;
	message->afar = kept->afar;
	message->bytes = json_dumpb(kept->event, NULL, 0, JSON_COMPACT);
	message->subject = strdup(kept->subject);
	/* Private to nobody yet, and not to all. */
	if (kept->is_private)
		message->parties = calloc(1, sizeof *message->parties);
	if (message->subject == NULL || (kept->is_private && message->parties == NULL))
		goto none;
	message->event = json_incref(kept->event);
	if (kept->id > history->last_id)
		history->last_id = kept->id;
	history_add(history, message, config);
	return history_find(history, kept->id);
none:
	message_free(message);
	return NULL;
}

bool
history_knows(const struct history *history, int64_t id)
{
	for (size_t i = 0; i < DELETED_MOST; i++)
		if (history->deleted[i] == id)
			return true;
	return id <= history->gone || history_find(history, id) != NULL;
}

void
history_forget(struct history *history, int64_t id)
{
	struct message *message = history_find(history, id);

	history->deleted[history->deleted_at++ % DELETED_MOST] = id;
	if (message != NULL)
		history_remove(history, message);
}

struct message *
history_find(const struct history *history, int64_t id)
{
	struct message *message;

	TAILQ_FOREACH_REVERSE(message, &history->messages, message_queue, others)
	{
		if (message->id <= id)
			return message->id == id ? message : NULL;
	}
	return NULL;
}

void
history_remove(struct history *history, struct message *message)
{
	TAILQ_REMOVE(&history->messages, message, others);
	history->count--;
	history->bytes -= message->bytes;
	message_free(message);
}

json_t *
history_read(const struct history *history, const struct client *client, int64_t after,
	int64_t before, int64_t limit, bool *ret_more)
{
	const struct message *message, *first = NULL;
	int64_t count = 0;
	bool more = false;

	TAILQ_FOREACH_REVERSE(message, &history->messages, message_queue, others)
	{
		if (message->id >= before || !message_is_visible(message, client))
			continue;
		if (message->id <= after)
			break;
		if (count == limit) {
			more = true;
			break;
		}
		first = message;
		count++;
	}
	json_t *list = json_array();
	for (message = first; message != NULL && count > 0; message = TAILQ_NEXT(message, others)) {
		if (!message_is_visible(message, client))
			continue;
		json_array_append(list, message->event);
		count--;
	}
	*ret_more = more;
	return list;
}
