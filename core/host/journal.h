/* SPDX-License-Identifier: Apache-2.0 */
/** Texts on disk between one thread that appends and one that reads: a folder of segment files, so
 * that what was read can be thrown away while more is written. A record is there whole or not at
 * all (length and CRC-32). What was appended survives the death of the process; a power cut takes
 * what came since the last `sync`. One process a folder. */
#ifndef AULA_HOST_JOURNAL_H
#define AULA_HOST_JOURNAL_H

#include <glib.h>

#include "aula/module.h"

typedef struct aula_journal aula_journal;

/** Opens the folder, made if need be, at the place up to which it was read. `bytes_most`: of all
 * segments together. NULL with `error`: the disk. */
aula_journal *aula_journal_open(const char *folder, int64_t bytes_most, GError **error);
/** Closes; what was not read stays. NULL is fine. */
void aula_journal_close(aula_journal *journal);

/** [writer] Puts one text behind the others. FULL: past the bound. UNAVAILABLE: the disk takes no
 * more; nothing of it is left. */
aula_code aula_journal_append(aula_journal *journal, const char *text, size_t length);

/** [reader] Up to `most` texts of about `bytes_most` bytes in all from the front, which live until
 * the next call. How many; 0: there is none. */
size_t aula_journal_read(
	aula_journal *journal, size_t most, size_t bytes_most, aula_event_text *ret_texts);
/** [reader] The first `count` of those are done with, also for a process that comes after. */
void aula_journal_done(aula_journal *journal, size_t count);
/** [reader] Waits until everything appended lies on the disk. False, with errno: the disk did not
 * take all of it; that can still be read, and the next call writes and syncs it once more. */
bool aula_journal_sync(aula_journal *journal);

/** [any] Texts that are not done with, and bytes of all segments. */
size_t aula_journal_waiting(aula_journal *journal);
int64_t aula_journal_bytes(aula_journal *journal);

#endif
