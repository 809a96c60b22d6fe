/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration file, as the core and as a module would take it. What is refused has a sentence;
 * what is accepted is in range. */
#include "fuzz.h"

#include <string.h>

#include "host/config.h"
#include "host/settings.h"

/* libconfig forgets a text that a syntax error cuts off: once, when a server refuses to start. */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig\n";
}

struct item {
	const char *name;
	int64_t count;
};

struct sample {
	bool on;
	int64_t count;
	double gain;
	const char *name, *file;
	aula_key room;
	aula_list tags, items;
	json_t *roles;
};

// clang-format off
static const aula_field item_fields[] = {
	AULA_TEXT(struct item, name, "name", 5, .flags = AULA_REQUIRED),
	AULA_INT(struct item, count, "count", 0, 9),
};

static const aula_field fields[] = {
	AULA_BOOL(struct sample, on, "on"),
	AULA_INT(struct sample, count, "count", 1, 9, .fallback = 1),
	AULA_NUMBER(struct sample, gain, "gain", 0, 2),
	AULA_TEXT(struct sample, name, "name", 5, .fallback_text = "ada"),
	AULA_TEXT(struct sample, file, "file", 4095, .flags = AULA_PATH),
	AULA_KEY(struct sample, room, "room", 8),
	AULA_TEXTS(struct sample, tags, "tags", 2),
	AULA_ROWS(struct sample, items, "items", 3, item_fields, struct item),
	AULA_JSON(struct sample, roles, "roles"),
};
// clang-format on

static void
check_module(aula_config *config)
{
	static const aula_schema schema = { fields, sizeof fields / sizeof *fields,
		sizeof *fields };
	GError *error = NULL;
	struct sample out;

	aula_config_set_base(config, "/state");
	if (!aula_config_fill(config, NULL, &schema, &out, &error)) {
		HOLDS(error != NULL && strstr(error->message, "x.cfg") != NULL);
		g_error_free(error);
		return;
	}
	HOLDS(out.count >= 1 && out.count <= 9 && out.gain >= 0 && out.gain <= 2);
	HOLDS(out.name != NULL && strlen(out.name) <= 5);
	HOLDS(out.file == NULL || *out.file == '\0' || *out.file == '/');
	HOLDS(out.room.text == NULL || out.room.number == 0);
	HOLDS(out.tags.count <= 2 && out.items.count <= 3);
	for (size_t i = 0; i < out.items.count; i++)
		HOLDS(((const struct item *)out.items.items)[i].name != NULL);
}

static void
check_core(aula_config *config)
{
	const aula_settings_block *block = aula_settings_blocks();
	aula_settings settings;
	GError *error = NULL;

	for (; block->name != NULL && error == NULL; block++) {
		bool good = aula_config_fill(config, block->name, &block->schema,
			(char *)&settings + block->offset, &error);
		HOLDS(good == (error == NULL));
	}
	HOLDS(error != NULL || settings.web.port <= 65535);
	g_clear_error(&error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	char *text = g_strndup((const char *)data, length);

	for (int core = 0; core < 2; core++) {
		GError *error = NULL;
		aula_config *config = aula_config_parse(text, "x.cfg", &error);
		HOLDS((config == NULL) == (error != NULL));
		if (config != NULL)
			(core ? check_core : check_module)(config);
		aula_config_free(config);
		g_clear_error(&error);
	}
	g_free(text);
	return 0;
}
