/* SPDX-License-Identifier: Apache-2.0 */
/** What a handle's client is to be told, while a description waits for the candidates of an ICE
 * agent that gathers (ice.gather_ms): the event or reply with the description, and all that comes
 * after it, in order. All [control]. */
#ifndef AULA_SIGNALING_HOLD_H
#define AULA_SIGNALING_HOLD_H

#include <jansson.h>

#include "aula/id.h"
#include "runtime/loop.h"
#include "signaling/client.h"

typedef struct aula_holds aula_holds;

typedef struct {
	/** The description's time has come: `event` may be changed, and is sent next. Borrowed. */
	void (*on_hold_complete)(void *data, aula_handle handle, json_t *event);
	void (*on_hold_send)(void *data, aula_handle handle, const char *text, size_t length);
	/** The reply that `client` waits for, who may be gone. */
	void (*on_hold_reply)(void *data, aula_client client, const char *text, size_t length);
} aula_hold_listener;

/** `wait_ms` is the longest that one is kept. */
aula_holds *aula_holds_new(
	aula_loop *control, int64_t wait_ms, const aula_hold_listener *listener, void *data);
/** Forgets what waits. NULL is fine. */
void aula_holds_free(aula_holds *holds);

/** Keeps `event`, which has a description in it, and what comes after; takes `event`. It is an
 * event of the handle, or the reply to `client`, if that is one. What was kept before is released
 * first. */
void aula_hold_begin(aula_holds *holds, aula_handle handle, aula_client client, json_t *event);
/* In these NULL is fine: nothing is kept. */

/** Keeps a text behind the description. False: nothing of this handle is kept. Past the bound all
 * is released. */
bool aula_hold_add(aula_holds *holds, aula_handle handle, const char *text, size_t length);
bool aula_hold_is(const aula_holds *holds, aula_handle handle);
/** Completes and sends what is kept; nothing happens when nothing is. */
void aula_hold_release(aula_holds *holds, aula_handle handle);

#endif
