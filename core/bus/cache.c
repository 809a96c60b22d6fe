/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/cache.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

#include "bus/shelf.h"

enum {
	NAME_MOST = 512,
	TOP_MOST = 1000,
	VALUE_MOST = 256 * 1024,
	KEEP_S_MOST = 400 * 24 * 3600,
	PENDING_MOST = 10000,
};

struct aula_cache {
	aula_courier *courier;
	aula_loop *control;
	char *prefix;
	aula_shelf *shelf;   /* NULL: Redis has it */
	GHashTable *pending; /* a set of pending */
};

typedef enum { TOP, RANK, GET } kind;

/* Something that was asked. */
typedef struct {
	aula_cache *cache; /* NULL: it is gone */
	unsigned owner;
	bool forgotten;
	kind kind;
	char *name, *member;
	size_t most;
	aula_bus_ranked ranked;
	aula_bus_got got;
	void *data;
} pending;

static bool
is_name(const char *text)
{
	size_t length = text != NULL ? strlen(text) : 0;

	return length > 0 && length <= NAME_MOST;
}

/* In a cluster all of them lie together: they are few, and one line is enough for them. */
static char *
key_of(const aula_cache *cache, const char *what, const char *name)
{
	return g_strdup_printf("{%s:cache}:%s:%s", cache->prefix, what, name);
}

static aula_bus_text
word(const char *text)
{
	return (aula_bus_text){ text, strlen(text) };
}

/* -- answers -- */

static void
pending_free(pending *one)
{
	g_free(one->name);
	g_free(one->member);
	g_free(one);
}

static void
answer_ranked(const pending *one, aula_code code, const aula_bus_score *scores, size_t count)
{
	if (one->cache != NULL && !one->forgotten)
		one->ranked(one->data, code, scores, count);
}

static void
answer_got(const pending *one, aula_code code, const char *text, size_t length)
{
	if (one->cache != NULL && !one->forgotten)
		one->got(one->data, code, text, length);
}

/* What was asked for is over before whoever asked is told, and asks for more. */
static void
close_pending(pending *one)
{
	if (one->cache != NULL)
		g_hash_table_remove(one->cache->pending, one);
}

static void
answer_top(const pending *one, aula_code code, const aula_bus_text *texts, size_t count)
{
	g_autofree aula_bus_score *scores = g_new(aula_bus_score, count / 2 + 1);
	size_t known = 0;

	for (size_t i = 0; i + 1 < count; i += 2)
		if (texts[i].text != NULL && texts[i + 1].text != NULL) {
			scores[known] = (aula_bus_score){ .member = texts[i].text,
				.points = g_ascii_strtod(texts[i + 1].text, NULL),
				.rank = (int64_t)known + 1 };
			known++;
		}
	answer_ranked(one, code, scores, known);
}

static void
answer_rank(const pending *one, aula_code code, const aula_bus_text *texts, size_t count)
{
	if (code != AULA_OK || count != 2 || texts[0].text == NULL || texts[1].text == NULL) {
		answer_ranked(one, code == AULA_OK ? AULA_NOT_FOUND : code, NULL, 0);
		return;
	}
	aula_bus_score score = { .member = one->member,
		.points = g_ascii_strtod(texts[1].text, NULL),
		.rank = g_ascii_strtoll(texts[0].text, NULL, 10) + 1 };
	answer_ranked(one, AULA_OK, &score, 1);
}

static void
on_answered(void *data, aula_code code, const aula_bus_text *texts, size_t count)
{
	pending *one = data;

	close_pending(one);
	if (one->kind == TOP)
		answer_top(one, code, texts, count);
	else if (one->kind == RANK)
		answer_rank(one, code, texts, count);
	else if (code == AULA_OK && count == 1 && texts[0].text != NULL)
		answer_got(one, AULA_OK, texts[0].text, texts[0].length);
	else
		answer_got(one, code == AULA_OK ? AULA_NOT_FOUND : code, NULL, 0);
	pending_free(one);
}

/* The same in this process. */
static void
look_up(void *data)
{
	pending *one = data;
	aula_bus_score scores[TOP_MOST];
	int64_t now_us = aula_now_us();

	close_pending(one);
	if (one->cache != NULL && one->kind == TOP) {
		size_t count =
			aula_shelf_top(one->cache->shelf, one->name, one->most, now_us, scores);
		answer_ranked(one, AULA_OK, scores, count);
	} else if (one->cache != NULL && one->kind == RANK) {
		bool there =
			aula_shelf_rank(one->cache->shelf, one->name, one->member, now_us, scores);
		answer_ranked(one, there ? AULA_OK : AULA_NOT_FOUND, scores, there ? 1 : 0);
	} else if (one->cache != NULL) {
		size_t length = 0;
		const char *text = aula_shelf_get(one->cache->shelf, one->name, now_us, &length);
		answer_got(one, text != NULL ? AULA_OK : AULA_NOT_FOUND, text, length);
	}
	pending_free(one);
}

/* -- asking -- */

static aula_code
ask(aula_cache *cache, const pending *what, const aula_bus_text *words, size_t count)
{
	if (g_hash_table_size(cache->pending) >= PENDING_MOST)
		return AULA_FULL;
	pending *one = g_memdup2(what, sizeof *what);
	one->cache = cache;
	one->name = g_strdup(what->name);
	one->member = g_strdup(what->member);
	aula_code code = AULA_OK;
	if (cache->shelf != NULL)
		aula_loop_call(cache->control, look_up, one);
	else
		code = aula_courier_ask(cache->courier, words, count, on_answered, one);
	if (code == AULA_OK)
		g_hash_table_add(cache->pending, one);
	else
		pending_free(one);
	return code;
}

aula_code
aula_cache_top(aula_cache *cache, unsigned owner, const char *board, size_t most,
	aula_bus_ranked ranked, void *data)
{
	if (!is_name(board) || most < 1 || most > TOP_MOST)
		return AULA_INVALID;
	g_autofree char *key = key_of(cache, "scores", board);
	g_autofree char *last = g_strdup_printf("%zu", most - 1);
	const aula_bus_text words[] = { word("ZREVRANGE"), word(key), word("0"), word(last),
		word("WITHSCORES") };

	return ask(cache,
		&(pending){ .owner = owner,
			.kind = TOP,
			.name = (char *)board,
			.most = most,
			.ranked = ranked,
			.data = data },
		words, G_N_ELEMENTS(words));
}

aula_code
aula_cache_rank(aula_cache *cache, unsigned owner, const char *board, const char *member,
	aula_bus_ranked ranked, void *data)
{
	/* ZREVRANK tells the points as well only since Redis 7.2. */
	static const char script[] =
		"local rank = redis.call('ZREVRANK', KEYS[1], ARGV[1]) "
		"if rank then return { rank, redis.call('ZSCORE', KEYS[1], ARGV[1]) } end "
		"return {}";

	if (!is_name(board) || !is_name(member))
		return AULA_INVALID;
	g_autofree char *key = key_of(cache, "scores", board);
	const aula_bus_text words[] = { word("EVAL"), word(script), word("1"), word(key),
		word(member) };

	return ask(cache,
		&(pending){ .owner = owner,
			.kind = RANK,
			.name = (char *)board,
			.member = (char *)member,
			.ranked = ranked,
			.data = data },
		words, G_N_ELEMENTS(words));
}

aula_code
aula_cache_get(aula_cache *cache, unsigned owner, const char *name, aula_bus_got got, void *data)
{
	if (!is_name(name))
		return AULA_INVALID;
	g_autofree char *key = key_of(cache, "value", name);
	const aula_bus_text words[] = { word("GET"), word(key) };

	return ask(cache,
		&(pending){ .owner = owner,
			.kind = GET,
			.name = (char *)name,
			.got = got,
			.data = data },
		words, G_N_ELEMENTS(words));
}

/* -- writing -- */

aula_code
aula_cache_score(
	aula_cache *cache, const char *board, const char *member, double points, int64_t keep_s)
{
	int64_t now_us = aula_now_us();
	char digits[G_ASCII_DTOSTR_BUF_SIZE];

	/* Neither infinite nor no number. */
	if (!is_name(board) || !is_name(member) || !(points - points == 0) || keep_s < 1 ||
		keep_s > KEEP_S_MOST)
		return AULA_INVALID;
	if (cache->shelf != NULL)
		return aula_shelf_score(cache->shelf, board, member, points,
			now_us + keep_s * G_USEC_PER_SEC, now_us);
	g_autofree char *key = key_of(cache, "scores", board);
	g_autofree char *seconds = g_strdup_printf("%" PRId64, keep_s);
	g_ascii_dtostr(digits, sizeof digits, points);
	const aula_bus_text add[] = { word("ZADD"), word(key), word(digits), word(member) };
	const aula_bus_text expire[] = { word("EXPIRE"), word(key), word(seconds) };
	aula_code code = aula_courier_command(cache->courier, key, add, G_N_ELEMENTS(add));
	return code == AULA_OK
		       ? aula_courier_command(cache->courier, key, expire, G_N_ELEMENTS(expire))
		       : code;
}

aula_code
aula_cache_unscore(aula_cache *cache, const char *board, const char *member)
{
	if (!is_name(board) || !is_name(member))
		return AULA_INVALID;
	if (cache->shelf != NULL) {
		aula_shelf_unscore(cache->shelf, board, member);
		return AULA_OK;
	}
	g_autofree char *key = key_of(cache, "scores", board);
	const aula_bus_text words[] = { word("ZREM"), word(key), word(member) };
	return aula_courier_command(cache->courier, key, words, G_N_ELEMENTS(words));
}

aula_code
aula_cache_set(aula_cache *cache, const char *name, const char *text, size_t length, int64_t keep_s)
{
	int64_t now_us = aula_now_us();

	if (!is_name(name) || keep_s < 1 || keep_s > KEEP_S_MOST)
		return AULA_INVALID;
	if (length > VALUE_MOST)
		return AULA_TOO_LARGE;
	if (cache->shelf != NULL)
		return aula_shelf_set(
			cache->shelf, name, text, length, now_us + keep_s * G_USEC_PER_SEC, now_us);
	g_autofree char *key = key_of(cache, "value", name);
	g_autofree char *seconds = g_strdup_printf("%" PRId64, keep_s);
	const aula_bus_text words[] = { word("SET"), word(key), { text, length }, word("EX"),
		word(seconds) };
	return aula_courier_command(cache->courier, key, words, G_N_ELEMENTS(words));
}

/* -- life -- */

aula_cache *
aula_cache_new(aula_courier *courier, const char *prefix, aula_loop *control)
{
	aula_cache *cache = g_new0(aula_cache, 1);

	cache->courier = courier;
	cache->control = control;
	cache->prefix = g_strdup(prefix);
	cache->shelf = aula_courier_shared(courier) ? NULL : aula_shelf_new();
	cache->pending = g_hash_table_new(NULL, NULL);
	return cache;
}

static void
each_pending(aula_cache *cache, const unsigned *owner)
{
	GHashTableIter iter;
	gpointer one;

	g_hash_table_iter_init(&iter, cache->pending);
	while (g_hash_table_iter_next(&iter, &one, NULL)) {
		pending *asked = one;
		if (owner == NULL)
			asked->cache = NULL;
		else if (asked->owner == *owner)
			asked->forgotten = true;
	}
}

void
aula_cache_forget(aula_cache *cache, unsigned owner)
{
	each_pending(cache, &owner);
}

void
aula_cache_free(aula_cache *cache)
{
	if (cache == NULL)
		return;
	each_pending(cache, NULL);
	g_hash_table_destroy(cache->pending);
	aula_shelf_free(cache->shelf);
	g_free(cache->prefix);
	g_free(cache);
}
