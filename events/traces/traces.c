/* SPDX-License-Identifier: Apache-2.0 */
/** Traces of joins for OpenTelemetry: what happens from the request "create" until the first media,
 * as spans, posted to a collector by OTLP/HTTP. A trace is for looking, not for counting: what does
 * not fit or is refused is dropped, and nobody waits. */
#include <pthread.h>
#include <stdlib.h>

#include "aula/module.h"
#include "exporter.h"
#include "joins.h"

enum {
	TEXT_MOST = 2000,
	NAME_MOST = 100,
	PATH_MOST = 4000,
	JOINS_MOST = 20000,
	PROBLEM_BYTES = 200
};

struct config {
	const char *endpoint, *service, *ca_file, *headers_file;
	double ratio;
	int64_t join_s, interval_ms, timeout_ms, queue_most;
};

// clang-format off
static const aula_field config_fields[] = {
	AULA_TEXT(struct config, endpoint, "endpoint", TEXT_MOST, .min = 1,
		.summary = "Where to post spans as OTLP/HTTP in JSON, such as http://collector.example:4318/v1/traces; absent: nowhere, and nothing is traced."),
	AULA_NUMBER(struct config, ratio, "ratio", 0, 1, .fallback = 1,
		.summary = "Share of joins that are traced; those whose client sends a traceparent are if it says so. 0: none at all."),
	AULA_TEXT(struct config, service, "service", NAME_MOST, .min = 1, .fallback_text = "aula",
		.summary = "What spans say that they are of: service.name."),
	AULA_TEXT(struct config, headers_file, "headers_file", PATH_MOST, .min = 1, .flags = AULA_PATH,
		.summary = "File of lines \"name: value\" to send along as headers, up to 16, such as who we are; absent: none."),
	AULA_TEXT(struct config, ca_file, "ca_file", PATH_MOST, .min = 1, .flags = AULA_PATH,
		.summary = "File of certificates (PEM) to trust instead of those of the system."),
	AULA_INT(struct config, join_s, "join_time", 5, 600, .fallback = 30,
		.summary = "Seconds after which a join is over, with media or without; handles that come later are not part of it."),
	AULA_INT(struct config, interval_ms, "interval_ms", 50, 60000, .fallback = 2000,
		.summary = "Milliseconds between two posts, if there is anything to post."),
	AULA_INT(struct config, timeout_ms, "timeout_ms", 100, 60000, .fallback = 10000,
		.summary = "Milliseconds that one post may take; after that the collector counts as away."),
	AULA_INT(struct config, queue_most, "queue_size", 64, 65536, .fallback = 4096,
		.summary = "Spans that may wait while the collector is away or slow; those that come then are dropped."),
};
// clang-format on

struct traces {
	const aula_host *host;
	struct exporter *exporter; /* NULL: there is no endpoint */
	pthread_mutex_t lock;      /* for the joins */
	struct joins *joins;
};

static void
on_span(void *data, const struct span *span)
{
	const struct traces *traces = data;

	exporter_add(traces->exporter, span);
}

/* On the thread of the exporter: nothing may happen for a while. */
static void
on_turn(void *data)
{
	struct traces *traces = data;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	pthread_mutex_lock(&traces->lock);
	joins_sweep(traces->joins, (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	pthread_mutex_unlock(&traces->lock);
}

static void
take_event(void *self, const char *text, size_t length)
{
	struct traces *traces = self;
	json_t *event = json_loadb(text, length, JSON_ALLOW_NUL, NULL);

	pthread_mutex_lock(&traces->lock);
	joins_take(traces->joins, event);
	pthread_mutex_unlock(&traces->lock);
	json_decref(event);
}

static uint32_t
mask(void *self)
{
	const struct traces *traces = self;

	return traces->exporter == NULL ? 0
					: AULA_EVENT_SESSION | AULA_EVENT_HANDLE | AULA_EVENT_JSEP |
						  AULA_EVENT_WEBRTC | AULA_EVENT_MEDIA;
}

/* -- life -- */

static void
stop(void *self)
{
	struct traces *traces = self;

	if (traces->exporter != NULL) {
		pthread_mutex_lock(&traces->lock);
		joins_sweep(traces->joins, INT64_MAX);
		pthread_mutex_unlock(&traces->lock);
	}
	exporter_free(traces->exporter);
	joins_free(traces->joins);
	pthread_mutex_destroy(&traces->lock);
	free(traces);
}

static aula_code
begin(struct traces *traces, const struct config *config)
{
	char problem[PROBLEM_BYTES];

	traces->joins = joins_new(&(struct joins_options){ .ratio = config->ratio,
		.most = JOINS_MOST,
		.join_us = config->join_s * 1000000,
		.on_span = on_span,
		.data = traces });
	if (traces->joins == NULL)
		return AULA_INTERNAL;
	traces->exporter = exporter_new(&(struct exporter_options){ .host = traces->host,
						.endpoint = config->endpoint,
						.service = config->service,
						.ca_file = config->ca_file,
						.headers_file = config->headers_file,
						.timeout_ms = config->timeout_ms,
						.interval_ms = config->interval_ms,
						.queue_most = config->queue_most,
						.on_turn = on_turn,
						.data = traces },
		problem, sizeof problem);
	if (traces->exporter == NULL)
		traces->host->log(
			traces->host, AULA_LOG_ERROR, "spans cannot be posted: %s", problem);
	return traces->exporter != NULL ? AULA_OK : AULA_UNAVAILABLE;
}

static aula_code
start(const aula_host *host, const void *data, void **ret_self)
{
	const struct config *config = data;
	struct traces *traces = calloc(1, sizeof *traces);

	if (traces == NULL)
		return AULA_INTERNAL;
	traces->host = host;
	pthread_mutex_init(&traces->lock, NULL);
	aula_code code = config->endpoint != NULL ? begin(traces, config) : AULA_OK;
	if (code != AULA_OK)
		stop(traces);
	else
		*ret_self = traces;
	return code;
}

static const aula_event_ops events = {
	.size = sizeof events,
	.event = take_event,
	.mask = mask,
};

// clang-format off
AULA_MODULE(
	.name = "traces",
	.summary = "Posts traces of joins to an OpenTelemetry collector.",
	.author = "The Aula authors",
	.version = "0.1.0",
	.config = config_fields,
	.config_count = sizeof config_fields / sizeof *config_fields,
	.config_size = sizeof(struct config),
	.start = start,
	.stop = stop,
	.events = &events);
// clang-format on
