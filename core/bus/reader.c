/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/reader.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum {
	BATCH = 256,
	BLOCK_MS = 1000,
	PAUSE_US = 500 * 1000,
	/* How far is gone back after a connection was lost: entries that a server which took over
	 * did not have are appended anew, and its clock may be behind. */
	REWIND_MS = 60 * 1000,
	ORIGINS_MOST = 10000,
	FIELDS_MOST = 64,
};

static const char area[] = "bus";

struct aula_reader {
	aula_loop *loop;
	aula_cord *reads;  /* one command that waits */
	aula_cord *writes; /* of a group: what is done, what has been seen */
	char *key, *origin;
	bool grouped;
	char *group, *once;
	aula_bus_queue queue;
	char *last;          /* id up to which it was read; NULL: not known yet */
	GHashTable *origins; /* of whom which number was read last; the number is the reader's */
	GHashTable *taken;   /* ids that are being served */
	size_t outstanding;
	bool asking, ending;
	int64_t claim_at_us;
	char *claim_from;
	aula_alarm pause;
	void (*on_entry)(void *data, aula_parcel *parcel);
	void *data;
};

static void read_more(aula_reader *reader);

/* -- commands -- */

static void
ask(aula_reader *reader, aula_cord_done done, int count, const char *const *words)
{
	reader->asking = true;
	aula_cord_send(reader->reads, false, count, words, NULL, done, reader);
}

static bool
is_error(const redisReply *reply, const char *word)
{
	return reply->type == REDIS_REPLY_ERROR && g_str_has_prefix(reply->str, word);
}

static void
on_pause(aula_alarm *alarm)
{
	read_more((aula_reader *)(void *)((char *)alarm - offsetof(aula_reader, pause)));
}

static void
later(aula_reader *reader)
{
	if (!reader->ending)
		aula_alarm_set(reader->loop, &reader->pause, aula_now_us() + PAUSE_US);
}

/* -- entries -- */

static aula_parcel *
parcel_of(const aula_reader *reader, const redisReply *entry)
{
	const redisReply *fields = entry->elements == 2 ? entry->element[1] : NULL;

	/* One that was trimmed while it waited has no fields. */
	if (fields == NULL || fields->type != REDIS_REPLY_ARRAY || fields->elements % 2 != 0 ||
		fields->elements / 2 > FIELDS_MOST)
		return NULL;
	aula_parcel *parcel = aula_parcel_new(reader->key, fields->elements / 2);
	parcel->id = g_strdup(entry->element[0]->str);
	for (size_t i = 0; i < fields->elements; i += 2)
		if (memchr(fields->element[i]->str, '\0', fields->element[i]->len) == NULL)
			aula_parcel_add(parcel, fields->element[i]->str,
				fields->element[i + 1]->str, fields->element[i + 1]->len);
	return parcel;
}

static const char *
text_of(const aula_parcel *parcel, const char *name)
{
	const aula_bus_entry entry = { .fields = parcel->fields, .count = parcel->count };
	const aula_bus_field *field = aula_bus_entry_field(&entry, name);

	return field != NULL ? field->text : NULL;
}

/* False: this one was read before. */
static bool
is_new(aula_reader *reader, const aula_parcel *parcel)
{
	const char *origin = text_of(parcel, "_o"), *number = text_of(parcel, "_n");

	if (origin == NULL || number == NULL)
		return true;
	uint64_t n = g_ascii_strtoull(number, NULL, 10);
	uint64_t *last = g_hash_table_lookup(reader->origins, origin);
	if (last != NULL && n <= *last)
		return false;
	if (last == NULL) {
		if (g_hash_table_size(reader->origins) >= ORIGINS_MOST)
			g_hash_table_remove_all(reader->origins);
		last = g_new(uint64_t, 1);
		g_hash_table_insert(reader->origins, g_strdup(origin), last);
	}
	*last = n;
	return true;
}

static void
hand_over(aula_reader *reader, aula_parcel *parcel)
{
	parcel->own = g_strcmp0(text_of(parcel, "_o"), reader->origin) == 0;
	reader->on_entry(reader->data, parcel);
}

/* -- serving as one of a group -- */

static void
acknowledge(aula_reader *reader, const char *id)
{
	const char *words[] = { "XACK", reader->key, reader->group, id };

	aula_cord_send(reader->writes, false, 4, words, NULL, NULL, NULL);
}

static void
settle(aula_reader *reader, aula_parcel *parcel, bool done)
{
	if (done)
		acknowledge(reader, parcel->id);
	g_hash_table_remove(reader->taken, parcel->id);
	aula_parcel_free(parcel);
	if (--reader->outstanding == 0)
		read_more(reader);
}

static char *
once_key(const aula_reader *reader, const char *text)
{
	/* The braces put it where the stream is, in a cluster. */
	return g_strdup_printf("{%s}:once:%s:%s", reader->key, reader->group, text);
}

static void
on_seen_by(void *data, const redisReply *reply)
{
	aula_parcel *parcel = data;
	aula_reader *reader = parcel->data;

	if (reader->ending || reply == NULL) {
		settle(reader, parcel, false);
		return;
	}
	/* Ours of just now, whose answer was lost with a connection; else it was sent twice. */
	g_autofree char *mine = g_strconcat(parcel->id, " ", reader->origin, NULL);
	if (reply->type == REDIS_REPLY_STRING && strcmp(reply->str, mine) == 0)
		hand_over(reader, parcel);
	else
		settle(reader, parcel, true);
}

static void
on_marked(void *data, const redisReply *reply)
{
	aula_parcel *parcel = data;
	aula_reader *reader = parcel->data;

	if (reader->ending || reply == NULL || reply->type == REDIS_REPLY_ERROR) {
		settle(reader, parcel, false);
	} else if (reply->type == REDIS_REPLY_NIL) {
		g_autofree char *key = once_key(reader, text_of(parcel, reader->once));
		const char *words[] = { "GET", key };
		aula_cord_send(reader->writes, false, 2, words, NULL, on_seen_by, parcel);
	} else {
		hand_over(reader, parcel);
	}
}

static void
mark(aula_reader *reader, aula_parcel *parcel)
{
	const char *text = reader->once != NULL ? text_of(parcel, reader->once) : NULL;

	if (text == NULL || *text == '\0') {
		hand_over(reader, parcel);
		return;
	}
	g_autofree char *key = once_key(reader, text);
	g_autofree char *mine = g_strconcat(parcel->id, " ", reader->origin, NULL);
	g_autofree char *seconds = g_strdup_printf("%" PRId64, reader->queue.once_s);
	const char *words[] = { "SET", key, mine, "NX", "EX", seconds };
	aula_cord_send(reader->writes, false, 6, words, NULL, on_marked, parcel);
}

static void
take_grouped(aula_reader *reader, const redisReply *entries)
{
	/* Held open, so that a batch whose entries are all settled at once asks only once. */
	reader->outstanding++;
	for (size_t i = 0; i < entries->elements; i++) {
		const redisReply *entry = entries->element[i];
		if (entry->type != REDIS_REPLY_ARRAY || entry->elements == 0 ||
			g_hash_table_contains(reader->taken, entry->element[0]->str))
			continue;
		aula_parcel *parcel = parcel_of(reader, entry);
		if (parcel == NULL) {
			acknowledge(reader, entry->element[0]->str);
			continue;
		}
		parcel->data = reader;
		g_hash_table_add(reader->taken, g_strdup(parcel->id));
		reader->outstanding++;
		mark(reader, parcel);
	}
	if (--reader->outstanding == 0)
		read_more(reader);
}

static void
take_followed(aula_reader *reader, const redisReply *entries)
{
	reader->outstanding++;
	for (size_t i = 0; i < entries->elements; i++) {
		aula_parcel *parcel = parcel_of(reader, entries->element[i]);
		if (parcel == NULL)
			continue;
		g_free(reader->last);
		reader->last = g_strdup(parcel->id);
		if (!is_new(reader, parcel)) {
			aula_parcel_free(parcel);
			continue;
		}
		parcel->data = reader;
		reader->outstanding++;
		hand_over(reader, parcel);
	}
	if (--reader->outstanding == 0)
		read_more(reader);
}

void
aula_reader_done(aula_reader *reader, aula_parcel *parcel)
{
	if (reader->grouped) {
		settle(reader, parcel, parcel->done);
		return;
	}
	aula_parcel_free(parcel);
	if (--reader->outstanding == 0)
		read_more(reader);
}

/* -- what is asked of Redis, one at a time -- */

/* 1700000000000-3 to a minute earlier. */
static void
rewind_followed(aula_reader *reader)
{
	if (reader->last == NULL)
		return;
	int64_t at_ms = g_ascii_strtoll(reader->last, NULL, 10) - REWIND_MS;
	g_free(reader->last);
	reader->last = g_strdup_printf("%" PRId64 "-0", MAX(at_ms, 0));
}

/* True: `reply` is something to be read. */
static bool
is_answer(aula_reader *reader, const redisReply *reply)
{
	reader->asking = false;
	if (reader->ending)
		return false;
	if (reply == NULL) {
		if (!reader->grouped)
			rewind_followed(reader);
		later(reader);
		return false;
	}
	if (reply->type != REDIS_REPLY_ERROR || is_error(reply, "BUSYGROUP"))
		return true;
	if (is_error(reply, "NOGROUP")) {
		/* Redis came back without its data. */
		g_clear_pointer(&reader->last, g_free);
	} else {
		aula_log(AULA_LOG_WARNING, area, "a stream cannot be read key=%s: %s", reader->key,
			reply->str);
	}
	later(reader);
	return false;
}

static void
on_read(void *data, const redisReply *reply)
{
	aula_reader *reader = data;

	if (!is_answer(reader, reply))
		return;
	const redisReply *entries = NULL;
	if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 1 &&
		reply->element[0]->elements == 2)
		entries = reply->element[0]->element[1];
	if (entries == NULL)
		read_more(reader);
	else if (reader->grouped)
		take_grouped(reader, entries);
	else
		take_followed(reader, entries);
}

static void
on_claimed(void *data, const redisReply *reply)
{
	aula_reader *reader = data;

	if (!is_answer(reader, reply))
		return;
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 2) {
		read_more(reader);
		return;
	}
	g_free(reader->claim_from);
	reader->claim_from = g_strdup(reply->element[0]->str);
	/* At the end of what is pending: again after a while. */
	if (strcmp(reader->claim_from, "0-0") == 0)
		reader->claim_at_us = aula_now_us() + reader->queue.claim_ms * 1000 / 2;
	take_grouped(reader, reply->element[1]);
}

static void
on_begun(void *data, const redisReply *reply)
{
	aula_reader *reader = data;

	if (!is_answer(reader, reply))
		return;
	if (reader->grouped) {
		reader->last = g_strdup(">");
	} else {
		bool some = reply->type == REDIS_REPLY_ARRAY && reply->elements > 0 &&
			    reply->element[0]->elements > 0;
		reader->last = g_strdup(some ? reply->element[0]->element[0]->str : "0-0");
	}
	read_more(reader);
}

static void
begin(aula_reader *reader)
{
	if (reader->grouped)
		ask(reader, on_begun, 6,
			(const char *const[]){
				"XGROUP", "CREATE", reader->key, reader->group, "0", "MKSTREAM" });
	else
		ask(reader, on_begun, 6,
			(const char *const[]){ "XREVRANGE", reader->key, "+", "-", "COUNT", "1" });
}

static void
claim(aula_reader *reader)
{
	g_autofree char *idle = g_strdup_printf("%" PRId64, reader->queue.claim_ms);
	g_autofree char *most = g_strdup_printf("%" PRId64, reader->queue.most);
	g_autofree char *batch = g_strdup_printf("%d", BATCH);

	aula_cord_send(reader->writes, false, 5,
		(const char *const[]){ "XTRIM", reader->key, "MAXLEN", "~", most }, NULL, NULL,
		NULL);
	ask(reader, on_claimed, 8,
		(const char *const[]){ "XAUTOCLAIM", reader->key, reader->group, reader->origin,
			idle, reader->claim_from, "COUNT", batch });
}

static void
read_more(aula_reader *reader)
{
	if (reader->asking || reader->ending || reader->outstanding > 0)
		return;
	g_autofree char *batch = g_strdup_printf("%d", BATCH);
	g_autofree char *block = g_strdup_printf("%d", BLOCK_MS);
	if (reader->last == NULL)
		begin(reader);
	else if (!reader->grouped)
		ask(reader, on_read, 8,
			(const char *const[]){ "XREAD", "COUNT", batch, "BLOCK", block, "STREAMS",
				reader->key, reader->last });
	else if (aula_now_us() >= reader->claim_at_us)
		claim(reader);
	else
		ask(reader, on_read, 11,
			(const char *const[]){ "XREADGROUP", "GROUP", reader->group, reader->origin,
				"COUNT", batch, "BLOCK", block, "STREAMS", reader->key, ">" });
}

/* -- life -- */

aula_reader *
aula_reader_new(aula_loop *loop, const aula_reader_options *options)
{
	aula_reader *reader = g_new0(aula_reader, 1);
	aula_cord_options cord = *options->cord;

	reader->loop = loop;
	reader->key = g_strdup(options->key);
	reader->origin = g_strdup(options->origin);
	reader->on_entry = options->on_reader_entry;
	reader->data = options->data;
	reader->grouped = options->queue != NULL;
	reader->origins = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	reader->taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	reader->claim_from = g_strdup("0-0");
	reader->pause.ring = on_pause;
	cord.on_cord_state = NULL;
	if (reader->grouped) {
		reader->queue = *options->queue;
		reader->group = g_strdup(options->queue->group);
		reader->once = g_strdup(options->queue->once);
		cord.repeats = true;
		reader->writes = aula_cord_new(loop, &cord);
	}
	cord.repeats = false;
	cord.reply_ms += BLOCK_MS;
	reader->reads = aula_cord_new(loop, &cord);
	read_more(reader);
	return reader;
}

void
aula_reader_free(aula_reader *reader)
{
	if (reader == NULL)
		return;
	reader->ending = true;
	aula_alarm_clear(reader->loop, &reader->pause);
	aula_cord_free(reader->reads);
	aula_cord_free(reader->writes);
	g_hash_table_destroy(reader->origins);
	g_hash_table_destroy(reader->taken);
	g_free(reader->key);
	g_free(reader->origin);
	g_free(reader->group);
	g_free(reader->once);
	g_free(reader->last);
	g_free(reader->claim_from);
	g_free(reader);
}
