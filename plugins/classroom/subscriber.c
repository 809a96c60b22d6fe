/* SPDX-License-Identifier: Apache-2.0 */
#include "subscriber.h"

#include <stdlib.h>
#include <string.h>

#include "notify.h"
#include "person.h"
#include "room.h"

/* Offers made in one turn of the loop, when a stream of many subscribers ends: the others wait for
 * the next turn, and so does nobody else for long. */
enum { OFFERS_A_TURN = 100 };

static const aula_host *
host_of(const struct subscriber *subscriber)
{
	return subscriber->client->classroom->host;
}

struct subscriber *
subscriber_new(struct client *client, struct room *room)
{
	struct subscriber *subscriber = calloc(1, sizeof *subscriber);

	if (subscriber == NULL)
		return NULL;
	subscriber->client = client;
	subscriber->room = room;
	TAILQ_INSERT_TAIL(&room->subscribers, subscriber, others);
	client->subscriber = subscriber;
	return subscriber;
}

static void
free_subscription(struct subscription *subscription)
{
	if (subscription->source != NULL)
		LIST_REMOVE(subscription, siblings);
	json_decref(subscription->feed_id);
	free(subscription->cross_reference);
	free(subscription);
}

void
subscriber_free(struct subscriber *subscriber)
{
	if (subscriber == NULL)
		return;
	struct classroom *classroom = subscriber->client->classroom;
	for (size_t i = 0; i < subscriber->count; i++)
		free_subscription(subscriber->subscriptions[i]);
	if (subscriber->is_due)
		TAILQ_REMOVE(&classroom->due, subscriber, due);
	TAILQ_REMOVE(&subscriber->room->subscribers, subscriber, others);
	subscriber->client->subscriber = NULL;
	if (subscriber->watches)
		classroom->host->rooms->leave(classroom->host, subscriber->client->handle);
	free(subscriber);
}

/* -- m-lines -- */

/* Whoever may moderate is seen before others when the line is thin. */
static void
aim(struct subscription *subscription)
{
	const struct stream *source = subscription->source;

	if (subscription->kind != AULA_VIDEO)
		return;
	subscription->quality.aim.rank =
		source != NULL && source->owner->moderator ? RANK_FIRST : RANK_USUAL;
	quality_apply(
		&subscription->quality, host_of(subscription->subscriber), subscription->sender);
}

static void
carry(struct subscription *subscription, struct stream *source)
{
	if (subscription->source != NULL)
		LIST_REMOVE(subscription, siblings);
	subscription->source = source;
	LIST_INSERT_HEAD(&source->subscriptions, subscription, siblings);
	json_decref(subscription->feed_id);
	subscription->feed_id = json_incref(source->owner->id);
	memcpy(subscription->feed_mid, source->mid, sizeof subscription->feed_mid);
	aim(subscription);
}

aula_code
subscriber_add(struct subscriber *subscriber, struct stream *source, bool send,
	const char *cross_reference)
{
	const aula_host *host = host_of(subscriber);

	for (size_t i = 0; i < subscriber->count; i++)
		if (subscriber->subscriptions[i]->source == source)
			return AULA_EXISTS;
	if (subscriber->count >= STREAMS_MOST)
		return AULA_FULL;
	struct subscription *subscription = calloc(1, sizeof *subscription);
	if (subscription == NULL)
		return AULA_INTERNAL;
	aula_code code = host->peers->add(host, subscriber->client->handle, source->kind,
		source->track, NULL, &subscription->sender);
	if (code != AULA_OK) {
		free(subscription);
		return code;
	}
	subscription->subscriber = subscriber;
	subscription->kind = source->kind;
	quality_init(&subscription->quality);
	subscription->send = send;
	subscription->cross_reference = cross_reference != NULL ? strdup(cross_reference) : NULL;
	carry(subscription, source);
	subscriber->subscriptions[subscriber->count++] = subscription;
	if (!send || subscriber->paused)
		host->media->pause(host, subscription->sender, true);
	return AULA_OK;
}

struct subscription *
subscriber_take(struct subscriber *subscriber, const aula_stream *line)
{
	struct subscription *subscription =
		subscriber->count < STREAMS_MOST ? calloc(1, sizeof *subscription) : NULL;

	if (subscription == NULL)
		return NULL;
	subscription->subscriber = subscriber;
	subscription->kind = line->kind;
	quality_init(&subscription->quality);
	subscription->sender = line->sender;
	subscription->send = true;
	memcpy(subscription->mid, line->mid, sizeof subscription->mid);
	subscriber->subscriptions[subscriber->count++] = subscription;
	return subscription;
}

void
subscriber_remove(struct subscriber *subscriber, struct subscription *subscription)
{
	const aula_host *host = host_of(subscriber);
	size_t i = 0;

	while (subscriber->subscriptions[i] != subscription)
		i++;
	subscriber->count--;
	memmove(&subscriber->subscriptions[i], &subscriber->subscriptions[i + 1],
		(subscriber->count - i) * sizeof(struct subscription *));
	host->peers->remove(host, subscriber->client->handle, subscription->sender);
	free_subscription(subscription);
}

aula_code
subscriber_switch(struct subscriber *subscriber, struct subscription *subscription,
	struct stream *source, bool *ret_offer)
{
	const aula_host *host = host_of(subscriber);
	aula_sender sender = subscription->sender;

	*ret_offer = false;
	aula_code code = host->media->feed(host, sender, source->track);
	if (code == AULA_UNSUPPORTED && !subscriber->watches) {
		/* Another codec: the m-line must be offered anew. */
		code = host->peers->add(host, subscriber->client->handle, source->kind,
			source->track, NULL, &sender);
		if (code == AULA_OK) {
			host->peers->remove(host, subscriber->client->handle, subscription->sender);
			*ret_offer = true;
		}
	}
	if (code != AULA_OK)
		return code;
	if (*ret_offer) {
		subscription->sender = sender;
		*subscription->mid = '\0';
		if (!subscription->send || subscriber->paused)
			host->media->pause(host, sender, true);
	}
	carry(subscription, source);
	return AULA_OK;
}

void
subscriber_orphan(struct subscription *subscription)
{
	struct subscriber *subscriber = subscription->subscriber;

	if (subscriber->auto_update) {
		subscriber_remove(subscriber, subscription);
		subscriber_make_due(subscriber);
		return;
	}
	LIST_REMOVE(subscription, siblings);
	subscription->source = NULL;
}

struct subscription *
subscriber_by_mid(const struct subscriber *subscriber, const char *mid)
{
	for (size_t i = 0; i < subscriber->count; i++)
		if (strcmp(subscriber->subscriptions[i]->mid, mid) == 0)
			return subscriber->subscriptions[i];
	return NULL;
}

void
subscription_apply(struct subscription *subscription)
{
	const struct subscriber *subscriber = subscription->subscriber;
	const aula_host *host = host_of(subscriber);
	bool stop = subscriber->paused || !subscription->send;

	host->media->pause(host, subscription->sender, stop);
	if (!stop && subscription->kind == AULA_VIDEO && subscription->source != NULL)
		host->media->keyframe(host, subscription->source->track);
}

void
subscription_want(struct subscription *subscription, const struct quality_args *args)
{
	if (subscription->kind == AULA_VIDEO && quality_want(&subscription->quality, args))
		aim(subscription);
}

/* -- offers -- */

static size_t
read_lines(struct subscriber *subscriber, aula_stream *lines)
{
	const aula_host *host = host_of(subscriber);
	size_t count = host->peers->streams(
		host, subscriber->client->handle, lines, sizeof *lines, STREAMS_MOST);

	return count < STREAMS_MOST ? count : STREAMS_MOST;
}

static struct subscription *
by_sender(const struct subscriber *subscriber, aula_sender sender)
{
	for (size_t i = 0; i < subscriber->count; i++)
		if (AULA_SAME(subscriber->subscriptions[i]->sender, sender))
			return subscriber->subscriptions[i];
	return NULL;
}

/* An m-line gets its mid with the offer that has it first. */
static void
learn_mids(struct subscriber *subscriber)
{
	aula_stream lines[STREAMS_MOST];
	size_t count = read_lines(subscriber, lines);

	for (size_t i = 0; i < count; i++) {
		struct subscription *one = by_sender(subscriber, lines[i].sender);
		if (one != NULL && !AULA_NONE(lines[i].sender))
			memcpy(one->mid, lines[i].mid, sizeof one->mid);
	}
}

static void
leave_queue(struct subscriber *subscriber)
{
	if (subscriber->is_due)
		TAILQ_REMOVE(&subscriber->client->classroom->due, subscriber, due);
	subscriber->is_due = false;
}

aula_code
subscriber_offer(struct subscriber *subscriber, json_t **ret_jsep)
{
	const aula_host *host = host_of(subscriber);
	aula_handle handle = subscriber->client->handle;

	leave_queue(subscriber);
	aula_code code = host->peers->offer(host, handle, subscriber->restart, ret_jsep);
	subscriber->waiting = code == AULA_WRONG_STATE;
	if (code == AULA_OK) {
		subscriber->restart = false;
		learn_mids(subscriber);
	}
	return code;
}

static void
send_update(struct subscriber *subscriber)
{
	const aula_host *host = host_of(subscriber);
	json_t *jsep = NULL;

	if (subscriber_offer(subscriber, &jsep) != AULA_OK)
		return; /* owed when the last one is answered, or there is no connection left */
	json_t *event = json_pack("{s:s, s:O, s:o}", "videoroom", "updated", "room",
		subscriber->room->name, "streams", subscriber_streams(subscriber));
	host->handles->push(host, subscriber->client->handle, event, jsep);
	json_decref(event);
}

static void
make_offers(void *data)
{
	struct classroom *classroom = data;
	const aula_host *host = classroom->host;

	classroom->offering = (aula_timer){ 0 };
	for (int i = 0; i < OFFERS_A_TURN && !TAILQ_EMPTY(&classroom->due); i++)
		send_update(TAILQ_FIRST(&classroom->due));
	if (!TAILQ_EMPTY(&classroom->due))
		classroom->offering = host->timers->start(host, 0, 0, make_offers, classroom);
}

void
subscriber_make_due(struct subscriber *subscriber)
{
	struct classroom *classroom = subscriber->client->classroom;

	if (subscriber->is_due)
		return;
	subscriber->is_due = true;
	TAILQ_INSERT_TAIL(&classroom->due, subscriber, due);
	if (AULA_NONE(classroom->offering))
		classroom->offering = classroom->host->timers->start(
			classroom->host, 0, 0, make_offers, classroom);
}

void
subscriber_settle(struct subscriber *subscriber)
{
	const aula_host *host = host_of(subscriber);

	if (subscriber->waiting && !host->peers->offering(host, subscriber->client->handle)) {
		subscriber->waiting = false;
		subscriber_make_due(subscriber);
	}
}

/* -- as the client sees it -- */

void
subscriber_shown(struct subscriber *subscriber, aula_sender sender, const aula_shown *shown)
{
	struct subscription *one = by_sender(subscriber, sender);

	if (one != NULL)
		quality_tell(&one->quality, subscriber->room, subscriber->client->handle, one->mid,
			one->source, shown);
}

static void
describe(const struct subscription *subscription, const char *codec, bool ready, json_t *item)
{
	const struct stream *source = subscription->source;

	json_object_set(item, "feed_id", subscription->feed_id);
	json_object_set_new(item, "feed_mid", json_string(subscription->feed_mid));
	if (source != NULL && source->owner->display != NULL)
		json_object_set_new(item, "feed_display", json_string(source->owner->display));
	if (source != NULL && source->owner->metadata != NULL)
		json_object_set(item, "feed_metadata", source->owner->metadata);
	if (source != NULL && source->description != NULL)
		json_object_set_new(item, "feed_description", json_string(source->description));
	if (subscription->cross_reference != NULL)
		json_object_set_new(item, "crossrefid", json_string(subscription->cross_reference));
	json_object_set_new(item, "codec", json_string(source != NULL ? source->codec : codec));
	json_object_set_new(item, "ready", json_boolean(ready));
	json_object_set_new(item, "send", json_boolean(subscription->send));
}

json_t *
subscriber_streams(struct subscriber *subscriber)
{
	const aula_host *host = host_of(subscriber);
	bool ready = host->peers->connected(host, subscriber->client->handle);
	aula_stream lines[STREAMS_MOST];
	size_t count = read_lines(subscriber, lines);
	json_t *streams = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct subscription *one =
			AULA_NONE(lines[i].sender) ? NULL : by_sender(subscriber, lines[i].sender);
		json_t *item =
			json_pack("{s:I, s:s, s:s, s:b}", "mindex", (json_int_t)lines[i].index,
				"mid", lines[i].mid, "type", stream_kind_word(lines[i].kind),
				"active", one != NULL && one->source != NULL);
		if (one != NULL)
			describe(one, lines[i].codec, ready, item);
		json_array_append_new(streams, item);
	}
	return streams;
}
