/* SPDX-License-Identifier: Apache-2.0 */
/** The JSON of OTLP: ExportTraceServiceRequest and its answer (OpenTelemetry protocol 1, JSON
 * Protobuf encoding: ids in hexadecimal, 64-bit numbers as text). */
#ifndef OTLP_H
#define OTLP_H

#include "span.h"

/** Of the spans of one server, `node`. Malloced; NULL: no memory. */
char *otlp_write(const struct span *spans, size_t count, const char *service, const char *node);

/** How many spans the answer to a request that was taken says are refused. */
uint64_t otlp_rejected(const char *answer, size_t length);

#endif
