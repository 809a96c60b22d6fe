/* SPDX-License-Identifier: Apache-2.0 */
/** One thread behind a bounded queue: where what blocks has its home (files, sinks). It runs its
 * work one after the other, in the order of posting. */
#ifndef AULA_RUNTIME_WORKER_H
#define AULA_RUNTIME_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct aula_worker aula_worker;

/** The head of a piece of work: the first member of your own struct. */
typedef struct aula_work {
	struct aula_work *next;                  /**< private */
	size_t bytes;                            /**< what it weighs against the bound */
	void (*run)(struct aula_work *work);     /**< [worker] does it; may block; takes the work */
	void (*discard)(struct aula_work *work); /**< [any] it will never run; takes the work */
} aula_work;

/** A worker that may have `most` pieces of `bytes_most` bytes in all waiting. Its thread begins. */
aula_worker *aula_worker_new(const char *name, size_t most, size_t bytes_most);

/** [any] Takes `work` and never waits. False: past the bound or ended, and the work stays the
 * caller's. */
bool aula_worker_post(aula_worker *worker, aula_work *work);

/** [any] How many pieces wait, the one at work included. */
size_t aula_worker_waiting(aula_worker *worker);

/** [any] Nothing more is taken; what waits is still done. */
void aula_worker_end(aula_worker *worker);

/** [owner] Ends it, waits until `deadline_us` (monotonic) for what waits, discards the rest, and
 * frees the worker. False: its thread hangs in a piece of work; what that work uses must live on;
 * the worker goes when the thread comes back, if ever. NULL is fine. */
bool aula_worker_free(aula_worker *worker, int64_t deadline_us);

#endif
