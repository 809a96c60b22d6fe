/* SPDX-License-Identifier: Apache-2.0 */
#include "host/module.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SYMBOL G_STRINGIFY(AULA_MODULE_SYMBOL)
#define END_OF(T, member) (offsetof(T, member) + sizeof(((T *)0)->member))

/* What the first release had, as far as nobody can do without. A shorter one is no module. */
enum {
	FIRST_MODULE = END_OF(aula_module, plugin),
	FIRST_FIELD = offsetof(aula_field, summary),
	FIRST_REQUEST = offsetof(aula_request, summary),
	FIRST_CAPABILITY = offsetof(aula_capability, summary),
	FIRST_ERROR = sizeof(aula_error_number),
	FIRST_PLUGIN = END_OF(aula_plugin_ops, key),
	FIRST_TRANSPORT = END_OF(aula_transport_ops, released),
	FIRST_EVENTS = END_OF(aula_event_ops, event),
};

enum {
	CAPABILITIES_MOST = 64,
	ROWS_MOST = 512,
	STRUCT_BYTES_MOST = 65536,
	TEXT_MOST = 127,
};

struct aula_loaded {
	void *library; /* dlopen's; NULL when wrapped */
	char *path;
	aula_module module;
	aula_plugin_ops plugin;
	aula_transport_ops transport;
	aula_event_ops events;
	aula_arena tables;
};

static G_DEFINE_QUARK(aula - module, aula_module)

	static bool refuse(GError **error, const char *path, const char *format, ...)
		__attribute__((format(printf, 3, 4)));

static bool
refuse(GError **error, const char *path, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *why = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_set_error(error, aula_module_quark(), 0, "%s: %s", path, why);
	return false;
}

/* -- the shape of their rows -- */

static bool
check_rows(const aula_loaded *loaded, const char *table, const void *rows, size_t count,
	size_t stride, size_t least, GError **error)
{
	if (count == 0)
		return true;
	if (rows == NULL)
		return refuse(error, loaded->path, "%s: %zu rows, but no table", table, count);
	if (count > ROWS_MOST)
		return refuse(error, loaded->path, "%s: more than %d rows", table, ROWS_MOST);
	if (stride < least || stride > STRUCT_BYTES_MOST || stride % sizeof(int) != 0)
		return refuse(error, loaded->path, "%s: rows of %zu bytes are not of this ABI (%s)",
			table, stride, SYMBOL);
	return true;
}

/* Rows in our size: zero where theirs are shorter, cut where they are longer. */
static void *
copy_rows(aula_loaded *loaded, const void *rows, size_t count, size_t theirs, size_t ours)
{
	char *copy = aula_arena_take(&loaded->tables, count * ours);

	for (size_t i = 0; i < count; i++)
		memcpy(copy + i * ours, (const char *)rows + i * theirs, MIN(theirs, ours));
	return copy;
}

static const aula_field *
copy_fields(aula_loaded *loaded, const aula_field *rows, size_t count)
{
	aula_field *copy = copy_rows(loaded, rows, count, loaded->module.field_size, sizeof *copy);

	for (size_t i = 0; i < count; i++) {
		if (copy[i].type == AULA_TYPE_ROWS)
			copy[i].fields = copy_fields(loaded, copy[i].fields, copy[i].field_count);
	}
	return copy;
}

/* -- names -- */

static bool
text_is_good(const char *text)
{
	if (text == NULL || *text == '\0' || strlen(text) > TEXT_MOST)
		return false;
	for (; *text != '\0'; text++) {
		if (!g_ascii_isgraph(*text))
			return false;
	}
	return true;
}

/* "chat.write": lower snake case, in parts. */
static bool
capability_is_good(const char *name)
{
	if (!text_is_good(name))
		return false;
	g_auto(GStrv) parts = g_strsplit(name, ".", 0);
	for (size_t i = 0; parts[i] != NULL; i++) {
		if (!aula_schema_name_is_good(parts[i]))
			return false;
	}
	return true;
}

/* -- table by table: check theirs, then put our copy in its place -- */

static bool
take_fields(aula_loaded *loaded, const char *table, const aula_field **rows, size_t count,
	size_t struct_size, GError **error)
{
	aula_schema schema = { *rows, count, loaded->module.field_size };
	const char *why = NULL;

	if (!check_rows(loaded, table, *rows, count, schema.stride, FIRST_FIELD, error))
		return false;
	if (count > 0 && schema.stride % G_ALIGNOF(aula_field) != 0)
		return refuse(error, loaded->path, "%s: rows are not aligned", table);
	if (struct_size > STRUCT_BYTES_MOST)
		return refuse(error, loaded->path, "%s: a struct of over %d bytes", table,
			STRUCT_BYTES_MOST);
	if (!aula_schema_check(&schema, struct_size, &why))
		return refuse(error, loaded->path, "%s: %s", table, why);
	*rows = copy_fields(loaded, *rows, count);
	return true;
}

static bool
take_request(aula_loaded *loaded, aula_request *row, GError **error)
{
	size_t bits = loaded->module.capability_count;
	uint64_t known = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;

	if (row->run == NULL)
		return refuse(error, loaded->path, "request %s: has no function", row->name);
	if ((row->needs & ~known) != 0)
		return refuse(error, loaded->path,
			"request %s: needs a capability that the module does not declare",
			row->name);
	g_autofree char *table = g_strdup_printf("request %s", row->name);
	return take_fields(loaded, table, &row->fields, row->field_count, row->args_size, error);
}

static bool
take_requests(aula_loaded *loaded, GError **error)
{
	aula_module *module = &loaded->module;
	const char *last = "";

	if (!check_rows(loaded, "requests", module->requests, module->request_count,
		    module->request_size, FIRST_REQUEST, error))
		return false;
	aula_request *rows = copy_rows(loaded, module->requests, module->request_count,
		module->request_size, sizeof *rows);
	module->requests = rows;
	for (size_t i = 0; i < module->request_count; i++) {
		if (!aula_schema_name_is_good(rows[i].name))
			return refuse(error, loaded->path,
				"requests: the name after \"%s\" is missing or not "
				"lower_snake_case",
				last);
		if (strcmp(last, rows[i].name) >= 0)
			return refuse(error, loaded->path,
				"requests: \"%s\" after \"%s\" is not sorted by name, or there "
				"twice",
				rows[i].name, last);
		last = rows[i].name;
		if (!take_request(loaded, &rows[i], error))
			return false;
	}
	return true;
}

static bool
take_capabilities(aula_loaded *loaded, GError **error)
{
	aula_module *module = &loaded->module;
	size_t count = module->capability_count;

	if (count > CAPABILITIES_MOST)
		return refuse(error, loaded->path,
			"%zu capabilities are declared, at most %d can be", count,
			CAPABILITIES_MOST);
	if (!check_rows(loaded, "capabilities", module->capabilities, count,
		    module->capability_size, FIRST_CAPABILITY, error))
		return false;
	const aula_capability *rows = copy_rows(
		loaded, module->capabilities, count, module->capability_size, sizeof *rows);
	module->capabilities = rows;
	for (size_t i = 0; i < count; i++) {
		if (!capability_is_good(rows[i].name))
			return refuse(error, loaded->path,
				"capability %zu: its name is missing or not like \"area.verb\"", i);
		for (size_t j = 0; j < i; j++) {
			if (strcmp(rows[i].name, rows[j].name) == 0)
				return refuse(error, loaded->path, "capability %s: is there twice",
					rows[i].name);
		}
	}
	return true;
}

/* -- kinds -- */

static bool
take_plugin(aula_loaded *loaded, GError **error)
{
	aula_plugin_ops *ops = &loaded->plugin;

	if (!text_is_good(ops->key))
		return refuse(error, loaded->path, "plugin: `key` is mandatory");
	if (ops->packages == NULL || ops->packages[0] == NULL)
		return refuse(error, loaded->path, "plugin: `packages` is mandatory");
	for (size_t i = 0; ops->packages[i] != NULL; i++) {
		if (!text_is_good(ops->packages[i]))
			return refuse(error, loaded->path, "plugin: package %zu is not a name", i);
	}
	if (!check_rows(loaded, "errors", ops->errors, ops->error_count, loaded->module.error_size,
		    FIRST_ERROR, error))
		return false;
	ops->errors = copy_rows(loaded, ops->errors, ops->error_count, loaded->module.error_size,
		sizeof *ops->errors);
	if (ops->fallback_request != NULL &&
		aula_loaded_request(loaded, ops->fallback_request) == NULL)
		return refuse(error, loaded->path, "plugin: fallback_request \"%s\" is no request",
			ops->fallback_request);
	return true;
}

static bool
take_transport(aula_loaded *loaded, GError **error)
{
	const aula_transport_ops *ops = &loaded->transport;

	if (ops->send == NULL || ops->close == NULL || ops->released == NULL)
		return refuse(error, loaded->path,
			"transport: `send`, `close` and `released` are mandatory");
	if (loaded->module.request_count > 0)
		return refuse(error, loaded->path, "a transport takes no requests");
	return true;
}

static bool
take_events(aula_loaded *loaded, GError **error)
{
	if (loaded->events.event == NULL)
		return refuse(error, loaded->path, "event handler: `event` is mandatory");
	if (loaded->module.request_count > 0)
		return refuse(error, loaded->path, "an event handler takes no requests");
	return true;
}

/* `ops` begins with its size, as every table of functions does. */
static bool
copy_ops(const aula_loaded *loaded, const char *kind, const void *ops, size_t least, void *copy,
	size_t ours, GError **error)
{
	size_t theirs;

	memcpy(&theirs, ops, sizeof theirs);
	if (theirs < least || theirs > STRUCT_BYTES_MOST)
		return refuse(error, loaded->path,
			"%s: a table of %zu bytes is not of this ABI (%s)", kind, theirs, SYMBOL);
	memcpy(copy, ops, MIN(theirs, ours));
	memcpy(copy, &ours, sizeof ours);
	return true;
}

static bool
take_kind(aula_loaded *loaded, GError **error)
{
	aula_module *module = &loaded->module;
	int kinds =
		(module->plugin != NULL) + (module->transport != NULL) + (module->events != NULL);

	if (kinds != 1)
		return refuse(error, loaded->path,
			"it must be exactly one of plugin, transport, event handler; it is %d",
			kinds);
	if (module->plugin != NULL) {
		if (!copy_ops(loaded, "plugin", module->plugin, FIRST_PLUGIN, &loaded->plugin,
			    sizeof loaded->plugin, error))
			return false;
		module->plugin = &loaded->plugin;
		return take_plugin(loaded, error);
	}
	if (module->transport != NULL) {
		if (!copy_ops(loaded, "transport", module->transport, FIRST_TRANSPORT,
			    &loaded->transport, sizeof loaded->transport, error))
			return false;
		module->transport = &loaded->transport;
		return take_transport(loaded, error);
	}
	if (!copy_ops(loaded, "event handler", module->events, FIRST_EVENTS, &loaded->events,
		    sizeof loaded->events, error))
		return false;
	module->events = &loaded->events;
	return take_events(loaded, error);
}

static void
settle_texts(aula_module *module)
{
	if (module->summary == NULL)
		module->summary = "";
	if (module->author == NULL)
		module->author = "";
	if (module->version == NULL)
		module->version = "";
}

static bool
take_module(aula_loaded *loaded, const aula_module *theirs, GError **error)
{
	aula_module *module = &loaded->module;

	if (theirs->size < FIRST_MODULE || theirs->size > STRUCT_BYTES_MOST)
		return refuse(error, loaded->path,
			"a descriptor of %zu bytes is not of this ABI (%s)", theirs->size, SYMBOL);
	memcpy(module, theirs, MIN(theirs->size, sizeof *module));
	if (!aula_schema_name_is_good(module->name))
		return refuse(error, loaded->path, "its name is missing or not lower_snake_case");
	if (strcmp(module->name, "aula") == 0)
		return refuse(error, loaded->path, "\"aula\" is the name of the core");
	if (module->start == NULL || module->stop == NULL)
		return refuse(error, loaded->path, "`start` and `stop` are mandatory");
	settle_texts(module);
	if (!take_fields(loaded, "settings", &module->config, module->config_count,
		    module->config_size, error) ||
		!take_capabilities(loaded, error) || !take_requests(loaded, error) ||
		!take_kind(loaded, error))
		return false;
	module->size = sizeof *module;
	module->field_size = sizeof(aula_field);
	module->request_size = sizeof(aula_request);
	module->capability_size = sizeof(aula_capability);
	module->error_size = sizeof(aula_error_number);
	return true;
}

aula_loaded *
aula_loaded_wrap(const aula_module *theirs, const char *path, GError **error)
{
	g_autoptr(aula_loaded) loaded = g_new0(aula_loaded, 1);

	loaded->path = g_strdup(path);
	if (!take_module(loaded, theirs, error))
		return NULL;
	return g_steal_pointer(&loaded);
}

static bool
refuse_alien(void *library, const char *path, GError **error)
{
	for (int version = 2; version < 10; version++) {
		char symbol[] = "aula_module_v0";
		symbol[sizeof symbol - 2] = (char)('0' + version);
		if (dlsym(library, symbol) != NULL)
			return refuse(error, path,
				"it is a module of another ABI (%s); this core has %s", symbol,
				SYMBOL);
	}
	return refuse(error, path, "it is no module of this core's ABI: no symbol %s", SYMBOL);
}

aula_loaded *
aula_loaded_open(const char *path, GError **error)
{
	/* Without a slash dlopen would search the library path. */
	g_autofree char *file =
		strchr(path, '/') != NULL ? g_strdup(path) : g_build_filename(".", path, NULL);
	void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL) {
		refuse(error, path, "it does not load: %s", dlerror());
		return NULL;
	}
	const aula_module *theirs = dlsym(library, SYMBOL);
	aula_loaded *loaded = NULL;
	if (theirs != NULL)
		loaded = aula_loaded_wrap(theirs, path, error);
	else
		refuse_alien(library, path, error);
	if (loaded == NULL)
		dlclose(library);
	else
		loaded->library = library;
	return loaded;
}

void
aula_loaded_free(aula_loaded *loaded)
{
	if (loaded == NULL)
		return;
	if (loaded->library != NULL)
		dlclose(loaded->library);
	aula_arena_free(&loaded->tables);
	g_free(loaded->path);
	g_free(loaded);
}

const aula_module *
aula_loaded_module(const aula_loaded *loaded)
{
	return &loaded->module;
}

const char *
aula_loaded_name(const aula_loaded *loaded)
{
	return loaded->module.name;
}

const char *
aula_loaded_path(const aula_loaded *loaded)
{
	return loaded->path;
}

const aula_request *
aula_loaded_request(const aula_loaded *loaded, const char *name)
{
	size_t low = 0, high = loaded->module.request_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const aula_request *row = &loaded->module.requests[middle];
		int order = strcmp(name, row->name);
		if (order == 0)
			return row;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

bool
aula_loaded_answers_to(const aula_loaded *loaded, const char *package)
{
	return loaded->module.plugin != NULL &&
	       g_strv_contains(loaded->module.plugin->packages, package);
}

int
aula_loaded_error_number(const aula_loaded *loaded, aula_code code)
{
	const aula_plugin_ops *ops = &loaded->plugin;

	for (size_t i = 0; i < ops->error_count; i++) {
		if (ops->errors[i].code == code)
			return ops->errors[i].number;
	}
	return ops->error_fallback;
}

aula_schema
aula_loaded_settings(const aula_loaded *loaded)
{
	return (aula_schema){ loaded->module.config, loaded->module.config_count,
		sizeof(aula_field) };
}

aula_schema
aula_request_schema(const aula_request *request)
{
	return (aula_schema){ request->fields, request->field_count, sizeof(aula_field) };
}
