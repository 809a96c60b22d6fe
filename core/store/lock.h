/* SPDX-License-Identifier: Apache-2.0 */
/** One process a folder. [any] */
#ifndef AULA_STORE_LOCK_H
#define AULA_STORE_LOCK_H

#include <glib.h>

/** Makes the folder and takes its lock, waiting a little for one who is about to end. -1 with
 * `error`. The lock ends with the process, or with aula_lock_drop(). */
int aula_lock_take(const char *folder, GError **error);
/** -1 is fine. */
void aula_lock_drop(int lock);

#endif
