/* SPDX-License-Identifier: Apache-2.0 */
/** What the files of the module share. A request comes in on a thread of the listener, becomes a
 * `job`, and is judged on the control thread, where everything else lives too. */
#ifndef WHIP_WHIP_H
#define WHIP_WHIP_H

#include <sys/queue.h>

#include "aula/module.h"
#include "gate.h"

enum {
	ID_BYTES = 32,  /* of a session's address: 128 random bits as hexadecimal digits */
	ETAG_BYTES = 18 /* with its quotes */
};

struct config {
	const char *publish_path, *play_path, *plugin;
	int64_t max_body_bytes, max_waiting, sessions_most, token_sessions_most,
		address_sessions_most, requests_per_minute, connect_s;
};

enum kind { PUBLISH, PLAY };

LIST_HEAD(session_list, session);

struct whip {
	const aula_host *host;
	const struct config *config;
	struct endpoint {
		struct whip *whip;
		enum kind kind;
		const char *path;
	} endpoints[2];
	struct session_list sessions;
	size_t session_count;
	struct gate *gate;
	aula_timer tick;
};

#endif
