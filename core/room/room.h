/* SPDX-License-Identifier: Apache-2.0 */
/** Rooms and who is in them. A room knows members, counts and names; it knows no requests and no
 * media. Who is told what, and how, is the listener's business. All [control]. */
#ifndef AULA_ROOM_ROOM_H
#define AULA_ROOM_ROOM_H

#include "room/roster.h"

/** Every room of the process. */
typedef struct aula_room_list aula_room_list;

typedef struct {
	size_t rooms_most;   /* rooms open at once */
	size_t members_most; /* members of one room, hidden ones included */
} aula_room_limits;

/** What rooms tell whoever owns them. */
typedef struct {
	/** A seat is being lost without its module having asked for it; the member is still known.
	 */
	void (*on_member_left)(void *data, unsigned module, aula_room room, aula_member member,
		aula_handle handle, const char *reason);
	/** The room is about to be forgotten; its members have left. */
	void (*on_room_closed)(void *data, aula_room room, const char *reason);
	/** `text` is to go to `handle`. Must not change who is in the room before it returns. */
	void (*on_room_broadcast)(void *data, aula_handle handle, const char *text, size_t length);
	/** A member has come with its first seat, or (`reason` is not NULL) is about to go with its
	 * last. Must not change who is in the room. */
	void (*on_member_moved)(void *data, aula_room room, aula_member member, const char *reason);
	/** The room is about to be closed; its members are still there, and nobody comes any more.
	 * May be NULL. */
	void (*on_room_closing)(void *data, aula_room room, const char *reason);
} aula_room_listener;

aula_room_list *aula_room_list_new(
	const aula_room_limits *limits, const aula_room_listener *listener, void *data);
/** Forgets every room; calls nobody. NULL is fine. */
void aula_room_list_free(aula_room_list *list);
size_t aula_room_list_count(const aula_room_list *list);
/** Members of all rooms. */
size_t aula_room_list_member_count(const aula_room_list *list);
/** New bounds for the rooms and members to come. */
void aula_room_list_set_limits(aula_room_list *list, const aula_room_limits *limits);
/** Walks all: start with *cursor = 0; none at the end. */
aula_room aula_room_next(const aula_room_list *list, size_t *cursor);

/* As in aula_rooms (aula/host.h), where the errors are told; the list stands for the host. */
aula_code aula_room_open(aula_room_list *list, const aula_key *name,
	const aula_room_options *options, aula_room *ret_room);
aula_room aula_room_find(const aula_room_list *list, const aula_key *name);
void aula_room_close(aula_room_list *list, aula_room room, const char *reason);
size_t aula_room_count(const aula_room_list *list, aula_room room, bool hidden);
const char *aula_room_name(const aula_room_list *list, aula_room room, int64_t *ret_number);
/** Makes `data` into text once and gives it to each handle of `module` in the room but `except`: of
 * those who are hidden, or of all others. */
void aula_room_broadcast(const aula_room_list *list, aula_room room, unsigned module, bool hidden,
	json_t *data, aula_handle except);

aula_code aula_room_join(aula_room_list *list, aula_room room, const aula_seat *seat,
	const aula_join *join, aula_member *ret_member);
/** Takes the handle's seat away; no hook is called for it. Nothing if it sits nowhere. */
void aula_room_leave(aula_room_list *list, aula_handle handle);
/** The handle is gone: on_member_left for its seat, then as `leave`. */
void aula_room_lose(aula_room_list *list, aula_handle handle, const char *reason);
/** Takes the member out with all its seats, on_member_left for each. GONE. */
aula_code aula_room_remove(aula_room_list *list, aula_member member, const char *reason);
aula_room aula_room_of(const aula_room_list *list, aula_handle handle);
aula_member aula_room_member_of(const aula_room_list *list, aula_handle handle);
/** `ret_info->handle` is the member's seat of `module`. GONE. */
aula_code aula_room_member(const aula_room_list *list, aula_member member, unsigned module,
	aula_member_info *ret_info);
aula_member aula_room_member_named(
	const aula_room_list *list, aula_room room, const aula_key *name);
size_t aula_room_members(const aula_room_list *list, aula_room room, uint64_t *cursor,
	aula_member *ret_members, size_t most);

/** Whether it was opened as one that outlives the server. */
bool aula_room_is_lasting(const aula_room_list *list, aula_room id);
/** As it was opened with; NULL: none. Borrowed until it closes. */
const char *aula_room_description(const aula_room_list *list, aula_room id);

#endif
