/* SPDX-License-Identifier: Apache-2.0 */
#include "host/capability.h"

#include <string.h>

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

static void
take_event(void *self, const char *text, size_t length)
{
	(void)self, (void)text, (void)length;
}

static const aula_event_ops ops = { .size = sizeof ops, .event = take_event };

static aula_loaded *
module_with(const aula_capability *rows, size_t count)
{
	aula_module module = { .size = sizeof module,
		.field_size = sizeof(aula_field),
		.capability_size = sizeof *rows,
		.name = "x",
		.start = start,
		.stop = stop,
		.events = &ops,
		.capabilities = rows,
		.capability_count = count };
	g_autoptr(GError) error = NULL;
	aula_loaded *loaded = aula_loaded_wrap(&module, "x.so", &error);

	g_assert_no_error(error);
	return loaded;
}

static const aula_capability room_rows[] = { { "room.join", "" }, { "room.moderate", "" },
	{ "media.publish", "" } };
static const aula_capability chat_rows[] = { { "chat.write", "" }, { "room.join", "" } };

struct two {
	aula_capabilities *all;
	aula_loaded *room, *chat;
	aula_capability_map room_map, chat_map;
};

static void
two_init(struct two *two)
{
	two->all = aula_capabilities_new();
	two->room = module_with(room_rows, G_N_ELEMENTS(room_rows));
	two->chat = module_with(chat_rows, G_N_ELEMENTS(chat_rows));
	g_assert_true(aula_capabilities_declare(two->all, two->room, &two->room_map, NULL));
	g_assert_true(aula_capabilities_declare(two->all, two->chat, &two->chat_map, NULL));
}

static void
two_finish(struct two *two)
{
	aula_capabilities_free(two->all);
	aula_loaded_free(two->room);
	aula_loaded_free(two->chat);
}

/* Two modules that use one name mean one capability, at their own places. */
static void
test_shared_name(void)
{
	aula_capability_set holds = { 0 };
	struct two two;

	two_init(&two);
	int join = aula_capabilities_find(two.all, "room.join");
	g_assert_cmpint(join, >=, 0);
	g_assert_cmpuint(aula_capabilities_count(two.all), ==, 6); /* with the two of the core */
	aula_capability_set_add(&holds, (unsigned)join);
	g_assert_cmpuint(aula_capability_local(&two.room_map, &holds), ==, 1);
	g_assert_cmpuint(aula_capability_local(&two.chat_map, &holds), ==, 2);
	g_assert_cmpint(aula_capabilities_find(two.all, "room"), ==, -1);
	two_finish(&two);
}

static void
test_bound(void)
{
	g_autoptr(aula_capabilities) all = aula_capabilities_new();
	aula_capability rows[64];
	char names[64][32];
	aula_capability_map map;
	int round = 0;

	for (bool declared = true; declared; round++) {
		g_autoptr(GError) error = NULL;
		for (int i = 0; i < 64; i++) {
			g_snprintf(names[i], sizeof names[i], "x.n%d", round * 64 + i);
			rows[i] = (aula_capability){ names[i], "" };
		}
		g_autoptr(aula_loaded) loaded = module_with(rows, 64);
		declared = aula_capabilities_declare(all, loaded, &map, &error);
		g_assert_cmpint(declared, ==, error == NULL);
	}
	g_assert_cmpint(round, ==, 4); /* "info" takes the last place */
	g_assert_cmpuint(aula_capabilities_count(all), ==, AULA_CAPABILITIES_MOST);
	aula_capability_set full;
	memset(&full, 0xff, sizeof full);
	g_assert_true(aula_capability_set_has(&full, 255));
}

/* One row a case: the map, the sentence (NULL: accepted), what `teacher` holds of the room's. */
static const struct {
	const char *roles, *error;
	uint64_t holds;
} cases[] = {
	{ "teacher = [\"room.join\"];", NULL, 1 },
	{ "teacher = [\"room.*\"];", NULL, 3 },
	{ "teacher = [\"*\"];", NULL, 7 },
	{ "teacher = [\"media.publish\", \"chat.write\"];", NULL, 4 },
	{ "teacher = ( );", NULL, 0 },
	{ "teacher = [\"room.joyn\"];",
		"t.cfg:1: roles.teacher[0]: there is no capability \"room.joyn\"; did you mean "
		"\"room.join\"?",
		0 },
	{ "\n teacher = [\n\"room.join\", \"room.entirely_else\"];",
		"t.cfg:3: roles.teacher[1]: there is no capability \"room.entirely_else\"", 0 },
	{ "teacher = [1];", "t.cfg:1: roles.teacher[0]: expected a capability's name", 0 },
	{ "teacher = \"*\";", "t.cfg:1: roles.teacher: expected a list of at most 256 capabilities",
		0 },
	/* A module that is switched off. */
	{ "teacher = [\"room.join\", \"poll.vote\"];", NULL, 1 },
};

static void
test_roles(void)
{
	struct two two;

	two_init(&two);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *text = g_strdup_printf("roles = { %s };", cases[i].roles);
		g_autoptr(aula_config) config = aula_config_parse(text, "t.cfg", &error);
		g_assert_no_error(error);
		g_autoptr(aula_roles) roles = aula_roles_new(
			two.all, aula_config_get(config, "roles"), config, "roles", &error);
		g_assert_cmpstr(error != NULL ? error->message : NULL, ==, cases[i].error);
		if (roles == NULL)
			continue;
		g_assert_null(aula_roles_find(roles, "student"));
		g_assert_cmpuint(
			aula_capability_local(&two.room_map, aula_roles_find(roles, "teacher")), ==,
			cases[i].holds);
	}
	two_finish(&two);
}

/* What the core put there may name modules that are not loaded. */
static void
test_built_in(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(aula_config) config = aula_config_parse("", "t.cfg", &error);
	struct two two;

	two_init(&two);
	aula_config_default(
		config, "roles", json_pack("{s:[s, s]}", "teacher", "room.joyn", "info"));
	g_autoptr(aula_roles) roles =
		aula_roles_new(two.all, aula_config_get(config, "roles"), config, "roles", &error);
	g_assert_no_error(error);
	int info = aula_capabilities_find(two.all, AULA_CAPABILITY_INFO);
	g_assert_true(aula_capability_set_has(aula_roles_find(roles, "teacher"), (unsigned)info));

	static const char *const names[] = { "room.join", "room.moderate" };
	aula_list list = { names, 2 };
	g_assert_true(aula_roles_set(roles, two.all, "guest", &list, config, "guest", &error));
	g_assert_cmpuint(
		aula_capability_local(&two.room_map, aula_roles_find(roles, "guest")), ==, 3);
	two_finish(&two);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/host/capability/shared-name", test_shared_name);
	g_test_add_func("/host/capability/bound", test_bound);
	g_test_add_func("/host/capability/roles", test_roles);
	g_test_add_func("/host/capability/built-in", test_built_in);
	return g_test_run();
}
