/* SPDX-License-Identifier: Apache-2.0 */
#include "web/connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "web/caller.h"
#include "web/handshake.h"
#include "web/headers.h"
#include "web/policy.h"

enum {
	PIECE_BYTES = 32 << 10, /* of a body, handed to the library at once */
	TURN_BYTES = 256 << 10, /* of a body, until others have their turn */
	RECEIVE_BYTES = 1024,   /* each WebSocket has such a buffer all the time */
	STALLED_SECONDS = 20,   /* for a client that does not take its answer */
};

static const char stopping[] = "The server is stopping.";
static const char demo_only[] = "Only people at this machine are served here.";

typedef struct {
	aula_web_connections *home;
	struct sockaddr_storage address;
	aula_web_verdict verdict;
	bool replying, seen, over;
	aula_web_reply reply;
	struct lws *wsi;
	GList link; /* in `replies` while replying over several turns */
	aula_websocket *socket;
	aula_exchange *exchange; /* a request that a module answers; NULL: none */
	GList exchange_link;     /* in `exchanges` while there is one */
	bool head;               /* it wants no body */
	char *cors;              /* header lines for its answer */
} connection;

struct aula_web_connections {
	const aula_web_hall *hall;
	struct lws_protocols *protocols;
	aula_websocket_group **groups;
	aula_web_outbox *outbox;
	GQueue replies, exchanges; /* of connections */
	bool created;              /* the library has told of the connection being adopted */
	void **tls;
	unsigned char room[LWS_PRE + PIECE_BYTES + 4096];
};

static void
connection_free(connection *c)
{
	aula_web_reply_finish(&c->reply);
	g_free(c->cors);
	aula_web_guests_leave(c->home->hall->guests, &c->address);
	g_free(c);
}

static void
exchange_over(connection *c)
{
	if (c->exchange == NULL)
		return;
	g_queue_unlink(&c->home->exchanges, &c->exchange_link);
	g_clear_pointer(&c->cors, g_free);
	aula_exchange_gone(g_steal_pointer(&c->exchange));
}

/* -- answers -- */

/* Copies a piece of the body to where the library wants it, or says -1. */
static ssize_t
piece(connection *c, unsigned char *to, size_t most)
{
	aula_web_reply *reply = &c->reply;
	size_t length = (size_t)MIN(reply->end - reply->at, (int64_t)most);

	if (length == 0)
		return 0;
	if (reply->bytes != NULL) {
		memcpy(to, reply->bytes + reply->at, length);
		return (ssize_t)length;
	}
	ssize_t got = pread(aula_web_file_descriptor(reply->file), to, length, reply->at);
	return got > 0 ? got : -1; /* it became shorter meanwhile */
}

static int
reply_done(connection *c)
{
	bool close = c->reply.close;

	if (c->seen)
		g_queue_unlink(&c->home->replies, &c->link);
	c->replying = c->seen = false;
	aula_web_reply_finish(&c->reply);
	exchange_over(c);
	return close || lws_http_transaction_completed(c->wsi) ? -1 : 0;
}

static int
reply_continue(connection *c)
{
	aula_web_reply *reply = &c->reply;
	unsigned char *bytes = c->home->room + LWS_PRE;

	for (int64_t sent = 0; reply->at < reply->end && sent < TURN_BYTES;) {
		if (lws_partial_buffered(c->wsi))
			break;
		ssize_t length = piece(c, bytes, PIECE_BYTES);
		if (length < 0 || lws_write(c->wsi, bytes, (size_t)length, LWS_WRITE_HTTP) < 0)
			return -1;
		reply->at += length;
		sent += length;
	}
	if (reply->at >= reply->end)
		return reply_done(c);
	if (!c->seen)
		g_queue_push_tail_link(&c->home->replies, &c->link);
	c->seen = true;
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_HTTP_CONTENT, STALLED_SECONDS);
	lws_callback_on_writable(c->wsi);
	return 0;
}

/* Sends the head, and the first of the body along with it. */
static int
reply_begin(connection *c)
{
	aula_web_reply *reply = &c->reply;
	unsigned char *bytes = c->home->room + LWS_PRE;
	size_t length = MIN(reply->head_length, sizeof c->home->room - LWS_PRE - PIECE_BYTES);

	g_assert(length == reply->head_length);
	memcpy(bytes, reply->head, length);
	ssize_t more = piece(c, bytes + length, PIECE_BYTES);
	if (more < 0 || lws_write(c->wsi, bytes, length + (size_t)more, LWS_WRITE_HTTP_HEADERS) < 0)
		return -1;
	reply->at += more;
	c->replying = true;
	return reply_continue(c);
}

static int
refuse(connection *c, int status, const char *sentence, const char *extra)
{
	aula_web_reply_error(&c->reply, status, sentence, extra);
	c->reply.close = true;
	return reply_begin(c);
}

static aula_web_caller
caller_of(const connection *c)
{
	aula_web_caller caller;

	aula_web_caller_read(
		&c->address, aula_web_hall_rules(c->home->hall)->proxies, c->wsi, &caller);
	return caller;
}

static int
refuse_early(connection *c)
{
	if (c->verdict != AULA_WEB_WELCOME)
		return refuse(c, 503, "The server has all the connections it can hold.",
			"Retry-After: 10\r\n");
	/* The library takes an escaped line end in a path for a real one; what follows it would
	 * count as headers, written by whoever made the link. Such a request has no version. */
	if (lws_hdr_total_length(c->wsi, WSI_TOKEN_HTTP) <= 0)
		return refuse(c, 400, "This is no request of HTTP/1.1.", NULL);
	return 0;
}

/* -- requests that modules answer -- */

static void
on_answered(void *holder, const aula_http_answer *answer)
{
	connection *c = holder;

	aula_web_reply_answer(&c->reply, answer, c->cors);
	if (c->head)
		c->reply.end = c->reply.at;
	/* At once, for what the client sends before it has the answer would count as body. */
	c->over = reply_begin(c) < 0;
	lws_rx_flow_control(c->wsi, 1); /* without it, the next is never called */
	if (c->over)
		lws_callback_on_writable(c->wsi);
}

static int
exchange_complete(connection *c)
{
	if (c->exchange == NULL)
		return 0;
	/* How long it may take is for aula_exchange_tick to say. The library does not read before
	 * it is answered, nor would it stop watching. */
	lws_set_timeout(c->wsi, NO_PENDING_TIMEOUT, 0);
	lws_rx_flow_control(c->wsi, 0);
	aula_exchange_ask(c->exchange);
	return 0;
}

/* Its body, if any, follows. */
static int
exchange_begin(connection *c, aula_web_route *route, aula_http_request *asked)
{
	int64_t body_bytes = aula_web_header_body_bytes(c->wsi);
	aula_http_header headers[AULA_ROUTE_HEADERS_MOST];

	if (body_bytes < 0)
		return refuse(c, body_bytes == -1 ? 411 : 400,
			"Content-Length must say how long the body is.", NULL);
	if (body_bytes > route->max_body_bytes) {
		aula_hits_tell(route->hits, AULA_LIMIT_WEB_BODY_BYTES,
			&(aula_hit){ .address = asked->address, .what = route->path });
		return refuse(c, 413, "The body is longer than is taken here.", c->cors);
	}
	c->head = strcmp(asked->method, "HEAD") == 0;
	asked->headers = headers;
	asked->header_count = aula_web_headers_read(c->wsi, route->headers, headers);
	c->exchange = aula_exchange_new(route, c->home->outbox, on_answered, c, asked);
	for (size_t i = 0; i < asked->header_count; i++)
		g_free((char *)(uintptr_t)headers[i].value);
	c->exchange_link.data = c;
	g_queue_push_tail_link(&c->home->exchanges, &c->exchange_link);
	return body_bytes > 0 ? 0 : exchange_complete(c);
}

/* Browsers ask whether a page of another origin may ask, and want to hear it again in the answer
 * (the Fetch standard, CORS). */
static int
exchange_admit(connection *c, aula_web_route *route, aula_http_request *asked)
{
	char text[256], host[256];
	const char *origin = aula_web_header(c->wsi, WSI_TOKEN_ORIGIN, text, sizeof text);

	if (!aula_web_policy_origin(origin,
		    aula_web_header(c->wsi, WSI_TOKEN_HOST, host, sizeof host),
		    aula_web_hall_rules(c->home->hall)->origins))
		return refuse(c, 403,
			"Pages of this origin may not ask; the administrator can allow it.", NULL);
	if (c->home->hall->websockets_local && !asked->local)
		return refuse(c, 403, demo_only, NULL);
	g_free(c->cors);
	c->cors = aula_web_policy_cors(origin, route->exposes);
	if (strcmp(asked->method, "OPTIONS") != 0)
		return exchange_begin(c, route, asked);
	g_autofree char *extra = g_strconcat(route->preflight, c->cors, NULL);
	aula_web_reply_answer(&c->reply,
		&(aula_http_answer){ .size = sizeof(aula_http_answer), .status = 200 }, extra);
	c->reply.close = aula_web_header_body_bytes(c->wsi) != 0;
	return reply_begin(c);
}

static int
exchange_body(connection *c, const char *bytes, size_t length)
{
	if (c->exchange == NULL || c->replying || aula_exchange_body(c->exchange, bytes, length))
		return 0;
	return refuse(c, 413, "The body is longer than is taken here.", c->cors);
}

/* -- requests -- */

static int
request_file(connection *c, const char *path, const char *query)
{
	struct lws *wsi = c->wsi;
	aula_web_caller caller = caller_of(c);
	char accept[512], host[256], none_match[512], since[64], range[128], if_range[64],
		encoding[256];
	aula_web_request asked = {
		.method = aula_web_header_method(wsi),
		.path = path,
		.query = query,
		.host = aula_web_header(wsi, WSI_TOKEN_HOST, host, sizeof host),
		.if_none_match = aula_web_header(
			wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, none_match, sizeof none_match),
		.if_modified_since =
			aula_web_header(wsi, WSI_TOKEN_HTTP_IF_MODIFIED_SINCE, since, sizeof since),
		.range = aula_web_header(wsi, WSI_TOKEN_HTTP_RANGE, range, sizeof range),
		.if_range =
			aula_web_header(wsi, WSI_TOKEN_HTTP_IF_RANGE, if_range, sizeof if_range),
		.accept_encoding = aula_web_header(
			wsi, WSI_TOKEN_HTTP_ACCEPT_ENCODING, encoding, sizeof encoding),
		.accept = aula_web_header(wsi, WSI_TOKEN_HTTP_ACCEPT, accept, sizeof accept),
		.address = caller.address,
		.local = caller.local,
		.csp_connect = aula_web_hall_rules(c->home->hall)->csp_connect,
		.body = aula_web_header_body_bytes(wsi) != 0,
	};

	aula_web_site_answer(c->home->hall->site, &asked, &c->reply);
	return reply_begin(c);
}

static int
request(connection *c, const char *path, size_t length)
{
	g_autofree char *query = aula_web_header_query(c->wsi);
	const char *whole = strnlen(path, length) == length ? path : "", *below;

	int refused = refuse_early(c);
	if (refused != 0 || c->replying)
		return refused;
	const aula_web_hall *hall = c->home->hall;
	aula_web_route *route = aula_web_route_find(hall->routes, hall->route_count, whole, &below);
	if (route == NULL)
		return request_file(c, whole, query);
	aula_web_caller caller = caller_of(c);
	return exchange_admit(c, route,
		&(aula_http_request){ .method = aula_web_header_method(c->wsi),
			.path = below,
			.query = query,
			.address = caller.address,
			.local = caller.local });
}

/* 0: let it become a WebSocket. */
static int
upgrade(connection *c, const char *to)
{
	const aula_web_hall *hall = c->home->hall;
	const char *sentence, *extra;

	int refused = refuse_early(c);
	if (refused != 0 || c->replying)
		return refused;
	int status = aula_web_handshake_check(c->wsi, to, hall->endpoints, hall->endpoint_count,
		aula_web_hall_rules(c->home->hall)->origins, &sentence, &extra);
	if (status != 0)
		return refuse(c, status, sentence, extra);
	return hall->websockets_local && !caller_of(c).local ? refuse(c, 403, demo_only, NULL) : 0;
}

/* -- what the library calls -- */

static aula_websocket_group *
group_of(connection *c)
{
	return lws_get_protocol(c->wsi)->user;
}

static int
websocket_callback(
	connection *c, enum lws_callback_reasons reason, const char *bytes, size_t length)
{
	switch (reason) {
	case LWS_CALLBACK_ESTABLISHED:
		c->socket = aula_websocket_open(group_of(c), c->wsi, caller_of(c).address);
		return 0;
	case LWS_CALLBACK_RECEIVE:
		aula_websocket_receive(c->socket, bytes, length);
		return 0;
	case LWS_CALLBACK_RECEIVE_PONG:
		aula_websocket_pong(c->socket);
		return 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return aula_websocket_writable(c->socket);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		if (c->socket != NULL)
			aula_websocket_ending(c->socket, bytes != NULL ? bytes : "", length);
		return 0;
	case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL:
		if (c->socket != NULL)
			aula_websocket_ending(c->socket, NULL, 0);
		return 0;
	default: /* LWS_CALLBACK_CLOSED */
		if (c->socket != NULL)
			aula_websocket_gone(g_steal_pointer(&c->socket));
		return 0;
	}
}

static int
destroyed(connection *c)
{
	if (c->socket != NULL)
		aula_websocket_gone(g_steal_pointer(&c->socket));
	exchange_over(c);
	if (c->seen)
		g_queue_unlink(&c->home->replies, &c->link);
	connection_free(c);
	return 0;
}

static int
on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
	connection *c = NULL;
	aula_web_connections *home;

	switch (reason) {
	case LWS_CALLBACK_WSI_CREATE:
		if ((home = lws_context_user(lws_get_context(wsi))) != NULL)
			home->created = true;
		return 0;
	case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
		if ((home = lws_context_user(lws_get_context(wsi))) != NULL)
			*home->tls = user;
		return 0;
	case LWS_CALLBACK_HTTP:
	case LWS_CALLBACK_HTTP_BODY:
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
	case LWS_CALLBACK_HTTP_WRITEABLE:
	case LWS_CALLBACK_WSI_DESTROY:
	case LWS_CALLBACK_ESTABLISHED:
	case LWS_CALLBACK_RECEIVE:
	case LWS_CALLBACK_RECEIVE_PONG:
	case LWS_CALLBACK_SERVER_WRITEABLE:
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
	case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL:
	case LWS_CALLBACK_CLOSED:
		c = lws_get_opaque_user_data(wsi);
		break;
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		/* The name of the HTTP protocol itself was offered. */
		return lws_get_protocol(wsi)->user == NULL;
	case LWS_CALLBACK_RAW_ADOPT: /* CONNECT would make a raw pipe of it */
	case LWS_CALLBACK_RAW_RX:
		return -1;
	default:
		return 0;
	}
	if (c == NULL)
		return 0;
	c->wsi = wsi;
	switch (reason) {
	case LWS_CALLBACK_HTTP:
		return request(c, in, length);
	case LWS_CALLBACK_HTTP_BODY:
		return exchange_body(c, in, length);
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return exchange_complete(c);
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return upgrade(c, in);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		if (c->over)
			return -1;
		return c->replying ? reply_continue(c) : 0;
	case LWS_CALLBACK_WSI_DESTROY:
		return destroyed(c);
	default:
		return websocket_callback(c, reason, in, length);
	}
}

/* -- the set of them -- */

aula_web_connections *
aula_web_connections_new(const aula_web_hall *hall, aula_web_outbox *outbox, void **ret_tls)
{
	aula_web_connections *connections = g_new0(aula_web_connections, 1);
	size_t count = hall->endpoint_count;

	connections->hall = hall;
	connections->outbox = outbox;
	connections->tls = ret_tls;
	g_queue_init(&connections->replies);
	g_queue_init(&connections->exchanges);
	connections->groups = g_new0(aula_websocket_group *, count + 1);
	connections->protocols = g_new0(struct lws_protocols, count + 2);
	connections->protocols[0] = (struct lws_protocols){
		.name = "http", .callback = on_event, .tx_packet_size = PIECE_BYTES + 4096
	};
	for (size_t i = 0; i < count; i++) {
		connections->groups[i] = aula_websocket_group_new(&hall->endpoints[i], outbox);
		/* A session of one byte, so that the library tells when it begins to close. */
		connections->protocols[i + 1] = (struct lws_protocols){
			.name = hall->endpoints[i].name,
			.callback = on_event,
			.per_session_data_size = 1,
			.rx_buffer_size = RECEIVE_BYTES,
			.tx_packet_size = PIECE_BYTES,
			.user = connections->groups[i],
		};
	}
	return connections;
}

void
aula_web_connections_free(aula_web_connections *connections)
{
	if (connections == NULL)
		return;
	for (size_t i = 0; i < connections->hall->endpoint_count; i++)
		aula_websocket_group_free(connections->groups[i]);
	g_free(connections->groups);
	g_free(connections->protocols);
	g_free(connections);
}

const struct lws_protocols *
aula_web_connections_protocols(aula_web_connections *connections)
{
	return connections->protocols;
}

void
aula_web_connections_adopt(aula_web_connections *connections, struct lws_vhost *vhost, int sock,
	const struct sockaddr_storage *address)
{
	aula_web_verdict verdict = aula_web_guests_enter(connections->hall->guests, address);
	if (verdict == AULA_WEB_REFUSED) {
		close(sock);
		return;
	}
	int on = 1;
	setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(sock, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	connection *c = g_new0(connection, 1);
	c->home = connections;
	c->address = *address;
	c->verdict = verdict;
	c->link.data = c;
	lws_adopt_desc_t adoption = {
		.vh = vhost,
		.type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP | LWS_ADOPT_ALLOW_SSL,
		.fd.sockfd = sock,
		.opaque = c,
	};
	connections->created = false;
	/* Once created, it is the library that says when it is over, also when this fails. */
	if (lws_adopt_descriptor_vhost_via_info(&adoption) == NULL && !connections->created)
		connection_free(c);
}

static void
cut_off(connection *c)
{
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	/* It looks at its timers only after events of its own. */
	lws_cancel_service(lws_get_context(c->wsi));
}

/* Those who wait are not read from: whether they have gone is asked of the kernel, all at once. */
static void
exchanges_tick(aula_web_connections *connections)
{
	int64_t now_us = g_get_monotonic_time();
	nfds_t count = 0;

	if (connections->exchanges.length == 0)
		return;
	g_autofree struct pollfd *sockets = g_new(struct pollfd, connections->exchanges.length);
	for (GList *link = connections->exchanges.head; link != NULL; link = link->next) {
		connection *c = link->data;
		aula_exchange_tick(c->exchange, now_us);
		sockets[count++] =
			(struct pollfd){ .fd = lws_get_socket_fd(c->wsi), .events = POLLRDHUP };
	}
	if (poll(sockets, count, 0) <= 0)
		return;
	count = 0;
	for (GList *link = connections->exchanges.head; link != NULL; link = link->next)
		if (sockets[count++].revents != 0)
			cut_off(link->data);
}

void
aula_web_connections_tick(aula_web_connections *connections)
{
	char byte;

	for (size_t i = 0; i < connections->hall->endpoint_count; i++)
		aula_websocket_group_tick(connections->groups[i]);
	exchanges_tick(connections);
	/* Nor does it read during an answer: who sends on would keep this thread spinning. */
	for (GList *link = connections->replies.head; link != NULL; link = link->next) {
		connection *c = link->data;
		if (recv(lws_get_socket_fd(c->wsi), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
			cut_off(c);
	}
}

void
aula_web_connections_close(aula_web_connections *connections)
{
	for (GList *link = connections->exchanges.head; link != NULL; link = link->next)
		aula_exchange_fail(((connection *)link->data)->exchange, 503, stopping);
	for (size_t i = 0; i < connections->hall->endpoint_count; i++)
		aula_websocket_group_close_all(connections->groups[i], 1001, stopping);
}

size_t
aula_web_connections_farewells(const aula_web_connections *connections)
{
	size_t count = connections->exchanges.length;

	for (size_t i = 0; i < connections->hall->endpoint_count; i++)
		count += aula_websocket_group_farewells(connections->groups[i]);
	return count;
}
