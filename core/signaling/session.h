/* SPDX-License-Identifier: Apache-2.0 */
/** Sessions and their handles: names, owners, time limits, and what waits for a client that is
 * away. Sends text, understands none. All [control]. */
#ifndef AULA_SIGNALING_SESSION_H
#define AULA_SIGNALING_SESSION_H

#include "runtime/loop.h"
#include "signaling/identity.h"

typedef struct aula_sessions aula_sessions;     /* all of them */
typedef struct aula_session aula_session;       /* one signalling client's */
typedef struct aula_attachment aula_attachment; /* a handle: a session's attachment to a plugin */

typedef struct {
	size_t sessions_most;
	size_t handles_most;       /* of one session */
	int64_t timeout_us;        /* without a sign of life */
	int64_t reclaim_us;        /* that a session outlives its connection; 0: not at all */
	size_t client_most;        /* sessions of one client; 0: no bound */
	size_t waiting_bytes_most; /* for clients that are away, all together; 0: no bound */
} aula_session_limits;

typedef struct {
	/** The session is over: "timeout", "expired" (its token), "left" (its connection took its
	 * leave), "lost" (its connection was cut and nobody claimed it) or "overflow" (too much
	 * waited for it). The listener ends it. */
	void (*on_session_over)(void *data, aula_session *session, const char *reason);
	/** Text for a connection. */
	aula_code (*on_session_text)(
		void *data, aula_client client, const char *text, size_t length);
	/** What a client listens to is over. */
	void (*on_session_deaf)(void *data, aula_client client);
} aula_session_listener;

aula_sessions *aula_sessions_new(
	const aula_session_limits *limits, const aula_session_listener *listener, void *data);
/** There must be none left. NULL is fine. */
void aula_sessions_free(aula_sessions *sessions);
size_t aula_sessions_count(const aula_sessions *sessions);
size_t aula_sessions_handle_count(const aula_sessions *sessions);
/** Tells of those whose time is over. Cheap when none is. */
void aula_sessions_tick(aula_sessions *sessions, int64_t now_us);

/** The same, of those whose tokens have expired; `now_s` is Unix time. */
void aula_sessions_expire(aula_sessions *sessions, int64_t now_s);

/** A new session of `client`, which owns it if it is lasting. `number`: as wished, 0: drawn. Takes
 * `bearer`. EXISTS, FULL. */
aula_code aula_session_new(aula_sessions *sessions, uint64_t number, aula_client client,
	bool lasting, aula_bearer *bearer, int64_t now_us, aula_session **ret_session);
/** It must have no handle left. */
void aula_session_free(aula_session *session);
aula_session *aula_sessions_find(const aula_sessions *sessions, uint64_t number);
/** Any session; NULL when there is none. */
aula_session *aula_sessions_any(const aula_sessions *sessions);

/** Calls `each` for every session; it must not end any. */
void aula_sessions_each(const aula_sessions *sessions,
	void (*each)(void *data, const aula_session *session), void *data);
/** New bounds, from the next session, handle or tick on. */
void aula_sessions_set_limits(aula_sessions *sessions, const aula_session_limits *limits);
/** Its last sign of life, or when it was abandoned (monotonic). */
int64_t aula_session_seen_us(const aula_session *session);
/** From now on its bearer's token ends at that Unix time; 0: never. */
void aula_session_renew(aula_session *session, int64_t expires_s);

/** A sign of life. */
void aula_session_touch(aula_session *session, int64_t now_us);
/** The connection has gone: its sessions wait to be claimed, or are over, as they are at once when
 * it was `final`. */
void aula_sessions_abandon(aula_sessions *sessions, aula_client client, bool final, int64_t now_us);
/** Whether `client` may have the session, too: it has it, or not yet as many as one may. */
bool aula_session_fits(const aula_session *session, aula_client client);
/** From now on `client` has the session; what waited is sent to it. */
void aula_session_claim(aula_session *session, aula_client client, bool lasting, int64_t now_us);
/** `client`, which is not lasting, waits until `until_us` for what the session has to say: up to
 * `most` texts at once. A sign of life. Who waited before is sent a keepalive. */
void aula_session_listen(
	aula_session *session, aula_client client, size_t most, int64_t now_us, int64_t until_us);
/** Whether requests of `client` may name the session: it is this client's, or belongs to no lasting
 * connection. */
bool aula_session_answers_to(const aula_session *session, aula_client client);
/** To its client, or kept for it (bounded: past it the session is over). */
void aula_session_send(aula_session *session, const char *text, size_t length);
/** The same, as compact JSON. Takes `json`. */
void aula_session_send_json(aula_session *session, json_t *json);

uint64_t aula_session_number(const aula_session *session);
/** None when it belongs to no connection. */
aula_client aula_session_client(const aula_session *session);
const aula_bearer *aula_session_bearer(const aula_session *session);
/** One of its handles, in no order; NULL past the last. */
aula_attachment *aula_session_nth(const aula_session *session, unsigned index);
static inline aula_attachment *
aula_session_first(const aula_session *session)
{
	return aula_session_nth(session, 0);
}

/* -- handles -- */

/** Attaches to a plugin. Texts are copied. NULL at the bound. */
aula_attachment *aula_attachment_new(
	aula_session *session, unsigned module, const char *package, const char *opaque_id);
/** Forgets it; the name is dead. */
void aula_attachment_free(aula_attachment *attachment);
aula_attachment *aula_attachment_find(const aula_sessions *sessions, aula_handle handle);
/** The session's handle of that number on the wire; NULL. */
aula_attachment *aula_attachment_numbered(const aula_session *session, uint64_t number);
/** Walks all handles: start with *cursor = 0; NULL at the end. */
aula_attachment *aula_attachment_next(const aula_sessions *sessions, size_t *cursor);

/** What does not change while it lives. */
typedef struct {
	aula_session *session;
	aula_handle id;
	uint64_t number;
	unsigned module;
	const char *package, *opaque_id; /* opaque_id NULL: none */
} aula_attachment_facts;
const aula_attachment_facts *aula_attachment_facts_of(const aula_attachment *attachment);
static inline aula_handle
aula_attachment_handle(const aula_attachment *attachment)
{
	return aula_attachment_facts_of(attachment)->id;
}
static inline uint64_t
aula_attachment_number(const aula_attachment *attachment)
{
	return aula_attachment_facts_of(attachment)->number;
}
static inline aula_session *
aula_attachment_session(const aula_attachment *attachment)
{
	return aula_attachment_facts_of(attachment)->session;
}
static inline unsigned
aula_attachment_module(const aula_attachment *attachment)
{
	return aula_attachment_facts_of(attachment)->module;
}
static inline const char *
aula_attachment_package(const aula_attachment *attachment)
{
	return aula_attachment_facts_of(attachment)->package;
}
static inline const char *
aula_attachment_opaque_id(const aula_attachment *attachment)
{
	return aula_attachment_facts_of(attachment)->opaque_id;
}
/** What the plugin keeps for it. */
void *aula_attachment_state(const aula_attachment *attachment);
void aula_attachment_set_state(aula_attachment *attachment, void *state);
/** It is about to be freed, and its plugin is being told: nothing more is sent by it. */
void aula_attachment_set_ending(aula_attachment *attachment);
bool aula_attachment_is_ending(const aula_attachment *attachment);

#endif
