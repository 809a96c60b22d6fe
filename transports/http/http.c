/* SPDX-License-Identifier: Apache-2.0 */
/** Janus' HTTP transport: requests by POST, what a session has to say by GET, which waits for it
 * (long poll). Each exchange is a client of the core that says or awaits one text. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aula/module.h"

enum {
	/* The core says when waiting is over; this is for when it does not. */
	SPARE_MS = 15000,
	METHOD_ERROR = 450, /* as Janus numbers it */
};

struct config {
	const char *base_path;
	int64_t max_body_bytes, max_waiting, hold_s;
};

// clang-format off
static const aula_field config_fields[] = {
	AULA_TEXT(struct config, base_path, "base_path", 100,
		.min = 2, .fallback_text = "/janus",
		.summary = "Where the API is, below the address of the pages."),
	/* A browser writes up to 5 kB of SDP per m-line: this is an answer of 50. */
	AULA_INT(struct config, max_body_bytes, "max_body_bytes", 4096, 1000000,
		.flags = AULA_LIVE, .fallback = 256 * 1024,
		.summary = "The longest body of a request, in bytes; a longer one is answered 413."),
	AULA_INT(struct config, max_waiting, "max_waiting", 1, 1000000,
		.flags = AULA_LIVE, .fallback = 20000,
		.summary = "How many requests may wait for an answer at a time, long polls included; more are answered 503."),
	AULA_INT(struct config, hold_s, "hold", 1, 300,
		.flags = AULA_LIVE, .fallback = 30,
		.summary = "A long poll is answered after so many seconds even if there is nothing to say. janus.js gives up after 60."),
};
// clang-format on

struct transport {
	const aula_host *host;
	char *base_path;
	_Atomic int64_t hold_ms;
};

/** An exchange. It ends when both the listener and the core are done with it. */
struct client {
	struct transport *transport;
	aula_exchange *exchange;
	aula_client name; /* [web] none: the core was not asked */
	atomic_int holders;
};

/* What a path says: /SESSION/HANDLE, or the name of a question that needs neither. */
struct place {
	uint64_t session, handle;
	const char *verb; /* NULL: none */
};

/* -- answers -- */

static aula_code
answer(const struct transport *transport, aula_exchange *exchange, int status, const char *type,
	const char *text, size_t length)
{
	return transport->host->http->answer(
		exchange, &(aula_http_answer){ .size = sizeof(aula_http_answer),
				  .status = status,
				  .type = type,
				  .body = text,
				  .length = length });
}

static void
answer_error(const struct transport *transport, aula_exchange *exchange, int status,
	const char *sentence)
{
	answer(transport, exchange, status, "text/plain; charset=utf-8", sentence,
		strlen(sentence));
}

static void
answer_moved(const struct transport *transport, aula_exchange *exchange, uint64_t session)
{
	char location[160];

	snprintf(location, sizeof location, "%s/%llu", transport->base_path,
		(unsigned long long)session);
	transport->host->http->answer(exchange,
		&(aula_http_answer){
			.size = sizeof(aula_http_answer), .status = 302, .location = location });
}

/* -- what is asked -- */

/* A number of decimal digits and no other sign, up to "/" or the end. */
static bool
read_id(const char **at, uint64_t *ret_id)
{
	uint64_t id = 0;
	const char *text = *at;

	for (; *text >= '0' && *text <= '9'; text++) {
		if (id > (UINT64_MAX - 9) / 10)
			return false;
		id = id * 10 + (uint64_t)(*text - '0');
	}
	if (text == *at || (*text != '\0' && *text != '/') || id == 0)
		return false;
	*at = text;
	*ret_id = id;
	return true;
}

static bool
read_path(const char *path, struct place *ret_place)
{
	*ret_place = (struct place){ 0 };
	if (strcmp(path, "/info") == 0 || strcmp(path, "/ping") == 0) {
		ret_place->verb = path + 1;
		return true;
	}
	if (*path == '/' && path[1] != '\0') {
		path++;
		if (!read_id(&path, &ret_place->session))
			return false;
	}
	if (*path == '/' && path[1] != '\0') {
		path++;
		if (!read_id(&path, &ret_place->handle))
			return false;
	}
	return *path == '\0' || strcmp(path, "/") == 0;
}

/* How many events the client takes at once: "maxev" of the query, 1 without it. */
static int64_t
read_most(const char *query)
{
	static const char key[] = "maxev=";

	for (const char *at = query; at != NULL && *at != '\0';) {
		if (strncmp(at, key, sizeof key - 1) == 0)
			return strtol(at + sizeof key - 1, NULL, 10);
		at = strchr(at, '&');
		at = at != NULL ? at + 1 : NULL;
	}
	return 1;
}

static void
ask_core(struct client *client, const struct place *place, const aula_http_request *request)
{
	const aula_host *host = client->transport->host;
	char text[64];

	client->name = host->gateway->opened(host, client, request->address, false);
	if (AULA_NONE(client->name)) {
		answer_error(
			client->transport, client->exchange, 503, "The server takes nobody now.\n");
	} else if (place->verb != NULL) {
		int length = snprintf(text, sizeof text,
			"{\"janus\":\"%s\",\"transaction\":\"%s\"}", place->verb, place->verb);
		host->gateway->received(host, client->name, text, (size_t)length);
	} else if (strcmp(request->method, "POST") == 0) {
		host->gateway->received_at(host, client->name, place->session, place->handle,
			request->body, request->length);
	} else {
		host->gateway->listen(host, client->name, place->session, read_most(request->query),
			client->transport->hold_ms);
	}
}

/* Answers what needs nobody else. False: ask the core. */
static bool
answer_here(const struct transport *transport, aula_exchange *exchange, const struct place *place,
	bool found, const aula_http_request *request)
{
	bool post = strcmp(request->method, "POST") == 0;
	char text[160];

	if (!post && strcmp(request->method, "GET") != 0) {
		int length = snprintf(text, sizeof text,
			"{\"janus\":\"error\",\"error\":{\"code\":%d,"
			"\"reason\":\"Unsupported method %s\",\"word\":\"unsupported\"}}",
			METHOD_ERROR, request->method);
		answer(transport, exchange, 200, "application/json", text, (size_t)length);
	} else if (!found) {
		answer_error(transport, exchange, 404, "There is no such place.\n");
	} else if (post && place->verb != NULL) {
		answer_error(transport, exchange, 400, "This is asked by GET.\n");
	} else if (post && request->length == 0) {
		answer_error(transport, exchange, 400, "A request is a JSON text.\n");
	} else if (!post && place->handle != 0) {
		answer_moved(transport, exchange, place->session);
	} else if (!post && place->session == 0 && place->verb == NULL) {
		answer_error(
			transport, exchange, 404, "GET waits for a session; this names none.\n");
	} else {
		return false;
	}
	return true;
}

/* -- from the listener -- */

static void
let_go(struct client *client)
{
	if (atomic_fetch_sub(&client->holders, 1) == 1)
		free(client);
}

static bool
asked(void *self, aula_exchange *exchange, const aula_http_request *request, void **ret_data)
{
	struct transport *transport = self;
	struct client *client = malloc(sizeof *client);
	struct place place;

	if (client == NULL)
		return false;
	*client = (struct client){ .transport = transport, .exchange = exchange };
	atomic_init(&client->holders, 2);
	*ret_data = client;
	bool found = read_path(request->path, &place);
	if (!answer_here(transport, exchange, &place, found, request))
		ask_core(client, &place, request);
	if (AULA_NONE(client->name)) {
		transport->host->http->drop(exchange);
		let_go(client);
	}
	return true;
}

static void
closed(void *self, aula_exchange *exchange, void *data)
{
	struct transport *transport = self;
	struct client *client = data;
	(void)exchange;

	if (!AULA_NONE(client->name))
		transport->host->gateway->closed(transport->host, client->name, false);
	let_go(client);
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
	const struct client *client = client_data;

	return answer(self, client->exchange, 200, "application/json", text, length);
}

/* Status and headers that tell clients of HTTP when to come again: RFC 6585 section 4, RFC 9110
 * section 10.2.3, draft-ietf-httpapi-ratelimit-headers-10. */
static aula_code
send_limited(
	void *self, void *client_data, const aula_limited *about, const char *text, size_t length)
{
	const struct transport *transport = self;
	const struct client *client = client_data;
	long long wait_s = (about->retry_after_ms + 999) / 1000;
	char retry[24], policy[120], left[120];

	snprintf(retry, sizeof retry, "%lld", wait_s);
	snprintf(policy, sizeof policy, "\"%.40s\";q=%lld;w=%lld", about->limit,
		(long long)about->most, (long long)about->window_s);
	snprintf(left, sizeof left, "\"%.40s\";r=%lld;t=%lld", about->limit,
		(long long)about->remaining, wait_s);
	const aula_http_header headers[] = { { "Retry-After", retry },
		{ "RateLimit-Policy", policy }, { "RateLimit", left } };
	return transport->host->http->answer(
		client->exchange, &(aula_http_answer){ .size = sizeof(aula_http_answer),
					  .status = 429,
					  .type = "application/json",
					  .body = text,
					  .length = length,
					  .headers = headers,
					  .header_count = sizeof headers / sizeof *headers });
}

static void
close_client(void *self, void *client_data, aula_code why, const char *reason)
{
	const struct transport *transport = self;
	const struct client *client = client_data;
	const aula_http_header again = { "Retry-After", "1" };

	transport->host->http->answer(
		client->exchange, &(aula_http_answer){ .size = sizeof(aula_http_answer),
					  .status = why == AULA_TOO_LARGE  ? 413
						    : why == AULA_TOO_FAST ? 429
									   : 503,
					  .type = "text/plain; charset=utf-8",
					  .body = reason,
					  .length = strlen(reason),
					  .headers = &again,
					  .header_count = why == AULA_TOO_LARGE ? 0 : 1 });
}

static void
refused(void *self, void *client_data, aula_code code)
{
	const struct client *client = client_data;

	if (code == AULA_NOT_FOUND)
		answer_error(self, client->exchange, 404, "There is no such session.\n");
	else
		answer_error(self, client->exchange, 503, "The server cannot wait for that.\n");
}

static void
released(void *self, void *client_data)
{
	struct transport *transport = self;
	struct client *client = client_data;

	transport->host->http->drop(client->exchange);
	let_go(client);
}

static const aula_transport_ops transport_ops = {
	.size = sizeof transport_ops,
	.send = send_text,
	.close = close_client,
	.released = released,
	.refused = refused,
	.limited = send_limited,
};

static void
stop(void *self)
{
	struct transport *transport = self;

	free(transport->base_path);
	free(transport);
}

static aula_route_limits
limits_of(const struct config *config)
{
	return (aula_route_limits){
		.size = sizeof(aula_route_limits),
		.max_body_bytes = config->max_body_bytes,
		.max_waiting = config->max_waiting,
		.max_hold_ms = config->hold_s * 1000 + SPARE_MS,
	};
}

/* A poll that waits already waits as long as it was told. */
static void
reconfigured(void *self, const void *config)
{
	struct transport *transport = self;
	const struct config *asked_for = config;
	const aula_host *host = transport->host;
	aula_route_limits limits = limits_of(asked_for);

	transport->hold_ms = asked_for->hold_s * 1000;
	if (AULA_HAS(host->http, bound_route))
		host->http->bound_route(host, transport->base_path, &limits);
}

/* Pages of other origins may read when to come again. */
static aula_code
serve(struct transport *transport, const aula_route_limits *limits)
{
	const aula_host *host = transport->host;

	if (!AULA_HAS(host->http, serve))
		return host->http->route(
			host, transport->base_path, &exchange_ops, transport, limits);
	return host->http->serve(
		host, &(aula_route){ .size = sizeof(aula_route),
			      .path = transport->base_path,
			      .ops = &exchange_ops,
			      .self = transport,
			      .limits = limits,
			      .methods = "GET, POST",
			      .exposes = "Retry-After, RateLimit, RateLimit-Policy" });
}

static aula_code
start(const aula_host *host, const void *config, void **ret_self)
{
	const struct config *asked_for = config;
	aula_route_limits limits = limits_of(asked_for);

	if (!AULA_HAS(host->http, route) || !AULA_HAS(host->gateway, listen)) {
		host->log(host, AULA_LOG_ERROR, "this server is too old for HTTP requests");
		return AULA_UNSUPPORTED;
	}
	struct transport *transport = calloc(1, sizeof *transport);
	char *base_path = strdup(asked_for->base_path);
	if (transport == NULL || base_path == NULL) {
		free(transport);
		free(base_path);
		return AULA_INTERNAL;
	}
	transport->host = host;
	transport->base_path = base_path;
	atomic_init(&transport->hold_ms, asked_for->hold_s * 1000);
	aula_code code = serve(transport, &limits);
	if (code != AULA_OK) {
		host->log(host, AULA_LOG_ERROR,
			"the listener does not take base_path=%s: it should begin with a slash, "
			"not end with one, and be nobody else's",
			base_path);
		stop(transport);
		return code;
	}
	*ret_self = transport;
	return AULA_OK;
}

// clang-format off
AULA_MODULE(
	.name = "http",
	.summary = "Carries the Janus API over HTTP: requests by POST, events by long poll.",
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
