/* SPDX-License-Identifier: Apache-2.0 */
#include "ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
find_out_who(struct people *people, const aula_call *call, struct who *ret_who)
{
	const aula_host *host = people->host;
	aula_identity identity = { .size = sizeof identity };

	if (host->handles->identity(host, call->from, &identity, sizeof identity) != AULA_OK)
		return false;
	snprintf(ret_who->login, sizeof ret_who->login, "%s", identity.subject);
	snprintf(ret_who->name, sizeof ret_who->name, "%s", identity.name);
	snprintf(ret_who->role, sizeof ret_who->role, "%s", identity.role);
	ret_who->holds = call->holds;
	return true;
}

static struct ask *
ask_new(struct people *people, struct job *job)
{
	struct ask *ask = calloc(1, sizeof *ask);

	if (ask == NULL)
		return NULL;
	ask->people = people;
	ask->job = job;
	LIST_INSERT_HEAD(&people->asks, ask, others);
	return ask;
}

struct ask *
ask_begin_job(struct job *job)
{
	return ask_new(job->people, job);
}

static aula_code
ask_fill(struct ask *ask, aula_call *call, const void *args, size_t size, uint32_t flags)
{
	const aula_host *host = ask->people->host;

	if (ask->job == NULL && (flags & OVER_HTTP) != 0) {
		call->error = "This request is for HTTP, where there are cookies.";
		return AULA_UNSUPPORTED;
	}
	if (ask->job != NULL)
		ask->who = ask->job->who;
	else if (!find_out_who(ask->people, call, &ask->who))
		return AULA_GONE;
	if ((flags & ACCOUNT) != 0 && *ask->who.login == '\0') {
		call->error = "Log in first.";
		return AULA_UNAUTHORIZED;
	}
	ask->handle = call->from;
	ask->body = json_incref(call->body);
	ask->args = args != NULL ? malloc(size) : NULL;
	if (args != NULL && ask->args == NULL)
		return AULA_INTERNAL;
	if (args != NULL)
		memcpy(ask->args, args, size);
	return ask->job != NULL ? AULA_OK : host->handles->later(host, call, &ask->ticket);
}

struct ask *
ask_begin(struct people *people, aula_call *call, const void *args, size_t size, uint32_t flags,
	aula_code *ret_code)
{
	struct ask *ask = ask_new(people, people->serving);

	*ret_code = ask != NULL ? ask_fill(ask, call, args, size, flags) : AULA_INTERNAL;
	if (*ret_code == AULA_OK) {
		if (ask->job != NULL)
			ask->job->taken = true;
		return ask;
	}
	if (ask != NULL)
		ask_free(ask);
	return NULL;
}

void
ask_free(struct ask *ask)
{
	LIST_REMOVE(ask, others);
	if (ask->hashing != NULL)
		hashing_cancel(ask->hashing);
	if (ask->errand != NULL)
		errand_cancel(ask->errand);
	json_decref(ask->body);
	json_decref(ask->rows);
	json_decref(ask->bad);
	json_decref(ask->listed);
	json_decref(ask->tokens);
	json_decref(ask->claims);
	free(ask->claimed);
	free(ask->args);
	free(ask->login);
	free(ask->name);
	free(ask->role);
	explicit_bzero(ask->secret, sizeof ask->secret);
	free(ask);
}

void
ask_answer(struct ask *ask, aula_code code, json_t *reply, const char *error)
{
	const aula_host *host = ask->people->host;

	if (reply == NULL)
		reply = json_object();
	if (ask->job != NULL)
		job_answer(ask->job, code, reply, NULL, error);
	else
		host->handles->answer(host, ask->ticket,
			&(aula_late_answer){ .size = sizeof(aula_late_answer),
				.code = code,
				.reply = reply,
				.error = error });
	json_decref(reply);
	ask_free(ask);
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
	const aula_host *host = ask->people->host;

	run_refused(ask, host->store->read(host, statement, run_ask, ask));
}

void
ask_write(struct ask *ask, const aula_statement *statements, size_t count)
{
	const aula_host *host = ask->people->host;

	run_refused(ask, host->store->write(host, 0, statements, count, run_ask, ask));
}

static void
on_hashed(void *data, bool good, const char *hash)
{
	struct ask *ask = data;

	ask->hashing = NULL;
	ask->hashed(ask, good, hash);
}

void
ask_hash(struct ask *ask, const char *password, const char *hash)
{
	if (hasher_ask(ask->people->hasher, password, hash, on_hashed, ask, &ask->hashing) !=
		AULA_OK)
		ask_answer(ask, AULA_FULL, NULL, "Too many log in at once; try again in a moment.");
}

static void
on_sent(void *data, const struct courier_news *news)
{
	struct ask *ask = data;

	ask->errand = NULL;
	ask->sent(ask, news);
}

void
ask_send(struct ask *ask, const struct courier_load *load,
	void (*sent)(struct ask *ask, const struct courier_news *news))
{
	ask->sent = sent;
	if (courier_send(ask->people->courier, load, on_sent, ask, &ask->errand) != AULA_OK)
		sent(ask, &(struct courier_news){
				  .body = "", .problem = "It cannot be asked at present" });
}

bool
may_give(const struct ask *ask, const char *role, aula_code *ret_code)
{
	const aula_host *host = ask->people->host;
	uint64_t holds = 0;

	*ret_code = host->tokens->role(host, role, &holds);
	if (*ret_code == AULA_OK && (holds & ~ask->who.holds) != 0)
		*ret_code = AULA_FORBIDDEN;
	return *ret_code == AULA_OK;
}

void
ask_note(const struct ask *ask, const char *act, const char *target, const char *detail)
{
	const aula_host *host = ask->people->host;
	aula_act what = {
		.size = sizeof what, .act = act, .room = NULL, .target = target, .detail = detail
	};

	if (ask->job == NULL) {
		host->audit->note(host, ask->handle, &what);
		return;
	}
	host->audit->note_of(host,
		&(aula_identity){ .size = sizeof(aula_identity),
			.subject = ask->who.login,
			.name = ask->who.name,
			.role = ask->who.role },
		ask->job->address, &what);
}
