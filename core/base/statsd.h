/* SPDX-License-Identifier: Apache-2.0 */
/** A page of metrics as datagrams of DogStatsD, the protocol of StatsD with tags. What a page has
 * counted since the one before becomes a count, so whoever gets them needs no memory. Pure: the
 * page is text of `exposition` (format 0.0.4), and who calls sends. [any; one thread a teller] */
#ifndef AULA_BASE_STATSD_H
#define AULA_BASE_STATSD_H

#include <stdbool.h>
#include <stddef.h>

typedef struct aula_statsd aula_statsd;

/** Sends a datagram. False: it did not leave. */
typedef bool (*aula_statsd_send)(void *data, const char *datagram, size_t length);

/** `tags` ("env:prod") end with NULL, are copied and go with each line. A datagram has at most
 * `datagram_most` bytes; a line that is longer is left out. */
aula_statsd *aula_statsd_new(const char *const *tags, size_t datagram_most);
/** NULL is fine. */
void aula_statsd_free(aula_statsd *statsd);

/** Tells what is on the page. The first datagram is "aula.up" alone; false: one did not leave, then
 * no more is sent, and what those counted that were not sent comes with the next page.
 *
 *   gauge      aula_rooms 3                       aula.rooms:3|g
 *   counter    aula_verbs_total{verb="create"} 9  aula.verbs:2|c|#verb:create     (7 before)
 *   histogram  aula_message_seconds_bucket ...    aula.message_seconds.count:2|c
 *                                                 aula.message_seconds.avg:0.003|g
 *                                                 aula.message_seconds.median:0.002|g
 *                                                 aula.message_seconds.95percentile:0.004|g
 *
 * Those of a histogram are of what came since the page before, the last two as if values lay evenly
 * between the bounds; without any there is only the count. */
bool aula_statsd_tell(aula_statsd *statsd, const char *page, aula_statsd_send send, void *data);

/** Whether a text may be a tag: 1 to 200 bytes that can be seen, no comma, "|" or "#". */
bool aula_statsd_tag_is_good(const char *tag);

#endif
