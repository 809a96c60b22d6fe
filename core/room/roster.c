/* SPDX-License-Identifier: Apache-2.0 */
#include "room/roster.h"

#include <glib.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	NAME_BYTES_MOST = 256,
	DISPLAY_BYTES_MOST = 256,
	/* Drawn numbers stay exact in a double, and look unlike numbers that people choose. */
	NUMBER_BITS = 52,
};

typedef struct member member;

struct aula_place {
	member *owner;
	aula_place *next; /* the member's next seat */
	aula_handle handle;
	unsigned module;
	guint index; /* in the benches of its module */
	bool leaving;
};

struct member {
	aula_roster *roster;
	aula_member id;
	int64_t number;
	char *text, *display, *subject, *role;
	bool hidden;
	uint64_t session;
	aula_place *seats;
	member *next, *previous; /* members of the same session */
	uint64_t serial;
	GSequenceIter *listed; /* NULL when hidden */
};

/* The seats of one module, dense, so that a broadcast walks an array. */
typedef struct {
	GArray *handles;   /* of aula_handle */
	GPtrArray *places; /* the same seats, borrowed */
} bench;

struct aula_roster {
	aula_room room;
	aula_id_table *members;
	size_t most, hidden, total;
	uint64_t serial;
	GHashTable *by_number;               /* &member->number -> member */
	GHashTable *by_text;                 /* member->text -> member */
	GHashTable *by_session;              /* &member->session -> first member of it */
	GSequence *listed;                   /* members that are not hidden, by serial */
	bench benches[AULA_MODULES_MOST][2]; /* the second: of hidden members */
};

int64_t
aula_key_number(const char *text)
{
	if (*text < '1' || *text > '9' || strlen(text) > 18 ||
		strspn(text, "0123456789") != strlen(text))
		return 0;
	return strtoll(text, NULL, 10);
}

aula_roster *
aula_roster_new(aula_room room, aula_id_table *members, size_t most)
{
	aula_roster *roster = g_new0(aula_roster, 1);

	*roster = (aula_roster){ .room = room, .members = members, .most = most };
	roster->by_number = g_hash_table_new(g_int64_hash, g_int64_equal);
	roster->by_text = g_hash_table_new(g_str_hash, g_str_equal);
	roster->by_session = g_hash_table_new(g_int64_hash, g_int64_equal);
	roster->listed = g_sequence_new(NULL);
	return roster;
}

void
aula_roster_free(aula_roster *roster)
{
	if (roster == NULL)
		return;
	for (aula_place *place; (place = aula_roster_any(roster)) != NULL;)
		aula_roster_rise(place);
	g_hash_table_destroy(roster->by_number);
	g_hash_table_destroy(roster->by_text);
	g_hash_table_destroy(roster->by_session);
	g_sequence_free(roster->listed);
	for (unsigned i = 0; i < 2 * AULA_MODULES_MOST; i++) {
		const bench *row = &roster->benches[i / 2][i % 2];
		if (row->handles == NULL)
			continue;
		g_array_free(row->handles, TRUE);
		g_ptr_array_free(row->places, TRUE);
	}
	g_free(roster);
}

/* -- members -- */

static int64_t
draw_number(const aula_roster *roster)
{
	int64_t number;

	do {
		number = (int64_t)(((uint64_t)g_random_int() << 32 | g_random_int()) &
				   (((uint64_t)1 << NUMBER_BITS) - 1));
	} while (number == 0 || g_hash_table_contains(roster->by_number, &number));
	return number;
}

static aula_code
check_name(const aula_roster *roster, const aula_join *join)
{
	if (join->number < 0 ||
		(join->text != NULL &&
			(*join->text == '\0' || strlen(join->text) > NAME_BYTES_MOST)))
		return AULA_INVALID;
	if (join->number != 0 && g_hash_table_contains(roster->by_number, &join->number))
		return AULA_EXISTS;
	if (join->text != NULL && g_hash_table_contains(roster->by_text, join->text))
		return AULA_EXISTS;
	return AULA_OK;
}

static char *
copy_display(const char *display)
{
	if (display == NULL || *display == '\0')
		return NULL;
	if (strlen(display) <= DISPLAY_BYTES_MOST)
		return g_strdup(display);
	return g_utf8_make_valid(display, DISPLAY_BYTES_MOST);
}

static void
enlist(aula_roster *roster, member *one)
{
	g_hash_table_insert(roster->by_number, &one->number, one);
	if (one->text != NULL)
		g_hash_table_insert(roster->by_text, one->text, one);
	one->next = g_hash_table_lookup(roster->by_session, &one->session);
	if (one->next != NULL)
		one->next->previous = one;
	g_hash_table_replace(roster->by_session, &one->session, one);
	if (one->hidden)
		roster->hidden++;
	else
		one->listed = g_sequence_append(roster->listed, one);
	roster->total++;
}

static void
delist(aula_roster *roster, member *one)
{
	g_hash_table_remove(roster->by_number, &one->number);
	if (one->text != NULL)
		g_hash_table_remove(roster->by_text, one->text);
	if (one->next != NULL)
		one->next->previous = one->previous;
	if (one->previous != NULL)
		one->previous->next = one->next;
	else if (one->next != NULL)
		g_hash_table_replace(roster->by_session, &one->next->session, one->next);
	else
		g_hash_table_remove(roster->by_session, &one->session);
	if (one->hidden)
		roster->hidden--;
	else
		g_sequence_remove(one->listed);
	roster->total--;
}

static aula_code
add_member(aula_roster *roster, const aula_seat *seat, const aula_join *join, member **ret_member)
{
	aula_code code = check_name(roster, join);
	if (code != AULA_OK)
		return code;
	if (roster->total >= roster->most)
		return AULA_FULL;

	member *one = g_new0(member, 1);
	one->id.id = aula_id_add(roster->members, one);
	if (AULA_NONE(one->id)) {
		g_free(one);
		return AULA_FULL;
	}
	one->roster = roster;
	one->number = join->number != 0 ? join->number : draw_number(roster);
	one->text = g_strdup(join->text);
	one->display = copy_display(join->display != NULL ? join->display : seat->name);
	one->subject = g_strdup(seat->subject);
	one->role = g_strdup(seat->role);
	one->hidden = join->hidden;
	one->session = seat->session;
	one->serial = ++roster->serial;
	enlist(roster, one);
	*ret_member = one;
	return AULA_OK;
}

static void
free_member(member *one)
{
	delist(one->roster, one);
	aula_id_remove(one->roster->members, one->id.id);
	g_free(one->text);
	g_free(one->display);
	g_free(one->subject);
	g_free(one->role);
	g_free(one);
}

static const aula_place *
place_of(const member *one, unsigned module)
{
	const aula_place *place = one->seats;

	while (place != NULL && place->module != module)
		place = place->next;
	return place;
}

/* -- seats -- */

static member *
shared_membership(const aula_roster *roster, const aula_seat *seat, bool hidden)
{
	member *one = g_hash_table_lookup(roster->by_session, &seat->session);

	while (one != NULL && (one->hidden != hidden || place_of(one, seat->module) != NULL))
		one = one->next;
	return one;
}

aula_code
aula_roster_sit(
	aula_roster *roster, const aula_seat *seat, const aula_join *join, aula_place **ret_place)
{
	g_assert(seat->module < AULA_MODULES_MOST);
	member *one = shared_membership(roster, seat, join->hidden);
	if (one == NULL && join->existing)
		return AULA_WRONG_STATE;
	if (one == NULL) {
		aula_code code = add_member(roster, seat, join, &one);
		if (code != AULA_OK)
			return code;
	}
	bench *row = &roster->benches[seat->module][one->hidden];
	if (row->handles == NULL) {
		row->handles = g_array_new(FALSE, FALSE, sizeof(aula_handle));
		row->places = g_ptr_array_new();
	}
	aula_place *place = g_new0(aula_place, 1);
	*place = (aula_place){ .owner = one,
		.next = one->seats,
		.handle = seat->handle,
		.module = seat->module,
		.index = row->handles->len };
	one->seats = place;
	g_array_append_val(row->handles, place->handle);
	g_ptr_array_add(row->places, place);
	*ret_place = place;
	return AULA_OK;
}

void
aula_roster_rise(aula_place *place)
{
	member *one = place->owner;
	bench *row = &one->roster->benches[place->module][one->hidden];

	g_array_remove_index_fast(row->handles, place->index);
	g_ptr_array_remove_index_fast(row->places, place->index);
	if (place->index < row->places->len)
		((aula_place *)g_ptr_array_index(row->places, place->index))->index = place->index;

	aula_place **link = &one->seats;
	while (*link != place)
		link = &(*link)->next;
	*link = place->next;
	g_free(place);
	if (one->seats == NULL)
		free_member(one);
}

aula_roster *
aula_place_roster(const aula_place *place)
{
	return place->owner->roster;
}

aula_member
aula_place_member(const aula_place *place)
{
	return place->owner->id;
}

aula_handle
aula_place_handle(const aula_place *place)
{
	return place->handle;
}

bool
aula_place_set_leaving(aula_place *place)
{
	bool before = place->leaving;

	place->leaving = true;
	return before;
}

bool
aula_place_is_only(const aula_place *place)
{
	return place->owner->seats == place && place->next == NULL;
}

unsigned
aula_place_module(const aula_place *place)
{
	return place->module;
}

/* -- looking -- */

aula_room
aula_roster_room(const aula_roster *roster)
{
	return roster->room;
}

aula_place *
aula_roster_seat_of(const aula_id_table *members, aula_member id)
{
	const member *one = aula_id_get(members, id.id);

	return one != NULL ? one->seats : NULL;
}

aula_place *
aula_roster_any(const aula_roster *roster)
{
	for (unsigned i = 0; i < 2 * AULA_MODULES_MOST; i++) {
		const bench *row = &roster->benches[i / 2][i % 2];
		if (row->places != NULL && row->places->len > 0)
			return g_ptr_array_index(row->places, 0);
	}
	return NULL;
}

const aula_handle *
aula_roster_handles(const aula_roster *roster, unsigned module, bool hidden, size_t *ret_count)
{
	const GArray *handles = roster->benches[module][hidden].handles;

	*ret_count = handles != NULL ? handles->len : 0;
	return handles != NULL ? (const aula_handle *)(const void *)handles->data : NULL;
}

size_t
aula_roster_count(const aula_roster *roster, bool hidden)
{
	return hidden ? roster->hidden : roster->total - roster->hidden;
}

aula_code
aula_roster_member(
	const aula_id_table *members, aula_member id, unsigned module, aula_member_info *ret_info)
{
	const member *one = aula_id_get(members, id.id);

	if (one == NULL)
		return AULA_GONE;
	const aula_place *place = place_of(one, module);
	*ret_info = (aula_member_info){ .size = sizeof *ret_info,
		.member = one->id,
		.number = one->number,
		.text = one->text,
		.display = one->display,
		.subject = one->subject,
		.role = one->role,
		.handle = place != NULL ? place->handle : (aula_handle){ 0 } };
	return AULA_OK;
}

aula_member
aula_roster_named(const aula_roster *roster, const aula_key *name)
{
	const member *one = NULL;
	int64_t number = name->number;

	if (name->text != NULL) {
		one = g_hash_table_lookup(roster->by_text, name->text);
		number = aula_key_number(name->text);
	}
	if (one == NULL && number > 0)
		one = g_hash_table_lookup(roster->by_number, &number);
	return one != NULL ? one->id : (aula_member){ 0 };
}

static int
by_serial(gconstpointer a, gconstpointer b, void *unused)
{
	const member *left = a, *right = b;

	(void)unused;
	return left->serial < right->serial ? -1 : left->serial > right->serial;
}

size_t
aula_roster_list(const aula_roster *roster, uint64_t *cursor, aula_member *ret_members, size_t most)
{
	member last = { .serial = *cursor };
	size_t count = 0;

	/* Members may come and go between two calls, so the cursor is a serial, not a place. */
	GSequenceIter *at = g_sequence_search(roster->listed, &last, by_serial, NULL);
	for (; count < most && !g_sequence_iter_is_end(at); at = g_sequence_iter_next(at)) {
		const member *one = g_sequence_get(at);
		ret_members[count++] = one->id;
		*cursor = one->serial;
	}
	return count;
}
