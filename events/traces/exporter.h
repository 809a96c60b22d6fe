/* SPDX-License-Identifier: Apache-2.0 */
/** Posts spans as OTLP/HTTP in JSON, in batches, on a thread of its own. What waits is bounded;
 * spans past the bound, and those that the collector refuses, are dropped and counted. */
#ifndef EXPORTER_H
#define EXPORTER_H

#include "aula/module.h"
#include "span.h"

struct exporter;

struct exporter_options {
	const aula_host *host; /* for the log, and for its version */
	const char *endpoint, *service;
	const char *ca_file, *headers_file; /* NULL: the system's; none */
	int64_t timeout_ms, interval_ms, queue_most;
	/** [exporter] Once each interval, before what waits is posted. */
	void (*on_turn)(void *data);
	void *data;
};

/** Texts are borrowed, and outlive it. NULL: see `problem`, a sentence of at most `room` bytes. */
struct exporter *exporter_new(const struct exporter_options *options, char *problem, size_t room);
/** Posts what waits, for a second or two at most, and ends the thread. NULL is fine. */
void exporter_free(struct exporter *exporter);

/** [any] Copies it. */
void exporter_add(struct exporter *exporter, const struct span *span);

#endif
