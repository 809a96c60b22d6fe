/* SPDX-License-Identifier: Apache-2.0 */
#include "base/packet.h"

#include <glib.h>

static void
test_bound(void)
{
	enum { MOST = 40 };
	aula_pool *pool = aula_pool_new(MOST);
	aula_packet *packets[MOST];

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < MOST; i++) {
			packets[i] = aula_pool_take(pool);
			g_assert_nonnull(packets[i]);
			g_assert_true(packets[i]->view.data == packets[i]->bytes);
		}
		g_assert_null(aula_pool_take(pool));
		g_assert_cmpuint(aula_pool_used(pool), ==, MOST);
		for (int i = 0; i < MOST; i++) {
			aula_packet_unref(aula_packet_ref(packets[i]));
			aula_packet_unref(packets[i]);
			g_assert_cmpuint(aula_pool_used(pool), ==, (size_t)(MOST - i - 1));
		}
	}
	aula_pool_free(pool);
	aula_pool_free(NULL);
}

enum { THREADS = 3, ROUNDS = 20000, PLACES = 64 };

/* One writer, one reader; made of C11 atomics so that the thread sanitizer can follow. */
typedef struct {
	aula_packet *places[PLACES];
	atomic_uint written, read;
} ring;

static void
ring_put(ring *to, aula_packet *packet)
{
	unsigned written = atomic_load_explicit(&to->written, memory_order_relaxed);

	while (written - atomic_load_explicit(&to->read, memory_order_acquire) == PLACES)
		g_thread_yield();
	to->places[written % PLACES] = packet;
	atomic_store_explicit(&to->written, written + 1, memory_order_release);
}

static void *
unref_all(void *data)
{
	ring *from = data;

	for (unsigned round = 0; round <= ROUNDS; round++) {
		while (atomic_load_explicit(&from->written, memory_order_acquire) == round)
			g_thread_yield();
		aula_packet *packet = from->places[round % PLACES];
		atomic_store_explicit(&from->read, round + 1, memory_order_release);
		g_assert_cmpuint(packet->view.length, ==, round);
		aula_packet_unref(packet);
	}
	return NULL;
}

/* Packets are shared by several threads and come home from any; the pool goes before the last. */
static void
test_threads(void)
{
	aula_pool *pool = aula_pool_new(128);
	static ring rings[THREADS];
	GThread *threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		threads[i] = g_thread_new("unref", unref_all, &rings[i]);
	for (unsigned round = 0; round <= ROUNDS; round++) {
		aula_packet *packet;
		while ((packet = aula_pool_take(pool)) == NULL)
			g_thread_yield();
		packet->view.length = round;
		for (int i = 0; i < THREADS; i++)
			ring_put(&rings[i], aula_packet_ref(packet));
		aula_packet_unref(packet);
	}
	g_assert_cmpuint(aula_pool_used(pool), <=, 128);
	aula_pool_free(pool);
	for (int i = 0; i < THREADS; i++)
		g_thread_join(threads[i]);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/packet/bound", test_bound);
	g_test_add_func("/base/packet/threads", test_threads);
	return g_test_run();
}
