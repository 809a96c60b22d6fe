/* SPDX-License-Identifier: Apache-2.0 */
/** How each PeerConnection fares: one walk over all of them in an interval, a few at a time, so
 * that no moment is busier than another. What it finds becomes an event of the type media, if
 * anybody wants those, and a summary that is kept until the next look. Of what was not sent to so
 * far the event says nothing. All [control]. */
#ifndef AULA_ADMIN_STATISTICS_H
#define AULA_ADMIN_STATISTICS_H

#include "signaling/switchboard.h"

typedef struct aula_statistics aula_statistics;

aula_statistics *aula_statistics_new(aula_switchboard *board);
void aula_statistics_start(aula_statistics *statistics);
/** Twice is fine. */
void aula_statistics_stop(aula_statistics *statistics);
/** NULL is fine. */
void aula_statistics_free(aula_statistics *statistics);

/** The latest summary of a handle's PeerConnection; NULL: none yet. Borrowed.
 * {"connected": true, "path": "192.0.2.7:5004 udp", "age_ms": 800, "quality": 97, "rtt_ms": 23.1,
 *  "in": {"bps": 1200000, "loss": 0.002, "jitter_ms": 1.1},
 *  "out": {"bps": 800000, "loss": 0.0}, "estimate_bps"?: 2500000}
 * `quality` is 100 at best: 3 less for each percent of loss on the worse of both ways, 1 less for
 * each 10 ms of round trip above 150. */
json_t *aula_statistics_of(aula_statistics *statistics, aula_handle handle);

#endif
