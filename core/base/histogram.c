/* SPDX-License-Identifier: Apache-2.0 */
#include "base/histogram.h"

#include <glib.h>
#include <math.h>

const double aula_histogram_seconds[14] = { 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
	0.2, 0.5, 1, 2, 5, 10 };
const double aula_histogram_bps[11] = { 100e3, 200e3, 300e3, 500e3, 750e3, 1e6, 1.5e6, 2e6, 3e6,
	5e6, 10e6 };

void
aula_histogram_init(aula_histogram *histogram, const double *bounds, unsigned bound_count)
{
	g_assert(bound_count <= AULA_HISTOGRAM_BOUNDS_MOST);
	*histogram = (aula_histogram){ .bounds = bounds, .bound_count = bound_count };
}

void
aula_histogram_add(aula_histogram *histogram, double value)
{
	unsigned at = 0;

	if (isnan(value))
		return;
	while (at < histogram->bound_count && value > histogram->bounds[at])
		at++;
	histogram->counts[at]++;
	histogram->sum += value;
}

void
aula_histogram_merge(aula_histogram *histogram, const aula_histogram *from)
{
	g_assert(histogram->bounds == from->bounds);
	for (unsigned i = 0; i <= from->bound_count; i++)
		histogram->counts[i] += from->counts[i];
	histogram->sum += from->sum;
}

uint64_t
aula_histogram_count(const aula_histogram *histogram)
{
	uint64_t count = 0;

	for (unsigned i = 0; i <= histogram->bound_count; i++)
		count += histogram->counts[i];
	return count;
}
