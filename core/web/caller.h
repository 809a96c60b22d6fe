/* SPDX-License-Identifier: Apache-2.0 */
/** Who sends a request: the other end of the connection, or whom a trusted proxy there speaks for.
 * [web, while a request begins] */
#ifndef AULA_WEB_CALLER_H
#define AULA_WEB_CALLER_H

#include <libwebsockets.h>
#include <netinet/in.h>
#include <stdbool.h>

#include "web/network.h"

typedef struct {
	char address[INET6_ADDRSTRLEN]; /* as text; "" when it cannot be told */
	bool local;                     /* see aula_web_page */
} aula_web_caller;

/** `proxies`: who may say for whom they speak, in X-Forwarded-For; the last address there that is
 * no proxy's is the client's. */
void aula_web_caller_read(const struct sockaddr_storage *address, const aula_web_networks *proxies,
	struct lws *wsi, aula_web_caller *ret_caller);

#endif
