/* SPDX-License-Identifier: Apache-2.0 */
#include "serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ask.h"
#include "once.h"
#include "openapi.h"
#include "secret.h"

enum { HOLD_MS = 30000 /* more than a statement may take */ };

/* -- the row -- */

static void
refuse_limited(struct job *job, const aula_errand_answer *refused)
{
	job->retry_after_s = (refused->retry_after_ms + 999) / 1000;
	if (refused->limited != NULL)
		job_set_limited(job, refused->limited);
	job_answer(job, refused->code, NULL, refused->field, refused->error);
}

static void
run_own(struct job *job, const char *name, const aula_identity *who)
{
	struct people *people = job->people;
	const aula_errand_answer *refused =
		people->host->requests->admit(people->host, job->address, who);
	if (refused != NULL) {
		refuse_limited(job, refused);
		return;
	}
	aula_call call = { .size = sizeof call,
		.name = name,
		.body = job->document,
		.reply = json_object(),
		.holds = job->who.holds };

	people->serving = job;
	/* The listener holds on to it no longer than its client waits. */
	atomic_fetch_add(&job->holders, 1);
	aula_code code = people->host->requests->run(people->host, &call);
	people->serving = NULL;
	if (!job->taken)
		job_answer(job, code, call.reply, call.field, call.error);
	json_decref(call.reply);
	job_unref(job);
}

static void
on_answered(void *data, const aula_errand_answer *answer)
{
	struct job *job = data;

	if (answer->code != AULA_OK)
		refuse_limited(job, answer);
	else
		job_answer(job, AULA_OK, answer->reply, NULL, NULL);
}

/* A row of another module's. */
static void
run_errand(struct job *job, const char *module, const char *name, const aula_identity *who)
{
	const aula_host *host = job->people->host;

	host->requests->serve(host,
		&(aula_errand){ .size = sizeof(aula_errand),
			.who = who,
			.address = job->address,
			.module = module,
			.request = name,
			.body = job->document,
			.admitted = true },
		on_answered, job);
}

/* "/people/login": module and request. */
static void
run_row(struct job *job)
{
	char *module = job->path + 1, *slash = strchr(module, '/');
	const struct who *who = &job->who;
	const aula_identity identity = { .size = sizeof identity,
		.subject = who->login,
		.name = who->name,
		.role = *who->role != '\0' ? who->role : "guest",
		.room = *who->room != '\0' ? who->room : NULL,
		.expires_s = who->expires_s };

	*slash = '\0';
	if (strcmp(module, "people") == 0)
		run_own(job, slash + 1, &identity);
	else
		run_errand(job, module, slash + 1, &identity);
}

/* What nobody knows the asker of, or what answers with a cookie, is done as often as it is asked.
 */
static void
run_once(struct job *job)
{
	char *key = job->key != NULL ? once_key(job->key) : NULL;

	if (job->key != NULL && key == NULL)
		job_refuse(
			job, 400, "Idempotency-Key must be 16 to 255 characters, without spaces.");
	else if (key != NULL && *job->who.login != '\0')
		once_begin(job, key, run_row);
	else
		free(key), run_row(job);
}

/* -- who asks -- */

static void
serve_guest(struct job *job)
{
	*job->who.session = '\0';
	job->people->host->tokens->role(job->people->host, "guest", &job->who.holds);
	run_once(job);
}

static void
on_session(struct ask *ask, const aula_store_result *result)
{
	struct job *job = ask->job;
	struct people *people = job->people;
	struct who *who = &job->who;

	ask_free(ask);
	if (result->code != AULA_OK) {
		job_answer(job, result->code, NULL, NULL, NULL);
		return;
	}
	if (result->row_count == 1) {
		snprintf(who->login, sizeof who->login, "%s", aula_result_text(result, 0, 0));
		snprintf(who->name, sizeof who->name, "%s", aula_result_text(result, 0, 1));
		snprintf(who->role, sizeof who->role, "%s", aula_result_text(result, 0, 2));
		who->expires_s = aula_result_int(result, 0, 3) / 1000000;
		/* A role that the administrator took away may nothing. */
		who->holds = 0;
		people->host->tokens->role(people->host, who->role, &who->holds);
		run_once(job);
	} else {
		serve_guest(job);
	}
}

static void
find_session(struct job *job)
{
	struct ask *ask = ask_begin_job(job);
	aula_statement find =
		AULA_SQL("SELECT u.login, u.name, u.role, s.expires_us FROM people_sessions s"
			 " JOIN people_users u ON u.login = s.login"
			 " WHERE s.id = $1 AND s.expires_us > $2 AND u.active",
			aula_sql_text(job->who.session), aula_sql_int(wall_us()));

	if (ask == NULL) {
		job_answer(job, AULA_INTERNAL, NULL, NULL, NULL);
		return;
	}
	ask->run = on_session;
	ask_read(ask, &find);
}

static void
find_bearer(struct job *job)
{
	const aula_host *host = job->people->host;
	aula_identity identity = { .size = sizeof identity };
	struct who *who = &job->who;
	const char *why = "Authorization must be a Bearer token.";
	bool bearer = strncasecmp(job->authorization, "Bearer ", 7) == 0;

	if (!bearer || host->tokens->check(host, job->authorization + 7, &identity, sizeof identity,
			       &who->holds, &why) != AULA_OK) {
		job_answer(job, AULA_UNAUTHORIZED, NULL, NULL, why);
		return;
	}
	snprintf(who->login, sizeof who->login, "%s", identity.subject);
	snprintf(who->name, sizeof who->name, "%s", identity.name);
	snprintf(who->role, sizeof who->role, "%s", identity.role);
	snprintf(who->room, sizeof who->room, "%s", identity.room != NULL ? identity.room : "");
	who->expires_s = identity.expires_s;
	run_once(job);
}

/* -- what HTTP says -- */

/* A page of somebody else's must not ask in the name of who looks at it: it could not send JSON
 * without leave, has another origin, and is not given the cookie (SameSite). */
static bool
is_our_page(const struct job *job)
{
	const char *host = job->origin != NULL ? strstr(job->origin, "://") : NULL;

	if (job->site != NULL && strcmp(job->site, "same-origin") != 0 &&
		strcmp(job->site, "none") != 0)
		return false;
	return job->origin == NULL ||
	       (host != NULL && job->host != NULL && strcasecmp(host + 3, job->host) == 0);
}

static bool
is_json(const struct job *job)
{
	return job->type != NULL && strncasecmp(job->type, "application/json", 16) == 0 &&
	       (job->type[16] == '\0' || job->type[16] == ';' || job->type[16] == ' ');
}

static bool
read_body(struct job *job)
{
	job->document = json_loadb(job->body, job->length, JSON_REJECT_DUPLICATES, NULL);
	return json_is_object(job->document);
}

static void
serve_description(struct job *job)
{
	const aula_host *host = job->people->host;
	json_t *modules = host->requests->describe(host);
	json_t *document = openapi_make(modules, job->people->config->path);

	json_decref(modules);
	job_answer(job, document != NULL ? AULA_OK : AULA_INTERNAL, document, NULL, NULL);
	json_decref(document);
}

static void
serve_task(void *data)
{
	struct job *job = data;
	const aula_host *host = job->people->host;
	const aula_errand_answer *refused = host->requests->admit(host, job->address, NULL);
	char text[SECRET_BYTES + 1];

	if (refused != NULL) {
		refuse_limited(job, refused);
	} else if (strcmp(job->path, "/openapi.json") == 0 && strcmp(job->method, "GET") == 0) {
		serve_description(job);
	} else if (strcmp(job->method, "POST") != 0) {
		job_refuse(job, 405, "Every request is a POST.");
	} else if (!is_json(job)) {
		job_refuse(job, 415, "The body must be of type application/json.");
	} else if (job->authorization == NULL && !is_our_page(job)) {
		job_refuse(job, 403, "A page of another origin must not ask.");
	} else if (job->path[0] != '/' || strchr(job->path + 1, '/') == NULL) {
		job_refuse(job, 404, "A module and its request must be named.");
	} else if (!read_body(job)) {
		job_refuse(job, 400, "The body must be a JSON object.");
	} else if (job->authorization != NULL) {
		find_bearer(job);
	} else if (job_session(job, text) && secret_hash(text, job->who.session)) {
		find_session(job);
	} else {
		serve_guest(job);
	}
}

/* -- from the listener -- */

static bool
asked(void *self, aula_exchange *exchange, const aula_http_request *request, void **ret_data)
{
	struct people *people = self;
	struct job *job = job_new(people, exchange, request);

	if (job == NULL)
		return false;
	*ret_data = job;
	people->host->timers->post(people->host, serve_task, job);
	return true;
}

static void
closed(void *self, aula_exchange *exchange, void *data)
{
	(void)self, (void)exchange;
	job_unref(data);
}

static const aula_exchange_ops exchange_ops = {
	.size = sizeof exchange_ops,
	.asked = asked,
	.closed = closed,
};

aula_code
serve_start(struct people *people)
{
	static const char *const headers[] = { "authorization", "content-type", "cookie", "host",
		"idempotency-key", "origin", "sec-fetch-site", NULL };
	const aula_host *host = people->host;
	aula_route_limits limits = { .size = sizeof limits,
		.max_body_bytes = people->config->max_body_bytes,
		.max_waiting = people->config->max_waiting,
		.max_hold_ms = HOLD_MS };
	aula_code code = host->http->serve(host, &(aula_route){ .size = sizeof(aula_route),
							 .path = people->config->path,
							 .ops = &exchange_ops,
							 .self = people,
							 .limits = &limits,
							 .methods = "POST",
							 .headers = headers,
							 .exposes = "Retry-After, RateLimit, "
								    "RateLimit-Policy" });

	if (code != AULA_OK)
		host->log(host, AULA_LOG_ERROR,
			"the listener does not take path=%s: it should begin with a slash, not end "
			"with one, and be nobody else's",
			people->config->path);
	return code;
}
