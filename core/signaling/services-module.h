/* SPDX-License-Identifier: Apache-2.0 */
/** Which module asks: every table's functions begin by finding that out. */
#ifndef AULA_SIGNALING_SERVICES_MODULE_H
#define AULA_SIGNALING_SERVICES_MODULE_H

#include "signaling/switchboard.h"

/** The table handed to one module, and whose it is. */
typedef struct {
	aula_host host; /* first, so that a module's pointer to it is a pointer to this */
	aula_switchboard *board;
	unsigned index;
	const aula_loaded *loaded;
	aula_id_table *timers;
	GArray *endpoints;                /* of aula_endpoint_owner */
	GHashTable *feeds;                /* private to services-feeds.c */
	aula_bearer checked;              /* whom the module has asked about last */
	char *minted;                     /* its last token */
	char *url;                        /* what it was told last */
	struct aula_request_fault *fault; /* private to services-requests.c */
} aula_module_host;

/** Whose a WebSocket endpoint or a route is. */
typedef struct {
	unsigned module;
	char *name; /* a subprotocol, or a path, which begins with a slash */
} aula_endpoint_owner;

static inline const aula_module_host *
aula_module_of(const aula_host *host)
{
	return (const aula_module_host *)(const void *)host;
}

/** The handle's attachment if it is one to this module; else NULL. */
static inline aula_attachment *
aula_module_attachment(const aula_host *host, aula_handle handle)
{
	const aula_module_host *asks = aula_module_of(host);
	aula_attachment *attachment = aula_attachment_find(asks->board->sessions, handle);

	return attachment != NULL && aula_attachment_module(attachment) == asks->index ? attachment
										       : NULL;
}

/** The same, but NULL also while the handle is being detached: nothing new begins on it. */
static inline aula_attachment *
aula_module_lasting(const aula_host *host, aula_handle handle)
{
	aula_attachment *attachment = aula_module_attachment(host, handle);

	return attachment != NULL && !aula_attachment_is_ending(attachment) ? attachment : NULL;
}

/** The tables, one file a service or two. */
extern const aula_handles aula_service_handles;
extern const aula_rooms aula_service_rooms;
extern const aula_peers aula_service_peers;
extern const aula_media aula_service_media;
extern const aula_timers aula_service_timers;
extern const aula_gateway aula_service_gateway;
extern const aula_http aula_service_http;
extern const aula_events aula_service_events;
extern const aula_store aula_service_store;
extern const aula_bus aula_service_bus;
extern const aula_privacy aula_service_privacy;
extern const aula_audit aula_service_audit;
extern const aula_feeds aula_service_feeds;

/** The feeds of all modules. */
GHashTable *aula_service_feeds_new(void);
/** Closes the feeds of a module. */
void aula_service_feeds_close(aula_switchboard *board, GHashTable *feeds, unsigned module);
extern const aula_tokens aula_service_tokens;
extern const aula_requests aula_service_requests;

/** Stops the timers of a module. */
void aula_service_timers_stop(aula_id_table *timers, unsigned module);
/** Stops what timers are left, and frees the table. */
void aula_service_timers_finish(aula_switchboard *board, aula_id_table *timers);

#endif
