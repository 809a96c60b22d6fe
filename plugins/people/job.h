/* SPDX-License-Identifier: Apache-2.0 */
/** One request over HTTP, until it is answered: a copy of what was asked, and the exchange. It ends
 * when both the listener and we are done with it. */
#ifndef PEOPLE_JOB_H
#define PEOPLE_JOB_H

#include <stdatomic.h>

#include "people.h"

enum { COOKIE_BYTES = 256 };

struct job {
	struct people *people;
	aula_exchange *exchange;
	atomic_int holders;
	char *method, *path, *address, *body;
	/* headers; NULL: none */
	char *type, *authorization, *cookie, *origin, *host, *site, *key;
	size_t length;
	/* [control] */
	json_t *document; /* the body */
	struct who who;
	bool secure;                   /* its page came over TLS */
	bool taken;                    /* an ask answers it */
	struct once *once;             /* it is done once: once.h; NULL: as often as it is asked */
	bool repeated;                 /* its answer is that of the first time */
	char set_cookie[COOKIE_BYTES]; /* "": none */
	char set_flow[COOKIE_BYTES];   /* the same */
	int64_t retry_after_s;         /* 0: not said */
	char policy[120], left[120];   /* of the limit that it ran into; "": none */
};

/** [web] NULL: no memory. */
struct job *job_new(
	struct people *people, aula_exchange *exchange, const aula_http_request *request);
/** [any] Lets go of it, once for each holder. */
void job_unref(struct job *job);

/** [control] The session in its cookie; false: there is none. A page over TLS is believed only the
 * cookie that nobody but this host can have set (`__Host-`). */
bool job_session(const struct job *job, char ret_text[SECRET_BYTES + 1]);
/** [control] Sets the cookie; `text` NULL: takes it away. */
void job_set_session(struct job *job, const char *text, int64_t seconds);

/** [control] The same, of the cookie that ties a log-in elsewhere to the browser that began it. */
bool job_flow(const struct job *job, char ret_text[SECRET_BYTES + 1]);
void job_set_flow(struct job *job, const char *text, int64_t seconds);

/** [control] Its answer tells of the limit that it ran into. */
void job_set_limited(struct job *job, const aula_limited *about);

/** [control] Answers, and lets go of our hold: `reply` (borrowed) when OK, else a problem of RFC
 * 9457. `field` and `error` may be NULL. */
void job_answer(
	struct job *job, aula_code code, json_t *reply, const char *field, const char *error);
/** [control] The same, for what HTTP itself refuses. */
void job_refuse(struct job *job, int status, const char *error);

#endif
