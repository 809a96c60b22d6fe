/* SPDX-License-Identifier: Apache-2.0 */
#include "room/room.h"

#include <glib.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES_MOST = 256 };

typedef struct {
	aula_room id;
	char *name, *description; /* `description`: NULL when it has none */
	int64_t number;           /* of the name; 0: it is no number */
	aula_roster *roster;
	bool closing, lasting;
} room;

struct aula_room_list {
	aula_room_limits limits;
	const aula_room_listener *listener;
	void *data;
	aula_id_table rooms, members;
	GHashTable *by_name;   /* room->name -> room */
	GHashTable *by_handle; /* handle id -> aula_place */
};

/* A bound for all rooms together keeps the table's numbers in 32 bits. */
static size_t
members_of_all(const aula_room_limits *limits)
{
	return limits->rooms_most > 0 && limits->members_most > INT32_MAX / limits->rooms_most
		       ? INT32_MAX
		       : limits->rooms_most * limits->members_most;
}

aula_room_list *
aula_room_list_new(const aula_room_limits *limits, const aula_room_listener *listener, void *data)
{
	aula_room_list *list = g_new0(aula_room_list, 1);

	*list = (aula_room_list){ .limits = *limits, .listener = listener, .data = data };
	aula_id_table_init(&list->rooms, limits->rooms_most);
	aula_id_table_init(&list->members, members_of_all(limits));
	list->by_name = g_hash_table_new(g_str_hash, g_str_equal);
	list->by_handle = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	return list;
}

static void
free_room(aula_room_list *list, room *one)
{
	g_hash_table_remove(list->by_name, one->name);
	aula_id_remove(&list->rooms, one->id.id);
	aula_roster_free(one->roster);
	g_free(one->name);
	g_free(one->description);
	g_free(one);
}

void
aula_room_list_free(aula_room_list *list)
{
	if (list == NULL)
		return;
	size_t cursor = 0;
	for (room *one; (one = aula_id_next(&list->rooms, &cursor)) != NULL;)
		free_room(list, one);
	aula_id_table_finish(&list->rooms);
	aula_id_table_finish(&list->members);
	g_hash_table_destroy(list->by_name);
	g_hash_table_destroy(list->by_handle);
	g_free(list);
}

size_t
aula_room_list_count(const aula_room_list *list)
{
	return aula_id_count(&list->rooms);
}

size_t
aula_room_list_member_count(const aula_room_list *list)
{
	return aula_id_count(&list->members);
}

void
aula_room_list_set_limits(aula_room_list *list, const aula_room_limits *limits)
{
	list->limits = *limits;
	list->rooms.most = limits->rooms_most;
	list->members.most = members_of_all(limits);
}

aula_room
aula_room_next(const aula_room_list *list, size_t *cursor)
{
	const room *one = aula_id_next(&list->rooms, cursor);

	return one != NULL ? one->id : (aula_room){ 0 };
}

/* -- rooms -- */

/* The one spelling of a name; NULL when it is none. */
static char *
spell(const aula_key *name)
{
	if (name->text != NULL)
		return *name->text != '\0' && strlen(name->text) <= NAME_BYTES_MOST
			       ? g_strdup(name->text)
			       : NULL;
	return name->number > 0 ? g_strdup_printf("%" PRId64, name->number) : NULL;
}

aula_code
aula_room_open(aula_room_list *list, const aula_key *name, const aula_room_options *options,
	aula_room *ret_room)
{
	g_autofree char *spelled = spell(name);

	if (spelled == NULL)
		return AULA_INVALID;
	if (g_hash_table_contains(list->by_name, spelled))
		return AULA_EXISTS;
	room *one = g_new0(room, 1);
	one->id.id = aula_id_add(&list->rooms, one);
	if (AULA_NONE(one->id)) {
		g_free(one);
		return AULA_FULL;
	}
	size_t most = list->limits.members_most;
	if (options != NULL && options->max_members > 0 && (size_t)options->max_members < most)
		most = (size_t)options->max_members;
	one->lasting = options != NULL &&
		       options->size >= offsetof(aula_room_options, lasting) + sizeof(bool) &&
		       options->lasting;
	one->description = g_strdup(options != NULL ? options->description : NULL);
	one->number = aula_key_number(spelled);
	one->name = g_steal_pointer(&spelled);
	one->roster = aula_roster_new(one->id, &list->members, most);
	g_hash_table_insert(list->by_name, one->name, one);
	*ret_room = one->id;
	return AULA_OK;
}

aula_room
aula_room_find(const aula_room_list *list, const aula_key *name)
{
	g_autofree char *spelled = spell(name);
	const room *one = spelled != NULL ? g_hash_table_lookup(list->by_name, spelled) : NULL;

	return one != NULL ? one->id : (aula_room){ 0 };
}

bool
aula_room_is_lasting(const aula_room_list *list, aula_room id)
{
	const room *one = aula_id_get(&list->rooms, id.id);

	return one != NULL && one->lasting;
}

const char *
aula_room_description(const aula_room_list *list, aula_room id)
{
	const room *one = aula_id_get(&list->rooms, id.id);

	return one != NULL ? one->description : NULL;
}

const char *
aula_room_name(const aula_room_list *list, aula_room id, int64_t *ret_number)
{
	const room *one = aula_id_get(&list->rooms, id.id);

	if (one == NULL)
		return NULL;
	if (ret_number != NULL)
		*ret_number = one->number;
	return one->name;
}

size_t
aula_room_count(const aula_room_list *list, aula_room id, bool hidden)
{
	const room *one = aula_id_get(&list->rooms, id.id);

	return one != NULL ? aula_roster_count(one->roster, hidden) : 0;
}

static void
rise(aula_room_list *list, aula_place *place, const char *reason)
{
	aula_handle handle = aula_place_handle(place);

	if (aula_place_is_only(place))
		list->listener->on_member_moved(list->data,
			aula_roster_room(aula_place_roster(place)), aula_place_member(place),
			reason);
	g_hash_table_remove(list->by_handle, &handle.id);
	aula_roster_rise(place);
}

/* Tells the seat's module, which may well leave by itself while it is told, or take the member out
 * or close the room: of one seat it is told once. */
static void
evict(aula_room_list *list, aula_handle handle, const char *reason)
{
	aula_place *place = g_hash_table_lookup(list->by_handle, &handle.id);

	if (!aula_place_set_leaving(place))
		list->listener->on_member_left(list->data, aula_place_module(place),
			aula_roster_room(aula_place_roster(place)), aula_place_member(place),
			handle, reason);
	/* It may have left by itself meanwhile. */
	place = g_hash_table_lookup(list->by_handle, &handle.id);
	if (place != NULL)
		rise(list, place, reason);
}

void
aula_room_close(aula_room_list *list, aula_room id, const char *reason)
{
	room *one = aula_id_get(&list->rooms, id.id);

	if (one == NULL || one->closing)
		return;
	one->closing = true;
	if (list->listener->on_room_closing != NULL)
		list->listener->on_room_closing(list->data, id, reason);
	for (const aula_place *place; (place = aula_roster_any(one->roster)) != NULL;)
		evict(list, aula_place_handle(place), reason);
	list->listener->on_room_closed(list->data, id, reason);
	free_room(list, one);
}

void
aula_room_broadcast(const aula_room_list *list, aula_room id, unsigned module, bool hidden,
	json_t *data, aula_handle except)
{
	const room *one = aula_id_get(&list->rooms, id.id);

	if (one == NULL)
		return;
	size_t count;
	const aula_handle *handles = aula_roster_handles(one->roster, module, hidden, &count);
	if (count == 0 || (count == 1 && AULA_SAME(handles[0], except)))
		return;
	char *text = json_dumps(data, JSON_COMPACT);
	if (text == NULL)
		return;
	size_t length = strlen(text);
	for (size_t i = 0; i < count; i++)
		if (!AULA_SAME(handles[i], except))
			list->listener->on_room_broadcast(list->data, handles[i], text, length);
	free(text);
}

/* -- members -- */

aula_code
aula_room_join(aula_room_list *list, aula_room id, const aula_seat *seat, const aula_join *join,
	aula_member *ret_member)
{
	const room *one = aula_id_get(&list->rooms, id.id);

	if (one == NULL || one->closing)
		return AULA_GONE;
	if (seat->only != NULL && strcmp(seat->only, one->name) != 0)
		return AULA_UNAUTHORIZED;
	if (g_hash_table_contains(list->by_handle, &seat->handle.id))
		return AULA_EXISTS;
	aula_place *place;
	aula_code code = aula_roster_sit(one->roster, seat, join, &place);
	if (code != AULA_OK)
		return code;
	g_hash_table_insert(
		list->by_handle, g_memdup2(&seat->handle.id, sizeof seat->handle.id), place);
	*ret_member = aula_place_member(place);
	if (aula_place_is_only(place))
		list->listener->on_member_moved(list->data, id, *ret_member, NULL);
	return AULA_OK;
}

void
aula_room_leave(aula_room_list *list, aula_handle handle)
{
	aula_place *place = g_hash_table_lookup(list->by_handle, &handle.id);

	if (place != NULL)
		rise(list, place, "left");
}

void
aula_room_lose(aula_room_list *list, aula_handle handle, const char *reason)
{
	if (g_hash_table_contains(list->by_handle, &handle.id))
		evict(list, handle, reason);
}

aula_code
aula_room_remove(aula_room_list *list, aula_member member, const char *reason)
{
	const aula_place *place = aula_roster_seat_of(&list->members, member);

	if (place == NULL)
		return AULA_GONE;
	for (; place != NULL; place = aula_roster_seat_of(&list->members, member))
		evict(list, aula_place_handle(place), reason);
	return AULA_OK;
}

aula_room
aula_room_of(const aula_room_list *list, aula_handle handle)
{
	const aula_place *place = g_hash_table_lookup(list->by_handle, &handle.id);

	return place != NULL ? aula_roster_room(aula_place_roster(place)) : (aula_room){ 0 };
}

aula_member
aula_room_member_of(const aula_room_list *list, aula_handle handle)
{
	const aula_place *place = g_hash_table_lookup(list->by_handle, &handle.id);

	return place != NULL ? aula_place_member(place) : (aula_member){ 0 };
}

aula_code
aula_room_member(
	const aula_room_list *list, aula_member member, unsigned module, aula_member_info *ret_info)
{
	return aula_roster_member(&list->members, member, module, ret_info);
}

aula_member
aula_room_member_named(const aula_room_list *list, aula_room id, const aula_key *name)
{
	const room *one = aula_id_get(&list->rooms, id.id);

	return one != NULL ? aula_roster_named(one->roster, name) : (aula_member){ 0 };
}

size_t
aula_room_members(const aula_room_list *list, aula_room id, uint64_t *cursor,
	aula_member *ret_members, size_t most)
{
	const room *one = aula_id_get(&list->rooms, id.id);

	return one != NULL ? aula_roster_list(one->roster, cursor, ret_members, most) : 0;
}
