/* SPDX-License-Identifier: Apache-2.0 */
#include "host/options.h"

#include <stdint.h>
#include <string.h>

/* Options that stand for a setting of aula.cfg. */
// clang-format off
static const struct setting {
	const char *option, *path, *argument, *help;
	enum { TEXT, INTEGER, LIST, FOLDER } kind;
} settings[] = {
	{ "host", "web.host", "ADDRESS", "Address to listen on (default 127.0.0.1)", TEXT },
	{ "port", "web.port", "N", "HTTP and WebSocket (default 8080; 0: any)", INTEGER },
	{ "tls-port", "web.tls_port", "N", "HTTPS and secure WebSocket (default 8443; 0: none)", INTEGER },
	{ "udp-port", "media.udp_port", "N", "First of the media ports, UDP and TCP (default 20000; 0: any)", INTEGER },
	{ "admin-port", "admin.port", "N", "Admin API (default 7088; 0: any)", INTEGER },
	{ "drain", "general.drain_s", "N", "Seconds that SIGTERM leaves to sessions (default 10; 0: none)", INTEGER },
	{ "announce", "media.announce", "ADDRESS", "Address by which browsers reach the media ports; may be repeated", LIST },
	{ "state", "general.state", "DIR", "Certificate, secrets and data (default var)", FOLDER },
	{ "store", "store.url", "URL", "The database: sqlite:FILE (default, in the state folder) or postgresql://…", TEXT },
	{ "demo", "demo.mode", "MODE", "Tokens for a demo class: off, loopback, anywhere", TEXT },
};
// clang-format on

static GQuark
quark(void)
{
	return g_quark_from_static_string("aula-options");
}

/* A number that is none goes on as text: the table of settings says what was expected. */
static json_t *
integer(const char *text)
{
	gint64 number;

	return g_ascii_string_to_signed(text, 10, INT64_MIN, INT64_MAX, &number, NULL)
		       ? json_integer(number)
		       : json_string(text);
}

static json_t *
find(json_t *overrides, const char *path)
{
	size_t index;
	json_t *row;

	json_array_foreach(overrides, index, row)
	{
		if (strcmp(json_string_value(json_object_get(row, "path")), path) == 0)
			return json_object_get(row, "value");
	}
	return NULL;
}

static json_t *
value_of(const struct setting *setting, const char *text)
{
	if (setting->kind == INTEGER)
		return integer(text);
	if (setting->kind == LIST)
		return json_pack("[s]", text);
	if (setting->kind == TEXT)
		return json_string(text);
	g_autofree char *folder = g_canonicalize_filename(text, NULL);
	return json_string(folder);
}

static gboolean
take_setting(const char *name, const char *text, void *data, GError **error)
{
	aula_options *options = data;
	const struct setting *setting = settings;

	while (strcmp(setting->option, name + strlen("--")) != 0)
		setting++;
	json_t *before = setting->kind == LIST ? find(options->overrides, setting->path) : NULL;
	json_t *value = before != NULL ? json_string(text) : value_of(setting, text);
	if (value == NULL) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			"%s: expected a text in UTF-8", name);
		return FALSE;
	}
	if (before != NULL)
		json_array_append_new(before, value);
	else
		json_array_append_new(
			options->overrides, json_pack("{s:s, s:o, s:s}", "path", setting->path,
						    "value", value, "origin", name));
	return TRUE;
}

static gboolean
take_describe(const char *name, const char *text, void *data, GError **error)
{
	aula_options *options = data;

	(void)name, (void)error;
	options->describe = true;
	g_free(options->describe_module);
	options->describe_module = g_strdup(text);
	return TRUE;
}

static void
add_settings(GOptionGroup *group)
{
	for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
		GOptionEntry entries[] = {
			{ .long_name = settings[i].option,
				.arg = G_OPTION_ARG_CALLBACK,
				.arg_data = (void *)take_setting,
				.description = settings[i].help,
				.arg_description = settings[i].argument },
			{ 0 },
		};
		g_option_group_add_entries(group, entries);
	}
}

static void
add_others(GOptionGroup *group, aula_options *options, gboolean *check, gboolean *version)
{
	// clang-format off
	GOptionEntry entries[] = {
		{ "config", 0, 0, G_OPTION_ARG_FILENAME, &options->config_folder,
			"Configuration: aula.cfg and one file a module (default: built in)", "DIR" },
		{ "check-config", 0, 0, G_OPTION_ARG_NONE, check,
			"Read the configuration, say what is wrong, and stop", NULL },
		{ "describe", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK, (void *)take_describe,
			"Print requests and settings of a module, or of the core and every module, and stop", "MODULE.so" },
		{ "format", 0, 0, G_OPTION_ARG_STRING, &options->format,
			"How to describe: json (default), markdown, sample", "FORMAT" },
		{ "version", 0, 0, G_OPTION_ARG_NONE, version, "Print the version and stop", NULL },
		{ 0 },
	};
	// clang-format on
	g_option_group_add_entries(group, entries);
}

static bool
check(const aula_options *options, GError **error)
{
	static const char *const commands[] = { "audit", "backup", "restore", NULL };
	static const char *const formats[] = { "json", "markdown", "sample", NULL };

	char **command = options->command;
	if (command[0] != NULL && !g_strv_contains(commands, command[0])) {
		g_set_error(error, quark(), 0,
			"%s: expected options, \"backup FILE\", \"restore FILE\" or \"audit\"; see "
			"--help",
			command[0]);
		return false;
	}
	bool names_file = command[0] != NULL && strcmp(command[0], "audit") != 0;
	if (command[0] != NULL && g_strv_length(command) != (names_file ? 2 : 1)) {
		g_set_error(error, quark(), 0,
			names_file ? "%s: expected the name of one file"
				   : "%s: expected nothing more",
			command[0]);
		return false;
	}
	if (!g_strv_contains(formats, options->format)) {
		g_set_error(error, quark(), 0,
			"--format: expected json, markdown or sample, not \"%s\"", options->format);
		return false;
	}
	return true;
}

bool
aula_options_parse(aula_options *ret_options, int argc, char **argv, GError **error)
{
	g_autoptr(GOptionContext) context =
		g_option_context_new("[backup FILE | restore FILE | audit]");
	/* The copy is GLib's to take apart; what it does not know stays in it. */
	g_auto(GStrv) left = g_new0(char *, (size_t)argc + 1);
	gboolean check_config = FALSE, version = FALSE;

	for (int i = 0; i < argc; i++)
		left[i] = g_strdup(argv[i]);
	ret_options->overrides = json_array();
	GOptionGroup *group = g_option_group_new(NULL, NULL, NULL, ret_options, NULL);
	add_settings(group);
	add_others(group, ret_options, &check_config, &version);
	g_option_context_set_main_group(context, group);
	g_option_context_set_summary(context,
		"Serves live classes: WebRTC media, rooms, chat.\n"
		"  aula backup FILE   writes the whole database to FILE, while the server runs or "
		"not\n"
		"  aula restore FILE  makes the database what FILE says; the server must not run\n"
		"  aula audit         says whether the audit log is whole: what was taken out or "
		"changed");
	if (!g_option_context_parse_strv(context, &left, error))
		return false;
	ret_options->check_config = check_config;
	ret_options->version = version;
	if (ret_options->format == NULL)
		ret_options->format = g_strdup("json");
	ret_options->command = g_strdupv(left[0] != NULL ? left + 1 : left);
	return check(ret_options, error);
}

void
aula_options_finish(aula_options *options)
{
	g_free(options->config_folder);
	g_free(options->describe_module);
	g_free(options->format);
	g_strfreev(options->command);
	json_decref(options->overrides);
	*options = (aula_options){ 0 };
}
