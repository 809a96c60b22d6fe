/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/full.h"

#include "peer/agents.h"

enum { LIBNICE_PATIENCE_MS = 10000 }; /* without an answer, before it says so */

struct aula_full {
	aula_transport transport; /* the first member */
	aula_agents *agents;
	uint64_t id;
	int64_t consent_ms;
	char text[AULA_TRANSPORT_TEXT_BYTES];
};

static void
free_full(aula_transport *transport)
{
	aula_full *full = (aula_full *)transport;

	aula_agents_close(full->agents, full->id);
	g_free(full);
}

static void
set_remote(aula_transport *transport, const aula_sdp_transport *remote)
{
	const aula_full *full = (const aula_full *)transport;

	aula_agents_set_remote(full->agents, full->id, remote->ufrag, remote->pwd);
}

static void
add_candidates(aula_transport *transport, const aula_candidate *candidates, size_t count, bool last)
{
	const aula_full *full = (const aula_full *)transport;

	aula_agents_add_candidates(full->agents, full->id, candidates, count, last);
}

static void
restart(aula_transport *transport, const aula_ice_credentials *local, bool anew)
{
	const aula_full *full = (const aula_full *)transport;

	aula_agents_restart(full->agents, full->id, local, anew);
}

static void
text(const aula_transport *transport, char ret_text[AULA_TRANSPORT_TEXT_BYTES])
{
	g_strlcpy(ret_text, ((const aula_full *)transport)->text, AULA_TRANSPORT_TEXT_BYTES);
}

static const aula_transport_ops ops = { free_full, set_remote, add_candidates, restart, text };

aula_transport *
aula_full_new(aula_port *port, const aula_ice_credentials *local, bool leads,
	const aula_transport_listener *listener, void *data)
{
	aula_full *full = g_new0(aula_full, 1);

	full->transport = (aula_transport){ .ops = &ops, .listener = listener, .data = data };
	full->agents = aula_port_agents(port);
	full->consent_ms = aula_port_options_of(port)->consent_ms;
	full->id = aula_agents_open(full->agents, full, local, leads);
	return &full->transport;
}

void
aula_full_send(aula_full *full, const struct iovec *datagrams, size_t count)
{
	aula_agents_send(full->agents, full->id, datagrams, count);
}

void
aula_full_chosen(aula_full *full, const char *chosen)
{
	g_strlcpy(full->text, chosen, sizeof full->text);
	/* The agent asks for consent itself, and tells when it is lost. */
	full->transport.consent_until_us = INT64_MAX;
	full->transport.path = (aula_path){ .full = full };
	full->transport.listener->on_transport_path(full->transport.data);
}

void
aula_full_candidate(aula_full *full, const aula_candidate *candidate)
{
	full->transport.listener->on_transport_candidate(full->transport.data, candidate);
}

void
aula_full_lost(aula_full *full)
{
	int64_t more_ms = MAX(full->consent_ms - LIBNICE_PATIENCE_MS, 0);

	/* Time for a restart: a phone that changes networks comes back by one. libnice itself sends
	 * nothing until then. */
	full->transport.consent_until_us = aula_now_us() + more_ms * 1000;
	full->transport.listener->on_transport_consent(full->transport.data);
}

void
aula_full_datagram(aula_full *full, uint8_t *datagram, size_t length)
{
	full->transport.listener->on_transport_datagram(full->transport.data, datagram, length);
}
