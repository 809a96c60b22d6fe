/* SPDX-License-Identifier: Apache-2.0 */
/** What hubs tell goes through the gate to the control thread. */
#ifndef AULA_PEER_HERALD_H
#define AULA_PEER_HERALD_H

#include "peer/hub.h"

/** Its data is the gate. */
extern const aula_hub_listener aula_herald;

#endif
