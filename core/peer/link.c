/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/link.h"

typedef struct batch {
	aula_mail mail;
	aula_link *link;
	struct batch *next;      /* among those at home */
	struct batch *next_made; /* among all */
	size_t count;
	struct {
		uint64_t track;
		aula_packet *packet;
	} entries[AULA_LINK_PACKETS];
} batch;

struct aula_link {
	aula_loop *to;
	void (*take)(void *data, uint64_t track, aula_packet *packet);
	void *data;
	batch *made; /* all */
	size_t made_count;
	batch *idle;           /* empty */
	batch *filling;        /* NULL: none */
	_Atomic(batch *) home; /* [any] emptied by the other loop, latest first */
};

aula_link *
aula_link_new(
	aula_loop *to, void (*take)(void *data, uint64_t track, aula_packet *packet), void *data)
{
	aula_link *link = g_new0(aula_link, 1);

	link->to = to;
	link->take = take;
	link->data = data;
	return link;
}

void
aula_link_free(aula_link *link)
{
	if (link == NULL)
		return;
	for (batch *left = link->made, *next; left != NULL; left = next) {
		next = left->next_made;
		for (size_t i = 0; i < left->count; i++)
			aula_packet_unref(left->entries[i].packet);
		g_free(left);
	}
	g_free(link);
}

static void
deliver_batch(aula_mail *mail)
{
	batch *arrived = (batch *)mail;
	aula_link *link = arrived->link;

	for (size_t i = 0; i < arrived->count; i++) {
		link->take(link->data, arrived->entries[i].track, arrived->entries[i].packet);
		aula_packet_unref(arrived->entries[i].packet);
	}
	arrived->count = 0;
	arrived->next = atomic_load_explicit(&link->home, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(
		&link->home, &arrived->next, arrived, memory_order_release, memory_order_relaxed))
		;
}

/* An empty batch; NULL: the other loop has them all. */
static batch *
take_empty(aula_link *link)
{
	if (link->idle == NULL)
		link->idle = atomic_exchange_explicit(&link->home, NULL, memory_order_acquire);
	batch *empty = link->idle;
	if (empty != NULL) {
		link->idle = empty->next;
		return empty;
	}
	if (link->made_count == AULA_LINK_BATCHES)
		return NULL;
	empty = g_new0(batch, 1);
	empty->mail.deliver = deliver_batch;
	empty->link = link;
	empty->next_made = link->made;
	link->made = empty;
	link->made_count++;
	return empty;
}

bool
aula_link_add(aula_link *link, uint64_t track, aula_packet *packet)
{
	if (link->filling == NULL)
		link->filling = take_empty(link);
	batch *filling = link->filling;
	if (filling == NULL)
		return false;
	filling->entries[filling->count].track = track;
	filling->entries[filling->count].packet = aula_packet_ref(packet);
	if (++filling->count == AULA_LINK_PACKETS)
		aula_link_flush(link);
	return true;
}

void
aula_link_flush(aula_link *link)
{
	batch *filled = link->filling;

	if (filled == NULL)
		return;
	link->filling = NULL;
	aula_loop_post(link->to, &filled->mail);
}
