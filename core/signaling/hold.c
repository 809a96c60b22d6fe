/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/hold.h"

#include <stdlib.h>
#include <string.h>

enum { TEXTS_MOST = 64 };

typedef struct {
	aula_alarm alarm; /* the first member */
	aula_holds *all;
	aula_handle handle;
	aula_client client; /* whose reply it is; none: an event */
	json_t *event;
	GPtrArray *texts;
} hold;

struct aula_holds {
	aula_loop *control;
	int64_t wait_ms;
	aula_hold_listener listener;
	void *data;
	GHashTable *by_handle; /* &hold->handle.id -> hold */
};

static void
forget(void *data)
{
	hold *one = data;

	aula_alarm_clear(one->all->control, &one->alarm);
	json_decref(one->event);
	g_ptr_array_free(one->texts, TRUE);
	g_free(one);
}

aula_holds *
aula_holds_new(aula_loop *control, int64_t wait_ms, const aula_hold_listener *listener, void *data)
{
	aula_holds *holds = g_new0(aula_holds, 1);

	holds->control = control;
	holds->wait_ms = wait_ms;
	holds->listener = *listener;
	holds->data = data;
	holds->by_handle = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, forget);
	return holds;
}

void
aula_holds_free(aula_holds *holds)
{
	if (holds == NULL)
		return;
	g_hash_table_destroy(holds->by_handle);
	g_free(holds);
}

bool
aula_hold_is(const aula_holds *holds, aula_handle handle)
{
	return holds != NULL && g_hash_table_contains(holds->by_handle, &handle.id);
}

void
aula_hold_release(aula_holds *holds, aula_handle handle)
{
	hold *one = holds != NULL ? g_hash_table_lookup(holds->by_handle, &handle.id) : NULL;

	if (one == NULL)
		return;
	/* Out of the table first: what is sent may end the session. */
	g_hash_table_steal(holds->by_handle, &handle.id);
	holds->listener.on_hold_complete(holds->data, handle, one->event);
	char *text = json_dumps(one->event, JSON_COMPACT);
	if (text != NULL && AULA_NONE(one->client))
		holds->listener.on_hold_send(holds->data, handle, text, strlen(text));
	else if (text != NULL)
		holds->listener.on_hold_reply(holds->data, one->client, text, strlen(text));
	free(text);
	for (guint i = 0; i < one->texts->len; i++) {
		const char *next = g_ptr_array_index(one->texts, i);
		holds->listener.on_hold_send(holds->data, handle, next, strlen(next));
	}
	forget(one);
}

static void
ring(aula_alarm *alarm)
{
	const hold *one = (const hold *)(void *)alarm;

	aula_hold_release(one->all, one->handle);
}

void
aula_hold_begin(aula_holds *holds, aula_handle handle, aula_client client, json_t *event)
{
	aula_hold_release(holds, handle);
	hold *one = g_new0(hold, 1);
	one->alarm.ring = ring;
	one->all = holds;
	one->handle = handle;
	one->client = client;
	one->event = event;
	one->texts = g_ptr_array_new_with_free_func(g_free);
	g_hash_table_insert(holds->by_handle, &one->handle.id, one);
	aula_alarm_set(holds->control, &one->alarm,
		aula_loop_now_us(holds->control) + holds->wait_ms * 1000);
}

bool
aula_hold_add(aula_holds *holds, aula_handle handle, const char *text, size_t length)
{
	hold *one = holds != NULL ? g_hash_table_lookup(holds->by_handle, &handle.id) : NULL;

	if (one == NULL)
		return false;
	g_ptr_array_add(one->texts, g_strndup(text, length));
	if (one->texts->len == TEXTS_MOST)
		aula_hold_release(holds, handle);
	return true;
}
