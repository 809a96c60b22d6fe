/* SPDX-License-Identifier: Apache-2.0 */
/* Wiring only: the one file that knows every room of the core. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "host/describe.h"
#include "host/modules.h"
#include "host/options.h"
#include "host/settings.h"

/* Everything that a wrong configuration can spoil, up to the point where modules would start. */
static bool
check_config(const aula_options *options, GError **error)
{
	g_autoptr(aula_settings) settings = aula_settings_load(options, error);
	g_autoptr(aula_capabilities) all = aula_capabilities_new();

	if (settings == NULL)
		return false;
	aula_log_open(aula_settings_log_level(settings));
	g_autoptr(aula_modules) modules =
		aula_modules_load(settings, options->config_folder, all, error);
	if (modules == NULL)
		return false;
	g_autoptr(aula_roles) roles = aula_roles_new(
		all, settings->identity.roles, settings->config, "identity.roles", error);
	return roles != NULL && aula_roles_set(roles, all, "guest", &settings->demo.guest,
					settings->config, "demo.guest", error);
}

static bool
run(const aula_options *options, GError **error)
{
	if (options->version) {
		puts("aula " AULA_VERSION);
		return true;
	}
	if (options->describe)
		return aula_describe_print(options, error);
	return check_config(options, error);
}

int
main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	aula_options options = { 0 };
	bool good = aula_options_parse(&options, argc, argv, &error) && run(&options, &error);

	if (!good)
		fprintf(stderr, "aula: %s\n", error->message);
	aula_options_finish(&options);
	aula_log_settle(true);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
