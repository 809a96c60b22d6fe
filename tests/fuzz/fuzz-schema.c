/* SPDX-License-Identifier: Apache-2.0 */
/* Any JSON as the body of a request. What is refused names the field; what is accepted is in range
 * and well-formed. */
#include "fuzz.h"

#include <string.h>

#include "base/schema.h"

struct stream {
	const char *mid;
	aula_key feed;
	aula_tristate send;
};

struct body {
	bool on;
	aula_tristate audio;
	int64_t bitrate_bps;
	double volume;
	const char *display, *ptype;
	aula_key room;
	aula_list tos, streams;
	json_t *metadata;
};

static const char *const ptypes[] = { "publisher", "subscriber", NULL };

// clang-format off
static const aula_field stream_fields[] = {
	AULA_TEXT(struct stream, mid, "mid", 4, .flags = AULA_REQUIRED),
	AULA_KEY(struct stream, feed, "feed", 8),
	AULA_SWITCH(struct stream, send, "send"),
};

static const aula_field fields[] = {
	AULA_BOOL(struct body, on, "on"),
	AULA_SWITCH(struct body, audio, "audio"),
	AULA_INT(struct body, bitrate_bps, "bitrate", 0, 1000, .fallback = -1),
	AULA_NUMBER(struct body, volume, "volume", -1, 1),
	AULA_TEXT(struct body, display, "display", 16, .min = 1),
	AULA_TEXT(struct body, ptype, "ptype", 10, .choices = ptypes, .flags = AULA_REQUIRED),
	AULA_KEY(struct body, room, "room", 8),
	AULA_TEXTS(struct body, tos, "tos", 3, .min = 1),
	AULA_ROWS(struct body, streams, "streams", 4, stream_fields, struct stream),
	AULA_JSON(struct body, metadata, "metadata"),
};
// clang-format on

static void
check_key(const aula_key *key)
{
	HOLDS(key->number >= 0 && (key->number == 0 || key->text == NULL));
	HOLDS(key->text == NULL || (*key->text != '\0' && strlen(key->text) <= 8));
}

static void
check_body(const struct body *body)
{
	HOLDS(body->audio >= -1 && body->audio <= 1);
	HOLDS(body->bitrate_bps >= -1 && body->bitrate_bps <= 1000);
	HOLDS(body->volume >= -1 && body->volume <= 1);
	HOLDS(body->display == NULL || (strlen(body->display) >= 1 && strlen(body->display) <= 16));
	HOLDS(!strcmp(body->ptype, ptypes[0]) || !strcmp(body->ptype, ptypes[1]));
	check_key(&body->room);
	HOLDS(body->tos.count <= 3 && body->streams.count <= 4);
	for (size_t i = 0; i < body->tos.count; i++)
		HOLDS(((const char *const *)body->tos.items)[i] != NULL);
	for (size_t i = 0; i < body->streams.count; i++) {
		const struct stream *stream = (const struct stream *)body->streams.items + i;
		HOLDS(strlen(stream->mid) <= 4 && stream->send >= -1 && stream->send <= 1);
		check_key(&stream->feed);
	}
	HOLDS(body->metadata == NULL || json_is_object(body->metadata));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	static const aula_schema schema = { fields, sizeof fields / sizeof *fields,
		sizeof *fields };
	json_t *document =
		json_loadb((const char *)data, length, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
	aula_schema_fault fault = { .expected = "" };
	aula_arena arena = { 0 };
	struct body body;

	memset(&body, 0xee, sizeof body);
	aula_code code = aula_schema_fill(&schema, document, &body, &arena, &fault);
	if (code == AULA_OK)
		check_body(&body);
	else
		HOLDS((code == AULA_INVALID || code == AULA_MISSING) && *fault.expected != '\0');
	aula_arena_free(&arena);
	json_decref(document);
	return 0;
}
