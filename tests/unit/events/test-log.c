/* SPDX-License-Identifier: Apache-2.0 */
/* The event handler log, loaded as the core loads it, with a host of the test's own. */
#include "host/config.h"
#include "host/module.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

struct bench {
	aula_host host; /* first */
	aula_loaded *loaded;
	aula_config *config;
	void *settings, *self;
	char *folder, *path;
	int errors, warnings;
};

static void
count_lines(const aula_host *host, aula_log_level level, const char *format, ...)
{
	struct bench *bench = (struct bench *)host;

	(void)format;
	bench->errors += level == AULA_LOG_ERROR;
	bench->warnings += level == AULA_LOG_WARNING;
}

static aula_code
bench_start(struct bench *bench, const char *text)
{
	g_autofree char *path = g_test_build_filename(G_TEST_BUILT, "events/.libs/log.so", NULL);
	g_autoptr(GError) error = NULL;

	*bench = (struct bench){ .host = { .size = sizeof bench->host, .log = count_lines },
		.folder = g_dir_make_tmp(NULL, NULL) };
	bench->path = g_build_filename(bench->folder, "events.jsonl", NULL);
	bench->loaded = aula_loaded_open(path, &error);
	g_assert_no_error(error);
	bench->config = aula_config_parse(text, "log.cfg", &error);
	g_assert_no_error(error);
	aula_config_set_base(bench->config, bench->folder);
	aula_schema schema = aula_loaded_settings(bench->loaded);
	bench->settings = g_malloc0(aula_loaded_module(bench->loaded)->config_size);
	aula_config_fill(bench->config, NULL, &schema, bench->settings, &error);
	g_assert_no_error(error);
	return aula_loaded_module(bench->loaded)
		->start(&bench->host, bench->settings, &bench->self);
}

static void
bench_event(struct bench *bench, const char *text)
{
	aula_loaded_module(bench->loaded)->events->event(bench->self, text, strlen(text));
}

static void
bench_finish(struct bench *bench)
{
	GDir *dir = g_dir_open(bench->folder, 0, NULL);
	const char *name;

	if (bench->self != NULL)
		aula_loaded_module(bench->loaded)->stop(bench->self);
	while ((name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(bench->folder, name, NULL);
		g_unlink(path);
	}
	g_dir_close(dir);
	g_rmdir(bench->folder);
	g_free(bench->settings);
	aula_config_free(bench->config);
	aula_loaded_free(bench->loaded);
	g_free(bench->folder);
	g_free(bench->path);
}

static char *
contents(const struct bench *bench, const char *suffix)
{
	g_autofree char *path = g_strconcat(bench->path, suffix, NULL);
	char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

static void
test_lines(void)
{
	struct bench bench;
	struct stat file;

	g_assert_cmpint(bench_start(&bench, "sync = true;"), ==, AULA_OK);
	bench_event(&bench, "{\"seq\":1}");
	bench_event(&bench, "{\"seq\":2}");
	g_autofree char *text = contents(&bench, "");
	g_assert_cmpstr(text, ==, "{\"seq\":1}\n{\"seq\":2}\n");
	g_assert_cmpint(g_stat(bench.path, &file), ==, 0);
	g_assert_cmpint(file.st_mode & 0777, ==, 0600);
	g_assert_cmpuint(
		aula_loaded_module(bench.loaded)->events->mask(bench.self), ==, UINT32_MAX);
	bench_finish(&bench);
}

static void
test_mask(void)
{
	struct bench bench;

	g_assert_cmpint(bench_start(&bench, "types = [\"plugin\", \"core\"];"), ==, AULA_OK);
	g_assert_cmpuint(aula_loaded_module(bench.loaded)->events->mask(bench.self), ==,
		AULA_EVENT_PLUGIN | AULA_EVENT_CORE);
	bench_finish(&bench);
}

/* Full files move up, the oldest goes, no line is cut. */
static void
test_rotates(void)
{
	g_autofree char *line = g_strnfill(2000, 'a');
	struct bench bench;

	g_assert_cmpint(bench_start(&bench, "file_bytes = 4096; files = 3;"), ==, AULA_OK);
	for (int i = 0; i < 9; i++) {
		line[0] = (char)('1' + i);
		bench_event(&bench, line);
	}
	g_autofree char *now = contents(&bench, ""), *one = contents(&bench, ".1"),
			*two = contents(&bench, ".2"), *three = contents(&bench, ".3");
	g_assert_cmpuint(strlen(now), ==, 2001);
	g_assert_cmpint(now[0], ==, '9');
	g_assert_cmpint(one[0], ==, '7');
	g_assert_cmpint(one[2001], ==, '8');
	g_assert_cmpuint(strlen(two), ==, 4002);
	g_assert_null(three);
	bench_finish(&bench);
}

static void
test_moved_away(void)
{
	struct bench bench;

	g_assert_cmpint(bench_start(&bench, ""), ==, AULA_OK);
	bench_event(&bench, "one");
	g_autofree char *aside = g_strconcat(bench.path, ".aside", NULL);
	g_assert_cmpint(g_rename(bench.path, aside), ==, 0);
	bench_event(&bench, "two");
	g_autofree char *first = contents(&bench, ".aside"), *second = contents(&bench, "");
	g_assert_cmpstr(first, ==, "one\n");
	g_assert_cmpstr(second, ==, "two\n");
	bench_finish(&bench);
}

/* A disk that is full: one line of the log, the count when it works again, no half a line. */
static void
test_disk_full(void)
{
	struct rlimit before, small;
	struct bench bench;

	g_assert_cmpint(bench_start(&bench, ""), ==, AULA_OK);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	small = (struct rlimit){ 12, before.rlim_max };
	bench_event(&bench, "{\"seq\":1}");
	setrlimit(RLIMIT_FSIZE, &small);
	for (int i = 0; i < 5; i++)
		bench_event(&bench, "{\"seq\":2}");
	setrlimit(RLIMIT_FSIZE, &before);
	g_assert_cmpint(bench.errors, ==, 1);
	bench_event(&bench, "{\"seq\":7}");
	g_autofree char *text = contents(&bench, "");
	g_assert_cmpstr(text, ==,
		"{\"seq\":1}\n{\"type\":256,\"name\":\"lost\",\"event\":{\"count\":5}}\n{\"seq\":7}"
		"\n");
	g_assert_cmpint(bench.errors, ==, 1);
	g_assert_cmpint(bench.warnings, ==, 1);
	bench_finish(&bench);
}

static void
test_does_not_start(void)
{
	static const char *const paths[] = { "path = \"/no/such/folder/x\";",
		"path = \"/dev/null\";", "path = \"/\";" };

	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
		struct bench bench;
		g_assert_cmpint(bench_start(&bench, paths[i]), ==, AULA_UNAVAILABLE);
		g_assert_cmpint(bench.errors, ==, 1);
		bench_finish(&bench);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/events/log/lines", test_lines);
	g_test_add_func("/events/log/mask", test_mask);
	g_test_add_func("/events/log/rotates", test_rotates);
	g_test_add_func("/events/log/moved-away", test_moved_away);
	g_test_add_func("/events/log/disk-full", test_disk_full);
	g_test_add_func("/events/log/does-not-start", test_does_not_start);
	return g_test_run();
}
