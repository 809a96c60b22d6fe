/* SPDX-License-Identifier: Apache-2.0 */
#include "media/history.h"

#include <glib.h>

enum { BITS = 4, SIZE = 1 << BITS, FIRST = 70000 };

typedef struct {
	aula_pool *pool;
	aula_history history;
} fixture;

static void
set_up(fixture *f, const void *data)
{
	(void)data;
	f->pool = aula_pool_new(100);
	aula_history_init(&f->history, BITS);
}

static void
tear_down(fixture *f, const void *data)
{
	(void)data;
	aula_history_finish(&f->history);
	g_assert_cmpuint(aula_pool_used(f->pool), ==, 0);
	aula_pool_free(f->pool);
}

static void
add(fixture *f, uint64_t number, int64_t now_us)
{
	aula_packet *packet = aula_pool_take(f->pool);

	g_assert_nonnull(packet);
	packet->view.received_us = now_us;
	packet->view.sequence = (uint16_t)number;
	aula_history_add(&f->history, number, packet, now_us);
	aula_packet_unref(packet);
}

static bool
has(fixture *f, uint64_t number)
{
	aula_packet *packet = aula_history_get(&f->history, number);

	if (packet != NULL)
		g_assert_cmpuint(packet->view.sequence, ==, (uint16_t)number);
	return packet != NULL;
}

static void
test_size(fixture *f, const void *data)
{
	(void)data;
	for (uint64_t i = 0; i < 1000; i++)
		if (i % 3 != 1)
			add(f, FIRST + i, 0);
	for (uint64_t i = 0; i < 1000; i++)
		g_assert_cmpint(has(f, FIRST + i), ==, i >= 1000 - SIZE && i % 3 != 1);
	g_assert_false(has(f, FIRST + 1000));
	g_assert_cmpuint(aula_pool_used(f->pool), <=, SIZE);
	/* A latecomer within the ring is kept, one behind it is not. */
	add(f, FIRST + 994, 0);
	g_assert_true(has(f, FIRST + 994));
	add(f, FIRST + 900, 0);
	g_assert_false(has(f, FIRST + 900));
	/* A jump starts over. */
	add(f, FIRST + 100000, 0);
	g_assert_cmpuint(aula_pool_used(f->pool), ==, 1);
}

static void
test_age(fixture *f, const void *data)
{
	(void)data;
	for (int i = 0; i < 10; i++)
		add(f, FIRST + (uint64_t)i, i * AULA_HISTORY_AGE_US / 5);
	g_assert_false(has(f, FIRST + 3));
	g_assert_true(has(f, FIRST + 4));
	aula_history_trim(&f->history, 9 * AULA_HISTORY_AGE_US / 5 + AULA_HISTORY_AGE_US);
	g_assert_true(has(f, FIRST + 9));
	g_assert_cmpuint(aula_pool_used(f->pool), ==, 1);
	aula_history_trim(&f->history, 10 * AULA_HISTORY_AGE_US);
	g_assert_cmpuint(aula_pool_used(f->pool), ==, 0);
	/* And on it goes, also with one that is late for what was let go. */
	add(f, FIRST + 10, 10 * AULA_HISTORY_AGE_US);
	add(f, FIRST + 7, 10 * AULA_HISTORY_AGE_US);
	g_assert_true(has(f, FIRST + 10));
	g_assert_true(has(f, FIRST + 7));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/media/history/size", fixture, NULL, set_up, test_size, tear_down);
	g_test_add("/media/history/age", fixture, NULL, set_up, test_age, tear_down);
	return g_test_run();
}
