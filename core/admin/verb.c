/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/verb.h"

const aula_admin_table *const *
aula_admin_tables(void)
{
	static const aula_admin_table *const tables[] = { &aula_admin_server_verbs,
		&aula_admin_limits_verbs, &aula_admin_people_verbs, &aula_admin_handle_verbs,
		&aula_admin_janus_verbs, NULL };

	return tables;
}

const aula_admin_verb *
aula_admin_find(const char *name)
{
	for (const aula_admin_table *const *table = aula_admin_tables(); *table != NULL; table++)
		for (size_t i = 0; i < (*table)->count; i++)
			if (g_ascii_strcasecmp((*table)->rows[i].name, name) == 0)
				return &(*table)->rows[i];
	return NULL;
}

json_t *
aula_admin_describe(void)
{
	static const char *const levels[] = { "server", "session", "handle" };
	json_t *all = json_array();

	for (const aula_admin_table *const *table = aula_admin_tables(); *table != NULL; table++)
		for (size_t i = 0; i < (*table)->count; i++) {
			const aula_admin_verb *row = &(*table)->rows[i];
			aula_schema schema = { row->fields, row->field_count, sizeof(aula_field) };
			json_t *at = json_array();
			for (unsigned j = 0; j < G_N_ELEMENTS(levels); j++)
				if ((row->at >> j & 1) != 0)
					json_array_append_new(at, json_string(levels[j]));
			json_array_append_new(
				all, json_pack("{s:s, s:s, s:[s], s:b, s:b, s:o, s:o}", "name",
					     row->name, "summary", row->summary, "needs",
					     AULA_CAPABILITY_ADMIN, "async", 0, "supported",
					     row->run != NULL, "levels", at, "fields",
					     aula_schema_describe(&schema)));
		}
	return all;
}
