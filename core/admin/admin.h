/* SPDX-License-Identifier: Apache-2.0 */
/** The Admin API: who may ask, what is asked, and the reply. It has a listener of its own
 * (door.h); holders of a capability ask it through the Janus API. All [control]. */
#ifndef AULA_ADMIN_ADMIN_H
#define AULA_ADMIN_ADMIN_H

#include "peer/chain.h"
#include "signaling/signaling.h"

typedef struct aula_admin aula_admin;

/** What only main.c can do. */
typedef struct {
	/** The server is to stop, once its sessions have ended or `wait_s` seconds have passed. */
	void (*on_admin_drain)(void *data, int64_t wait_s);
	/** Reads the configuration anew; see aula_reload. New reference: what was applied, what
	 * needs a restart. NULL: nothing changed, `error` says why. */
	json_t *(*on_admin_reload)(void *data, GError **error);
} aula_admin_listener;

/** Reads the secret (made on a first start), binds nothing yet. NULL with a sentence. `signaling`
 * and `settings` outlive it. */
aula_admin *aula_admin_new(aula_signaling *signaling, aula_settings *settings,
	const aula_admin_listener *listener, void *data, GError **error);
/** Listens, when the settings say so. */
bool aula_admin_start(aula_admin *admin, GError **error);
/** Its listener presents another certificate; see aula_web_present. */
void aula_admin_present(aula_admin *admin, aula_chain *chain);
/** Closes the listener and its connections. Twice is fine. NULL is fine. */
void aula_admin_stop(aula_admin *admin);
/** After `stop`. NULL is fine. */
void aula_admin_free(aula_admin *admin);

#endif
