/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/writers.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <string.h>

#include "base/log.h"

enum { WRITERS_MOST = 1024 /* connections, of a cluster */ };

static const char area[] = "bus";

struct aula_writers {
	aula_loop *loop;
	aula_cord_options cord;
	aula_writers_options options;
	GHashTable *cords;   /* key -> aula_cord; "" but in a cluster; NULL: it is over */
	GHashTable *numbers; /* stream -> uint64_t: the last given */
	bool fails;
};

static void
on_cord_state(void *data, bool up, const char *why)
{
	aula_writers *writers = data;
	aula_ledger *ledger = writers->options.ledger;

	aula_ledger_set_up(ledger, up);
	if (up)
		aula_log(AULA_LOG_INFO, area, "Redis is there waiting=%zu",
			aula_ledger_waiting(ledger));
	else
		aula_log(AULA_LOG_WARNING, area, "Redis is away; what is to go there waits: %s",
			why);
}

aula_cord *
aula_writers_cord(aula_writers *writers, const char *key)
{
	bool cluster = writers->cord.place->kind == AULA_PLACE_CLUSTER;
	const char *name = cluster ? key : "";
	aula_cord *cord = writers->cords != NULL ? g_hash_table_lookup(writers->cords, name) : NULL;

	if (cord != NULL || writers->cords == NULL ||
		g_hash_table_size(writers->cords) >= WRITERS_MOST)
		return cord;
	cord = aula_cord_new(writers->loop, &writers->cord);
	g_hash_table_insert(writers->cords, g_strdup(name), cord);
	return cord;
}

static void
on_reply(void *data, const redisReply *reply)
{
	aula_parcel *parcel = data;
	aula_writers *writers = parcel->writers;
	bool fails = reply != NULL && reply->type == REDIS_REPLY_ERROR;

	parcel->written = reply != NULL && !fails;
	aula_ledger_settle(writers->options.ledger, parcel->bytes, parcel->written,
		aula_now_us() - parcel->at_us);
	if (fails && !writers->fails)
		aula_log(AULA_LOG_ERROR, area, "Redis does not take what is appended stream=%s: %s",
			parcel->stream, reply->str);
	if (reply != NULL)
		writers->fails = fails;
	writers->options.on_written(parcel);
}

/* Its own account of what it has appended, so that readers see what came twice. */
static uint64_t
next_number(aula_writers *writers, const char *stream)
{
	uint64_t *number = g_hash_table_lookup(writers->numbers, stream);

	if (number == NULL) {
		/* So that a number is above all before it, though old ones were forgotten. */
		if (g_hash_table_size(writers->numbers) >= WRITERS_MOST)
			g_hash_table_remove_all(writers->numbers);
		number = g_new(uint64_t, 1);
		*number = (uint64_t)g_get_real_time();
		g_hash_table_insert(writers->numbers, g_strdup(stream), number);
	}
	return ++*number;
}

static void
send(aula_writers *writers, const char *key, bool keep, int count, const char *const *words,
	const size_t *lengths, aula_parcel *parcel)
{
	aula_cord *cord = aula_writers_cord(writers, key);

	parcel->writers = writers;
	if (cord == NULL)
		on_reply(parcel, NULL);
	else
		aula_cord_send(cord, keep, count, words, lengths, on_reply, parcel);
}

void
aula_writers_append(aula_writers *writers, aula_parcel *parcel)
{
	const aula_writers_options *options = &writers->options;
	g_autofree char *key = g_strconcat(options->prefix, ":", parcel->stream, NULL);
	g_autofree char *most = g_strdup_printf("%" PRId64, parcel->most);
	g_autofree char *number = g_strdup_printf("%" PRIu64, next_number(writers, parcel->stream));
	const char *words[2 * AULA_BUS_FIELDS_MOST + 10] = { "XADD", key, "MAXLEN", "~", most, "*",
		"_o", options->origin, "_n", number };
	size_t lengths[G_N_ELEMENTS(words)];
	int count = 10;

	for (int i = 0; i < count; i++)
		lengths[i] = strlen(words[i]);
	for (size_t i = 0; i < parcel->count; i++) {
		words[count] = parcel->fields[i].name;
		lengths[count++] = strlen(parcel->fields[i].name);
		words[count] = parcel->fields[i].text;
		lengths[count++] = parcel->fields[i].length;
	}
	send(writers, key, true, count, words, lengths, parcel);
}

void
aula_writers_command(aula_writers *writers, aula_parcel *parcel)
{
	const char *words[AULA_BUS_FIELDS_MOST];
	size_t lengths[AULA_BUS_FIELDS_MOST];

	for (size_t i = 0; i < parcel->count; i++) {
		words[i] = parcel->fields[i].text;
		lengths[i] = parcel->fields[i].length;
	}
	/* All that are sent may be sent twice. */
	send(writers, parcel->stream, true, (int)parcel->count, words, lengths, parcel);
}

void
aula_writers_publish(aula_writers *writers, aula_parcel *parcel)
{
	g_autofree char *key = g_strconcat(writers->options.prefix, ":", parcel->stream, NULL);
	const char *words[] = { "PUBLISH", key, parcel->fields[0].text };
	size_t lengths[] = { strlen(words[0]), strlen(key), parcel->fields[0].length };

	send(writers, key, false, 3, words, lengths, parcel);
}

size_t
aula_writers_unsent(aula_writers *writers)
{
	GHashTableIter iter;
	void *cord;
	size_t count = 0;

	g_hash_table_iter_init(&iter, writers->cords);
	while (g_hash_table_iter_next(&iter, NULL, &cord))
		count += aula_cord_waiting(cord);
	return count;
}

static void
free_cord(void *cord)
{
	aula_cord_free(cord);
}

aula_writers *
aula_writers_new(aula_loop *loop, const aula_writers_options *options)
{
	aula_writers *writers = g_new0(aula_writers, 1);

	writers->loop = loop;
	writers->options = *options;
	writers->cord = *options->cord;
	writers->cord.repeats = true;
	writers->cord.on_cord_state = on_cord_state;
	writers->cord.data = writers;
	writers->cords = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_cord);
	writers->numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return writers;
}

void
aula_writers_end(aula_writers *writers)
{
	g_clear_pointer(&writers->cords, g_hash_table_destroy);
}

void
aula_writers_free(aula_writers *writers)
{
	if (writers == NULL)
		return;
	aula_writers_end(writers);
	g_hash_table_destroy(writers->numbers);
	g_free(writers);
}
