/* SPDX-License-Identifier: Apache-2.0 */
/** A session of WHIP or WHEP: a client of the core like any other, who attaches to the class, joins
 * and brings its offer. What it says is made of HTTP requests, what it is told becomes their
 * answers; every check, right and bound is that of the class. All [control]. */
#ifndef WHIP_SESSION_H
#define WHIP_SESSION_H

#include "ice.h"
#include "job.h"

struct session {
	LIST_ENTRY(session) others;
	struct whip *whip;
	enum kind kind;
	enum { CREATING, ATTACHING, JOINING, UP } state;
	bool connected; /* media may flow */
	bool over;      /* the core has been told; `released` frees it */
	char id[ID_BYTES + 1], etag[ETAG_BYTES + 1];
	aula_client client;
	struct job *waiting;     /* for the answer of the class; NULL: none */
	uint64_t number, handle; /* of the Janus API; 0: not known yet */
	char address[64];
	char *token, *subject; /* NULL: a guest */
	int64_t until_us;      /* to be connected by then */
	int64_t said_us;       /* something to the core, the last time */
	json_t *room, *feed;   /* feed NULL: whoever teaches */
	json_t *slots;         /* of the stage, in the order of m-lines; NULL: not the stage */
	json_t *ice_servers;   /* as the core tells them; NULL: none */
	char *display;         /* NULL: as the token says */
	char *offer;           /* the last one */
	char *renewed;         /* one that waits for its answer; NULL: none */
	char ufrag[ICE_TEXT_MOST + 1];
};

/** Begins one for a job, which it answers when the class has. Takes `room` and `feed` (may be
 * NULL). `who` NULL: a guest. Answers with 503 when that is not possible. */
void session_begin(
	struct job *job, const char *token, const aula_identity *who, json_t *room, json_t *feed);
/** The session of that id and kind; NULL. */
struct session *session_find(const struct whip *whip, enum kind kind, const char *id);
/** A later token of the same person: it counts from now on. */
void session_renew(struct session *session, const char *token);
/** More candidates of the client. */
void session_trickle(struct session *session, const struct ice_fragment *fragment);
/** New credentials: the job is answered with ours. */
void session_restart(struct session *session, struct job *job, const struct ice_fragment *fragment);
/** It leaves the class; a job that waits is answered with `status`. `why` is for the log. */
void session_end(struct session *session, int status, const char *why);

/** Once a second: who is not connected in time, a sign of life. */
void session_tick(struct session *session, int64_t now_us);

/** From the core: see aula_transport_ops. */
aula_code session_told(struct session *session, const char *text, size_t length);
void session_free(struct session *session);

#endif
