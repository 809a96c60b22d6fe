/* SPDX-License-Identifier: Apache-2.0 */
/** A write or a read on its way: asked on control, done by a worker, answered on control. It has
 * one owner at a time. */
#ifndef AULA_STORE_JOB_H
#define AULA_STORE_JOB_H

#include "store/rows.h"
#include "store/transaction.h"

typedef struct {
	aula_transaction *transaction;
	uint32_t flags; /* AULA_STORE_* */
	/* what came of it */
	aula_code code;
	bool waits;
	aula_rows rows;
	char *problem;
	int64_t sequence; /* the writer's */
	int64_t asked_us;
	/* who asked, for control */
	unsigned owner;
	aula_store_done done; /* NULL: nobody wants to know */
	void *data;
} aula_job;

/** Takes the transaction. */
static inline aula_job *
aula_job_new(aula_transaction *transaction, uint32_t flags)
{
	aula_job *job = g_new0(aula_job, 1);

	job->transaction = transaction;
	job->flags = flags;
	return job;
}

static inline void
aula_job_settle(aula_job *job, aula_code code, const char *problem)
{
	job->code = code;
	g_free(job->problem);
	job->problem = code == AULA_OK ? NULL : g_strdup(problem);
}

static inline void
aula_job_free(void *data)
{
	aula_job *job = data;

	if (job == NULL)
		return;
	aula_rows_clear(&job->rows);
	g_free(job->transaction);
	g_free(job->problem);
	g_free(job);
}

#endif
