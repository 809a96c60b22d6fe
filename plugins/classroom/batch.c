/* SPDX-License-Identifier: Apache-2.0 */
#include "batch.h"

#include <string.h>

#include "person.h"

aula_code
batch_check(aula_call *call, const aula_list *list)
{
	const struct stream_args *items = list->items;
	aula_code code = AULA_OK;

	for (size_t i = 0; i < list->count && code == AULA_OK; i++)
		code = quality_check(call, &items[i].quality, "streams.max_delay");
	return code;
}

struct batch
batch_begin(struct subscriber *subscriber)
{
	return (struct batch){ .subscriber = subscriber, .errors = json_array() };
}

void
batch_blame(struct batch *batch, const struct stream_args *item, int number, const char *sentence)
{
	json_t *error = json_pack("{s:o*, s:s*, s:s*, s:i, s:s}", "feed", key_to_json(&item->feed),
		"mid", item->mid, "sub_mid", item->sub_mid, "error_code", number, "error",
		sentence);

	batch->last_number = number;
	json_array_append_new(batch->errors, error);
}

bool
batch_failed(struct batch *batch, aula_call *call)
{
	size_t bad = json_array_size(batch->errors);

	if (bad > 0 && bad < batch->asked)
		json_object_set(call->reply, "errors", batch->errors);
	json_decref(batch->errors);
	return bad > 0 && bad >= batch->asked;
}

aula_code
batch_refuse(const struct batch *batch, aula_call *call)
{
	switch (batch->last_number) {
	case ERROR_MISSING:
		return refuse(call, AULA_MISSING, ERROR_MISSING, "streams",
			"Each stream needs its feed, or its sub_mid.");
	case ERROR_INVALID:
		return refuse(call, AULA_INVALID, ERROR_INVALID, "streams",
			"The two streams are of different kinds.");
	case ERROR_FULL:
		return refuse(call, AULA_FULL, ERROR_FULL, "streams",
			"One connection carries no more streams.");
	default:
		return refuse(call, AULA_NOT_FOUND, ERROR_NO_SUCH_FEED, "streams",
			"There is no such feed.");
	}
}

/* -- items -- */

struct person *
batch_feed(struct batch *batch, const struct stream_args *item)
{
	if (!key_is_given(&item->feed)) {
		batch_blame(batch, item, ERROR_MISSING, "The item names no feed.");
		return NULL;
	}
	struct person *person = person_find(batch->subscriber->room, &item->feed);
	if (person == NULL || !person->live) {
		batch_blame(batch, item, ERROR_NO_SUCH_FEED, "There is no such feed.");
		return NULL;
	}
	return person;
}

struct stream *
batch_stream(struct batch *batch, const struct stream_args *item, const struct person *person)
{
	struct stream *stream = person_stream(person, item->mid);

	if (stream != NULL && stream_is_active(stream))
		return stream;
	batch_blame(batch, item, ERROR_NO_SUCH_FEED, "The feed has no such mid.");
	return NULL;
}

/* False when the item has been blamed. */
static bool
add_one(struct batch *batch, const struct stream_args *item, struct stream *stream)
{
	aula_code code =
		subscriber_add(batch->subscriber, stream, item->send != 0, item->cross_reference);

	if (code == AULA_OK) {
		struct subscriber *subscriber = batch->subscriber;
		subscription_want(subscriber->subscriptions[subscriber->count - 1], &item->quality);
		batch->changed++;
	}
	if (code == AULA_OK || code == AULA_EXISTS)
		return true;
	if (code == AULA_FULL)
		batch_blame(batch, item, ERROR_FULL, "One connection carries no more streams.");
	else
		batch_blame(batch, item, ERROR_NO_SUCH_FEED, "The stream has just ended.");
	return false;
}

void
batch_add_one(struct batch *batch, const struct stream_args *item, unsigned kinds)
{
	batch->asked++;
	const struct person *person = batch_feed(batch, item);
	if (person == NULL)
		return;
	if (item->mid != NULL) {
		struct stream *stream = batch_stream(batch, item, person);
		if (stream != NULL)
			add_one(batch, item, stream);
		return;
	}
	for (size_t i = 0; i < person->stream_count; i++) {
		struct stream *stream = person->streams[i];
		if (stream_is_active(stream) && (kinds & (1u << stream->kind)) != 0 &&
			!add_one(batch, item, stream))
			return;
	}
}

void
batch_add(struct batch *batch, const aula_list *list)
{
	const struct stream_args *items = list->items;

	for (size_t i = 0; i < list->count; i++)
		batch_add_one(batch, &items[i], EVERY_KIND);
}

static bool
is_named(const struct subscription *subscription, const struct stream_args *item)
{
	if (item->sub_mid != NULL)
		return strcmp(subscription->mid, item->sub_mid) == 0;
	return key_names(&item->feed, subscription->feed_id) &&
	       (item->mid == NULL || strcmp(item->mid, subscription->feed_mid) == 0);
}

void
batch_remove(struct batch *batch, const aula_list *list)
{
	struct subscriber *subscriber = batch->subscriber;
	const struct stream_args *items = list->items;

	for (size_t i = 0; i < list->count; i++) {
		size_t removed = 0;
		batch->asked++;
		for (size_t j = subscriber->count; j-- > 0;) {
			if (!is_named(subscriber->subscriptions[j], &items[i]))
				continue;
			subscriber_remove(subscriber, subscriber->subscriptions[j]);
			removed++;
		}
		batch->changed += removed;
		if (removed == 0)
			batch_blame(batch, &items[i], ERROR_NO_SUCH_FEED,
				"You are not subscribed to it.");
	}
}
