/* SPDX-License-Identifier: Apache-2.0 */
/* The command line and aula.cfg, and what comes of both. */
#include "host/settings.h"

#include <glib/gstdio.h>
#include <string.h>

enum { WORDS_MOST = 12 };

/* A case: arguments in one text, the file ("": none), the sentence (NULL: accepted). */
static const struct {
	const char *line, *file, *error;
} cases[] = {
	{ "", "", NULL },
	{ "--host 0.0.0.0 --port 0 --tls-port 0 --udp-port 0 --announce 192.0.2.1", "", NULL },
	{ "--demo anywhere --host 0.0.0.0", "", NULL },
	{ "--port high", "", "--port: web.port: expected an integer from 0 to 65535" },
	{ "--port 65536", "", "--port: web.port: expected an integer from 0 to 65535" },
	{ "--udp-port -1", "", "--udp-port: media.udp_port: expected an integer from 0 to 65535" },
	{ "--port 8443", "", "aula.cfg: web.tls_port: expected another port than web.port" },
	{ "--announce here", "",
		"--announce: media.announce[0]: expected an IPv4 or IPv6 address" },
	{ "--demo yes", "",
		"--demo: demo.mode: expected one of \"off\", \"loopback\", \"anywhere\"" },
	{ "--demo loopback --host ::", "",
		"--demo: demo.mode: \"loopback\" needs a loopback address in web.host (it is ::); "
		"\"anywhere\" hands tokens to everybody who can reach the server" },
	{ "--no-such", "", "Unknown option --no-such" },
	{ "stray", "",
		"stray: expected options, \"backup FILE\", \"restore FILE\" or \"audit\"; see "
		"--help" },
	{ "--format html", "", "--format: expected json, markdown or sample, not \"html\"" },
	{ "--config /no/such", "", "--config: /no/such: expected a folder of configuration files" },
	{ "", "web: { port = 1; };", NULL },
	{ "", "web: {\n port = -1; };", "FILE:2: web.port: expected an integer from 0 to 65535" },
	{ "--port 1", "web: {\n port = -1; };", NULL },
	{ "", "web = 1;", "FILE:1: web: expected a group { ... }" },
	{ "--port 1", "web = 1;", "FILE:1: web: expected a group { ... }" },
	{ "", "media: {\n addresses = [ ]; };",
		"FILE:2: media.addresses: expected at least one address" },
	{ "", "media: {\n udp_port = 65530; loops = 8; };",
		"FILE:2: media.udp_port: expected room for one port a loop below 65536" },
	{ "", "ice: { mode = \"full\"; stun_server = \"stun:stun.example\"; };", NULL },
	{ "", "ice: { mode = \"both\"; };",
		"FILE:1: ice.mode: expected one of \"lite\", \"full\"" },
	{ "", "ice: { stun_server = \"turn:x\"; };",
		"FILE:1: ice.stun_server: expected a URI that begins with stun:" },
	{ "", "ice: {\n turn = ( { uri = \"stun:x\"; secret_file = \"s\"; } ); };",
		"FILE:2: ice.turn[0].uri: expected a URI that begins with turn: or turns:" },
	{ "", "ice: { turn = ( { uri = \"turn:x\"; } ); };",
		"FILE:1: ice.turn[0]: expected either secret_file, or user and password_file" },
	{ "", "ice: { turn = ( { uri = \"turn:x\"; user = \"u\"; } ); };",
		"FILE:1: ice.turn[0]: expected either secret_file, or user and password_file" },
	{ "", "ice: { relay_only = true; };",
		"FILE:1: ice.relay_only: there is no server in ice.turn whose relay could be "
		"used" },
	{ "", "ice: { first_port = 5000; last_port = 4000; };",
		"FILE:1: ice.last_port: expected a port that is not below ice.first_port, or both "
		"0" },
	{ "", "ice_servers: { uris = [ \"stun:x\" ]; };", NULL },
	{ "", "ice_servers: { uris = [ \"stun:x\", \"turn:x\" ]; };",
		"FILE:1: ice_servers.uris[1]: a TURN server needs ice_servers.secret_file" },
	{ "", "ice_servers: { uris = [ \"x\" ]; };",
		"FILE:1: ice_servers.uris[0]: expected a URI that begins with stun:, turn: or "
		"turns:" },
	{ "", "metrics: { statsd_url = \"udp://[::1]:8125\"; statsd_tags = [ \"env:a\" ]; };",
		NULL },
	{ "", "metrics: {\n statsd_url = \"udp://agent\"; };",
		"FILE:2: metrics.statsd_url: expected udp://HOST:PORT" },
	{ "", "metrics: { statsd_tags = [ \"a\", \"b,c\" ]; };",
		"FILE:1: metrics.statsd_tags[1]: expected a tag of up to 200 bytes without a "
		"space, comma, \"|\" or \"#\", all of them up to 512 bytes" },
	{ "", "modules: { enabled = (\n { required = true; } ); };",
		"FILE:2: modules.enabled[0]: expected either a name or a path" },
	{ "", "modules: { enabled = (\n { name = \"x/y\"; } ); };",
		"FILE:2: modules.enabled[0]: expected a name in lower_snake_case" },
};

static aula_settings *
load(const char *line, const char *folder, GError **error)
{
	g_auto(GStrv) words = g_strsplit(line, " ", 0);
	char *argv[WORDS_MOST + 4] = { (char *)"aula" };
	aula_options options = { 0 };
	aula_settings *settings = NULL;
	int argc = 1;

	for (size_t i = 0; words[i] != NULL && *words[i] != '\0'; i++)
		argv[argc++] = words[i];
	if (folder != NULL) {
		argv[argc++] = (char *)"--config";
		argv[argc++] = (char *)folder;
	}
	if (aula_options_parse(&options, argc, argv, error))
		settings = aula_settings_load(&options, error);
	aula_options_finish(&options);
	return settings;
}

static void
test_cases(void)
{
	g_autofree char *folder = g_dir_make_tmp(NULL, NULL);
	g_autofree char *file = g_build_filename(folder, "aula.cfg", NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		bool none = *cases[i].file == '\0';
		g_file_set_contents(file, cases[i].file, -1, NULL);
		g_test_message("%s / %s", cases[i].line, cases[i].file);
		g_autoptr(aula_settings) settings =
			load(cases[i].line, none ? NULL : folder, &error);
		g_assert_cmpint(settings != NULL, ==, error == NULL);
		g_auto(GStrv) parts = g_strsplit(error != NULL ? error->message : "", file, 2);
		g_autofree char *said = g_strjoinv("FILE", parts);
		g_assert_cmpstr(said, ==, cases[i].error != NULL ? cases[i].error : "");
	}
	g_unlink(file);
	g_rmdir(folder);
}

static void
test_defaults(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(aula_settings) settings = load("--state /tmp/../srv", NULL, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(settings->general.state, ==, "/srv");
	g_assert_cmpstr(settings->identity.secret_file, ==, "/srv/token.secret");
	g_assert_cmpstr(settings->web.host, ==, "127.0.0.1");
	g_assert_cmpint(settings->web.port, ==, 8080);
	g_assert_cmpint(settings->web.tls_port, ==, 8443);
	g_assert_nonnull(settings->web.root);
	g_assert_nonnull(settings->modules.folder);
	g_assert_cmpint(settings->media.loopback, ==, true);
	g_assert_cmpstr(((const char *const *)settings->media.addresses.items)[0], ==, "0.0.0.0");
	g_assert_cmpuint(settings->demo.guest.count, >, 0);
	g_assert_cmpuint(json_object_size(settings->identity.roles), ==, 4);
	g_assert_true(aula_settings_demo_runs(settings));
	g_assert_cmpint(aula_settings_log_level(settings), ==, AULA_LOG_INFO);
}

static void
test_lists_of_options(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(aula_settings) settings =
		load("--announce 192.0.2.1 --announce 2001:db8::1 --port 1 --port 2", NULL, &error);

	g_assert_no_error(error);
	const char *const *announced = settings->media.announce.items;
	g_assert_cmpuint(settings->media.announce.count, ==, 2);
	g_assert_cmpstr(announced[0], ==, "192.0.2.1");
	g_assert_cmpstr(announced[1], ==, "2001:db8::1");
	g_assert_cmpint(settings->web.port, ==, 2);
}

/* The demo never runs where others reach it, nor beside an identity, unless asked by name. */
static void
test_demo(void)
{
	static const struct {
		const char *line, *file, *mode;
	} modes[] = {
		{ "", "", "loopback" },
		{ "--host ::1", "", "loopback" },
		{ "--host localhost", "", "loopback" },
		{ "--host 0.0.0.0", "", "off" },
		{ "--host 192.0.2.1", "", "off" },
		{ "", "identity: { jwks_file = \"x\"; };", "off" },
		{ "", "identity: { secret_file = \"x\"; };", "off" },
		{ "", "identity: { leeway_s = 1; };", "loopback" },
		{ "--demo loopback", "identity: { jwks_file = \"x\"; };", "loopback" },
		{ "--demo off", "", "off" },
	};
	g_autofree char *folder = g_dir_make_tmp(NULL, NULL);
	g_autofree char *file = g_build_filename(folder, "aula.cfg", NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
		g_autoptr(GError) error = NULL;
		g_file_set_contents(file, modes[i].file, -1, NULL);
		g_autoptr(aula_settings) settings = load(modes[i].line, folder, &error);
		g_assert_no_error(error);
		g_assert_cmpstr(settings->demo.mode, ==, modes[i].mode);
	}
	g_unlink(file);
	g_rmdir(folder);
}

static void
test_describe_option(void)
{
	static const struct {
		const char *argv[4];
		bool describe;
		const char *module;
	} lines[] = {
		{ { "aula", NULL }, false, NULL },
		{ { "aula", "--describe", NULL }, true, NULL },
		{ { "aula", "--describe", "x.so", NULL }, true, "x.so" },
		{ { "aula", "--describe=x.so", NULL }, true, "x.so" },
		{ { "aula", "--describe", "--format=json", NULL }, true, NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autoptr(GError) error = NULL;
		aula_options options = { 0 };
		int argc = (int)g_strv_length((char **)lines[i].argv);
		aula_options_parse(&options, argc, (char **)lines[i].argv, &error);
		g_assert_no_error(error);
		g_assert_cmpint(options.describe, ==, lines[i].describe);
		g_assert_cmpstr(options.describe_module, ==, lines[i].module);
		aula_options_finish(&options);
	}
}

static void
test_loopback(void)
{
	static const struct {
		const char *host;
		bool loopback;
	} hosts[] = { { "127.0.0.1", true }, { "127.1.2.3", true }, { "::1", true },
		{ "localhost", true }, { "::ffff:127.0.0.1", true }, { "0.0.0.0", false },
		{ "::", false }, { "128.0.0.1", false }, { "localhost.example.org", false },
		{ "", false } };

	for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++)
		g_assert_cmpint(aula_settings_is_loopback(hosts[i].host), ==, hosts[i].loopback);
}

/* Every table of the core is one that the core itself would take from a module. */
static void
test_tables(void)
{
	const char *why = NULL;

	for (const aula_settings_block *block = aula_settings_blocks(); block->name != NULL;
		block++) {
		if (!aula_schema_check(&block->schema, block->size, &why))
			g_error("%s: %s", block->name, why);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/host/settings/cases", test_cases);
	g_test_add_func("/host/settings/defaults", test_defaults);
	g_test_add_func("/host/settings/lists-of-options", test_lists_of_options);
	g_test_add_func("/host/settings/demo", test_demo);
	g_test_add_func("/host/settings/describe-option", test_describe_option);
	g_test_add_func("/host/settings/loopback", test_loopback);
	g_test_add_func("/host/settings/tables", test_tables);
	return g_test_run();
}
