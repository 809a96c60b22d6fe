/* SPDX-License-Identifier: Apache-2.0 */
/** The store as the control thread sees it: takes writes and reads, has one writer and some readers
 * do them, hands back what came of them. Nothing here waits, but for what the start does. All
 * [control]. */
#ifndef AULA_STORE_KEEPER_H
#define AULA_STORE_KEEPER_H

#include <glib.h>
#include <jansson.h>

#include "aula/store.h"
#include "base/exposition.h"
#include "runtime/loop.h"

typedef struct aula_keeper aula_keeper;

/** Texts are copied. */
typedef struct {
	const char *url;      /**< "sqlite:FILE", or a connection URI of PostgreSQL */
	const char *password; /**< NULL: that of the URI, or libpq's own ways */
	const char *folder;   /**< for the lock and for what waits; made if it is not there */
	int64_t readers;      /**< connections that read; one more writes */
	int64_t queue_most, queue_bytes; /**< of writes, and of reads, that wait in memory */
	int64_t spool_bytes;             /**< of writes that wait on disk; 0: none may */
	int64_t connect_ms, statement_ms;
	int64_t rows_most; /**< of one read */
} aula_keeper_options;

/** Takes the folder for this process and tries the database; that it is away is no fault. NULL with
 * `error`: another process has the folder, the URL is none, or the database is newer than this
 * program. */
aula_keeper *aula_keeper_new(const aula_keeper_options *options, GError **error);

/** Does what was asked for so far, and what that leads to, before it returns. From now on what is
 * asked is answered by way of `loop`. */
void aula_keeper_start(aula_keeper *keeper, aula_loop *loop);

/** Does the writes that still wait, until `deadline_us` (monotonic). No `done` is called any more.
 * The loop may still deliver mail, and goes before aula_keeper_free(). False: a thread hangs in the
 * database or the disk; loop and keeper must live on. NULL is fine. */
bool aula_keeper_stop(aula_keeper *keeper, int64_t deadline_us);
/** NULL is fine. */
void aula_keeper_free(aula_keeper *keeper);

/** As in aula_store; before `start`. `module` names whose tables they are. */
aula_code aula_keeper_migrate(
	aula_keeper *keeper, const char *module, const aula_migration *steps, size_t count);
/** As in aula_store. `owner`: for aula_keeper_forget(). */
aula_code aula_keeper_write(aula_keeper *keeper, unsigned owner, uint32_t flags,
	const aula_statement *statements, size_t count, aula_store_done done, void *data);
aula_code aula_keeper_read(aula_keeper *keeper, unsigned owner, const aula_statement *statement,
	aula_store_done done, void *data);
/** The owner is gone: what it asked for is done all the same, and nobody is told. */
void aula_keeper_forget(aula_keeper *keeper, unsigned owner);

/** Whether the database answered last time. */
bool aula_keeper_ready(const aula_keeper *keeper);
/** {"database":"sqlite:…","ready":true,"waiting":0,"refused":0,"queued":0} New reference. */
json_t *aula_keeper_about(const aula_keeper *keeper);
/** The same and how long it takes, for monitoring. */
void aula_keeper_expose(const aula_keeper *keeper, aula_exposition *page);

#endif
