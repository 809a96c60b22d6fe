/* SPDX-License-Identifier: Apache-2.0 */
/** What the parts of signaling that know several others share: who is there to be asked. Wiring,
 * set once by signaling.c; no behaviour. All [control]. */
#ifndef AULA_SIGNALING_SWITCHBOARD_H
#define AULA_SIGNALING_SWITCHBOARD_H

#include "bus/cache.h"
#include "bus/courier.h"
#include "host/events.h"
#include "host/modules.h"
#include "room/relay.h"
#include "room/room.h"
#include "signaling/client.h"
#include "signaling/hold.h"
#include "signaling/ice-servers.h"
#include "signaling/limits.h"
#include "signaling/peering.h"
#include "signaling/session.h"
#include "store/audit.h"
#include "web/web.h"

struct aula_metrics;

/** Who serves the Admin API for those who hold AULA_CAPABILITY_ADMIN, in the names of the room to
 * the right. */
typedef struct {
	/** `request` is an object as the Admin API takes it, without its secret; borrowed, as is
	 * all. The reply goes to `client`. */
	void (*serve)(void *data, aula_client client, uint64_t session, const char *transaction,
		json_t *request);
	void *data;
} aula_switchboard_admin;

typedef struct {
	aula_loop *control;
	const aula_settings *settings;
	aula_modules *modules;
	aula_identities *identities;
	aula_capabilities *capabilities;
	aula_fanout *events;
	aula_engine *engine;
	aula_web *web;
	aula_keeper *keeper;   /* NULL: no store */
	aula_audit_log *audit; /* NULL: none */
	aula_courier *courier; /* NULL until modules start */
	aula_cache *cache;     /* the same */
	aula_relay *relay;     /* NULL: no other servers are reached */
	int64_t trim_us;       /* when what the relay said is next to be trimmed */
	aula_room_list *rooms;
	aula_clients *clients;
	aula_limits *limits; /* NULL: there are none */
	aula_sessions *sessions;
	aula_peerings *peerings;
	struct aula_metrics *metrics;
	aula_holds *holds;
	aula_ice_servers *ice_servers; /* NULL: none */
	GHashTable *errands;           /* see errand.h */
	int64_t heard_us;              /* when the request arrived that is served now; 0: none is */
	aula_id_table tickets;         /* of requests that are answered later */
	struct aula_pending_call *pending; /* the request that a plugin runs now; NULL: none */
	struct aula_health *health;
	aula_switchboard_admin admin; /* serve NULL: there is none */
	aula_handle leaving;          /* its module is being told that it loses its seat */
	bool draining;                /* no new sessions, no new rooms */
} aula_switchboard;

#endif
