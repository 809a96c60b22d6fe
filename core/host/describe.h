/* SPDX-License-Identifier: Apache-2.0 */
/** What the tables say about themselves: as JSON, as Markdown, as a sample configuration. */
#ifndef AULA_HOST_DESCRIBE_H
#define AULA_HOST_DESCRIBE_H

#include "host/module.h"
#include "host/options.h"

/** {"name", "kind", "summary", "version", "author", "packages": [], "capabilities": [{"name",
 * "summary"}], "blocks": [{"name", "summary", "settings": []}], "requests": [{"name", "summary",
 * "needs", "async", "http", "fields": []}]}. Settings and fields are as aula_schema_describe()
 * tells them. A module has one block, without a name. With "personal": [{"table", "person", "told",
 * "untold", "then", "summary"}], where it keeps what is about people. New reference. */
/** Takes `requests`, what the Admin API takes. */
json_t *aula_describe_core(json_t *requests);
json_t *aula_describe_module(const aula_loaded *loaded);

/** A chapter of the reference. Caller frees. */
char *aula_describe_markdown(json_t *description);
/** A configuration file with every setting, its sentence and range; what is commented out is the
 * default. Caller frees. */
char *aula_describe_sample(json_t *description);

/** Prints, in the format of the options, the module they name; without one the core and every
 * module of its folder ({"core": {}, "modules": []}), or in the format "sample" the core. Takes
 * `requests`, see above. */
bool aula_describe_print(const aula_options *options, json_t *requests, GError **error);

#endif
