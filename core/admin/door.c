/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/door.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "web/web.h"

enum {
	BODY_BYTES_MOST = 256 * 1024,
	QUEUE_BYTES_MOST = 4 << 20,
	WAITING_MOST = 64,
	HOLD_MS = 60000,
	PING_INTERVAL_MS = 30000,
	PING_TIMEOUT_MS = 10000,
	CONNECTIONS_MOST = 64,
};

static const char root[] = "/admin";

struct aula_door {
	aula_web *web;
	aula_clients *clients;
};

/* A socket or an exchange. It ends when both the listener and the clients are done with it. */
typedef struct {
	aula_door *door;
	aula_websocket *socket; /* one of these two */
	aula_exchange *exchange;
	aula_client name;
	atomic_int holders;
} visitor;

static void
let_go(visitor *one)
{
	if (atomic_fetch_sub(&one->holders, 1) == 1)
		g_free(one);
}

static aula_code
answer(aula_exchange *exchange, int status, const char *type, const char *text, size_t length)
{
	return aula_exchange_answer(exchange, &(aula_http_answer){ .size = sizeof(aula_http_answer),
						      .status = status,
						      .type = type,
						      .body = text,
						      .length = length });
}

static void
answer_sentence(aula_exchange *exchange, int status, const char *sentence)
{
	answer(exchange, status, "text/plain; charset=utf-8", sentence, strlen(sentence));
}

/* -- from the control thread -- */

static aula_code
send_text(void *self, void *data, const char *text, size_t length)
{
	const visitor *one = data;

	(void)self;
	return one->socket != NULL ? aula_websocket_send(one->socket, text, length)
				   : answer(one->exchange, 200, "application/json", text, length);
}

/* RFC 6455 section 7.4.1 */
static void
close_visitor(void *self, void *data, aula_code why, const char *reason)
{
	const visitor *one = data;

	(void)self;
	if (one->socket != NULL)
		aula_websocket_close(one->socket, why == AULA_GONE ? 1001 : 1008, reason);
	else
		answer_sentence(one->exchange, why == AULA_TOO_FAST ? 429 : 503, reason);
}

static void
released(void *self, void *data)
{
	visitor *one = data;

	(void)self;
	if (one->socket != NULL)
		aula_websocket_release(one->socket);
	else
		aula_exchange_drop(one->exchange);
	let_go(one);
}

static void
refused(void *self, void *data, aula_code code)
{
	(void)self, (void)data, (void)code;
}

static const aula_transport_ops transport_ops = { .size = sizeof transport_ops,
	.send = send_text,
	.close = close_visitor,
	.released = released,
	.refused = refused };

static visitor *
visitor_new(aula_door *door, aula_websocket *socket, aula_exchange *exchange, const char *address)
{
	visitor *one = g_new0(visitor, 1);

	one->door = door;
	one->socket = socket;
	one->exchange = exchange;
	atomic_init(&one->holders, 2);
	one->name = aula_clients_opened(
		door->clients, &transport_ops, door, one, address, socket != NULL);
	return one;
}

/* -- WebSocket; all [web] -- */

static bool
socket_opened(void *self, aula_websocket *socket, const char *address, void **ret_data)
{
	*ret_data = visitor_new(self, socket, NULL, address);
	return true;
}

static void
socket_message(void *self, aula_websocket *socket, void *data, const char *text, size_t length)
{
	aula_door *door = self;
	const visitor *one = data;

	(void)socket;
	aula_clients_received(door->clients, one->name, (aula_client_place){ 0 }, text, length);
}

static void
socket_closed(void *self, aula_websocket *socket, void *data, int status)
{
	aula_door *door = self;
	visitor *one = data;

	(void)socket, (void)status;
	aula_clients_closed(door->clients, one->name, true);
	let_go(one);
}

static const aula_websocket_ops socket_ops = { .size = sizeof socket_ops,
	.opened = socket_opened,
	.message = socket_message,
	.closed = socket_closed };

/* -- HTTP; all [web] -- */

/* "/12/34": a session and a handle; false: neither. */
static bool
read_place(const char *path, aula_client_place *ret_place)
{
	g_auto(GStrv) parts = g_strsplit(*path == '/' ? path + 1 : path, "/", 4);
	guint64 ids[2] = { 0 };
	guint count = g_strv_length(parts);

	if (count > 0 && *parts[count - 1] == '\0')
		count--;
	if (count > 2)
		return false;
	for (guint i = 0; i < count; i++)
		if (!g_ascii_string_to_unsigned(parts[i], 10, 1, UINT64_MAX, &ids[i], NULL))
			return false;
	*ret_place = (aula_client_place){ .session = ids[0], .handle = ids[1] };
	return true;
}

static bool
asked(void *self, aula_exchange *exchange, const aula_http_request *request, void **ret_data)
{
	static const char *const free_verbs[] = { "/info", "/ping", NULL };
	aula_door *door = self;
	aula_client_place place = { 0 };
	bool get = strcmp(request->method, "GET") == 0, post = strcmp(request->method, "POST") == 0;
	bool free_verb = g_strv_contains(free_verbs, request->path);
	const char *wrong = NULL;
	int status = 404;

	if (!get && !post)
		wrong = "The Admin API is asked by POST.\n", status = 405;
	else if (get && !free_verb)
		wrong = "The Admin API is asked by POST; only /admin/info and /admin/ping by "
			"GET.\n",
		status = 405;
	else if (post && (free_verb || !read_place(request->path, &place)))
		wrong = "There is no such place; it is /admin/SESSION/HANDLE.\n";
	else if (post && request->length == 0)
		wrong = "A request is a JSON text.\n", status = 400;
	if (wrong != NULL) {
		visitor *one = g_new0(visitor, 1);
		one->exchange = exchange;
		atomic_init(&one->holders, 1);
		*ret_data = one;
		answer_sentence(exchange, status, wrong);
		aula_exchange_drop(exchange);
		return true;
	}
	visitor *one = visitor_new(door, NULL, exchange, request->address);
	*ret_data = one;
	if (get) {
		g_autofree char *text = g_strdup_printf("{\"janus\":\"%s\",\"transaction\":\"%s\"}",
			request->path + 1, request->path + 1);
		aula_clients_received(door->clients, one->name, place, text, strlen(text));
	} else {
		aula_clients_received(
			door->clients, one->name, place, request->body, request->length);
	}
	return true;
}

static void
exchange_closed(void *self, aula_exchange *exchange, void *data)
{
	aula_door *door = self;
	visitor *one = data;

	(void)exchange;
	if (!AULA_NONE(one->name))
		aula_clients_closed(door->clients, one->name, true);
	let_go(one);
}

static const aula_exchange_ops exchange_ops = {
	.size = sizeof exchange_ops, .asked = asked, .closed = exchange_closed
};

/* -- life -- */

aula_door *
aula_door_new(const aula_settings *settings, aula_clients *clients, GError **error)
{
	const aula_settings_admin *admin = &settings->admin;
	bool tls = admin->tls_port != 0;
	/* Without a secret a page of another machine's must not get through a browser of this one:
	 * the request has to come from a loopback address and name one, by no proxy. */
	aula_web *web = aula_web_new(
		&(aula_web_options){ .host = admin->bind,
			.port = (int)admin->port,
			.tls_port = (int)admin->tls_port,
			.certificate_path = tls ? settings->web.certificate_file : NULL,
			.key_path = tls ? settings->web.key_file : NULL,
			.threads = 1,
			.connections_most = CONNECTIONS_MOST,
			.websockets_local = admin->secret_file == NULL },
		error);

	if (web == NULL)
		return NULL;
	aula_door *door = g_new0(aula_door, 1);
	*door = (aula_door){ web, clients };
	const aula_route_limits limits = { .size = sizeof limits,
		.max_body_bytes = BODY_BYTES_MOST,
		.max_waiting = WAITING_MOST,
		.max_hold_ms = HOLD_MS };
	aula_web_route_add(web, &(aula_route){ .size = sizeof(aula_route),
					.path = root,
					.ops = &exchange_ops,
					.self = door,
					.limits = &limits,
					.methods = "GET, POST" });
	aula_web_websocket_add(web, "janus-admin-protocol", &socket_ops, door,
		&(aula_websocket_limits){ .size = sizeof(aula_websocket_limits),
			.max_message_bytes = BODY_BYTES_MOST,
			.max_queue_bytes = QUEUE_BYTES_MOST,
			.ping_interval_ms = PING_INTERVAL_MS,
			.ping_timeout_ms = PING_TIMEOUT_MS });
	return door;
}

bool
aula_door_start(aula_door *door, GError **error)
{
	if (!aula_web_start(door->web, error)) {
		g_prefix_error(error, "the Admin API (admin.port): ");
		return false;
	}
	aula_log(AULA_LOG_INFO, "admin", "the Admin API listens port=%d tls_port=%d",
		aula_web_port(door->web), aula_web_tls_port(door->web));
	return true;
}

void
aula_door_present(aula_door *door, aula_chain *chain)
{
	aula_web_present(door->web, chain);
}

void
aula_door_stop(aula_door *door)
{
	aula_web_stop(door->web);
}

void
aula_door_free(aula_door *door)
{
	if (door == NULL)
		return;
	aula_web_free(door->web);
	g_free(door);
}
