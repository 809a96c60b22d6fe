/* SPDX-License-Identifier: Apache-2.0 */
/** The STUN and TURN servers that full ICE uses: their names looked up now and then, their
 * credentials made when they are needed, and TLS for those that want it. All [context]. */
#ifndef AULA_PEER_SERVERS_H
#define AULA_PEER_SERVERS_H

#include <glib.h>

#include "runtime/context.h"
#include "wire/ice-uri.h"

typedef struct {
	aula_ice_uri uri;
	const char *user, *password; /* of TURN (RFC 8489 section 9.2); or: */
	GBytes *secret;              /* shared with the server: see turn-rest.h */
} aula_ice_server;

typedef struct aula_servers aula_servers;

/** What an agent is told. */
typedef struct {
	char address[64]; /* numeric */
	uint16_t port;
	aula_ice_uri_kind kind; /* never TURNS: those are TURN over TCP through a tunnel */
	char user[320], password[320];
} aula_server_now;

/** Begins to look up names. NULL with a sentence: no TLS. */
aula_servers *aula_servers_new(aula_context *context, const aula_ice_server *servers, size_t count,
	const char *ca_path, GError **error);
void aula_servers_free(aula_servers *servers);

/** Those that have an address at present; looks names up again that are old. Returns how many. */
size_t aula_servers_now(aula_servers *servers, aula_server_now *ret_now, size_t most);

#endif
