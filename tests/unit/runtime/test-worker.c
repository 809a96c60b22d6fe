/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/worker.h"

#include <glib.h>
#include <pthread.h>

enum { SECOND_US = 1000 * 1000 };

struct bench {
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool open; /* work may go on */
	int inside, done, discarded;
	int last;
};

struct piece {
	aula_work work;
	struct bench *bench;
	int number;
};

static void
run(aula_work *work)
{
	struct piece *piece = (struct piece *)work;
	struct bench *bench = piece->bench;

	pthread_mutex_lock(&bench->lock);
	bench->inside++;
	pthread_cond_broadcast(&bench->change);
	while (!bench->open)
		pthread_cond_wait(&bench->change, &bench->lock);
	g_assert_cmpint(piece->number, ==, bench->last + 1);
	bench->last = piece->number;
	bench->done++;
	pthread_cond_broadcast(&bench->change);
	pthread_mutex_unlock(&bench->lock);
	g_free(piece);
}

static void
discard(aula_work *work)
{
	struct piece *piece = (struct piece *)work;

	piece->bench->discarded++;
	g_free(piece);
}

static bool
post(aula_worker *worker, struct bench *bench, int number, size_t bytes)
{
	struct piece *piece = g_new(struct piece, 1);

	*piece =
		(struct piece){ { .bytes = bytes, .run = run, .discard = discard }, bench, number };
	bool taken = aula_worker_post(worker, &piece->work);
	if (!taken)
		g_free(piece);
	return taken;
}

static void
let_go(struct bench *bench)
{
	pthread_mutex_lock(&bench->lock);
	bench->open = true;
	pthread_cond_broadcast(&bench->change);
	pthread_mutex_unlock(&bench->lock);
}

static void
wait_for(struct bench *bench, const int *counter, int wanted)
{
	pthread_mutex_lock(&bench->lock);
	while (*counter < wanted)
		pthread_cond_wait(&bench->change, &bench->lock);
	pthread_mutex_unlock(&bench->lock);
}

static void
test_in_order_and_to_the_end(void)
{
	struct bench bench = { .open = true };
	aula_worker *worker = aula_worker_new("test", 10000, 10000);

	for (int i = 1; i <= 1000; i++)
		g_assert_true(post(worker, &bench, i, 1));
	g_assert_true(aula_worker_free(worker, g_get_monotonic_time() + 60 * SECOND_US));
	g_assert_cmpint(bench.done, ==, 1000);
	g_assert_cmpint(bench.discarded, ==, 0);
}

static void
test_bounds(void)
{
	struct bench bench = { 0 };
	aula_worker *many = aula_worker_new("test", 3, 1000), *large;

	for (int i = 1; i <= 4; i++)
		g_assert_cmpint(post(many, &bench, i, 1), ==, i <= 3);
	g_assert_cmpuint(aula_worker_waiting(many), ==, 3);
	let_go(&bench);
	g_assert_true(aula_worker_free(many, g_get_monotonic_time() + 60 * SECOND_US));

	bench = (struct bench){ 0 };
	large = aula_worker_new("test", 100, 1000);
	g_assert_false(post(large, &bench, 1, 1001));
	g_assert_true(post(large, &bench, 1, 600));
	g_assert_false(post(large, &bench, 2, 401));
	g_assert_true(post(large, &bench, 2, 400));
	let_go(&bench);
	wait_for(&bench, &bench.done, 2);
	aula_worker_end(large);
	g_assert_false(post(large, &bench, 3, 1));
	g_assert_true(aula_worker_free(large, g_get_monotonic_time() + 60 * SECOND_US));
}

static void
test_hangs(void)
{
	struct bench bench = { 0 };
	aula_worker *worker = aula_worker_new("test", 10, 1000);

	for (int i = 1; i <= 5; i++)
		post(worker, &bench, i, 1);
	wait_for(&bench, &bench.inside, 1);
	g_assert_false(aula_worker_free(worker, g_get_monotonic_time()));
	g_assert_cmpint(bench.discarded, ==, 4);
	/* The one that hung comes back after all. */
	let_go(&bench);
	wait_for(&bench, &bench.done, 1);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/runtime/worker/in-order-and-to-the-end", test_in_order_and_to_the_end);
	g_test_add_func("/runtime/worker/bounds", test_bounds);
	g_test_add_func("/runtime/worker/hangs", test_hangs);
	return g_test_run();
}
