/* SPDX-License-Identifier: Apache-2.0 */
/** How values are spread: counted by upper bound, as monitoring systems want it. A plain struct of
 * whoever observes; one thread writes it. [any] */
#ifndef AULA_BASE_HISTOGRAM_H
#define AULA_BASE_HISTOGRAM_H

#include <stdint.h>

enum { AULA_HISTOGRAM_BOUNDS_MOST = 20 };

typedef struct {
	const double *bounds; /* ascending; static */
	unsigned bound_count;
	uint64_t counts[AULA_HISTOGRAM_BOUNDS_MOST + 1]; /* the last: above every bound */
	double sum;
} aula_histogram;

/** Borrows `bounds` for good; at most AULA_HISTOGRAM_BOUNDS_MOST of them. */
void aula_histogram_init(aula_histogram *histogram, const double *bounds, unsigned bound_count);
/** A value that equals a bound counts for it. NaN counts for nothing. */
void aula_histogram_add(aula_histogram *histogram, double value);
/** Adds what `from` has counted; both have the same bounds. */
void aula_histogram_merge(aula_histogram *histogram, const aula_histogram *from);
uint64_t aula_histogram_count(const aula_histogram *histogram);

/** Seconds: from 0.5 ms to 10 s, for what people wait for. */
extern const double aula_histogram_seconds[14];
/** Bits a second: from 100 kbit/s to 10 Mbit/s, for lines. */
extern const double aula_histogram_bps[11];

#endif
