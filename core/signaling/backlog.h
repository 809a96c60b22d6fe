/* SPDX-License-Identifier: Apache-2.0 */
/** What waits for a client that is away, or that comes to fetch it: texts in their order, bounded.
 * [pure] */
#ifndef AULA_SIGNALING_BACKLOG_H
#define AULA_SIGNALING_BACKLOG_H

#include <glib.h>
#include <stdbool.h>

/** Zero-initialised is empty and costs nothing. */
typedef struct {
	GQueue *texts; /* of GBytes; NULL: none yet */
	size_t bytes;
	size_t *all_bytes; /* what waits in all that are counted together */
} aula_backlog;

/** `*all_bytes`, which outlives the backlog, counts what waits in all; above `all_most` (0: no such
 * bound) nothing more does. False, and all of this one is forgotten: too much waits, so there would
 * be a gap. */
bool aula_backlog_push(
	aula_backlog *backlog, const char *text, size_t length, size_t *all_bytes, size_t all_most);
size_t aula_backlog_count(const aula_backlog *backlog);
/** The oldest `most` as one text: itself if that is 1, else a JSON array. They stay; there must be
 * one. Taken by the caller. */
GString *aula_backlog_join(const aula_backlog *backlog, size_t most, size_t *ret_count);
/** Forgets the oldest. */
void aula_backlog_drop(aula_backlog *backlog, size_t count);
void aula_backlog_clear(aula_backlog *backlog);

#endif
