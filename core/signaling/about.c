/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/about.h"

#include "host/describe.h"

static json_t *
about_module(const aula_module *module)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:i}", "name", module->name, "author",
		module->author != NULL ? module->author : "", "description", module->summary,
		"version_string", module->version != NULL ? module->version : "", "version", 1);
}

static void
add_modules(const aula_switchboard *board, json_t *info)
{
	json_t *plugins = json_object(), *transports = json_object(), *events = json_object();

	for (size_t i = 0; i < aula_modules_count(board->modules); i++) {
		const aula_module *module = aula_loaded_module(aula_modules_get(board->modules, i));
		if (!aula_modules_runs(board->modules, i))
			continue;
		if (module->plugin == NULL) {
			json_object_set_new(module->transport != NULL ? transports : events,
				module->name, about_module(module));
			continue;
		}
		for (const char *const *name = module->plugin->packages; *name != NULL; name++)
			json_object_set_new(plugins, *name, about_module(module));
	}
	json_object_set_new(info, "transports", transports);
	json_object_set_new(info, "events", events);
	json_object_set_new(info, "plugins", plugins);
}

static bool
has_event_handler(const aula_switchboard *board)
{
	for (size_t i = 0; i < aula_modules_count(board->modules); i++)
		if (aula_modules_runs(board->modules, i) &&
			aula_loaded_module(aula_modules_get(board->modules, i))->events != NULL)
			return true;
	return false;
}

void
aula_about_server(const aula_switchboard *board, json_t *info)
{
	const aula_settings_limits *limits = &board->settings->limits;
	json_t *facts = json_pack(
		"{s:s, s:i, s:s, s:s, s:b, s:b, s:I, s:I, s:s, s:b, s:b, s:b, s:b, s:b, s:b}",
		"name", AULA_NAME, "version", 1, "version_string", AULA_VERSION, "author",
		"The Aula authors", "data_channels", 0, "accepting-new-sessions", !board->draining,
		"session-timeout", (json_int_t)limits->session_timeout_s, "reclaim-session-timeout",
		(json_int_t)limits->reclaim_s, "server-name",
		board->settings->general.name != NULL ? board->settings->general.name : AULA_NAME,
		"ice-lite", !aula_settings_ice_is_full(board->settings), "ice-tcp",
		board->settings->media.tcp, "full-trickle",
		aula_settings_ice_is_full(board->settings) && board->settings->ice.gather_ms == 0,
		"api_secret", 0, "auth_token", 1, "event_handlers",
		has_event_handler(board));

	json_object_update(info, facts);
	json_decref(facts);
	add_modules(board, info);
}
