/* SPDX-License-Identifier: Apache-2.0 */
/* Streams in this process and through a real Redis, which goes away and comes back. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../port.h"
#include "bus/place.h"
#include "party.h"

/* -- places -- */

static void
test_place(void)
{
	static const struct {
		const char *url;
		aula_place_kind kind;
		size_t count;
		const char *host;
		int port;
		const char *master, *user, *password;
		int database;
	} good[] = {
		{ "redis://a", AULA_PLACE_ONE, 1, "a", 6379, NULL, NULL, NULL, 0 },
		{ "redis://u:p%40q@[::1]:7/15", AULA_PLACE_ONE, 1, "::1", 7, NULL, "u", "p@q", 15 },
		{ "redis://:p@a:1", AULA_PLACE_ONE, 1, "a", 1, NULL, NULL, "p", 0 },
		{ "redis+sentinel://a,b:2/m", AULA_PLACE_SENTINEL, 2, "a", 26379, "m", NULL, NULL,
			0 },
		{ "redis+sentinel://a:1/m/3", AULA_PLACE_SENTINEL, 1, "a", 1, "m", NULL, NULL, 3 },
		{ "redis+cluster://a:1,b:2,c:3", AULA_PLACE_CLUSTER, 3, "a", 1, NULL, NULL, NULL,
			0 },
	};
	static const char *const bad[] = { "", "redis:", "redis://", "redis://a:0",
		"redis://a:70000", "redis://a:x", "redis://a,b", "redis://a/16", "redis://a/x",
		"redis://[::1", "rediss://a", "redis+sentinel://a", "redis+sentinel://a/",
		"redis+cluster://a/1", "redis+cluster://a,", "redis://:%zz@a", "http://a" };

	for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(aula_place) place = aula_place_parse(good[i].url, &error);
		g_assert_no_error(error);
		g_assert_cmpint(place->kind, ==, good[i].kind);
		g_assert_cmpuint(place->count, ==, good[i].count);
		g_assert_cmpstr(place->addresses[0].host, ==, good[i].host);
		g_assert_cmpint(place->addresses[0].port, ==, good[i].port);
		g_assert_cmpstr(place->master, ==, good[i].master);
		g_assert_cmpstr(place->user, ==, good[i].user);
		g_assert_cmpstr(place->password, ==, good[i].password);
		g_assert_cmpint(place->database, ==, good[i].database);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		g_assert_null(aula_place_parse(bad[i], &error));
		g_assert_nonnull(error);
	}
}

static void
follow_s(aula_courier *courier, void *data)
{
	g_assert_cmpint(aula_courier_follow(courier, 0, "s", take, data), ==, AULA_OK);
}

static void
forget(aula_courier *courier, void *data)
{
	(void)data;
	aula_courier_forget(courier, 0);
}

static aula_code
say(party *one, const char *stream, int n, const char *id)
{
	g_autofree char *text = g_strdup_printf("%d", n);
	const aula_bus_field fields[] = { { "n", text, strlen(text) }, { "id", id, strlen(id) } };

	return aula_courier_append(one->courier, stream, 10000, fields, *id != '\0' ? 2 : 1, NULL);
}

static void
assert_in_order(const party *one, int first, size_t count)
{
	g_assert_cmpuint(one->read->len, ==, count);
	for (size_t i = 0; i < count; i++)
		g_assert_cmpint(g_array_index(one->read, int, i), ==, first + (int)i);
}

static const aula_bus_queue queue = { .size = sizeof queue,
	.stream = "work",
	.group = "servers",
	.once = "id",
	.once_s = 60,
	.claim_ms = 1000,
	.most = 1000 };

static void
serve_work(aula_courier *courier, void *data)
{
	g_assert_cmpint(aula_courier_serve(courier, 0, &queue, take, data), ==, AULA_OK);
}

static void
test_in_process(void)
{
	party one;

	party_init(&one, NULL);
	one.counts_zero = true;
	g_assert_false(aula_courier_shared(one.courier));
	party_call(&one, follow_s);
	for (int i = 0; i < 10; i++)
		g_assert_cmpint(say(&one, "s", i, ""), ==, AULA_OK);
	g_assert_cmpint(say(&one, "other", 99, ""), ==, AULA_OK);
	g_assert_cmpint(say(&one, "", 99, ""), ==, AULA_INVALID);
	party_until(&one, 10);
	assert_in_order(&one, 0, 10);
	g_assert_cmpint(one.own, ==, 10);
	party_finish(&one);
}

/* Two processes' worth: what one says both read, in order, over three deaths of Redis. */
static void
test_comes_back(void)
{
	redis server;
	party one, two;

	redis_init(&server);
	g_autofree char *url = g_strdup_printf("redis://127.0.0.1:%d/3", server.port);
	party_init(&one, url);
	party_init(&two, url);
	party_call(&two, follow_s);
	/* Who follows hears from now on, so it must have begun. */
	while (!was(&two, &two.begun)) {
		g_assert_cmpint(say(&one, "s", 0, ""), ==, AULA_OK);
		party_until(&one, 0);
		party_until(&two, 0);
	}
	int n = 1;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 100; i++)
			g_assert_cmpint(say(&one, "s", n++, ""), ==, AULA_OK);
		if (round == 1)
			party_until(&one, 0);
		redis_kill(&server);
		for (int i = 0; i < 100; i++)
			g_assert_cmpint(say(&one, "s", n++, ""), ==, AULA_OK);
		redis_start(&server);
		party_until(&one, 0);
	}
	party_until(&two, (size_t)n - 1);
	assert_in_order(&two, 1, (size_t)n - 1);
	g_assert_cmpint(two.own, ==, 0);
	party_finish(&two);
	party_finish(&one);
	redis_finish(&server);
}

/* What waits is bounded. */
static void
test_away(void)
{
	g_autofree char *url = g_strdup_printf("redis://127.0.0.1:%d", test_port());
	party one;
	int taken = 0;

	party_init(&one, url);
	while (say(&one, "s", taken, "") == AULA_OK)
		taken++;
	g_assert_cmpint(taken, ==, 1000);
	g_assert_false(aula_courier_up(one.courier));
	party_finish(&one);
}

/* A group does each request once, though it is sent twice; another takes what one left undone. */
static void
test_serve(void)
{
	redis server;
	party one, two;

	redis_init(&server);
	g_autofree char *url = g_strdup_printf("redis://127.0.0.1:%d", server.port);
	party_init(&one, url);
	one.counts_zero = true;
	for (int i = 0; i < 50; i++) {
		g_autofree char *id = g_strdup_printf("r%d", i);
		g_assert_cmpint(say(&one, "work", i, id), ==, AULA_OK);
		g_assert_cmpint(say(&one, "work", i, id), ==, AULA_OK);
	}
	party_until(&one, 0);
	party_call(&one, serve_work);
	party_until(&one, 50);
	assert_in_order(&one, 0, 50);
	/* It takes an entry, and is gone before it does it. */
	party_call(&one, forget);
	g_assert_cmpint(say(&one, "work", 50, ""), ==, AULA_OK);
	party_until(&one, 0);
	party_init(&two, url);
	party_call(&two, serve_work);
	party_until(&two, 1);
	assert_in_order(&two, 50, 1);
	party_finish(&two);
	party_finish(&one);
	redis_finish(&server);
}

static void *
sign_later(void *receipt)
{
	g_usleep(1000);
	aula_receipt_sign(receipt, true);
	return NULL;
}

static void
test_receipt(void)
{
	aula_receipt *receipt = aula_receipt_new();

	g_assert_cmpint(aula_receipt_await(receipt, 0), ==, AULA_OK);
	aula_receipt *one = aula_receipt_expect(receipt), *other = aula_receipt_expect(receipt);
	g_assert_cmpint(aula_receipt_await(receipt, 1), ==, AULA_UNAVAILABLE);
	aula_receipt_sign(one, true);
	g_assert_cmpint(aula_receipt_await(receipt, 1), ==, AULA_UNAVAILABLE);
	GThread *thread = g_thread_new("sign", sign_later, other);
	g_assert_cmpint(aula_receipt_await(receipt, PATIENCE_US / 1000), ==, AULA_OK);
	g_thread_join(thread);
	aula_receipt_sign(aula_receipt_expect(receipt), false);
	g_assert_cmpint(aula_receipt_await(receipt, 0), ==, AULA_GONE);
	/* One that is under way outlives who asked. */
	one = aula_receipt_expect(receipt);
	aula_receipt_unref(receipt);
	aula_receipt_sign(one, true);
	aula_receipt_unref(NULL);
}

/* What is older goes, and the stream with it when nobody uses it any more. */
static void
test_trim(void)
{
	redis server;
	party one;

	redis_init(&server);
	g_autofree char *url = g_strdup_printf("redis://127.0.0.1:%d", server.port);
	g_autofree char *old =
		g_strdup_printf("redis-cli -p %d XADD test:s 1000-0 n 1 >/dev/null", server.port);
	g_autofree char *check = g_strdup_printf("redis-cli -p %d XLEN test:s | grep -qx 1 && "
						 "redis-cli -p %d TTL test:s | grep -qE '^[1-9]'",
		server.port, server.port);
	party_init(&one, url);
	while (!aula_courier_up(one.courier)) {
		say(&one, "other", 1, "");
		g_usleep(10000);
	}
	g_assert_cmpint(system(old), ==, 0);
	g_assert_cmpint(say(&one, "s", 1, ""), ==, AULA_OK);
	g_assert_cmpint(aula_courier_trim(one.courier, "s", 600), ==, AULA_OK);
	g_assert_cmpint(aula_courier_trim(one.courier, "s", 0), ==, AULA_INVALID);
	party_until(&one, 0);
	g_assert_cmpint(system(check), ==, 0);
	party_finish(&one);
	redis_finish(&server);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bus/place", test_place);
	g_test_add_func("/bus/receipt", test_receipt);
	g_test_add_func("/bus/in-process", test_in_process);
	g_test_add_func("/bus/away", test_away);
	g_test_add_func("/bus/comes-back", test_comes_back);
	g_test_add_func("/bus/serve", test_serve);
	g_test_add_func("/bus/trim", test_trim);
	return g_test_run();
}
