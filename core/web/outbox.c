/* SPDX-License-Identifier: Apache-2.0 */
#include "web/outbox.h"

#include <glib.h>
#include <pthread.h>
#include <stdatomic.h>

struct aula_web_outbox {
	atomic_uint references;
	/* A lock, not an exchange of pointers: only so can a push after the close be refused, and
	 * it is held for a few instructions. */
	pthread_mutex_t lock;
	aula_web_outbox_item *first, *last;
	bool closed;
	void (*ring)(void *data);
	void *data;
};

aula_web_outbox *
aula_web_outbox_new(void (*ring)(void *data), void *data)
{
	aula_web_outbox *outbox = g_new0(aula_web_outbox, 1);

	atomic_init(&outbox->references, 1);
	pthread_mutex_init(&outbox->lock, NULL);
	outbox->ring = ring;
	outbox->data = data;
	return outbox;
}

aula_web_outbox *
aula_web_outbox_ref(aula_web_outbox *outbox)
{
	atomic_fetch_add(&outbox->references, 1);
	return outbox;
}

void
aula_web_outbox_unref(aula_web_outbox *outbox)
{
	if (outbox == NULL || atomic_fetch_sub(&outbox->references, 1) > 1)
		return;
	pthread_mutex_destroy(&outbox->lock);
	g_free(outbox);
}

bool
aula_web_outbox_push(aula_web_outbox *outbox, aula_web_outbox_item *item)
{
	item->next = NULL;
	pthread_mutex_lock(&outbox->lock);
	bool open = !outbox->closed;
	if (open && outbox->first != NULL) {
		outbox->last->next = item;
		outbox->last = item;
	} else if (open) {
		outbox->first = outbox->last = item;
		/* Inside the lock, so that the bell is not gone. */
		outbox->ring(outbox->data);
	}
	pthread_mutex_unlock(&outbox->lock);
	return open;
}

static aula_web_outbox_item *
take(aula_web_outbox *outbox, bool close)
{
	pthread_mutex_lock(&outbox->lock);
	aula_web_outbox_item *first = outbox->first;
	outbox->first = outbox->last = NULL;
	outbox->closed |= close;
	pthread_mutex_unlock(&outbox->lock);
	return first;
}

aula_web_outbox_item *
aula_web_outbox_take(aula_web_outbox *outbox)
{
	return take(outbox, false);
}

aula_web_outbox_item *
aula_web_outbox_close(aula_web_outbox *outbox)
{
	return take(outbox, true);
}
