/* SPDX-License-Identifier: Apache-2.0 */
#include "openapi.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static json_t *describe_fields(const json_t *fields);

static const char *
text_of(const json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));

	return text != NULL ? text : "";
}

static void
copy_member(json_t *to, const char *name, const json_t *from, const char *its)
{
	json_t *value = json_object_get(from, its);

	if (value != NULL)
		json_object_set(to, name, value);
}

static json_t *
describe_text(const json_t *field)
{
	json_t *schema = json_pack("{s:s}", "type", "string");

	/* The table counts bytes, a schema characters, which are no more. */
	copy_member(schema, "maxLength", field, "max");
	if (json_integer_value(json_object_get(field, "min")) > 0)
		json_object_set_new(schema, "minLength", json_integer(1));
	copy_member(schema, "enum", field, "choices");
	return schema;
}

static json_t *
describe_type(const json_t *field)
{
	const char *type = text_of(field, "type");
	json_t *schema;

	if (strcmp(type, "text") == 0)
		return describe_text(field);
	if (strcmp(type, "bool") == 0 || strcmp(type, "switch") == 0)
		return json_pack("{s:s}", "type", "boolean");
	if (strcmp(type, "texts") == 0)
		return json_pack("{s:s, s:{s:s}}", "type", "array", "items", "type", "string");
	if (strcmp(type, "rows") == 0)
		return json_pack("{s:s, s:o}", "type", "array", "items",
			describe_fields(json_object_get(field, "fields")));
	if (strcmp(type, "object") == 0)
		return json_pack("{s:s}", "type", "object");
	if (strcmp(type, "key") == 0)
		return json_pack("{s:[s, s]}", "type", "integer", "string");
	schema = json_pack("{s:s}", "type", type);
	copy_member(schema, "minimum", field, "min");
	copy_member(schema, "maximum", field, "max");
	return schema;
}

static json_t *
describe_field(const json_t *field)
{
	json_t *schema = describe_type(field);
	json_t *sentence =
		json_sprintf("%s It is %s.", text_of(field, "summary"), text_of(field, "expected"));

	json_object_set_new(schema, "description", sentence);
	copy_member(schema, "default", field, "default");
	if (json_is_true(json_object_get(field, "secret")))
		json_object_set_new(schema, "writeOnly", json_true());
	return schema;
}

static json_t *
describe_fields(const json_t *fields)
{
	json_t *properties = json_object(), *required = json_array();

	for (size_t i = 0; i < json_array_size(fields); i++) {
		const json_t *field = json_array_get(fields, i);
		json_object_set_new(properties, text_of(field, "name"), describe_field(field));
		if (json_is_true(json_object_get(field, "required")))
			json_array_append(required, json_object_get(field, "name"));
	}
	return json_pack("{s:s, s:o, s:o}", "type", "object", "properties", properties, "required",
		required);
}

static json_t *
describe_needs(const json_t *request)
{
	const json_t *needs = json_object_get(request, "needs");
	char text[512] = "";
	size_t length = 0;

	for (size_t i = 0; i < json_array_size(needs) && length < sizeof text; i++)
		length += (size_t)snprintf(text + length, sizeof text - length, "%s`%s`",
			i == 0 ? "Needs " : " and ", json_string_value(json_array_get(needs, i)));
	return json_sprintf("%s%s", text, *text != '\0' ? "." : "For everybody.");
}

static json_t *
describe_request(const char *module, const json_t *request)
{
	return json_pack("{s:o, s:[s], s:s, s:o, s:[{s:s}], s:{s:b, s:{s:{s:o}}}, s:{s:{s:s, "
			 "s:{s:{s:{s:s}}}},"
			 " s:{s:s}}}",
		"operationId", json_sprintf("%s.%s", module, text_of(request, "name")), "tags",
		module, "summary", text_of(request, "summary"), "description",
		describe_needs(request), "parameters", "$ref", "#/components/parameters/key",
		"requestBody", "required", 1, "content", "application/json", "schema",
		describe_fields(json_object_get(request, "fields")), "responses", "200",
		"description", "Done.", "content", "application/json", "schema", "type", "object",
		"default", "$ref", "#/components/responses/problem");
}

static const char components[] =
	"{\"securitySchemes\": {"
	" \"cookie\": {\"type\": \"apiKey\", \"in\": \"cookie\", \"name\": \"aula\", "
	"\"description\":"
	"  \"What people/login sets; over TLS its name is __Host-aula.\"},"
	" \"token\": {\"type\": \"http\", \"scheme\": \"bearer\", \"bearerFormat\": \"JWT\"}},"
	"\"parameters\": {\"key\": {\"name\": \"Idempotency-Key\", \"in\": \"header\", "
	"\"description\":"
	"  \"The request is done once, however often it is sent with this key, which is random, "
	"and for this request only; "
	"sent again within a day, it brings the answer of the first time.\","
	"  \"schema\": {\"type\": \"string\", \"minLength\": 16, \"maxLength\": 255}}},"
	"\"responses\": {\"problem\": {\"description\": \"It was not done.\", \"content\": {"
	" \"application/problem+json\": {\"schema\": {\"$ref\": "
	"\"#/components/schemas/problem\"}}}}},"
	"\"schemas\": {\"problem\": {\"type\": \"object\", \"description\": \"A problem of RFC "
	"9457.\","
	" \"required\": [\"status\", \"title\", \"detail\"], \"properties\": {"
	"  \"status\": {\"type\": \"integer\", \"description\": \"That of HTTP.\"},"
	"  \"title\": {\"type\": \"string\", \"description\": \"A word that stays the same.\"},"
	"  \"detail\": {\"type\": \"string\", \"description\": \"A sentence for people.\"},"
	"  \"field\": {\"type\": \"string\", \"description\": \"What of the request is "
	"wrong.\"}}}}}";

json_t *
openapi_make(const json_t *modules, const char *path)
{
	json_t *paths = json_object(), *tags = json_array();

	for (size_t i = 0; i < json_array_size(modules); i++) {
		const json_t *module = json_array_get(modules, i);
		const json_t *requests = json_object_get(module, "requests");
		const char *name = text_of(module, "name");
		bool any = false;
		for (size_t k = 0; k < json_array_size(requests); k++) {
			const json_t *request = json_array_get(requests, k);
			char where[256];
			if (!json_is_true(json_object_get(request, "http")))
				continue;
			snprintf(where, sizeof where, "%s/%s/%s", path, name,
				text_of(request, "name"));
			json_object_set_new(paths, where,
				json_pack("{s:o}", "post", describe_request(name, request)));
			any = true;
		}
		if (any)
			json_array_append_new(
				tags, json_pack("{s:s, s:s}", "name", name, "description",
					      text_of(module, "summary")));
	}
	return json_pack("{s:s, s:{s:s, s:s, s:s}, s:[{s:[]}, {s:[]}, {}], s:o, s:o, s:o}",
		"openapi", "3.1.0", "info", "title", "Aula", "version", "1", "description",
		"What a server can be asked over HTTP, made of the tables of its modules.",
		"security", "cookie", "token", "tags", tags, "paths", paths, "components",
		json_loads(components, 0, NULL));
}
