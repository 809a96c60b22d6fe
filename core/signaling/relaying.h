/* SPDX-License-Identifier: Apache-2.0 */
/** What modules say to themselves on other servers: between room/relay, the bus and the modules.
 * All [control]. */
#ifndef AULA_SIGNALING_RELAYING_H
#define AULA_SIGNALING_RELAYING_H

#include "signaling/switchboard.h"

/** Before modules start. Does nothing where no other servers are reached. */
void aula_relaying_make(aula_switchboard *board);
/** Once modules have started, with the rooms that they opened. */
void aula_relaying_start(aula_switchboard *board);
/** Each second. */
void aula_relaying_tick(aula_switchboard *board, int64_t now_us);
/** A room was opened, or is about to be closed. */
void aula_relaying_open(aula_switchboard *board, aula_room room);
void aula_relaying_close(aula_switchboard *board, aula_room room);
/** Takes leave of the others: after all sessions have ended. */
void aula_relaying_stop(aula_switchboard *board);

void aula_relaying_expose(const aula_switchboard *board, aula_exposition *page);

#endif
