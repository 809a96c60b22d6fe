/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/limits.h"

#include <string.h>

enum { S = 1000000 };

typedef struct {
	aula_settings settings;
	aula_hits *hits;
	aula_limits *limits;
} world;

static void
set_up(world *w, gconstpointer unused)
{
	(void)unused;
	w->settings.limits = (aula_settings_limits){
		.address_rate = 10, .address_burst = 5, .token_rate = 10, .token_burst = 3
	};
	w->hits = aula_hits_new();
	w->limits = aula_limits_new(&w->settings, w->hits);
}

static void
tear_down(world *w, gconstpointer unused)
{
	(void)unused;
	aula_limits_free(w->limits);
	aula_hits_free(w->hits);
}

/* How many of `most` requests are served. */
static unsigned
ask(world *w, const char *address, unsigned most, int64_t now_us)
{
	aula_refusal refusal = { 0 };
	unsigned count = 0;

	while (count < most) {
		aula_limits_tab tab = { 0 };
		if (!aula_limits_take_address(w->limits, &tab, address, now_us, &refusal))
			break;
		count++;
	}
	return count;
}

static void
test_addresses(world *w, gconstpointer unused)
{
	(void)unused;
	g_assert_cmpuint(ask(w, "192.0.2.7", 100, S), ==, 5);
	g_assert_cmpuint(ask(w, "192.0.2.8", 100, S), ==, 5);
	/* The same, written as IPv6. */
	g_assert_cmpuint(ask(w, "::ffff:192.0.2.7", 100, S), ==, 0);
	g_assert_cmpuint(ask(w, "2001:db8::1", 3, S), ==, 3);
	g_assert_cmpuint(ask(w, "2001:db8::ffff:1", 100, S), ==, 2);
	g_assert_cmpuint(ask(w, "2001:db8:0:1::1", 100, S), ==, 5);
	static const char *const here[] = { "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1",
		"" };
	for (size_t i = 0; i < G_N_ELEMENTS(here); i++)
		g_assert_cmpuint(ask(w, here[i], 100, S), ==, 100);
	/* What is no IP address is an address all the same. */
	g_assert_cmpuint(ask(w, "redis:app", 100, S), ==, 5);
	g_assert_cmpuint(aula_hits_count(w->hits, AULA_LIMIT_ADDRESS_RATE), ==, 6);
}

static void
test_refusal(world *w, gconstpointer unused)
{
	aula_limits_tab tab = { 0 };
	aula_refusal refusal = { 0 };

	(void)unused;
	ask(w, "192.0.2.7", 5, S);
	g_assert_false(aula_limits_take_address(w->limits, &tab, "192.0.2.7", S, &refusal));
	g_assert_cmpint(refusal.error, ==, AULA_ERROR_TOO_FAST);
	g_assert_cmpstr(refusal.limited.limit, ==, "address_rate");
	g_assert_cmpint(refusal.limited.most, ==, 5);
	g_assert_cmpint(refusal.limited.window_s, ==, 1);
	g_assert_cmpint(refusal.limited.remaining, ==, 0);
	g_assert_cmpint(refusal.limited.retry_after_ms, ==, 101);
	json_t *json = aula_refusal_json(&refusal);
	g_assert_cmpint(json_integer_value(json_object_get(json, "code")), ==, 450);
	g_assert_cmpstr(json_string_value(json_object_get(json, "limit")), ==, "address_rate");
	g_assert_cmpint(json_integer_value(json_object_get(json, "retry_after_ms")), ==, 101);
	json_decref(json);
}

/* Who goes on after two thousand refusals is not worth more answers, until it rests. */
static void
test_patience(world *w, gconstpointer unused)
{
	unsigned count = 0;

	(void)unused;
	while (aula_limits_has_patience(w->limits, "192.0.2.7", S))
		count++;
	g_assert_cmpuint(count, ==, 2000);
	g_assert_true(aula_limits_has_patience(w->limits, "192.0.2.8", S));
	g_assert_true(aula_limits_has_patience(w->limits, "192.0.2.7", 2 * S));
	/* What was refused takes nothing from what is served. */
	g_assert_cmpuint(ask(w, "192.0.2.7", 100, S), ==, 5);
}

static void
test_bearers(world *w, gconstpointer unused)
{
	aula_refusal refusal = { 0 };
	aula_bearer ann = { .subject = (char *)"ann", .expires_s = 1 };
	aula_bearer bob = { .subject = (char *)"bob", .expires_s = 1 };
	aula_bearer guest = { .subject = (char *)"" };
	aula_limits_tab tab = { 0 };

	(void)unused;
	for (int i = 0; i < 3; i++)
		g_assert_true(aula_limits_take_bearer(w->limits, &tab, &ann, "", S, &refusal));
	g_assert_false(aula_limits_take_bearer(w->limits, &tab, &ann, "", S, &refusal));
	g_assert_cmpstr(refusal.limited.limit, ==, "token_rate");
	g_assert_true(aula_limits_take_bearer(w->limits, &tab, &bob, "", S, &refusal));
	for (int i = 0; i < 100; i++)
		g_assert_true(aula_limits_take_bearer(w->limits, &tab, &guest, "", S, &refusal));
}

/* Work counts for whom the request was taken from; a rate of 0 is no bound; a reload holds. */
static void
test_work_and_reload(world *w, gconstpointer unused)
{
	aula_limits_tab tab = { 0 };
	aula_refusal refusal = { 0 };

	(void)unused;
	aula_limits_take_address(w->limits, &tab, "192.0.2.7", S, &refusal);
	aula_limits_debit(w->limits, &tab, 250, S);
	aula_limits_debit(w->limits, &tab, 249, S);
	aula_limits_debit(w->limits, &tab, 500, S);
	g_assert_cmpuint(ask(w, "192.0.2.7", 100, S), ==, 1);
	g_assert_cmpuint(aula_limits_tracked(w->limits, S), ==, 1);
	w->settings.limits.address_rate = 0;
	g_assert_cmpuint(ask(w, "192.0.2.7", 1000, S), ==, 1000);
	w->settings.limits.address_rate = 1000;
	w->settings.limits.address_burst = 1000;
	g_assert_cmpuint(ask(w, "192.0.2.9", 5000, S), ==, 1000);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, test) g_test_add("/signaling/limits/" name, world, NULL, set_up, test, tear_down)
	ADD("addresses", test_addresses);
	ADD("refusal", test_refusal);
	ADD("patience", test_patience);
	ADD("bearers", test_bearers);
	ADD("work-and-reload", test_work_and_reload);
	return g_test_run();
}
