/* SPDX-License-Identifier: Apache-2.0 */
/** Makes spans of events: a session's first half minute is one trace. Its root "join" goes from the
 * arrival of the request "create" to the first media; below it are "create", and for each handle
 * "attach", "room", "negotiate", "ice", "dtls" and "media", one after the other. What a client says
 * is its parent is the parent of the root. Not thread-safe. */
#ifndef JOINS_H
#define JOINS_H

#include <jansson.h>

#include "span.h"

struct joins;

struct joins_options {
	double ratio;    /* of those whose client says nothing, 0..1; 0: none at all */
	size_t most;     /* sessions that are watched at once; more are not traced */
	int64_t join_us; /* after that a session is joined, or failed */
	/** A span is over; borrowed. */
	void (*on_span)(void *data, const struct span *span);
	void *data;
};

/** NULL: no memory. */
struct joins *joins_new(const struct joins_options *options);
/** NULL is fine. */
void joins_free(struct joins *joins);

/** An event of the stream. */
void joins_take(struct joins *joins, const json_t *event);
/** Ends those whose time is up at `now_us` (since 1970); INT64_MAX: all. */
void joins_sweep(struct joins *joins, int64_t now_us);
/** Sessions that were not traced as too many were watched. */
uint64_t joins_missed(const struct joins *joins);

#endif
