/* SPDX-License-Identifier: Apache-2.0 */
#include "base/schema.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

struct item {
	const char *mid;
	int64_t feed;
};

struct sample {
	bool on;
	aula_tristate audio;
	int64_t count, huge;
	double volume;
	const char *name, *codec;
	aula_key room;
	aula_list tags, items;
	json_t *more;
};

static const char *const codecs[] = { "vp8", "h264", NULL };

// clang-format off
static const aula_field item_fields[] = {
	AULA_TEXT(struct item, mid, "mid", 3, .flags = AULA_REQUIRED),
	AULA_INT(struct item, feed, "feed", 0, 9, .fallback = -1),
};

static const aula_field fields[] = {
	AULA_BOOL(struct sample, on, "on", .fallback = 1),
	AULA_SWITCH(struct sample, audio, "audio"),
	AULA_INT(struct sample, count, "count", 1, 9, .fallback = 3),
	AULA_INT(struct sample, huge, "huge", INT64_MIN, INT64_MAX),
	AULA_NUMBER(struct sample, volume, "volume", 0, 2, .fallback = 1),
	AULA_TEXT(struct sample, name, "name", 5, .min = 1, .flags = AULA_REQUIRED),
	AULA_TEXT(struct sample, codec, "codec", 4, .choices = codecs, .fallback_text = "vp8"),
	AULA_KEY(struct sample, room, "room", 8),
	AULA_TEXTS(struct sample, tags, "tags", 2),
	AULA_ROWS(struct sample, items, "items", 3, item_fields, struct item),
	AULA_JSON(struct sample, more, "more"),
};
// clang-format on

static const aula_schema schema = { fields, G_N_ELEMENTS(fields), sizeof *fields };

/* One row a case: what goes in, what comes out, the field blamed, what was expected there. */
static const struct {
	const char *in;
	aula_code code;
	const char *path, *expected;
} cases[] = {
	{ "{'name':'ada'}", AULA_OK, NULL, NULL },
	{ "{'name':'ada','unknown':1}", AULA_OK, NULL, NULL },
	{ "{}", AULA_MISSING, "name", "a text of 1 to 5 bytes" },
	{ "{'name':null}", AULA_MISSING, "name", "a text of 1 to 5 bytes" },
	{ "[]", AULA_INVALID, "", "an object" },
	{ "{'name':''}", AULA_INVALID, "name", "a text of 1 to 5 bytes" },
	{ "{'name':'adaada'}", AULA_INVALID, "name", "a text of 1 to 5 bytes" },
	{ "{'name':7}", AULA_INVALID, "name", "a text of 1 to 5 bytes" },
	{ "{'name':'a\\u0000b'}", AULA_INVALID, "name", "a text of 1 to 5 bytes" },
	{ "{'name':'ada','on':1}", AULA_INVALID, "on", "true or false" },
	{ "{'name':'ada','audio':'yes'}", AULA_INVALID, "audio", "true or false" },
	{ "{'name':'ada','count':1,'audio':false}", AULA_OK, NULL, NULL },
	{ "{'name':'ada','count':0}", AULA_INVALID, "count", "an integer from 1 to 9" },
	{ "{'name':'ada','count':10}", AULA_INVALID, "count", "an integer from 1 to 9" },
	{ "{'name':'ada','count':'2'}", AULA_INVALID, "count", "an integer from 1 to 9" },
	{ "{'name':'ada','count':2.5}", AULA_INVALID, "count", "an integer from 1 to 9" },
	{ "{'name':'ada','huge':9223372036854775807}", AULA_OK, NULL, NULL },
	{ "{'name':'ada','huge':[]}", AULA_INVALID, "huge", "an integer" },
	{ "{'name':'ada','volume':2}", AULA_OK, NULL, NULL },
	{ "{'name':'ada','volume':0.5}", AULA_OK, NULL, NULL },
	{ "{'name':'ada','volume':2.01}", AULA_INVALID, "volume", "a number from 0 to 2" },
	{ "{'name':'ada','codec':'h264'}", AULA_OK, NULL, NULL },
	{ "{'name':'ada','codec':'vp9'}", AULA_INVALID, "codec", "one of \"vp8\", \"h264\"" },
	{ "{'name':'ada','room':7}", AULA_OK, NULL, NULL },
	{ "{'name':'ada','room':'seven'}", AULA_OK, NULL, NULL },
	{ "{'name':'ada','room':0}", AULA_INVALID, "room",
		"an integer above 0 or a text of 1 to 8 bytes" },
	{ "{'name':'ada','room':'123456789'}", AULA_INVALID, "room",
		"an integer above 0 or a text of 1 to 8 bytes" },
	{ "{'name':'ada','room':true}", AULA_INVALID, "room",
		"an integer above 0 or a text of 1 to 8 bytes" },
	{ "{'name':'ada','tags':[]}", AULA_OK, NULL, NULL },
	{ "{'name':'ada','tags':['a','b']}", AULA_OK, NULL, NULL },
	{ "{'name':'ada','tags':['a','b','c']}", AULA_INVALID, "tags",
		"a list of at most 2 texts" },
	{ "{'name':'ada','tags':['a',1]}", AULA_INVALID, "tags", "a list of at most 2 texts" },
	{ "{'name':'ada','tags':'a'}", AULA_INVALID, "tags", "a list of at most 2 texts" },
	{ "{'name':'ada','items':[{'mid':'0'},{'mid':'1','feed':9}]}", AULA_OK, NULL, NULL },
	{ "{'name':'ada','items':[{'mid':'0'},{'feed':9}]}", AULA_MISSING, "items[1].mid",
		"a text of at most 3 bytes" },
	{ "{'name':'ada','items':[{'mid':'0','feed':10}]}", AULA_INVALID, "items[0].feed",
		"an integer from 0 to 9" },
	{ "{'name':'ada','items':[7]}", AULA_INVALID, "items", "a list of at most 3 objects" },
	{ "{'name':'ada','items':{}}", AULA_INVALID, "items", "a list of at most 3 objects" },
	{ "{'name':'ada','items':[{},{},{},{}]}", AULA_INVALID, "items",
		"a list of at most 3 objects" },
	{ "{'name':'ada','more':{'x':1}}", AULA_OK, NULL, NULL },
	{ "{'name':'ada','more':[]}", AULA_INVALID, "more", "an object" },
};

static json_t *
from(const char *text)
{
	g_autofree char *json = g_strdelimit(g_strdup(text), "'", '"');
	json_t *document = json_loads(json, JSON_ALLOW_NUL, NULL);

	g_assert_nonnull(document);
	return document;
}

static void
test_cases(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		json_t *in = from(cases[i].in);
		aula_arena arena = { 0 };
		aula_schema_fault fault;
		struct sample out;
		g_test_message("%s", cases[i].in);
		g_assert_cmpint(
			aula_schema_fill(&schema, in, &out, &arena, &fault), ==, cases[i].code);
		if (cases[i].code != AULA_OK) {
			g_assert_cmpstr(fault.path, ==, cases[i].path);
			g_assert_cmpstr(fault.expected, ==, cases[i].expected);
		}
		aula_arena_free(&arena);
		json_decref(in);
	}
}

static void
test_values(void)
{
	json_t *in = from("{'name':'ada','on':false,'audio':true,'count':9,'volume':0.5,'room':7,"
			  "'tags':['a','b'],'items':[{'mid':'0'},{'mid':'x','feed':4}],'more':{}}");
	aula_arena arena = { 0 };
	aula_schema_fault fault;
	struct sample out;

	g_assert_cmpint(aula_schema_fill(&schema, in, &out, &arena, &fault), ==, AULA_OK);
	g_assert_false(out.on);
	g_assert_cmpint(out.audio, ==, 1);
	g_assert_cmpint(out.count, ==, 9);
	g_assert_cmpfloat(out.volume, ==, 0.5);
	g_assert_cmpint(out.room.number, ==, 7);
	g_assert_null(out.room.text);
	g_assert_cmpuint(out.tags.count, ==, 2);
	g_assert_cmpstr(((const char *const *)out.tags.items)[1], ==, "b");
	const struct item *items = out.items.items;
	g_assert_cmpuint(out.items.count, ==, 2);
	g_assert_cmpint(items[0].feed, ==, -1);
	g_assert_cmpstr(items[1].mid, ==, "x");
	g_assert_true(out.more == json_object_get(in, "more"));
	aula_arena_free(&arena);
	json_decref(in);
}

static void
test_defaults(void)
{
	static const aula_schema all_but_name = { fields, 5, sizeof *fields };
	aula_arena arena = { 0 };
	aula_schema_fault fault;
	struct sample out;

	memset(&out, 0xee, sizeof out);
	g_assert_cmpint(aula_schema_fill(&all_but_name, NULL, &out, &arena, &fault), ==, AULA_OK);
	g_assert_true(out.on);
	g_assert_cmpint(out.audio, ==, AULA_UNSET);
	g_assert_cmpint(out.count, ==, 3);
	g_assert_cmpint(out.huge, ==, 0);
	g_assert_cmpfloat(out.volume, ==, 1);
	json_t *in = from("{'name':'ada'}");
	memset(&out, 0xee, sizeof out);
	g_assert_cmpint(aula_schema_fill(&schema, in, &out, &arena, &fault), ==, AULA_OK);
	g_assert_cmpstr(out.codec, ==, "vp8");
	g_assert_cmpint(out.room.number, ==, 0);
	g_assert_null(out.room.text);
	g_assert_cmpuint(out.tags.count, ==, 0);
	g_assert_cmpuint(out.items.count, ==, 0);
	g_assert_null(out.more);
	json_decref(in);
	aula_arena_free(&arena);
}

static void
test_stranger(void)
{
	json_t *in = from("{'name':'ada','nmae':1}");

	g_assert_cmpstr(aula_schema_stranger(&schema, in), ==, "nmae");
	json_object_del(in, "nmae");
	g_assert_null(aula_schema_stranger(&schema, in));
	json_decref(in);
}

static void
test_check(void)
{
	static const char *const nothing[] = { NULL };
	aula_field good = AULA_INT(struct sample, count, "count", 1, 9);
	struct {
		aula_field first, second;
		const char *why;
	} rows[] = {
		{ good, AULA_BOOL(struct sample, on, "on"), NULL },
		{ good, AULA_BOOL(struct sample, on, "count"), "twice" },
		{ good, AULA_INT(struct sample, count, "other", 0, 1), "share" },
		{ good, { .name = "On", .type = AULA_TYPE_BOOL }, "lower_snake_case" },
		{ good, { .name = NULL, .type = AULA_TYPE_BOOL }, "(none)" },
		{ good, { .name = "x", .type = (aula_type)99 }, "type 99" },
		{ good, { .name = "x", .type = AULA_TYPE_INT, .offset = sizeof(struct sample) },
			"outside" },
		{ good, { .name = "x", .type = AULA_TYPE_INT, .offset = SIZE_MAX - 2 }, "outside" },
		{ good, { .name = "x", .type = AULA_TYPE_INT, .offset = 1 }, "aligned" },
		{ good, AULA_INT(struct sample, huge, "x", 2, 1), "min" },
		{ good, AULA_TEXT(struct sample, name, "x", 0), "max" },
		{ good, AULA_TEXT(struct sample, name, "x", 9, .choices = nothing), "choice" },
		{ good,
			{ .name = "x",
				.type = AULA_TYPE_ROWS,
				.max = 1,
				.offset = offsetof(struct sample, items) },
			"without a table" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		aula_schema pair = { &rows[i].first, 2, sizeof(aula_field) };
		const char *why = NULL;
		bool fine = aula_schema_check(&pair, sizeof(struct sample), &why);
		g_assert_cmpint(fine, ==, rows[i].why == NULL);
		if (!fine && strstr(why, rows[i].why) == NULL)
			g_error("\"%s\" lacks \"%s\"", why, rows[i].why);
	}
	const char *why;
	g_assert_true(aula_schema_check(&schema, sizeof(struct sample), &why));
}

static void
test_check_ends_on_a_circle(void)
{
	aula_field circle = { .name = "rows",
		.type = AULA_TYPE_ROWS,
		.max = 1,
		.field_count = 1,
		.item_size = sizeof(struct sample),
		.offset = offsetof(struct sample, items) };
	aula_schema rows = { &circle, 1, sizeof circle };
	const char *why = NULL;

	circle.fields = &circle;
	g_assert_false(aula_schema_check(&rows, sizeof(struct sample), &why));
	g_assert_nonnull(strstr(why, "nested"));
}

static void
test_describe(void)
{
	json_t *rows = aula_schema_describe(&schema);
	json_t *count = json_array_get(rows, 2), *name = json_array_get(rows, 5);

	g_assert_cmpuint(json_array_size(rows), ==, G_N_ELEMENTS(fields));
	g_assert_cmpstr(json_string_value(json_object_get(count, "type")), ==, "integer");
	g_assert_cmpint(json_integer_value(json_object_get(count, "max")), ==, 9);
	g_assert_cmpint(json_integer_value(json_object_get(count, "default")), ==, 3);
	g_assert_true(json_is_true(json_object_get(name, "required")));
	g_assert_null(json_object_get(name, "default"));
	g_assert_cmpuint(
		json_array_size(json_object_get(json_array_get(rows, 9), "fields")), ==, 2);
	json_decref(rows);
}

static void
test_arena(void)
{
	aula_arena arena = { 0 };

	g_assert_null(aula_arena_take(&arena, 0));
	for (size_t size = 1; size < 5000; size += 97) {
		char *bytes = aula_arena_take(&arena, size);
		g_assert_cmpuint((uintptr_t)bytes % G_ALIGNOF(max_align_t), ==, 0);
		for (size_t i = 0; i < size; i++)
			g_assert_cmpint(bytes[i], ==, 0);
		memset(bytes, 0xee, size);
	}
	aula_arena_free(&arena);
	aula_arena_free(&arena);
}

struct reloaded {
	bool on;
	int64_t count, port;
	const char *word;
	aula_list names;
};

static const aula_field reloaded_fields[] = {
	AULA_BOOL(struct reloaded, on, "on", .flags = AULA_LIVE, .summary = "On."),
	AULA_INT(struct reloaded, count, "count", 0, 100, .flags = AULA_LIVE, .summary = "Count."),
	AULA_INT(struct reloaded, port, "port", 0, 100, .summary = "Port."),
	AULA_TEXT(struct reloaded, word, "word", 10, .flags = AULA_LIVE, .summary = "Word."),
	AULA_TEXTS(struct reloaded, names, "names", 4, .flags = AULA_LIVE, .summary = "Names."),
};

/* What is live is taken over, what is not is named, what is the same is neither. */
static void
test_apply(void)
{
	static const char *const names[] = { "a", "b" };
	aula_schema table = { reloaded_fields, G_N_ELEMENTS(reloaded_fields), sizeof(aula_field) };
	struct reloaded now = { .on = true, .count = 1, .port = 2, .word = "x" };
	const struct reloaded fresh = {
		.on = true, .count = 5, .port = 3, .word = "y", .names = { names, 2 }
	};
	json_t *applied = json_array(), *restart = json_array();

	g_assert_cmpuint(
		aula_schema_apply(&table, "p", &now, &fresh, true, applied, restart), ==, 3);
	char *done = json_dumps(applied, JSON_COMPACT), *left = json_dumps(restart, JSON_COMPACT);
	g_assert_cmpstr(done, ==, "[\"p.count\",\"p.word\",\"p.names\"]");
	g_assert_cmpstr(left, ==, "[\"p.port\"]");
	g_assert_cmpint(now.count, ==, 5);
	g_assert_cmpint(now.port, ==, 2);
	g_assert_cmpstr(now.word, ==, "y");
	json_array_clear(applied);
	json_array_clear(restart);
	now.count = 1;
	g_assert_cmpuint(
		aula_schema_apply(&table, "p", &now, &fresh, false, applied, restart), ==, 0);
	g_assert_cmpint(now.count, ==, 1);
	g_assert_cmpuint(json_array_size(restart), ==, 2);
	free(done);
	free(left);
	json_decref(applied);
	json_decref(restart);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/schema/cases", test_cases);
	g_test_add_func("/base/schema/values", test_values);
	g_test_add_func("/base/schema/defaults", test_defaults);
	g_test_add_func("/base/schema/stranger", test_stranger);
	g_test_add_func("/base/schema/check", test_check);
	g_test_add_func("/base/schema/check-ends-on-a-circle", test_check_ends_on_a_circle);
	g_test_add_func("/base/schema/describe", test_describe);
	g_test_add_func("/base/schema/arena", test_arena);
	g_test_add_func("/schema/apply", test_apply);
	return g_test_run();
}
