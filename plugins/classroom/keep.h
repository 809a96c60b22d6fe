/* SPDX-License-Identifier: Apache-2.0 */
/** What of rooms outlives the server, in the store: rooms made with `permanent`, as they were last
 * changed, and who is muted in a lasting room. Those of the configuration are made anew from it. */
#ifndef CLASSROOM_KEEP_H
#define CLASSROOM_KEEP_H

#include "room.h"

/** Makes the tables and asks for the rooms, which are open before anybody is served; while the
 * database is away it asks again. Not OK: said in the log. */
aula_code keep_start(struct classroom *classroom);
/** Forgets what was asked. */
void keep_stop(struct classroom *classroom);

/** Keeps a room that was made, and answers `call` when it is safe, or now where there is no store:
 * with "permanent" in its reply. */
aula_code keep_created(struct room *room, aula_call *call);
/** Keeps what it is now, if it is one that is kept / forgets it. */
void keep_changed(const struct room *room);
void keep_destroyed(const struct room *room);

/** Somebody's kinds of media are muted until a moderator says otherwise; not for a guest. */
void keep_muted(struct room *room, const char *subject, unsigned kinds);
/** Somebody was erased in the store: forgets them here too. */
void keep_erased(struct classroom *classroom, const char *subject);
/** Where the tables have what is about people. */
enum { KEEP_PERSONAL = 1 };
extern const aula_personal keep_personal[KEEP_PERSONAL];
/** What is muted of them. */
unsigned keep_muted_kinds(const struct room *room, const char *subject);

#endif
