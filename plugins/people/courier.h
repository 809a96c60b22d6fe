/* SPDX-License-Identifier: Apache-2.0 */
/** Asks other servers over HTTP, several at a time, on a thread of its own (libcurl). Redirects are
 * not followed, certificates are checked. */
#ifndef PEOPLE_COURIER_H
#define PEOPLE_COURIER_H

#include "people.h"

struct courier;
struct errand;

/** What to bring, and where to; copied. NULL where there is nothing. */
struct courier_load {
	const char *url;
	const char *ca_file; /* certificates (PEM) to trust instead of the system's */
	int64_t timeout_ms;
	const char *form;            /* what is posted, as a form; else it is a GET */
	const char *user, *password; /* Basic */
	const char *bearer;          /* a token */
};

/** What came of it; borrowed. */
struct courier_news {
	long status;         /* 0: there was no answer */
	const char *body;    /* "" when there is none */
	const char *problem; /* it did not arrive, or was refused: one sentence; NULL: 2xx */
};

/** [control] */
typedef void (*courier_done)(void *data, const struct courier_news *news);

/** NULL: no memory or no thread. */
struct courier *courier_new(const aula_host *host, size_t queue_most);
/** Gives up what is under way; no `done` follows. NULL is fine. */
void courier_free(struct courier *courier);
/** [control] `*ret_errand` lives until `done` is called. FULL: too much waits. INVALID: no such
 * address. */
aula_code courier_send(struct courier *courier, const struct courier_load *load, courier_done done,
	void *data, struct errand **ret_errand);
/** [control] `done` is not to be called any more. */
void errand_cancel(struct errand *errand);

#endif
