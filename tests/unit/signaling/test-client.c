/* SPDX-License-Identifier: Apache-2.0 */
/* A transport that is a test: what clients say from other threads, what they are told. */
#include "signaling/client.h"

#include <string.h>

enum { MESSAGE_BYTES_MOST = 1000, BURST = 5, RATE_PER_S = 10 };

typedef struct {
	aula_loop *loop;
	aula_clients *clients;
	GString *told; /* by the core, and to the transport */
} world;

/* The how manieth it is; the names of those that are not lasting say more. */
static unsigned
number_of(aula_client client)
{
	return (unsigned)(client.id >> 62 != 0 ? client.id % (UINT64_C(1) << 62) >> 24 : client.id);
}

static aula_code
carry(void *self, void *client_data, const char *text, size_t length)
{
	world *w = self;

	g_string_append_printf(w->told, "%s<%.*s ", (char *)client_data, (int)length, text);
	return AULA_OK;
}

static void
hang_up(void *self, void *client_data, aula_code why, const char *reason)
{
	world *w = self;

	g_assert_cmpint(why, !=, AULA_OK);
	g_string_append_printf(w->told, "%s!%s ", (char *)client_data, reason);
}

static void
let_go(void *self, void *client_data)
{
	world *w = self;

	g_string_append_printf(w->told, "%s- ", (char *)client_data);
}

static void
refuse(void *self, void *client_data, aula_code code)
{
	world *w = self;

	g_assert_cmpint(code, ==, AULA_NOT_FOUND);
	g_string_append_printf(w->told, "%s 404 ", (char *)client_data);
}

static const aula_transport_ops ops = { sizeof ops, carry, hang_up, let_go, refuse, NULL };
static const aula_transport_ops older = { sizeof older, carry, hang_up, let_go, NULL, NULL };
static const aula_client_place nowhere;

static void
on_client_text(
	void *data, aula_client client, aula_client_place place, const char *text, size_t length)
{
	world *w = data;

	g_assert_cmpuint(place.session, ==, 0);
	g_string_append_printf(w->told, "%u>%zu ", number_of(client), length);
	if (length == 4 && memcmp(text, "echo", 4) == 0)
		aula_clients_send(w->clients, client, text, length);
}

static void
on_client_listens(
	void *data, aula_client client, aula_client_place place, int64_t most, int64_t hold_ms)
{
	world *w = data;

	g_string_append_printf(w->told, "%u?%u,%d,%d ", number_of(client), (unsigned)place.session,
		(int)most, (int)hold_ms);
	if (place.session == 404)
		aula_clients_refuse(w->clients, client, AULA_NOT_FOUND);
}

static void
on_client_closed(void *data, aula_client client, bool final)
{
	world *w = data;

	g_string_append_printf(w->told, final ? "%u left " : "%u closed ", number_of(client));
}

static const aula_client_listener listener = { on_client_text, on_client_listens,
	on_client_closed };

static void
set_up(world *w, gconstpointer unused)
{
	aula_client_limits limits = { .clients_most = 2,
		.message_bytes_most = MESSAGE_BYTES_MOST,
		.requests = { RATE_PER_S, BURST } };

	(void)unused;
	w->loop = aula_loop_new("test", NULL);
	w->clients = aula_clients_new(w->loop, &limits, &listener, w);
	w->told = g_string_new(NULL);
}

static void
tear_down(world *w, gconstpointer unused)
{
	(void)unused;
	aula_loop_free(w->loop);
	aula_clients_free(w->clients);
	g_string_free(w->told, TRUE);
}

/* Delivers what was posted; the loop that stops is replaced by none: one test, one run. */
static void
deliver(world *w)
{
	aula_loop_stop(w->loop);
	aula_loop_run(w->loop);
}

static void
test_order(world *w, gconstpointer unused)
{
	(void)unused;
	aula_client one = aula_clients_opened(w->clients, &ops, w, (char *)"a", "192.0.2.7", true);
	aula_clients_received(w->clients, one, nowhere, "12", 2);
	aula_clients_received(w->clients, one, nowhere, "echo", 4);
	aula_clients_closed(w->clients, one, false);
	aula_clients_received(w->clients, one, nowhere, "late", 4);
	aula_clients_closed(w->clients, one, false);
	deliver(w);
	g_assert_cmpstr(w->told->str, ==, "1>2 1>4 a<echo 1 closed a- ");
	g_assert_cmpint(aula_clients_send(w->clients, one, "x", 1), ==, AULA_GONE);
	g_assert_cmpstr(aula_clients_address(w->clients, one), ==, "");
}

/* Who pours in texts waits for itself; who says one is served before the crowd. */
static void
test_turns(world *w, gconstpointer unused)
{
	aula_client_limits fair = { .clients_most = 3,
		.message_bytes_most = 50000,
		.requests = { RATE_PER_S, BURST },
		.at_once = 2 };

	(void)unused;
	aula_clients_free(w->clients);
	w->clients = aula_clients_new(w->loop, &fair, &listener, w);
	aula_client one = aula_clients_opened(w->clients, &ops, w, (char *)"a", "192.0.2.7", true);
	aula_client two = aula_clients_opened(w->clients, &ops, w, (char *)"b", "192.0.2.8", true);
	aula_client three = aula_clients_opened(w->clients, &ops, w, (char *)"c", "::1", true);
	for (size_t i = 1; i <= 5; i++)
		aula_clients_received(w->clients, one, nowhere, "xxxxxxxxxx", i);
	for (size_t i = 1; i <= 4; i++)
		aula_clients_received(w->clients, two, nowhere, "xxxxxxxxxx", i);
	aula_clients_closed(w->clients, two, true);
	aula_clients_received(w->clients, three, nowhere, "xxxxxxxxxx", 9);
	deliver(w);
	g_assert_cmpstr(w->told->str, ==, "1>1 1>2 2>1 2>2 3>9 1>3 2>3 1>4 2>4 1>5 2 left b- ");
}

/* What waits at the end is served, in order; what comes later is not kept waiting. */
static void
test_turns_end(world *w, gconstpointer unused)
{
	aula_client_limits fair = { .clients_most = 3, .message_bytes_most = 50000, .at_once = 1 };

	(void)unused;
	aula_clients_free(w->clients);
	w->clients = aula_clients_new(w->loop, &fair, &listener, w);
	aula_client one = aula_clients_opened(w->clients, &ops, w, (char *)"a", "192.0.2.7", true);
	for (size_t i = 0; i < 100; i++)
		aula_clients_received(w->clients, one, nowhere, "xx", 1 + i / 99);
	deliver(w);
	g_assert_cmpuint(w->told->len, <, 100 * strlen("1>1 "));
	aula_clients_settle(w->clients);
	g_assert_cmpuint(w->told->len, ==, 100 * strlen("1>1 "));
	g_assert_true(g_str_has_suffix(w->told->str, "1>1 1>2 "));
}

/* The loop may go first, and texts may wait when the clients go. */
static void
test_turns_gone(world *w, gconstpointer unused)
{
	aula_client_limits fair = { .clients_most = 3, .message_bytes_most = 50000, .at_once = 1 };

	(void)unused;
	aula_clients_free(w->clients);
	w->clients = aula_clients_new(w->loop, &fair, &listener, w);
	aula_client one = aula_clients_opened(w->clients, &ops, w, (char *)"a", "192.0.2.7", true);
	for (size_t i = 0; i < 100; i++)
		aula_clients_received(w->clients, one, nowhere, "x", 1);
	deliver(w);
	size_t before = w->told->len;
	g_clear_pointer(&w->loop, aula_loop_free);
	g_clear_pointer(&w->clients, aula_clients_free);
	g_assert_cmpuint(w->told->len, <, 100 * strlen("1>1 ") + strlen("a- "));
	g_assert_cmpuint(w->told->len, >=, before);
	g_assert_true(g_str_has_suffix(w->told->str, "a- "));
}

static void
test_final(world *w, gconstpointer unused)
{
	(void)unused;
	aula_client one = aula_clients_opened(w->clients, &ops, w, (char *)"a", "192.0.2.7", true);
	aula_clients_closed(w->clients, one, true);
	aula_clients_closed(w->clients, one, false);
	deliver(w);
	g_assert_cmpstr(w->told->str, ==, "1 left a- ");
}

static void
test_bounds(world *w, gconstpointer unused)
{
	g_autofree char *large = g_strnfill(MESSAGE_BYTES_MOST + 1, 'x');

	(void)unused;
	aula_client one = aula_clients_opened(w->clients, &ops, w, (char *)"a", "::1", true);
	aula_client two = aula_clients_opened(w->clients, &ops, w, (char *)"b", NULL, false);
	aula_clients_opened(w->clients, &ops, w, (char *)"c", NULL, true);
	aula_clients_received(w->clients, one, nowhere, large, MESSAGE_BYTES_MOST + 1);
	for (int i = 0; i < 5; i++)
		aula_clients_received(w->clients, two, nowhere, large, MESSAGE_BYTES_MOST);
	deliver(w);
	g_assert_cmpstr(w->told->str, ==,
		"c!the server is full a!a message larger than allowed "
		"2>1000 2>1000 2>1000 2>1000 b!more requests at once than are taken ");
	/* Who is being closed is neither served nor told anything. */
	g_assert_cmpint(aula_clients_send(w->clients, one, "x", 1), ==, AULA_GONE);
	g_assert_true(aula_clients_is_lasting(w->clients, one));
	g_assert_false(aula_clients_is_lasting(w->clients, two));
}

/* Many requests of one address over HTTP are as bounded as many on one socket. */
static void
test_one_request_each(world *w, gconstpointer unused)
{
	(void)unused;
	w->told = g_string_set_size(w->told, 0);
	aula_client ones[6];
	for (unsigned i = 0; i < G_N_ELEMENTS(ones); i++) {
		const char *address = i < 5 ? "192.0.2.7" : "192.0.2.8";
		ones[i] = aula_clients_opened(w->clients, &ops, w, (char *)"a", address, false);
	}
	aula_clients_set_limits(w->clients, 100, &(aula_quota){ RATE_PER_S, BURST });
	g_autofree char *large = g_strnfill(MESSAGE_BYTES_MOST, 'x');
	for (unsigned i = 0; i < G_N_ELEMENTS(ones); i++)
		aula_clients_received(w->clients, ones[i], nowhere, large, MESSAGE_BYTES_MOST);
	deliver(w);
	g_assert_cmpstr(w->told->str, ==,
		"1>1000 2>1000 3>1000 4>1000 a!more requests at once than are taken 6>1000 ");
}

static void
test_rate(world *w, gconstpointer unused)
{
	int64_t now_us = 1000000;

	(void)unused;
	aula_client one = aula_clients_opened(w->clients, &ops, w, (char *)"a", "", true);
	deliver(w);
	for (int i = 0; i < BURST; i++)
		g_assert_cmpint(aula_clients_charge(w->clients, one, now_us, NULL), ==, AULA_OK);
	g_assert_cmpint(aula_clients_charge(w->clients, one, now_us, NULL), ==, AULA_TOO_FAST);
	now_us += 1000000 / RATE_PER_S;
	g_assert_cmpint(aula_clients_charge(w->clients, one, now_us, NULL), ==, AULA_OK);
	g_assert_cmpint(aula_clients_charge(w->clients, one, now_us, NULL), ==, AULA_TOO_FAST);
	now_us += 3600 * INT64_C(1000000);
	for (int i = 0; i < BURST; i++)
		g_assert_cmpint(aula_clients_charge(w->clients, one, now_us, NULL), ==, AULA_OK);
	aula_code code;
	int refused = 0;
	while ((code = aula_clients_charge(w->clients, one, now_us, NULL)) == AULA_TOO_FAST)
		refused++;
	g_assert_cmpint(refused, >, 100);
	g_assert_cmpint(code, ==, AULA_GONE);
	g_assert_cmpstr(w->told->str, ==, "a!too many requests ");
}

/* Requests that make the server work count as more than one. */
static void
test_debit(world *w, gconstpointer unused)
{
	int64_t now_us = 1000000;

	(void)unused;
	aula_client one = aula_clients_opened(w->clients, &ops, w, (char *)"a", "", true);
	deliver(w);
	g_assert_cmpint(aula_clients_charge(w->clients, one, now_us, NULL), ==, AULA_OK);
	aula_clients_debit(w->clients, one, 100, now_us);
	for (int i = 1; i < BURST; i++)
		g_assert_cmpint(aula_clients_charge(w->clients, one, now_us, NULL), ==, AULA_OK);
	aula_clients_debit(w->clients, one, 500 * RATE_PER_S, now_us);
	now_us += 1000000;
	g_assert_cmpint(aula_clients_charge(w->clients, one, now_us, NULL), ==, AULA_TOO_FAST);
	now_us += 1000000;
	g_assert_cmpint(aula_clients_charge(w->clients, one, now_us, NULL), ==, AULA_OK);
	aula_clients_debit(w->clients, (aula_client){ 99 }, 1000000, now_us);
}

static gpointer
talk(gpointer data)
{
	world *w = data;

	aula_client one = aula_clients_opened(w->clients, &ops, w, (char *)"t", "", true);
	for (int i = 0; i < 1000; i++)
		aula_clients_received(w->clients, one, nowhere, "1", 1);
	aula_clients_closed(w->clients, one, false);
	return NULL;
}

static void
test_threads(world *w, gconstpointer unused)
{
	GThread *threads[2];
	size_t closed = 0;

	(void)unused;
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("client", talk, w);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
	deliver(w);
	for (const char *at = w->told->str; (at = strstr(at, "closed")) != NULL; at++)
		closed++;
	g_assert_cmpuint(closed, ==, 2);
	g_assert_cmpuint(aula_clients_count(w->clients), ==, 0);
}

static void
test_listen(world *w, gconstpointer unused)
{
	(void)unused;
	aula_client one = aula_clients_opened(w->clients, &ops, w, (char *)"a", "::1", false);
	aula_client two = aula_clients_opened(w->clients, &older, w, (char *)"b", "::1", false);
	aula_clients_listen(w->clients, one, (aula_client_place){ .session = 7 }, 10, 30000);
	aula_clients_listen(w->clients, one, (aula_client_place){ .session = 404 }, 1, 1);
	aula_clients_listen(w->clients, two, (aula_client_place){ .session = 7 }, 1, 1);
	deliver(w);
	g_assert_cmpstr(
		w->told->str, ==, "1?7,10,30000 1?404,1,1 a 404 b!the transport cannot listen ");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, test) g_test_add("/signaling/client/" name, world, NULL, set_up, test, tear_down)
	ADD("order", test_order);
	ADD("turns", test_turns);
	ADD("turns-end", test_turns_end);
	ADD("turns-gone", test_turns_gone);
	ADD("final", test_final);
	ADD("bounds", test_bounds);
	ADD("one-request-each", test_one_request_each);
	ADD("rate", test_rate);
	ADD("debit", test_debit);
	ADD("threads", test_threads);
	ADD("listen", test_listen);
	return g_test_run();
}
