/* SPDX-License-Identifier: Apache-2.0 */
/** The signalling of one participant, over the Janus API and a WebSocket of its own: session,
 * handle of the video room, and the one exchange of descriptions that a publisher or a subscriber
 * needs. Nothing blocks. */
#ifndef AULA_BENCH_CALLER_H
#define AULA_BENCH_CALLER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct caller caller;

typedef struct {
	const char *host;
	uint16_t port;
	int64_t room;
	int64_t feed; /* to subscribe to; 0: it publishes, and makes the room */
	unsigned id;  /* unlike that of any other */
	unsigned encodings;
	bool rtx;          /* takes a retransmission stream, and a bandwidth estimator's probes */
	bool viewer;       /* takes the stage of the class instead of the feed */
	const char *token; /* of a publisher; NULL: none */
	const char *fingerprint;
} caller_options;

/** What the other side's description says. */
typedef struct {
	char ufrag[64], pwd[128], host[64];
	uint16_t port;
	bool active;    /* it begins the handshake */
	bool simulcast; /* it takes several encodings */
	uint8_t twcc_id;
	uint8_t rtx_pt; /* 0: not agreed on */
} caller_remote;

typedef struct {
	/** The descriptions are exchanged. */
	void (*agreed)(void *data, const caller_remote *remote);
	/** Once; nothing more comes. */
	void (*failed)(void *data, const char *why);
} caller_listener;

/** NULL: no descriptor. */
caller *caller_new(const caller_options *options, const caller_listener *listener, void *data);
void caller_free(caller *self);
int caller_fd(const caller *self);
void caller_ready(caller *self);
void caller_tick(caller *self, int64_t now_us);
/** The id under which it publishes, once it has agreed. */
int64_t caller_feed(const caller *self);
const char *caller_ufrag(const caller *self);
const char *caller_pwd(const caller *self);

#endif
