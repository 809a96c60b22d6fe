/* SPDX-License-Identifier: Apache-2.0 */
#include "joins.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aula/module.h"

enum { BUCKETS = 1024, HANDLES_MOST = 32 };

/* What a handle has been through. Times since 1970; 0: not yet. */
struct handle {
	uint64_t number;
	char plugin[SPAN_TEXT_BYTES], room[SPAN_TEXT_BYTES];
	int64_t described_us; /* the first description */
	int64_t agreed_us;    /* the one that answers it */
	int64_t up_us, media_us;
};

struct join {
	struct join *next;
	struct span root;
	int64_t last_us; /* of its parts, the end of the last */
	bool done;       /* the root is out */
	struct handle *handles;
	size_t count;
};

struct joins {
	struct joins_options options;
	struct join *buckets[BUCKETS];
	size_t count;
	uint64_t missed;
};

struct joins *
joins_new(const struct joins_options *options)
{
	struct joins *joins = calloc(1, sizeof *joins);

	if (joins != NULL)
		joins->options = *options;
	return joins;
}

/* -- which -- */

static struct join **
place_of(struct joins *joins, uint64_t session)
{
	struct join **at = &joins->buckets[(session ^ session >> 32) % BUCKETS];

	while (*at != NULL && (*at)->root.session != session)
		at = &(*at)->next;
	return at;
}

static struct handle *
handle_of(struct join *join, uint64_t number)
{
	for (size_t i = 0; i < join->count; i++)
		if (join->handles[i].number == number)
			return &join->handles[i];
	return NULL;
}

static struct handle *
handle_add(struct join *join, uint64_t number, const char *plugin)
{
	struct handle *all = join->count < HANDLES_MOST
				     ? realloc(join->handles, (join->count + 1) * sizeof *all)
				     : NULL;

	if (all == NULL)
		return NULL;
	join->handles = all;
	struct handle *one = &all[join->count++];
	*one = (struct handle){ .number = number };
	snprintf(one->plugin, sizeof one->plugin, "%s", plugin);
	return one;
}

static void
remove_at(struct joins *joins, struct join **at)
{
	struct join *join = *at;

	*at = join->next;
	joins->count--;
	free(join->handles);
	free(join);
}

/* -- fields of events -- */

static int64_t
number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

/* When what the event tells of began: with the request, if it is of one. */
static int64_t
began_us(const json_t *event)
{
	int64_t asked_us = number_of(json_object_get(event, "event"), "asked");

	return asked_us > 0 ? asked_us : number_of(event, "time");
}

/* -- spans -- */

static void
part(struct joins *joins, struct join *join, const struct handle *handle, const char *name,
	int64_t begin_us, int64_t end_us)
{
	struct span span = { .name = name,
		.begin_us = begin_us < end_us ? begin_us : end_us,
		.end_us = end_us,
		.session = join->root.session };

	memcpy(span.trace, join->root.trace, sizeof span.trace);
	memcpy(span.parent, join->root.id, sizeof span.parent);
	id_make(span.id, sizeof span.id);
	if (handle != NULL) {
		span.handle = handle->number;
		memcpy(span.plugin, handle->plugin, sizeof span.plugin);
		memcpy(span.room, handle->room, sizeof span.room);
	}
	join->last_us = end_us > join->last_us ? end_us : join->last_us;
	joins->options.on_span(joins->options.data, &span);
}

static void
finish(struct joins *joins, struct join *join, int64_t end_us, const char *error)
{
	if (join->done)
		return;
	join->done = true;
	join->root.end_us = end_us;
	snprintf(join->root.error, sizeof join->root.error, "%s", error);
	joins->options.on_span(joins->options.data, &join->root);
}

/* One that negotiated and never got through has failed; one without media may not have wanted any,
 * or only to look. */
static void
end(struct joins *joins, struct join *join)
{
	const char *error = "";

	for (size_t i = 0; i < join->count; i++)
		if (join->handles[i].described_us != 0 && join->handles[i].up_us == 0)
			error = "a PeerConnection was described and did not connect";
	finish(joins, join, join->last_us, error);
}

/* -- events -- */

/* The same answer for the same trace on every server. */
static bool
is_drawn(const uint8_t *trace, double ratio)
{
	uint64_t chance = 0;

	for (size_t i = TRACE_BYTES - 7; i < TRACE_BYTES; i++)
		chance = chance << 8 | trace[i];
	return (double)chance < ratio * (double)((uint64_t)1 << 56);
}

static void
take_created(struct joins *joins, uint64_t session, const json_t *event)
{
	const json_t *about = json_object_get(event, "event");
	const char *header = text_of(about, "traceparent");
	struct traceparent parent = { 0 };
	bool told = traceparent_parse(header, strlen(header), &parent);
	struct span root = { .name = "join", .server = true, .session = session };

	if (!told)
		id_make(parent.trace, sizeof parent.trace);
	if (joins->options.ratio <= 0 ||
		!(told ? parent.sampled : is_drawn(parent.trace, joins->options.ratio)))
		return;
	struct join **at = place_of(joins, session);
	struct join *join =
		joins->count < joins->options.most && *at == NULL ? calloc(1, sizeof *join) : NULL;
	if (join == NULL) {
		joins->missed++;
		return;
	}
	memcpy(root.trace, parent.trace, sizeof root.trace);
	memcpy(root.parent, parent.span, sizeof root.parent);
	id_make(root.id, sizeof root.id);
	root.begin_us = began_us(event);
	join->root = root;
	*at = join;
	joins->count++;
	part(joins, join, NULL, "create", root.begin_us, number_of(event, "time"));
}

/* The first offer and the first answer, whoever gives which. */
static void
take_description(struct joins *joins, struct join *join, struct handle *handle, const json_t *event)
{
	const json_t *jsep = json_object_get(json_object_get(event, "event"), "jsep");
	bool answer = strcmp(text_of(jsep, "type"), "answer") == 0;
	int64_t time_us = number_of(event, "time");

	if (handle->described_us == 0 && !answer) {
		handle->described_us = began_us(event);
	} else if (handle->described_us != 0 && handle->agreed_us == 0 && answer) {
		handle->agreed_us = time_us;
		part(joins, join, handle, "negotiate", handle->described_us, time_us);
	}
}

static void
take_connected(struct joins *joins, struct join *join, struct handle *handle, const json_t *event)
{
	int64_t reached_us = number_of(json_object_get(event, "event"), "reached");
	int64_t time_us = number_of(event, "time");

	if (handle->agreed_us == 0 || handle->up_us != 0)
		return;
	/* A client may check before we know that it has our answer. */
	if (reached_us < handle->agreed_us)
		reached_us = handle->agreed_us;
	handle->up_us = time_us;
	part(joins, join, handle, "ice", handle->agreed_us, reached_us);
	part(joins, join, handle, "dtls", reached_us, time_us);
}

static void
take_media(struct joins *joins, struct join *join, struct handle *handle, const json_t *event)
{
	int64_t time_us = number_of(event, "time");

	if (handle->up_us == 0 || handle->media_us != 0 ||
		!json_is_true(json_object_get(json_object_get(event, "event"), "receiving")))
		return;
	handle->media_us = time_us;
	part(joins, join, handle, "media", handle->up_us, time_us);
	finish(joins, join, time_us, "");
}

static void
take_handle(struct joins *joins, struct join *join, const char *name, const json_t *event)
{
	uint64_t number = (uint64_t)number_of(event, "handle_id");
	struct handle *handle = handle_of(join, number);
	const json_t *room = json_object_get(event, "room");

	if (handle == NULL && strcmp(name, "attached") == 0) {
		handle = handle_add(
			join, number, text_of(json_object_get(event, "event"), "plugin"));
		if (handle != NULL)
			part(joins, join, handle, "attach", began_us(event),
				number_of(event, "time"));
	} else if (handle != NULL && strcmp(name, "joined") == 0 && *handle->room == '\0') {
		if (json_is_integer(room))
			snprintf(handle->room, sizeof handle->room, "%" JSON_INTEGER_FORMAT,
				json_integer_value(room));
		else
			snprintf(handle->room, sizeof handle->room, "%s", text_of(event, "room"));
		part(joins, join, handle, "room", began_us(event), number_of(event, "time"));
	}
}

void
joins_take(struct joins *joins, const json_t *event)
{
	uint64_t session = (uint64_t)number_of(event, "session_id");
	int64_t type = number_of(event, "type");
	const char *name = text_of(event, "name");

	if (type == AULA_EVENT_SESSION && strcmp(name, "created") == 0) {
		take_created(joins, session, event);
		return;
	}
	struct join **at = place_of(joins, session), *join = *at;
	if (join == NULL)
		return;
	struct handle *handle = handle_of(join, (uint64_t)number_of(event, "handle_id"));
	if (type == AULA_EVENT_SESSION) {
		end(joins, join);
		remove_at(joins, at);
	} else if (type == AULA_EVENT_HANDLE) {
		take_handle(joins, join, name, event);
	} else if (handle != NULL && type == AULA_EVENT_JSEP) {
		take_description(joins, join, handle, event);
	} else if (handle != NULL && strcmp(name, "webrtcup") == 0) {
		take_connected(joins, join, handle, event);
	} else if (handle != NULL && strcmp(name, "receiving") == 0) {
		take_media(joins, join, handle, event);
	}
}

void
joins_sweep(struct joins *joins, int64_t now_us)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct join **at = &joins->buckets[i]; *at != NULL;) {
			if (now_us - joins->options.join_us < (*at)->root.begin_us) {
				at = &(*at)->next;
				continue;
			}
			end(joins, *at);
			remove_at(joins, at);
		}
	}
}

uint64_t
joins_missed(const struct joins *joins)
{
	return joins->missed;
}

void
joins_free(struct joins *joins)
{
	if (joins == NULL)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		while (joins->buckets[i] != NULL)
			remove_at(joins, &joins->buckets[i]);
	free(joins);
}
