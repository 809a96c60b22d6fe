/* SPDX-License-Identifier: Apache-2.0 */
/** Janus' WebSocket transport: each text message is one or more JSON texts, both ways. The core's
 * listener does the rest. */
#include <stdatomic.h>
#include <stdlib.h>

#include "aula/module.h"

static const char protocol[] = "janus-protocol";

struct config {
	int64_t max_message_bytes, max_queue_bytes, ping_interval_s, ping_timeout_s;
};

// clang-format off
static const aula_field config_fields[] = {
	/* A browser writes up to 5 kB of SDP per m-line: this is an answer of 50. */
	AULA_INT(struct config, max_message_bytes, "max_message_bytes", 4096, 1000000,
		.flags = AULA_LIVE, .fallback = 256 * 1024,
		.summary = "The longest message a client may send, in bytes; a longer one closes it (1009)."),
	AULA_INT(struct config, max_queue_bytes, "max_queue_bytes", 65536, 16777216,
		.flags = AULA_LIVE, .fallback = 1024 * 1024,
		.summary = "How much may wait for a client that does not read, in bytes; more closes it (1008)."),
	AULA_INT(struct config, ping_interval_s, "ping_interval", 1, 3600,
		.flags = AULA_LIVE, .fallback = 30,
		.summary = "A client silent for so many seconds is pinged."),
	AULA_INT(struct config, ping_timeout_s, "ping_timeout", 1, 3600,
		.flags = AULA_LIVE, .fallback = 10,
		.summary = "A client that does not answer a ping for so many seconds is cut off."),
};
// clang-format on

struct transport {
	const aula_host *host;
};

/** A client. It ends when both its socket has closed and the core has forgotten it. */
struct client {
	struct transport *transport;
	aula_websocket *socket;
	aula_client name; /* [web] */
	atomic_int holders;
};

static void
let_go(struct client *client)
{
	if (atomic_fetch_sub(&client->holders, 1) == 1)
		free(client);
}

/* -- from the listener -- */

static bool
opened(void *self, aula_websocket *socket, const char *address, void **ret_data)
{
	struct transport *transport = self;
	struct client *client = malloc(sizeof *client);

	if (client == NULL)
		return false;
	client->transport = transport;
	client->socket = socket;
	atomic_init(&client->holders, 2);
	client->name = transport->host->gateway->opened(transport->host, client, address, true);
	if (AULA_NONE(client->name)) {
		free(client);
		return false;
	}
	*ret_data = client;
	return true;
}

static void
message(void *self, aula_websocket *socket, void *data, const char *text, size_t length)
{
	struct transport *transport = self;
	struct client *client = data;
	(void)socket;

	transport->host->gateway->received(transport->host, client->name, text, length);
}

/* RFC 6455 section 7.4.1: who is done, or leaves the page, will not claim its sessions. */
static bool
is_final(int status)
{
	return status == 1000 || status == 1001;
}

static void
closed(void *self, aula_websocket *socket, void *data, int status)
{
	struct transport *transport = self;
	struct client *client = data;
	(void)socket;

	transport->host->gateway->closed(transport->host, client->name, is_final(status));
	let_go(client);
}

static const aula_websocket_ops socket_ops = {
	.size = sizeof socket_ops,
	.opened = opened,
	.message = message,
	.closed = closed,
};

/* -- from the core -- */

static aula_code
send_text(void *self, void *client_data, const char *text, size_t length)
{
	struct transport *transport = self;
	struct client *client = client_data;

	return transport->host->http->send(client->socket, text, length);
}

/* RFC 6455 section 7.4.1 */
static int
status_of(aula_code why)
{
	switch (why) {
	case AULA_GONE:
		return 1001;
	case AULA_TOO_FAST:
		return 1008;
	case AULA_TOO_LARGE:
		return 1009;
	case AULA_FULL:
		return 1013;
	default:
		return 1000;
	}
}

static void
close_client(void *self, void *client_data, aula_code why, const char *reason)
{
	struct transport *transport = self;
	struct client *client = client_data;

	transport->host->http->close(client->socket, status_of(why), reason);
}

static void
released(void *self, void *client_data)
{
	struct transport *transport = self;
	struct client *client = client_data;

	transport->host->http->release(client->socket);
	let_go(client);
}

static const aula_transport_ops transport_ops = {
	.size = sizeof transport_ops,
	.send = send_text,
	.close = close_client,
	.released = released,
};

static aula_websocket_limits
limits_of(const struct config *config)
{
	return (aula_websocket_limits){
		.size = sizeof(aula_websocket_limits),
		.max_message_bytes = config->max_message_bytes,
		.max_queue_bytes = config->max_queue_bytes,
		.ping_interval_ms = config->ping_interval_s * 1000,
		.ping_timeout_ms = config->ping_timeout_s * 1000,
	};
}

static void
reconfigured(void *self, const void *config)
{
	struct transport *transport = self;
	const aula_host *host = transport->host;
	aula_websocket_limits limits = limits_of(config);

	if (AULA_HAS(host->http, bound_websocket))
		host->http->bound_websocket(host, protocol, &limits);
}

static aula_code
start(const aula_host *host, const void *config, void **ret_self)
{
	aula_websocket_limits limits = limits_of(config);
	struct transport *transport = malloc(sizeof *transport);

	if (transport == NULL)
		return AULA_INTERNAL;
	transport->host = host;
	aula_code code = host->http->websocket(host, protocol, &socket_ops, transport, &limits);
	if (code != AULA_OK) {
		host->log(host, AULA_LOG_ERROR, "the listener does not take janus-protocol code=%d",
			(int)code);
		free(transport);
		return code;
	}
	*ret_self = transport;
	return AULA_OK;
}

// clang-format off
AULA_MODULE(
	.name = "websocket",
	.summary = "Carries the Janus API over WebSockets (janus-protocol).",
	.author = "The Aula authors",
	.version = "0.1.0",
	.config = config_fields,
	.config_count = sizeof config_fields / sizeof *config_fields,
	.config_size = sizeof(struct config),
	.start = start,
	.stop = free,
	.reconfigured = reconfigured,
	.transport = &transport_ops);
// clang-format on
