/* SPDX-License-Identifier: Apache-2.0 */
/** The connections of one service thread: from accept to the last byte. [web] */
#ifndef AULA_WEB_CONNECTION_H
#define AULA_WEB_CONNECTION_H

#include <libwebsockets.h>
#include <sys/socket.h>

#include "web/exchange.h"
#include "web/guests.h"
#include "web/rules.h"
#include "web/site.h"
#include "web/websocket.h"

typedef struct aula_web_connections aula_web_connections;

/** What all threads share; borrowed. */
typedef struct {
	aula_web_site *site;
	aula_web_guests *guests;
	_Atomic(const aula_web_rules *) rules; /* the newest */
	bool websockets_local;                 /* see aula_web_options */
	const aula_websocket_endpoint *endpoints;
	size_t endpoint_count;
	aula_web_route *routes;
	size_t route_count;
} aula_web_hall;

static inline const aula_web_rules *
aula_web_hall_rules(const aula_web_hall *hall)
{
	return atomic_load(&hall->rules);
}

/** `hall` and `outbox` outlive it, as does `ret_tls`: there the TLS context (struct ssl_ctx_st) of
 * a vhost is put that is made with its protocols and a certificate; it lives as long as the vhost.
 */
aula_web_connections *aula_web_connections_new(
	const aula_web_hall *hall, aula_web_outbox *outbox, void **ret_tls);
/** After the last connection has gone. */
void aula_web_connections_free(aula_web_connections *connections);

/** The protocols of a vhost: HTTP and one for each endpoint; ends with a row of zeroes. Lives as
 * long as `connections`, which must be the user pointer of the libwebsockets context. */
const struct lws_protocols *aula_web_connections_protocols(aula_web_connections *connections);

/** Takes an accepted socket. */
void aula_web_connections_adopt(aula_web_connections *connections, struct lws_vhost *vhost,
	int sock, const struct sockaddr_storage *address);
/** Once a second: pings, time limits. */
void aula_web_connections_tick(aula_web_connections *connections);
/** Says goodbye to every WebSocket, and to whoever waits for an answer. */
void aula_web_connections_close(aula_web_connections *connections);
/** How many WebSockets and requests have not been told yet that it is over. */
size_t aula_web_connections_farewells(const aula_web_connections *connections);

#endif
