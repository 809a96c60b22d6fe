/* SPDX-License-Identifier: Apache-2.0 */
/* Publisher, server and subscriber with a bad network on both sides; an hour in a second or two. */
#include <glib.h>
#include <string.h>

#include "media/history.h"
#include "media/nack.h"
#include "media/rewrite.h"
#include "media/sequence.h"
#include "../sanitized.h"

enum {
	INTERVAL_US = 8000, /* 125 packets a second */
	TICK_US = 1000,
	FLIGHTS = 512,
	SENT = 2048, /* what the publisher remembers */
};

typedef struct {
	double loss, duplicate;
	int64_t delay_us, spread_us; /* a spread above INTERVAL_US reorders */
	int64_t seconds;
	double delivered_least; /* of what was published */
} network_case;

static const network_case cases[] = {
	{ 0, 0, 20000, 0, 3600, 1.0 },
	{ 0.01, 0, 20000, 5000, 3600, 1.0 },
	{ 0.05, 0.02, 40000, 30000, 600, 0.9999 },
	{ 0.20, 0.10, 60000, 40000, 600, 0.999 },
};

/* A packet or a request on its way, one way. */
typedef struct {
	int64_t at_us; /* 0: free */
	uint64_t number;
} flight;

typedef struct {
	const network_case *test;
	flight flights[FLIGHTS];
} line;

typedef struct {
	aula_sequence sequence;
	aula_nack nack;
} receiver;

typedef struct {
	GRand *random;
	line up, up_back, down, down_back;
	uint64_t published, delivered;
	receiver server, subscriber;
	aula_pool *pool;
	aula_history history;
	aula_rewrite rewrite;
	int64_t now_us;
} world;

static void
toss(world *w, line *on, uint64_t number)
{
	int copies = g_rand_double(w->random) < on->test->duplicate ? 2 : 1;

	for (; copies > 0; copies--) {
		if (g_rand_double(w->random) < on->test->loss)
			continue;
		int64_t spread_us =
			(int64_t)(g_rand_double(w->random) * (double)on->test->spread_us);
		size_t i = 0;
		while (i < FLIGHTS && on->flights[i].at_us != 0)
			i++;
		g_assert_cmpuint(i, <, FLIGHTS);
		on->flights[i] = (flight){ w->now_us + on->test->delay_us + spread_us, number };
	}
}

/* The earliest that has landed by now. */
static bool
land(world *w, line *on, uint64_t *ret_number)
{
	flight *first = NULL;

	for (size_t i = 0; i < FLIGHTS; i++) {
		flight *f = &on->flights[i];
		if (f->at_us != 0 && f->at_us <= w->now_us &&
			(first == NULL || f->at_us < first->at_us))
			first = f;
	}
	if (first == NULL)
		return false;
	*ret_number = first->number;
	first->at_us = 0;
	return true;
}

/* False: a duplicate. */
static bool
take(world *w, receiver *r, uint16_t number, uint64_t *ret_extended)
{
	uint64_t before = r->sequence.highest;
	aula_arrival arrival = aula_sequence_note(&r->sequence, number, false, ret_extended);

	if (arrival == AULA_ARRIVAL_NEXT)
		g_assert_true(aula_nack_advanced(&r->nack, before, *ret_extended, w->now_us));
	if (arrival == AULA_ARRIVAL_LATE)
		aula_nack_came(&r->nack, *ret_extended, w->now_us);
	return arrival <= AULA_ARRIVAL_RESTART;
}

static void
ask(world *w, receiver *r, line *back)
{
	uint16_t numbers[32];
	size_t count = aula_nack_take(&r->nack, w->now_us, numbers, G_N_ELEMENTS(numbers));

	for (size_t i = 0; i < count; i++)
		toss(w, back, numbers[i]);
}

static void
serve(world *w, uint64_t number)
{
	uint64_t extended, out;
	uint32_t timestamp;

	if (!take(w, &w->server, (uint16_t)number, &extended))
		return;
	aula_packet *packet = aula_pool_take(w->pool);
	g_assert_nonnull(packet);
	packet->view.received_us = w->now_us;
	aula_history_add(&w->history, extended, packet, w->now_us);
	aula_packet_unref(packet);
	if (w->rewrite.count == 0)
		aula_rewrite_start(&w->rewrite, extended, 0, true, w->now_us);
	if (aula_rewrite_map(&w->rewrite, extended, 0, w->now_us, &out, &timestamp))
		toss(w, &w->down, out);
}

static void
repeat(world *w, uint64_t number)
{
	uint64_t in, out;

	if (aula_rewrite_reverse(&w->rewrite, (uint16_t)number, &in, &out) &&
		aula_history_get(&w->history, in) != NULL)
		toss(w, &w->down, out);
}

static void
step(world *w)
{
	uint64_t number, extended;

	if (w->now_us % INTERVAL_US == 0)
		toss(w, &w->up, 60000 + w->published++);
	while (land(w, &w->up_back, &number)) {
		uint64_t last = 60000 + w->published - 1;
		uint64_t back = (uint16_t)((uint16_t)last - (uint16_t)number);
		if (back < SENT)
			toss(w, &w->up, last - back);
	}
	while (land(w, &w->up, &number))
		serve(w, number);
	while (land(w, &w->down_back, &number))
		repeat(w, number);
	while (land(w, &w->down, &number))
		if (take(w, &w->subscriber, (uint16_t)number, &extended))
			w->delivered++;
	ask(w, &w->server, &w->up_back);
	ask(w, &w->subscriber, &w->down_back);
}

static void
test_network(const void *data)
{
	const network_case *test = data;
	g_autofree world *w = g_new0(world, 1);
	line *lines[] = { &w->up, &w->up_back, &w->down, &w->down_back };

	w->random = g_rand_new_with_seed(7);
	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
		lines[i]->test = test;
	aula_sequence_init(&w->server.sequence, 90000);
	aula_sequence_init(&w->subscriber.sequence, 90000);
	aula_nack_init(&w->server.nack);
	aula_nack_init(&w->subscriber.nack);
	w->pool = aula_pool_new(1024);
	aula_history_init(&w->history, 8);
	aula_rewrite_init(&w->rewrite, 90000, 32000, 0);
	int64_t end_us = test->seconds * 1000000 / (SANITIZED ? 4 : 1);
	for (w->now_us = INTERVAL_US; w->now_us < end_us; w->now_us += TICK_US)
		step(w);
	double delivered = (double)w->delivered / (double)w->published;
	g_test_message("delivered %.5f, server asked %" G_GUINT64_FORMAT
		       ", gave up %" G_GUINT64_FORMAT ", round trip %" G_GINT64_FORMAT " us",
		delivered, w->server.nack.asked, w->server.nack.given_up, w->server.nack.rtt_us);
	/* What is on its way at the end does not count as lost. */
	g_assert_cmpfloat(delivered, >=, test->delivered_least - 0.001);
	g_assert_cmpuint(w->delivered, <=, w->published);
	g_assert_cmpuint(aula_pool_used(w->pool), <=, 256);
	if (test->loss == 0)
		g_assert_cmpuint(w->server.nack.asked + w->subscriber.nack.asked, ==, 0);
	aula_history_finish(&w->history);
	aula_pool_free(w->pool);
	g_rand_free(w->random);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path =
			g_strdup_printf("/media/network/loss-%.0f-percent-reorder-%d-ms",
				cases[i].loss * 100, (int)(cases[i].spread_us / 1000));
		g_test_add_data_func(path, &cases[i], test_network);
	}
	return g_test_run();
}
