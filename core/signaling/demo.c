/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/demo.h"

#include <stdlib.h>
#include <string.h>

#include "signaling/verifier.h"

enum { NAME_BYTES_MOST = 128, QUERY_BYTES_MOST = 2048 };

static const char *const roles[] = { "student", "teacher", "admin" };

struct aula_demo {
	const aula_settings *settings;
	const aula_identities *identities;
	bool runs, local_only;
};

/* The answer must live until the next one on this thread. */
static GPrivate kept = G_PRIVATE_INIT(free);

static void
answer_json(int status, json_t *json, aula_web_answer *ret_answer)
{
	char *text = json_dumps(json, JSON_COMPACT);

	json_decref(json);
	g_private_replace(&kept, text);
	*ret_answer = (aula_web_answer){ .status = status,
		.type = "application/json",
		.body = text,
		.length = text != NULL ? strlen(text) : 0 };
}

static void
answer_error(int status, aula_code code, const char *sentence, aula_web_answer *ret_answer)
{
	answer_json(status,
		json_pack("{s:s, s:s}", "error", sentence, "word", aula_code_word(code)),
		ret_answer);
}

static void
answer_config(void *data, const aula_web_ask *ask, aula_web_answer *ret_answer)
{
	const aula_demo *demo = data;
	json_t *config = json_pack("{s:s, s:s, s:b}", "version", AULA_VERSION, "name",
		demo->settings->general.name, "demo", demo->runs);

	(void)ask;
	if (demo->runs) {
		json_object_set_new(config, "room", json_integer(demo->settings->demo.room));
		json_object_set_new(config, "title", json_string(demo->settings->demo.title));
	}
	answer_json(200, config, ret_answer);
}

/* The role that the demo gives by that name; NULL: none. */
static const char *
role_named(const aula_demo *demo, const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(roles); i++)
		if (g_strcmp0(name, roles[i]) == 0 &&
			aula_identities_has_role(demo->identities, roles[i]))
			return roles[i];
	return NULL;
}

static json_t *
make_ticket(const aula_demo *demo, const char *role, const char *name)
{
	const aula_settings_demo *settings = &demo->settings->demo;
	int64_t now_s = g_get_real_time() / G_USEC_PER_SEC;
	uint64_t random;
	aula_random(&random, sizeof random);
	g_autofree char *subject = g_strdup_printf("demo-%016" G_GINT64_MODIFIER "x", random);
	g_autofree char *room = g_strdup_printf("%" G_GINT64_FORMAT, settings->room);
	g_autofree char *copy = g_strdup(name);
	g_autofree char *role_copy = g_strdup(role);
	aula_token_claims claims = { .subject = subject,
		.name = copy,
		.role = role_copy,
		.room = strcmp(role, "admin") == 0 ? NULL : room,
		.expires_s = now_s + settings->token_s };
	g_autofree char *token = aula_identities_mint(demo->identities, &claims, now_s);

	return json_pack("{s:s, s:I, s:s, s:s, s:I}", "token", token, "room",
		(json_int_t)settings->room, "title", settings->title, "role", role, "expires",
		(json_int_t)claims.expires_s);
}

static void
answer_token(void *data, const aula_web_ask *ask, aula_web_answer *ret_answer)
{
	const aula_demo *demo = data;
	const char *query = ask->query;

	if (demo->local_only && !ask->local) {
		answer_error(403, AULA_FORBIDDEN, "The demo is for this machine only.", ret_answer);
		return;
	}
	g_autoptr(GHashTable) parameters =
		strlen(query) <= QUERY_BYTES_MOST
			? g_uri_parse_params(query, -1, "&", G_URI_PARAMS_WWW_FORM, NULL)
			: NULL;
	const char *name = parameters != NULL ? g_hash_table_lookup(parameters, "name") : NULL;
	const char *role = role_named(
		demo, parameters != NULL ? g_hash_table_lookup(parameters, "role") : NULL);
	if (name == NULL)
		name = "";
	if (role == NULL)
		answer_error(
			400, AULA_INVALID, "role should be student, teacher or admin.", ret_answer);
	else if (strlen(name) > NAME_BYTES_MOST || !g_utf8_validate(name, -1, NULL))
		answer_error(400, AULA_INVALID, "name should be a text of at most 128 bytes.",
			ret_answer);
	else
		answer_json(200, make_ticket(demo, role, name), ret_answer);
}

aula_demo *
aula_demo_new(aula_web *web, const aula_settings *settings, const aula_identities *identities)
{
	aula_demo *demo = g_new0(aula_demo, 1);

	*demo = (aula_demo){ .settings = settings,
		.identities = identities,
		.runs = aula_settings_demo_runs(settings),
		.local_only = aula_settings_demo_is_local(settings) };
	aula_web_page_add(web, "/config.json", answer_config, demo);
	if (demo->runs)
		aula_web_page_add(web, "/demo/token", answer_token, demo);
	return demo;
}

void
aula_demo_free(aula_demo *demo)
{
	g_free(demo);
}
