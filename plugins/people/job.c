/* SPDX-License-Identifier: Apache-2.0 */
#include "job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "once.h"

static const char plain_name[] = "aula", secure_name[] = "__Host-aula", plain_flow[] = "aula-flow",
		  secure_flow[] = "__Host-aula-flow";

static const char *const words[] = {
#define X(id, word, sentence) [AULA_##id] = word,
	AULA_CODES(X)
#undef X
};
static const char *const sentences[] = {
#define X(id, word, sentence) [AULA_##id] = sentence,
	AULA_CODES(X)
#undef X
};

static char *
copy(const char *text)
{
	return text != NULL ? strdup(text) : NULL;
}

static void
job_free(struct job *job)
{
	if (job->body != NULL)
		explicit_bzero(job->body, job->length); /* there may be a password in it */
	json_decref(job->document);
	free(job->method);
	free(job->path);
	free(job->address);
	free(job->body);
	free(job->type);
	free(job->authorization);
	free(job->cookie);
	free(job->origin);
	free(job->host);
	free(job->site);
	free(job->key);
	once_free(job->once);
	free(job);
}

struct job *
job_new(struct people *people, aula_exchange *exchange, const aula_http_request *request)
{
	struct job *job = calloc(1, sizeof *job);

	if (job == NULL)
		return NULL;
	*job = (struct job){ .people = people,
		.exchange = exchange,
		.method = copy(request->method),
		.path = copy(request->path),
		.address = copy(request->address),
		.body = malloc(request->length + 1),
		.type = copy(aula_http_request_header(request, "content-type")),
		.authorization = copy(aula_http_request_header(request, "authorization")),
		.cookie = copy(aula_http_request_header(request, "cookie")),
		.origin = copy(aula_http_request_header(request, "origin")),
		.host = copy(aula_http_request_header(request, "host")),
		.site = copy(aula_http_request_header(request, "sec-fetch-site")),
		.key = copy(aula_http_request_header(request, "idempotency-key")) };
	atomic_init(&job->holders, 2);
	if (job->method == NULL || job->path == NULL || job->address == NULL || job->body == NULL) {
		job_free(job);
		return NULL;
	}
	job->length = request->length;
	memcpy(job->body, request->body, request->length + 1);
	job->secure = job->origin != NULL && strncmp(job->origin, "https:", 6) == 0;
	return job;
}

void
job_unref(struct job *job)
{
	if (atomic_fetch_sub(&job->holders, 1) == 1)
		job_free(job);
}

/* -- the cookie -- */

static bool
find_cookie(const char *cookies, const char *name, char ret_text[SECRET_BYTES + 1])
{
	size_t name_length = strlen(name);

	for (const char *at = cookies; *at != '\0';) {
		at += strspn(at, "; ");
		size_t length = strcspn(at, ";");
		if (length == name_length + 1 + SECRET_BYTES && at[name_length] == '=' &&
			strncmp(at, name, name_length) == 0) {
			memcpy(ret_text, at + name_length + 1, SECRET_BYTES);
			ret_text[SECRET_BYTES] = '\0';
			return true;
		}
		at += length;
	}
	return false;
}

bool
job_session(const struct job *job, char ret_text[SECRET_BYTES + 1])
{
	return job->cookie != NULL &&
	       (find_cookie(job->cookie, secure_name, ret_text) ||
		       (!job->secure && find_cookie(job->cookie, plain_name, ret_text)));
}

bool
job_flow(const struct job *job, char ret_text[SECRET_BYTES + 1])
{
	*ret_text = '\0';
	return job->cookie != NULL &&
	       find_cookie(job->cookie, job->secure ? secure_flow : plain_flow, ret_text);
}

static void
write_cookie(const struct job *job, char room[COOKIE_BYTES], const char *plain, const char *secure,
	const char *text, int64_t seconds)
{
	snprintf(room, COOKIE_BYTES, "%s=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Strict%s",
		job->secure ? secure : plain, text != NULL ? text : "",
		(long long)(text != NULL ? seconds : 0), job->secure ? "; Secure" : "");
}

void
job_set_session(struct job *job, const char *text, int64_t seconds)
{
	write_cookie(job, job->set_cookie, plain_name, secure_name, text, seconds);
}

void
job_set_flow(struct job *job, const char *text, int64_t seconds)
{
	write_cookie(job, job->set_flow, plain_flow, secure_flow, text, seconds);
}

/* -- the answer -- */

/* draft-ietf-httpapi-ratelimit-headers-10. */
void
job_set_limited(struct job *job, const aula_limited *about)
{
	long long wait_s = (about->retry_after_ms + 999) / 1000;

	snprintf(job->policy, sizeof job->policy, "\"%.40s\";q=%lld;w=%lld", about->limit,
		(long long)about->most, (long long)about->window_s);
	snprintf(job->left, sizeof job->left, "\"%.40s\";r=%lld;t=%lld", about->limit,
		(long long)about->remaining, wait_s);
}

static int
status_of(const struct job *job, aula_code code)
{
	switch (code) {
	case AULA_OK:
		return 200;
	case AULA_UNAUTHORIZED:
		return 401;
	case AULA_FORBIDDEN: /* whoever is nobody yet may log in */
		return *job->who.login == '\0' && *job->who.role == '\0' ? 401 : 403;
	case AULA_UNKNOWN:
	case AULA_NOT_FOUND:
		return 404;
	case AULA_EXISTS:
	case AULA_WRONG_STATE:
		return 409;
	case AULA_TOO_LARGE:
		return 413;
	case AULA_TOO_FAST:
		return 429;
	case AULA_FULL:
	case AULA_UNAVAILABLE:
		return 503;
	case AULA_INTERNAL:
		return 500;
	default:
		return 400;
	}
}

static void
send_document(struct job *job, int status, const char *type, const json_t *document)
{
	const aula_http *http = job->people->host->http;
	char *text = json_dumps(document, JSON_COMPACT), wait[24];
	aula_http_header headers[7];
	size_t count = 0;

	if (*job->set_cookie != '\0')
		headers[count++] = (aula_http_header){ "Set-Cookie", job->set_cookie };
	if (*job->set_flow != '\0')
		headers[count++] = (aula_http_header){ "Set-Cookie", job->set_flow };
	if (status == 401)
		headers[count++] = (aula_http_header){ "WWW-Authenticate", "Bearer" };
	if (job->repeated)
		headers[count++] = (aula_http_header){ "Idempotent-Replayed", "true" };
	if (job->retry_after_s > 0) {
		snprintf(wait, sizeof wait, "%lld", (long long)job->retry_after_s);
		headers[count++] = (aula_http_header){ "Retry-After", wait };
	}
	if (*job->policy != '\0') {
		headers[count++] = (aula_http_header){ "RateLimit-Policy", job->policy };
		headers[count++] = (aula_http_header){ "RateLimit", job->left };
	}
	http->answer(job->exchange, &(aula_http_answer){ .size = sizeof(aula_http_answer),
					    .status = text != NULL ? status : 500,
					    .type = type,
					    .body = text,
					    .length = text != NULL ? strlen(text) : 0,
					    .headers = headers,
					    .header_count = count });
	free(text);
	http->drop(job->exchange);
	/* Not by whoever lets go last, who may be the listener: an ask still holds the same
	 * document. */
	json_decref(job->document);
	job->document = NULL;
	job_unref(job);
}

static void
send_problem(struct job *job, int status, const char *word, const char *field, const char *error)
{
	json_t *problem =
		json_pack("{s:i, s:s, s:s}", "status", status, "title", word, "detail", error);

	if (field != NULL)
		json_object_set_new(problem, "field", json_string(field));
	send_document(job, status, "application/problem+json", problem);
	json_decref(problem);
}

static void
send_answer(
	struct job *job, aula_code code, const json_t *reply, const char *field, const char *error)
{
	if (code == AULA_OK)
		send_document(job, 200, "application/json", reply);
	else
		send_problem(job, status_of(job, code), words[code], field,
			error != NULL ? error : sentences[code]);
}

/* An answer that is sent when it is kept. */
struct kept {
	aula_code code;
	json_t *reply;
	char *field, *error;
};

static void
send_kept(struct job *job, void *data)
{
	struct kept *kept = data;

	send_answer(job, kept->code, kept->reply, kept->field, kept->error);
	json_decref(kept->reply);
	free(kept->field);
	free(kept->error);
	free(kept);
}

void
job_answer(struct job *job, aula_code code, json_t *reply, const char *field, const char *error)
{
	struct kept *kept = job->once != NULL ? malloc(sizeof *kept) : NULL;

	if (kept == NULL) {
		send_answer(job, code, reply, field, error);
		return;
	}
	*kept = (struct kept){ .code = code,
		.reply = json_incref(reply),
		.field = copy(field),
		.error = copy(error) };
	once_end(job, code, reply, send_kept, kept);
}

void
job_refuse(struct job *job, int status, const char *error)
{
	send_problem(job, status, "refused", NULL, error);
}
