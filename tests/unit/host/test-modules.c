/* SPDX-License-Identifier: Apache-2.0 */
/* Real modules from the build, as the daemon loads them. */
#include "host/modules.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "host/describe.h"

/* A folder with links to what was built, and one of configuration. */
struct ground {
	char *modules, *config;
	aula_capabilities *all;
	aula_settings *settings;
};

static void
put(const char *folder, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void
put_link(const char *folder, const char *name, const char *built)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_autofree char *target = g_test_build_filename(G_TEST_BUILT, built, NULL);

	g_assert_cmpint(symlink(target, path), ==, 0);
}

static void
clear(char *folder)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		g_unlink(path);
	}
	g_dir_close(dir);
	g_rmdir(folder);
	g_free(folder);
}

static void
ground_init(struct ground *ground)
{
	*ground = (struct ground){ g_dir_make_tmp(NULL, NULL), g_dir_make_tmp(NULL, NULL),
		aula_capabilities_new(), NULL };
	put_link(ground->modules, "echo.so", "plugins/.libs/echo.so");
	put_link(ground->modules, "log.so", "events/.libs/log.so");
	put_link(ground->modules, "older.so", "tests/abi/.libs/older.so");
}

static void
ground_finish(struct ground *ground)
{
	aula_settings_free(ground->settings);
	aula_capabilities_free(ground->all);
	clear(ground->modules);
	clear(ground->config);
}

/* `more` goes into the block modules. */
static aula_modules *
ground_load(struct ground *ground, const char *more, GError **error)
{
	g_autofree char *text = g_strdup_printf("general: { state = \"%s\"; };\n"
						"modules: { folder = \"%s\"; %s };\n",
		ground->config, ground->modules, more);
	aula_options options = { .config_folder = ground->config, .overrides = NULL };

	put(ground->config, "aula.cfg", text);
	ground->settings = aula_settings_load(&options, error);
	g_assert_nonnull(ground->settings);
	return aula_modules_load(ground->settings, ground->config, ground->all, error);
}

static void
quiet(const aula_host *host, aula_log_level level, const char *format, ...)
{
	(void)host, (void)level, (void)format;
}

static const aula_host *
host_of(void *data, size_t index)
{
	static const aula_host host = { .size = sizeof host, .log = quiet };

	(void)index;
	(*(int *)data)++;
	return &host;
}

static void
test_whole_folder(void)
{
	g_autoptr(GError) error = NULL;
	struct ground ground;
	int asked = 0;

	ground_init(&ground);
	put_link(ground.modules, "alien.so", "tests/abi/.libs/alien.so");
	aula_modules *modules = ground_load(&ground, "", &error);
	g_assert_no_error(error);
	/* Event handlers start first; the alien is left out. */
	g_assert_cmpuint(aula_modules_count(modules), ==, 3);
	g_assert_cmpstr(aula_loaded_name(aula_modules_get(modules, 0)), ==, "log");
	g_assert_cmpstr(aula_loaded_name(aula_modules_get(modules, 1)), ==, "echo");
	g_assert_cmpstr(aula_loaded_name(aula_modules_get(modules, 2)), ==, "older");
	g_assert_cmpint(aula_capabilities_find(ground.all, "older.two"), >=, 0);
	g_assert_cmpuint(aula_modules_map(modules, 2)->count, ==, 2);
	g_assert_cmpuint(aula_modules_package(modules, "janus.plugin.echotest"), ==, SIZE_MAX);
	g_assert_true(aula_modules_start(modules, host_of, &asked, &error));
	g_assert_cmpint(asked, ==, 3);
	g_assert_cmpuint(aula_modules_package(modules, "janus.plugin.echotest"), ==, 1);
	g_assert_true(aula_modules_runs(modules, 0));
	aula_modules_stop(modules);
	g_assert_false(aula_modules_runs(modules, 0));
	g_assert_cmpuint(aula_modules_package(modules, "janus.plugin.echotest"), ==, SIZE_MAX);
	aula_modules_free(modules);
	ground_finish(&ground);
}

static void
test_refused(void)
{
	static const struct {
		const char *more, *file, *text, *says;
	} cases[] = {
		{ "enabled = ( { name = \"absent\"; required = true; } );", NULL, NULL,
			"absent.so" },
		{ "enabled = ( { name = \"echo\"; }, { name = \"echo\"; required = true; } );",
			NULL, NULL, "echo is the name of" },
		{ "", "echo.cfg", "no_such = 1;", "echo.cfg:1: no_such: there is no such setting" },
		{ "", "log.cfg", "\nfiles = 0;", "log.cfg:2: files: expected an integer from 1" },
		{ "", "log.cfg", "types = [\"plugin\", \"x\"];", "log.cfg:1: types" },
		{ "", "echo.cfg", "max_bitrate = ;", "echo.cfg:1" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		struct ground ground;
		ground_init(&ground);
		if (cases[i].file != NULL)
			put(ground.config, cases[i].file, cases[i].text);
		g_assert_null(ground_load(&ground, cases[i].more, &error));
		if (strstr(error->message, cases[i].says) == NULL)
			g_error("\"%s\" lacks \"%s\"", error->message, cases[i].says);
		ground_finish(&ground);
	}
}

/* A module that does not start stops only itself, unless it is required. */
static void
test_start_fails(void)
{
	static const char *const mores[] = {
		"enabled = ( { name = \"echo\"; }, { name = \"log\"; } );",
		"enabled = ( { name = \"echo\"; }, { name = \"log\"; required = true; } );"
	};

	for (int required = 0; required < 2; required++) {
		g_autoptr(GError) error = NULL;
		struct ground ground;
		int asked = 0;
		ground_init(&ground);
		put(ground.config, "log.cfg", "path = \"/no/such/folder/events\";");
		aula_modules *modules = ground_load(&ground, mores[required], &error);
		g_assert_no_error(error);
		bool good = aula_modules_start(modules, host_of, &asked, &error);
		g_assert_cmpint(good, ==, !required);
		g_assert_false(aula_modules_runs(modules, 0));
		g_assert_cmpint(aula_modules_runs(modules, 1), ==, !required);
		if (required)
			g_assert_nonnull(strstr(error->message, "log.so"));
		aula_modules_free(modules);
		ground_finish(&ground);
	}
}

static void
test_describe(void)
{
	g_autofree char *path = g_test_build_filename(G_TEST_BUILT, "plugins/.libs/echo.so", NULL);
	g_autoptr(aula_loaded) loaded = aula_loaded_open(path, NULL);
	json_t *echo = aula_describe_module(loaded), *core = aula_describe_core(json_array());
	g_autofree char *sample = aula_describe_sample(echo), *all = aula_describe_sample(core);
	g_autofree char *markdown = aula_describe_markdown(echo);
	g_autoptr(GError) error = NULL;

	g_assert_nonnull(strstr(sample, "\n#max_bitrate = 3000000;\n"));
	g_assert_nonnull(strstr(markdown, "| `max_bitrate` | an integer from 0 to 100000000 | "
					  "`3000000` | "));
	g_assert_nonnull(strstr(markdown, "`janus.plugin.echotest`"));
	g_assert_nonnull(strstr(all, "\nweb: {\n"));
	g_autoptr(aula_config) config = aula_config_parse(all, "aula.cfg", &error);
	g_assert_no_error(error);
	json_decref(echo);
	json_decref(core);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/host/modules/whole-folder", test_whole_folder);
	g_test_add_func("/host/modules/refused", test_refused);
	g_test_add_func("/host/modules/start-fails", test_start_fails);
	g_test_add_func("/host/modules/describe", test_describe);
	return g_test_run();
}
