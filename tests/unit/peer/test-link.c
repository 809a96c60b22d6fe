/* SPDX-License-Identifier: Apache-2.0 */
/* Packets from one loop to another that is slow to take them. */
#include "peer/link.h"

enum { POOL = 4096 };

typedef struct {
	aula_loop *to;
	aula_pool *pool;
	aula_link *link;
	uint64_t next; /* to arrive */
} fixture;

static void
take(void *data, uint64_t track, aula_packet *packet)
{
	fixture *f = data;

	g_assert_cmpuint(track, ==, f->next++);
	g_assert_nonnull(packet);
}

static void
set_up(fixture *f, const void *data)
{
	(void)data;
	f->to = aula_loop_new("to", NULL);
	f->pool = aula_pool_new(POOL);
	f->link = aula_link_new(f->to, take, f);
}

static bool
add(fixture *f, uint64_t track)
{
	aula_packet *packet = aula_pool_take(f->pool);
	bool added = aula_link_add(f->link, track, packet);

	aula_packet_unref(packet);
	return added;
}

static void
tear_down(fixture *f, const void *data)
{
	(void)data;
	aula_loop_free(f->to); /* delivers what is left */
	aula_link_free(f->link);
	g_assert_cmpuint(aula_pool_used(f->pool), ==, 0);
	aula_pool_free(f->pool);
}

/* A turn often brings a single packet. A loop that is busy for many such turns, say with the
 * handshakes of a class that comes in, must not lose any. */
static void
test_many_small_turns(fixture *f, const void *data)
{
	(void)data;
	for (uint64_t i = 0; i < 1000; i++) {
		g_assert_true(add(f, i));
		aula_link_flush(f->link);
	}
	aula_loop_free(f->to);
	g_assert_cmpuint(f->next, ==, 1000);
	f->to = NULL;
}

static void
test_bound(fixture *f, const void *data)
{
	uint64_t added = 0;

	(void)data;
	while (add(f, added)) {
		added++;
		aula_link_flush(f->link);
		g_assert_cmpuint(added, <, POOL);
	}
	g_assert_cmpuint(added, ==, AULA_LINK_BATCHES);
	aula_link_flush(f->link); /* nothing to post */
	aula_loop_free(f->to);
	g_assert_cmpuint(f->next, ==, added);
	f->to = NULL;
}

/* What was added and never flushed is let go of. */
static void
test_left_over(fixture *f, const void *data)
{
	(void)data;
	for (uint64_t i = 0; i < AULA_LINK_PACKETS + 3; i++)
		g_assert_true(add(f, i));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/peer/link/many-small-turns", fixture, NULL, set_up, test_many_small_turns,
		tear_down);
	g_test_add("/peer/link/bound", fixture, NULL, set_up, test_bound, tear_down);
	g_test_add("/peer/link/left-over", fixture, NULL, set_up, test_left_over, tear_down);
	return g_test_run();
}
