/* SPDX-License-Identifier: Apache-2.0 */
/** Who is in one room: members, and the seats by which modules take part. A member has at most one
 * seat a module and leaves with its last. All [control]. */
#ifndef AULA_ROOM_ROSTER_H
#define AULA_ROOM_ROSTER_H

#include "aula/host.h"
#include "base/id.h"

typedef struct aula_roster aula_roster;
typedef struct aula_place aula_place; /* a seat that is taken */

enum { AULA_MODULES_MOST = 64 };

/** Who takes a seat: one handle of one module. Texts are copied when a member is made. */
typedef struct {
	aula_handle handle;
	unsigned module;  /* below AULA_MODULES_MOST: which module's handle it is */
	uint64_t session; /* whose handle it is: seats of one session share a membership */
	const char *subject, *name, *role; /* what the token said; "" when nothing */
	const char *only;                  /* the only room that the session may enter; NULL: any */
} aula_seat;

/** A roster of at most `most` members, whose names come from `members`. */
aula_roster *aula_roster_new(aula_room room, aula_id_table *members, size_t most);
void aula_roster_free(aula_roster *roster);

/** Takes a seat. A membership of the same session, hidden or not as `join` says, that has no seat
 * of this module yet is shared; else one is made. INVALID: name. EXISTS: name taken. FULL.
 * WRONG_STATE: none to share, and join->existing wants one. */
aula_code aula_roster_sit(
	aula_roster *roster, const aula_seat *seat, const aula_join *join, aula_place **ret_place);
/** Gives the seat up; the member leaves with its last one. */
void aula_roster_rise(aula_place *place);

aula_roster *aula_place_roster(const aula_place *place);
aula_member aula_place_member(const aula_place *place);
aula_handle aula_place_handle(const aula_place *place);
unsigned aula_place_module(const aula_place *place);
/** Whether its member has no other seat. */
bool aula_place_is_only(const aula_place *place);
/** Marks a seat that its module is being told of. True: it was marked already. */
bool aula_place_set_leaving(aula_place *place);

aula_room aula_roster_room(const aula_roster *roster);
/** The first seat of the member; of anybody; NULL when there is none. */
aula_place *aula_roster_seat_of(const aula_id_table *members, aula_member member);
aula_place *aula_roster_any(const aula_roster *roster);
/** Every handle of `module`, of those who are hidden or of the others, in no order; borrowed until
 * a seat is taken or given up. */
const aula_handle *aula_roster_handles(
	const aula_roster *roster, unsigned module, bool hidden, size_t *ret_count);
size_t aula_roster_count(const aula_roster *roster, bool hidden);
aula_code aula_roster_member(const aula_id_table *members, aula_member member, unsigned module,
	aula_member_info *ret_info);
aula_member aula_roster_named(const aula_roster *roster, const aula_key *name);
size_t aula_roster_list(
	const aula_roster *roster, uint64_t *cursor, aula_member *ret_members, size_t most);

/** The positive integer that `text` is in its shortest decimal form; 0 when it is none. */
int64_t aula_key_number(const char *text);

#endif
