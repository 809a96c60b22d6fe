/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of schema.h that look at the table itself. */
#include "base/schema.h"

#include <glib.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_MOST = 4, FIELDS_MOST = 256, NAME_MOST = 63 };

static _Thread_local char why[192];

static bool refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

static bool
refuse(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, sizeof why, format, arguments);
	va_end(arguments);
	return false;
}

static const struct {
	const char *word;
	size_t size, alignment;
} types[] = {
	[AULA_TYPE_BOOL] = { "bool", sizeof(bool), alignof(bool) },
	[AULA_TYPE_TRISTATE] = { "switch", sizeof(aula_tristate), alignof(aula_tristate) },
	[AULA_TYPE_INT] = { "integer", sizeof(int64_t), alignof(int64_t) },
	[AULA_TYPE_NUMBER] = { "number", sizeof(double), alignof(double) },
	[AULA_TYPE_TEXT] = { "text", sizeof(char *), alignof(char *) },
	[AULA_TYPE_KEY] = { "key", sizeof(aula_key), alignof(aula_key) },
	[AULA_TYPE_TEXTS] = { "texts", sizeof(aula_list), alignof(aula_list) },
	[AULA_TYPE_ROWS] = { "rows", sizeof(aula_list), alignof(aula_list) },
	[AULA_TYPE_JSON] = { "object", sizeof(json_t *), alignof(json_t *) },
};

const char *
aula_schema_type_word(aula_type type)
{
	g_assert(type >= AULA_TYPE_BOOL && type <= AULA_TYPE_JSON);
	return types[type].word;
}

bool
aula_schema_name_is_good(const char *name)
{
	if (name == NULL || !g_ascii_islower(name[0]) || strlen(name) > NAME_MOST)
		return false;
	for (const char *c = name; *c != '\0'; c++) {
		if (!g_ascii_islower(*c) && !g_ascii_isdigit(*c) && *c != '_')
			return false;
	}
	return true;
}

static bool check_fields(const aula_schema *schema, size_t struct_size, unsigned depth);

static bool
check_bounds(const aula_field *field)
{
	bool counted = field->type == AULA_TYPE_TEXT || field->type == AULA_TYPE_TEXTS ||
		       field->type == AULA_TYPE_ROWS;

	if (field->min > field->max)
		return refuse("field %s: min is above max", field->name);
	if (counted && (field->min < 0 || field->max < 1))
		return refuse("field %s: its length needs 0 <= min and 1 <= max", field->name);
	if (field->type == AULA_TYPE_KEY && field->max < 1)
		return refuse("field %s: a text needs 1 <= max", field->name);
	if (field->choices != NULL && field->choices[0] == NULL)
		return refuse("field %s: no choice to choose from", field->name);
	return true;
}

static bool
check_field(const aula_schema *schema, const aula_field *field, size_t struct_size, unsigned depth)
{
	if (!aula_schema_name_is_good(field->name))
		return refuse("a field's name is missing or not lower_snake_case: %.40s",
			field->name != NULL ? field->name : "(none)");
	if (field->type < AULA_TYPE_BOOL || field->type > AULA_TYPE_JSON)
		return refuse("field %s: type %d is not known", field->name, (int)field->type);
	size_t size = types[field->type].size;
	if (struct_size < size || field->offset > struct_size - size)
		return refuse(
			"field %s: lies outside its struct of %zu bytes", field->name, struct_size);
	if (field->offset % types[field->type].alignment != 0)
		return refuse("field %s: is not aligned", field->name);
	if (!check_bounds(field))
		return false;
	if (field->type != AULA_TYPE_ROWS)
		return true;
	if (field->fields == NULL || field->field_count == 0 || field->item_size == 0)
		return refuse("field %s: rows without a table of an item", field->name);
	aula_schema items = { field->fields, field->field_count, schema->stride };
	return check_fields(&items, field->item_size, depth + 1);
}

static bool
apart(const aula_field *a, const aula_field *b)
{
	return a->offset + types[a->type].size <= b->offset ||
	       b->offset + types[b->type].size <= a->offset;
}

static bool
check_fields(const aula_schema *schema, size_t struct_size, unsigned depth)
{
	if (depth >= DEPTH_MOST)
		return refuse("rows are nested more than %d deep", DEPTH_MOST);
	if (schema->count > FIELDS_MOST)
		return refuse("more than %d fields in a table", FIELDS_MOST);
	if (schema->count > 0 && schema->rows == NULL)
		return refuse("fields are counted but not there");
	for (size_t i = 0; i < schema->count; i++) {
		const aula_field *field = aula_schema_row(schema, i);
		if (!check_field(schema, field, struct_size, depth))
			return false;
		for (size_t j = 0; j < i; j++) {
			const aula_field *other = aula_schema_row(schema, j);
			if (strcmp(field->name, other->name) == 0)
				return refuse("field %s: is there twice", field->name);
			if (!apart(field, other))
				return refuse("fields %s and %s share their place", other->name,
					field->name);
		}
	}
	return true;
}

bool
aula_schema_check(const aula_schema *schema, size_t struct_size, const char **ret_why)
{
	if (check_fields(schema, struct_size, 0))
		return true;
	*ret_why = why;
	return false;
}

static void
describe_range(const aula_field *field, json_t *row)
{
	bool number = field->type == AULA_TYPE_INT || field->type == AULA_TYPE_NUMBER;
	bool bounded = number || field->type == AULA_TYPE_TEXT || field->type == AULA_TYPE_KEY ||
		       field->type == AULA_TYPE_TEXTS || field->type == AULA_TYPE_ROWS;

	if (!bounded)
		return;
	if (number ? field->min != INT64_MIN : field->min > 0)
		json_object_set_new(row, "min", json_integer(field->min));
	if (field->max != INT64_MAX)
		json_object_set_new(row, "max", json_integer(field->max));
}

static void
describe_fallback(const aula_field *field, json_t *row)
{
	json_t *value = NULL;

	if ((field->flags & AULA_REQUIRED) != 0)
		return;
	switch (field->type) {
	case AULA_TYPE_BOOL:
		value = json_boolean(field->fallback);
		break;
	case AULA_TYPE_TRISTATE:
		value = field->fallback == AULA_UNSET ? NULL : json_boolean(field->fallback);
		break;
	case AULA_TYPE_INT:
	case AULA_TYPE_NUMBER:
		value = json_integer(field->fallback);
		break;
	case AULA_TYPE_TEXT:
		value = field->fallback_text != NULL ? json_string(field->fallback_text) : NULL;
		break;
	default:
		break;
	}
	if (value != NULL)
		json_object_set_new(row, "default", value);
}

static json_t *
describe_field(const aula_schema *schema, const aula_field *field)
{
	char expected[512];
	json_t *row = json_pack("{s:s, s:s}", "name", field->name, "type", types[field->type].word);

	if ((field->flags & AULA_REQUIRED) != 0)
		json_object_set_new(row, "required", json_true());
	if ((field->flags & AULA_SECRET) != 0)
		json_object_set_new(row, "secret", json_true());
	if ((field->flags & AULA_LIVE) != 0)
		json_object_set_new(row, "live", json_true());
	json_object_set_new(row, "expected",
		json_string(aula_schema_expected(field, expected, sizeof expected)));
	describe_range(field, row);
	describe_fallback(field, row);
	if (field->choices != NULL) {
		json_t *choices = json_array();
		for (size_t i = 0; field->choices[i] != NULL; i++)
			json_array_append_new(choices, json_string(field->choices[i]));
		json_object_set_new(row, "choices", choices);
	}
	if (field->type == AULA_TYPE_ROWS) {
		aula_schema items = { field->fields, field->field_count, schema->stride };
		json_object_set_new(row, "fields", aula_schema_describe(&items));
	}
	json_object_set_new(
		row, "summary", json_string(field->summary != NULL ? field->summary : ""));
	return row;
}

json_t *
aula_schema_describe(const aula_schema *schema)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < schema->count; i++)
		json_array_append_new(rows, describe_field(schema, aula_schema_row(schema, i)));
	return rows;
}
