/* SPDX-License-Identifier: Apache-2.0 */
/** Metrics as text: OpenMetrics 1.0, and the older text format 0.0.4 of Prometheus, written at
 * once. A family is begun, then gets its samples. [any; one thread a page] */
#ifndef AULA_BASE_EXPOSITION_H
#define AULA_BASE_EXPOSITION_H

#include <stdbool.h>

#include "base/histogram.h"

typedef struct aula_exposition aula_exposition;

typedef enum { AULA_GAUGE, AULA_COUNTER, AULA_HISTOGRAM } aula_metric_kind;

aula_exposition *aula_exposition_new(void);
/** NULL is fine. */
void aula_exposition_free(aula_exposition *page);

/** The next samples are of this metric. `name` in the form of Prometheus, with its unit, a counter
 * without "_total"; `help` is a sentence. Each name once a page. */
void aula_exposition_begin(
	aula_exposition *page, aula_metric_kind kind, const char *name, const char *help);
/** One sample, with pairs of label name and value up to NULL. Values are escaped. */
void aula_exposition_add(aula_exposition *page, double value, ...) __attribute__((sentinel));
void aula_exposition_spread(aula_exposition *page, const aula_histogram *histogram, ...)
	__attribute__((sentinel));
/** A family of one sample without labels. */
void aula_exposition_one(aula_exposition *page, aula_metric_kind kind, const char *name,
	const char *help, double value);

/** What was written so far; borrowed until the next call. */
const char *aula_exposition_text(const aula_exposition *page, bool openmetrics);

#define AULA_EXPOSITION_TYPE_TEXT "text/plain; version=0.0.4; charset=utf-8"
#define AULA_EXPOSITION_TYPE_OPENMETRICS \
	"application/openmetrics-text; version=1.0.0; charset=utf-8"

#endif
