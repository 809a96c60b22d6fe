/* SPDX-License-Identifier: Apache-2.0 */
#include "job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *
copy(const char *text)
{
	return text != NULL ? strdup(text) : NULL;
}

static void
job_free(struct job *job)
{
	for (size_t i = 0; i < job->header_count; i++) {
		free((char *)(uintptr_t)job->headers[i].name);
		free((char *)(uintptr_t)job->headers[i].value);
	}
	free(job->method);
	free(job->path);
	free(job->query);
	free(job->address);
	free(job->body);
	free(job->type);
	free(job->accept);
	free(job->authorization);
	free(job->if_match);
	free(job);
}

struct job *
job_new(const struct endpoint *endpoint, aula_exchange *exchange, const aula_http_request *request)
{
	struct job *job = calloc(1, sizeof *job);

	if (job == NULL)
		return NULL;
	*job = (struct job){ .whip = endpoint->whip,
		.endpoint = endpoint,
		.exchange = exchange,
		.method = copy(request->method),
		.path = copy(request->path),
		.query = copy(request->query),
		.address = copy(request->address),
		.body = malloc(request->length + 1),
		.type = copy(aula_http_request_header(request, "content-type")),
		.accept = copy(aula_http_request_header(request, "accept")),
		.authorization = copy(aula_http_request_header(request, "authorization")),
		.if_match = copy(aula_http_request_header(request, "if-match")),
		.length = request->length };
	atomic_init(&job->holders, 2);
	if (job->method == NULL || job->path == NULL || job->query == NULL ||
		job->address == NULL || job->body == NULL) {
		job_free(job);
		return NULL;
	}
	memcpy(job->body, request->body, request->length + 1);
	return job;
}

void
job_unref(struct job *job)
{
	if (atomic_fetch_sub(&job->holders, 1) == 1)
		job_free(job);
}

void
job_add(struct job *job, const char *name, const char *format, ...)
{
	char *value = NULL, *own = strdup(name);
	va_list arguments;

	va_start(arguments, format);
	int length = vasprintf(&value, format, arguments);
	va_end(arguments);
	if (length < 0 || own == NULL || job->header_count == JOB_HEADERS_MOST) {
		free(length < 0 ? NULL : value);
		free(own);
		return;
	}
	job->headers[job->header_count++] = (aula_http_header){ own, value };
}

void
job_answer(struct job *job, int status, const char *type, const char *body)
{
	const aula_http *http = job->whip->host->http;

	http->answer(job->exchange, &(aula_http_answer){ .size = sizeof(aula_http_answer),
					    .status = status,
					    .type = type,
					    .body = body,
					    .length = body != NULL ? strlen(body) : 0,
					    .headers = job->headers,
					    .header_count = job->header_count });
	http->drop(job->exchange);
	job_unref(job);
}

void
job_refuse(struct job *job, int status, const char *detail)
{
	json_t *problem = json_pack("{s:i, s:s}", "status", status, "detail", detail);
	char *text = json_dumps(problem, JSON_COMPACT);

	json_decref(problem);
	job_answer(job, status, "application/problem+json", text);
	free(text);
}

void
job_put_off(struct job *job, int status, int64_t wait_s, const char *detail)
{
	job_add(job, "Retry-After", "%lld", (long long)wait_s);
	job_refuse(job, status, detail);
}
