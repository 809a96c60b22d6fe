/* SPDX-License-Identifier: Apache-2.0 */
#include "host/describe.h"

#include <stdio.h>
#include <string.h>

#include "host/capability.h"
#include "host/modules.h"
#include "host/settings.h"
#include "store/audit.h"

static json_t *
describe_capabilities(const aula_capability *rows, size_t count)
{
	json_t *all = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(all, json_pack("{s:s, s:s}", "name", rows[i].name, "summary",
						   rows[i].summary != NULL ? rows[i].summary : ""));
	return all;
}

static json_t *
describe_request(const aula_module *module, const aula_request *row)
{
	aula_schema schema = aula_request_schema(row);
	json_t *needs = json_array();

	for (size_t i = 0; i < module->capability_count; i++) {
		if ((row->needs >> i & 1) != 0)
			json_array_append_new(needs, json_string(module->capabilities[i].name));
	}
	return json_pack("{s:s, s:s, s:o, s:b, s:b, s:o}", "name", row->name, "summary",
		row->summary != NULL ? row->summary : "", "needs", needs, "async",
		(row->flags & AULA_ASYNC) != 0, "http", (row->flags & AULA_HTTP) != 0, "fields",
		aula_schema_describe(&schema));
}

static json_t *
describe_personal(const aula_personal *rows, size_t count)
{
	json_t *all = json_array();

	for (size_t i = 0; i < count; i++) {
		const aula_personal *row = &rows[i];
		const char *then = row->kept ? "kept" : row->emptied != NULL ? "renamed" : "erased";
		json_array_append_new(
			all, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "table", row->table,
				     "person", row->person, "told", row->told, "untold",
				     row->untold != NULL ? row->untold : "", "then", then,
				     "summary", row->summary));
	}
	return all;
}

static const char *
kind_of(const aula_module *module)
{
	if (module->plugin != NULL)
		return "plugin";
	return module->transport != NULL ? "transport" : "event handler";
}

json_t *
aula_describe_module(const aula_loaded *loaded)
{
	const aula_module *module = aula_loaded_module(loaded);
	aula_schema schema = aula_loaded_settings(loaded);
	json_t *packages = json_array(), *requests = json_array();

	for (size_t i = 0; module->plugin != NULL && module->plugin->packages[i] != NULL; i++)
		json_array_append_new(packages, json_string(module->plugin->packages[i]));
	for (size_t i = 0; i < module->request_count; i++)
		json_array_append_new(requests, describe_request(module, &module->requests[i]));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:[{s:s, s:o}], s:o, s:o}", "name",
		module->name, "kind", kind_of(module), "summary", module->summary, "version",
		module->version, "author", module->author, "packages", packages, "capabilities",
		describe_capabilities(module->capabilities, module->capability_count), "blocks",
		"name", "", "settings", aula_schema_describe(&schema), "requests", requests,
		"personal", describe_personal(module->personal, module->personal_count));
}

/* The tables have no place for the default of a list. */
static void
add_defaults(const char *block, json_t *settings)
{
	size_t index;
	json_t *row;

	json_array_foreach(settings, index, row)
	{
		g_autofree char *path = g_strdup_printf(
			"%s.%s", block, json_string_value(json_object_get(row, "name")));
		json_t *value = aula_settings_default(path);
		if (value != NULL)
			json_object_set_new(row, "default", value);
	}
}

json_t *
aula_describe_core(json_t *requests)
{
	g_autoptr(aula_capabilities) all = aula_capabilities_new();
	const aula_settings_block *rows = aula_settings_blocks();
	json_t *blocks = json_array();

	for (size_t i = 0; rows[i].name != NULL; i++) {
		json_t *settings = aula_schema_describe(&rows[i].schema);
		add_defaults(rows[i].name, settings);
		json_array_append_new(
			blocks, json_pack("{s:s, s:s, s:o}", "name", rows[i].name, "summary",
					rows[i].summary, "settings", settings));
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:[], s:o, s:o, s:o, s:o}", "name", "aula",
		"kind", "core", "summary", "The server itself.", "version", AULA_VERSION, "author",
		"The Aula authors", "packages", "capabilities",
		describe_capabilities(aula_capabilities_row(all, 0), aula_capabilities_count(all)),
		"blocks", blocks, "requests", requests, "personal",
		describe_personal(aula_audit_personal, AULA_AUDIT_PERSONAL));
}

/* -- printing -- */

static json_t *
describe_folder(const char *folder, GError **error)
{
	json_t *all = json_array();
	g_autoptr(GPtrArray) paths = aula_modules_scan(folder);

	for (size_t i = 0; i < paths->len; i++) {
		g_autoptr(aula_loaded) loaded = aula_loaded_open(paths->pdata[i], error);
		if (loaded == NULL) {
			json_decref(all);
			return NULL;
		}
		json_array_append_new(all, aula_describe_module(loaded));
	}
	return all;
}

static void
print_json(const json_t *json)
{
	json_dumpf(json, stdout, JSON_INDENT(2));
	putchar('\n');
}

static void
print_one(json_t *description, const char *format)
{
	if (strcmp(format, "json") == 0) {
		print_json(description);
		return;
	}
	g_autofree char *text = strcmp(format, "sample") == 0 ? aula_describe_sample(description)
							      : aula_describe_markdown(description);
	fputs(text, stdout);
}

static bool
print_all(const aula_options *options, json_t *requests, GError **error)
{
	g_autoptr(aula_settings) settings = aula_settings_load(options, error);
	json_t *modules =
		settings != NULL ? describe_folder(settings->modules.folder, error) : NULL;
	size_t index;
	json_t *module;

	if (modules == NULL) {
		json_decref(requests);
		return false;
	}
	json_t *all =
		json_pack("{s:o, s:o}", "core", aula_describe_core(requests), "modules", modules);
	if (strcmp(options->format, "json") == 0) {
		print_json(all);
	} else {
		fputs("# Reference\n\nMade by `aula --describe --format markdown`; do not "
		      "edit.\n\n",
			stdout);
		print_one(json_object_get(all, "core"), options->format);
		json_array_foreach(modules, index, module) print_one(module, options->format);
	}
	json_decref(all);
	return true;
}

bool
aula_describe_print(const aula_options *options, json_t *requests, GError **error)
{
	bool sample = strcmp(options->format, "sample") == 0;

	if (options->describe_module == NULL && !sample)
		return print_all(options, requests, error);
	json_t *description = NULL;
	if (options->describe_module != NULL) {
		g_autoptr(aula_loaded) loaded = aula_loaded_open(options->describe_module, error);
		if (loaded == NULL)
			description = NULL;
		else
			description = aula_describe_module(loaded);
		json_decref(requests);
		if (description == NULL)
			return false;
	} else {
		description = aula_describe_core(requests);
	}
	print_one(description, options->format);
	json_decref(description);
	return true;
}
