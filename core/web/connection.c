/* SPDX-License-Identifier: Apache-2.0 */
#include "web/connection.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "web/policy.h"

enum {
	PIECE_BYTES = 32 << 10, /* of a body, handed to the library at once */
	TURN_BYTES = 256 << 10, /* of a body, until others have their turn */
	RECEIVE_BYTES = 1024,   /* each WebSocket has such a buffer all the time */
	STALLED_SECONDS = 20,   /* for a client that does not take its answer */
	WEBSOCKET_VERSION = 13,
};

typedef struct {
	aula_web_connections *home;
	struct sockaddr_storage address;
	char host[INET6_ADDRSTRLEN]; /* of the client, for people */
	aula_web_verdict verdict;
	bool replying, seen;
	aula_web_reply reply;
	struct lws *wsi;
	GList link; /* in `replies` while replying over several turns */
	aula_websocket *socket;
} connection;

struct aula_web_connections {
	const aula_web_hall *hall;
	struct lws_protocols *protocols;
	aula_websocket_group **groups;
	GQueue replies;
	bool created; /* the library has told of the connection being adopted */
	unsigned char room[LWS_PRE + PIECE_BYTES + 4096];
};

static void
connection_free(connection *c)
{
	aula_web_reply_finish(&c->reply);
	aula_web_guests_leave(c->home->hall->guests, &c->address);
	g_free(c);
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

/* -- requests -- */

/* A header's text in `room`, or NULL when it did not come or is too long to mean anything. */
static const char *
header(struct lws *wsi, enum lws_token_indexes token, char *room, int size)
{
	return lws_hdr_total_length(wsi, token) > 0 && lws_hdr_copy(wsi, room, size, token) > 0
		       ? room
		       : NULL;
}

static const char *
method_of(struct lws *wsi)
{
	if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0)
		return "GET";
	return lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0 ? "HEAD" : "";
}

static bool
announces_body(struct lws *wsi)
{
	char length[32];

	return lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0 ||
	       (header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, length, sizeof length) != NULL &&
		       strcmp(length, "0") != 0);
}

/* The query as it was sent, near enough: the library has decoded it and cut it at "&". "" when
 * there is none; it ends before a part that is too long. */
static char *
query_of(struct lws *wsi)
{
	char part[1024];
	GString *query = g_string_new(NULL);
	int length;

	for (int i = 0; (length = lws_hdr_copy_fragment(
				 wsi, part, sizeof part, WSI_TOKEN_HTTP_URI_ARGS, i)) >= 0;
		i++) {
		if (i > 0)
			g_string_append_c(query, '&');
		g_string_append_uri_escaped(query, part, "=+,:/@", TRUE);
	}
	return g_string_free(query, FALSE);
}

/* Whether a person at this machine asks, as far as can be told: no proxy passed it on, and no other
 * name was made to point here (DNS rebinding). A proxy that says nothing and keeps no host name
 * cannot be told from a browser. */
static bool
is_local(const connection *c, const char *host)
{
	static const enum lws_token_indexes known[] = { WSI_TOKEN_X_FORWARDED_FOR,
		WSI_TOKEN_HTTP_X_REAL_IP, WSI_TOKEN_HTTP_VIA };
	static const char *const others[] = {
		"forwarded:", "x-forwarded-host:", "x-forwarded-proto:", "x-forwarded-server:"
	};

	if (!aula_web_is_loopback(&c->address) || !aula_web_policy_is_here(host))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		if (lws_hdr_total_length(c->wsi, known[i]) > 0)
			return false;
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		if (lws_hdr_custom_length(c->wsi, others[i], (int)strlen(others[i])) >= 0)
			return false;
	return true;
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

static int
request(connection *c, const char *path, size_t length)
{
	struct lws *wsi = c->wsi;
	g_autofree char *query = query_of(wsi);
	char host[256], none_match[512], since[64], range[128], if_range[64], encoding[256];
	aula_web_request asked = {
		.method = method_of(wsi),
		.path = strnlen(path, length) == length ? path : "",
		.query = query,
		.host = header(wsi, WSI_TOKEN_HOST, host, sizeof host),
		.if_none_match =
			header(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, none_match, sizeof none_match),
		.if_modified_since =
			header(wsi, WSI_TOKEN_HTTP_IF_MODIFIED_SINCE, since, sizeof since),
		.range = header(wsi, WSI_TOKEN_HTTP_RANGE, range, sizeof range),
		.if_range = header(wsi, WSI_TOKEN_HTTP_IF_RANGE, if_range, sizeof if_range),
		.accept_encoding =
			header(wsi, WSI_TOKEN_HTTP_ACCEPT_ENCODING, encoding, sizeof encoding),
		.body = announces_body(wsi),
	};
	asked.local = is_local(c, asked.host);

	int refused = refuse_early(c);
	if (refused != 0)
		return refused;
	aula_web_site_answer(c->home->hall->site, &asked, &c->reply);
	return reply_begin(c);
}

/* True when one of the subprotocols that the client offers is served. */
static bool
offers_known(const aula_web_hall *hall, char *offers)
{
	g_auto(GStrv) names = g_strsplit(offers, ",", 16);

	for (char **name = names; *name != NULL; name++)
		for (size_t i = 0; i < hall->endpoint_count; i++)
			if (strcmp(g_strstrip(*name), hall->endpoints[i].name) == 0)
				return true;
	return false;
}

/* 0: let it become a WebSocket. */
static int
upgrade(connection *c, const char *to)
{
	const aula_web_hall *hall = c->home->hall;
	char text[256], host[256];

	int refused = refuse_early(c);
	if (refused != 0)
		return refused;
	if (g_ascii_strcasecmp(to, "websocket") != 0)
		return refuse(c, 400, "The only upgrade here is to a WebSocket.", NULL);
	if (*method_of(c->wsi) != 'G')
		return refuse(c, 405, "A WebSocket begins with GET.", "Allow: GET\r\n");
	if (header(c->wsi, WSI_TOKEN_VERSION, text, sizeof text) == NULL ||
		atoi(text) != WEBSOCKET_VERSION)
		return refuse(c, 426, "This version of the WebSocket protocol is not served.",
			"Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n");
	if (header(c->wsi, WSI_TOKEN_KEY, text, sizeof text) == NULL)
		return refuse(c, 400, "Sec-WebSocket-Key is missing.", NULL);
	const char *name = header(c->wsi, WSI_TOKEN_HOST, host, sizeof host);
	if (!aula_web_policy_origin(
		    header(c->wsi, WSI_TOKEN_ORIGIN, text, sizeof text), name, hall->origins))
		return refuse(c, 403,
			"Pages of this origin may not connect; the administrator can allow it.",
			NULL);
	if (hall->websockets_local && !is_local(c, name))
		return refuse(c, 403, "The demo is for this machine only.", NULL);
	if (header(c->wsi, WSI_TOKEN_PROTOCOL, text, sizeof text) == NULL ||
		!offers_known(hall, text))
		return refuse(c, 400,
			"Sec-WebSocket-Protocol must offer a subprotocol that is served here, "
			"such as janus-protocol.",
			NULL);
	return 0;
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
		c->socket = aula_websocket_open(group_of(c), c->wsi, c->host);
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
	if (c->seen)
		g_queue_unlink(&c->home->replies, &c->link);
	connection_free(c);
	return 0;
}

static int
on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
	(void)user;
	connection *c = NULL;
	aula_web_connections *home;

	switch (reason) {
	case LWS_CALLBACK_WSI_CREATE:
		if ((home = lws_context_user(lws_get_context(wsi))) != NULL)
			home->created = true;
		return 0;
	case LWS_CALLBACK_HTTP:
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
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return upgrade(c, in);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return c->replying ? reply_continue(c) : 0;
	case LWS_CALLBACK_WSI_DESTROY:
		return destroyed(c);
	default:
		return websocket_callback(c, reason, in, length);
	}
}

/* -- the set of them -- */

aula_web_connections *
aula_web_connections_new(const aula_web_hall *hall, aula_web_outbox *outbox)
{
	aula_web_connections *connections = g_new0(aula_web_connections, 1);
	size_t count = hall->endpoint_count;

	connections->hall = hall;
	g_queue_init(&connections->replies);
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
	socklen_t length = address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
							  : sizeof(struct sockaddr_in);
	if (getnameinfo((const struct sockaddr *)(const void *)address, length, c->host,
		    sizeof c->host, NULL, 0, NI_NUMERICHOST) != 0)
		c->host[0] = '\0';
	if (strncmp(c->host, "::ffff:", 7) == 0)
		memmove(c->host, c->host + 7, strlen(c->host + 7) + 1);
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

void
aula_web_connections_tick(aula_web_connections *connections)
{
	char byte;

	for (size_t i = 0; i < connections->hall->endpoint_count; i++)
		aula_websocket_group_tick(connections->groups[i]);
	/* The library does not read during an answer, nor does it stop watching: who sends on
	 * meanwhile would keep this thread spinning. */
	for (GList *link = connections->replies.head; link != NULL; link = link->next) {
		connection *c = link->data;
		if (recv(lws_get_socket_fd(c->wsi), &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0)
			continue;
		lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
		lws_cancel_service(lws_get_context(c->wsi));
	}
}

void
aula_web_connections_close(aula_web_connections *connections)
{
	for (size_t i = 0; i < connections->hall->endpoint_count; i++)
		aula_websocket_group_close_all(
			connections->groups[i], 1001, "The server is stopping.");
}

size_t
aula_web_connections_farewells(const aula_web_connections *connections)
{
	size_t count = 0;

	for (size_t i = 0; i < connections->hall->endpoint_count; i++)
		count += aula_websocket_group_farewells(connections->groups[i]);
	return count;
}
