/* SPDX-License-Identifier: Apache-2.0 */
/** One peer's ICE agent: libnice, with our credentials, candidates in and out, and a bound on what
 * a stranger may have it do. All [context]. */
#ifndef AULA_PEER_AGENT_H
#define AULA_PEER_AGENT_H

#include "peer/agents.h"
#include "peer/transport.h"

typedef struct aula_agent aula_agent;

/** Called within calls of the agent as well. */
typedef struct {
	void (*on_agent_candidate)(void *data, uint64_t id, const aula_candidate *candidate);
	/** A pair is chosen, or answers again; `text` is for people. */
	void (*on_agent_chosen)(void *data, uint64_t id, const char *text);
	/** The other side of the chosen pair does not answer any more. */
	void (*on_agent_lost)(void *data, uint64_t id);
	void (*on_agent_datagram)(void *data, uint64_t id, const uint8_t *bytes, size_t length);
	/** After aula_agent_free(): its relays are given back. */
	void (*on_agent_closed)(void *data);
} aula_agent_listener;

typedef struct {
	aula_context *context;
	const aula_agents_options *options;
	aula_servers *servers;
	const aula_agent_listener *listener;
	void *data;
} aula_agent_world;

/** Gathers at once. `world` outlives it. */
aula_agent *aula_agent_new(
	const aula_agent_world *world, uint64_t id, const aula_ice_credentials *local, bool leads);
/** Gives relays back, then calls on_agent_closed(). */
void aula_agent_free(aula_agent *agent);

void aula_agent_set_remote(aula_agent *agent, const char *ufrag, const char *pwd);
/** Kept until set_remote(). Beyond AULA_TRANSPORT_CANDIDATES_MOST they are ignored, as are those
 * that lead to this machine, to everybody or nowhere, and TCP that we would have to open. */
void aula_agent_add_candidates(
	aula_agent *agent, const aula_candidate *candidates, size_t count, bool last);
/** New credentials, with the candidates that it has. */
void aula_agent_restart(aula_agent *agent, const aula_ice_credentials *local);
/** There is a pair, which answers. */
bool aula_agent_works(const aula_agent *agent);
/** Another agent is to take over: until then this one carries datagrams, and tells when it is lost;
 * nothing else. */
void aula_agent_retire(aula_agent *agent);
void aula_agent_send(aula_agent *agent, struct iovec *datagrams, size_t count);

#endif
