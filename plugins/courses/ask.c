/* SPDX-License-Identifier: Apache-2.0 */
#include "ask.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static aula_code
find_out_who(const struct courses *courses, const aula_call *call, struct who *ret_who)
{
	const aula_host *host = courses->host;
	aula_identity identity = { .size = sizeof identity };

	if (host->handles->identity(host, call->from, &identity, sizeof identity) != AULA_OK)
		return AULA_GONE;
	snprintf(ret_who->login, sizeof ret_who->login, "%s", identity.subject);
	snprintf(ret_who->name, sizeof ret_who->name, "%s", identity.name);
	snprintf(ret_who->role, sizeof ret_who->role, "%s", identity.role);
	ret_who->holds = call->holds;
	/* Who is cut short would be somebody else. */
	return *ret_who->login == '\0' || strcmp(ret_who->login, identity.subject) != 0
		       ? AULA_UNAUTHORIZED
		       : AULA_OK;
}

static aula_code
ask_fill(struct ask *ask, aula_call *call, const void *args, size_t size)
{
	const aula_host *host = ask->courses->host;
	aula_code code = find_out_who(ask->courses, call, &ask->who);

	if (code == AULA_UNAUTHORIZED)
		call->error = "Log in first.";
	if (code != AULA_OK)
		return code;
	ask->handle = call->from;
	ask->body = json_incref(call->body);
	ask->args = args != NULL ? malloc(size) : NULL;
	if (args != NULL && ask->args == NULL)
		return AULA_INTERNAL;
	if (args != NULL)
		memcpy(ask->args, args, size);
	return host->handles->later(host, call, &ask->ticket);
}

struct ask *
ask_begin(struct courses *courses, aula_call *call, const void *args, size_t size,
	aula_code *ret_code)
{
	struct ask *ask = calloc(1, sizeof *ask);

	*ret_code = AULA_INTERNAL;
	if (ask == NULL)
		return NULL;
	ask->courses = courses;
	LIST_INSERT_HEAD(&courses->asks, ask, others);
	*ret_code = ask_fill(ask, call, args, size);
	if (*ret_code == AULA_OK)
		return ask;
	ask_free(ask);
	return NULL;
}

void
ask_free(struct ask *ask)
{
	LIST_REMOVE(ask, others);
	json_decref(ask->body);
	json_decref(ask->reply);
	json_decref(ask->rows);
	json_decref(ask->bad);
	free(ask->args);
	free(ask);
}

static void
answer(struct ask *ask, const aula_late_answer *answer)
{
	const aula_host *host = ask->courses->host;

	host->handles->answer(host, ask->ticket, answer);
	ask_free(ask);
}

void
ask_answer(struct ask *ask, aula_code code, json_t *reply, const char *error)
{
	if (reply == NULL)
		reply = json_object();
	answer(ask, &(aula_late_answer){ .size = sizeof(aula_late_answer),
			    .code = code,
			    .reply = reply,
			    .error = error });
	json_decref(reply);
}

void
ask_refuse(struct ask *ask, aula_code code, const char *field, const char *error)
{
	answer(ask, &(aula_late_answer){ .size = sizeof(aula_late_answer),
			    .code = code,
			    .field = field,
			    .error = error });
}

void
ask_done(struct ask *ask, const aula_store_result *result)
{
	ask_answer(ask, result->code, NULL, NULL);
}

/* -- what it waits for -- */

static void
run_ask(void *data, const aula_store_result *result)
{
	struct ask *ask = data;

	ask->run(ask, result);
}

static void
run_refused(struct ask *ask, aula_code code)
{
	if (code != AULA_OK)
		run_ask(ask,
			&(aula_store_result){ .size = sizeof(aula_store_result), .code = code });
}

void
ask_read(struct ask *ask, const aula_statement *statement)
{
	const aula_host *host = ask->courses->host;

	run_refused(ask, host->store->read(host, statement, run_ask, ask));
}

void
ask_write(struct ask *ask, const aula_statement *statements, size_t count)
{
	const aula_host *host = ask->courses->host;

	run_refused(ask, host->store->write(host, 0, statements, count, run_ask, ask));
}

void
ask_note(const struct ask *ask, const char *act, int64_t course, const char *detail)
{
	const aula_host *host = ask->courses->host;
	char target[32];

	snprintf(target, sizeof target, "course %" PRId64, course);
	host->audit->note(host, ask->handle,
		&(aula_act){
			.size = sizeof(aula_act), .act = act, .target = target, .detail = detail });
}
