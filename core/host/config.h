/* SPDX-License-Identifier: Apache-2.0 */
/** One configuration file (libconfig) on its way into a struct. Every fault is one sentence: file,
 * line, key, what was expected. Keys that no table knows, a key given twice and a missing one are
 * faults too. All [control], at start. */
#ifndef AULA_HOST_CONFIG_H
#define AULA_HOST_CONFIG_H

#include <glib.h>

#include "base/schema.h"

typedef struct aula_config aula_config;

/** Reads FOLDER/NAME.cfg. Without that file, or with NULL for `folder`, it is empty. */
aula_config *aula_config_read(const char *folder, const char *name, GError **error);
/** Reads a text; `file` stands for the file's name in faults. */
aula_config *aula_config_parse(const char *text, const char *file, GError **error);
/** Frees it and all that was filled from it. NULL is fine. */
void aula_config_free(aula_config *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(aula_config, aula_config_free)

/** Puts `value` (taken) in the place of what the file says under `path` ("web.port"). `origin`
 * (copied) names it in faults, such as "--port". */
void aula_config_override(aula_config *config, const char *path, json_t *value, const char *origin);

/** Puts `value` (taken) under `path` if nothing is there. */
void aula_config_default(aula_config *config, const char *path, json_t *value);

/** Whether somebody set `path`, in the file or on the command line. */
bool aula_config_is_set(const aula_config *config, const char *path);

/** What is under `path`; NULL when nothing is. Borrowed. */
json_t *aula_config_get(const aula_config *config, const char *path);

/** Relative paths in fields with the flag AULA_PATH are taken from this folder from now on; copied.
 */
void aula_config_set_base(aula_config *config, const char *folder);

/** Fills `out` from the group `block`, or with NULL from the whole file. Texts and lists live as
 * long as `config`. */
bool aula_config_fill(aula_config *config, const char *block, const aula_schema *schema, void *out,
	GError **error);

/** False when the file has a group or key beside `blocks` (NULL-terminated). */
bool aula_config_has_only(aula_config *config, const char *const *blocks, GError **error);

/** Sets `error` to a fault found elsewhere: "FILE:LINE: PATH: MESSAGE". False, for `return`. */
bool aula_config_blame(const aula_config *config, GError **error, const char *path,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/** "FILE:LINE", or the option that overrode it, where `path` was set. Caller frees. */
char *aula_config_place(const aula_config *config, const char *path);

#endif
