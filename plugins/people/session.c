/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include <stdio.h>
#include <string.h>

#include "guard.h"
#include "secret.h"

enum { SESSIONS_MOST = 20 }; /* of one person; the oldest end */

/* The pages of somebody are those that they can do something on. */
json_t *
session_describe(const struct people *people, const char *login, const char *name, const char *role)
{
	static const struct {
		const char *page, *capability;
	} pages[] = { { "student", "room.join" }, { "teacher", "room.moderate" },
		{ "courses", "course.read" }, { "people", "people.read" },
		{ "admin", "server.admin" } };
	const aula_host *host = people->host;
	json_t *may = json_array();

	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
		if (host->tokens->may(host, role, pages[i].capability))
			json_array_append_new(may, json_string(pages[i].page));
	return json_pack(
		"{s:s, s:s, s:s, s:o}", "login", login, "name", name, "role", role, "pages", may);
}

static void
on_session_made(struct ask *ask, const aula_store_result *result)
{
	const struct people *people = ask->people;

	if (result->code != AULA_OK) {
		/* What was looked at is another by now. */
		ask_answer(ask, result->code == AULA_NOT_FOUND ? AULA_WRONG_STATE : result->code,
			NULL, NULL);
		return;
	}
	guard_forgive(people->guard, ask->guarded, ask->job->address);
	job_set_session(ask->job, ask->secret, people->config->session_days * 86400);
	snprintf(ask->who.login, sizeof ask->who.login, "%s", ask->login);
	snprintf(ask->who.name, sizeof ask->who.name, "%s", ask->name);
	snprintf(ask->who.role, sizeof ask->who.role, "%s", ask->role);
	if (ask->act != NULL)
		ask_note(ask, ask->act, ask->login, ask->role);
	ask_note(ask, "people.login", ask->login, ask->how);
	ask_answer(ask, AULA_OK, session_describe(people, ask->login, ask->name, ask->role), NULL);
}

void
session_open(struct ask *ask, const char *forgive, const char *how, const aula_statement *before,
	size_t count)
{
	int64_t now_us = wall_us();
	char id[SECRET_BYTES + 1];

	snprintf(ask->guarded, sizeof ask->guarded, "%s", forgive);
	ask->how = how;
	if (count > BEFORE_MOST || !secret_make(ask->secret) || !secret_hash(ask->secret, id)) {
		ask_answer(ask, AULA_INTERNAL, NULL, NULL);
		return;
	}
	aula_sql_value login = aula_sql_text(ask->login);
	const aula_statement make[SESSION_STATEMENTS] = {
		AULA_SQL("INSERT INTO people_sessions (id, login, created_us, expires_us, address)"
			 " VALUES ($1, $2, $3, $4, $5)",
			aula_sql_text(id), login, aula_sql_int(now_us),
			aula_sql_int(now_us + ask->people->config->session_days * 86400 * 1000000),
			aula_sql_text(ask->job->address)),
		AULA_SQL(
			"DELETE FROM people_sessions WHERE login = $1 AND id NOT IN (SELECT id"
			" FROM people_sessions WHERE login = $1 ORDER BY created_us DESC LIMIT $2)",
			login, aula_sql_int(SESSIONS_MOST)),
	};
	aula_statement all[BEFORE_MOST + SESSION_STATEMENTS];
	if (count > 0)
		memcpy(all, before, count * sizeof *all);
	memcpy(all + count, make, sizeof make);
	ask->run = on_session_made;
	ask_write(ask, all, count + SESSION_STATEMENTS);
}
