/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/poll.h"

struct aula_polls {
	GHashTable *by_client; /* &poll->client.id -> poll */
	GQueue order;
};

aula_polls *
aula_polls_new(void)
{
	aula_polls *polls = g_new0(aula_polls, 1);

	polls->by_client = g_hash_table_new(g_int64_hash, g_int64_equal);
	return polls;
}

void
aula_polls_free(aula_polls *polls)
{
	g_assert(polls->order.length == 0);
	g_hash_table_destroy(polls->by_client);
	g_free(polls);
}

aula_poll *
aula_poll_new(aula_polls *polls, aula_client client, void *session, size_t most, int64_t until_us)
{
	aula_poll *poll = g_new0(aula_poll, 1);
	GList *before = polls->order.tail;

	*poll = (aula_poll){ .all = polls,
		.client = client,
		.session = session,
		.most = most,
		.until_us = until_us,
		.link.data = poll };
	/* Nearly all are held equally long, so the place is the end. */
	while (before != NULL && ((aula_poll *)before->data)->until_us > until_us)
		before = before->prev;
	if (before != NULL)
		g_queue_insert_after_link(&polls->order, before, &poll->link);
	else
		g_queue_push_head_link(&polls->order, &poll->link);
	g_hash_table_replace(polls->by_client, &poll->client.id, poll);
	return poll;
}

void
aula_poll_free(aula_poll *poll)
{
	g_queue_unlink(&poll->all->order, &poll->link);
	g_hash_table_remove(poll->all->by_client, &poll->client.id);
	g_free(poll);
}

aula_poll *
aula_polls_find(const aula_polls *polls, aula_client client)
{
	return g_hash_table_lookup(polls->by_client, &client.id);
}

aula_poll *
aula_polls_due(const aula_polls *polls, int64_t now_us)
{
	const GList *first = polls->order.head;
	aula_poll *poll = first != NULL ? first->data : NULL;

	return poll != NULL && now_us >= poll->until_us ? poll : NULL;
}
