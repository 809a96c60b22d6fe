/* SPDX-License-Identifier: Apache-2.0 */
/* The binary interface: a module of today, an older and shorter one, those of another ABI; and the
 * sizes that a released module was compiled with. */
#include "host/module.h"

#include <string.h>

static aula_loaded *
open_here(const char *name, GError **error)
{
	g_autofree char *path = g_test_build_filename(G_TEST_BUILT, "tests/abi/.libs", name, NULL);

	return aula_loaded_open(path, error);
}

static aula_loaded *
open_plugin(const char *name)
{
	g_autofree char *path = g_test_build_filename(G_TEST_BUILT, "plugins/.libs", name, NULL);
	g_autoptr(GError) error = NULL;
	aula_loaded *loaded = aula_loaded_open(path, &error);

	g_assert_no_error(error);
	return loaded;
}

static void
test_current(void)
{
	g_autoptr(aula_loaded) loaded = open_plugin("echo.so");
	const aula_module *module = aula_loaded_module(loaded);

	g_assert_cmpstr(aula_loaded_name(loaded), ==, "echo");
	g_assert_true(aula_loaded_answers_to(loaded, "janus.plugin.echotest"));
	g_assert_false(aula_loaded_answers_to(loaded, "janus.plugin"));
	g_assert_nonnull(module->plugin);
	g_assert_null(module->transport);
	g_assert_null(aula_loaded_request(loaded, "no-such"));
	for (size_t i = 0; i < module->request_count; i++)
		g_assert_true(aula_loaded_request(loaded, module->requests[i].name) ==
			      &module->requests[i]);
}

/* What an older core's headers did not have is zero, and nothing of what lies behind is read. */
static void
test_older(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(aula_loaded) loaded = open_here("older.so", &error);

	g_assert_no_error(error);
	const aula_module *module = aula_loaded_module(loaded);
	g_assert_cmpuint(module->size, ==, sizeof *module);
	g_assert_null(module->transport);
	g_assert_null(module->events);
	g_assert_null(module->plugin->fallback_request);
	g_assert_null(module->plugin->errors);
	g_assert_null(module->plugin->detach);
	g_assert_cmpstr(module->summary, ==, "");
	g_assert_null(module->capabilities[0].summary);
	g_assert_cmpstr(module->capabilities[1].name, ==, "older.two");
	g_assert_null(module->config[0].summary);
	g_assert_cmpint(aula_loaded_error_number(loaded, AULA_FULL), ==, 0);
}

static void
test_older_answers(void)
{
	g_autoptr(aula_loaded) loaded = open_here("older.so", NULL);
	const aula_request *request = aula_loaded_request(loaded, "b");
	json_t *body =
		json_pack("{s:[{s:s}, {s:s, s:i}]}", "items", "mid", "x", "mid", "y", "feed", 9);
	aula_call call = { .size = sizeof call, .body = body, .reply = json_object() };
	aula_schema schema = aula_request_schema(request);
	g_autofree void *args = g_malloc0(request->args_size);
	aula_arena arena = { 0 };
	aula_schema_fault fault;

	g_assert_cmpuint(request->needs, ==, 2);
	g_assert_null(request->summary);
	g_assert_cmpint(aula_schema_fill(&schema, body, args, &arena, &fault), ==, AULA_OK);
	g_assert_cmpint(request->run(NULL, &call, args), ==, AULA_OK);
	g_assert_cmpint(json_integer_value(json_object_get(call.reply, "times")), ==, 3);
	g_assert_cmpint(json_integer_value(json_object_get(call.reply, "feed")), ==, 9);
	aula_arena_free(&arena);
	json_decref(call.reply);
	json_decref(body);
}

static void
test_foreign(void)
{
	static const struct {
		const char *file, *says[3];
	} foreign[] = {
		{ "alien.so", { "alien.so", "aula_module_v2", "aula_module_v1" } },
		{ "nothing.so", { "nothing.so", "no module", "aula_module_v1" } },
		{ "absent.so", { "absent.so", "does not load", "No such file" } },
		{ "../Makefile", { "Makefile", "does not load", "" } },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(foreign); i++) {
		g_autoptr(GError) error = NULL;
		g_assert_null(open_here(foreign[i].file, &error));
		for (size_t j = 0; j < G_N_ELEMENTS(foreign[i].says); j++) {
			if (strstr(error->message, foreign[i].says[j]) == NULL)
				g_error("\"%s\" lacks \"%s\"", error->message, foreign[i].says[j]);
		}
	}
}

/* A released module keeps to these for ever: structs may only grow, at their end, and then get a
 * line of their own here. */
#if defined(__x86_64__) || defined(__aarch64__)
// clang-format off
static const struct {
	const char *what;
	size_t is, was;
} sizes[] = {
#define SIZE(T, bytes) { #T, sizeof(T), bytes }
#define PLACE(T, member, bytes) { #T "." #member, offsetof(T, member), bytes }
	SIZE(aula_field, 96),
	PLACE(aula_field, summary, 88),
	SIZE(aula_key, 16),
	SIZE(aula_list, 16),
	SIZE(aula_tristate, 1),
	SIZE(aula_capability, 16),
	SIZE(aula_request, 64),
	PLACE(aula_request, run, 48),
	SIZE(aula_error_number, 8),
	SIZE(aula_plugin_ops, 168),
	PLACE(aula_plugin_ops, attach, 56),
	PLACE(aula_plugin_ops, room_closed, 104),
	PLACE(aula_plugin_ops, speaking, 112),
	PLACE(aula_plugin_ops, shown, 120),
	PLACE(aula_plugin_ops, watched, 128),
	PLACE(aula_plugin_ops, heard, 136),
	PLACE(aula_plugin_ops, server_gone, 152),
	PLACE(aula_plugin_ops, room_closing, 160),
	SIZE(aula_deed, 40),
	SIZE(aula_transport_ops, 48),
	PLACE(aula_transport_ops, refused, 32),
	PLACE(aula_transport_ops, limited, 40),
	SIZE(aula_limited, 48),
	SIZE(aula_event_ops, 32),
	SIZE(aula_event_text, 16),
	SIZE(aula_module, 200),
	PLACE(aula_module, start, 128),
	PLACE(aula_module, plugin, 144),
	PLACE(aula_module, events, 160),
	PLACE(aula_module, reconfigured, 168),
	PLACE(aula_module, erased, 192),
	SIZE(aula_personal, 56),
	SIZE(aula_call, 120),
	PLACE(aula_call, offer, 56),
	PLACE(aula_call, error_number, 104),
	PLACE(aula_call, retry_after_ms, 112),
	SIZE(aula_identity, 64),
	PLACE(aula_identity, expires_s, 56),
	SIZE(aula_room_options, 32),
	SIZE(aula_join, 40),
	SIZE(aula_member_info, 64),
	SIZE(aula_stream, 216),
	PLACE(aula_stream, sender, 200),
	PLACE(aula_stream, svc, 208),
	SIZE(aula_answer, 40),
	SIZE(aula_packet_view, 56),
	SIZE(aula_tap_ops, 24),
	SIZE(aula_websocket_ops, 32),
	SIZE(aula_handles, 72),
	SIZE(aula_rooms, 168),
	SIZE(aula_bus, 128),
	PLACE(aula_bus, drop, 72),
	SIZE(aula_bus_score, 24),
	SIZE(aula_peers, 80),
	SIZE(aula_media, 88),
	SIZE(aula_timers, 40),
	SIZE(aula_gateway, 48),
	PLACE(aula_gateway, received_at, 32),
	SIZE(aula_http, 96),
	PLACE(aula_http, route, 40),
	PLACE(aula_http, serve, 64),
	PLACE(aula_http, url, 72),
	PLACE(aula_http, bound_websocket, 80),
	SIZE(aula_exchange_ops, 24),
	SIZE(aula_http_request, 80),
	PLACE(aula_http_request, headers, 64),
	SIZE(aula_http_answer, 64),
	PLACE(aula_http_answer, headers, 48),
	SIZE(aula_route_limits, 32),
	SIZE(aula_route, 80),
	SIZE(aula_tokens, 56),
	PLACE(aula_tokens, may, 32),
	SIZE(aula_errand, 56),
	PLACE(aula_errand, admitted, 48),
	SIZE(aula_errand_answer, 56),
	SIZE(aula_requests, 40),
	PLACE(aula_requests, admit, 32),
	SIZE(aula_privacy, 24),
	SIZE(aula_events, 16),
	SIZE(aula_feed_options, 32),
	SIZE(aula_feeds, 56),
	SIZE(aula_sql_value, 16),
	SIZE(aula_statement, 32),
	SIZE(aula_store_result, 64),
	SIZE(aula_migration, 16),
	SIZE(aula_store, 40),
	SIZE(aula_act, 40),
	SIZE(aula_audit, 24),
	SIZE(aula_host, 136),
	PLACE(aula_host, handles, 16),
	PLACE(aula_host, events, 72),
	PLACE(aula_host, feeds, 80),
	PLACE(aula_host, tokens, 88),
	PLACE(aula_host, store, 96),
	PLACE(aula_host, audit, 104),
	SIZE(aula_handle, 8),
};
// clang-format on

static void
test_sizes(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		if (sizes[i].is != sizes[i].was)
			g_test_message("%s", sizes[i].what);
		g_assert_cmpuint(sizes[i].is, ==, sizes[i].was);
	}
}
#else
static void
test_sizes(void)
{
	g_test_skip("sizes are written down for 64-bit machines with LP64 only");
}
#endif

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/abi/current", test_current);
	g_test_add_func("/abi/older", test_older);
	g_test_add_func("/abi/older-answers", test_older_answers);
	g_test_add_func("/abi/foreign", test_foreign);
	g_test_add_func("/abi/sizes", test_sizes);
	return g_test_run();
}
