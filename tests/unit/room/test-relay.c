/* SPDX-License-Identifier: Apache-2.0 */
#include "room/relay.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

enum { SERVERS = 3, TURN_US = 100 * 1000, EXPIRY_US = 15 * 1000 * 1000 };

/* An entry on its way. */
typedef struct {
	char *fields[8][2];
	size_t count;
	int64_t at_us;
	unsigned to;
} entry;

typedef struct world world;

/* A server: what it heard, as "server room number", in its order. */
typedef struct {
	world *world;
	unsigned index;
	aula_relay *relay; /* NULL: it is dead */
	GHashTable *rooms;
	GPtrArray *heard;
	GString *told; /* who is gone, and what was wanted */
	bool dull;     /* what it sends finds the bus full */
	char name[16];
} server;

/* Simulated time, and a bus that delays, drops and doubles. */
struct world {
	int64_t now_us;
	bool up, started;
	GRand *random;
	double loss, twice;
	int64_t delay_us;
	GPtrArray *entries;
	server servers[SERVERS];
};

static void
entry_free(void *data)
{
	entry *one = data;

	for (size_t i = 0; i < one->count; i++) {
		g_free(one->fields[i][0]);
		g_free(one->fields[i][1]);
	}
	g_free(one);
}

static void
post(world *w, unsigned to, const aula_bus_field *fields, size_t count)
{
	entry *one = g_new0(entry, 1);

	*one = (entry){ .count = count,
		.to = to,
		.at_us = w->now_us +
			 (w->delay_us > 0 ? g_rand_int_range(w->random, 0, (gint32)w->delay_us)
					  : 0) };
	for (size_t i = 0; i < count; i++) {
		one->fields[i][0] = g_strdup(fields[i].name);
		one->fields[i][1] = g_strndup(fields[i].text, fields[i].length);
	}
	g_ptr_array_add(w->entries, one);
}

static aula_code
on_send(void *data, const aula_bus_field *fields, size_t count)
{
	const server *from = data;
	world *w = from->world;

	if (from->dull)
		return AULA_FULL;
	for (unsigned to = 0; to < SERVERS; to++) {
		if (g_rand_double(w->random) < w->loss)
			continue;
		post(w, to, fields, count);
		if (g_rand_double(w->random) < w->twice)
			post(w, to, fields, count);
	}
	return AULA_OK;
}

static bool
on_has_room(void *data, const char *room)
{
	return g_hash_table_contains(((server *)data)->rooms, room);
}

static void
on_said(void *data, const char *node, const char *room, const char *module, const json_t *said)
{
	server *at = data;

	g_assert_cmpstr(module, ==, "chat");
	g_assert_true(on_has_room(at, room));
	g_ptr_array_add(at->heard, g_strdup_printf("%s %s %" JSON_INTEGER_FORMAT, node, room,
					   json_integer_value(json_object_get(said, "i"))));
}

static void
on_wanted(void *data, const char *room)
{
	g_string_append_printf(((server *)data)->told, "wanted:%s ", room);
}

static void
on_gone(void *data, const char *node)
{
	g_string_append_printf(((server *)data)->told, "gone:%s ", node);
}

static void
world_init(world *w)
{
	static const char *const names[SERVERS] = { "a", "b", "c" };

	*w = (world){ .now_us = 1000 * G_USEC_PER_SEC, .up = true };
	w->random = g_rand_new_with_seed(7);
	w->entries = g_ptr_array_new();
	for (unsigned i = 0; i < SERVERS; i++) {
		server *one = &w->servers[i];
		*one = (server){ .world = w, .index = i };
		g_strlcpy(one->name, names[i], sizeof one->name);
		one->rooms = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		one->heard = g_ptr_array_new_with_free_func(g_free);
		one->told = g_string_new(NULL);
		one->relay = aula_relay_new(&(aula_relay_options){ .node = one->name,
						    .expiry_us = EXPIRY_US,
						    .send = on_send,
						    .has_room = on_has_room,
						    .on_relay_said = on_said,
						    .on_relay_wanted = on_wanted,
						    .on_relay_gone = on_gone,
						    .data = one },
			w->now_us);
		g_hash_table_add(one->rooms, g_strdup("7"));
	}
	for (unsigned i = 0; i < SERVERS; i++)
		aula_relay_start(w->servers[i].relay);
}

static void
world_finish(world *w)
{
	for (unsigned i = 0; i < SERVERS; i++) {
		aula_relay_free(w->servers[i].relay);
		g_hash_table_destroy(w->servers[i].rooms);
		g_ptr_array_free(w->servers[i].heard, TRUE);
		g_string_free(w->servers[i].told, TRUE);
	}
	for (guint i = 0; i < w->entries->len; i++)
		entry_free(g_ptr_array_index(w->entries, i));
	g_ptr_array_free(w->entries, TRUE);
	g_rand_free(w->random);
}

static void
deliver(world *w, entry *one)
{
	aula_bus_field fields[8];

	for (size_t i = 0; i < one->count; i++)
		fields[i] = (aula_bus_field){ one->fields[i][0], one->fields[i][1],
			strlen(one->fields[i][1]) };
	if (w->servers[one->to].relay != NULL)
		aula_relay_take(w->servers[one->to].relay,
			&(aula_bus_entry){ .size = sizeof(aula_bus_entry),
				.id = "",
				.fields = fields,
				.count = one->count });
	entry_free(one);
}

/* Lets so much time go by. While the bus is not up nothing arrives, and nothing is lost. */
static void
run(world *w, int64_t for_us)
{
	for (int64_t until = w->now_us + for_us; w->now_us < until; w->now_us += TURN_US) {
		for (guint i = 0; w->up && i < w->entries->len;) {
			entry *one = g_ptr_array_index(w->entries, i);
			if (one->at_us > w->now_us) {
				i++;
				continue;
			}
			g_ptr_array_remove_index(w->entries, i);
			deliver(w, one);
		}
		for (unsigned i = 0; i < SERVERS; i++)
			if (w->servers[i].relay != NULL)
				aula_relay_tick(w->servers[i].relay, w->now_us, w->up);
	}
}

static void
say(server *from, const char *room, int number)
{
	json_t *said = json_pack("{s:i}", "i", number);

	g_assert_cmpint(aula_relay_say(from->relay, room, "chat", said), ==, AULA_OK);
	json_decref(said);
}

/* That `at` heard `from` say first..last in the room, each once and in order. */
static void
assert_heard(const server *at, const char *from, const char *room, int first, int last)
{
	g_autofree char *prefix = g_strdup_printf("%s %s ", from, room);
	int next = first;

	for (guint i = 0; i < at->heard->len; i++) {
		const char *line = g_ptr_array_index(at->heard, i);
		if (!g_str_has_prefix(line, prefix))
			continue;
		g_assert_cmpint(atoi(line + strlen(prefix)), ==, next);
		next++;
	}
	g_assert_cmpint(next, ==, last + 1);
}

static void
test_all_is_heard_once(void)
{
	world w;

	world_init(&w);
	run(&w, 2 * G_USEC_PER_SEC);
	/* Late, twice, out of order, and each fifth not at all. */
	w.loss = 0.2;
	w.twice = 0.2;
	w.delay_us = 800 * 1000;
	for (int i = 1; i <= 500; i++) {
		for (unsigned s = 0; s < SERVERS; s++)
			say(&w.servers[s], "7", i);
		run(&w, TURN_US);
	}
	run(&w, 200 * G_USEC_PER_SEC);
	for (unsigned at = 0; at < SERVERS; at++)
		for (unsigned from = 0; from < SERVERS; from++)
			assert_heard(
				&w.servers[at], w.servers[from].name, "7", 1, at == from ? 0 : 500);
	aula_relay_counts counts;
	aula_relay_count(w.servers[0].relay, &counts);
	g_assert_cmpuint(counts.said, ==, 500);
	g_assert_cmpuint(counts.heard, ==, 1000);
	g_assert_cmpuint(counts.missed, ==, 0);
	g_assert_cmpuint(counts.nodes, ==, 2);
	world_finish(&w);
}

static void
test_bus_away(void)
{
	world w;

	world_init(&w);
	run(&w, 2 * G_USEC_PER_SEC);
	say(&w.servers[0], "7", 1);
	run(&w, 2 * G_USEC_PER_SEC);
	g_string_truncate(w.servers[1].told, 0);
	w.up = false;
	for (int i = 2; i <= 100; i++) {
		say(&w.servers[0], "7", i);
		run(&w, G_USEC_PER_SEC);
	}
	assert_heard(&w.servers[1], "a", "7", 1, 1);
	/* For so long nobody could be heard: that is no reason to think that they are gone. */
	w.up = true;
	run(&w, 10 * G_USEC_PER_SEC);
	assert_heard(&w.servers[1], "a", "7", 1, 100);
	g_assert_cmpstr(w.servers[1].told->str, ==, "");
	world_finish(&w);
}

/* What the bus had no place for is asked for when it has: the beats tell of it. */
static void
test_full(void)
{
	world w;
	aula_relay_counts counts;

	world_init(&w);
	run(&w, 2 * G_USEC_PER_SEC);
	say(&w.servers[0], "7", 1);
	w.servers[0].dull = true;
	for (int i = 2; i <= 50; i++)
		say(&w.servers[0], "7", i);
	w.servers[0].dull = false;
	run(&w, 20 * G_USEC_PER_SEC);
	assert_heard(&w.servers[1], "a", "7", 1, 50);
	aula_relay_count(w.servers[0].relay, &counts);
	g_assert_cmpuint(counts.refused, ==, 49);
	world_finish(&w);
}

static void
test_death(void)
{
	world w;

	world_init(&w);
	run(&w, 2 * G_USEC_PER_SEC);
	say(&w.servers[0], "7", 1);
	run(&w, 5 * G_USEC_PER_SEC);
	g_string_truncate(w.servers[1].told, 0);
	g_clear_pointer(&w.servers[0].relay, aula_relay_free);
	run(&w, EXPIRY_US - 6 * G_USEC_PER_SEC);
	g_assert_cmpstr(w.servers[1].told->str, ==, "");
	run(&w, 8 * G_USEC_PER_SEC);
	g_assert_cmpstr(w.servers[1].told->str, ==, "gone:a ");
	/* Who takes leave is gone at once. */
	g_string_truncate(w.servers[1].told, 0);
	aula_relay_stop(w.servers[2].relay);
	run(&w, G_USEC_PER_SEC);
	g_assert_cmpstr(w.servers[1].told->str, ==, "gone:c ");
	world_finish(&w);
}

/* More was missed than is kept: the rest goes on, and all that is known is asked for anew. */
static void
test_too_much_missed(void)
{
	world w;
	aula_relay_counts counts;

	world_init(&w);
	run(&w, 2 * G_USEC_PER_SEC);
	say(&w.servers[0], "7", 1);
	run(&w, 2 * G_USEC_PER_SEC);
	w.loss = 1;
	for (int i = 2; i <= 21; i++)
		say(&w.servers[0], "7", i);
	w.loss = 0;
	w.up = false;
	run(&w, 400 * G_USEC_PER_SEC);
	w.up = true;
	g_string_truncate(w.servers[0].told, 0);
	say(&w.servers[0], "7", 22);
	run(&w, 20 * G_USEC_PER_SEC);
	aula_relay_count(w.servers[1].relay, &counts);
	g_assert_cmpuint(counts.missed, ==, 20);
	g_assert_cmpuint(counts.heard, ==, 2);
	g_assert_nonnull(strstr(w.servers[0].told->str, "wanted:7"));
	world_finish(&w);
}

static void
test_rooms_open_and_close(void)
{
	world w;

	world_init(&w);
	server *a = &w.servers[0], *b = &w.servers[1];
	run(&w, 2 * G_USEC_PER_SEC);
	g_hash_table_add(a->rooms, g_strdup("new"));
	aula_relay_open(a->relay, "new");
	say(a, "new", 1);
	say(a, "new", 2);
	run(&w, 2 * G_USEC_PER_SEC);
	/* Whoever opens it later is not told the past, and asks for what is to be known. */
	g_string_truncate(a->told, 0);
	g_hash_table_add(b->rooms, g_strdup("new"));
	aula_relay_open(b->relay, "new");
	run(&w, G_USEC_PER_SEC);
	g_assert_cmpstr(a->told->str, ==, "wanted:new ");
	say(a, "new", 3);
	run(&w, G_USEC_PER_SEC);
	assert_heard(b, "a", "new", 3, 3);
	/* Closed and opened again there, it begins with 1. */
	g_hash_table_remove(a->rooms, "new");
	aula_relay_close(a->relay, "new");
	g_hash_table_add(a->rooms, g_strdup("new"));
	aula_relay_open(a->relay, "new");
	say(a, "new", 4);
	run(&w, G_USEC_PER_SEC);
	assert_heard(b, "a", "new", 3, 4);
	world_finish(&w);
}

/* Whatever they drew, and while nothing has gone astray, no two have the same. */
static void
test_slots(void)
{
	for (int i = 0; i < 20; i++) {
		world w;
		world_init(&w);
		run(&w, 20 * G_USEC_PER_SEC);
		for (unsigned s = 0; s < SERVERS; s++) {
			unsigned slot = aula_relay_slot(w.servers[s].relay);
			g_assert_cmpuint(slot, <, AULA_RELAY_SLOTS);
			for (unsigned other = 0; other < s; other++)
				g_assert_cmpuint(slot, !=, aula_relay_slot(w.servers[other].relay));
		}
		world_finish(&w);
	}
}

/* What comes from Redis may have been written by anybody. */
static void
test_nonsense(void)
{
	static const char *const kinds[] = { "say", "beat", "gone", "ask", "hello", "bye", "what",
		"" };
	static const char *const texts[] = { "", "{", "[]", "{\"rooms\":{\"7\":[1]}}",
		"{\"rooms\":{\"7\":[9223372036854775807,9223372036854775807]},\"slot\":-1}", "-1",
		"99999999999999999999" };
	world w;

	world_init(&w);
	for (guint32 i = 0; i < 20000; i++) {
		const char *kind = kinds[g_rand_int_range(w.random, 0, G_N_ELEMENTS(kinds))];
		const char *text = texts[g_rand_int_range(w.random, 0, G_N_ELEMENTS(texts))];
		const char *number = texts[g_rand_int_range(w.random, 5, G_N_ELEMENTS(texts))];
		const char *epoch = i % 3 == 0 ? number : "1";
		aula_bus_field fields[] = { { "k", kind, strlen(kind) }, { "n", "x", 1 },
			{ "r", "7", 1 }, { "m", "chat", 4 }, { "e", epoch, strlen(epoch) },
			{ "q", number, strlen(number) }, { "d", text, strlen(text) } };
		aula_relay_take(
			w.servers[0].relay, &(aula_bus_entry){ .size = sizeof(aula_bus_entry),
						    .id = "",
						    .fields = fields,
						    .count = G_N_ELEMENTS(fields) });
		if (i % 100 == 0)
			run(&w, TURN_US);
	}
	world_finish(&w);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/relay/all-is-heard-once", test_all_is_heard_once);
	g_test_add_func("/relay/bus-away", test_bus_away);
	g_test_add_func("/relay/full", test_full);
	g_test_add_func("/relay/death", test_death);
	g_test_add_func("/relay/too-much-missed", test_too_much_missed);
	g_test_add_func("/relay/rooms-open-and-close", test_rooms_open_and_close);
	g_test_add_func("/relay/slots", test_slots);
	g_test_add_func("/relay/nonsense", test_nonsense);
	return g_test_run();
}
