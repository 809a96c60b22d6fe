/* SPDX-License-Identifier: Apache-2.0 */
/** A request that a module answers, when it likes. What any thread may call is in web.h; the rest
 * is [web], on the thread that serves the connection. */
#ifndef AULA_WEB_EXCHANGE_H
#define AULA_WEB_EXCHANGE_H

#include <stdatomic.h>

#include "web/outbox.h"
#include "web/web.h"

/** A path and who answers for it. Fixed once the listener has started, but for the count and the
 * limits, which are those of aula_route_limits. */
typedef struct {
	char *path;
	const aula_exchange_ops *ops;
	void *self;
	_Atomic int64_t max_body_bytes, max_waiting, max_hold_ms; /* [any] */
	char *preflight;            /* header lines of an answer to OPTIONS */
	const char *exposes;        /* NULL: nothing */
	const char *const *headers; /* of a request, to be read; NULL: none */
	aula_hits *hits;            /* NULL: nobody counts */
	atomic_llong waiting;       /* [any] exchanges asked and not over */
} aula_web_route;

/** What of `path` comes after the route's own; NULL: it is not for this route. */
const char *aula_web_route_below(const aula_web_route *route, const char *path);
/** Which of `count` a path is for; NULL: none. */
aula_web_route *aula_web_route_find(
	aula_web_route *routes, size_t count, const char *path, const char **ret_below);

/** [web] The answer has come, for the connection `holder`; `answer` lives for the call. */
typedef void (*aula_exchange_answered)(void *holder, const aula_http_answer *answer);

enum { AULA_ROUTE_HEADERS_MOST = 8 };

/** A request whose body is still to come. `asked` is copied but for `method` and its body. */
aula_exchange *aula_exchange_new(aula_web_route *route, aula_web_outbox *outbox,
	aula_exchange_answered answered, void *holder, const aula_http_request *asked);
/** A piece of the body. False, and it is not kept: the body is longer than allowed. */
bool aula_exchange_body(aula_exchange *exchange, const char *bytes, size_t length);
/** All of it is there: asks the module, once (the library says twice that no body has ended). */
void aula_exchange_ask(aula_exchange *exchange);
/** Gives up: answers in place of the module with `status` and a sentence. */
void aula_exchange_fail(aula_exchange *exchange, int status, const char *sentence);
/** Fails one that is held for too long. */
void aula_exchange_tick(aula_exchange *exchange, int64_t now_us);
/** It is over, answered or not; the last call for it. */
void aula_exchange_gone(aula_exchange *exchange);

#endif
