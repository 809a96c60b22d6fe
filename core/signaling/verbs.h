/* SPDX-License-Identifier: Apache-2.0 */
/** The verbs of the Janus API: which level each belongs to, and what it does. [control] */
#ifndef AULA_SIGNALING_VERBS_H
#define AULA_SIGNALING_VERBS_H

#include "signaling/envelope.h"
#include "signaling/switchboard.h"

/** Serves what a client sent: one or more JSON texts, each replied to, in order; of a client that
 * is not lasting, one. */
void aula_verbs_serve(aula_switchboard *board, aula_client client, aula_client_place place,
	const char *text, size_t length);
/** A client waits for what the place's session has to say; see aula_gateway. */
void aula_verbs_listen(aula_switchboard *board, aula_client client, aula_client_place place,
	int64_t most, int64_t hold_ms);

#endif
