/* SPDX-License-Identifier: Apache-2.0 */
/** The folder of spools: this process's own, and what others before it left behind. The oldest is
 * read first. [worker] */
#ifndef AULA_STORE_BACKLOG_H
#define AULA_STORE_BACKLOG_H

#include "store/spool.h"

typedef struct aula_backlog aula_backlog;

/** Opens what is there, and makes a spool of its own. A file that is no spool is named in the log
 * and left alone. NULL with `error`. */
aula_backlog *aula_backlog_new(const char *folder, int64_t bytes_most, GError **error);
/** Closes all. `clean`: the own one is removed if nothing waits in it. NULL is fine. */
void aula_backlog_free(aula_backlog *backlog, bool clean);

/** The one that this process writes to. */
aula_spool *aula_backlog_own(const aula_backlog *backlog);
/** The one to read from. */
aula_spool *aula_backlog_oldest(const aula_backlog *backlog);
/** The oldest is empty and its row in the database gone: removes it. Not the own one. */
void aula_backlog_drop_oldest(aula_backlog *backlog);
/** How many writes wait in all. */
size_t aula_backlog_waiting(const aula_backlog *backlog);

/** Keeps what the database refused, in a file beside the spools. FULL, UNAVAILABLE: it does not. */
aula_code aula_backlog_keep_refused(
	aula_backlog *backlog, int64_t sequence, const aula_transaction *transaction);

/** How many writes wait in `folder`, for one who does not own it: nothing is changed. */
size_t aula_backlog_count_waiting(const char *folder);
/** Puts the spools of `folder` aside, for what waits belongs to another state of the database. */
bool aula_backlog_put_aside(const char *folder, GError **error);

#endif
