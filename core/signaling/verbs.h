/* SPDX-License-Identifier: Apache-2.0 */
/** The verbs of the Janus API: which level each belongs to, and what it does. [control] */
#ifndef AULA_SIGNALING_VERBS_H
#define AULA_SIGNALING_VERBS_H

#include "signaling/envelope.h"
#include "signaling/switchboard.h"

/** Serves what a client sent: one or more JSON texts. Each is replied to, in order. */
void aula_verbs_serve(aula_switchboard *board, aula_client client, const char *text, size_t length);

#endif
