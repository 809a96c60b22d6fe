/* SPDX-License-Identifier: Apache-2.0 */
/** Where events go that must not be lost: they are kept in a journal on disk until the module's
 * `deliver` took them, in order, at least once. A thread of its own delivers; a circuit breaker
 * keeps it from knocking at a sink that is away (closed: deliver; open: wait, twice as long each
 * time, up to 30 s; half open: try one event). What the sink refuses is put aside in the file
 * `refused.jsonl` of the folder, bounded.
 *
 * Durability: an event outlives the process as soon as it is appended; until the handler's thread
 * has done that, it is in a queue-file. Once a second (while nothing is under way in `deliver`)
 * what was appended is synced, so that is what a power cut may take. A disk that fails to is told
 * of, counted, and asked again each second with the same bytes. */
#ifndef AULA_HOST_SINK_H
#define AULA_HOST_SINK_H

#include <glib.h>

#include "aula/module.h"

typedef struct aula_sink aula_sink;

typedef enum { AULA_BREAKER_CLOSED, AULA_BREAKER_HALF_OPEN, AULA_BREAKER_OPEN } aula_breaker;

typedef struct {
	uint64_t delivered, refused; /* since the start */
	size_t waiting;              /* on disk */
	int64_t bytes;               /* of the disk */
	uint64_t failures;           /* since it last worked */
	uint64_t sync_failures; /* since the start: what was appended may not outlive the power */
	aula_breaker breaker;
} aula_sink_counts;

/** [control] `folder` is the sink's own; `bytes_most` bounds it. `ops` must have `deliver`. NULL
 * with `error`: the disk. */
aula_sink *aula_sink_new(const char *name, const char *folder, int64_t bytes_most,
	const aula_event_ops *ops, void *self, GError **error);

/** [handler] Puts an event on disk. False: there is no room. */
bool aula_sink_take(aula_sink *sink, const char *text, size_t length);
/** [handler] Puts what was refused behind what waits, so that it is tried again; what finds no room
 * stays aside. How many; below 0: the disk. */
int64_t aula_sink_replay(aula_sink *sink);
/** [any] Whether there was no room within the last second. */
bool aula_sink_full(aula_sink *sink);
void aula_sink_count(aula_sink *sink, aula_sink_counts *ret_counts);

/** [control] Delivers what waits until `deadline_us` (monotonic), while that works, and frees the
 * sink; what is left stays on disk. Nothing may be taken any more. False: it hangs in `deliver`,
 * and is left behind. NULL is fine. */
bool aula_sink_free(aula_sink *sink, int64_t deadline_us);

#endif
