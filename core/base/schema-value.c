/* SPDX-License-Identifier: Apache-2.0 */
#include "base/schema.h"

#include <string.h>

static json_t *
row_value(const aula_schema *schema, const void *item)
{
	json_t *object = json_object();

	for (size_t i = 0; i < schema->count; i++) {
		const aula_field *field = aula_schema_row(schema, i);
		json_object_set_new(object, field->name, aula_schema_value(field, item));
	}
	return object;
}

static json_t *
list_value(const aula_field *field, const aula_list *list)
{
	aula_schema inner = { field->fields, field->field_count, sizeof(aula_field) };
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++) {
		const char *item = (const char *)list->items + i * field->item_size;
		json_array_append_new(array,
			field->type == AULA_TYPE_ROWS
				? row_value(&inner, item)
				: json_string(((const char *const *)list->items)[i]));
	}
	return array;
}

static json_t *
key_value(const aula_key *key)
{
	if (key->text != NULL)
		return json_string(key->text);
	return key->number > 0 ? json_integer(key->number) : json_null();
}

static json_t *
text_value(const char *text)
{
	return text != NULL ? json_string(text) : json_null();
}

json_t *
aula_schema_value(const aula_field *field, const void *filled)
{
	const void *at = (const char *)filled + field->offset;
	const aula_tristate *tristate = at;
	json_t *const *json = at;

	switch (field->type) {
	case AULA_TYPE_BOOL:
		return json_boolean(*(const bool *)at);
	case AULA_TYPE_TRISTATE:
		return *tristate == AULA_UNSET ? json_null() : json_boolean(*tristate);
	case AULA_TYPE_INT:
		return json_integer(*(const int64_t *)at);
	case AULA_TYPE_NUMBER:
		return json_real(*(const double *)at);
	case AULA_TYPE_TEXT:
		return text_value(*(const char *const *)at);
	case AULA_TYPE_KEY:
		return key_value(at);
	case AULA_TYPE_TEXTS:
	case AULA_TYPE_ROWS:
		return list_value(field, at);
	case AULA_TYPE_JSON:
		return *json != NULL ? json_deep_copy(*json) : json_null();
	}
	return json_null();
}

size_t
aula_schema_field_bytes(const aula_field *field)
{
	static const size_t sizes[] = {
		[AULA_TYPE_BOOL] = sizeof(bool),
		[AULA_TYPE_TRISTATE] = sizeof(aula_tristate),
		[AULA_TYPE_INT] = sizeof(int64_t),
		[AULA_TYPE_NUMBER] = sizeof(double),
		[AULA_TYPE_TEXT] = sizeof(const char *),
		[AULA_TYPE_KEY] = sizeof(aula_key),
		[AULA_TYPE_TEXTS] = sizeof(aula_list),
		[AULA_TYPE_ROWS] = sizeof(aula_list),
		[AULA_TYPE_JSON] = sizeof(json_t *),
	};

	return sizes[field->type];
}

/* What only a secret differs in is seen, and not said. */
unsigned
aula_schema_apply(const aula_schema *schema, const char *prefix, void *filled, const void *fresh,
	bool live, json_t *applied, json_t *restart)
{
	unsigned changed = 0;

	for (size_t i = 0; i < schema->count; i++) {
		const aula_field *field = aula_schema_row(schema, i);
		json_t *old = aula_schema_value(field, filled);
		json_t *now = aula_schema_value(field, fresh);
		bool takes = live && (field->flags & AULA_LIVE) != 0;
		if (!json_equal(old, now)) {
			json_array_append_new(takes ? applied : restart,
				json_sprintf("%s.%s", prefix, field->name));
			changed += takes;
			if (takes)
				memcpy((char *)filled + field->offset,
					(const char *)fresh + field->offset,
					aula_schema_field_bytes(field));
		}
		json_decref(old);
		json_decref(now);
	}
	return changed;
}
