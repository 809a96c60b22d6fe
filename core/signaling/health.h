/* SPDX-License-Identifier: Apache-2.0 */
/** Pages for machines: /health/live (the process works: its control thread turns) and /health/ready
 * (it takes new sessions: listening, modules started, not stopping), and /health, which says both
 * and how it stands with the bus, {"alive":true,"ready":true,"bus":"connected"} ("away", "in this
 * process"): with the status of /health/ready, as no class waits for a bus. */
#ifndef AULA_SIGNALING_HEALTH_H
#define AULA_SIGNALING_HEALTH_H

#include "signaling/switchboard.h"

typedef struct aula_health aula_health;

/** [control, before the listener starts] Adds the pages to `board->web`. Outlives the listener. */
aula_health *aula_health_new(const aula_switchboard *board);
void aula_health_free(aula_health *health);
/** [control] Each second: a sign of life. */
void aula_health_tick(aula_health *health, int64_t now_us);
/** [control] Whether new sessions are taken. */
void aula_health_set_ready(aula_health *health, bool ready);

#endif
