/* SPDX-License-Identifier: Apache-2.0 */
/** The stream of events: everything that happens, numbered, handed to each event module by its
 * mask. Every handler has a thread and a bounded queue of its own; the control thread never waits.
 * A handler with `deliver` has a sink (sink.h): what its thread takes goes to disk first, and what
 * waits for the thread is in a file of the spool's folder, NAME.queue (queue-file.h). What does
 * not fit is counted, logged, and told to the handler itself as soon as there is room:
 * {"type": 256, "name": "dropped", "event": {"count": 12}}. All [control].
 *
 * {"seq": 7, "epoch": 1700000000000000, "time": 1700000001000000, "type": 64, "name": "joined",
 *  "session_id": 1, "handle_id": 2, "room": 1234, "user": "ada", "event": {...}}
 *
 * `seq` counts from 1 and has gaps for a handler whose mask leaves events out; `epoch` is the time
 * at which the server started, so (epoch, seq) is unique. Times are microseconds since 1970. */
#ifndef AULA_HOST_EVENTS_H
#define AULA_HOST_EVENTS_H

#include <glib.h>

#include "aula/module.h"

typedef struct aula_fanout aula_fanout;

/** What happened. All but type and name may be absent; texts are borrowed for the call. */
typedef struct {
	uint32_t type; /* one of AULA_EVENT_* */
	const char *name;
	uint64_t session_id, handle_id; /* as on the wire; 0: none */
	const char *room;               /* its name as text; NULL: none */
	int64_t room_number;            /* above 0 when the name is a number */
	const char *user;               /* subject of the token; NULL or "": nobody known */
	json_t *event;                  /* borrowed; NULL: {} */
} aula_event;

/** Bounds of one handler's queue: events and bytes. */
aula_fanout *aula_fanout_new(size_t queue_most, size_t queue_bytes);

/** Where sinks added later keep what waits, each in a folder of its name, and how many bytes each.
 */
void aula_fanout_spool(aula_fanout *fanout, const char *folder, int64_t bytes_most);

/** Adds a started event module under its name (copied), unless it wants nothing. Its thread begins.
 * False with `error`: the disk, for one that has a sink. */
bool aula_fanout_add(aula_fanout *fanout, const char *name, const aula_event_ops *ops, void *self,
	GError **error);

/** Whether anybody wants this type: ask before making costly JSON. */
bool aula_fanout_wants(const aula_fanout *fanout, uint32_t type);
void aula_fanout_emit(aula_fanout *fanout, const aula_event *event);

/** Keeps the latest `count` events of these types, whether a handler wants them or not. Once. */
void aula_fanout_keep(aula_fanout *fanout, uint32_t types, size_t count);
/** Of those kept up to `most`, the oldest first. New reference. */
json_t *aula_fanout_recent(const aula_fanout *fanout, size_t most);

/** Has the sink of that name tried again with what it refused (sink.h), soon. NOT_FOUND: there is
 * no such handler, or it has no sink. FULL: its queue is. */
aula_code aula_fanout_replay(aula_fanout *fanout, const char *name);

/** Since the start: {"log": {"delivered": 9, "waiting": 0, "dropped": 0}}; of a sink also
 * {"refused": 0, "failures": 0, "sync_failures": 0, "spooled": 0, "spool_bytes": 0,
 * "breaker": "closed"}, and `delivered` is what it took. New reference. */
json_t *aula_fanout_counted(const aula_fanout *fanout);

/** Delivers what waits, for at most `deadline_ms` in all, then ends the threads. `hangs(data,
 * name)` is called for each handler that is still inside `event` by then: its module must not be
 * stopped or unloaded. Nothing is delivered afterwards. */
void aula_fanout_stop(aula_fanout *fanout, int64_t deadline_ms,
	void (*hangs)(void *data, const char *name), void *data);
/** After `stop`. NULL is fine. */
void aula_fanout_free(aula_fanout *fanout);

#endif
