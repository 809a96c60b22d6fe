/* SPDX-License-Identifier: Apache-2.0 */
/** The immutable packet: the only thing that is reference counted. Buffers come from pools that
 * belong to one loop; the last unref may happen on any thread and sends the buffer home. */
#ifndef AULA_BASE_PACKET_H
#define AULA_BASE_PACKET_H

#include <stdatomic.h>

#include "aula/media.h"

/** Bytes of RTP that a packet can hold. Larger datagrams are dropped and counted. */
enum { AULA_PACKET_BYTES = 1500, AULA_PACKET_NOTES_BYTES = 192 };

typedef struct aula_pool aula_pool;

struct aula_packet {
	_Atomic uint32_t refs;
	aula_pool *pool;
	aula_packet *next; /* private to the pool, and to whoever holds the only reference */
	aula_packet_view
		view; /* filled by the receiving loop before anybody else sees the packet */
	/* what the receiving loop found out, for the loops that forward it: parsed once. Written
	 * before anybody else sees the packet; whoever forwards says what is in it. */
	_Alignas(8) uint8_t notes[AULA_PACKET_NOTES_BYTES];
	uint8_t bytes[AULA_PACKET_BYTES];
};

/** A pool of the calling loop. `most` bounds the packets alive at once. */
aula_pool *aula_pool_new(size_t most);
/** Frees the pool when its last packet has come home; may be called with packets still out. */
void aula_pool_free(aula_pool *pool);
/** [owner] A packet with one reference; NULL at the bound. */
aula_packet *aula_pool_take(aula_pool *pool);
/** [owner] Packets alive. */
size_t aula_pool_used(const aula_pool *pool);

/** [any] */
aula_packet *aula_packet_ref(aula_packet *packet);
void aula_packet_unref(aula_packet *packet);

#endif
