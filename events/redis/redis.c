/* SPDX-License-Identifier: Apache-2.0 */
/** Puts events into a stream of Redis, tells a channel of them, or both, over the bus of the core.
 * An entry has the fields epoch, seq, type, name and json, which is the event whole; a message is
 * that text. They wait on disk until Redis has said yes to each. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aula/event.h"
#include "aula/module.h"

enum {
	NAME_MOST = 200,
	BATCH_MOST = 256,
	BATCH_BYTES_MOST = 1 << 20,
	NUMBER_BYTES = 24,
	FIELDS = 5,
};

struct config {
	const char *stream, *channel;
	int64_t entries_most, timeout_ms;
	aula_list types; /* of const char * */
};

static const char *const type_words[] = { AULA_EVENT_WORDS, NULL };

// clang-format off
static const aula_field config_fields[] = {
	AULA_TEXT(struct config, stream, "stream", NAME_MOST, .min = 1,
		.summary = "Stream of Redis to put events into, behind bus.prefix and a colon; absent: none. Without stream and channel, or without bus.url, no events are kept for Redis."),
	AULA_INT(struct config, entries_most, "entries_most", 1000, 1000000000, .fallback = 1000000,
		.summary = "Entries that the stream keeps, about (MAXLEN ~): who reads later than that misses the oldest."),
	AULA_TEXT(struct config, channel, "channel", NAME_MOST, .min = 1,
		.summary = "Channel of Redis to publish events to, behind bus.prefix and a colon; absent: none. Who does not listen at that moment misses them."),
	AULA_INT(struct config, timeout_ms, "timeout_ms", 100, 60000, .fallback = 2000,
		.summary = "Milliseconds that Redis may take for some hundreds of events; after that it counts as away."),
	AULA_TEXTS(struct config, types, "types", 16, .choices = type_words,
		.summary = "Types of events for Redis; none: all but jsep and media."),
};
// clang-format on

/* Made on [control]; after `start` only the thread of events touches what is below `config`. */
struct handler {
	const aula_host *host;
	const struct config *config;
	size_t sent;               /* so many of the events that come next are in Redis */
	aula_bus_receipt *receipt; /* of the first `pending` that come next; NULL: none is out */
	size_t pending;
};

/* An event with what is told of it beside its text. */
struct entry {
	char epoch[NUMBER_BYTES], seq[NUMBER_BYTES], type[NUMBER_BYTES];
	char name[NAME_MOST];
	aula_bus_field fields[FIELDS], message;
};

static void
write_number(const json_t *event, const char *key, char *ret_text)
{
	snprintf(ret_text, NUMBER_BYTES, "%" JSON_INTEGER_FORMAT,
		json_integer_value(json_object_get(event, key)));
}

static void
entry_init(struct entry *entry, const aula_event_text *event)
{
	json_t *json = json_loadb(event->text, event->length, JSON_ALLOW_NUL, NULL);
	const char *name = json_string_value(json_object_get(json, "name"));

	write_number(json, "epoch", entry->epoch);
	write_number(json, "seq", entry->seq);
	write_number(json, "type", entry->type);
	snprintf(entry->name, sizeof entry->name, "%s", name != NULL ? name : "");
	json_decref(json);
	entry->message = (aula_bus_field){ "json", event->text, event->length };
	entry->fields[0] = (aula_bus_field){ "epoch", entry->epoch, strlen(entry->epoch) };
	entry->fields[1] = (aula_bus_field){ "seq", entry->seq, strlen(entry->seq) };
	entry->fields[2] = (aula_bus_field){ "type", entry->type, strlen(entry->type) };
	entry->fields[3] = (aula_bus_field){ "name", entry->name, strlen(entry->name) };
	entry->fields[4] = entry->message;
}

/* How many of `events` go out at once. */
static size_t
fitting(const aula_event_text *events, size_t count)
{
	size_t bytes = 0, fit = 0;

	while (fit < count && fit < BATCH_MOST &&
		(fit == 0 || bytes + events[fit].length < BATCH_BYTES_MOST))
		bytes += events[fit++].length;
	return fit;
}

/* The stream first: who is told by the channel finds it there. */
static size_t
items_of(const struct config *config, const struct entry *entries, size_t count,
	aula_bus_item *ret_items)
{
	size_t items = 0;

	for (size_t i = 0; i < count; i++) {
		if (config->stream != NULL)
			ret_items[items++] = (aula_bus_item){ .stream = config->stream,
				.most = config->entries_most,
				.fields = entries[i].fields,
				.count = FIELDS };
		if (config->channel != NULL)
			ret_items[items++] = (aula_bus_item){ .channel = config->channel,
				.fields = &entries[i].message,
				.count = 1 };
	}
	return items;
}

/* Hands over some of the events; `*ret_count` says how many whole ones, which may be none. */
static aula_code
hand_over(struct handler *handler, const aula_event_text *events, size_t count, size_t *ret_count)
{
	const struct config *config = handler->config;
	struct entry *entries = calloc(count, sizeof *entries);
	aula_bus_item *items = calloc(2 * count, sizeof *items);
	aula_code code = AULA_INTERNAL;
	size_t taken = 0;

	if (entries != NULL && items != NULL) {
		for (size_t i = 0; i < count; i++)
			entry_init(&entries[i], &events[i]);
		size_t all = items_of(config, entries, count, items);
		code = handler->host->bus->hand_over(
			handler->host, items, all, &taken, &handler->receipt);
		*ret_count = taken * count / all;
	}
	free(items);
	free(entries);
	return code;
}

/* Waits for what is out. UNAVAILABLE: it is out still. */
static aula_code
await(struct handler *handler)
{
	const aula_bus *bus = handler->host->bus;
	aula_code code = bus->await(handler->receipt, handler->config->timeout_ms);

	if (code == AULA_UNAVAILABLE)
		return code;
	bus->drop(handler->receipt);
	handler->receipt = NULL;
	if (code == AULA_OK && handler->pending > handler->sent)
		handler->sent = handler->pending;
	return code;
}

/* The core brings the same again after a failure, from the same first on, so a count is enough to
 * know what is in Redis, and what is still on its way there. */
static aula_code
deliver(void *self, const aula_event_text *events, size_t count)
{
	struct handler *handler = self;
	size_t some;

	if (handler->receipt != NULL && await(handler) == AULA_UNAVAILABLE)
		return AULA_UNAVAILABLE;
	while (handler->sent < count) {
		const aula_event_text *next = events + handler->sent;
		if (hand_over(handler, next, fitting(next, count - handler->sent), &some) !=
			AULA_OK)
			return AULA_UNAVAILABLE;
		handler->pending = handler->sent + some;
		/* Of those that it refuses none is for good: it is full, or we may not. */
		if (await(handler) != AULA_OK)
			return AULA_UNAVAILABLE;
	}
	handler->sent -= count;
	return AULA_OK;
}

static uint32_t
mask(void *self)
{
	const struct handler *handler = self;
	const struct config *config = handler->config;
	const aula_host *host = handler->host;

	if ((config->stream == NULL && config->channel == NULL) || !AULA_HAS(host, bus) ||
		!AULA_HAS(host->bus, drop) || !host->bus->shared(host))
		return 0;
	return aula_event_mask(config->types, ~(uint32_t)(AULA_EVENT_JSEP | AULA_EVENT_MEDIA));
}

/* -- life -- */

static void
stop(void *self)
{
	struct handler *handler = self;

	if (handler->receipt != NULL)
		handler->host->bus->drop(handler->receipt);
	free(handler);
}

static int
is_wrong_name(const char *name)
{
	return name != NULL && strpbrk(name, "{}") != NULL;
}

static aula_code
start(const aula_host *host, const void *config, void **ret_self)
{
	struct handler *handler = calloc(1, sizeof *handler);

	if (handler == NULL)
		return AULA_INTERNAL;
	handler->host = host;
	handler->config = config;
	if (is_wrong_name(handler->config->stream) || is_wrong_name(handler->config->channel)) {
		host->log(host, AULA_LOG_ERROR, "stream and channel may not have braces");
		free(handler);
		return AULA_INVALID;
	}
	*ret_self = handler;
	if (mask(handler) == 0 && (handler->config->stream != NULL || handler->config->channel))
		host->log(host, AULA_LOG_WARNING,
			"there is no bus.url, so no events are kept for Redis");
	return AULA_OK;
}

static const aula_event_ops events = {
	.size = sizeof events,
	.mask = mask,
	.deliver = deliver,
};

// clang-format off
AULA_MODULE(
	.name = "redis_events",
	.summary = "Puts events into a stream of Redis and tells a channel; they wait on disk while Redis is away.",
	.author = "The Aula authors",
	.version = "0.1.0",
	.config = config_fields,
	.config_count = sizeof config_fields / sizeof *config_fields,
	.config_size = sizeof(struct config),
	.start = start,
	.stop = stop,
	.events = &events);
// clang-format on
