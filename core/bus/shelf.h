/* SPDX-License-Identifier: Apache-2.0 */
/** Boards and values of one process, in memory, bounded: what `cache` has where there is no Redis.
 * Time is an argument. [pure] */
#ifndef AULA_BUS_SHELF_H
#define AULA_BUS_SHELF_H

#include "aula/bus.h"

typedef struct aula_shelf aula_shelf;

aula_shelf *aula_shelf_new(void);
/** NULL is fine. */
void aula_shelf_free(aula_shelf *shelf);

/** FULL: there are too many boards and values, or members. */
aula_code aula_shelf_score(aula_shelf *shelf, const char *board, const char *member, double points,
	int64_t until_us, int64_t now_us);
void aula_shelf_unscore(aula_shelf *shelf, const char *board, const char *member);
/** The first, at most `most`; how many. Texts are borrowed until the board is changed. */
size_t aula_shelf_top(aula_shelf *shelf, const char *board, size_t most, int64_t now_us,
	aula_bus_score *ret_scores);
/** False: it is not on the board. */
bool aula_shelf_rank(aula_shelf *shelf, const char *board, const char *member, int64_t now_us,
	aula_bus_score *ret_score);
/** Takes the place of what was there. FULL. */
aula_code aula_shelf_set(aula_shelf *shelf, const char *name, const char *text, size_t length,
	int64_t until_us, int64_t now_us);
/** NULL: there is none. Borrowed until it is set. */
const char *aula_shelf_get(aula_shelf *shelf, const char *name, int64_t now_us, size_t *ret_length);

#endif
