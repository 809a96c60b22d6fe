/* SPDX-License-Identifier: Apache-2.0 */
/** The STUN and TURN servers that clients are told of, with passwords made for them. A person gets
 * at most four passwords in one lifetime, however often they ask, so a server's bound on
 * allocations of one name bounds the person. All [control]. */
#ifndef AULA_SIGNALING_ICE_SERVERS_H
#define AULA_SIGNALING_ICE_SERVERS_H

#include "signaling/identity.h"

typedef struct aula_ice_servers aula_ice_servers;

/** Reads the secret. NULL with a sentence. */
aula_ice_servers *aula_ice_servers_new(const aula_settings *settings, GError **error);
void aula_ice_servers_free(aula_ice_servers *servers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(aula_ice_servers, aula_ice_servers_free)

/** For whom a session is, as W3C WebRTC's RTCConfiguration has them, and when the passwords end
 * (seconds since 1970; absent: there are none):
 * {"ice_servers": [{"urls": ["stun:.."]}, {"urls": ["turn:.."], "username", "credential"}],
 *  "ice_expires": 1700000000}. The name in it is a pseudonym: it crosses the network in the clear.
 * New reference; NULL for a guest, or when none are configured. */
json_t *aula_ice_servers_for(
	const aula_ice_servers *servers, const aula_bearer *bearer, int64_t now_s);

#endif
