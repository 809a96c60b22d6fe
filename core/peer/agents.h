/* SPDX-License-Identifier: Apache-2.0 */
/** The ICE agents of one loop's peers, on a thread of their own with the GLib context that libnice
 * wants, and the mail between that thread and the loop. Ids cross, pointers don't. */
#ifndef AULA_PEER_AGENTS_H
#define AULA_PEER_AGENTS_H

#include <glib.h>
#include <sys/uio.h>

#include "peer/ice.h"
#include "peer/servers.h"
#include "wire/sdp.h"

typedef struct aula_agents aula_agents;
struct aula_full;

typedef struct aula_agents_options {
	/** Numeric addresses of the machine to gather on, NULL-terminated. */
	const char *const *addresses;
	/** Written into host candidates instead of those of the same family (1:1 NAT), or NULL. */
	const char *const *announced;
	uint16_t first_port, last_port; /* of host candidates; 0: any */
	bool tcp;                       /* ICE-TCP */
	bool relay_only;                /* use relays for everything */
	bool loopback;                  /* take loopback addresses of the other side */
	bool names;                     /* look up mDNS names of the other side */
	const aula_ice_server *servers;
	size_t server_count;
	const char *ca_path; /* PEM of authorities for turns; NULL: the system's */
} aula_agents_options;

/** [control, before the loop runs] NULL with a sentence. */
aula_agents *aula_agents_new(aula_loop *loop, const aula_agents_options *options, GError **error);
/** [loop, or after it ended] All transports are freed. Waits a moment for relays to be given back.
 * NULL is fine. */
void aula_agents_free(aula_agents *agents);

/* -- from a transport, all [loop] -- */

/** An agent for `full`, which gathers candidates at once. */
uint64_t aula_agents_open(
	aula_agents *agents, struct aula_full *full, const aula_ice_credentials *local, bool leads);
void aula_agents_close(aula_agents *agents, uint64_t id);
void aula_agents_set_remote(aula_agents *agents, uint64_t id, const char *ufrag, const char *pwd);
void aula_agents_add_candidates(aula_agents *agents, uint64_t id, const aula_candidate *candidates,
	size_t count, bool last);
/** `anew`: another agent gathers, and takes over from the present one when it has a pair. */
void aula_agents_restart(
	aula_agents *agents, uint64_t id, const aula_ice_credentials *local, bool anew);
/** Dropped and counted when too much is on its way. */
void aula_agents_send(
	aula_agents *agents, uint64_t id, const struct iovec *datagrams, size_t count);
/** Datagrams that were dropped between the two threads, either way. [any] */
uint64_t aula_agents_dropped(const aula_agents *agents);

#endif
