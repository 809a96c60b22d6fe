/* SPDX-License-Identifier: Apache-2.0 */
/** What a turn owes: datagrams are written into one arena, listed by destination, and leave at the
 * end of the turn, each destination's together. No allocation per packet. */
#ifndef AULA_PEER_OUTBOX_H
#define AULA_PEER_OUTBOX_H

#include "peer/path.h"

typedef struct aula_outbox aula_outbox;

/** One destination's; lives in its owner, zero at first but for `path`. */
typedef struct aula_outbox_queue {
	aula_path path;              /* the owner's: where the datagrams go when they leave */
	uint32_t first, last, count; /* private */
	struct aula_outbox_queue *previous, *next; /* private */
} aula_outbox_queue;

enum {
	AULA_OUTBOX_DATAGRAM_MOST = 2048,
	AULA_OUTBOX_RUN_MOST = 64, /* sent at once; UDP_MAX_SEGMENTS of older kernels */
};

aula_outbox *aula_outbox_new(aula_loop *loop);
/** All queues must be empty. */
void aula_outbox_free(aula_outbox *outbox);

/** Room for a datagram of at most AULA_OUTBOX_DATAGRAM_MOST bytes, until the next call; may send
 * what is waiting to make it. */
uint8_t *aula_outbox_reserve(aula_outbox *outbox);
/** What was written there is a datagram of `length` bytes for `queue`. */
void aula_outbox_commit(aula_outbox *outbox, aula_outbox_queue *queue, size_t length);
/** Sends what `queue` holds, now. */
void aula_outbox_send(aula_outbox *outbox, aula_outbox_queue *queue);

#endif
