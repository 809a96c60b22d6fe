/* SPDX-License-Identifier: Apache-2.0 */
/** A queue from any thread to one, with a bell. Unlike a loop's mailbox it outlives its reader, for
 * sockets may be held after the listener has stopped. */
#ifndef AULA_WEB_OUTBOX_H
#define AULA_WEB_OUTBOX_H

#include <stdbool.h>

typedef struct aula_web_outbox aula_web_outbox;

/** The head of an item: the first member of your own struct. */
typedef struct aula_web_outbox_item {
	struct aula_web_outbox_item *next;
	/** [reader] Does what it says, and takes it. */
	void (*deliver)(struct aula_web_outbox_item *item);
} aula_web_outbox_item;

/** `ring(data)` is called on the pushing thread, and only for an item that comes into an empty
 * queue: many items, one wake-up. It must not push. */
aula_web_outbox *aula_web_outbox_new(void (*ring)(void *data), void *data);
/** [any] */
aula_web_outbox *aula_web_outbox_ref(aula_web_outbox *outbox);
void aula_web_outbox_unref(aula_web_outbox *outbox);
/** [any] Takes `item`; false, and the item stays the caller's, once closed. */
bool aula_web_outbox_push(aula_web_outbox *outbox, aula_web_outbox_item *item);
/** [reader] All that waits, oldest first, linked by `next`; NULL if nothing. */
aula_web_outbox_item *aula_web_outbox_take(aula_web_outbox *outbox);
/** [reader] The same, and from now on nothing comes in and the bell is silent. */
aula_web_outbox_item *aula_web_outbox_close(aula_web_outbox *outbox);

#endif
