/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/ice-plan.h"

#include "host/secret.h"

void
aula_ice_plan_clear(aula_ice_plan *plan)
{
	for (size_t i = 0; i < G_N_ELEMENTS(plan->secrets); i++)
		g_clear_pointer(&plan->secrets[i], g_bytes_unref);
	for (size_t i = 0; i < plan->agents.server_count; i++)
		g_free((char *)plan->servers[i].password);
}

static bool
plan_turn(const aula_settings_turn *row, aula_ice_plan *plan, GError **error)
{
	size_t place = plan->agents.server_count;
	aula_ice_server *server = &plan->servers[place];

	aula_ice_uri_parse(row->uri, &server->uri);
	plan->secrets[place] = aula_secret_read_foreign(
		row->secret_file != NULL ? row->secret_file : row->password_file, error);
	if (plan->secrets[place] == NULL)
		return false;
	if (row->secret_file != NULL) {
		server->secret = plan->secrets[place];
	} else {
		gsize length;
		const char *password = g_bytes_get_data(plan->secrets[place], &length);
		server->user = row->user;
		server->password = g_strndup(password, length);
	}
	plan->agents.server_count++;
	return true;
}

bool
aula_ice_plan_read(const aula_settings *settings, aula_ice_plan *plan, GError **error)
{
	const aula_settings_ice *ice = &settings->ice;
	const aula_settings_turn *rows = ice->turn.items;

	plan->agents = (aula_agents_options){ .servers = plan->servers,
		.first_port = (uint16_t)ice->first_port,
		.last_port = (uint16_t)ice->last_port,
		.relay_only = ice->relay_only,
		.names = ice->names,
		.ca_path = ice->ca_file };
	if (ice->stun_server != NULL)
		aula_ice_uri_parse(
			ice->stun_server, &plan->servers[plan->agents.server_count++].uri);
	for (size_t i = 0; i < ice->turn.count; i++)
		if (!plan_turn(&rows[i], plan, error))
			return false;
	return true;
}
