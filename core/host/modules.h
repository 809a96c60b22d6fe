/* SPDX-License-Identifier: Apache-2.0 */
/** All modules of this server, from folder to stop. A module that does not load or start is named
 * in the log with file and reason and is left out, unless the configuration says that it is
 * required; a wrong configuration of a module is refused always. All [control]. */
#ifndef AULA_HOST_MODULES_H
#define AULA_HOST_MODULES_H

#include "host/capability.h"
#include "host/module.h"
#include "host/settings.h"

typedef struct aula_modules aula_modules;

/** Loads what the settings ask for, fills each module's configuration, declares its capabilities.
 * Starts nothing. Borrows both. */
aula_modules *aula_modules_load(const aula_settings *settings, const char *config_folder,
	aula_capabilities *capabilities, GError **error);

/** Starts each, in order of name: event handlers first, then plugins, then transports, so that
 * nobody speaks before there is somebody to hear. `host_of` gives the table for module `index`; it
 * must live until `stop`. False: a required one did not start; those started are stopped. */
bool aula_modules_start(aula_modules *modules,
	const aula_host *(*host_of)(void *data, size_t index), void *data, GError **error);

/** The struct of settings that a module was given last; NULL when it has none. Borrowed. */
const void *aula_modules_filled(const aula_modules *modules, size_t index);

/** The configuration of every module, read anew and checked; nothing is changed yet. NULL: the
 * error says file, line and key. */
typedef struct aula_modules_fresh aula_modules_fresh;
aula_modules_fresh *aula_modules_read(
	const aula_modules *modules, const char *config_folder, const char *state, GError **error);
void aula_modules_fresh_free(aula_modules_fresh *fresh);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(aula_modules_fresh, aula_modules_fresh_free)
/** Takes over what modules can, and tells them. Appends "chat.history" and the like to `applied` or
 * to `restart`. */
void aula_modules_apply(
	aula_modules *modules, aula_modules_fresh *fresh, json_t *applied, json_t *restart);

/** Stops those started, the last first. Twice is fine. */
void aula_modules_stop(aula_modules *modules);
void aula_modules_free(aula_modules *modules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(aula_modules, aula_modules_free)

/** The files of modules in a folder, sorted by name. Caller unrefs. */
GPtrArray *aula_modules_scan(const char *folder);

/** In the order of starting. */
size_t aula_modules_count(const aula_modules *modules);
const aula_loaded *aula_modules_get(const aula_modules *modules, size_t index);
const aula_capability_map *aula_modules_map(const aula_modules *modules, size_t index);
/** What its `start` gave. */
void *aula_modules_self(const aula_modules *modules, size_t index);
bool aula_modules_runs(const aula_modules *modules, size_t index);
/** Forgets that it runs, so that nothing calls into it again (its thread hangs). */
void aula_modules_abandon(aula_modules *modules, size_t index);
/** The running plugin that answers to a name; SIZE_MAX when none does. */
size_t aula_modules_package(const aula_modules *modules, const char *package);

#endif
