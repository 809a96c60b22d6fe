/* SPDX-License-Identifier: Apache-2.0 */
/** The daemon's command line. */
#ifndef AULA_HOST_OPTIONS_H
#define AULA_HOST_OPTIONS_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

typedef struct {
	char *config_folder; /* NULL: no configuration but what is built in */
	bool check_config, version, describe;
	char *describe_module; /* path of a module; NULL: the core */
	char *format;          /* of the description: "json", "markdown", "sample" */
	/** What is to be done instead of serving, and with what: {"backup", FILE}, {"restore",
	 * FILE},
	 * {"audit"}; empty: serve. */
	char **command;
	/** Settings given on the command line: [{path, value, origin}]. */
	json_t *overrides;
} aula_options;

/** Parses the arguments; `--help` prints and exits. False with a sentence. Zero-initialised before;
 * finish it in both cases. */
bool aula_options_parse(aula_options *ret_options, int argc, char **argv, GError **error);
void aula_options_finish(aula_options *options);

#endif
