/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AULA_WEB_HANDSHAKE_H
#define AULA_WEB_HANDSHAKE_H

#include "web/websocket.h"

/** [web] Whether a request to upgrade `to` something may become a WebSocket: 0, or the status to
 * refuse it with, a sentence and more header lines or NULL. Both are static. `origins` as in
 * aula_web_options. */
int aula_web_handshake_check(struct lws *wsi, const char *to,
	const aula_websocket_endpoint *endpoints, size_t endpoint_count, const char *const *origins,
	const char **ret_sentence, const char **ret_extra);

#endif
