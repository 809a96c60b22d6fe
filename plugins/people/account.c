/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "guard.h"
#include "requests.h"
#include "secret.h"
#include "session.h"

static const char wrong[] = "The login or the password is wrong.";

bool
login_normal(const char *text, char ret_login[LOGIN_MOST + 1])
{
	size_t length = strlen(text);

	if (length == 0 || length > LOGIN_MOST)
		return false;
	for (size_t i = 0; i <= length; i++)
		ret_login[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
	return strspn(ret_login, "abcdefghijklmnopqrstuvwxyz0123456789._@+-") == length;
}

/* Where the answer has nothing to tell. */
static void
on_done(struct ask *ask, const aula_store_result *result)
{
	ask_answer(ask, result->code, NULL, NULL);
}

/* -- log in -- */

static void
on_compared(struct ask *ask, bool good, const char *hash)
{
	(void)hash;

	if (!good || !ask->found) {
		/* Once a lock, and not for each try that it refuses: those cost nothing. */
		if (guard_is_locked(ask->people->guard, ask->login, ask->job->address,
			    ask->people->host->timers->now_us()))
			ask_note(ask, "people.locked", ask->login, NULL);
		ask_answer(ask, AULA_UNAUTHORIZED, NULL, wrong);
		return;
	}
	session_open(ask, ask->login, NULL, NULL, 0);
}

static void
on_person(struct ask *ask, const aula_store_result *result)
{
	const struct login_args *args = ask->args;

	if (result->code != AULA_OK) {
		ask_answer(ask, result->code, NULL, NULL);
		return;
	}
	const char *hash = result->row_count == 1 ? aula_result_text(result, 0, 2) : NULL;
	ask->found = hash != NULL;
	if (ask->found) {
		ask->name = strdup(aula_result_text(result, 0, 0));
		ask->role = strdup(aula_result_text(result, 0, 1));
		ask->found = ask->name != NULL && ask->role != NULL;
	}
	ask->hashed = on_compared;
	/* Nobody learns from how long it takes whether there is such a person. */
	ask_hash(ask, args->password, hash);
}

aula_code
run_login(void *self, aula_call *call, const void *args)
{
	struct people *people = self;
	const struct login_args *login = args;
	char normal[LOGIN_MOST + 1];
	int64_t wait_s = 0;
	aula_code code;

	if (!login_normal(login->login, normal)) {
		call->error = wrong;
		return AULA_UNAUTHORIZED;
	}
	struct ask *ask = ask_begin(people, call, args, sizeof *login, OVER_HTTP, &code);
	if (ask == NULL)
		return code;
	if (!guard_try(people->guard, normal, ask->job->address, people->host->timers->now_us(),
		    &wait_s)) {
		ask->job->retry_after_s = wait_s;
		ask_answer(ask, AULA_TOO_FAST, NULL,
			"Too many wrong passwords; try again later, or ask for a new link.");
		return AULA_OK;
	}
	ask->login = strdup(normal);
	ask->run = on_person;
	aula_statement find = AULA_SQL("SELECT name, role, hash FROM people_users"
				       " WHERE login = $1 AND active AND hash IS NOT NULL",
		aula_sql_text(normal));
	ask_read(ask, &find);
	return AULA_OK;
}

/* -- log out -- */

static aula_code
log_out(void *self, aula_call *call, bool everywhere)
{
	aula_code code;
	struct ask *ask = ask_begin(self, call, NULL, 0, OVER_HTTP | ACCOUNT, &code);

	if (ask == NULL)
		return code;
	aula_statement drop[] = { AULA_SQL("DELETE FROM people_sessions WHERE login = $1 AND"
					   " ($2 OR id = $3)",
		aula_sql_text(ask->who.login), aula_sql_bool(everywhere),
		aula_sql_text(ask->who.session)) };
	job_set_session(ask->job, NULL, 0);
	ask_note(ask, everywhere ? "people.logout-everywhere" : "people.logout", ask->who.login,
		NULL);
	ask->run = on_done;
	ask_write(ask, drop, 1);
	return AULA_OK;
}

aula_code
run_logout(void *self, aula_call *call, const void *args)
{
	(void)args;
	return log_out(self, call, false);
}

aula_code
run_logout_everywhere(void *self, aula_call *call, const void *args)
{
	(void)args;
	return log_out(self, call, true);
}

/* -- who am I -- */

aula_code
run_me(void *self, aula_call *call, const void *args)
{
	aula_code code;
	struct ask *ask = ask_begin(self, call, NULL, 0, ACCOUNT, &code);
	(void)args;

	if (ask == NULL)
		return code;
	ask_answer(ask, AULA_OK,
		session_describe(self, ask->who.login, ask->who.name, ask->who.role), NULL);
	return AULA_OK;
}

aula_code
run_entrance(void *self, aula_call *call, const void *args)
{
	aula_code code;
	struct ask *ask = ask_begin(self, call, NULL, 0, 0, &code);
	(void)args;

	if (ask == NULL)
		return code;
	const struct people *people = self;
	json_t *reply = json_pack("{s:b, s:I}", "password", true, "least",
		(json_int_t)people->config->password_least);
	if (people->issuer != NULL)
		json_object_set_new(
			reply, "single", json_pack("{s:s}", "name", people->config->oidc_name));
	if (*ask->who.login != '\0')
		json_object_set_new(reply, "who",
			session_describe(self, ask->who.login, ask->who.name, ask->who.role));
	ask_answer(ask, AULA_OK, reply, NULL);
	return AULA_OK;
}

aula_code
run_token(void *self, aula_call *call, const void *args)
{
	struct people *people = self;
	const struct token_args *token = args;
	aula_code code;
	struct ask *ask = ask_begin(people, call, args, sizeof *token, OVER_HTTP | ACCOUNT, &code);

	if (ask == NULL)
		return code;
	int64_t expires_s = wall_us() / 1000000 + people->config->token_minutes * 60;
	/* Else a token would bring the next one, for ever. */
	const char *text = *ask->who.session == '\0'
				   ? NULL
				   : people->host->tokens->mint(people->host,
					     &(aula_identity){ .size = sizeof(aula_identity),
						     .subject = ask->who.login,
						     .name = ask->who.name,
						     .role = ask->who.role,
						     .room = token->room,
						     .expires_s = expires_s });
	if (text == NULL)
		ask_answer(ask, AULA_UNAUTHORIZED, NULL, "Log in with a password first.");
	else
		ask_answer(ask, AULA_OK,
			json_pack("{s:s, s:I}", "token", text, "expires_s", (json_int_t)expires_s),
			NULL);
	return AULA_OK;
}

/* -- a password, by a link -- */

static void
on_password_set(struct ask *ask, const aula_store_result *result)
{
	if (result->code == AULA_OK)
		ask_note(ask, "people.password", ask->login, "by a link");
	ask_answer(ask, result->code, json_pack("{s:s}", "login", ask->login), NULL);
}

static void
on_password_hashed(struct ask *ask, bool good, const char *hash)
{
	if (!good) {
		ask_answer(ask, AULA_INTERNAL, NULL, NULL);
		return;
	}
	aula_sql_value login = aula_sql_text(ask->login);
	/* The first makes sure that the link serves once. */
	aula_statement set[] = {
		AULA_SQL("DELETE FROM people_links WHERE id = $1", aula_sql_text(ask->secret)),
		AULA_SQL("DELETE FROM people_links WHERE login = $1", login),
		AULA_SQL("DELETE FROM people_sessions WHERE login = $1", login),
		AULA_SQL("UPDATE people_users SET hash = $2 WHERE login = $1", login,
			aula_sql_text(hash)),
	};
	set[0].least = 1;
	ask->run = on_password_set;
	ask_write(ask, set, sizeof set / sizeof *set);
}

static void
on_link(struct ask *ask, const aula_store_result *result)
{
	const struct password_args *args = ask->args;

	if (result->code != AULA_OK || result->row_count == 0) {
		ask_answer(ask, result->code == AULA_OK ? AULA_NOT_FOUND : result->code, NULL,
			result->code == AULA_OK
				? "The link was used or is too old; ask for a new one."
				: NULL);
		return;
	}
	ask->login = strdup(aula_result_text(result, 0, 0));
	ask->hashed = on_password_hashed;
	ask_hash(ask, args->password, NULL);
}

aula_code
run_set_password(void *self, aula_call *call, const void *args)
{
	struct people *people = self;
	const struct password_args *password = args;
	char id[SECRET_BYTES + 1];
	aula_code code;

	if ((int64_t)strlen(password->password) < people->config->password_least) {
		call->field = "password";
		call->error = "The password is too short.";
		return AULA_INVALID;
	}
	if (!secret_hash(password->link, id)) {
		call->field = "link";
		return AULA_NOT_FOUND;
	}
	struct ask *ask = ask_begin(people, call, args, sizeof *password, 0, &code);
	if (ask == NULL)
		return code;
	memcpy(ask->secret, id, sizeof id);
	aula_statement find = AULA_SQL("SELECT l.login FROM people_links l JOIN people_users u"
				       " ON u.login = l.login"
				       " WHERE l.id = $1 AND l.expires_us > $2 AND u.active",
		aula_sql_text(id), aula_sql_int(wall_us()));
	ask->run = on_link;
	ask_read(ask, &find);
	return AULA_OK;
}
