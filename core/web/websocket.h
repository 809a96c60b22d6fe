/* SPDX-License-Identifier: Apache-2.0 */
/** One WebSocket: bounded both ways, watched while silent. What any thread may call is in web.h;
 * the rest is [web], on the thread that serves the socket. */
#ifndef AULA_WEB_WEBSOCKET_H
#define AULA_WEB_WEBSOCKET_H

#include <libwebsockets.h>

#include "web/outbox.h"
#include "web/web.h"

/** A subprotocol and who takes its sockets. Fixed once the listener has started, but for the
 * limits, which are those of aula_websocket_limits. */
typedef struct {
	char *name;
	const aula_websocket_ops *ops;
	void *self;
	/* [any] */
	_Atomic int64_t max_message_bytes, max_queue_bytes, ping_interval_ms, ping_timeout_ms;
	aula_hits *hits; /* NULL: nobody counts */
} aula_websocket_endpoint;

/** The sockets of one endpoint on one service thread. */
typedef struct aula_websocket_group aula_websocket_group;

/** [control] `endpoint` outlives the group; `outbox` is the service's. */
aula_websocket_group *aula_websocket_group_new(
	const aula_websocket_endpoint *endpoint, aula_web_outbox *outbox);
/** After all its sockets have closed. */
void aula_websocket_group_free(aula_websocket_group *group);
const char *aula_websocket_group_name(const aula_websocket_group *group);
/** How many close frames are still to be sent. */
size_t aula_websocket_group_farewells(const aula_websocket_group *group);
/** Pings who was silent, cuts off who does not answer. Once a second or so; the cost is by those
 * who are due. */
void aula_websocket_group_tick(aula_websocket_group *group);
void aula_websocket_group_close_all(aula_websocket_group *group, int status, const char *reason);

/** A handshake is done. */
aula_websocket *aula_websocket_open(
	aula_websocket_group *group, struct lws *wsi, const char *address);
/** A piece of a message has come. */
void aula_websocket_receive(aula_websocket *socket, const char *bytes, size_t length);
/** A pong has come. */
void aula_websocket_pong(aula_websocket *socket);
/** It is about to close. `payload` is what the client's close frame holds (RFC 6455 section 5.5.1);
 * NULL: it sent none. */
void aula_websocket_ending(aula_websocket *socket, const char *payload, size_t length);
/** There is room to send. Negative: close the connection now. */
int aula_websocket_writable(aula_websocket *socket);
/** The connection is gone; the last call for it. */
void aula_websocket_gone(aula_websocket *socket);

#endif
