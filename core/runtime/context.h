/* SPDX-License-Identifier: Apache-2.0 */
/** A thread with a GLib main context, for a library that cannot do without one. Like a loop, it
 * owns what it made and is reached by mail. */
#ifndef AULA_RUNTIME_CONTEXT_H
#define AULA_RUNTIME_CONTEXT_H

#include "runtime/loop.h"

typedef struct aula_context aula_context;

/** Its thread begins. `turn_ends`, which may be NULL, is called with `data` on it after each turn:
 * when the sources that were ready have been dispatched. Never NULL. */
aula_context *aula_context_new(const char *name, void (*turn_ends)(void *data), void *data);
/** [owner] Calls `last(data)` on the thread after the mail posted before, turns until it returns
 * true or `deadline_us` (monotonic) has passed, and joins. NULL is fine. */
void aula_context_free(
	aula_context *context, bool (*last)(void *data), void *data, int64_t deadline_us);

/** [any] Takes `mail`, to be delivered on the thread. Mails of one sender arrive in order. */
void aula_context_post(aula_context *context, aula_mail *mail);

/** [any] For the library: the thread's default context. */
GMainContext *aula_context_glib(const aula_context *context);

/** [any] Whether this is its thread. */
bool aula_context_is_here(const aula_context *context);

#endif
