/* SPDX-License-Identifier: Apache-2.0 */
/** The listener of the Admin API: POST to /admin, /admin/SESSION, /admin/SESSION/HANDLE; the
 * WebSocket subprotocol janus-admin-protocol. Its requests become clients of their own list.
 * [control] unless said otherwise. */
#ifndef AULA_ADMIN_DOOR_H
#define AULA_ADMIN_DOOR_H

#include "host/settings.h"
#include "peer/chain.h"
#include "signaling/client.h"

typedef struct aula_door aula_door;

/** `clients` outlives it. NULL with a sentence. */
aula_door *aula_door_new(const aula_settings *settings, aula_clients *clients, GError **error);
/** Binds and listens. */
bool aula_door_start(aula_door *door, GError **error);
/** See aula_web_present. */
void aula_door_present(aula_door *door, aula_chain *chain);
/** Closes all connections; no client comes any more. Twice is fine. */
void aula_door_stop(aula_door *door);
/** Stops before. NULL is fine. */
void aula_door_free(aula_door *door);

#endif
