/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/ctl-user.h"

#include <stdbool.h>
#include <string.h>

const char aula_ctl_user_about[] =
	"Makes and changes accounts of a running server, by its Admin API: see aula ctl for how it "
	"is found.\n"
	"Who has an account sets a password by the link that add and link print; it serves "
	"once.\n\n"
	"  aula user add ada role=admin name=\"Ada Lovelace\"\n"
	"  aula user add ben role=student department=Art\n"
	"  aula user edit ben role=teacher            what is not said stays\n"
	"  aula user edit ben active=false            may not log in any more\n"
	"  aula user link ben                         another link, for a forgotten password\n"
	"  aula user list department=Art limit=500\n"
	"  aula user import class.csv                 what would be done with each line\n"
	"  aula user import class.csv apply=true      does it, and prints the links\n"
	"  aula user erase ben confirm=ben            the account, and all that is kept of ben\n";

static const struct {
	const char *name;
	const char *first; /* the field that stands without its name; NULL: none does */
} verbs[] = { { "add", "login" }, { "edit", "login" }, { "erase", "login" }, { "import", "csv" },
	{ "link", "login" }, { "list", NULL } };

/* The fields that are no texts. */
static bool
is_json(const char *key)
{
	static const char *const plain[] = { "active", "apply", "limit", NULL };

	return g_strv_contains(plain, key);
}

static bool
refuse(GError **error, const char *format, const char *word)
{
	g_set_error(error, g_quark_from_static_string("aula-user"), 1, format, word);
	return false;
}

static bool
add_field(json_t *body, const char *text, GError **error)
{
	const char *equals = strchr(text, '=');

	if (equals == NULL || equals == text)
		return refuse(error, "%s: expected key=value", text);
	g_autofree char *key = g_strndup(text, (size_t)(equals - text));
	json_t *value = is_json(key) ? json_loads(equals + 1, JSON_DECODE_ANY, NULL)
				     : json_string(equals + 1);
	if (value == NULL)
		return refuse(error, "%s: not a value, or not UTF-8", text);
	json_object_set_new(body, key, value);
	return true;
}

static bool
add_first(json_t *body, const char *field, const char *word, GError **error)
{
	g_autofree char *text = NULL;
	gsize length = 0;

	if (strcmp(field, "csv") != 0)
		text = g_strdup(word);
	else if (!g_file_get_contents(word, &text, &length, error))
		return false;
	json_t *value = json_string(text);
	if (value == NULL)
		return refuse(error, "%s: not UTF-8", word);
	json_object_set_new(body, field, value);
	return true;
}

static bool
fill(json_t *body, size_t verb, char **words, GError **error)
{
	const char *first = verbs[verb].first;

	if (first != NULL && *words == NULL)
		return refuse(error, "%s: of whom? See aula user help", verbs[verb].name);
	if (first != NULL && !add_first(body, first, *words++, error))
		return false;
	for (; *words != NULL; words++)
		if (!add_field(body, *words, error))
			return false;
	if (strcmp(verbs[verb].name, "add") == 0 && json_object_get(body, "name") == NULL)
		json_object_set(body, "name", json_object_get(body, "login"));
	return true;
}

json_t *
aula_ctl_user_request(char **words, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
		if (strcmp(words[0], verbs[i].name) != 0)
			continue;
		json_t *body = json_pack("{s:s}", "request", verbs[i].name);
		if (fill(body, i, words + 1, error))
			return json_pack("{s:s, s:s, s:s, s:o}", "janus", "message_plugin",
				"transaction", "ctl", "plugin", "aula.plugin.people", "request",
				body);
		json_decref(body);
		return NULL;
	}
	refuse(error, "there is no %s; see aula user help", words[0]);
	return NULL;
}
