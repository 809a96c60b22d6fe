/* SPDX-License-Identifier: Apache-2.0 */
#include "host/config.h"

#include <errno.h>
#include <libconfig.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host/config-text.h"
#include "host/nearest.h"

enum { DEPTH_MOST = 16, FILE_BYTES_MOST = 1024 * 1024, NAME_MOST = 64 };

struct aula_config {
	char *file;
	config_t parsed; /* kept for the lines of its settings */
	json_t *json;
	char *base;          /* NULL: relative paths stay so */
	GHashTable *origins; /* path -> option that overrode it */
	aula_arena arena;
};

static GQuark
quark(void)
{
	return g_quark_from_static_string("aula-config");
}

/* -- where things are -- */

/* "streams[2].mid" -> "streams.[2].mid", as libconfig looks up. */
static const config_setting_t *
lookup(const aula_config *config, const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, "[", 0);
	g_autofree char *theirs = g_strjoinv(".[", parts);

	return config_lookup(&config->parsed, theirs);
}

char *
aula_config_place(const aula_config *config, const char *path)
{
	g_autofree char *above = g_strdup(path);

	for (;;) {
		const char *origin = g_hash_table_lookup(config->origins, above);
		const config_setting_t *setting = lookup(config, above);
		if (origin != NULL)
			return g_strdup(origin);
		if (setting != NULL)
			return g_strdup_printf(
				"%s:%d", config->file, (int)config_setting_source_line(setting));
		char *dot = strrchr(above, '.'), *bracket = strrchr(above, '[');
		if (MAX(dot, bracket) == NULL)
			return g_strdup(config->file);
		*MAX(dot, bracket) = '\0';
	}
}

bool
aula_config_blame(
	const aula_config *config, GError **error, const char *path, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *why = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_autofree char *place = aula_config_place(config, path);
	g_set_error(error, quark(), 0, "%s: %s: %s", place, path, why);
	return false;
}

/* -- libconfig to JSON -- */

static json_t *to_json(const config_setting_t *setting, unsigned depth, const char **ret_why);

static json_t *
to_json_group(const config_setting_t *setting, unsigned depth, const char **ret_why)
{
	bool named = config_setting_type(setting) == CONFIG_TYPE_GROUP;
	json_t *all = named ? json_object() : json_array();

	for (int i = 0; i < config_setting_length(setting); i++) {
		const config_setting_t *member = config_setting_get_elem(setting, (unsigned)i);
		json_t *value = to_json(member, depth + 1, ret_why);
		if (value == NULL) {
			json_decref(all);
			return NULL;
		}
		if (named)
			json_object_set_new(all, config_setting_name(member), value);
		else
			json_array_append_new(all, value);
	}
	return all;
}

static json_t *
to_json(const config_setting_t *setting, unsigned depth, const char **ret_why)
{
	json_t *value = NULL;

	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return json_integer(config_setting_get_int64(setting));
	case CONFIG_TYPE_FLOAT:
		value = json_real(config_setting_get_float(setting));
		*ret_why = value == NULL ? "the number is too large" : NULL;
		return value;
	case CONFIG_TYPE_BOOL:
		return json_boolean(config_setting_get_bool(setting));
	case CONFIG_TYPE_STRING:
		value = json_string(config_setting_get_string(setting));
		*ret_why = value == NULL ? "the text is not UTF-8" : NULL;
		return value;
	default:
		*ret_why = "groups and lists are nested too deep";
		return depth < DEPTH_MOST ? to_json_group(setting, depth, ret_why) : NULL;
	}
}

/* -- reading -- */

static aula_config *
config_new(const char *file)
{
	aula_config *config = g_new0(aula_config, 1);

	config->file = g_strdup(file);
	config_init(&config->parsed);
	config->json = json_object();
	config->origins = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return config;
}

void
aula_config_free(aula_config *config)
{
	if (config == NULL)
		return;
	json_decref(config->json);
	aula_arena_free(&config->arena);
	config_destroy(&config->parsed);
	g_hash_table_destroy(config->origins);
	g_free(config->base);
	g_free(config->file);
	g_free(config);
}

/* libconfig says "duplicate setting name" and keeps the name to itself. */
static char *
name_in_line(const char *text, int line)
{
	for (int i = 1; i < line && text != NULL; i++) {
		text = strchr(text, '\n');
		text = text != NULL ? text + 1 : NULL;
	}
	if (text == NULL)
		return NULL;
	text += strspn(text, " \t{;");
	size_t length = strcspn(text, " \t\r\n=:");
	return length > 0 && length < NAME_MOST ? g_strndup(text, length) : NULL;
}

static void
blame_syntax(const aula_config *config, const char *text, GError **error)
{
	const char *why = config_error_text(&config->parsed);
	int line = config_error_line(&config->parsed);
	g_autofree char *name = NULL;

	if (strstr(why, "duplicate") != NULL)
		name = name_in_line(text, line);
	if (name != NULL)
		g_set_error(
			error, quark(), 0, "%s:%d: %s: is there twice", config->file, line, name);
	else
		g_set_error(error, quark(), 0,
			"%s:%d: %s; expected settings such as `key = value;`", config->file, line,
			why);
}

aula_config *
aula_config_parse(const char *text, const char *file, GError **error)
{
	g_autoptr(aula_config) config = config_new(file);
	const char *why = NULL;

	int line;
	g_autofree char *wide = aula_config_text(text, &line, &why);
	if (wide == NULL) {
		g_set_error(error, quark(), 0, "%s:%d: %s", file, line, why);
		return NULL;
	}
	if (config_read_string(&config->parsed, wide) != CONFIG_TRUE) {
		blame_syntax(config, text, error);
		return NULL;
	}
	json_t *json = to_json(config_root_setting(&config->parsed), 0, &why);
	if (json == NULL) {
		g_set_error(error, quark(), 0, "%s: %s", file, why);
		return NULL;
	}
	json_decref(config->json);
	config->json = json;
	return g_steal_pointer(&config);
}

aula_config *
aula_config_read(const char *folder, const char *name, GError **error)
{
	g_autofree char *base = g_strdup_printf("%s.cfg", name);
	g_autofree char *file = folder != NULL ? g_build_filename(folder, base, NULL) : NULL;
	g_autofree char *text = NULL;
	size_t length = 0;
	GError *problem = NULL;

	if (file == NULL)
		return config_new(base);
	if (!g_file_get_contents(file, &text, &length, &problem)) {
		if (g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
			g_error_free(problem);
			return config_new(file);
		}
		g_propagate_error(error, problem);
		return NULL;
	}
	if (length > FILE_BYTES_MOST || strlen(text) != length) {
		g_set_error(error, quark(), 0, "%s: is no text of at most %d bytes", file,
			FILE_BYTES_MOST);
		return NULL;
	}
	return aula_config_parse(text, file, error);
}

/* -- overriding -- */

/* False on a file that has no group there; filling will say so. */
static bool
put(aula_config *config, const char *path, json_t *value)
{
	g_auto(GStrv) parts = g_strsplit(path, ".", 0);
	json_t *at = config->json;
	size_t i = 0;

	for (; parts[i + 1] != NULL && json_is_object(at); i++) {
		json_t *next = json_object_get(at, parts[i]);
		if (next == NULL) {
			next = json_object();
			json_object_set_new(at, parts[i], next);
		}
		at = next;
	}
	return json_object_set_new(at, parts[i], value) == 0;
}

void
aula_config_override(aula_config *config, const char *path, json_t *value, const char *origin)
{
	if (put(config, path, value))
		g_hash_table_replace(config->origins, g_strdup(path), g_strdup(origin));
}

void
aula_config_default(aula_config *config, const char *path, json_t *value)
{
	if (aula_config_get(config, path) == NULL)
		put(config, path, value);
	else
		json_decref(value);
}

bool
aula_config_is_set(const aula_config *config, const char *path)
{
	return g_hash_table_contains(config->origins, path) || lookup(config, path) != NULL;
}

json_t *
aula_config_get(const aula_config *config, const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, ".", 0);
	json_t *at = config->json;

	for (size_t i = 0; parts[i] != NULL; i++)
		at = json_object_get(at, parts[i]);
	return at;
}

void
aula_config_set_base(aula_config *config, const char *folder)
{
	g_free(config->base);
	config->base = g_strdup(folder);
}

/* -- names that nobody knows -- */

static bool
blame_stranger(const aula_config *config, GError **error, const char *prefix, const char *key,
	const char *noun, const char *const *names)
{
	g_autofree char *path = g_strdup_printf("%s%s", prefix, key);
	const char *nearest = aula_nearest(names, key);

	if (nearest != NULL)
		return aula_config_blame(config, error, path,
			"there is no such %s; did you mean \"%s\"?", noun, nearest);
	g_autofree char *all = g_strjoinv(", ", (char **)names);
	return aula_config_blame(config, error, path,
		*all != '\0' ? "there is no such %s; expected one of %s" : "there is no such %s%s",
		noun, all);
}

bool
aula_config_has_only(aula_config *config, const char *const *blocks, GError **error)
{
	const char *key;
	json_t *value;

	json_object_foreach(config->json, key, value)
	{
		if (!g_strv_contains(blocks, key))
			return blame_stranger(config, error, "", key, "block", blocks);
		if (!json_is_object(value))
			return aula_config_blame(config, error, key, "expected a group { ... }");
	}
	return true;
}

static bool
check_strangers(const aula_config *config, const aula_schema *schema, json_t *document,
	const char *prefix, GError **error)
{
	const char *stranger = aula_schema_stranger(schema, document);

	if (stranger != NULL) {
		g_autofree const char **names = g_new0(const char *, schema->count + 1);
		for (size_t i = 0; i < schema->count; i++)
			names[i] = aula_schema_row(schema, i)->name;
		return blame_stranger(config, error, prefix, stranger, "setting", names);
	}
	for (size_t i = 0; i < schema->count; i++) {
		const aula_field *field = aula_schema_row(schema, i);
		json_t *items = json_object_get(document, field->name);
		if (field->type != AULA_TYPE_ROWS || !json_is_array(items))
			continue;
		aula_schema inner = { field->fields, field->field_count, schema->stride };
		for (size_t j = 0; j < json_array_size(items); j++) {
			g_autofree char *path =
				g_strdup_printf("%s%s[%zu].", prefix, field->name, j);
			if (!check_strangers(config, &inner, json_array_get(items, j), path, error))
				return false;
		}
	}
	return true;
}

/* -- filling -- */

static void
resolve_paths(const char *base, const aula_schema *schema, json_t *document)
{
	for (size_t i = 0; i < schema->count; i++) {
		const aula_field *field = aula_schema_row(schema, i);
		json_t *value = json_object_get(document, field->name), *item;
		size_t index;
		if (field->type == AULA_TYPE_ROWS && json_is_array(value)) {
			aula_schema inner = { field->fields, field->field_count, schema->stride };
			json_array_foreach(value, index, item) resolve_paths(base, &inner, item);
		}
		if (field->type != AULA_TYPE_TEXT || (field->flags & AULA_PATH) == 0)
			continue;
		const char *path = value != NULL ? json_string_value(value) : field->fallback_text;
		if (path == NULL || *path == '\0' || g_path_is_absolute(path))
			continue;
		g_autofree char *full = g_build_filename(base, path, NULL);
		json_object_set_new(document, field->name, json_string(full));
	}
}

bool
aula_config_fill(aula_config *config, const char *block, const aula_schema *schema, void *out,
	GError **error)
{
	json_t *document = block != NULL ? json_object_get(config->json, block) : config->json;
	g_autofree char *prefix = block != NULL ? g_strdup_printf("%s.", block) : g_strdup("");
	aula_schema_fault fault;

	if (document == NULL) {
		document = json_object();
		json_object_set_new(config->json, block, document);
	}
	if (!json_is_object(document))
		return aula_config_blame(config, error, block, "expected a group { ... }");
	if (!check_strangers(config, schema, document, prefix, error))
		return false;
	if (config->base != NULL)
		resolve_paths(config->base, schema, document);
	aula_code code = aula_schema_fill(schema, document, out, &config->arena, &fault);
	if (code == AULA_OK)
		return true;
	g_autofree char *path = g_strdup_printf("%s%s", prefix, fault.path);
	return aula_config_blame(config, error, path,
		code == AULA_MISSING ? "is missing; expected %s" : "expected %s", fault.expected);
}
