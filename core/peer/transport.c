/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/transport.h"

#include "peer/full.h"

aula_transport *
aula_transport_new(aula_port *port, const aula_ice_credentials *local, bool leads,
	const aula_transport_listener *listener, void *data)
{
	return aula_port_agents(port) != NULL ? aula_full_new(port, local, leads, listener, data)
					      : aula_lite_new(port, local, listener, data);
}

void
aula_transport_free(aula_transport *transport)
{
	if (transport != NULL)
		transport->ops->free(transport);
}
