/* SPDX-License-Identifier: Apache-2.0 */
/** The one who writes: many writes in one commit, in the order in which they came; on disk while
 * the database is away; each exactly once. Used by one thread at a time. [worker] */
#ifndef AULA_STORE_WRITER_H
#define AULA_STORE_WRITER_H

#include "store/database.h"
#include "store/job.h"
#include "store/plan.h"

typedef struct aula_writer aula_writer;

typedef struct {
	aula_database_options database;
	const char *folder; /* of the spools */
	int64_t spool_bytes;
	size_t rows_most;
} aula_writer_options;

typedef struct {
	bool ready;       /* the database answers */
	size_t waiting;   /* writes on disk */
	size_t refused;   /* by the database, of those that had waited, since the start */
	int64_t retry_us; /* when to try again (monotonic), if not ready */
} aula_writer_state;

/** Opens the spools and tries the database once; that it is away is no fault. NULL with `error`:
 * the URL, the folder, or a database that is newer than this program. */
aula_writer *aula_writer_new(const aula_writer_options *options, GError **error);
/** NULL is fine. */
void aula_writer_free(aula_writer *writer);

/** Takes the plan: applies it now, or as soon as the database is back. Not OK: it is refused. */
aula_code aula_writer_migrate(aula_writer *writer, aula_plan *plan, GString *problem);

/** Settles all jobs (of aula_job, which stay the caller's), and does some of what waits. `look`:
 * asks the database whether it is there. */
void aula_writer_turn(
	aula_writer *writer, const GPtrArray *jobs, bool look, aula_writer_state *ret_state);

#endif
