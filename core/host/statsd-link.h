/* SPDX-License-Identifier: Apache-2.0 */
/** Sends the metrics to an agent of StatsD that knows tags (DogStatsD), by UDP or a socket in the
 * file system. A thread of its own looks names up and waits for the agent; nobody else does. */
#ifndef AULA_HOST_STATSD_LINK_H
#define AULA_HOST_STATSD_LINK_H

#include <stdint.h>

#include "base/exposition.h"

typedef struct aula_statsd_link aula_statsd_link;

/** [any] What is wrong with a place: "udp://HOST:PORT", "unix:///PATH" (datagrams). NULL: nothing.
 */
const char *aula_statsd_link_fault(const char *url);

/** [control] To the agent at `url`, which has no fault; each line with `tags`, which end with NULL.
 * Both are copied. Its thread begins. */
aula_statsd_link *aula_statsd_link_new(
	const char *url, const char *const *tags, int64_t interval_us);
/** [control] NULL is fine. Before, `page` is told, if there is one, for what came since the last
 * interval; a second at most. */
void aula_statsd_link_free(aula_statsd_link *link, const aula_exposition *page);

/** [control] Called more often than the interval; tells the page when that has passed. */
void aula_statsd_link_tick(aula_statsd_link *link, const aula_exposition *page, int64_t now_us);
/** [control] Counts how often a page did not leave. */
void aula_statsd_link_expose(const aula_statsd_link *link, aula_exposition *page);

#endif
