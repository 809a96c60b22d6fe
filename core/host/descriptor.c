/* SPDX-License-Identifier: Apache-2.0 */
#include "host/descriptor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
	COLUMNS_MOST = 400,
};

static GQuark
quark(void)
{
	return g_quark_from_static_string("aula-descriptor");
}

static bool refuse(GError **error, const char *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static bool
refuse(GError **error, const char *path, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *why = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_set_error(error, quark(), 0, "%s: %s", path, why);
	return false;
}

/* -- the shape of their rows -- */

static bool
check_rows(const aula_descriptor *descriptor, const char *table, const void *rows, size_t count,
	size_t stride, size_t least, GError **error)
{
	if (count == 0)
		return true;
	if (rows == NULL)
		return refuse(error, descriptor->path, "%s: %zu rows, but no table", table, count);
	if (count > ROWS_MOST)
		return refuse(error, descriptor->path, "%s: more than %d rows", table, ROWS_MOST);
	if (stride < least || stride > STRUCT_BYTES_MOST || stride % sizeof(int) != 0)
		return refuse(error, descriptor->path,
			"%s: rows of %zu bytes are not of this ABI (%s)", table, stride,
			AULA_SYMBOL);
	return true;
}

/* Rows in our size: zero where theirs are shorter, cut where they are longer. */
static void *
copy_rows(aula_descriptor *descriptor, const void *rows, size_t count, size_t theirs, size_t ours)
{
	char *copy = aula_arena_take(&descriptor->tables, count * ours);

	for (size_t i = 0; i < count; i++)
		memcpy(copy + i * ours, (const char *)rows + i * theirs, MIN(theirs, ours));
	return copy;
}

static const aula_field *
copy_fields(aula_descriptor *descriptor, const aula_field *rows, size_t count)
{
	aula_field *copy =
		copy_rows(descriptor, rows, count, descriptor->module.field_size, sizeof *copy);

	for (size_t i = 0; i < count; i++) {
		if (copy[i].type == AULA_TYPE_ROWS)
			copy[i].fields =
				copy_fields(descriptor, copy[i].fields, copy[i].field_count);
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

/* "name, at_us": lower snake case. These become SQL. */
static bool
columns_are_good(const char *columns)
{
	g_auto(GStrv) names = g_strsplit(columns, ", ", 0);

	if (strlen(columns) > COLUMNS_MOST)
		return false;
	for (size_t i = 0; names[i] != NULL; i++)
		if (!aula_schema_name_is_good(names[i]))
			return false;
	return true;
}

static bool
check_personal(const aula_descriptor *descriptor, GError **error)
{
	const aula_module *module = &descriptor->module;

	if (module->personal_count > 0 && module->personal == NULL)
		return refuse(error, descriptor->path, "personal: rows, but no table");
	for (size_t i = 0; i < module->personal_count; i++) {
		const aula_personal *row = &module->personal[i];
		if (row->table == NULL || !aula_schema_name_is_good(row->table) ||
			row->person == NULL || !aula_schema_name_is_good(row->person) ||
			row->told == NULL || *row->told == '\0' || !columns_are_good(row->told) ||
			(row->emptied != NULL && !columns_are_good(row->emptied)) ||
			row->summary == NULL || *row->summary == '\0')
			return refuse(error, descriptor->path,
				"personal: row %zu has a table, column or sentence that is none",
				i);
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
take_fields(aula_descriptor *descriptor, const char *table, const aula_field **rows, size_t count,
	size_t struct_size, GError **error)
{
	aula_schema schema = { *rows, count, descriptor->module.field_size };
	const char *why = NULL;

	if (!check_rows(descriptor, table, *rows, count, schema.stride, FIRST_FIELD, error))
		return false;
	if (count > 0 && schema.stride % G_ALIGNOF(aula_field) != 0)
		return refuse(error, descriptor->path, "%s: rows are not aligned", table);
	if (struct_size > STRUCT_BYTES_MOST)
		return refuse(error, descriptor->path, "%s: a struct of over %d bytes", table,
			STRUCT_BYTES_MOST);
	if (!aula_schema_check(&schema, struct_size, &why))
		return refuse(error, descriptor->path, "%s: %s", table, why);
	*rows = copy_fields(descriptor, *rows, count);
	return true;
}

static bool
take_request(aula_descriptor *descriptor, aula_request *row, GError **error)
{
	size_t bits = descriptor->module.capability_count;
	uint64_t known = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;

	if (row->run == NULL)
		return refuse(error, descriptor->path, "request %s: has no function", row->name);
	if ((row->needs & ~known) != 0)
		return refuse(error, descriptor->path,
			"request %s: needs a capability that the module does not declare",
			row->name);
	g_autofree char *table = g_strdup_printf("request %s", row->name);
	return take_fields(
		descriptor, table, &row->fields, row->field_count, row->args_size, error);
}

static bool
take_requests(aula_descriptor *descriptor, GError **error)
{
	aula_module *module = &descriptor->module;
	const char *last = "";

	if (!check_rows(descriptor, "requests", module->requests, module->request_count,
		    module->request_size, FIRST_REQUEST, error))
		return false;
	aula_request *rows = copy_rows(descriptor, module->requests, module->request_count,
		module->request_size, sizeof *rows);
	module->requests = rows;
	for (size_t i = 0; i < module->request_count; i++) {
		if (!aula_schema_name_is_good(rows[i].name))
			return refuse(error, descriptor->path,
				"requests: the name after \"%s\" is missing or not "
				"lower_snake_case",
				last);
		if (strcmp(last, rows[i].name) >= 0)
			return refuse(error, descriptor->path,
				"requests: \"%s\" after \"%s\" is not sorted by name, or there "
				"twice",
				rows[i].name, last);
		last = rows[i].name;
		if (!take_request(descriptor, &rows[i], error))
			return false;
	}
	return true;
}

static bool
take_capabilities(aula_descriptor *descriptor, GError **error)
{
	aula_module *module = &descriptor->module;
	size_t count = module->capability_count;

	if (count > CAPABILITIES_MOST)
		return refuse(error, descriptor->path,
			"%zu capabilities are declared, at most %d can be", count,
			CAPABILITIES_MOST);
	if (!check_rows(descriptor, "capabilities", module->capabilities, count,
		    module->capability_size, FIRST_CAPABILITY, error))
		return false;
	const aula_capability *rows = copy_rows(
		descriptor, module->capabilities, count, module->capability_size, sizeof *rows);
	module->capabilities = rows;
	for (size_t i = 0; i < count; i++) {
		if (!capability_is_good(rows[i].name))
			return refuse(error, descriptor->path,
				"capability %zu: its name is missing or not like \"area.verb\"", i);
		for (size_t j = 0; j < i; j++) {
			if (strcmp(rows[i].name, rows[j].name) == 0)
				return refuse(error, descriptor->path,
					"capability %s: is there twice", rows[i].name);
		}
	}
	return true;
}

/* -- kinds -- */

const aula_request *
aula_descriptor_request(const aula_module *module, const char *name)
{
	size_t low = 0, high = module->request_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const aula_request *row = &module->requests[middle];
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

static bool
take_plugin(aula_descriptor *descriptor, GError **error)
{
	aula_plugin_ops *ops = &descriptor->plugin;

	if (!text_is_good(ops->key))
		return refuse(error, descriptor->path, "plugin: `key` is mandatory");
	if (ops->packages == NULL || ops->packages[0] == NULL)
		return refuse(error, descriptor->path, "plugin: `packages` is mandatory");
	for (size_t i = 0; ops->packages[i] != NULL; i++) {
		if (!text_is_good(ops->packages[i]))
			return refuse(
				error, descriptor->path, "plugin: package %zu is not a name", i);
	}
	if (!check_rows(descriptor, "errors", ops->errors, ops->error_count,
		    descriptor->module.error_size, FIRST_ERROR, error))
		return false;
	ops->errors = copy_rows(descriptor, ops->errors, ops->error_count,
		descriptor->module.error_size, sizeof *ops->errors);
	if (ops->fallback_request != NULL &&
		aula_descriptor_request(&descriptor->module, ops->fallback_request) == NULL)
		return refuse(error, descriptor->path,
			"plugin: fallback_request \"%s\" is no request", ops->fallback_request);
	return true;
}

static bool
take_transport(aula_descriptor *descriptor, GError **error)
{
	const aula_transport_ops *ops = &descriptor->transport;

	if (ops->send == NULL || ops->close == NULL || ops->released == NULL)
		return refuse(error, descriptor->path,
			"transport: `send`, `close` and `released` are mandatory");
	if (descriptor->module.request_count > 0)
		return refuse(error, descriptor->path, "a transport takes no requests");
	return true;
}

static bool
take_events(aula_descriptor *descriptor, GError **error)
{
	if (descriptor->events.event == NULL && descriptor->events.deliver == NULL)
		return refuse(error, descriptor->path,
			"event handler: `event` or `deliver` is mandatory");
	if (descriptor->module.request_count > 0)
		return refuse(error, descriptor->path, "an event handler takes no requests");
	return true;
}

/* `ops` begins with its size, as every table of functions does. */
static bool
copy_ops(const aula_descriptor *descriptor, const char *kind, const void *ops, size_t least,
	void *copy, size_t ours, GError **error)
{
	size_t theirs;

	memcpy(&theirs, ops, sizeof theirs);
	if (theirs < least || theirs > STRUCT_BYTES_MOST)
		return refuse(error, descriptor->path,
			"%s: a table of %zu bytes is not of this ABI (%s)", kind, theirs,
			AULA_SYMBOL);
	memcpy(copy, ops, MIN(theirs, ours));
	memcpy(copy, &ours, sizeof ours);
	return true;
}

static bool
take_kind(aula_descriptor *descriptor, GError **error)
{
	aula_module *module = &descriptor->module;
	int kinds =
		(module->plugin != NULL) + (module->transport != NULL) + (module->events != NULL);

	if (kinds != 1)
		return refuse(error, descriptor->path,
			"it must be exactly one of plugin, transport, event handler; it is %d",
			kinds);
	if (module->plugin != NULL) {
		if (!copy_ops(descriptor, "plugin", module->plugin, FIRST_PLUGIN,
			    &descriptor->plugin, sizeof descriptor->plugin, error))
			return false;
		module->plugin = &descriptor->plugin;
		return take_plugin(descriptor, error);
	}
	if (module->transport != NULL) {
		if (!copy_ops(descriptor, "transport", module->transport, FIRST_TRANSPORT,
			    &descriptor->transport, sizeof descriptor->transport, error))
			return false;
		module->transport = &descriptor->transport;
		return take_transport(descriptor, error);
	}
	if (!copy_ops(descriptor, "event handler", module->events, FIRST_EVENTS,
		    &descriptor->events, sizeof descriptor->events, error))
		return false;
	module->events = &descriptor->events;
	return take_events(descriptor, error);
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

bool
aula_descriptor_take(
	aula_descriptor *descriptor, const aula_module *theirs, const char *path, GError **error)
{
	aula_module *module = &descriptor->module;

	descriptor->path = path;
	if (theirs->size < FIRST_MODULE || theirs->size > STRUCT_BYTES_MOST)
		return refuse(error, descriptor->path,
			"a descriptor of %zu bytes is not of this ABI (%s)", theirs->size,
			AULA_SYMBOL);
	memcpy(module, theirs, MIN(theirs->size, sizeof *module));
	if (!aula_schema_name_is_good(module->name))
		return refuse(
			error, descriptor->path, "its name is missing or not lower_snake_case");
	if (strcmp(module->name, "aula") == 0)
		return refuse(error, descriptor->path, "\"aula\" is the name of the core");
	if (module->start == NULL || module->stop == NULL)
		return refuse(error, descriptor->path, "`start` and `stop` are mandatory");
	settle_texts(module);
	if (!take_fields(descriptor, "settings", &module->config, module->config_count,
		    module->config_size, error) ||
		!take_capabilities(descriptor, error) || !take_requests(descriptor, error) ||
		!check_personal(descriptor, error) || !take_kind(descriptor, error))
		return false;
	module->size = sizeof *module;
	module->field_size = sizeof(aula_field);
	module->request_size = sizeof(aula_request);
	module->capability_size = sizeof(aula_capability);
	module->error_size = sizeof(aula_error_number);
	return true;
}

void
aula_descriptor_finish(aula_descriptor *descriptor)
{
	aula_arena_free(&descriptor->tables);
}
