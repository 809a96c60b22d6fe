/* SPDX-License-Identifier: Apache-2.0 */
/* Boards and values, in this process and in a real Redis. */
#include <string.h>

#include "bus/cache.h"
#include "bus/shelf.h"
#include "party.h"

/* -- boards and values -- */

/* What was asked, and said. */
typedef struct {
	aula_cache *cache;
	GString *said;
	aula_code code;
	int answers;
} lookup;

static lookup look;

static void
on_ranked(void *data, aula_code code, const aula_bus_score *scores, size_t count)
{
	party *one = data;

	pthread_mutex_lock(&one->lock);
	look.code = code;
	g_string_truncate(look.said, 0);
	for (size_t i = 0; i < count; i++)
		g_string_append_printf(look.said, "%d:%s:%g ", (int)scores[i].rank,
			scores[i].member, scores[i].points);
	look.answers++;
	pthread_mutex_unlock(&one->lock);
}

static void
on_got(void *data, aula_code code, const char *text, size_t length)
{
	party *one = data;

	pthread_mutex_lock(&one->lock);
	look.code = code;
	g_string_truncate(look.said, 0);
	g_string_append_len(look.said, text, (gssize)length);
	look.answers++;
	pthread_mutex_unlock(&one->lock);
}

static void
open_cache(aula_courier *courier, void *data)
{
	look.cache = aula_cache_new(courier, "test", ((party *)data)->control);
	look.said = g_string_new(NULL);
	look.answers = 0;
}

static void
close_cache(aula_courier *courier, void *data)
{
	(void)courier;
	/* One that is under way when it ends is answered to nobody. */
	aula_cache_get(look.cache, 0, "v", on_got, data);
	aula_cache_free(g_steal_pointer(&look.cache));
}

static void
score_some(aula_courier *courier, void *data)
{
	aula_cache *cache = look.cache;
	(void)courier, (void)data;

	g_assert_cmpint(aula_cache_score(cache, "b", "ada", 10, 60), ==, AULA_OK);
	g_assert_cmpint(aula_cache_score(cache, "b", "ben", 20.5, 60), ==, AULA_OK);
	g_assert_cmpint(aula_cache_score(cache, "b", "cat", 10, 60), ==, AULA_OK);
	g_assert_cmpint(aula_cache_score(cache, "b", "dan", 99, 60), ==, AULA_OK);
	g_assert_cmpint(aula_cache_score(cache, "b", "ada", 30, 60), ==, AULA_OK);
	g_assert_cmpint(aula_cache_unscore(cache, "b", "dan"), ==, AULA_OK);
	g_assert_cmpint(aula_cache_unscore(cache, "b", "nobody"), ==, AULA_OK);
	g_assert_cmpint(aula_cache_set(cache, "v", "a\0b", 3, 60), ==, AULA_OK);
	g_assert_cmpint(aula_cache_set(cache, "empty", "", 0, 60), ==, AULA_OK);
	g_assert_cmpint(aula_cache_score(cache, "b", "x", 1.0 / 0.0, 60), ==, AULA_INVALID);
	g_assert_cmpint(aula_cache_score(cache, "", "x", 1, 60), ==, AULA_INVALID);
	g_assert_cmpint(aula_cache_set(cache, "v", "", 0, 0), ==, AULA_INVALID);
	g_assert_cmpint(aula_cache_set(cache, "v", "", 1 << 20, 60), ==, AULA_TOO_LARGE);
	g_assert_cmpint(aula_cache_top(cache, 0, "b", 1001, on_ranked, data), ==, AULA_INVALID);
}

#define ASK(name, call) \
	static void name(aula_courier *courier, void *data) \
	{ \
		(void)courier; \
		g_assert_cmpint(call, ==, AULA_OK); \
	}
ASK(ask_top, aula_cache_top(look.cache, 0, "b", 2, on_ranked, data))
ASK(ask_all, aula_cache_top(look.cache, 0, "b", 100, on_ranked, data))
ASK(ask_none, aula_cache_top(look.cache, 0, "none", 2, on_ranked, data))
ASK(ask_rank, aula_cache_rank(look.cache, 0, "b", "cat", on_ranked, data))
ASK(ask_nobody, aula_cache_rank(look.cache, 0, "b", "dan", on_ranked, data))
ASK(ask_value, aula_cache_get(look.cache, 0, "v", on_got, data))
ASK(ask_empty, aula_cache_get(look.cache, 0, "empty", on_got, data))
ASK(ask_no_value, aula_cache_get(look.cache, 0, "w", on_got, data))

static int
answers(party *one)
{
	pthread_mutex_lock(&one->lock);
	int count = look.answers;
	pthread_mutex_unlock(&one->lock);
	return count;
}

static void
assert_answer(party *one, void (*ask)(aula_courier *courier, void *data), aula_code code,
	const char *said, size_t length)
{
	int before = answers(one);

	party_call(one, ask);
	for (int64_t by_us = aula_now_us() + PATIENCE_US; answers(one) == before; g_usleep(1000))
		g_assert_cmpint(aula_now_us(), <, by_us);
	g_assert_cmpint(look.code, ==, code);
	g_assert_cmpmem(look.said->str, look.said->len, said, length);
}
#define ANSWER(ask, code, said) assert_answer(&one, ask, code, said, sizeof(said) - 1)

static void
check_cache(const char *url)
{
	party one;

	party_init(&one, url);
	party_call(&one, open_cache);
	party_call(&one, score_some);
	/* It is known that Redis is there, and has it all. */
	for (int64_t by_us = aula_now_us() + PATIENCE_US;
		!aula_courier_up(one.courier) || aula_courier_waiting(one.courier) > 0;
		g_usleep(1000))
		g_assert_cmpint(aula_now_us(), <, by_us);
	ANSWER(ask_top, AULA_OK, "1:ada:30 2:ben:20.5 ");
	ANSWER(ask_all, AULA_OK, "1:ada:30 2:ben:20.5 3:cat:10 ");
	ANSWER(ask_none, AULA_OK, "");
	ANSWER(ask_rank, AULA_OK, "3:cat:10 ");
	ANSWER(ask_nobody, AULA_NOT_FOUND, "");
	ANSWER(ask_value, AULA_OK, "a\0b");
	ANSWER(ask_empty, AULA_OK, "");
	ANSWER(ask_no_value, AULA_NOT_FOUND, "");
	party_call(&one, close_cache);
	party_finish(&one);
	g_string_free(look.said, TRUE);
}

static void
test_cache(void)
{
	redis server;

	check_cache(NULL);
	redis_init(&server);
	g_autofree char *url = g_strdup_printf("redis://127.0.0.1:%d", server.port);
	check_cache(url);
	redis_finish(&server);
}

static void
ask_away(aula_courier *courier, void *data)
{
	(void)courier;
	aula_code code = aula_cache_get(look.cache, 0, "v", on_got, data);

	/* Either it is known to be away, or that is found out. */
	if (code == AULA_UNAVAILABLE)
		on_got(data, code, NULL, 0);
}

/* Whoever asks is told soon that Redis is away; what was written comes when it is back. */
static void
test_cache_away(void)
{
	redis server;
	party one;

	redis_init(&server);
	g_autofree char *url = g_strdup_printf("redis://127.0.0.1:%d", server.port);
	party_init(&one, url);
	party_call(&one, open_cache);
	party_call(&one, score_some);
	party_until(&one, 0);
	ANSWER(ask_value, AULA_OK, "a\0b");
	redis_kill(&server);
	ANSWER(ask_away, AULA_UNAVAILABLE, "");
	party_call(&one, score_some);
	g_assert_cmpuint(aula_courier_waiting(one.courier), >, 0);
	redis_start(&server);
	party_until(&one, 0);
	ANSWER(ask_top, AULA_OK, "1:ada:30 2:ben:20.5 ");
	party_call(&one, close_cache);
	party_finish(&one);
	g_string_free(look.said, TRUE);
	redis_finish(&server);
}

static void
test_shelf(void)
{
	aula_shelf *shelf = aula_shelf_new();
	aula_bus_score score;
	size_t length;

	g_assert_cmpint(aula_shelf_score(shelf, "b", "a", 1, 100, 0), ==, AULA_OK);
	g_assert_true(aula_shelf_rank(shelf, "b", "a", 99, &score));
	/* Its time is that of the last who was added. */
	g_assert_cmpint(aula_shelf_score(shelf, "b", "b", 2, 200, 99), ==, AULA_OK);
	g_assert_true(aula_shelf_rank(shelf, "b", "a", 199, &score));
	g_assert_cmpint(score.rank, ==, 2);
	g_assert_false(aula_shelf_rank(shelf, "b", "a", 200, &score));
	g_assert_cmpint(aula_shelf_set(shelf, "v", "x", 1, 100, 0), ==, AULA_OK);
	g_assert_cmpint(aula_shelf_set(shelf, "v", "yy", 2, 100, 0), ==, AULA_OK);
	g_assert_cmpstr(aula_shelf_get(shelf, "v", 99, &length), ==, "yy");
	g_assert_cmpuint(length, ==, 2);
	g_assert_null(aula_shelf_get(shelf, "v", 100, &length));
	/* Bounded; and what has had its time makes room. */
	aula_code code = AULA_OK;
	for (int i = 0; code == AULA_OK && i < 100000; i++) {
		g_autofree char *name = g_strdup_printf("%d", i);
		code = aula_shelf_set(shelf, name, "z", 1, 1000, 300);
	}
	g_assert_cmpint(code, ==, AULA_FULL);
	g_assert_cmpint(aula_shelf_score(shelf, "c", "a", 1, 1000, 300), ==, AULA_FULL);
	g_assert_cmpint(aula_shelf_set(shelf, "n", "z", 1, 20000000, 15000000), ==, AULA_OK);
	aula_shelf_free(shelf);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cache/shelf", test_shelf);
	g_test_add_func("/cache/both", test_cache);
	g_test_add_func("/cache/away", test_cache_away);
	return g_test_run();
}
