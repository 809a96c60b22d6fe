/* SPDX-License-Identifier: Apache-2.0 */
#include "host/module.h"

#include <dlfcn.h>
#include <string.h>

#include "host/descriptor.h"

struct aula_loaded {
	void *library; /* dlopen's; NULL when wrapped */
	char *path;
	aula_descriptor descriptor;
};

static GQuark
quark(void)
{
	return g_quark_from_static_string("aula-module");
}

aula_loaded *
aula_loaded_wrap(const aula_module *theirs, const char *path, GError **error)
{
	g_autoptr(aula_loaded) loaded = g_new0(aula_loaded, 1);

	loaded->path = g_strdup(path);
	if (!aula_descriptor_take(&loaded->descriptor, theirs, loaded->path, error))
		return NULL;
	return g_steal_pointer(&loaded);
}

static void
refuse_alien(void *library, const char *path, GError **error)
{
	for (int version = 2; version < 10; version++) {
		char symbol[] = "aula_module_v0";
		symbol[sizeof symbol - 2] = (char)('0' + version);
		if (dlsym(library, symbol) != NULL) {
			g_set_error(error, quark(), 0,
				"%s: it is a module of another ABI (%s); this core has %s", path,
				symbol, AULA_SYMBOL);
			return;
		}
	}
	g_set_error(error, quark(), 0, "%s: it is no module of this core's ABI: no symbol %s", path,
		AULA_SYMBOL);
}

aula_loaded *
aula_loaded_open(const char *path, GError **error)
{
	/* Without a slash dlopen would search the library path. */
	g_autofree char *file =
		strchr(path, '/') != NULL ? g_strdup(path) : g_build_filename(".", path, NULL);
	void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL) {
		g_set_error(error, quark(), 0, "%s: it does not load: %s", path, dlerror());
		return NULL;
	}
	const aula_module *theirs = dlsym(library, AULA_SYMBOL);
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
	aula_descriptor_finish(&loaded->descriptor);
	g_free(loaded->path);
	g_free(loaded);
}

const aula_module *
aula_loaded_module(const aula_loaded *loaded)
{
	return &loaded->descriptor.module;
}

const char *
aula_loaded_name(const aula_loaded *loaded)
{
	return loaded->descriptor.module.name;
}

const char *
aula_loaded_path(const aula_loaded *loaded)
{
	return loaded->path;
}

const aula_request *
aula_loaded_request(const aula_loaded *loaded, const char *name)
{
	return aula_descriptor_request(&loaded->descriptor.module, name);
}

bool
aula_loaded_answers_to(const aula_loaded *loaded, const char *package)
{
	return loaded->descriptor.module.plugin != NULL &&
	       g_strv_contains(loaded->descriptor.module.plugin->packages, package);
}

int
aula_loaded_error_number(const aula_loaded *loaded, aula_code code)
{
	const aula_plugin_ops *ops = &loaded->descriptor.plugin;

	for (size_t i = 0; i < ops->error_count; i++) {
		if (ops->errors[i].code == code)
			return ops->errors[i].number;
	}
	return ops->error_fallback;
}

aula_schema
aula_loaded_settings(const aula_loaded *loaded)
{
	return (aula_schema){ loaded->descriptor.module.config,
		loaded->descriptor.module.config_count, sizeof(aula_field) };
}

aula_schema
aula_request_schema(const aula_request *request)
{
	return (aula_schema){ request->fields, request->field_count, sizeof(aula_field) };
}
