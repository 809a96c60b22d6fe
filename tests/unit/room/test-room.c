/* SPDX-License-Identifier: Apache-2.0 */
#include "room/room.h"

#include <glib.h>
#include <string.h>

/* What the listener was told, as text, so that order is asserted as well. */
typedef struct {
	aula_room_list *list;
	GString *told;
	bool leaves_too; /* calls leave in the hook, as a module may */
	bool moves;      /* writes down who comes and goes */
	bool closing;    /* is told before a room closes */
	bool unruly;     /* takes the member out and closes the room in the hook */
} world;

static void
on_member_left(void *data, unsigned module, aula_room room, aula_member member, aula_handle handle,
	const char *reason)
{
	world *w = data;
	aula_member_info info;

	g_assert_cmpuint(room.id, !=, 0);
	g_assert_cmpint(aula_room_member(w->list, member, module, &info), ==, AULA_OK);
	g_assert_true(AULA_SAME(info.handle, handle));
	g_string_append_printf(w->told, "left:%u:%u:%s ", module, (unsigned)handle.id, reason);
	if (w->leaves_too)
		aula_room_leave(w->list, handle);
	if (w->unruly) {
		aula_room_remove(w->list, member, "again");
		aula_room_close(w->list, room, "over");
		aula_room_close(w->list, room, "over again");
	}
}

static void
on_room_closed(void *data, aula_room room, const char *reason)
{
	world *w = data;

	g_string_append_printf(
		w->told, "closed:%s:%s ", aula_room_name(w->list, room, NULL), reason);
}

/* Only the test of it wants to be told. */
static void
on_room_closing(void *data, aula_room room, const char *reason)
{
	world *w = data;

	if (w->closing)
		g_string_append_printf(w->told, "closing:%s:%u ", reason,
			(unsigned)aula_room_count(w->list, room, true));
}

static void
on_room_broadcast(void *data, aula_handle handle, const char *text, size_t length)
{
	world *w = data;

	g_assert_cmpuint(strlen(text), ==, length);
	g_string_append_printf(w->told, "%u%s ", (unsigned)handle.id, text);
}

static void
on_member_moved(void *data, aula_room room, aula_member member, const char *reason)
{
	world *w = data;
	aula_member_info info;

	if (!w->moves)
		return;
	g_assert_cmpint(aula_room_member(w->list, member, 0, &info), ==, AULA_OK);
	g_string_append_printf(w->told, "%s:%s:%s ", reason != NULL ? "gone" : "came",
		aula_room_name(w->list, room, NULL), reason != NULL ? reason : info.subject);
}

static const aula_room_listener listener = { on_member_left, on_room_closed, on_room_broadcast,
	on_member_moved, on_room_closing };

static void
set_up(world *w, gconstpointer unused)
{
	static const aula_room_limits limits = { .rooms_most = 3, .members_most = 100 };

	(void)unused;
	w->list = aula_room_list_new(&limits, &listener, w);
	w->told = g_string_new(NULL);
}

static void
tear_down(world *w, gconstpointer unused)
{
	(void)unused;
	aula_room_list_free(w->list);
	g_string_free(w->told, TRUE);
}

static void
assert_told(world *w, const char *expected)
{
	g_assert_cmpstr(w->told->str, ==, expected);
	g_string_truncate(w->told, 0);
}

static aula_room
open_room(world *w, int64_t number)
{
	aula_key name = { .number = number };
	aula_room room = { 0 };

	g_assert_cmpint(aula_room_open(w->list, &name, NULL, &room), ==, AULA_OK);
	return room;
}

static aula_seat
seat_of(uint64_t handle, unsigned module, uint64_t session)
{
	return (aula_seat){ .handle = { handle },
		.module = module,
		.session = session,
		.subject = "s",
		.name = "Ada",
		.role = "student" };
}

static aula_member
join(world *w, aula_room room, uint64_t handle, unsigned module, uint64_t session, aula_join how)
{
	aula_seat seat = seat_of(handle, module, session);
	aula_member member = { 0 };

	g_assert_cmpint(aula_room_join(w->list, room, &seat, &how, &member), ==, AULA_OK);
	return member;
}

static void
test_names(world *w, gconstpointer unused)
{
	static const struct {
		aula_key name;
		aula_code code;
	} cases[] = {
		{ { .number = 7 }, AULA_OK },
		{ { .number = 7 }, AULA_EXISTS },
		{ { .text = "7" }, AULA_EXISTS },
		{ { .text = "07" }, AULA_OK },
		{ { .text = "biology" }, AULA_OK },
		{ { .text = "" }, AULA_INVALID },
		{ { .number = -1 }, AULA_INVALID },
		{ { .number = 0 }, AULA_INVALID },
		{ { .text = "one too many" }, AULA_FULL },
	};
	int64_t number = -1;

	(void)unused;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		aula_room room;
		g_assert_cmpint(
			aula_room_open(w->list, &cases[i].name, NULL, &room), ==, cases[i].code);
	}
	aula_room_options options = { .size = sizeof options, .description = "All of life" };
	aula_room seven = aula_room_find(w->list, &(aula_key){ .text = "7" });
	g_assert_true(AULA_SAME(seven, aula_room_find(w->list, &(aula_key){ .number = 7 })));
	g_assert_cmpstr(aula_room_name(w->list, seven, &number), ==, "7");
	g_assert_cmpint(number, ==, 7);
	aula_room biology = aula_room_find(w->list, &(aula_key){ .text = "biology" });
	g_assert_cmpstr(aula_room_name(w->list, biology, &number), ==, "biology");
	g_assert_cmpint(number, ==, 0);
	g_assert_true(AULA_NONE(aula_room_find(w->list, &(aula_key){ .number = 8 })));
	aula_room_close(w->list, seven, "over");
	g_assert_null(aula_room_name(w->list, seven, NULL));
	g_assert_cmpuint(aula_room_list_count(w->list), ==, 2);
	assert_told(w, "closed:7:over ");
	g_assert_cmpint(
		aula_room_open(w->list, &(aula_key){ .text = "7" }, &options, &seven), ==, AULA_OK);
	g_assert_cmpstr(aula_room_description(w->list, seven), ==, "All of life");
	g_assert_null(aula_room_description(w->list, biology));
}

static void
test_sharing(world *w, gconstpointer unused)
{
	aula_room room = open_room(w, 1);
	aula_member ada = join(w, room, 10, 0, 1, (aula_join){ .number = 5 });

	(void)unused;
	/* Another module of the same session takes part in the membership... */
	g_assert_true(AULA_SAME(ada, join(w, room, 11, 1, 1, (aula_join){ .number = 6 })));
	/* ...a second handle of one module, a watcher and another session do not. */
	g_assert_false(AULA_SAME(ada, join(w, room, 12, 0, 1, (aula_join){ 0 })));
	g_assert_false(AULA_SAME(ada, join(w, room, 13, 2, 1, (aula_join){ .hidden = true })));
	g_assert_false(AULA_SAME(ada, join(w, room, 14, 1, 2, (aula_join){ 0 })));
	g_assert_cmpuint(aula_room_count(w->list, room, false), ==, 3);
	g_assert_cmpuint(aula_room_count(w->list, room, true), ==, 1);

	aula_member_info info;
	g_assert_cmpint(aula_room_member(w->list, ada, 1, &info), ==, AULA_OK);
	g_assert_cmpuint(info.handle.id, ==, 11);
	g_assert_cmpint(info.number, ==, 5);
	g_assert_cmpstr(info.display, ==, "Ada");
	g_assert_cmpint(aula_room_member(w->list, ada, 9, &info), ==, AULA_OK);
	g_assert_true(AULA_NONE(info.handle));

	aula_room_leave(w->list, (aula_handle){ 10 });
	g_assert_cmpint(aula_room_member(w->list, ada, 0, &info), ==, AULA_OK);
	aula_room_leave(w->list, (aula_handle){ 11 });
	g_assert_cmpint(aula_room_member(w->list, ada, 0, &info), ==, AULA_GONE);
	aula_room_leave(w->list, (aula_handle){ 11 });
	g_assert_true(AULA_NONE(aula_room_of(w->list, (aula_handle){ 11 })));
	assert_told(w, "");
}

static void
test_refusals(world *w, gconstpointer unused)
{
	aula_room small;
	aula_room_options options = { .size = sizeof options, .max_members = 2 };
	aula_member member;

	(void)unused;
	aula_room_open(w->list, &(aula_key){ .text = "small" }, &options, &small);
	join(w, small, 1, 0, 1, (aula_join){ .text = "ada", .number = 3 });
	const struct {
		aula_seat seat;
		aula_join join;
		aula_code code;
	} cases[] = {
		{ seat_of(1, 0, 1), { 0 }, AULA_EXISTS },
		{ seat_of(2, 0, 2), { .number = 3 }, AULA_EXISTS },
		{ seat_of(2, 0, 2), { .text = "ada" }, AULA_EXISTS },
		{ seat_of(2, 0, 2), { .text = "" }, AULA_INVALID },
		{ seat_of(2, 0, 2), { .number = -3 }, AULA_INVALID },
		{ { .handle = { 2 },
			  .session = 2,
			  .subject = "",
			  .name = "",
			  .role = "",
			  .only = "other" },
			{ 0 }, AULA_UNAUTHORIZED },
		{ { .handle = { 2 },
			  .session = 2,
			  .subject = "",
			  .name = "",
			  .role = "",
			  .only = "small" },
			{ 0 }, AULA_OK },
		{ seat_of(3, 0, 3), { 0 }, AULA_FULL },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(
			aula_room_join(w->list, small, &cases[i].seat, &cases[i].join, &member), ==,
			cases[i].code);
	aula_seat late = seat_of(9, 0, 9);
	g_assert_cmpint(aula_room_join(w->list, (aula_room){ 77 }, &late, &cases[0].join, &member),
		==, AULA_GONE);
}

static void
test_removal(world *w, gconstpointer leaves_too)
{
	aula_room room = open_room(w, 1);
	aula_member ada = join(w, room, 10, 0, 1, (aula_join){ 0 });

	w->leaves_too = leaves_too != NULL;
	join(w, room, 11, 1, 1, (aula_join){ 0 });
	join(w, room, 12, 1, 2, (aula_join){ 0 });
	g_assert_cmpint(aula_room_remove(w->list, ada, "kicked"), ==, AULA_OK);
	assert_told(w, "left:1:11:kicked left:0:10:kicked ");
	g_assert_cmpint(aula_room_remove(w->list, ada, "kicked"), ==, AULA_GONE);
	aula_room_lose(w->list, (aula_handle){ 12 }, "lost");
	aula_room_lose(w->list, (aula_handle){ 12 }, "lost");
	assert_told(w, "left:1:12:lost ");
	join(w, room, 13, 0, 3, (aula_join){ .hidden = true });
	w->closing = true;
	aula_room_close(w->list, room, "over");
	assert_told(w, "closing:over:1 left:0:13:over closed:1:over ");
}

/* A module that acts on the room in the hook is told of each seat once all the same. */
static void
test_unruly(world *w, gconstpointer unused)
{
	aula_room room = open_room(w, 1);
	aula_member ada = join(w, room, 10, 0, 1, (aula_join){ 0 });

	(void)unused;
	w->unruly = true;
	join(w, room, 11, 1, 1, (aula_join){ 0 });
	join(w, room, 12, 1, 2, (aula_join){ 0 });
	g_assert_cmpint(aula_room_remove(w->list, ada, "kicked"), ==, AULA_OK);
	assert_told(w, "left:1:11:kicked left:0:10:again left:1:12:over closed:1:over ");
	g_assert_cmpuint(aula_room_list_count(w->list), ==, 0);
	room = open_room(w, 1);
	join(w, room, 13, 0, 3, (aula_join){ 0 });
	aula_room_lose(w->list, (aula_handle){ 13 }, "lost");
	assert_told(w, "left:0:13:lost closed:1:over ");
}

/* Who watches is told of a membership once, not of each seat, and not of one whose room is closed
 * meanwhile a second time. */
static void
test_moves(world *w, gconstpointer unused)
{
	aula_room room = open_room(w, 1);

	(void)unused;
	w->moves = true;
	aula_member ada = join(w, room, 10, 0, 1, (aula_join){ 0 });
	join(w, room, 11, 1, 1, (aula_join){ 0 });
	assert_told(w, "came:1:s ");
	aula_room_leave(w->list, (aula_handle){ 10 });
	assert_told(w, "");
	aula_room_leave(w->list, (aula_handle){ 11 });
	assert_told(w, "gone:1:left ");
	ada = join(w, room, 12, 0, 1, (aula_join){ .hidden = true });
	aula_room_remove(w->list, ada, "kicked");
	assert_told(w, "came:1:s left:0:12:kicked gone:1:kicked ");
	join(w, room, 13, 0, 1, (aula_join){ 0 });
	w->unruly = true;
	aula_room_lose(w->list, (aula_handle){ 13 }, "lost");
	assert_told(w, "came:1:s left:0:13:lost gone:1:again closed:1:over ");
}

static void
test_broadcast(world *w, gconstpointer unused)
{
	aula_room room = open_room(w, 1);
	json_t *data = json_pack("{s:i}", "a", 1);

	(void)unused;
	for (uint64_t i = 1; i <= 4; i++)
		join(w, room, i, i == 4, i, (aula_join){ .hidden = i == 2 });
	aula_room_broadcast(w->list, room, 0, false, data, (aula_handle){ 3 });
	assert_told(w, "1{\"a\":1} ");
	aula_room_broadcast(w->list, room, 0, true, data, (aula_handle){ 0 });
	assert_told(w, "2{\"a\":1} ");
	aula_room_leave(w->list, (aula_handle){ 1 });
	aula_room_broadcast(w->list, room, 0, false, data, (aula_handle){ 0 });
	assert_told(w, "3{\"a\":1} ");
	aula_room_broadcast(w->list, room, 5, false, data, (aula_handle){ 0 });
	aula_room_broadcast(w->list, (aula_room){ 99 }, 0, false, data, (aula_handle){ 0 });
	assert_told(w, "");
	json_decref(data);
}

static void
test_listing(world *w, gconstpointer unused)
{
	aula_room room = open_room(w, 1);
	aula_member page[4];
	uint64_t cursor = 0;
	size_t seen = 0;

	(void)unused;
	for (uint64_t i = 1; i <= 10; i++)
		join(w, room, i, 0, i, (aula_join){ .number = (int64_t)i, .hidden = i == 5 });
	/* Members come and go between two pages; nobody who stays is left out or told twice. */
	for (size_t got; (got = aula_room_members(w->list, room, &cursor, page, 4)) > 0;
		seen += got)
		if (seen == 0) {
			aula_room_leave(w->list, (aula_handle){ 1 });
			aula_room_leave(w->list, (aula_handle){ 8 });
		}
	g_assert_cmpuint(seen, ==, 8);
	aula_member named = aula_room_member_named(w->list, room, &(aula_key){ .text = "5" });
	g_assert_false(AULA_NONE(named));
	g_assert_true(AULA_SAME(
		named, aula_room_member_named(w->list, room, &(aula_key){ .number = 5 })));
	g_assert_true(AULA_NONE(aula_room_member_named(w->list, room, &(aula_key){ .number = 8 })));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, data, test) g_test_add("/room/" name, world, data, set_up, test, tear_down)
	ADD("names", NULL, test_names);
	ADD("sharing", NULL, test_sharing);
	ADD("refusals", NULL, test_refusals);
	ADD("removal", NULL, test_removal);
	ADD("removal-by-the-module-too", "", test_removal);
	ADD("unruly", NULL, test_unruly);
	ADD("moves", NULL, test_moves);
	ADD("broadcast", NULL, test_broadcast);
	ADD("listing", NULL, test_listing);
	return g_test_run();
}
