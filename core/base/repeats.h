/* SPDX-License-Identifier: Apache-2.0 */
/** Counts lines that repeat instead of letting them through. Of one place (area and format) the
 * same text passes once in ten seconds and different texts twenty times; the rest is counted. Pure:
 * time is an argument. One table belongs to one lock. */
#ifndef AULA_BASE_REPEATS_H
#define AULA_BASE_REPEATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	AULA_REPEATS_WINDOW_US = 10 * 1000 * 1000,
	AULA_REPEATS_BURST = 20,
	AULA_REPEATS_PLACES = 64,
	AULA_REPEATS_SAMPLE_BYTES = 256,
};

/** A place in its window. */
typedef struct {
	const void *format; /* NULL: empty */
	uint32_t area, text;
	int64_t until_us;
	uint32_t passed, held;
	int level;
	char sample[AULA_REPEATS_SAMPLE_BYTES]; /* start of the first line held */
} aula_repeats_place;

/** Zero-initialised is empty. */
typedef struct {
	aula_repeats_place places[AULA_REPEATS_PLACES];
	int64_t due_us; /* no window with something held ends before; 0: nothing is held */
} aula_repeats;

/** May this line be written now? Call aula_repeats_due() first. `line` is "AREA message". */
bool aula_repeats_pass(aula_repeats *repeats, int level, const char *area, const void *format,
	const char *line, int64_t now_us);

/** A place whose window is over and which held lines back: tell `held` and forget it. False: no
 * more. With INT64_MAX for `now_us` every place is due. */
bool aula_repeats_due(aula_repeats *repeats, int64_t now_us, aula_repeats_place *ret_place);

#endif
