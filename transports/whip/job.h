/* SPDX-License-Identifier: Apache-2.0 */
/** One request over HTTP, until it is answered: a copy of what was asked, and the exchange. It ends
 * when both the listener and we are done with it. */
#ifndef WHIP_JOB_H
#define WHIP_JOB_H

#include <stdatomic.h>

#include "whip.h"

enum { JOB_HEADERS_MOST = 24 };

struct session;

struct job {
	struct whip *whip;
	const struct endpoint *endpoint;
	aula_exchange *exchange;
	atomic_int holders;
	char *method, *path, *query, *address, *body;
	char *type, *accept, *authorization, *if_match; /* headers; NULL: did not come */
	size_t length;
	/* [control] */
	struct session *session; /* that will answer it; NULL: none */
	aula_http_header headers[JOB_HEADERS_MOST];
	size_t header_count;
};

/** [web] NULL: no memory. */
struct job *job_new(
	const struct endpoint *endpoint, aula_exchange *exchange, const aula_http_request *request);
/** [any] Lets go of it, once for each holder. */
void job_unref(struct job *job);

/** [control] A header line of the answer; `format` as for printf. Past the bound it is left out. */
void job_add(struct job *job, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/** [control] Answers, and lets go of our hold. `type` and `body` may be NULL. */
void job_answer(struct job *job, int status, const char *type, const char *body);
/** [control] Answers that it did not work: a problem of RFC 9457 with `detail` for a person. */
void job_refuse(struct job *job, int status, const char *detail);
/** [control] The same, saying when to try again. */
void job_put_off(struct job *job, int status, int64_t wait_s, const char *detail);

#endif
