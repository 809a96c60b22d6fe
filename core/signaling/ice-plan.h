/* SPDX-License-Identifier: Apache-2.0 */
/** The servers that full ICE is to use, with their secrets. [control] */
#ifndef AULA_SIGNALING_ICE_PLAN_H
#define AULA_SIGNALING_ICE_PLAN_H

#include "host/settings.h"
#include "peer/agents.h"

typedef struct {
	aula_agents_options agents; /* points into what follows and into the settings */
	aula_ice_server servers[9];
	GBytes *secrets[9]; /* to be unreffed and wiped by whoever owns this */
} aula_ice_plan;

/** False with a sentence when a secret cannot be read. `plan` is zero-initialised before, stays
 * where it is, and is to be cleared in both cases. */
bool aula_ice_plan_read(const aula_settings *settings, aula_ice_plan *plan, GError **error);
void aula_ice_plan_clear(aula_ice_plan *plan);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(aula_ice_plan, aula_ice_plan_clear)

#endif
