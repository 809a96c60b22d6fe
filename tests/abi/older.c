/* SPDX-License-Identifier: Apache-2.0 */
/* A module as an older core would have compiled it: its structs end earlier, its rows are closer
 * together. What follows them in memory is not theirs, and filled so that reading on is noticed. */
#include "aula/module.h"

#define POISON ((const char *)0x1)

/* The rows of today without their last member. */
struct field {
	const char *name;
	aula_type type;
	uint32_t flags;
	size_t offset;
	int64_t fallback;
	const char *fallback_text;
	int64_t min, max;
	const char *const *choices;
	const void *fields;
	size_t field_count, item_size;
};

struct request {
	const char *name;
	uint64_t needs;
	uint32_t flags;
	const struct field *fields;
	size_t field_count, args_size;
	aula_code (*run)(void *self, aula_call *call, const void *args);
};

struct capability {
	const char *name;
};

struct plugin {
	size_t size;
	const char *const *packages;
	const char *key;
	const char *poison[16];
};

struct module {
	size_t size, field_size, request_size, capability_size, error_size;
	const char *name, *summary, *author, *version;
	const struct field *config;
	size_t config_count, config_size;
	const struct capability *capabilities;
	size_t capability_count;
	const struct request *requests;
	size_t request_count;
	aula_code (*start)(const aula_host *host, const void *config, void **ret_self);
	void (*stop)(void *self);
	const struct plugin *plugin;
	const char *poison[16];
};

struct item {
	const char *mid;
	int64_t feed;
};

struct args {
	int64_t times;
	aula_list items;
};

// clang-format off
static const struct field item_fields[] = {
	{ .name = "mid", .type = AULA_TYPE_TEXT, .offset = offsetof(struct item, mid), .max = 9 },
	{ .name = "feed", .type = AULA_TYPE_INT, .offset = offsetof(struct item, feed), .max = 9, .fallback = 4 },
};

static const struct field fields[] = {
	{ .name = "times", .type = AULA_TYPE_INT, .offset = offsetof(struct args, times), .min = 1, .max = 9, .fallback = 3 },
	{ .name = "items", .type = AULA_TYPE_ROWS, .offset = offsetof(struct args, items), .max = 5,
		.fields = item_fields, .field_count = 2, .item_size = sizeof(struct item) },
};
// clang-format on

static aula_code
run(void *self, aula_call *call, const void *data)
{
	const struct args *args = data;
	const struct item *items = args->items.items;

	(void)self;
	json_object_set_new(call->reply, "times", json_integer(args->times));
	json_object_set_new(
		call->reply, "feed", json_integer(args->items.count > 1 ? items[1].feed : -1));
	return AULA_OK;
}

static aula_code
start(const aula_host *host, const void *config, void **ret_self)
{
	(void)host, (void)config, (void)ret_self;
	return AULA_OK;
}

static void
stop(void *self)
{
	(void)self;
}

static const struct capability capabilities[] = { { "older.one" }, { "older.two" } };
static const struct request requests[] = {
	{ .name = "a", .run = run },
	{ .name = "b",
		.needs = 2,
		.fields = fields,
		.field_count = 2,
		.args_size = sizeof(struct args),
		.run = run },
};
static const char *const packages[] = { "test.plugin.older", NULL };
static const struct plugin plugin = {
	.size = offsetof(struct plugin, poison),
	.packages = packages,
	.key = "older",
	.poison = { POISON, POISON, POISON, POISON, POISON, POISON, POISON, POISON },
};

__attribute__((visibility("default"))) extern const struct module aula_module_v1;
const struct module aula_module_v1 = {
	.size = offsetof(struct module, poison),
	.field_size = sizeof(struct field),
	.request_size = sizeof(struct request),
	.capability_size = sizeof(struct capability),
	.error_size = sizeof(aula_error_number),
	.name = "older",
	.config = fields,
	.config_count = 1,
	.config_size = sizeof(struct args),
	.capabilities = capabilities,
	.capability_count = 2,
	.requests = requests,
	.request_count = 2,
	.start = start,
	.stop = stop,
	.plugin = &plugin,
	.poison = { POISON, POISON, POISON },
};
