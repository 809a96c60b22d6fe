/* SPDX-License-Identifier: Apache-2.0 */
/** TLS for a library that speaks only plain TCP: what connects to a port of the loopback interface
 * goes on to a server through TLS, which must prove its name. All [context]. */
#ifndef AULA_PEER_TUNNEL_H
#define AULA_PEER_TUNNEL_H

#include <openssl/ssl.h>

#include "peer/address.h"
#include "runtime/context.h"

typedef struct aula_tunnel aula_tunnel;

/** `name`: of the server, as its certificate has it. NULL with a sentence: no port. */
aula_tunnel *aula_tunnel_new(aula_context *context, SSL_CTX *tls, const char *name, GError **error);
/** Cuts what goes through it. NULL is fine. */
void aula_tunnel_free(aula_tunnel *tunnel);
/** Where the server is; without, whoever connects is cut off. */
void aula_tunnel_set_server(aula_tunnel *tunnel, const aula_address *server);
/** The port on 127.0.0.1. */
uint16_t aula_tunnel_port(const aula_tunnel *tunnel);

#endif
