/* SPDX-License-Identifier: Apache-2.0 */
#include "base/packet.h"

#include <stdlib.h>
#include <string.h>

enum { SLAB_PACKETS = 32 };

/* Packets are allocated by the slab, when they are first needed, and stay until the pool goes. */
typedef struct slab {
	struct slab *next;
	aula_packet packets[SLAB_PACKETS];
} slab;

struct aula_pool {
	slab *slabs;
	aula_packet *idle;           /* [owner] */
	size_t made, most;           /* [owner] packets in slabs; their bound */
	size_t out;                  /* [owner] taken and not yet collected from `home` */
	_Atomic(aula_packet *) home; /* [any] came back, newest first; `orphaned` after free */
	_Atomic int64_t missing;     /* [any] after free: packets still out */
};

static aula_packet orphaned;

aula_pool *
aula_pool_new(size_t most)
{
	aula_pool *pool = calloc(1, sizeof(*pool));

	if (pool == NULL)
		abort();
	pool->most = most;
	return pool;
}

static void
destroy(aula_pool *pool)
{
	while (pool->slabs != NULL) {
		slab *first = pool->slabs;
		pool->slabs = first->next;
		free(first);
	}
	free(pool);
}

static void
collect(aula_pool *pool, aula_packet *home)
{
	while (home != NULL) {
		aula_packet *packet = home;
		home = packet->next;
		packet->next = pool->idle;
		pool->idle = packet;
		pool->out--;
	}
}

void
aula_pool_free(aula_pool *pool)
{
	if (pool == NULL)
		return;
	collect(pool, atomic_exchange_explicit(&pool->home, &orphaned, memory_order_acq_rel));
	/* Packets that came home since have counted below zero; whoever reaches zero destroys. */
	int64_t out = (int64_t)pool->out;
	if (atomic_fetch_add_explicit(&pool->missing, out, memory_order_acq_rel) + out == 0)
		destroy(pool);
}

static bool
grow(aula_pool *pool)
{
	if (pool->made >= pool->most)
		return false;
	slab *more = malloc(sizeof(*more));
	if (more == NULL)
		return false;
	more->next = pool->slabs;
	pool->slabs = more;
	for (size_t i = 0; i < SLAB_PACKETS && pool->made < pool->most; i++, pool->made++) {
		aula_packet *packet = &more->packets[i];
		atomic_init(&packet->refs, 0);
		packet->pool = pool;
		packet->next = pool->idle;
		pool->idle = packet;
	}
	return true;
}

aula_packet *
aula_pool_take(aula_pool *pool)
{
	if (pool->idle == NULL)
		collect(pool, atomic_exchange_explicit(&pool->home, NULL, memory_order_acquire));
	if (pool->idle == NULL && !grow(pool))
		return NULL;
	aula_packet *packet = pool->idle;
	pool->idle = packet->next;
	pool->out++;
	packet->next = NULL;
	packet->view = (aula_packet_view){ .data = packet->bytes, .level_dbov = 1 };
	atomic_store_explicit(&packet->refs, 1, memory_order_relaxed);
	return packet;
}

size_t
aula_pool_used(const aula_pool *pool)
{
	size_t used = pool->out;
	/* Only the owner takes packets from this stack, so what it saw stays linked. */
	aula_packet *home = atomic_load_explicit(&pool->home, memory_order_acquire);

	for (; home != NULL; home = home->next)
		used--;
	return used;
}

aula_packet *
aula_packet_ref(aula_packet *packet)
{
	atomic_fetch_add_explicit(&packet->refs, 1, memory_order_relaxed);
	return packet;
}

void
aula_packet_unref(aula_packet *packet)
{
	if (atomic_fetch_sub_explicit(&packet->refs, 1, memory_order_acq_rel) != 1)
		return;
	aula_pool *pool = packet->pool;
	aula_packet *head = atomic_load_explicit(&pool->home, memory_order_acquire);
	do {
		if (head == &orphaned) {
			if (atomic_fetch_sub_explicit(&pool->missing, 1, memory_order_acq_rel) == 1)
				destroy(pool);
			return;
		}
		packet->next = head;
	} while (!atomic_compare_exchange_weak_explicit(
		&pool->home, &head, packet, memory_order_acq_rel, memory_order_acquire));
}
