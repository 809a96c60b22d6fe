/* SPDX-License-Identifier: Apache-2.0 */
#include "host/config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "host/nearest.h"

struct stream {
	const char *mid;
	int64_t feed;
};

struct sample {
	const char *name, *file;
	int64_t port, big;
	double gain;
	bool on;
	aula_list tags, streams;
	json_t *roles;
};

// clang-format off
static const aula_field stream_fields[] = {
	AULA_TEXT(struct stream, mid, "mid", 3, .flags = AULA_REQUIRED),
	AULA_INT(struct stream, feed, "feed", 0, 9),
};

static const aula_field fields[] = {
	AULA_TEXT(struct sample, name, "name", 5, .fallback_text = "ada"),
	AULA_TEXT(struct sample, file, "file", 255, .flags = AULA_PATH, .fallback_text = "x.db"),
	AULA_INT(struct sample, port, "port", 0, 65535, .fallback = 80),
	AULA_INT(struct sample, big, "big", 0, INT64_MAX),
	AULA_NUMBER(struct sample, gain, "gain", 0, 2),
	AULA_BOOL(struct sample, on, "on"),
	AULA_TEXTS(struct sample, tags, "tags", 3),
	AULA_ROWS(struct sample, streams, "streams", 3, stream_fields, struct stream),
	AULA_JSON(struct sample, roles, "roles"),
};
// clang-format on

static const aula_schema schema = { fields, G_N_ELEMENTS(fields), sizeof *fields };

/* One row a case: what the file says, and the whole sentence; NULL: it is accepted. */
static const struct {
	const char *text, *error;
} cases[] = {
	{ "", NULL },
	{ "web: { port = 1; };", NULL },
	{ "web: { big = 9223372036854775807L; gain = 1; };", NULL },
	{ "web: { big = 5000000000; };", NULL },
	{ "web: { tags = [\"99999999999999999999 @\"]; }; # 99999999999999999999 @", NULL },
	{ "/* @ \n */ web: { gain = 0.00000000009999; };", NULL },
	{ "web: {\n port = 4294967376; };",
		"t.cfg:2: web.port: expected an integer from 0 to 65535" },
	{ "web: {\n port = 0x100000050; };",
		"t.cfg:2: web.port: expected an integer from 0 to 65535" },
	{ "web: {\n port = -4294967376; };",
		"t.cfg:2: web.port: expected an integer from 0 to 65535" },
	{ "web: {\n big = 9223372036854775808; };",
		"t.cfg:2: expected an integer of at most 64 bits" },
	{ "\n@include \"/etc/passwd\"",
		"t.cfg:2: @include is not supported, a module has one file" },
	{ "web: { roles = { teacher = (\"a\", \"b\"); }; tags = [\"a\"]; };", NULL },
	{ "web: {\n port = 70000; };", "t.cfg:2: web.port: expected an integer from 0 to 65535" },
	{ "web: {\n\n port = \"high\"; };",
		"t.cfg:3: web.port: expected an integer from 0 to 65535" },
	{ "web: {\n prot = 80; };",
		"t.cfg:2: web.prot: there is no such setting; did you mean \"port\"?" },
	{ "web: {\n zzzzzz = 80; };", "t.cfg:2: web.zzzzzz: there is no such setting; expected one "
				      "of name, file, port, big, "
				      "gain, on, tags, streams, roles" },
	{ "\nwbe: { };", "t.cfg:2: wbe: there is no such block; did you mean \"web\"?" },
	{ "web = 3;", "t.cfg:1: web: expected a group { ... }" },
	{ "web: {\n port = ; };",
		"t.cfg:2: syntax error; expected settings such as `key = value;`" },
	{ "web: {\n port = 1;\n port = 2; };", "t.cfg:3: port: is there twice" },
	{ "web: { };\nweb: { };", "t.cfg:2: web: is there twice" },
	{ "web: {\n streams = (\n  { mid = \"0\"; },\n  { feed = 1; }\n); };",
		"t.cfg:4: web.streams[1].mid: is missing; expected a text of at most 3 bytes" },
	{ "web: {\n streams = (\n  { mid = \"0\";\n feed = 10; } ); };",
		"t.cfg:4: web.streams[0].feed: expected an integer from 0 to 9" },
	{ "web: {\n streams = (\n  { mid = \"0\";\n fed = 1; } ); };",
		"t.cfg:4: web.streams[0].fed: there is no such setting; did you mean \"feed\"?" },
	{ "web: {\n tags = [\"a\", \"b\", \"c\", \"d\"]; };",
		"t.cfg:2: web.tags: expected a list of at most 3 texts" },
	{ "web: {\n name = \"\xff\"; };", "t.cfg: the text is not UTF-8" },
	{ "web: { roles = { a = ((((((((((((((((((1)))))))))))))))))); }; };",
		"t.cfg: groups and lists are nested too deep" },
};

static bool
fill(const char *text, struct sample *out, aula_config **ret_config, GError **error)
{
	static const char *const blocks[] = { "web", NULL };
	aula_config *config = aula_config_parse(text, "t.cfg", error);

	*ret_config = config;
	return config != NULL && aula_config_has_only(config, blocks, error) &&
	       aula_config_fill(config, "web", &schema, out, error);
}

static void
test_cases(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(aula_config) config = NULL;
		struct sample out;
		g_test_message("%s", cases[i].text);
		bool good = fill(cases[i].text, &out, &config, &error);
		g_assert_cmpstr(good ? NULL : error->message, ==, cases[i].error);
	}
}

static void
test_values(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(aula_config) config = NULL;
	struct sample out;

	fill("web: { name = \"eva\"; port = 0x10; big = 5000000000; gain = 0.5; on = true;"
	     " tags = (\"a\", \"b\"); streams = ( { mid = \"1\"; feed = 2; } );"
	     " roles = { teacher = [\"x\"]; }; };",
		&out, &config, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(out.name, ==, "eva");
	g_assert_cmpstr(out.file, ==, "x.db");
	g_assert_cmpint(out.port, ==, 16);
	g_assert_cmpint(out.big, ==, INT64_C(5000000000));
	g_assert_cmpfloat(out.gain, ==, 0.5);
	g_assert_true(out.on);
	g_assert_cmpuint(out.tags.count, ==, 2);
	g_assert_cmpint(((const struct stream *)out.streams.items)->feed, ==, 2);
	g_assert_cmpuint(json_array_size(json_object_get(out.roles, "teacher")), ==, 1);
	g_autofree char *place = aula_config_place(config, "web.roles.teacher[0]");
	g_assert_cmpstr(place, ==, "t.cfg:1");
}

static void
test_override(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(aula_config) config = aula_config_parse("web: { port = 1; };", "t.cfg", &error);
	struct sample out;

	aula_config_override(config, "web.port", json_integer(443), "--port");
	aula_config_default(config, "web.name", json_string("eva"));
	aula_config_default(config, "web.port", json_integer(7));
	g_assert_true(aula_config_fill(config, "web", &schema, &out, &error));
	g_assert_cmpint(out.port, ==, 443);
	g_assert_cmpstr(out.name, ==, "eva");
	g_assert_true(aula_config_is_set(config, "web.port"));
	g_assert_false(aula_config_is_set(config, "web.name"));
	aula_config_override(config, "web.port", json_string("x"), "--port");
	g_assert_false(aula_config_fill(config, "web", &schema, &out, &error));
	g_assert_cmpstr(
		error->message, ==, "--port: web.port: expected an integer from 0 to 65535");
}

static void
test_override_of_what_is_no_group(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(aula_config) config = aula_config_parse("web = 1;", "t.cfg", &error);
	struct sample out;

	aula_config_override(config, "web.port", json_integer(443), "--port");
	aula_config_override(config, "web.deep.er", json_integer(443), "--port");
	g_assert_false(aula_config_fill(config, "web", &schema, &out, &error));
	g_assert_cmpstr(error->message, ==, "t.cfg:1: web: expected a group { ... }");
}

static void
test_paths(void)
{
	static const struct {
		const char *text, *file;
	} paths[] = {
		{ "", "/state/x.db" },
		{ "file = \"a/b\";", "/state/a/b" },
		{ "file = \"/a\";", "/a" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(aula_config) config = aula_config_parse(paths[i].text, "t.cfg", &error);
		struct sample out;
		aula_config_set_base(config, "/state");
		g_assert_true(aula_config_fill(config, NULL, &schema, &out, &error));
		g_assert_cmpstr(out.file, ==, paths[i].file);
		g_assert_cmpstr(out.name, ==, "ada");
	}
}

static void
test_files(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *folder = g_dir_make_tmp(NULL, &error);
	g_autofree char *path = g_build_filename(folder, "t.cfg", NULL);
	g_autofree char *huge = g_strnfill(1024 * 1024 + 1, '\n');
	aula_config *config = aula_config_read(folder, "t", &error);

	g_assert_no_error(error);
	aula_config_free(config);
	config = aula_config_read(NULL, "t", &error);
	g_assert_no_error(error);
	aula_config_free(config);

	g_file_set_contents(path, "a = \0;", 6, NULL);
	g_assert_null(aula_config_read(folder, "t", &error));
	g_assert_true(g_str_has_prefix(error->message, path));
	g_clear_error(&error);
	g_file_set_contents(path, huge, -1, NULL);
	g_assert_null(aula_config_read(folder, "t", &error));
	g_clear_error(&error);
	g_unlink(path);
	g_mkdir(path, 0700);
	g_assert_null(aula_config_read(folder, "t", &error));
	g_assert_nonnull(strstr(error->message, "t.cfg"));
	g_rmdir(path);
	g_rmdir(folder);
}

static void
test_nearest(void)
{
	static const char *const names[] = { "port", "tls_port", "host", "session_timeout_s",
		NULL };
	static const struct {
		const char *typed, *nearest;
	} pairs[] = {
		{ "prot", "port" },
		{ "hots", "host" },
		{ "tlsport", "tls_port" },
		{ "session_timout", "session_timeout_s" },
		{ "completely", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++)
		g_assert_cmpstr(aula_nearest(names, pairs[i].typed), ==, pairs[i].nearest);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/host/config/cases", test_cases);
	g_test_add_func("/host/config/values", test_values);
	g_test_add_func("/host/config/override", test_override);
	g_test_add_func(
		"/host/config/override-of-what-is-no-group", test_override_of_what_is_no_group);
	g_test_add_func("/host/config/paths", test_paths);
	g_test_add_func("/host/config/files", test_files);
	g_test_add_func("/host/config/nearest", test_nearest);
	return g_test_run();
}
