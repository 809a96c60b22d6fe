/* SPDX-License-Identifier: Apache-2.0 */
#include "base/schema.h"

#include <glib.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One fill on its way down: what to blame, and how items inherit the row size. */
struct fill {
	const char *const prefix; /* "streams[2]." or "" */
	size_t stride;
	aula_arena *arena;
	aula_schema_fault *fault;
};

const aula_field *
aula_schema_row(const aula_schema *schema, size_t index)
{
	return (const void *)((const char *)schema->rows + index * schema->stride);
}

static void
expect_number(const aula_field *field, const char *noun, char *out, size_t size)
{
	if (field->max == INT64_MAX && field->min == INT64_MIN)
		snprintf(out, size, "%s", noun);
	else if (field->max == INT64_MAX)
		snprintf(out, size, "%s of at least %" PRId64, noun, field->min);
	else
		snprintf(
			out, size, "%s from %" PRId64 " to %" PRId64, noun, field->min, field->max);
}

static void
expect_text(const aula_field *field, char *out, size_t size)
{
	size_t at = 0;

	if ((field->flags & AULA_PATH) != 0) {
		snprintf(out, size, "a path of at most %" PRId64 " bytes", field->max);
	} else if (field->choices != NULL) {
		for (size_t i = 0; field->choices[i] != NULL && at < size; i++)
			at += (size_t)snprintf(out + at, size - at, "%s\"%s\"",
				i == 0 ? "one of " : ", ", field->choices[i]);
	} else if (field->min > 0) {
		snprintf(out, size, "a text of %" PRId64 " to %" PRId64 " bytes", field->min,
			field->max);
	} else {
		snprintf(out, size, "a text of at most %" PRId64 " bytes", field->max);
	}
}

static void
expect_list(const aula_field *field, const char *noun, char *out, size_t size)
{
	if (field->min > 0)
		snprintf(out, size, "a list of %" PRId64 " to %" PRId64 " %s", field->min,
			field->max, noun);
	else
		snprintf(out, size, "a list of at most %" PRId64 " %s", field->max, noun);
}

const char *
aula_schema_expected(const aula_field *field, char *out, size_t size)
{
	switch (field->type) {
	case AULA_TYPE_BOOL:
	case AULA_TYPE_TRISTATE:
		snprintf(out, size, "true or false");
		break;
	case AULA_TYPE_INT:
		expect_number(field, "an integer", out, size);
		break;
	case AULA_TYPE_NUMBER:
		expect_number(field, "a number", out, size);
		break;
	case AULA_TYPE_TEXT:
		expect_text(field, out, size);
		break;
	case AULA_TYPE_KEY:
		snprintf(out, size, "an integer above 0 or a text of 1 to %" PRId64 " bytes",
			field->max);
		break;
	case AULA_TYPE_TEXTS:
		expect_list(field, "texts", out, size);
		break;
	case AULA_TYPE_ROWS:
		expect_list(field, "objects", out, size);
		break;
	case AULA_TYPE_JSON:
		snprintf(out, size, "an object");
		break;
	}
	return out;
}

static aula_code
blame(const struct fill *fill, const aula_field *field, aula_code code)
{
	snprintf(fill->fault->path, sizeof fill->fault->path, "%s%s", fill->prefix, field->name);
	aula_schema_expected(field, fill->fault->expected, sizeof fill->fault->expected);
	return code;
}

static bool
chosen(const aula_field *field, const char *text)
{
	if (field->choices == NULL)
		return true;
	for (size_t i = 0; field->choices[i] != NULL; i++) {
		if (strcmp(field->choices[i], text) == 0)
			return true;
	}
	return false;
}

/* NULL when the value is no text, or has a zero byte that C would stop at. */
static const char *
plain_text(json_t *value, size_t *ret_length)
{
	const char *text = json_string_value(value);

	if (text == NULL || strlen(text) != json_string_length(value))
		return NULL;
	*ret_length = json_string_length(value);
	return text;
}

static bool
fill_number(const aula_field *field, json_t *value, void *at)
{
	if (field->type == AULA_TYPE_INT) {
		int64_t number = json_integer_value(value);
		if (!json_is_integer(value) || number < field->min || number > field->max)
			return false;
		*(int64_t *)at = number;
		return true;
	}
	double number = json_number_value(value);
	if (!json_is_number(value) || !isfinite(number) || number < (double)field->min ||
		number > (double)field->max)
		return false;
	*(double *)at = number;
	return true;
}

static bool
fill_text(const aula_field *field, json_t *value, void *at)
{
	size_t length;
	const char *text = plain_text(value, &length);

	if (text == NULL || (int64_t)length < field->min || (int64_t)length > field->max ||
		!chosen(field, text))
		return false;
	*(const char **)at = text;
	return true;
}

static bool
fill_key(const aula_field *field, json_t *value, void *at)
{
	aula_key key = { 0 };
	size_t length = 0;

	if (json_is_integer(value)) {
		key.number = json_integer_value(value);
		if (key.number <= 0)
			return false;
	} else {
		key.text = plain_text(value, &length);
		if (key.text == NULL || length == 0 || (int64_t)length > field->max)
			return false;
	}
	*(aula_key *)at = key;
	return true;
}

static bool
countable(const aula_field *field, json_t *value)
{
	int64_t count = (int64_t)json_array_size(value);

	return json_is_array(value) && count >= field->min && count <= field->max;
}

static bool
fill_texts(const struct fill *fill, const aula_field *field, json_t *value, void *at)
{
	if (!countable(field, value))
		return false;
	size_t count = json_array_size(value), length;
	const char **items = aula_arena_take(fill->arena, count * sizeof *items);
	for (size_t i = 0; i < count; i++) {
		items[i] = plain_text(json_array_get(value, i), &length);
		if (items[i] == NULL || !chosen(field, items[i]))
			return false;
	}
	*(aula_list *)at = (aula_list){ items, count };
	return true;
}

static aula_code fill_fields(
	const struct fill *fill, const aula_field *rows, size_t count, json_t *document, char *out);

static aula_code
fill_rows(const struct fill *fill, const aula_field *field, json_t *value, void *at)
{
	if (!countable(field, value))
		return blame(fill, field, AULA_INVALID);
	size_t count = json_array_size(value);
	char *items = aula_arena_take(fill->arena, count * field->item_size);
	for (size_t i = 0; i < count; i++) {
		json_t *item = json_array_get(value, i);
		char prefix[96];
		snprintf(prefix, sizeof prefix, "%s%s[%zu].", fill->prefix, field->name, i);
		struct fill inner = { prefix, fill->stride, fill->arena, fill->fault };
		if (!json_is_object(item))
			return blame(fill, field, AULA_INVALID);
		aula_code code = fill_fields(&inner, field->fields, field->field_count, item,
			items + i * field->item_size);
		if (code != AULA_OK)
			return code;
	}
	*(aula_list *)at = (aula_list){ items, count };
	return AULA_OK;
}

static void
fill_absent(const aula_field *field, void *at)
{
	switch (field->type) {
	case AULA_TYPE_BOOL:
		*(bool *)at = field->fallback != 0;
		break;
	case AULA_TYPE_TRISTATE:
		*(aula_tristate *)at = (aula_tristate)field->fallback;
		break;
	case AULA_TYPE_INT:
		*(int64_t *)at = field->fallback;
		break;
	case AULA_TYPE_NUMBER:
		*(double *)at = (double)field->fallback;
		break;
	case AULA_TYPE_TEXT:
		*(const char **)at = field->fallback_text;
		break;
	case AULA_TYPE_KEY:
		*(aula_key *)at = (aula_key){ 0 };
		break;
	case AULA_TYPE_TEXTS:
	case AULA_TYPE_ROWS:
		*(aula_list *)at = (aula_list){ 0 };
		break;
	case AULA_TYPE_JSON:
		*(json_t **)at = NULL;
		break;
	}
}

static aula_code
fill_one(const struct fill *fill, const aula_field *field, json_t *value, void *at)
{
	bool good = false;

	switch (field->type) {
	case AULA_TYPE_BOOL:
		good = json_is_boolean(value);
		*(bool *)at = json_is_true(value);
		break;
	case AULA_TYPE_TRISTATE:
		good = json_is_boolean(value);
		*(aula_tristate *)at = json_is_true(value);
		break;
	case AULA_TYPE_INT:
	case AULA_TYPE_NUMBER:
		good = fill_number(field, value, at);
		break;
	case AULA_TYPE_TEXT:
		good = fill_text(field, value, at);
		break;
	case AULA_TYPE_KEY:
		good = fill_key(field, value, at);
		break;
	case AULA_TYPE_TEXTS:
		good = fill_texts(fill, field, value, at);
		break;
	case AULA_TYPE_ROWS:
		return fill_rows(fill, field, value, at);
	case AULA_TYPE_JSON:
		good = json_is_object(value);
		*(json_t **)at = value;
		break;
	}
	return good ? AULA_OK : blame(fill, field, AULA_INVALID);
}

static aula_code
fill_fields(
	const struct fill *fill, const aula_field *rows, size_t count, json_t *document, char *out)
{
	aula_schema schema = { rows, count, fill->stride };

	for (size_t i = 0; i < count; i++) {
		const aula_field *field = aula_schema_row(&schema, i);
		json_t *value = json_object_get(document, field->name);
		aula_code code = AULA_OK;
		if (value != NULL && !json_is_null(value))
			code = fill_one(fill, field, value, out + field->offset);
		else if ((field->flags & AULA_REQUIRED) != 0)
			code = blame(fill, field, AULA_MISSING);
		else
			fill_absent(field, out + field->offset);
		if (code != AULA_OK)
			return code;
	}
	return AULA_OK;
}

aula_code
aula_schema_fill(const aula_schema *schema, json_t *document, void *out, aula_arena *arena,
	aula_schema_fault *ret_fault)
{
	struct fill fill = { "", schema->stride, arena, ret_fault };

	if (document != NULL && !json_is_object(document)) {
		*ret_fault = (aula_schema_fault){ .expected = "an object" };
		return AULA_INVALID;
	}
	return fill_fields(&fill, schema->rows, schema->count, document, out);
}

const char *
aula_schema_stranger(const aula_schema *schema, json_t *document)
{
	const char *key;
	json_t *value;

	json_object_foreach(document, key, value)
	{
		bool known = false;
		for (size_t i = 0; i < schema->count && !known; i++)
			known = strcmp(aula_schema_row(schema, i)->name, key) == 0;
		if (!known)
			return key;
	}
	return NULL;
}
