/* SPDX-License-Identifier: Apache-2.0 */
/** The transport of a peer that has an ICE agent of its own: the media loop's end of it. All
 * [media], on the loop of its port. */
#ifndef AULA_PEER_FULL_H
#define AULA_PEER_FULL_H

#include <sys/uio.h>

#include "peer/transport.h"

typedef struct aula_full aula_full;

/** On a port that has agents. */
aula_transport *aula_full_new(aula_port *port, const aula_ice_credentials *local, bool leads,
	const aula_transport_listener *listener, void *data);
/** Copies the datagrams to its agent. */
void aula_full_send(aula_full *full, const struct iovec *datagrams, size_t count);

/* -- what its agent tells, by mail -- */

void aula_full_chosen(aula_full *full, const char *text);
void aula_full_candidate(aula_full *full, const aula_candidate *candidate); /* NULL: the last */
void aula_full_lost(aula_full *full); /* there is no consent any more */
void aula_full_datagram(aula_full *full, uint8_t *datagram, size_t length);

#endif
