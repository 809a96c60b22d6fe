/* SPDX-License-Identifier: Apache-2.0 */
/** The one HTTP listener: TLS, static files, WebSocket upgrade. It runs on service threads of its
 * own [web]; what it is told to send comes from any thread. */
#ifndef AULA_WEB_WEB_H
#define AULA_WEB_WEB_H

#include <glib.h>

#include "aula/host.h"
#include "host/hits.h"
#include "peer/chain.h"
#include "web/rules.h"

typedef struct aula_web aula_web;

typedef struct {
	const char *host; /* address to listen on; "0.0.0.0", "::", "127.0.0.1" */
	int port;         /* HTTP; 0: any */
	int tls_port;     /* HTTPS; 0: none */
	const char *certificate_path, *key_path; /* PEM; NULL without tls_port */
	const char *root;                        /* folder of pages; NULL: there are none */
	unsigned threads;                        /* 1-16 */
	int64_t connections_most;                /* more are answered 503 */
	int64_t address_connections_most; /* of one address, loopback and proxies excepted; 0: no
					     bound */
	/* Networks whose X-Forwarded-For is believed; NULL-terminated or NULL. */
	const char *const *proxies;
	const char *const *csp_connect; /* more sources for connect-src; NULL-terminated or NULL */
	/* Origins whose pages may open a WebSocket, besides those of the same host name (any port);
	 * "*": all. NULL-terminated or NULL. Clients that are no browser send none and pass. */
	const char *const *origins;
	/* WebSockets and routes only for clients that are `local`, see aula_web_page. */
	bool websockets_local;
	aula_hits *hits; /* told of what hits a limit; NULL: nobody. Lives as long */
} aula_web_options;

/** A dynamic answer. `body` is copied. */
typedef struct {
	int status;
	const char *type; /* media type */
	const char *body;
	size_t length;
	const char *location; /* for 3xx; NULL */
	bool cacheable;       /* false: Cache-Control: no-store */
} aula_web_answer;

/** What a page is asked; texts are borrowed. */
typedef struct {
	const char *query;   /* the raw query string; "" if none */
	const char *accept;  /* the header Accept; "" if none */
	const char *address; /* of the client */
	bool local; /* on a loopback address, asking for a loopback name, through no proxy */
} aula_web_ask;

/** [web] Answers GET of one exact path. Must not block. `ret_answer` points at what lives until the
 * next call on this thread. */
typedef void (*aula_web_page)(void *data, const aula_web_ask *ask, aula_web_answer *ret_answer);

/** [control] Reads the certificate and looks at the root; copies the options. Raises the process's
 * limit of descriptors. False options are a sentence in `error`. */
aula_web *aula_web_new(const aula_web_options *options, GError **error);
/** [control, before start] */
void aula_web_page_add(aula_web *web, const char *path, aula_web_page page, void *data);
/** [control, before start] See aula_http.websocket. */
aula_code aula_web_websocket_add(aula_web *web, const char *subprotocol,
	const aula_websocket_ops *ops, void *self, const aula_websocket_limits *limits);
/** [control] See aula_http.bound_websocket. */
aula_code aula_web_websocket_bound(
	aula_web *web, const char *subprotocol, const aula_websocket_limits *limits);
/** [control, before start] Takes none of that subprotocol after all. */
void aula_web_websocket_drop(aula_web *web, const char *subprotocol);
/** [control, before start] See aula_http.serve. */
aula_code aula_web_route_add(aula_web *web, const aula_route *route);
/** [control] See aula_http.bound_route. */
aula_code aula_web_route_bound(aula_web *web, const char *path, const aula_route_limits *limits);
/** [control, before start] Takes none below that path after all. */
void aula_web_route_drop(aula_web *web, const char *path);
/** [control] Listens. False with a sentence that names the port. */
bool aula_web_start(aula_web *web, GError **error);
/** [control, started] The ports that are listened on; 0: none. */
int aula_web_port(const aula_web *web);
int aula_web_tls_port(const aula_web *web);
/** [any] How many connections there are. */
size_t aula_web_connection_count(const aula_web *web);
/** [control] The certificate that handshakes begin with from now on; connections go on with theirs.
 * Without tls_port nothing happens. */
void aula_web_present(aula_web *web, aula_chain *chain);
/** [control] The one that was read at the start or given last; NULL: none. Borrowed. */
const aula_chain *aula_web_chain(const aula_web *web);
/** [control] Other rules, for requests and sockets that come. Takes them. */
void aula_web_rule(aula_web *web, aula_web_rules *rules);
/** [control] Other bounds, for connections that come; as in aula_web_options. */
void aula_web_bound(aula_web *web, int64_t connections_most, int64_t address_connections_most);
/** [control] Closes every connection (WebSockets with 1001) and joins the threads: no call on [web]
 * follows. Takes a second or so when clients do not answer. Then free. */
void aula_web_stop(aula_web *web);
void aula_web_free(aula_web *web);

/** [any] As in aula_http. */
aula_code aula_websocket_send(aula_websocket *socket, const char *text, size_t length);
void aula_websocket_close(aula_websocket *socket, int status, const char *reason);
void aula_websocket_release(aula_websocket *socket);
aula_code aula_exchange_answer(aula_exchange *exchange, const aula_http_answer *answer);
void aula_exchange_drop(aula_exchange *exchange);

#endif
