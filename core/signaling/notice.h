/* SPDX-License-Identifier: Apache-2.0 */
/** What happens to sessions, handles and PeerConnections, told to whom it concerns: the client, the
 * plugin, the event handlers. All [control]. */
#ifndef AULA_SIGNALING_NOTICE_H
#define AULA_SIGNALING_NOTICE_H

#include "signaling/switchboard.h"

/** Ends a session: its handles are detached and `reason` ("destroyed", "timeout", "expired",
 * "lost", "overflow", "shutdown", "operator") is emitted. A client that did not ask is told
 * ("timeout"). */
void aula_notice_end_session(aula_switchboard *board, aula_session *session, const char *reason);
/** Ends a handle; `told`: the client gets "detached". */
void aula_notice_detach(
	aula_switchboard *board, aula_attachment *attachment, const char *reason, bool told);
/** Closes the handle's PeerConnection if there is one: "hangup" to the client, `disconnected` to
 * the plugin. */
void aula_notice_hangup(aula_switchboard *board, aula_attachment *attachment, const char *reason);

/* What follows from a request tells when it arrived: "asked", as "time" of the event. */

/** `traceparent`: as the client sent it (W3C Trace Context); NULL: it did not. */
void aula_notice_session_new(aula_switchboard *board, const aula_session *session,
	aula_client client, const char *traceparent);
/** Asks the plugin to take a new handle. What it says but for OK: the handle is gone. */
aula_code aula_notice_welcome(aula_switchboard *board, aula_attachment *attachment);
void aula_notice_attached(aula_switchboard *board, const aula_attachment *attachment);
/** A handle took a seat in a room / is about to lose it: events of the core (type 2) for those who
 * count attendance. {"plugin": "aula.plugin.chat", "role": "student", "hidden": false}, {"plugin":
 * .., "reason": "kicked"}; who leaves by itself has the reason "left". */
void aula_notice_joined(aula_switchboard *board, const aula_attachment *attachment, bool hidden);
void aula_notice_left(
	aula_switchboard *board, const aula_attachment *attachment, const char *reason);
/** `owner`: "local" or "remote". */
void aula_notice_jsep(aula_switchboard *board, const aula_attachment *attachment, const char *owner,
	json_t *jsep);

/** The reply of a handle to `client`, with a description of ours in "jsep", which may have to wait.
 * Takes `reply`. */
void aula_notice_described(aula_switchboard *board, const aula_attachment *attachment,
	aula_client client, json_t *reply);
/** The reply to what `client` asked. Takes `reply`. */
void aula_notice_reply(const aula_switchboard *board, aula_client client, json_t *reply);
/** An event of a handle to its client: {"janus":"event", .., "plugindata": {..}, "jsep"?: ..}.
 * `data` is borrowed, `jsep` taken and may be NULL, `transaction` may be NULL. */
void aula_notice_event(aula_switchboard *board, const aula_attachment *attachment,
	const char *transaction, json_t *data, json_t *jsep);
/** The same with data that is text already, without copying it into a tree. */
void aula_notice_text(aula_switchboard *board, const aula_attachment *attachment, const char *data,
	size_t length);

/** Tells the modules that watch. */
void aula_notice_did(const aula_switchboard *board, const aula_deed *deed);
/** The same, of the member whose handle it is, if it is in a room. */
void aula_notice_did_by(const aula_switchboard *board, aula_handle handle, const char *what);

/* What the engine tells: aula_engine_listener; `data` is the switchboard. */
void aula_notice_connected(void *data, aula_peer peer, const char *path, int64_t reached_us);
void aula_notice_closed(void *data, aula_peer peer, const char *reason);
void aula_notice_speaking(void *data, aula_track track, bool speaking, int level_dbov);
void aula_notice_candidate(void *data, aula_peer peer, const aula_candidate *candidate);
void aula_notice_receiving(void *data, aula_track track, bool receiving);
void aula_notice_shown(void *data, aula_sender opened, const aula_shown *shown);
void aula_notice_wanted(void *data, aula_track track, uint32_t encodings);

/** What a description waited for is there, or has taken too long; `data` is the switchboard. */
extern const aula_hold_listener aula_notice_holds;

/** The plugin that a handle is attached to, if it runs; else NULL. */
const aula_plugin_ops *aula_notice_plugin(
	const aula_switchboard *board, unsigned module, void **ret_self);

#endif
