/* SPDX-License-Identifier: Apache-2.0 */
/** Clients that wait for what a session has to say (Janus' long poll). One for a session at most,
 * so they are bounded by the sessions. All [control]. */
#ifndef AULA_SIGNALING_POLL_H
#define AULA_SIGNALING_POLL_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "aula/id.h"

typedef struct aula_polls aula_polls; /* all of them */

typedef struct {
	aula_polls *all;
	aula_client client;
	void *session;
	size_t most; /* texts at once; 1: as an object */
	int64_t until_us;
	GList link; /* by until_us, the earliest first */
} aula_poll;

aula_polls *aula_polls_new(void);
/** There must be none left. */
void aula_polls_free(aula_polls *polls);
aula_poll *aula_poll_new(
	aula_polls *polls, aula_client client, void *session, size_t most, int64_t until_us);
void aula_poll_free(aula_poll *poll);
/** The client's; NULL. */
aula_poll *aula_polls_find(const aula_polls *polls, aula_client client);
/** One whose time is over; NULL. */
aula_poll *aula_polls_due(const aula_polls *polls, int64_t now_us);

#endif
