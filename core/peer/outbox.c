/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/outbox.h"

enum {
	ARENA_BYTES =
		256
		<< 10, /* stays in a second-level cache: 4 MB cost 5 % more, and 10 % of latency */
};

typedef struct {
	uint32_t next; /* offset of the same queue's next parcel */
	uint32_t length;
	uint8_t bytes[];
} parcel;

struct aula_outbox {
	aula_loop *loop;
	aula_flush flush;
	uint8_t *arena;
	uint32_t used;
	aula_outbox_queue *queues; /* those that hold something */
};

static parcel *
parcel_at(aula_outbox *outbox, uint32_t offset)
{
	return (parcel *)(outbox->arena + offset);
}

void
aula_outbox_send(aula_outbox *outbox, aula_outbox_queue *queue)
{
	struct iovec datagrams[AULA_OUTBOX_RUN_MOST];
	uint32_t offset = queue->first;

	if (queue->count == 0)
		return;
	for (uint32_t i = 0; i < queue->count; i++) {
		parcel *item = parcel_at(outbox, offset);
		datagrams[i] = (struct iovec){ item->bytes, item->length };
		offset = item->next;
	}
	aula_path_send(&queue->path, datagrams, queue->count);
	queue->count = 0;
	if (queue->previous != NULL)
		queue->previous->next = queue->next;
	else
		outbox->queues = queue->next;
	if (queue->next != NULL)
		queue->next->previous = queue->previous;
	queue->previous = queue->next = NULL;
}

static void
send_all(aula_outbox *outbox)
{
	while (outbox->queues != NULL)
		aula_outbox_send(outbox, outbox->queues);
	outbox->used = 0;
}

static void
flush(aula_flush *self)
{
	send_all((aula_outbox *)((char *)self - offsetof(aula_outbox, flush)));
}

aula_outbox *
aula_outbox_new(aula_loop *loop)
{
	aula_outbox *outbox = g_new0(aula_outbox, 1);

	outbox->loop = loop;
	outbox->flush.flush = flush;
	outbox->flush.last = true; /* what the mirrors forward in this turn leaves in this turn */
	outbox->arena = g_malloc(ARENA_BYTES);
	return outbox;
}

void
aula_outbox_free(aula_outbox *outbox)
{
	if (outbox == NULL)
		return;
	g_assert(outbox->queues == NULL);
	aula_loop_flush_cancel(outbox->loop, &outbox->flush);
	g_free(outbox->arena);
	g_free(outbox);
}

uint8_t *
aula_outbox_reserve(aula_outbox *outbox)
{
	if (outbox->used + sizeof(parcel) + AULA_OUTBOX_DATAGRAM_MOST > ARENA_BYTES)
		send_all(outbox);
	return parcel_at(outbox, outbox->used)->bytes;
}

static void
list(aula_outbox *outbox, aula_outbox_queue *queue)
{
	queue->previous = NULL;
	queue->next = outbox->queues;
	if (outbox->queues != NULL)
		outbox->queues->previous = queue;
	outbox->queues = queue;
	aula_loop_flush_later(outbox->loop, &outbox->flush);
}

void
aula_outbox_commit(aula_outbox *outbox, aula_outbox_queue *queue, size_t length)
{
	uint32_t offset = outbox->used;

	parcel_at(outbox, offset)->length = (uint32_t)length;
	if (queue->count == 0) {
		queue->first = offset;
		list(outbox, queue);
	} else {
		parcel_at(outbox, queue->last)->next = offset;
	}
	queue->last = offset;
	outbox->used += (uint32_t)((sizeof(parcel) + length + 7) & ~(size_t)7);
	if (++queue->count == AULA_OUTBOX_RUN_MOST)
		aula_outbox_send(outbox, queue);
}
