/* SPDX-License-Identifier: Apache-2.0 */
/** What the tables say about themselves: as JSON, as Markdown, as a sample configuration. */
#ifndef AULA_HOST_DESCRIBE_H
#define AULA_HOST_DESCRIBE_H

#include "host/module.h"

/** {"name", "kind", "summary", "version", "author", "packages", "capabilities": [..], "blocks":
 * [{"name", "summary", "settings": [..]}], "requests": [..]}. A module has one block without a
 * name. New reference. */
json_t *aula_describe_core(void);
json_t *aula_describe_module(const aula_loaded *loaded);

/** A chapter of the reference. Caller frees. */
char *aula_describe_markdown(json_t *description);
/** A configuration file with every setting, its sentence and range, commented out at its default.
 * Caller frees. */
char *aula_describe_sample(json_t *description);

/** Prints the module at `path` (NULL: the core) as "json", "markdown" or "sample" to standard
 * output. */
bool aula_describe_print(const char *path, const char *format, GError **error);

#endif
