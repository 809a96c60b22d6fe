/* SPDX-License-Identifier: Apache-2.0 */
/* A transport that begins a lot and then does not start: nothing of it may be called any more. */
#include <stdlib.h>

#include <aula/module.h>

static void
fire(void *data)
{
	(void)data;
	abort();
}

static bool
opened(void *self, aula_websocket *socket, const char *address, void **ret_data)
{
	(void)self, (void)socket, (void)address, (void)ret_data;
	abort();
}

static void
message(void *self, aula_websocket *socket, void *data, const char *text, size_t length)
{
	(void)self, (void)socket, (void)data, (void)text, (void)length;
	abort();
}

static void
closed(void *self, aula_websocket *socket, void *data, int status)
{
	(void)self, (void)socket, (void)data, (void)status;
	abort();
}

static const aula_websocket_ops socket_ops = {
	.size = sizeof socket_ops, .opened = opened, .message = message, .closed = closed
};

static aula_code
start(const aula_host *host, const void *config, void **ret_self)
{
	aula_websocket_limits limits = { .size = sizeof limits,
		.max_message_bytes = 1000,
		.max_queue_bytes = 100000,
		.ping_interval_ms = 1000,
		.ping_timeout_ms = 1000 };

	(void)config, (void)ret_self;
	host->timers->start(host, 1, 10, fire, NULL);
	if (host->http->websocket(host, "stillborn", &socket_ops, NULL, &limits) != AULA_OK)
		abort();
	host->log(host, AULA_LOG_ERROR, "it has no mind to");
	return AULA_UNAVAILABLE;
}

static aula_code
send_text(void *self, void *client_data, const char *text, size_t length)
{
	(void)self, (void)client_data, (void)text, (void)length;
	abort();
}

static void
close_client(void *self, void *client_data, aula_code why, const char *reason)
{
	(void)self, (void)client_data, (void)why, (void)reason;
	abort();
}

static void
released(void *self, void *client_data)
{
	(void)self, (void)client_data;
	abort();
}

static const aula_transport_ops transport = {
	.size = sizeof transport, .send = send_text, .close = close_client, .released = released
};

static void
stop(void *self)
{
	(void)self;
	abort();
}

AULA_MODULE(.name = "stillborn", .summary = "Does not start.", .author = "A test", .version = "1",
	.start = start, .stop = stop, .transport = &transport);
