/* SPDX-License-Identifier: Apache-2.0 */
/* Every way in which a descriptor is refused; those that are accepted are in tests/abi. */
#include "host/module.h"

#include <string.h>

struct args {
	int64_t count;
};

static const aula_field good_fields[] = { AULA_INT(struct args, count, "count", 1, 9) };
static const aula_field outside[] = {
	{ .name = "far", .type = AULA_TYPE_INT, .offset = sizeof(struct args), .max = 1 }
};

static aula_code
run(void *self, aula_call *call, const void *args)
{
	(void)self, (void)call, (void)args;
	return AULA_OK;
}

static aula_code
start(const aula_host *host, const void *config, void **ret_self)
{
	(void)host, (void)config, (void)ret_self;
	g_assert_not_reached();
}

static void
stop(void *self)
{
	(void)self;
	g_assert_not_reached();
}

static aula_code
send_text(void *self, void *client, const char *text, size_t length)
{
	(void)self, (void)client, (void)text, (void)length;
	return AULA_OK;
}

static void
take_event(void *self, const char *text, size_t length)
{
	(void)self, (void)text, (void)length;
}

static const char *const packages[] = { "test.plugin.x", NULL }, *const none[] = { NULL },
			 *const blank[] = { "a b", NULL };
static const aula_error_number errors[] = { { AULA_FULL, 432 } };
static const aula_plugin_ops plugin = { .size = sizeof plugin,
	.packages = packages,
	.key = "x",
	.errors = errors,
	.error_count = 1,
	.error_fallback = 499 };
static const aula_event_ops events = { .size = sizeof events, .event = take_event };

static const aula_request good_requests[] = {
	{ .name = "add",
		.run = run,
		.fields = good_fields,
		.field_count = 1,
		.args_size = sizeof(struct args) },
	{ .name = "list", .run = run },
};
static const aula_capability capabilities[] = { { "x.one", "One." }, { "x.two", "Two." } };

static aula_module
good(void)
{
	return (aula_module){ .size = sizeof(aula_module),
		.field_size = sizeof(aula_field),
		.request_size = sizeof(aula_request),
		.capability_size = sizeof(aula_capability),
		.error_size = sizeof(aula_error_number),
		.name = "x",
		.capabilities = capabilities,
		.capability_count = 2,
		.requests = good_requests,
		.request_count = 2,
		.start = start,
		.stop = stop,
		.plugin = &plugin };
}

static void
refused(const aula_module *module, const char *why)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(aula_loaded) loaded = aula_loaded_wrap(module, "x.so", &error);

	g_assert_null(loaded);
	if (!g_str_has_prefix(error->message, "x.so: ") || strstr(error->message, why) == NULL)
		g_error("\"%s\" lacks \"%s\"", error->message, why);
}

#define REFUSED(why, ...) \
	do { \
		aula_module module = good(); \
		__VA_ARGS__; \
		refused(&module, why); \
	} while (0)

static void
test_good(void)
{
	g_autoptr(GError) error = NULL;
	aula_module module = good();
	g_autoptr(aula_loaded) loaded = aula_loaded_wrap(&module, "x.so", &error);

	g_assert_no_error(error);
	g_assert_cmpstr(aula_loaded_request(loaded, "add")->name, ==, "add");
	g_assert_cmpstr(aula_loaded_request(loaded, "list")->name, ==, "list");
	g_assert_null(aula_loaded_request(loaded, "adda"));
	g_assert_null(aula_loaded_request(loaded, ""));
	g_assert_cmpint(aula_loaded_error_number(loaded, AULA_FULL), ==, 432);
	g_assert_cmpint(aula_loaded_error_number(loaded, AULA_GONE), ==, 499);
}

static void
test_head(void)
{
	REFUSED("descriptor of 8 bytes", module.size = 8);
	REFUSED("descriptor of", module.size = 1 << 20);
	REFUSED("name", module.name = NULL);
	REFUSED("name", module.name = "");
	REFUSED("name", module.name = "No Name");
	REFUSED("name", module.name = "../x");
	REFUSED("the core", module.name = "aula");
	REFUSED("`start` and `stop`", module.start = NULL);
	REFUSED("`start` and `stop`", module.stop = NULL);
}

static void
test_kind(void)
{
	static const aula_transport_ops transport = { .size = sizeof transport, .send = send_text };
	static const aula_plugin_ops small = { .size = 8 };
	static const aula_plugin_ops no_key = { .size = sizeof no_key, .packages = packages };
	static const aula_plugin_ops no_packages = { .size = sizeof no_packages, .key = "x" };
	static const aula_plugin_ops empty = { .size = sizeof empty, .key = "x", .packages = none };
	static const aula_plugin_ops odd = { .size = sizeof odd, .key = "x", .packages = blank };
	static const aula_plugin_ops astray = {
		.size = sizeof astray, .key = "x", .packages = packages, .fallback_request = "gone"
	};
	static const aula_event_ops deaf = { .size = sizeof deaf };

	REFUSED("exactly one", module.plugin = NULL);
	REFUSED("exactly one", module.events = &events);
	REFUSED("table of 8 bytes", module.plugin = &small);
	REFUSED("`key`", module.plugin = &no_key);
	REFUSED("`packages`", module.plugin = &no_packages);
	REFUSED("`packages`", module.plugin = &empty);
	REFUSED("package 0", module.plugin = &odd);
	REFUSED("fallback_request \"gone\"", module.plugin = &astray);
	REFUSED("mandatory", module.plugin = NULL, module.transport = &transport);
	REFUSED("mandatory", module.plugin = NULL, module.events = &deaf);
	REFUSED("takes no requests", module.plugin = NULL, module.events = &events);
}

static void
test_requests(void)
{
	static const aula_request unsorted[] = { { .name = "b", .run = run },
		{ .name = "a", .run = run } };
	static const aula_request twice[] = { { .name = "a", .run = run },
		{ .name = "a", .run = run } };
	static const aula_request nameless[] = { { .run = run } };
	static const aula_request idle[] = { { .name = "a" } };
	static const aula_request greedy[] = { { .name = "a", .run = run, .needs = 4 } };
	static const aula_request wild[] = { { .name = "a",
		.run = run,
		.fields = outside,
		.field_count = 1,
		.args_size = sizeof(struct args) } };
	static const aula_request huge[] = { { .name = "a",
		.run = run,
		.fields = good_fields,
		.field_count = 1,
		.args_size = SIZE_MAX } };
	static const aula_request lost[] = { { .name = "a", .run = run, .field_count = 3 } };

	REFUSED("sorted", module.requests = unsorted);
	REFUSED("sorted", module.requests = twice);
	REFUSED("name", module.requests = nameless, module.request_count = 1);
	REFUSED("function", module.requests = idle, module.request_count = 1);
	REFUSED("capability", module.requests = greedy, module.request_count = 1);
	REFUSED("request a: field far: lies outside", module.requests = wild,
		module.request_count = 1);
	REFUSED("struct", module.requests = huge, module.request_count = 1);
	REFUSED("no table", module.requests = lost, module.request_count = 1);
	REFUSED("no table", module.requests = NULL);
	REFUSED("rows", module.request_count = 100000);
	REFUSED("rows of 8 bytes", module.request_size = 8);
	REFUSED("rows of 0 bytes", module.field_size = 0);
	REFUSED("rows of 93 bytes", module.field_size = 93);
}

static void
test_settings(void)
{
	REFUSED("settings: field far: lies outside", module.config = outside,
		module.config_count = 1, module.config_size = sizeof(struct args));
	REFUSED("settings", module.config_count = 1);
}

static void
test_capabilities(void)
{
	static aula_capability many[65];
	static const aula_capability odd[] = { { "X.y", "" } }, empty[] = { { "x.", "" } },
				     same[] = { { "x.y", "" }, { "x.y", "" } };

	REFUSED("at most 64", module.capabilities = many, module.capability_count = 65);
	REFUSED("area.verb", module.capabilities = odd, module.capability_count = 1);
	REFUSED("area.verb", module.capabilities = empty, module.capability_count = 1);
	REFUSED("twice", module.capabilities = same);
	REFUSED("no table", module.capabilities = NULL);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/host/module/good", test_good);
	g_test_add_func("/host/module/head", test_head);
	g_test_add_func("/host/module/kind", test_kind);
	g_test_add_func("/host/module/requests", test_requests);
	g_test_add_func("/host/module/settings", test_settings);
	g_test_add_func("/host/module/capabilities", test_capabilities);
	return g_test_run();
}
