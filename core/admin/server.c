/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs about the server that Janus does not have: node, modules, settings, log, events,
 * drain, reload. */
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "admin/inside.h"
#include "base/log.h"

enum { DRAIN_MOST_S = 86400 };

/* -- this node -- */

static int64_t
resident_bytes(void)
{
	long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file != NULL) {
		if (fscanf(file, "%*d %ld", &pages) != 1)
			pages = 0;
		fclose(file);
	}
	return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

static double
cpu_s(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static json_t *
this_node(aula_admin_call *call)
{
	const aula_switchboard *board = call->board;
	const aula_settings *settings = aula_admin_settings(call->admin);
	json_t *loops = json_array();
	size_t count;

	for (unsigned i = 0; board->engine != NULL &&
			     (count = aula_engine_peers_on(board->engine, i)) != SIZE_MAX;
		i++)
		json_array_append_new(loops, json_integer((json_int_t)count));
	return json_pack(
		"{s:s, s:s, s:s, s:i, s:I, s:b, s:f, s:I, s:{s:I, s:I, s:I, s:I, s:I}, s:o}",
		"name", settings->general.name, "host", g_get_host_name(), "version", AULA_VERSION,
		"pid", (int)getpid(), "uptime_s",
		(json_int_t)((aula_now_us() - aula_admin_since_us(call->admin)) / G_USEC_PER_SEC),
		"draining", board->draining, "cpu_s", cpu_s(), "memory_bytes",
		(json_int_t)resident_bytes(), "now", "clients",
		(json_int_t)aula_clients_count(board->clients), "sessions",
		(json_int_t)aula_sessions_count(board->sessions), "handles",
		(json_int_t)aula_sessions_handle_count(board->sessions), "peers",
		(json_int_t)aula_peerings_count(board->peerings), "rooms",
		(json_int_t)aula_room_list_count(board->rooms), "loops", loops);
}

static bool
do_status(aula_admin_call *call, const void *args)
{
	(void)args;
	json_object_set_new(call->reply, "node", this_node(call));
	json_object_set_new(call->reply, "events", aula_fanout_counted(call->board->events));
	return true;
}

static bool
do_nodes(aula_admin_call *call, const void *args)
{
	(void)args;
	json_object_set_new(call->reply, "nodes", json_pack("[o]", this_node(call)));
	return true;
}

/* -- modules and settings -- */

/* [{"name", "value", "summary", "live"}]; a secret is not shown. */
static json_t *
values_of(const aula_schema *schema, const void *filled)
{
	json_t *all = json_array();

	for (size_t i = 0; filled != NULL && i < schema->count; i++) {
		const aula_field *field = aula_schema_row(schema, i);
		json_t *value = (field->flags & AULA_SECRET) != 0
					? json_string("(secret)")
					: aula_schema_value(field, filled);
		json_array_append_new(all, json_pack("{s:s, s:o, s:s, s:b}", "name", field->name,
						   "value", value, "summary", field->summary,
						   "live", (field->flags & AULA_LIVE) != 0));
	}
	return all;
}

static const char *
kind_of(const aula_module *module)
{
	return module->plugin != NULL      ? "plugin"
	       : module->transport != NULL ? "transport"
					   : "event handler";
}

static bool
do_modules(aula_admin_call *call, const void *args)
{
	const aula_modules *modules = call->board->modules;
	json_t *all = json_array();

	(void)args;
	for (size_t i = 0; i < aula_modules_count(modules); i++) {
		const aula_loaded *loaded = aula_modules_get(modules, i);
		const aula_module *module = aula_loaded_module(loaded);
		aula_schema schema = aula_loaded_settings(loaded);
		json_t *one = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:o}", "name",
			module->name, "kind", kind_of(module), "summary", module->summary,
			"version", module->version != NULL ? module->version : "", "path",
			aula_loaded_path(loaded), "runs", aula_modules_runs(modules, i),
			"reconfigurable", module->reconfigured != NULL, "settings",
			values_of(&schema, aula_modules_filled(modules, i)));
		json_array_append_new(all, one);
	}
	json_object_set_new(call->reply, "modules", all);
	return true;
}

static bool
do_settings(aula_admin_call *call, const void *args)
{
	const aula_settings *settings = aula_admin_settings(call->admin);
	json_t *all = json_object();

	(void)args;
	for (const aula_settings_block *block = aula_settings_blocks(); block->name != NULL;
		block++)
		json_object_set_new(all, block->name,
			values_of(&block->schema, (const char *)settings + block->offset));
	json_object_set_new(call->reply, "settings", all);
	return true;
}

/* -- log and events -- */

typedef struct {
	int64_t most;
} most_args;
static const aula_field lines_fields[] = { AULA_INT(
	most_args, most, "lines", 1, AULA_LOG_KEPT, .fallback = 100, .summary = "How many.") };
static const aula_field events_fields[] = { AULA_INT(
	most_args, most, "most", 1, 256, .fallback = 100, .summary = "How many.") };

static bool
do_logs(aula_admin_call *call, const void *args)
{
	g_autofree char *text = aula_log_recent((size_t)((const most_args *)args)->most);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	json_t *all = json_array();

	for (char **line = lines; *line != NULL; line++) {
		g_autofree char *valid = g_utf8_make_valid(*line, -1);
		if (*valid != '\0')
			json_array_append_new(all, json_string(valid));
	}
	json_object_set_new(call->reply, "lines", all);
	return true;
}

static bool
do_events(aula_admin_call *call, const void *args)
{
	int64_t most = ((const most_args *)args)->most;

	json_object_set_new(
		call->reply, "events", aula_fanout_recent(call->board->events, (size_t)most));
	return true;
}

/* -- drain and reload -- */

typedef struct {
	int64_t wait_s;
} drain_args;
static const aula_field drain_fields[] = { AULA_INT(drain_args, wait_s, "wait_s", 0, DRAIN_MOST_S,
	.fallback = -1,
	.summary =
		"Seconds after which it ends whoever is still there; absent: general.drain_s.") };

static bool
do_drain(aula_admin_call *call, const void *args)
{
	void *data;
	const aula_admin_listener *listener = aula_admin_listener_of(call->admin, &data);
	int64_t wait_s = ((const drain_args *)args)->wait_s;

	if (wait_s < 0)
		wait_s = aula_admin_settings(call->admin)->general.drain_s;
	json_object_set_new(call->reply, "draining", json_true());
	json_object_set_new(call->reply, "wait_s", json_integer(wait_s));
	json_object_set_new(call->reply, "sessions",
		json_integer((json_int_t)aula_sessions_count(call->board->sessions)));
	listener->on_admin_drain(data, wait_s);
	return true;
}

static bool
do_reload(aula_admin_call *call, const void *args)
{
	void *data;
	const aula_admin_listener *listener = aula_admin_listener_of(call->admin, &data);
	g_autoptr(GError) error = NULL;
	json_t *said = listener->on_admin_reload(data, &error);

	(void)args;
	if (said == NULL)
		return aula_refuse(&call->refusal, AULA_ERROR_OTHER, NULL,
			"Nothing was changed: %s", error->message);
	json_object_update(call->reply, said);
	json_decref(said);
	return true;
}

#define FIELDS(table, type) \
	.fields = (table), .field_count = G_N_ELEMENTS(table), .args_size = sizeof(type)

// clang-format off
static const aula_admin_verb rows[] = {
	{ "status", AULA_ADMIN_SERVER, .run = do_status,
		.summary = "This node: version, uptime, load, how many of everything; and what its event handlers got." },
	{ "nodes", AULA_ADMIN_SERVER, .run = do_nodes,
		.summary = "The nodes that are known: this one." },
	{ "modules", AULA_ADMIN_SERVER, .run = do_modules,
		.summary = "The modules, whether they run, and their settings as they are now." },
	{ "settings", AULA_ADMIN_SERVER, .run = do_settings,
		.summary = "The settings of the core as they are now, and which of them a reload applies." },
	{ "logs", AULA_ADMIN_SERVER, FIELDS(lines_fields, most_args), .run = do_logs,
		.summary = "The latest lines of the log." },
	{ "events", AULA_ADMIN_SERVER, FIELDS(events_fields, most_args), .run = do_events,
		.summary = "The latest events; those about descriptions, media and connections are not kept." },
	{ "drain", AULA_ADMIN_SERVER, FIELDS(drain_fields, drain_args), .acts = true, .run = do_drain,
		.summary = "Takes no new sessions, tells those there are, and ends the server when they have gone or the time is over." },
	{ "reload", AULA_ADMIN_SERVER, .acts = true, .run = do_reload,
		.summary = "Reads the configuration anew; applies what can be, names what needs a restart; a fault changes nothing." },
};
// clang-format on

const aula_admin_table aula_admin_server_verbs = { rows, G_N_ELEMENTS(rows) };
