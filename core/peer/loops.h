/* SPDX-License-Identifier: Apache-2.0 */
/** The media loops, each with its port and its hub: made, started and ended together. All
 * [control].
 */
#ifndef AULA_PEER_LOOPS_H
#define AULA_PEER_LOOPS_H

#include "peer/engine.h"
#include "peer/hub.h"

typedef struct {
	unsigned count;
	aula_loop **loops;
	aula_port **ports;
	aula_hub **hubs;
	const aula_gauges **gauges; /* of the hubs */
} aula_loops;

/** Binds the sockets and starts the threads; `listener` is copied. False with a sentence, and
 * nothing is left. */
bool aula_loops_init(aula_loops *loops, const aula_engine_options *options,
	const aula_certificate *certificate, const aula_hub_listener *listener, void *data,
	GError **error);
/** Closes every peer, then stops and joins the threads. */
void aula_loops_finish(aula_loops *loops);

#endif
