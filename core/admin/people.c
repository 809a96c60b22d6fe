/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs about rooms, their members, and how well each is served. */
#include <string.h>

#include "admin/inside.h"

enum { PAGE_MOST = 500 };

/* -- rooms -- */

static json_t *
room_name(const aula_room_list *rooms, aula_room room)
{
	int64_t number = 0;
	const char *name = aula_room_name(rooms, room, &number);

	return number > 0 ? json_integer(number) : json_string(name != NULL ? name : "");
}

typedef struct {
	int64_t cursor, most;
} page_args;
static const aula_field page_fields[] = {
	AULA_INT(page_args, cursor, "cursor", 0, INT64_MAX,
		.summary = "\"next\" of the page before; 0: the first."),
	AULA_INT(page_args, most, "most", 1, PAGE_MOST, .fallback = 100,
		.summary = "How many at most."),
};

static bool
do_rooms(aula_admin_call *call, const void *args)
{
	const page_args *page = args;
	const aula_room_list *rooms = call->board->rooms;
	size_t cursor = (size_t)page->cursor;
	json_t *all = json_array();
	aula_room room = { 0 };

	while ((int64_t)json_array_size(all) < page->most &&
		!AULA_NONE(room = aula_room_next(rooms, &cursor)))
		json_array_append_new(
			all, json_pack("{s:o, s:I, s:I}", "room", room_name(rooms, room), "members",
				     (json_int_t)aula_room_count(rooms, room, false), "hidden",
				     (json_int_t)aula_room_count(rooms, room, true)));
	json_object_set_new(call->reply, "rooms", all);
	json_object_set_new(
		call->reply, "total", json_integer((json_int_t)aula_room_list_count(rooms)));
	if (!AULA_NONE(room))
		json_object_set_new(call->reply, "next", json_integer((json_int_t)cursor));
	return true;
}

/* -- members -- */

static json_t *
about_handle(aula_admin_call *call, const aula_attachment *attachment)
{
	json_t *summary = aula_statistics_of(
		aula_admin_statistics(call->admin), aula_attachment_handle(attachment));
	json_t *one = json_pack("{s:I, s:I, s:s}", "session_id",
		(json_int_t)aula_session_number(aula_attachment_session(attachment)), "handle_id",
		(json_int_t)aula_attachment_number(attachment), "plugin",
		aula_attachment_package(attachment));

	if (summary != NULL)
		json_object_set_new(one, "statistics", json_deep_copy(summary));
	return one;
}

/* All handles of the member's session, those that only receive included, which take no seat; and
 * the worst quality of their connections. */
static void
add_handles(aula_admin_call *call, json_t *one, const aula_session *session)
{
	json_t *handles = json_array();
	const aula_attachment *attachment;
	json_int_t worst = -1;

	for (unsigned i = 0; (attachment = aula_session_nth(session, i)) != NULL; i++) {
		json_t *about = about_handle(call, attachment);
		const json_t *quality =
			json_object_get(json_object_get(about, "statistics"), "quality");
		if (quality != NULL && (worst < 0 || json_integer_value(quality) < worst))
			worst = json_integer_value(quality);
		json_array_append_new(handles, about);
	}
	if (worst >= 0)
		json_object_set_new(one, "quality", json_integer(worst));
	json_object_set_new(one, "handles", handles);
}

static json_t *
about_member(aula_admin_call *call, aula_member member)
{
	const aula_switchboard *board = call->board;
	json_t *one = NULL;

	for (unsigned i = 0; i < aula_modules_count(board->modules); i++) {
		aula_member_info info = { 0 };
		if (aula_room_member(board->rooms, member, i, &info) != AULA_OK)
			break;
		const aula_attachment *seat = aula_attachment_find(board->sessions, info.handle);
		if (seat == NULL)
			continue;
		one = json_pack("{s:o, s:s?, s:s, s:s}", "id",
			info.text != NULL ? json_string(info.text) : json_integer(info.number),
			"display", info.display, "user", info.subject, "role", info.role);
		add_handles(call, one, aula_attachment_session(seat));
		break;
	}
	return one;
}

typedef struct {
	aula_key room;
	int64_t cursor, most;
} members_args;
static const aula_field members_fields[] = {
	AULA_KEY(members_args, room, "room", 256, .flags = AULA_REQUIRED,
		.summary = "Number or name of the room."),
	AULA_INT(members_args, cursor, "cursor", 0, INT64_MAX,
		.summary = "\"next\" of the page before; 0: the first."),
	AULA_INT(members_args, most, "most", 1, PAGE_MOST, .fallback = 100,
		.summary = "How many at most."),
};

static bool
do_members(aula_admin_call *call, const void *args)
{
	const members_args *given = args;
	const aula_room_list *rooms = call->board->rooms;
	aula_room room = aula_room_find(rooms, &given->room);
	aula_member members[PAGE_MOST];
	uint64_t cursor = (uint64_t)given->cursor;
	json_t *all = json_array();

	if (AULA_NONE(room)) {
		json_decref(all);
		return aula_refuse(&call->refusal, AULA_ERROR_NO_ROOM, "room", "No such room");
	}
	size_t count = aula_room_members(rooms, room, &cursor, members, (size_t)given->most);
	for (size_t i = 0; i < count; i++) {
		json_t *one = about_member(call, members[i]);
		if (one != NULL)
			json_array_append_new(all, one);
	}
	json_object_set_new(call->reply, "members", all);
	json_object_set_new(call->reply, "total",
		json_integer((json_int_t)aula_room_count(rooms, room, false)));
	if (count == (size_t)given->most)
		json_object_set_new(call->reply, "next", json_integer((json_int_t)cursor));
	return true;
}

/* -- peers -- */

static json_t *
about_peer(aula_admin_call *call, const aula_attachment *attachment)
{
	const aula_bearer *bearer = aula_session_bearer(aula_attachment_session(attachment));
	aula_room room = aula_room_of(call->board->rooms, aula_attachment_handle(attachment));
	json_t *one = about_handle(call, attachment);

	json_object_set_new(one, "user", json_string(bearer->subject));
	json_object_set_new(one, "name", json_string(bearer->name));
	json_object_set_new(one, "role", json_string(bearer->role));
	if (!AULA_NONE(room))
		json_object_set_new(one, "room", room_name(call->board->rooms, room));
	return one;
}

static bool
do_peers(aula_admin_call *call, const void *args)
{
	const page_args *page = args;
	size_t cursor = (size_t)page->cursor;
	json_t *all = json_array();
	const aula_attachment *attachment = NULL;

	while ((int64_t)json_array_size(all) < page->most &&
		(attachment = aula_attachment_next(call->board->sessions, &cursor)) != NULL)
		if (aula_peering_exists(call->board->peerings, aula_attachment_handle(attachment)))
			json_array_append_new(all, about_peer(call, attachment));
	json_object_set_new(call->reply, "peers", all);
	json_object_set_new(call->reply, "total",
		json_integer((json_int_t)aula_peerings_count(call->board->peerings)));
	if (attachment != NULL)
		json_object_set_new(call->reply, "next", json_integer((json_int_t)cursor));
	return true;
}

#define FIELDS(table, type) \
	.fields = (table), .field_count = G_N_ELEMENTS(table), .args_size = sizeof(type)

// clang-format off
static const aula_admin_verb rows[] = {
	{ "rooms", AULA_ADMIN_SERVER, FIELDS(page_fields, page_args), .run = do_rooms,
		.summary = "The rooms and how many are in them, a page at a time." },
	{ "members", AULA_ADMIN_SERVER, FIELDS(members_fields, members_args), .run = do_members,
		.summary = "Who is in a room, by which handles, and how well each is served, a page at a time." },
	{ "peers", AULA_ADMIN_SERVER, FIELDS(page_fields, page_args), .run = do_peers,
		.summary = "The PeerConnections, whose they are and how each fares, a page at a time." },
};
// clang-format on

const aula_admin_table aula_admin_people_verbs = { rows, G_N_ELEMENTS(rows) };
