/* SPDX-License-Identifier: Apache-2.0 */
/** WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): publishing into a class, and playing it, over
 * HTTP. */
#include <stdlib.h>
#include <string.h>

#include "request.h"
#include "session.h"

enum {
	HOLD_MS = 15000, /* a class answers in milliseconds */
	TICK_MS = 1000,
};

// clang-format off
static const aula_field config_fields[] = {
	AULA_TEXT(struct config, publish_path, "whip_path", 100, .min = 2, .fallback_text = "/whip",
		.summary = "Where to publish: this and the name of a room after a slash takes POST."),
	AULA_TEXT(struct config, play_path, "whep_path", 100, .min = 2, .fallback_text = "/whep",
		.summary = "Where to play: POST to this and \"/ROOM\", or \"/ROOM/FEED\" for one publisher."),
	AULA_TEXT(struct config, plugin, "plugin", 100, .min = 1, .fallback_text = "aula.plugin.classroom",
		.summary = "The plugin that has the rooms; one that speaks the verbs of the VideoRoom."),
	AULA_INT(struct config, max_body_bytes, "max_body_bytes", 4096, 1000000, .flags = AULA_LIVE, .fallback = 64 * 1024,
		.summary = "The longest offer, in bytes; a longer one is answered 413."),
	AULA_INT(struct config, max_waiting, "max_waiting", 1, 100000, .flags = AULA_LIVE, .fallback = 1000,
		.summary = "How many requests may wait for an answer at a time; more are answered 503."),
	AULA_INT(struct config, sessions_most, "max_sessions", 1, 1000000, .flags = AULA_LIVE, .fallback = 5000,
		.summary = "How many sessions there may be, of both kinds together; more are answered 503."),
	AULA_INT(struct config, token_sessions_most, "token_sessions", 1, 1000000, .flags = AULA_LIVE, .fallback = 10,
		.summary = "How many sessions one token may have; more are answered 429."),
	AULA_INT(struct config, address_sessions_most, "address_sessions", 1, 1000000, .flags = AULA_LIVE, .fallback = 200,
		.summary = "How many sessions one address (of IPv6: one network of 64 bits) may have; more are answered 429. Loopback is not counted: a proxy in front counts its own clients."),
	AULA_INT(struct config, requests_per_minute, "requests_per_minute", 10, 1000000, .flags = AULA_LIVE, .fallback = 300,
		.summary = "How many requests an address, and a token, may make in a minute; more are answered 429. Loopback is not counted."),
	AULA_INT(struct config, connect_s, "connect_timeout", 5, 300, .flags = AULA_LIVE, .fallback = 30,
		.summary = "A session that is not connected after so many seconds ends."),
};
// clang-format on

/* -- from the listener -- */

static void
serve_task(void *data)
{
	request_serve(data);
}

static bool
asked(void *self, aula_exchange *exchange, const aula_http_request *request, void **ret_data)
{
	const struct endpoint *endpoint = self;
	const aula_host *host = endpoint->whip->host;
	struct job *job = job_new(endpoint, exchange, request);

	if (job == NULL)
		return false;
	*ret_data = job;
	host->timers->post(host, serve_task, job);
	return true;
}

/* After the job was served, for one thread's tasks run in their order. Whoever did not wait for a
 * session knows no name for it. */
static void
closed_task(void *data)
{
	struct job *job = data;

	if (job->session != NULL && job->session->state != UP)
		session_end(job->session, 503, "its client did not wait");
	job_unref(job);
}

static void
closed(void *self, aula_exchange *exchange, void *data)
{
	const struct endpoint *endpoint = self;
	const aula_host *host = endpoint->whip->host;
	(void)exchange;

	host->timers->post(host, closed_task, data);
}

static const aula_exchange_ops exchange_ops = {
	.size = sizeof exchange_ops,
	.asked = asked,
	.closed = closed,
};

/* -- from the core -- */

static aula_code
send_text(void *self, void *client_data, const char *text, size_t length)
{
	(void)self;
	return session_told(client_data, text, length);
}

static void
close_client(void *self, void *client_data, aula_code why, const char *reason)
{
	(void)self;
	session_end(client_data,
		why == AULA_TOO_LARGE  ? 413
		: why == AULA_TOO_FAST ? 429
				       : 503,
		reason);
}

static void
released(void *self, void *client_data)
{
	(void)self;
	session_free(client_data);
}

static const aula_transport_ops transport_ops = {
	.size = sizeof transport_ops,
	.send = send_text,
	.close = close_client,
	.released = released,
};

static void
tick(void *data)
{
	struct whip *whip = data;
	int64_t now_us = whip->host->timers->now_us();
	struct session *session, *next;

	for (session = LIST_FIRST(&whip->sessions); session != NULL; session = next) {
		next = LIST_NEXT(session, others);
		session_tick(session, now_us);
	}
}

/* -- start and stop -- */

static void
stop(void *self)
{
	struct whip *whip = self;

	if (!AULA_NONE(whip->tick))
		whip->host->timers->stop(whip->host, whip->tick);
	gate_free(whip->gate);
	free(whip);
}

static aula_route_limits
limits_of(const struct config *config)
{
	return (aula_route_limits){ .size = sizeof(aula_route_limits),
		.max_body_bytes = config->max_body_bytes,
		.max_waiting = config->max_waiting,
		.max_hold_ms = HOLD_MS };
}

static void
reconfigured(void *self, const void *config)
{
	struct whip *whip = self;
	const aula_host *host = whip->host;
	aula_route_limits limits = limits_of(config);

	whip->config = config;
	whip->endpoints[PUBLISH].path = whip->config->publish_path;
	whip->endpoints[PLAY].path = whip->config->play_path;
	gate_bound(whip->gate, whip->config->requests_per_minute);
	for (enum kind kind = PUBLISH; AULA_HAS(host->http, bound_route) && kind <= PLAY; kind++)
		host->http->bound_route(host, whip->endpoints[kind].path, &limits);
}

static aula_code
serve(struct whip *whip, struct endpoint *endpoint)
{
	static const char *const headers[] = { "accept", "authorization", "content-type",
		"if-match", NULL };
	static const aula_http_header options[] = { { "Accept-Post", "application/sdp" },
		{ "Accept-Patch", "application/trickle-ice-sdpfrag" } };
	const aula_host *host = whip->host;
	aula_route_limits limits = limits_of(whip->config);
	aula_code code = host->http->serve(
		host, &(aula_route){ .size = sizeof(aula_route),
			      .path = endpoint->path,
			      .ops = &exchange_ops,
			      .self = endpoint,
			      .limits = &limits,
			      .methods = "POST, PATCH, DELETE",
			      .headers = headers,
			      .exposes = "Location, Link, ETag, Accept-Patch, Retry-After, "
					 "RateLimit, RateLimit-Policy",
			      .options = options,
			      .option_count = sizeof options / sizeof *options });

	if (code != AULA_OK)
		host->log(host, AULA_LOG_ERROR,
			"the listener does not take path=%s: it should begin with a slash, not end "
			"with one, and be nobody else's",
			endpoint->path);
	return code;
}

static aula_code
start(const aula_host *host, const void *config, void **ret_self)
{
	if (!AULA_HAS(host, tokens) || !AULA_HAS(host->http, serve)) {
		host->log(host, AULA_LOG_ERROR, "this server is too old for WHIP");
		return AULA_UNSUPPORTED;
	}
	struct whip *whip = calloc(1, sizeof *whip);
	if (whip == NULL)
		return AULA_INTERNAL;
	whip->host = host;
	whip->config = config;
	LIST_INIT(&whip->sessions);
	whip->endpoints[PUBLISH] = (struct endpoint){ whip, PUBLISH, whip->config->publish_path };
	whip->endpoints[PLAY] = (struct endpoint){ whip, PLAY, whip->config->play_path };
	whip->gate = gate_new(whip->config->requests_per_minute);
	aula_code code =
		whip->gate != NULL ? serve(whip, &whip->endpoints[PUBLISH]) : AULA_INTERNAL;
	if (code == AULA_OK)
		code = serve(whip, &whip->endpoints[PLAY]);
	if (code != AULA_OK) {
		stop(whip);
		return code;
	}
	whip->tick = host->timers->start(host, TICK_MS, TICK_MS, tick, whip);
	*ret_self = whip;
	return AULA_OK;
}

// clang-format off
AULA_MODULE(
	.name = "whip",
	.summary = "Publishing into a class and playing it over HTTP: WHIP and WHEP, as OBS, GStreamer and others speak them.",
	.author = "The Aula authors",
	.version = "0.1.0",
	.config = config_fields,
	.config_count = sizeof config_fields / sizeof *config_fields,
	.config_size = sizeof(struct config),
	.start = start,
	.stop = stop,
	.reconfigured = reconfigured,
	.transport = &transport_ops);
// clang-format on
