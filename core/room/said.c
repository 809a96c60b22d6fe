/* SPDX-License-Identifier: Apache-2.0 */
#include "room/said.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum {
	SAID_MOST = 20000,
	BYTES_MOST = 16 * 1024 * 1024,
	AGE_US = 300 * 1000 * 1000,
};

struct aula_said_list {
	GQueue *queue; /* of aula_said, oldest first */
	size_t bytes;
};

static size_t
size_of(const aula_said *said)
{
	return sizeof *said + strlen(said->text) + strlen(said->room) + strlen(said->module);
}

static void
said_free(void *data)
{
	aula_said *said = data;

	g_free(said->room);
	g_free(said->module);
	free(said->text);
	g_free(said);
}

aula_said_list *
aula_said_list_new(void)
{
	aula_said_list *list = g_new0(aula_said_list, 1);

	list->queue = g_queue_new();
	return list;
}

void
aula_said_list_free(aula_said_list *list)
{
	if (list == NULL)
		return;
	g_queue_free_full(list->queue, said_free);
	g_free(list);
}

void
aula_said_prune(aula_said_list *list, int64_t now_us)
{
	const aula_said *oldest;

	while ((oldest = g_queue_peek_head(list->queue)) != NULL &&
		(oldest->at_us < now_us - AGE_US || list->queue->length > SAID_MOST ||
			list->bytes > BYTES_MOST)) {
		list->bytes -= size_of(oldest);
		said_free(g_queue_pop_head(list->queue));
	}
}

const aula_said *
aula_said_add(aula_said_list *list, const aula_said *said)
{
	aula_said *one = g_memdup2(said, sizeof *said);

	/* Before it is added, so that it is there for the call whatever its size. */
	aula_said_prune(list, said->at_us);
	one->room = g_strdup(said->room);
	one->module = g_strdup(said->module);
	g_queue_push_tail(list->queue, one);
	list->bytes += size_of(one);
	return one;
}

const aula_said *
aula_said_next(const aula_said_list *list, int64_t epoch, int64_t number, aula_said_cursor *cursor)
{
	const GList *at =
		cursor->at != NULL ? ((const GList *)cursor->at)->next : list->queue->head;

	for (; at != NULL; at = at->next) {
		const aula_said *one = at->data;
		if (one->epoch != epoch || one->number < number)
			continue;
		cursor->at = at;
		return one;
	}
	return NULL;
}
