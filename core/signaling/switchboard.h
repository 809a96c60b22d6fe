/* SPDX-License-Identifier: Apache-2.0 */
/** What the parts of signaling that know several others share: who is there to be asked. Wiring,
 * set once by signaling.c; no behaviour. All [control]. */
#ifndef AULA_SIGNALING_SWITCHBOARD_H
#define AULA_SIGNALING_SWITCHBOARD_H

#include "host/events.h"
#include "host/modules.h"
#include "room/room.h"
#include "signaling/client.h"
#include "signaling/hold.h"
#include "signaling/ice-servers.h"
#include "signaling/peering.h"
#include "signaling/session.h"
#include "store/audit.h"
#include "web/web.h"

struct aula_metrics;

typedef struct {
	aula_loop *control;
	const aula_settings *settings;
	aula_modules *modules;
	aula_identities *identities;
	aula_capabilities *capabilities;
	aula_fanout *events;
	aula_engine *engine;
	aula_web *web;
	aula_keeper *keeper; /* NULL: no store */
	aula_audit_log *audit; /* NULL: none */
	aula_room_list *rooms;
	aula_clients *clients;
	aula_sessions *sessions;
	aula_peerings *peerings;
	struct aula_metrics *metrics;
	aula_holds *holds;
	aula_ice_servers *ice_servers; /* NULL: none */
	aula_id_table tickets; /* of requests that are answered later */
	struct aula_pending_call *pending; /* the request that a plugin runs now; NULL: none */
	bool draining;                 /* no new sessions */
} aula_switchboard;

#endif
