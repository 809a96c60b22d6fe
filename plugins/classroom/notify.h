/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSROOM_NOTIFY_H
#define CLASSROOM_NOTIFY_H

#include "person.h"
#include "stream.h"
#include "room.h"

/** {"videoroom":"event","room":…} New reference. */
json_t *notify_event(const struct room *room);
/** Counts a change, writes its revision into `event` and sends it to everybody in the room but
 * `except`. Takes `event`. */
void notify_all(struct room *room, json_t *event, aula_handle except);
/** Sends `event` to one handle. Takes `event`. */
void notify_one(struct room *room, aula_handle to, json_t *event);

/** Sends `event` to those in the room who may moderate. Takes `event`. */
void notify_moderators(struct room *room, json_t *event);
/** A viewer has come (1, with who it is) or gone (-1, NULL): moderators hear of it, together with
 * others, counted and with some of their names. */
void notify_viewers(struct room *room, int change, const struct viewer *viewer);

/** Somebody has joined: told as the room wants it (notify_joining), at once while the room is
 * small, together with others when it is large. */
void notify_joined(struct person *person);
/** Somebody has left; `key` is "leaving" or "kicked". Call it after `person` is off the list. */
void notify_left(struct room *room, json_t *id, bool was_live, const char *key);
/** What they publish has come or changed: the others hear of it, and they hear that it was told. */
void notify_published(struct person *person);
/** They have begun or ceased to speak: told when the room wants it (audiolevel_event). */
void notify_talking(struct person *person, const struct stream *stream, int level_dbov);
/** What they publish has ended. */
void notify_unpublished(struct person *person);
/** True when the room is so large that only those who publish are announced one by one. */
bool notify_is_large(const struct room *room);
/** Forgets what was not told yet. */
void notify_finish(struct room *room);

/** For the audit log: the client of `call` has done something to the room, or to `target` in it (an
 * id as on the wire; NULL). */
void note_act(const struct room *room, const aula_call *call, const char *act, const json_t *target,
	const char *detail);

#endif
