/* SPDX-License-Identifier: Apache-2.0 */
#include "otlp.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KIND_INTERNAL = 1, KIND_SERVER = 2, STATUS_ERROR = 2, NUMBER_BYTES = 32 };

static void
add_text(json_t *attributes, const char *key, const char *text)
{
	if (*text != '\0')
		json_array_append_new(attributes,
			json_pack("{s:s, s:{s:s}}", "key", key, "value", "stringValue", text));
}

static void
add_number(json_t *attributes, const char *key, uint64_t number)
{
	char text[NUMBER_BYTES];

	snprintf(text, sizeof text, "%" PRIu64, number);
	if (number != 0)
		json_array_append_new(attributes,
			json_pack("{s:s, s:{s:s}}", "key", key, "value", "intValue", text));
}

static void
set_id(json_t *span, const char *key, const uint8_t *bytes, size_t count)
{
	char text[2 * TRACE_BYTES + 1];

	hex_write(bytes, count, text);
	json_object_set_new(span, key, json_string(text));
}

static void
set_time(json_t *span, const char *key, int64_t at_us)
{
	char text[NUMBER_BYTES];

	snprintf(text, sizeof text, "%" PRId64 "000", at_us);
	json_object_set_new(span, key, json_string(text));
}

static json_t *
span_json(const struct span *span)
{
	static const uint8_t none[SPAN_BYTES];
	json_t *json = json_object(), *attributes = json_array();

	set_id(json, "traceId", span->trace, TRACE_BYTES);
	set_id(json, "spanId", span->id, SPAN_BYTES);
	if (memcmp(span->parent, none, SPAN_BYTES) != 0)
		set_id(json, "parentSpanId", span->parent, SPAN_BYTES);
	json_object_set_new(json, "name", json_string(span->name));
	json_object_set_new(json, "kind", json_integer(span->server ? KIND_SERVER : KIND_INTERNAL));
	set_time(json, "startTimeUnixNano", span->begin_us);
	set_time(json, "endTimeUnixNano", span->end_us);
	add_number(attributes, "aula.session_id", span->session);
	add_number(attributes, "aula.handle_id", span->handle);
	add_text(attributes, "aula.plugin", span->plugin);
	add_text(attributes, "aula.room", span->room);
	json_object_set_new(json, "attributes", attributes);
	if (*span->error != '\0')
		json_object_set_new(json, "status",
			json_pack("{s:i, s:s}", "code", STATUS_ERROR, "message", span->error));
	return json;
}

char *
otlp_write(const struct span *spans, size_t count, const char *service, const char *node)
{
	json_t *resource = json_array(), *all = json_array();

	add_text(resource, "service.name", service);
	add_text(resource, "host.name", node);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(all, span_json(&spans[i]));
	json_t *json = json_pack("{s:[{s:{s:o}, s:[{s:{s:s}, s:o}]}]}", "resourceSpans", "resource",
		"attributes", resource, "scopeSpans", "scope", "name", "aula", "spans", all);
	char *text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	return text;
}

uint64_t
otlp_rejected(const char *answer, size_t length)
{
	json_t *json = json_loadb(answer, length, 0, NULL);
	const json_t *count =
		json_object_get(json_object_get(json, "partialSuccess"), "rejectedSpans");
	const char *text = json_string_value(count);
	/* Text by the rule, a number by some. */
	int64_t number = text != NULL ? strtoll(text, NULL, 10) : json_integer_value(count);

	json_decref(json);
	return number > 0 ? (uint64_t)number : 0;
}
