/* SPDX-License-Identifier: Apache-2.0 */
#include "room/relay.h"

#include <glib.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "room/hearing.h"
#include "room/said.h"

enum {
	NODES_MOST = 1024,
	NODE_BYTES_MOST = 256,
	BEAT_ROOMS_MOST = 1000,
	BEATS = 4,                     /* within the expiry */
	FORGET_US = 900 * 1000 * 1000, /* a server that was gone for so long */
	HELLO_AGAIN_US = 2 * 1000 * 1000,
	DRAWS_MOST = 64,
	FIELDS_MOST = 8,
};

#define NUMBER_MOST (INT64_C(1) << 53)

static const char area[] = "rooms";

/* What this server says in one room. */
typedef struct {
	int64_t epoch, number;
	int64_t told; /* the number in the last beat */
	int beats;    /* that are still to have it */
} speech;

/* Another server. */
typedef struct {
	char *name;
	int64_t seen_us, asked_us;
	bool there, known; /* known: it has told all its numbers */
	unsigned slot;
	GHashTable *hearings; /* room -> aula_hearing */
} node;

struct aula_relay {
	aula_relay_options options;
	char *self;
	bool started, stopped, was_up;
	int64_t now_us, beat_us;
	int64_t epochs;
	unsigned slot;
	GHashTable *speeches; /* room -> speech */
	GHashTable *nodes;    /* name -> node */
	aula_said_list *said;
	aula_relay_counts counts;
};

/* -- sending -- */

/* Pairs of name and text up to NULL; who sends it is added. */
static aula_code __attribute__((sentinel)) send_entry(aula_relay *relay, ...)
{
	aula_bus_field fields[FIELDS_MOST] = { { "n", relay->self, strlen(relay->self) } };
	size_t count = 1;
	const char *name;
	va_list arguments;

	va_start(arguments, relay);
	while ((name = va_arg(arguments, const char *)) != NULL) {
		const char *text = va_arg(arguments, const char *);
		g_assert(count < FIELDS_MOST);
		fields[count++] = (aula_bus_field){ name, text, strlen(text) };
	}
	va_end(arguments);
	return relay->options.send(relay->options.data, fields, count);
}

static aula_code
send_said(aula_relay *relay, const aula_said *one)
{
	g_autofree char *epoch = g_strdup_printf("%" PRId64, one->epoch);
	g_autofree char *number = g_strdup_printf("%" PRId64, one->number);

	return send_entry(relay, "k", "say", "r", one->room, "m", one->module, "e", epoch, "q",
		number, "d", one->text, NULL);
}

static speech *
speech_of(aula_relay *relay, const char *room)
{
	speech *one = g_hash_table_lookup(relay->speeches, room);

	if (one == NULL) {
		one = g_new0(speech, 1);
		one->epoch = ++relay->epochs;
		g_hash_table_insert(relay->speeches, g_strdup(room), one);
	}
	return one;
}

aula_code
aula_relay_say(aula_relay *relay, const char *room, const char *module, const json_t *said)
{
	char *text = relay->stopped ? NULL : json_dumps(said, JSON_COMPACT);

	if (text == NULL)
		return relay->stopped ? AULA_OK : AULA_INVALID;
	speech *here = speech_of(relay, room);
	aula_said one = { .room = (char *)room,
		.module = (char *)module,
		.text = text,
		.epoch = here->epoch,
		.number = ++here->number,
		.at_us = relay->now_us };
	/* What finds no place on the bus has its number all the same, and is asked for. */
	if (send_said(relay, aula_said_add(relay->said, &one)) != AULA_OK)
		relay->counts.refused++;
	here->beats = BEATS;
	relay->counts.said++;
	return AULA_OK;
}

/* -- who else is there -- */

static void
node_free(void *data)
{
	node *one = data;

	g_hash_table_destroy(one->hearings);
	g_free(one->name);
	g_free(one);
}

/* NULL: there are too many. */
static node *
node_of(aula_relay *relay, const char *name)
{
	node *one = g_hash_table_lookup(relay->nodes, name);

	if (one != NULL)
		return one;
	if (g_hash_table_size(relay->nodes) >= NODES_MOST || strlen(name) > NODE_BYTES_MOST)
		return NULL;
	one = g_new0(node, 1);
	one->name = g_strdup(name);
	one->slot = AULA_RELAY_SLOTS;
	one->hearings = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, (GDestroyNotify)aula_hearing_free);
	g_hash_table_insert(relay->nodes, one->name, one);
	return one;
}

static void
lose(aula_relay *relay, node *one)
{
	if (!one->there)
		return;
	one->there = false;
	relay->counts.nodes--;
	aula_log(AULA_LOG_INFO, area, "a server is gone server=%s", one->name);
	relay->options.on_relay_gone(relay->options.data, one->name);
}

/* Asks for all that is to be known of it. */
static void
greet(aula_relay *relay, node *one)
{
	one->asked_us = relay->now_us;
	send_entry(relay, "k", "hello", "to", one->name, NULL);
}

static void
see(aula_relay *relay, node *one)
{
	one->seen_us = relay->now_us;
	if (one->there)
		return;
	one->there = true;
	relay->counts.nodes++;
	aula_log(AULA_LOG_INFO, area, "a server is there server=%s", one->name);
	/* What it said while it was thought gone was heard; who is there is to be said anew. */
	greet(relay, one);
}

/* -- hearing -- */

static aula_hearing *
hearing_of(aula_relay *relay, node *from, const char *room)
{
	aula_hearing *one = g_hash_table_lookup(from->hearings, room);

	if (one == NULL && relay->options.has_room(relay->options.data, room)) {
		/* Whoever has told all numbers had said nothing in this room until then. */
		one = aula_hearing_new(from->known);
		g_hash_table_insert(from->hearings, g_strdup(room), one);
	}
	return one;
}

static void
ask(aula_relay *relay, const node *from, const char *room, aula_hearing *one)
{
	aula_gap gap;

	if (!aula_hearing_gap(one, relay->now_us, &gap))
		return;
	g_autofree char *epoch = g_strdup_printf("%" PRId64, gap.epoch);
	g_autofree char *first = g_strdup_printf("%" PRId64, gap.first);
	g_autofree char *last = g_strdup_printf("%" PRId64, gap.last);
	send_entry(relay, "k", "ask", "to", from->name, "r", room, "e", epoch, "q", first, "d",
		last, NULL);
	relay->counts.asked++;
}

/* Tells what can be told in order. The room may be closed by whoever is told. */
static void
tell(aula_relay *relay, node *from, const char *room)
{
	aula_hearing *one;
	aula_heard heard;

	while ((one = g_hash_table_lookup(from->hearings, room)) != NULL &&
		aula_hearing_next(one, &heard)) {
		json_t *said = json_loads(heard.text, 0, NULL);
		if (json_is_object(said)) {
			relay->counts.heard++;
			relay->options.on_relay_said(
				relay->options.data, from->name, room, heard.module, said);
		}
		json_decref(said);
		aula_heard_clear(&heard);
	}
	if (one != NULL)
		ask(relay, from, room, one);
}

static void
give_up(aula_relay *relay, node *from, const char *room, aula_hearing *one, int64_t upto)
{
	int64_t missed = aula_hearing_skip(one, upto);

	if (missed == 0)
		return;
	relay->counts.missed += (uint64_t)missed;
	aula_log(AULA_LOG_WARNING, area,
		"what another server said is lost room=\"%s\" server=%s messages=%" PRId64, room,
		from->name, missed);
	send_entry(relay, "k", "hello", "to", from->name, "r", room, NULL);
	tell(relay, from, room);
}

/* -- what comes in -- */

typedef struct {
	const char *kind, *from, *to, *room, *module, *text;
	int64_t epoch, number;
} letter;

static const char *
text_of(const aula_bus_entry *entry, const char *name)
{
	const aula_bus_field *field = aula_bus_entry_field(entry, name);

	return field != NULL ? field->text : "";
}

/* A number of an entry; 0: it is none, or no server has come so far. */
static int64_t
number_of(const aula_bus_entry *entry, const char *name)
{
	int64_t number = g_ascii_strtoll(text_of(entry, name), NULL, 10);

	return number <= NUMBER_MOST ? MAX(number, 0) : 0;
}

static void
take_say(aula_relay *relay, node *from, const letter *in)
{
	aula_hearing *one = hearing_of(relay, from, in->room);

	if (one == NULL || in->epoch < 1 || in->number < 1)
		return;
	if (!aula_hearing_add(one, in->epoch, in->number, in->module, in->text))
		relay->counts.again++;
	if (aula_hearing_is_full(one))
		give_up(relay, from, in->room, one, 0);
	tell(relay, from, in->room);
}

static void
take_gone(aula_relay *relay, node *from, const letter *in)
{
	aula_hearing *one = g_hash_table_lookup(from->hearings, in->room);

	if (one != NULL && aula_hearing_epoch(one) == in->epoch)
		give_up(relay, from, in->room, one, in->number);
}

static void
send_gone(aula_relay *relay, const letter *about, int64_t number)
{
	g_autofree char *epoch = g_strdup_printf("%" PRId64, about->epoch);
	g_autofree char *last = g_strdup_printf("%" PRId64, number);

	send_entry(relay, "k", "gone", "r", about->room, "e", epoch, "q", last, NULL);
}

/* Says anew what was missed; of what is not kept any more, that it is gone: the oldest goes first.
 */
static void
take_ask(aula_relay *relay, const letter *in)
{
	int64_t last = g_ascii_strtoll(in->text, NULL, 10);
	const speech *here = g_hash_table_lookup(relay->speeches, in->room);
	const aula_said *one;
	aula_said_cursor cursor = { 0 };

	if (here == NULL || here->epoch != in->epoch || last > here->number)
		return;
	one = aula_said_next(relay->said, in->epoch, in->number, &cursor);
	if (one == NULL || one->number > in->number)
		send_gone(relay, in, one == NULL ? last : MIN(last, one->number - 1));
	for (; one != NULL && one->number <= last;
		one = aula_said_next(relay->said, in->epoch, 0, &cursor))
		if (send_said(relay, one) != AULA_OK)
			return;
}

static void
draw_slot(aula_relay *relay)
{
	bool taken = true;

	for (int i = 0; taken && i < DRAWS_MOST; i++) {
		GHashTableIter iter;
		gpointer value;
		relay->slot = (unsigned)g_random_int_range(0, AULA_RELAY_SLOTS);
		taken = false;
		g_hash_table_iter_init(&iter, relay->nodes);
		while (g_hash_table_iter_next(&iter, NULL, &value))
			taken |= ((node *)value)->slot == relay->slot;
	}
}

static void
take_beat(aula_relay *relay, node *from, const letter *in)
{
	json_t *beat = json_loads(in->text, 0, NULL), *one;
	const char *room;

	json_object_foreach(json_object_get(beat, "rooms"), room, one)
	{
		int64_t epoch = json_integer_value(json_array_get(one, 0));
		int64_t number = json_integer_value(json_array_get(one, 1));
		aula_hearing *hearing = hearing_of(relay, from, room);
		if (hearing == NULL || epoch < 1 || number < 0 || number > NUMBER_MOST)
			continue;
		aula_hearing_told(hearing, epoch, number);
		ask(relay, from, room, hearing);
	}
	from->known |= json_is_true(json_object_get(beat, "all"));
	from->slot = (unsigned)json_integer_value(json_object_get(beat, "slot"));
	/* Of two that have the same, one draws anew. */
	if (from->slot == relay->slot && strcmp(relay->self, from->name) > 0)
		draw_slot(relay);
	json_decref(beat);
}

static void
send_beat(aula_relay *relay, bool all)
{
	json_t *rooms = json_object();
	GHashTableIter iter;
	gpointer name, value;

	g_hash_table_iter_init(&iter, relay->speeches);
	while (g_hash_table_iter_next(&iter, &name, &value)) {
		speech *one = value;
		if ((!all && one->beats == 0) ||
			(!all && json_object_size(rooms) >= BEAT_ROOMS_MOST))
			continue;
		if (!all)
			one->beats--;
		json_object_set_new(rooms, name,
			json_pack("[I, I]", (json_int_t)one->epoch, (json_int_t)one->number));
	}
	json_t *beat = json_pack(
		"{s:i, s:b, s:o}", "slot", (int)relay->slot, "all", (int)all, "rooms", rooms);
	char *text = json_dumps(beat, JSON_COMPACT);
	json_decref(beat);
	if (text != NULL)
		send_entry(relay, "k", "beat", "d", text, NULL);
	free(text);
}

static void
take_hello(aula_relay *relay, const letter *in)
{
	GHashTableIter iter;
	gpointer name;

	if (*in->room != '\0') {
		if (relay->options.has_room(relay->options.data, in->room))
			relay->options.on_relay_wanted(relay->options.data, in->room);
		return;
	}
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	g_hash_table_iter_init(&iter, relay->speeches);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		g_ptr_array_add(names, g_strdup(name));
	for (guint i = 0; i < names->len; i++)
		relay->options.on_relay_wanted(relay->options.data, g_ptr_array_index(names, i));
	g_ptr_array_free(names, TRUE);
	send_beat(relay, true);
}

void
aula_relay_take(aula_relay *relay, const aula_bus_entry *entry)
{
	letter in = { .kind = text_of(entry, "k"),
		.from = text_of(entry, "n"),
		.to = text_of(entry, "to"),
		.room = text_of(entry, "r"),
		.module = text_of(entry, "m"),
		.text = text_of(entry, "d"),
		.epoch = number_of(entry, "e"),
		.number = number_of(entry, "q") };
	bool for_us = *in.to == '\0' || strcmp(in.to, relay->self) == 0;

	if (!relay->started || *in.from == '\0' || strcmp(in.from, relay->self) == 0)
		return;
	node *from = node_of(relay, in.from);
	if (from == NULL)
		return;
	if (strcmp(in.kind, "bye") == 0) {
		lose(relay, from);
		return;
	}
	see(relay, from);
	if (strcmp(in.kind, "say") == 0)
		take_say(relay, from, &in);
	else if (strcmp(in.kind, "beat") == 0)
		take_beat(relay, from, &in);
	else if (strcmp(in.kind, "gone") == 0)
		take_gone(relay, from, &in);
	else if (strcmp(in.kind, "ask") == 0 && for_us)
		take_ask(relay, &in);
	else if (strcmp(in.kind, "hello") == 0 && for_us)
		take_hello(relay, &in);
}

/* -- time -- */

static void
look_at_gaps(aula_relay *relay, node *from)
{
	GHashTableIter iter;
	gpointer key, value;
	GPtrArray *late = g_ptr_array_new_with_free_func(g_free);

	g_hash_table_iter_init(&iter, from->hearings);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		if (aula_hearing_is_hopeless(value, from->there))
			g_ptr_array_add(late, g_strdup(key));
		else
			ask(relay, from, key, value);
	}
	for (guint i = 0; i < late->len; i++) {
		const char *room = g_ptr_array_index(late, i);
		aula_hearing *one = g_hash_table_lookup(from->hearings, room);
		if (one != NULL)
			give_up(relay, from, room, one, 0);
	}
	g_ptr_array_free(late, TRUE);
}

void
aula_relay_tick(aula_relay *relay, int64_t now_us, bool up)
{
	GHashTableIter iter;
	gpointer value;

	relay->now_us = now_us;
	aula_said_prune(relay->said, now_us);
	if (!relay->started)
		return;
	if (up && now_us >= relay->beat_us) {
		send_beat(relay, false);
		relay->beat_us = now_us + relay->options.expiry_us / BEATS;
	}
	g_autoptr(GList) nodes = g_hash_table_get_values(relay->nodes);
	for (const GList *at = nodes; at != NULL; at = at->next) {
		node *one = at->data;
		/* Nobody can be heard while Redis is away, and all need a moment after it. */
		if (!up || !relay->was_up)
			one->seen_us = MAX(one->seen_us, one->there ? now_us : one->seen_us);
		else if (one->seen_us < now_us - relay->options.expiry_us)
			lose(relay, one);
		if (up && one->there && !one->known && now_us >= one->asked_us + HELLO_AGAIN_US)
			greet(relay, one);
		if (up)
			look_at_gaps(relay, one);
	}
	relay->was_up = up;
	g_hash_table_iter_init(&iter, relay->nodes);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		if (((node *)value)->seen_us < now_us - FORGET_US)
			g_hash_table_iter_remove(&iter);
}

/* -- life -- */

aula_relay *
aula_relay_new(const aula_relay_options *options, int64_t now_us)
{
	aula_relay *relay = g_new0(aula_relay, 1);

	relay->options = *options;
	relay->self = g_strdup(options->node);
	relay->now_us = now_us;
	relay->speeches = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	relay->nodes = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, node_free);
	relay->said = aula_said_list_new();
	draw_slot(relay);
	return relay;
}

void
aula_relay_free(aula_relay *relay)
{
	if (relay == NULL)
		return;
	g_hash_table_destroy(relay->speeches);
	g_hash_table_destroy(relay->nodes);
	aula_said_list_free(relay->said);
	g_free(relay->self);
	g_free(relay);
}

void
aula_relay_start(aula_relay *relay)
{
	relay->started = true;
	send_entry(relay, "k", "hello", NULL);
	send_beat(relay, false);
	relay->beat_us = relay->now_us + relay->options.expiry_us / BEATS;
}

void
aula_relay_stop(aula_relay *relay)
{
	if (relay->started)
		send_entry(relay, "k", "bye", NULL);
	relay->started = false;
	relay->stopped = true;
}

void
aula_relay_open(aula_relay *relay, const char *room)
{
	GHashTableIter iter;
	gpointer value;

	if (!relay->started)
		return;
	/* What was said before is not this room's. */
	g_hash_table_iter_init(&iter, relay->nodes);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		g_hash_table_replace(
			((node *)value)->hearings, g_strdup(room), aula_hearing_new(false));
	send_entry(relay, "k", "hello", "r", room, NULL);
}

void
aula_relay_close(aula_relay *relay, const char *room)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_remove(relay->speeches, room);
	g_hash_table_iter_init(&iter, relay->nodes);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		g_hash_table_remove(((node *)value)->hearings, room);
}

unsigned
aula_relay_slot(const aula_relay *relay)
{
	return relay->slot;
}

void
aula_relay_count(const aula_relay *relay, aula_relay_counts *ret_counts)
{
	*ret_counts = relay->counts;
}
