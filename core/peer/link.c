/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/link.h"

typedef struct {
	aula_mail mail;
	aula_link *link;
	atomic_bool posted; /* [any] the other loop has it */
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
	batch *batches[AULA_LINK_BATCHES]; /* made when first needed */
	size_t next;                       /* the one being filled */
};

aula_link *
aula_link_new(
	aula_loop *to, void (*take)(void *data, uint64_t track, aula_packet *packet), void *data)
{
	aula_link *link = g_new0(aula_link, 1);

	*link = (aula_link){ .to = to, .take = take, .data = data };
	return link;
}

void
aula_link_free(aula_link *link)
{
	if (link == NULL)
		return;
	for (size_t i = 0; i < AULA_LINK_BATCHES; i++) {
		batch *left = link->batches[i];
		for (size_t j = 0; left != NULL && j < left->count; j++)
			aula_packet_unref(left->entries[j].packet);
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
	atomic_store_explicit(&arrived->posted, false, memory_order_release);
}

/* The batch to fill; NULL: the other loop has them all. */
static batch *
present(aula_link *link)
{
	batch *filling = link->batches[link->next];

	if (filling == NULL) {
		filling = link->batches[link->next] = g_new0(batch, 1);
		filling->mail.deliver = deliver_batch;
		filling->link = link;
	}
	return atomic_load_explicit(&filling->posted, memory_order_acquire) ? NULL : filling;
}

bool
aula_link_add(aula_link *link, uint64_t track, aula_packet *packet)
{
	batch *filling = present(link);

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
	batch *filled = present(link);

	if (filled == NULL || filled->count == 0)
		return;
	link->next = (link->next + 1) % AULA_LINK_BATCHES;
	atomic_store_explicit(&filled->posted, true, memory_order_relaxed);
	aula_loop_post(link->to, &filled->mail);
}
