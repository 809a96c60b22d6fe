/* SPDX-License-Identifier: Apache-2.0 */
/** The tables of aula/host.h: what each module may ask the core for. A call on a dead name, or on a
 * handle of another module, is answered and does nothing. */
#ifndef AULA_SIGNALING_SERVICES_H
#define AULA_SIGNALING_SERVICES_H

#include "signaling/switchboard.h"

typedef struct aula_services aula_services;

/** A table for each module of the board. Borrows the board. */
aula_services *aula_services_new(aula_switchboard *board);
/** Stops the timers that modules left. No module may run any more. NULL is fine. */
void aula_services_free(aula_services *services);
/** A module did not start: its timers stop, its subprotocols are taken back, and the store
 * tells it nothing. */
void aula_services_forget(aula_services *services, size_t index);
/** For aula_modules_start(); `services` is an aula_services. */
const aula_host *aula_services_host(void *services, size_t index);

#endif
