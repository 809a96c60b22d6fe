/* SPDX-License-Identifier: Apache-2.0 */
/** A module that the core accepted. Its descriptor is read in full before a line of its code runs,
 * and copied into this core's shape: what an older module lacks is zero, what a newer one has
 * on top is left out. So nobody else handles row sizes: plain indexing of the copy is right. All
 * [control]. */
#ifndef AULA_HOST_MODULE_H
#define AULA_HOST_MODULE_H

#include <glib.h>

#include "aula/module.h"
#include "base/schema.h"

typedef struct aula_loaded aula_loaded;

/** Opens `path` and checks its descriptor. NULL: the error names the file and the reason. */
aula_loaded *aula_loaded_open(const char *path, GError **error);

/** Checks and copies a descriptor that is in this process already, for tests; `path` is its name in
 * errors. The descriptor must live as long. */
aula_loaded *aula_loaded_wrap(const aula_module *theirs, const char *path, GError **error);

/** Unloads it; none of its code may run any more. NULL is fine. */
void aula_loaded_free(aula_loaded *loaded);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(aula_loaded, aula_loaded_free)

/** The copy: complete structs and rows of this core's size, borrowed. */
const aula_module *aula_loaded_module(const aula_loaded *loaded);
const char *aula_loaded_name(const aula_loaded *loaded);
const char *aula_loaded_path(const aula_loaded *loaded);

/** The row of that name; NULL when there is none. */
const aula_request *aula_loaded_request(const aula_loaded *loaded, const char *name);

/** Whether clients attach to this plugin by that name. False for other kinds. */
bool aula_loaded_answers_to(const aula_loaded *loaded, const char *package);

/** The number by which the plugin's clients know a code. */
int aula_loaded_error_number(const aula_loaded *loaded, aula_code code);

/** The tables, for aula_schema_fill(): settings of the module, arguments of a request. */
aula_schema aula_loaded_settings(const aula_loaded *loaded);
aula_schema aula_request_schema(const aula_request *request);

#endif
