/* SPDX-License-Identifier: Apache-2.0 */
#include "host/modules.h"

#include <string.h>

#include "base/log.h"

enum { MODULES_MOST = 64 };

struct entry {
	aula_loaded *loaded;
	aula_config *config;
	GPtrArray *former; /* of aula_config: settings in force may point into them; NULL: none */
	void *filled;      /* the struct of settings */
	aula_capability_map map;
	void *self;
	bool required, runs, abandoned;
};

struct aula_modules {
	GPtrArray *entries; /* of struct entry */
};

static GQuark
quark(void)
{
	return g_quark_from_static_string("aula-modules");
}

static void
entry_free(struct entry *entry)
{
	/* A thread that hangs may come back to all of it. */
	if (!entry->abandoned) {
		g_free(entry->filled);
		aula_config_free(entry->config);
		if (entry->former != NULL)
			g_ptr_array_free(entry->former, TRUE);
		aula_loaded_free(entry->loaded);
	}
	g_free(entry);
}

/* -- loading -- */

static bool
refuse_rivals(const aula_modules *modules, const aula_loaded *loaded, GError **error)
{
	const aula_plugin_ops *plugin = aula_loaded_module(loaded)->plugin;

	if (modules->entries->len == MODULES_MOST) {
		g_set_error(error, quark(), 0, "%s: a server has at most %d modules",
			aula_loaded_path(loaded), MODULES_MOST);
		return false;
	}
	for (size_t i = 0; i < modules->entries->len; i++) {
		const aula_loaded *rival = aula_modules_get(modules, i);
		const char *package = NULL;
		if (strcmp(aula_loaded_name(rival), aula_loaded_name(loaded)) == 0) {
			g_set_error(error, quark(), 0, "%s: %s is the name of %s already",
				aula_loaded_path(loaded), aula_loaded_name(loaded),
				aula_loaded_path(rival));
			return false;
		}
		for (size_t j = 0; plugin != NULL && plugin->packages[j] != NULL; j++) {
			if (aula_loaded_answers_to(rival, plugin->packages[j]))
				package = plugin->packages[j];
		}
		if (package != NULL) {
			g_set_error(error, quark(), 0, "%s: %s answers to %s already",
				aula_loaded_path(loaded), aula_loaded_path(rival), package);
			return false;
		}
	}
	return true;
}

/* What may go wrong with one module, without harm to the others. */
static struct entry *
open_entry(const aula_modules *modules, const char *path, aula_capabilities *capabilities,
	GError **error)
{
	g_autoptr(aula_loaded) loaded = aula_loaded_open(path, error);
	aula_capability_map map;

	if (loaded == NULL || !refuse_rivals(modules, loaded, error) ||
		!aula_capabilities_declare(capabilities, loaded, &map, error))
		return NULL;
	struct entry *entry = g_new0(struct entry, 1);
	entry->loaded = g_steal_pointer(&loaded);
	entry->map = map;
	return entry;
}

static bool
configure(const aula_loaded *loaded, const char *config_folder, const char *state,
	aula_config **ret_config, void **ret_filled, GError **error)
{
	aula_schema schema = aula_loaded_settings(loaded);
	size_t size = aula_loaded_module(loaded)->config_size;

	*ret_config = aula_config_read(config_folder, aula_loaded_name(loaded), error);
	if (*ret_config == NULL)
		return false;
	aula_config_set_base(*ret_config, state);
	*ret_filled = g_malloc0(MAX(size, 1));
	return aula_config_fill(*ret_config, NULL, &schema, *ret_filled, error);
}

static bool
load_one(aula_modules *modules, const aula_settings *settings, const char *config_folder,
	const char *path, bool required, aula_capabilities *capabilities, GError **error)
{
	g_autoptr(GError) problem = NULL;
	struct entry *entry = open_entry(modules, path, capabilities, &problem);

	if (entry == NULL && required) {
		g_propagate_prefixed_error(error, g_steal_pointer(&problem), "a required module: ");
		return false;
	}
	if (entry == NULL) {
		aula_log(AULA_LOG_ERROR, "host", "a module is left out: %s", problem->message);
		return true;
	}
	entry->required = required;
	g_ptr_array_add(modules->entries, entry);
	return configure(entry->loaded, config_folder, settings->general.state, &entry->config,
		&entry->filled, error);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *
scan(const char *folder, const char *suffix)
{
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		if (g_str_has_suffix(name, suffix))
			g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
	}
	if (dir != NULL)
		g_dir_close(dir);
	g_ptr_array_sort(paths, by_text);
	return paths;
}

GPtrArray *
aula_modules_scan(const char *folder)
{
	return scan(folder, ".so");
}

static bool
load_folder(aula_modules *modules, const aula_settings *settings, const char *config_folder,
	aula_capabilities *capabilities, GError **error)
{
	g_autoptr(GPtrArray) paths = aula_modules_scan(settings->modules.folder);

	if (paths->len == 0)
		aula_log(AULA_LOG_WARNING, "host", "there is no module folder=%s",
			settings->modules.folder);
	for (size_t i = 0; i < paths->len; i++) {
		if (!load_one(modules, settings, config_folder, paths->pdata[i], false,
			    capabilities, error))
			return false;
	}
	return true;
}

static bool
load_enabled(aula_modules *modules, const aula_settings *settings, const char *config_folder,
	aula_capabilities *capabilities, GError **error)
{
	const aula_settings_module *rows = settings->modules.enabled.items;

	for (size_t i = 0; i < settings->modules.enabled.count; i++) {
		g_autofree char *base = g_strdup_printf("%s.so", rows[i].name);
		g_autofree char *path =
			rows[i].name != NULL
				? g_build_filename(settings->modules.folder, base, NULL)
				: g_strdup(rows[i].path);
		if (!load_one(modules, settings, config_folder, path, rows[i].required,
			    capabilities, error))
			return false;
	}
	return true;
}

/* A file that nobody reads is worth a word: its module may be misspelt. */
static void
mention_strays(const aula_modules *modules, const char *config_folder)
{
	g_autoptr(GPtrArray) paths = scan(config_folder, ".cfg");

	for (size_t i = 0; i < paths->len; i++) {
		g_autofree char *name = g_path_get_basename(paths->pdata[i]);
		name[strlen(name) - strlen(".cfg")] = '\0';
		bool known = strcmp(name, "aula") == 0;
		for (size_t j = 0; j < modules->entries->len && !known; j++)
			known = strcmp(name, aula_loaded_name(aula_modules_get(modules, j))) == 0;
		if (!known)
			aula_log(AULA_LOG_WARNING, "host", "%s: no module of that name is loaded",
				(const char *)paths->pdata[i]);
	}
}

static int
rank(const struct entry *entry)
{
	const aula_module *module = aula_loaded_module(entry->loaded);

	return module->events != NULL ? 0 : module->plugin != NULL ? 1 : 2;
}

static int
by_start(const void *a, const void *b)
{
	const struct entry *one = *(struct entry *const *)a, *two = *(struct entry *const *)b;
	int order = rank(one) - rank(two);

	return order != 0 ? order
			  : strcmp(aula_loaded_name(one->loaded), aula_loaded_name(two->loaded));
}

aula_modules *
aula_modules_load(const aula_settings *settings, const char *config_folder,
	aula_capabilities *capabilities, GError **error)
{
	g_autoptr(aula_modules) modules = g_new0(aula_modules, 1);
	bool all = settings->modules.enabled.count == 0;

	modules->entries = g_ptr_array_new_with_free_func((GDestroyNotify)entry_free);
	if (!(all ? load_folder : load_enabled)(
		    modules, settings, config_folder, capabilities, error))
		return NULL;
	if (config_folder != NULL)
		mention_strays(modules, config_folder);
	g_ptr_array_sort(modules->entries, by_start);
	return g_steal_pointer(&modules);
}

/* -- running -- */

static struct entry *
entry_at(const aula_modules *modules, size_t index)
{
	g_assert(index < modules->entries->len);
	return modules->entries->pdata[index];
}

bool
aula_modules_start(aula_modules *modules, const aula_host *(*host_of)(void *data, size_t index),
	void *data, GError **error)
{
	for (size_t i = 0; i < modules->entries->len; i++) {
		struct entry *entry = entry_at(modules, i);
		const char *path = aula_loaded_path(entry->loaded);
		void *self = NULL;
		aula_code code = aula_loaded_module(entry->loaded)
					 ->start(host_of(data, i), entry->filled, &self);
		if (code == AULA_OK) {
			entry->self = self;
			entry->runs = true;
			aula_log(AULA_LOG_INFO, "host", "module started name=%s",
				aula_loaded_name(entry->loaded));
		} else if (entry->required) {
			g_set_error(error, quark(), 0,
				"a required module: %s: it does not start: %s", path,
				aula_code_sentence(code));
			aula_modules_stop(modules);
			return false;
		} else {
			aula_log(AULA_LOG_ERROR, "host",
				"a module is left out: %s: it does not start: %s", path,
				aula_code_sentence(code));
		}
	}
	return true;
}

void
aula_modules_stop(aula_modules *modules)
{
	for (size_t i = modules->entries->len; i-- > 0;) {
		struct entry *entry = entry_at(modules, i);
		if (!entry->runs)
			continue;
		entry->runs = false;
		aula_loaded_module(entry->loaded)->stop(entry->self);
		entry->self = NULL;
	}
}

void
aula_modules_free(aula_modules *modules)
{
	if (modules == NULL)
		return;
	aula_modules_stop(modules);
	g_ptr_array_free(modules->entries, TRUE);
	g_free(modules);
}

size_t
aula_modules_count(const aula_modules *modules)
{
	return modules->entries->len;
}

const aula_loaded *
aula_modules_get(const aula_modules *modules, size_t index)
{
	return entry_at(modules, index)->loaded;
}

const aula_capability_map *
aula_modules_map(const aula_modules *modules, size_t index)
{
	return &entry_at(modules, index)->map;
}

void *
aula_modules_self(const aula_modules *modules, size_t index)
{
	return entry_at(modules, index)->self;
}

bool
aula_modules_runs(const aula_modules *modules, size_t index)
{
	return entry_at(modules, index)->runs;
}

void
aula_modules_abandon(aula_modules *modules, size_t index)
{
	struct entry *entry = entry_at(modules, index);

	entry->runs = false;
	entry->abandoned = true;
}

const void *
aula_modules_filled(const aula_modules *modules, size_t index)
{
	return entry_at(modules, index)->filled;
}

/* -- reloading -- */

struct aula_modules_fresh {
	size_t count;
	struct {
		aula_config *config;
		void *filled;
	} of[MODULES_MOST];
};

void
aula_modules_fresh_free(aula_modules_fresh *fresh)
{
	if (fresh == NULL)
		return;
	for (size_t i = 0; i < fresh->count; i++) {
		g_free(fresh->of[i].filled);
		aula_config_free(fresh->of[i].config);
	}
	g_free(fresh);
}

aula_modules_fresh *
aula_modules_read(
	const aula_modules *modules, const char *config_folder, const char *state, GError **error)
{
	g_autoptr(aula_modules_fresh) fresh = g_new0(aula_modules_fresh, 1);

	for (size_t i = 0; i < modules->entries->len; i++) {
		fresh->count++;
		if (!configure(entry_at(modules, i)->loaded, config_folder, state,
			    &fresh->of[i].config, &fresh->of[i].filled, error))
			return NULL;
	}
	return g_steal_pointer(&fresh);
}

/* The new struct has what is live from the new file and the rest from before, so it may point into
 * both: every configuration that had a part in it is kept. */
static void
apply_one(
	struct entry *entry, aula_config **config, void **filled, json_t *applied, json_t *restart)
{
	const aula_module *module = aula_loaded_module(entry->loaded);
	aula_schema schema = aula_loaded_settings(entry->loaded);
	size_t size = MAX(module->config_size, 1);
	void *merged = g_malloc(size);

	memcpy(merged, entry->filled, size);
	if (aula_schema_apply(&schema, module->name, merged, *filled,
		    entry->runs && module->reconfigured != NULL, applied, restart) == 0) {
		g_free(merged);
		return;
	}
	module->reconfigured(entry->self, merged);
	g_free(entry->filled);
	entry->filled = merged;
	if (entry->former == NULL)
		entry->former = g_ptr_array_new_with_free_func((GDestroyNotify)aula_config_free);
	g_ptr_array_add(entry->former, g_steal_pointer(config));
}

void
aula_modules_apply(
	aula_modules *modules, aula_modules_fresh *fresh, json_t *applied, json_t *restart)
{
	g_assert(fresh->count == modules->entries->len);
	for (size_t i = 0; i < fresh->count; i++)
		apply_one(entry_at(modules, i), &fresh->of[i].config, &fresh->of[i].filled, applied,
			restart);
}

size_t
aula_modules_package(const aula_modules *modules, const char *package)
{
	for (size_t i = 0; i < modules->entries->len; i++) {
		if (entry_at(modules, i)->runs &&
			aula_loaded_answers_to(aula_modules_get(modules, i), package))
			return i;
	}
	return SIZE_MAX;
}
