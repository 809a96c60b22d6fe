/* SPDX-License-Identifier: Apache-2.0 */
/** One service thread: a libuv loop, a libwebsockets context in it, listening sockets. Threads
 * share nothing but the hall. [control] */
#ifndef AULA_WEB_SERVICE_H
#define AULA_WEB_SERVICE_H

#include <glib.h>

#include "peer/chain.h"
#include "web/connection.h"

typedef struct aula_web_service aula_web_service;

/** Takes the sockets; `tls_socket` is -1 where there is no TLS. `hall` outlives it. The paths are
 * those of aula_web_options. */
aula_web_service *aula_web_service_new(const aula_web_hall *hall, int plain_socket, int tls_socket,
	const char *certificate_path, const char *key_path, GError **error);
/** Runs it on a thread of its own. */
void aula_web_service_start(aula_web_service *service, unsigned number);
/** Handshakes that begin from now on present `chain`; of those under way some may. For one with
 * TLS. */
void aula_web_service_present(aula_web_service *service, aula_chain *chain);
/** Tells it to close what it has and to end; returns at once. */
void aula_web_service_stop(aula_web_service *service);
/** Waits for its end, if it was started. */
void aula_web_service_free(aula_web_service *service);

#endif
