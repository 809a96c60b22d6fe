/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/shelf.h"

#include <glib.h>
#include <string.h>

enum {
	THINGS_MOST = 20000, /* boards and values */
	MEMBERS_MOST = 100000,
	BYTES_MOST = 64 << 20, /* of values */
	SWEEP_US = 10 * 1000 * 1000,
};

typedef struct {
	char *name;
	double points;
} entry;

/* A board (`order` is not NULL), or a value. */
typedef struct {
	int64_t until_us;
	GSequence *order;    /* of entry, the first first */
	GHashTable *members; /* entry->name -> GSequenceIter */
	GBytes *value;
} thing;

struct aula_shelf {
	GHashTable *boards, *values; /* name -> thing */
	size_t members, bytes;
	int64_t swept_us;
};

static void
entry_free(void *data)
{
	entry *one = data;

	g_free(one->name);
	g_free(one);
}

static void
thing_free(void *data)
{
	thing *one = data;

	if (one->order != NULL) {
		g_hash_table_destroy(one->members);
		g_sequence_free(one->order);
	}
	if (one->value != NULL)
		g_bytes_unref(one->value);
	g_free(one);
}

/* As Redis has it backwards: more points first; of the same, the later name. */
static int
compare(const void *left, const void *right, void *data)
{
	const entry *a = left, *b = right;

	(void)data;
	if (a->points != b->points)
		return a->points > b->points ? -1 : 1;
	return strcmp(b->name, a->name);
}

aula_shelf *
aula_shelf_new(void)
{
	aula_shelf *shelf = g_new0(aula_shelf, 1);

	shelf->boards = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, thing_free);
	shelf->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, thing_free);
	return shelf;
}

void
aula_shelf_free(aula_shelf *shelf)
{
	if (shelf == NULL)
		return;
	g_hash_table_destroy(shelf->boards);
	g_hash_table_destroy(shelf->values);
	g_free(shelf);
}

/* -- what has had its time -- */

static void
remove_thing(aula_shelf *shelf, GHashTable *from, const char *name)
{
	const thing *one = g_hash_table_lookup(from, name);

	if (one == NULL)
		return;
	if (one->order != NULL)
		shelf->members -= g_hash_table_size(one->members);
	if (one->value != NULL)
		shelf->bytes -= g_bytes_get_size(one->value) - 1;
	g_hash_table_remove(from, name);
}

static thing *
find(aula_shelf *shelf, GHashTable *from, const char *name, int64_t now_us)
{
	thing *one = g_hash_table_lookup(from, name);

	if (one == NULL || one->until_us > now_us)
		return one;
	remove_thing(shelf, from, name);
	return NULL;
}

static void
sweep(aula_shelf *shelf, GHashTable *from, int64_t now_us)
{
	g_autoptr(GPtrArray) old = g_ptr_array_new_with_free_func(g_free);
	GHashTableIter iter;
	gpointer name, one;

	g_hash_table_iter_init(&iter, from);
	while (g_hash_table_iter_next(&iter, &name, &one))
		if (((thing *)one)->until_us <= now_us)
			g_ptr_array_add(old, g_strdup(name));
	for (guint i = 0; i < old->len; i++)
		remove_thing(shelf, from, g_ptr_array_index(old, i));
}

static bool
has_room(aula_shelf *shelf, size_t bytes, int64_t now_us)
{
	if (now_us >= shelf->swept_us + SWEEP_US) {
		shelf->swept_us = now_us;
		sweep(shelf, shelf->boards, now_us);
		sweep(shelf, shelf->values, now_us);
	}
	return g_hash_table_size(shelf->boards) + g_hash_table_size(shelf->values) < THINGS_MOST &&
	       shelf->members < MEMBERS_MOST && shelf->bytes + bytes <= BYTES_MOST;
}

/* -- boards -- */

aula_code
aula_shelf_score(aula_shelf *shelf, const char *board, const char *member, double points,
	int64_t until_us, int64_t now_us)
{
	thing *one = find(shelf, shelf->boards, board, now_us);
	GSequenceIter *at = one != NULL ? g_hash_table_lookup(one->members, member) : NULL;

	if (at == NULL && !has_room(shelf, 0, now_us))
		return AULA_FULL;
	if (one == NULL) {
		one = g_new0(thing, 1);
		one->order = g_sequence_new(entry_free);
		one->members = g_hash_table_new(g_str_hash, g_str_equal);
		g_hash_table_insert(shelf->boards, g_strdup(board), one);
	}
	one->until_us = until_us;
	if (at != NULL) {
		((entry *)g_sequence_get(at))->points = points;
		g_sequence_sort_changed(at, compare, NULL);
		return AULA_OK;
	}
	entry *added = g_new(entry, 1);
	*added = (entry){ .name = g_strdup(member), .points = points };
	at = g_sequence_insert_sorted(one->order, added, compare, NULL);
	g_hash_table_insert(one->members, added->name, at);
	shelf->members++;
	return AULA_OK;
}

void
aula_shelf_unscore(aula_shelf *shelf, const char *board, const char *member)
{
	const thing *one = g_hash_table_lookup(shelf->boards, board);
	GSequenceIter *at = one != NULL ? g_hash_table_lookup(one->members, member) : NULL;

	if (at == NULL)
		return;
	g_hash_table_remove(one->members, member);
	g_sequence_remove(at);
	shelf->members--;
}

static aula_bus_score
score_at(GSequenceIter *at)
{
	const entry *one = g_sequence_get(at);

	return (aula_bus_score){ .member = one->name,
		.points = one->points,
		.rank = g_sequence_iter_get_position(at) + 1 };
}

size_t
aula_shelf_top(aula_shelf *shelf, const char *board, size_t most, int64_t now_us,
	aula_bus_score *ret_scores)
{
	const thing *one = find(shelf, shelf->boards, board, now_us);
	size_t count = 0;

	if (one == NULL)
		return 0;
	for (GSequenceIter *at = g_sequence_get_begin_iter(one->order);
		count < most && !g_sequence_iter_is_end(at); at = g_sequence_iter_next(at))
		ret_scores[count++] = score_at(at);
	return count;
}

bool
aula_shelf_rank(aula_shelf *shelf, const char *board, const char *member, int64_t now_us,
	aula_bus_score *ret_score)
{
	const thing *one = find(shelf, shelf->boards, board, now_us);
	GSequenceIter *at = one != NULL ? g_hash_table_lookup(one->members, member) : NULL;

	if (at == NULL)
		return false;
	*ret_score = score_at(at);
	return true;
}

/* -- values -- */

aula_code
aula_shelf_set(aula_shelf *shelf, const char *name, const char *text, size_t length,
	int64_t until_us, int64_t now_us)
{
	remove_thing(shelf, shelf->values, name);
	if (!has_room(shelf, length, now_us))
		return AULA_FULL;
	thing *one = g_new0(thing, 1);
	one->until_us = until_us;
	/* Those who read it find a zero byte behind. */
	char *copy = g_malloc(length + 1);
	memcpy(copy, text, length);
	copy[length] = '\0';
	one->value = g_bytes_new_take(copy, length + 1);
	shelf->bytes += length;
	g_hash_table_insert(shelf->values, g_strdup(name), one);
	return AULA_OK;
}

const char *
aula_shelf_get(aula_shelf *shelf, const char *name, int64_t now_us, size_t *ret_length)
{
	const thing *one = find(shelf, shelf->values, name, now_us);

	if (one == NULL)
		return NULL;
	*ret_length = g_bytes_get_size(one->value) - 1;
	return g_bytes_get_data(one->value, NULL);
}
