/* SPDX-License-Identifier: Apache-2.0 */
/** One file of writes that wait for a database that is away: records appended at the end, read from
 * the front. A record is there whole or not at all; a torn one at the end, which a death in the
 * middle leaves, is cut off. [worker] */
#ifndef AULA_STORE_SPOOL_H
#define AULA_STORE_SPOOL_H

#include <glib.h>

#include "store/transaction.h"

enum { AULA_SPOOL_ID_BYTES = 32 };

typedef struct aula_spool aula_spool;

/** One record. `transaction` is the reader's. */
typedef struct {
	int64_t sequence;
	aula_transaction *transaction;
} aula_spool_record;

/** Makes an empty file under a new random id, or opens an older one, cutting off what is torn.
 * `bytes_most`: of the whole file. NULL with `error`: the disk, or it is no spool. */
aula_spool *aula_spool_create(const char *path, int64_t bytes_most, GError **error);
aula_spool *aula_spool_open(const char *path, int64_t bytes_most, GError **error);
/** How many records a file holds, without touching it. */
size_t aula_spool_count(const char *path);
/** Closes; the file stays. NULL is fine. */
void aula_spool_free(aula_spool *spool);
/** Removes the file. */
void aula_spool_unlink(aula_spool *spool);

/** Who wrote it: 32 hexadecimal digits, one writer a file. */
const char *aula_spool_id(const aula_spool *spool);
/** How many records have not been read. */
size_t aula_spool_waiting(const aula_spool *spool);

/** Puts a record behind the others; it is safe only after `sync`. FULL: past the bound.
 * UNAVAILABLE: the disk takes no more. */
aula_code aula_spool_append(
	aula_spool *spool, int64_t sequence, const aula_transaction *transaction);
/** Waits until everything appended lies on the disk. On UNAVAILABLE what was appended since the
 * last sync is taken back. */
aula_code aula_spool_sync(aula_spool *spool);

/** The next record from the front. False: there is none, or the file cannot be read. */
bool aula_spool_next(aula_spool *spool, aula_spool_record *ret_record);
/** What was read since the last mark need not be read again / is to be read again. With everything
 * read and marked, the file is made empty. */
void aula_spool_mark(aula_spool *spool);
void aula_spool_rewind(aula_spool *spool);

#endif
