/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "link.h"
#include "requests.h"
#include "secret.h"

/* Whom the asker may see and manage: everybody, or those of their own department. `u` is the
 * person, $1 the one, $2 the login of who asks. */
#define WITHIN \
	" ($1 OR (u.department <> '' AND u.department =" \
	" (SELECT department FROM people_users WHERE login = $2)))"

static aula_sql_value
everywhere(const struct ask *ask)
{
	return aula_sql_bool((ask->who.holds & MAY_EVERYWHERE) != 0);
}

static const char no_role[] = "There is no such role, or you may not give it.";

static int64_t
link_until_us(const struct ask *ask)
{
	return wall_us() + ask->people->config->link_hours * 3600 * 1000000;
}

/* A link whose hash goes into `ret_id`. */
static bool
make_link(struct ask *ask, char ret_id[SECRET_BYTES + 1])
{
	return secret_make(ask->secret) && secret_hash(ask->secret, ret_id);
}

static void
answer_link(struct ask *ask)
{
	char *url = link_url(ask->people->host, ask->secret);

	ask_answer(ask, AULA_OK,
		json_pack("{s:s, s:s, s:s*, s:i}", "login", ask->login, "link", ask->secret, "url",
			url, "hours", (int)ask->people->config->link_hours),
		NULL);
	free(url);
}

/* -- add -- */

static void
on_added(struct ask *ask, const aula_store_result *result)
{
	const struct person_args *args = ask->args;

	if (result->code == AULA_OK) {
		ask_note(ask, "people.add", ask->login, args->role);
		answer_link(ask);
	} else {
		ask_answer(ask, result->code == AULA_NOT_FOUND ? AULA_FORBIDDEN : result->code,
			NULL,
			result->code == AULA_EXISTS ? "This login is taken."
			: result->code == AULA_NOT_FOUND
				? "You may add people to your own department only."
				: NULL);
	}
}

/* Into the department that is said. Whoever may add to their own only need not say it. */
static void
write_person(struct ask *ask, const char *id)
{
	const struct person_args *args = ask->args;
	aula_sql_value login = aula_sql_text(ask->login);
	aula_statement add[] = {
		AULA_SQL(
			"INSERT INTO people_users (login, name, role, department, active, "
			"created_us)"
			" SELECT CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT), "
			"w.department,"
			" CAST($6 AS BOOLEAN), CAST($7 AS BIGINT)"
			" FROM (SELECT CASE WHEN $1 OR CAST($8 AS TEXT) <> '' THEN CAST($8 AS TEXT)"
			" ELSE (SELECT department FROM people_users WHERE login = $2) END"
			" AS department) w WHERE $1 OR "
			"(w.department <> ''"
			" AND w.department = (SELECT department FROM people_users WHERE login = "
			"$2))",
			everywhere(ask), aula_sql_text(ask->who.login), login,
			aula_sql_text(args->name), aula_sql_text(args->role), aula_sql_bool(true),
			aula_sql_int(wall_us()),
			aula_sql_text(args->department != NULL ? args->department : "")),
		AULA_SQL("INSERT INTO people_links (id, login, expires_us) VALUES ($1, $2, $3)",
			aula_sql_text(id), login, aula_sql_int(link_until_us(ask))),
	};

	add[0].least = 1;
	ask->run = on_added;
	ask_write(ask, add, 2);
}

aula_code
run_add(void *self, aula_call *call, const void *args)
{
	const struct person_args *person = args;
	char login[LOGIN_MOST + 1], id[SECRET_BYTES + 1];
	aula_code code;

	if (!login_normal(person->login, login)) {
		call->field = "login";
		call->error = "A login is made of a-z, 0-9 and . _ @ + -";
		return AULA_INVALID;
	}
	struct ask *ask = ask_begin(self, call, args, sizeof *person, ACCOUNT, &code);
	if (ask == NULL)
		return code;
	ask->login = strdup(login);
	if (!may_give(ask, person->role, &code))
		ask_answer(ask, code, NULL, no_role);
	else if (!make_link(ask, id))
		ask_answer(ask, AULA_INTERNAL, NULL, NULL);
	else
		write_person(ask, id);
	return AULA_OK;
}

/* -- edit, link: of a person that is there -- */

bool
person_take(struct ask *ask, const aula_store_result *result)
{
	aula_code code = result->code;

	if (code == AULA_OK && result->row_count == 0)
		code = AULA_NOT_FOUND;
	if (code == AULA_OK) {
		ask->role = strdup(aula_result_text(result, 0, 0));
		if (!may_give(ask, ask->role, &code) && code == AULA_NOT_FOUND)
			code = AULA_OK; /* a role that was taken away gives nobody power */
	}
	if (code == AULA_OK)
		return true;
	ask_answer(ask, code, NULL,
		code == AULA_FORBIDDEN ? "This person may do what you may not." : NULL);
	return false;
}

void
person_find(struct ask *ask, const char *login,
	void (*run)(struct ask *ask, const aula_store_result *result))
{
	char normal[LOGIN_MOST + 1];

	if (!login_normal(login, normal)) {
		ask_answer(ask, AULA_NOT_FOUND, NULL, NULL);
		return;
	}
	ask->login = strdup(normal);
	ask->run = run;
	aula_statement find =
		AULA_SQL("SELECT u.role FROM people_users u WHERE u.login = $3 AND" WITHIN,
			everywhere(ask), aula_sql_text(ask->who.login), aula_sql_text(normal));
	ask_read(ask, &find);
}

static aula_code
find_person(void *self, aula_call *call, const struct person_args *person,
	void (*run)(struct ask *ask, const aula_store_result *result))
{
	aula_code code;
	struct ask *ask = ask_begin(self, call, person, sizeof *person, ACCOUNT, &code);

	if (ask != NULL)
		person_find(ask, person->login, run);
	return code;
}

static void
on_edited(struct ask *ask, const aula_store_result *result)
{
	const struct person_args *args = ask->args;

	if (result->code == AULA_OK)
		ask_note(ask, "people.edit", ask->login,
			args->active == 0    ? "inactive"
			: args->role != NULL ? args->role
					     : NULL);
	ask_answer(ask, result->code, NULL, NULL);
}

static void
on_person_to_edit(struct ask *ask, const aula_store_result *result)
{
	const struct person_args *args = ask->args;
	bool rank = args->role != NULL || args->active != AULA_UNSET;
	aula_code code;

	if (!person_take(ask, result))
		return;
	if (rank && strcmp(ask->login, ask->who.login) == 0) {
		ask_answer(ask, AULA_WRONG_STATE, NULL,
			"Nobody changes their own role or shuts themselves out.");
	} else if (args->role != NULL && !may_give(ask, args->role, &code)) {
		ask_answer(ask, code, NULL, no_role);
	} else if (args->department != NULL && (ask->who.holds & MAY_EVERYWHERE) == 0) {
		ask_answer(
			ask, AULA_FORBIDDEN, NULL, "You may not move people between departments.");
	} else {
		/* Who is another from now on logs in anew; the role must be what was looked at. */
		aula_statement edit[] = {
			AULA_SQL("UPDATE people_users SET name = COALESCE(CAST($3 AS TEXT), name),"
				 " role = COALESCE(CAST($4 AS TEXT), role),"
				 " department = COALESCE(CAST($5 AS TEXT), department),"
				 " active = COALESCE(CAST($6 AS BOOLEAN), active)"
				 " WHERE login = $1 AND role = $2",
				aula_sql_text(ask->login), aula_sql_text(ask->role),
				aula_sql_text(args->name), aula_sql_text(args->role),
				aula_sql_text(args->department),
				args->active == AULA_UNSET ? aula_sql_null()
							   : aula_sql_bool(args->active == 1)),
			AULA_SQL("DELETE FROM people_sessions WHERE login = $1 AND $2",
				aula_sql_text(ask->login), aula_sql_bool(rank)),
		};
		edit[0].least = 1;
		ask->run = on_edited;
		ask_write(ask, edit, 2);
	}
}

aula_code
run_edit(void *self, aula_call *call, const void *args)
{
	return find_person(self, call, args, on_person_to_edit);
}

static void
on_link_made(struct ask *ask, const aula_store_result *result)
{
	if (result->code != AULA_OK) {
		ask_answer(ask, result->code, NULL, NULL);
		return;
	}
	ask_note(ask, "people.link", ask->login, NULL);
	answer_link(ask);
}

static void
on_person_to_link(struct ask *ask, const aula_store_result *result)
{
	char id[SECRET_BYTES + 1];

	if (!person_take(ask, result))
		return;
	if (!make_link(ask, id)) {
		ask_answer(ask, AULA_INTERNAL, NULL, NULL);
		return;
	}
	aula_statement make[] = {
		AULA_SQL("DELETE FROM people_links WHERE login = $1", aula_sql_text(ask->login)),
		AULA_SQL("INSERT INTO people_links (id, login, expires_us) VALUES ($1, $2, $3)",
			aula_sql_text(id), aula_sql_text(ask->login),
			aula_sql_int(link_until_us(ask))),
	};
	ask->run = on_link_made;
	ask_write(ask, make, 2);
}

aula_code
run_link(void *self, aula_call *call, const void *args)
{
	return find_person(self, call, args, on_person_to_link);
}

/* -- list -- */

static void
on_listed(struct ask *ask, const aula_store_result *result)
{
	const struct list_args *args = ask->args;
	size_t count = result->row_count;

	if (result->code != AULA_OK) {
		ask_answer(ask, result->code, NULL, NULL);
		return;
	}
	json_t *people = json_array(), *reply = json_pack("{s:o}", "people", people);
	if (count > (size_t)args->limit)
		count = (size_t)args->limit;
	for (size_t i = 0; i < count; i++)
		json_array_append_new(people, json_pack("{s:s, s:s, s:s, s:s, s:b, s:b}", "login",
						      aula_result_text(result, i, 0), "name",
						      aula_result_text(result, i, 1), "role",
						      aula_result_text(result, i, 2), "department",
						      aula_result_text(result, i, 3), "active",
						      aula_result_bool(result, i, 4), "invited",
						      !aula_result_bool(result, i, 5)));
	if (result->row_count > count)
		json_object_set_new(
			reply, "next", json_string(aula_result_text(result, count - 1, 0)));
	ask_answer(ask, AULA_OK, reply, NULL);
}

/* '%text%' in small letters, to be looked for with LIKE. Caller frees; NULL: nothing is looked for.
 */
static char *
pattern_of(const char *text)
{
	size_t length = text != NULL ? strlen(text) : 0;
	char *pattern = length > 0 ? malloc(length * 2 + 3) : NULL, *to = pattern;

	if (pattern == NULL)
		return NULL;
	*to++ = '%';
	for (; *text != '\0'; text++) {
		if (strchr("%_!", *text) != NULL)
			*to++ = '!';
		*to++ = (char)tolower((unsigned char)*text);
	}
	memcpy(to, "%", 2);
	return pattern;
}

aula_code
run_roles(void *self, aula_call *call, const void *args)
{
	const struct people *people = self;
	json_t *all = people->host->tokens->roles(people->host), *may = json_array();

	(void)args;
	for (size_t i = 0; i < json_array_size(all); i++) {
		json_t *name = json_array_get(all, i);
		uint64_t holds = 0;
		people->host->tokens->role(people->host, json_string_value(name), &holds);
		if ((holds & ~call->holds) == 0)
			json_array_append(may, name);
	}
	json_decref(all);
	json_object_set_new(call->reply, "roles", may);
	return AULA_OK;
}

aula_code
run_list(void *self, aula_call *call, const void *args)
{
	const struct list_args *list = args;
	aula_code code;
	struct ask *ask = ask_begin(self, call, args, sizeof *list, ACCOUNT, &code);

	if (ask == NULL)
		return code;
	char *pattern = pattern_of(list->search);
	aula_statement find = AULA_SQL(
		"SELECT u.login, u.name, u.role, u.department, u.active, u.hash IS NOT NULL"
		" OR EXISTS (SELECT 1 FROM people_single s WHERE s.login = u.login)"
		" FROM people_users u WHERE u.login > $3 AND (CAST($4 AS TEXT) IS NULL OR"
		" u.department = $4) AND (CAST($6 AS TEXT) IS NULL OR u.login LIKE $6 ESCAPE '!'"
		" OR LOWER(u.name) LIKE $6 ESCAPE '!') AND" WITHIN " ORDER BY u.login LIMIT $5",
		everywhere(ask), aula_sql_text(ask->who.login),
		aula_sql_text(list->after != NULL ? list->after : ""),
		aula_sql_text(list->department), aula_sql_int(list->limit + 1),
		aula_sql_text(pattern));
	ask->run = on_listed;
	ask_read(ask, &find);
	free(pattern);
	return AULA_OK;
}
