/* SPDX-License-Identifier: Apache-2.0 */
/** The peers of one loop that have something to do at its ticks. To whom nothing is sent, and of
 * whom nothing comes, is not among them, and costs nothing. All [media]. */
#ifndef AULA_PEER_WAKES_H
#define AULA_PEER_WAKES_H

#include <glib.h>
#include <stdint.h>

typedef struct aula_live_peer aula_live_peer;

typedef struct {
	GPtrArray *peers;
} aula_wakes;

void aula_wakes_init(aula_wakes *wakes);
/** No peer is left, or none will be called. */
void aula_wakes_finish(aula_wakes *wakes);
/** It is not among them yet: aula_peer_tick() is called with each tick, until that says that it
 * rests. */
void aula_wakes_add(aula_wakes *wakes, aula_live_peer *peer);
void aula_wakes_remove(aula_wakes *wakes, aula_live_peer *peer);
void aula_wakes_tick(aula_wakes *wakes, int64_t now_us);

#endif
