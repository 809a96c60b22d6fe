/* SPDX-License-Identifier: Apache-2.0 */
/** The limits of the server by name, and what hit them: how often, and the latest with who it was.
 * [any] */
#ifndef AULA_HOST_HITS_H
#define AULA_HOST_HITS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/** X(identifier, name on the wire and in metrics, setting, sentence). New ones at the end. */
// clang-format off
#define AULA_LIMITS(X) \
	X(ADDRESS_RATE, "address_rate", "limits.address_rate", "Requests of one address, in a second.") \
	X(TOKEN_RATE, "token_rate", "limits.token_rate", "Requests with one token's name, in a second.") \
	X(SESSION_RATE, "session_rate", "limits.session_rate", "Requests in one session, in a second.") \
	X(CLIENT_RATE, "client_rate", "limits.client_rate", "Requests on one connection, in a second.") \
	X(CLIENTS, "clients", "limits.clients", "Connections of clients.") \
	X(SESSIONS, "sessions", "limits.sessions", "Sessions.") \
	X(CLIENT_SESSIONS, "client_sessions", "limits.client_sessions", "Sessions of one connection.") \
	X(HANDLES, "handles", "limits.handles", "Handles of one session.") \
	X(PEERS, "peers", "limits.peers", "PeerConnections.") \
	X(ROOMS, "rooms", "limits.rooms", "Rooms.") \
	X(MEMBERS, "members", "limits.members", "Members of one room.") \
	X(MESSAGE_BYTES, "message_bytes", "limits.message_bytes", "Bytes of one request.") \
	X(CLIENT_WAITING, "client_waiting", "limits.message_bytes", "Bytes of requests of one client that wait for their turn, four times the setting.") \
	X(WEB_CONNECTIONS, "web_connections", "web.connections_most", "Connections to the HTTP listener.") \
	X(WEB_ADDRESS_CONNECTIONS, "web_address_connections", "web.address_connections_most", "Connections of one address to the HTTP listener.") \
	X(WEB_BODY_BYTES, "web_body_bytes", "max_body_bytes of the transport", "Bytes of the body of a request over HTTP.") \
	X(WEB_WAITING, "web_waiting", "max_waiting of the transport", "Requests over HTTP that wait for an answer.") \
	X(WEB_MESSAGE_BYTES, "web_message_bytes", "max_message_bytes of the transport", "Bytes of a message on a WebSocket.") \
	X(WEB_QUEUE_BYTES, "web_queue_bytes", "max_queue_bytes of the transport", "Bytes that wait for a client that does not read.") \
	X(PLUGIN, "plugin", "the configuration of the plugin", "What a plugin refused as too much, too fast or too large.")
// clang-format on

typedef enum {
#define X(id, ...) AULA_LIMIT_##id,
	AULA_LIMITS(X)
#undef X
		AULA_LIMIT_COUNT_
} aula_limit;

/** Its name, setting and sentence; static. */
const char *aula_limit_name(aula_limit limit);
const char *aula_limit_setting(aula_limit limit);
const char *aula_limit_summary(aula_limit limit);

enum { AULA_HITS_KEPT = 128 };

typedef struct aula_hits aula_hits;

aula_hits *aula_hits_new(void);
/** NULL is fine. */
void aula_hits_free(aula_hits *hits);

/** Who hit a limit, as far as is known; texts are copied and cut, NULL is "". */
typedef struct {
	const char *address;
	const char *subject; /* of a token */
	const char *what;    /* a request or the like */
} aula_hit;
/** Counts it; the same by the same within ten minutes is one of the latest. `hits` NULL: nobody
 * counts. `now_ms` is Unix time. True: it is new among the latest, so worth a line of the log. */
bool aula_hits_add(aula_hits *hits, aula_limit limit, const aula_hit *hit, int64_t now_ms);
/** The same now, and the line. */
void aula_hits_tell(aula_hits *hits, aula_limit limit, const aula_hit *hit);

/** How often since the start. */
uint64_t aula_hits_count(aula_hits *hits, aula_limit limit);
/** Of one limit the latest, Unix time in ms; 0: none. */
int64_t aula_hits_last_ms(aula_hits *hits, aula_limit limit);
/** [{"limit", "address", "subject"?, "what"?, "count", "first", "last"}], newest last; times are
 * Unix time in ms. New reference. */
json_t *aula_hits_recent(aula_hits *hits);

#endif
