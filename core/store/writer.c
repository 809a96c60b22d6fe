/* SPDX-License-Identifier: Apache-2.0 */
#include "store/writer.h"

#include "base/log.h"
#include "store/backlog.h"

enum {
	TRIES_MOST = 2,
	DRAIN_MOST = 256, /* writes of one commit */
	BACKOFF_FIRST_US = 250000,
	BACKOFF_MOST_US = 5000000,
};

static const char area[] = "store";

/* `applied` of a writer's row is the last of its writes that are done; it changes in the same
 * transaction as they do. So after an answer that was lost, or after a death, one look tells what
 * is still to do. */
static const aula_migration own_steps[] = {
	{ "writers", "CREATE TABLE aula_writers (id TEXT PRIMARY KEY, applied BIGINT NOT NULL)" },
};

struct aula_writer {
	aula_database *database;
	aula_backlog *backlog;
	GPtrArray *plans; /* of aula_plan, in the order in which they came */
	size_t rows_most, refused;
	int64_t sequence;       /* of the last write */
	int64_t applied;        /* of this writer; -1: to be asked */
	int64_t oldest_applied; /* of whose spool is the oldest; -1: to be asked */
	int64_t retry_us, backoff_us;
	bool away; /* told in the log */
	GString *problem;
};

/* -- here and away -- */

static void
lose(aula_writer *writer)
{
	aula_database_close(writer->database);
	writer->applied = writer->oldest_applied = -1;
	writer->backoff_us = CLAMP(writer->backoff_us * 2, BACKOFF_FIRST_US, BACKOFF_MOST_US);
	writer->retry_us = g_get_monotonic_time() + writer->backoff_us;
	if (writer->away)
		return;
	writer->away = true;
	aula_log(AULA_LOG_WARNING, area,
		"the database is away; what may wait is kept on disk database=\"%s\" said=\"%s\"",
		aula_database_name(writer->database), writer->problem->str);
}

static aula_code
run_plain(aula_writer *writer, const aula_statement *statement, aula_rows *rows)
{
	return aula_database_run(
		writer->database, statement, writer->rows_most, rows, writer->problem);
}

/* The last write of `id` that is done; a row is made for one that has none. */
static aula_code
ask_applied(aula_writer *writer, const char *id, int64_t *ret_applied)
{
	aula_statement make = AULA_SQL("INSERT INTO aula_writers (id, applied) VALUES ($1, 0) "
				       "ON CONFLICT (id) DO NOTHING",
		aula_sql_text(id));
	aula_statement ask =
		AULA_SQL("SELECT applied FROM aula_writers WHERE id = $1", aula_sql_text(id));
	aula_rows rows = { 0 };
	aula_code code = run_plain(writer, &make, &rows);

	if (code == AULA_OK)
		code = run_plain(writer, &ask, &rows);
	if (code == AULA_OK && rows.row_count == 1)
		*ret_applied = g_array_index(rows.values, aula_sql_value, 0).integer;
	else if (code == AULA_OK)
		code = AULA_UNAVAILABLE;
	aula_rows_clear(&rows);
	return code;
}

static aula_code
open_and_migrate(aula_writer *writer)
{
	aula_code code = aula_database_open(writer->database, writer->problem);

	for (guint i = 0; i < writer->plans->len && code == AULA_OK; i++)
		code = aula_plan_apply(writer->plans->pdata[i], writer->database, writer->problem);
	if (code == AULA_OK)
		code = ask_applied(
			writer, aula_spool_id(aula_backlog_own(writer->backlog)), &writer->applied);
	return code;
}

static bool
is_here(aula_writer *writer, bool at_once)
{
	if (aula_database_is_open(writer->database))
		return true;
	if (!at_once && g_get_monotonic_time() < writer->retry_us)
		return false;
	if (open_and_migrate(writer) != AULA_OK) {
		lose(writer);
		return false;
	}
	writer->backoff_us = 0;
	if (writer->away)
		aula_log(AULA_LOG_INFO, area, "the database is back waiting=%zu",
			aula_backlog_waiting(writer->backlog));
	writer->away = false;
	return true;
}

/* -- writes, while the database is here -- */

static aula_code
run_transaction(aula_writer *writer, const aula_transaction *transaction, aula_rows *rows)
{
	aula_code code = AULA_OK;

	for (size_t i = 0; i < transaction->count && code == AULA_OK; i++)
		code = run_plain(writer, &transaction->statements[i], rows);
	return code;
}

/* What it did is undone if it fails, and what others did in the same commit stays. */
static aula_code
run_apart(aula_writer *writer, const aula_transaction *transaction, aula_rows *rows)
{
	g_autoptr(GString) said = g_string_new(NULL);
	aula_code code = aula_database_script(writer->database, "SAVEPOINT one", said);

	if (code != AULA_OK)
		return AULA_UNAVAILABLE;
	code = run_transaction(writer, transaction, rows);
	if (code == AULA_UNAVAILABLE)
		return code;
	if (code != AULA_OK && aula_database_script(writer->database, "ROLLBACK TO SAVEPOINT one",
				       said) != AULA_OK)
		return AULA_UNAVAILABLE;
	if (aula_database_script(writer->database, "RELEASE SAVEPOINT one", said) != AULA_OK)
		return AULA_UNAVAILABLE;
	return code;
}

static aula_code
note_applied(aula_writer *writer, const char *id, int64_t applied)
{
	aula_statement note = AULA_SQL("UPDATE aula_writers SET applied = $2 WHERE id = $1",
		aula_sql_text(id), aula_sql_int(applied));
	aula_rows rows = { 0 };

	note.least = 1;
	aula_code code = run_plain(writer, &note, &rows);
	aula_rows_clear(&rows);
	return code == AULA_OK ? AULA_OK : AULA_UNAVAILABLE;
}

static aula_code
roll_back(aula_writer *writer)
{
	g_autoptr(GString) said = g_string_new(NULL);

	return aula_database_script(writer->database, "ROLLBACK", said);
}

static int64_t
last_of(const GPtrArray *jobs)
{
	return ((const aula_job *)jobs->pdata[jobs->len - 1])->sequence;
}

/* All in one commit. `apart`: those that fail leave the others alone; else the first to fail ends
 * it, which is what to try first since it hardly ever happens. */
static aula_code
commit_all(aula_writer *writer, const GPtrArray *jobs, bool apart)
{
	aula_code code = aula_database_begin(writer->database, writer->problem);

	if (code != AULA_OK)
		return AULA_UNAVAILABLE;
	for (guint i = 0; i < jobs->len; i++) {
		aula_job *job = jobs->pdata[i];
		code = apart ? run_apart(writer, job->transaction, &job->rows)
			     : run_transaction(writer, job->transaction, &job->rows);
		if (code == AULA_UNAVAILABLE)
			return code;
		aula_job_settle(job, code, writer->problem->str);
		if (code != AULA_OK && !apart)
			return roll_back(writer) == AULA_OK ? code : AULA_UNAVAILABLE;
	}
	code = note_applied(
		writer, aula_spool_id(aula_backlog_own(writer->backlog)), last_of(jobs));
	return code == AULA_OK ? aula_database_script(writer->database, "COMMIT", writer->problem)
			       : code;
}

/* A commit that is refused takes with it what had gone well. */
static void
settle_rest(const GPtrArray *jobs, aula_code code, const char *problem)
{
	for (guint i = 0; i < jobs->len && code != AULA_OK; i++) {
		aula_job *job = jobs->pdata[i];
		if (job->code == AULA_OK)
			aula_job_settle(job, code, problem);
	}
}

/* False: the database is away, and what of them it has done is told by `applied` when it is back.
 */
static bool
write_now(aula_writer *writer, const GPtrArray *jobs)
{
	for (int i = 0; i < TRIES_MOST; i++) {
		if (!is_here(writer, i > 0))
			return false;
		/* They were done; only the answer was lost. */
		if (writer->applied >= last_of(jobs))
			return true;
		aula_code code = commit_all(writer, jobs, false);
		if (code != AULA_OK && code != AULA_UNAVAILABLE && jobs->len > 1)
			code = commit_all(writer, jobs, true);
		if (code != AULA_UNAVAILABLE) {
			settle_rest(jobs, code, writer->problem->str);
			writer->applied = last_of(jobs);
			return true;
		}
		lose(writer);
	}
	return false;
}

/* -- writes, while it is away or others wait -- */

static void
write_to_disk(aula_writer *writer, const GPtrArray *jobs)
{
	aula_spool *spool = aula_backlog_own(writer->backlog);

	for (guint i = 0; i < jobs->len; i++) {
		aula_job *job = jobs->pdata[i];
		aula_code code = AULA_UNAVAILABLE;
		const char *why = "the database is away";
		aula_rows_clear(&job->rows);
		if ((job->flags & AULA_STORE_MAY_WAIT) != 0) {
			code = aula_spool_append(spool, job->sequence, job->transaction);
			why = code == AULA_FULL
				      ? "too much waits on disk for a database that is away"
				      : "the disk takes no more";
			if (code == AULA_FULL)
				aula_log(AULA_LOG_ERROR, area,
					"a write is refused: the bound of what waits on disk is "
					"reached");
		}
		job->waits = code == AULA_OK;
		aula_job_settle(job, code, why);
	}
	if (aula_spool_sync(spool) == AULA_OK)
		return;
	aula_log(AULA_LOG_ERROR, area, "the disk takes no more of what waits for the database");
	for (guint i = 0; i < jobs->len; i++) {
		aula_job *job = jobs->pdata[i];
		if (job->waits)
			aula_job_settle(job, AULA_UNAVAILABLE, "the disk takes no more");
		job->waits = false;
	}
}

/* -- what has waited -- */

static void
refuse(aula_writer *writer, const aula_spool_record *record)
{
	const aula_transaction *transaction = record->transaction;

	writer->refused++;
	aula_log(AULA_LOG_ERROR, area,
		"a write that waited is refused and kept aside statement=\"%s\" said=\"%s\"",
		transaction != NULL ? transaction->statements[0].text : "?", writer->problem->str);
	if (transaction != NULL && aula_backlog_keep_refused(writer->backlog, record->sequence,
					   transaction) != AULA_OK)
		aula_log(AULA_LOG_ERROR, area, "it cannot be kept aside, and is lost");
}

static aula_code
apply_record(aula_writer *writer, const aula_spool_record *record)
{
	aula_rows rows = { 0 };

	if (record->transaction == NULL) {
		g_string_assign(writer->problem, "not readable");
		refuse(writer, record);
		return AULA_OK;
	}
	aula_code code = run_apart(writer, record->transaction, &rows);
	aula_rows_clear(&rows);
	if (code == AULA_OK || code == AULA_UNAVAILABLE)
		return code;
	refuse(writer, record);
	return AULA_OK;
}

/* Some of the oldest spool, in one commit. */
static aula_code
apply_some(aula_writer *writer, aula_spool *spool)
{
	aula_spool_record record;
	int64_t last = writer->oldest_applied;
	aula_code code = aula_database_begin(writer->database, writer->problem);
	size_t before = aula_spool_waiting(spool);

	for (int i = 0; i < DRAIN_MOST && code == AULA_OK && aula_spool_next(spool, &record); i++) {
		if (record.sequence > last) {
			code = apply_record(writer, &record);
			last = record.sequence;
		}
		g_free(record.transaction);
	}
	if (code == AULA_OK && aula_spool_waiting(spool) == before) {
		g_string_assign(writer->problem, "what waits on disk cannot be read");
		code = AULA_UNAVAILABLE;
	}
	if (code == AULA_OK)
		code = note_applied(writer, aula_spool_id(spool), last);
	if (code == AULA_OK)
		code = aula_database_script(writer->database, "COMMIT", writer->problem);
	if (code == AULA_OK)
		writer->oldest_applied = last;
	return code;
}

static aula_code
forget_writer(aula_writer *writer, const char *id)
{
	aula_statement forget =
		AULA_SQL("DELETE FROM aula_writers WHERE id = $1", aula_sql_text(id));
	aula_rows rows = { 0 };
	aula_code code = run_plain(writer, &forget, &rows);

	aula_rows_clear(&rows);
	return code;
}

/* Spools of processes before this one, once nothing waits in them. */
static aula_code
tidy(aula_writer *writer)
{
	aula_spool *own = aula_backlog_own(writer->backlog), *spool;
	aula_code code = AULA_OK;

	while (code == AULA_OK && (spool = aula_backlog_oldest(writer->backlog)) != own &&
		aula_spool_waiting(spool) == 0) {
		code = forget_writer(writer, aula_spool_id(spool));
		if (code == AULA_OK)
			aula_backlog_drop_oldest(writer->backlog);
		writer->oldest_applied = -1;
	}
	return code;
}

static aula_code
drain_oldest(aula_writer *writer)
{
	aula_spool *spool = aula_backlog_oldest(writer->backlog);
	aula_code code = AULA_OK;

	if (writer->oldest_applied < 0)
		code = ask_applied(writer, aula_spool_id(spool), &writer->oldest_applied);
	if (code == AULA_OK)
		code = apply_some(writer, spool);
	if (code != AULA_OK) {
		aula_spool_rewind(spool);
		return code;
	}
	aula_spool_mark(spool);
	if (spool == aula_backlog_own(writer->backlog))
		writer->applied = writer->oldest_applied;
	code = tidy(writer);
	if (aula_backlog_waiting(writer->backlog) == 0)
		aula_log(AULA_LOG_INFO, area, "all that waited on disk is in the database");
	return code;
}

static bool
has_backlog(const aula_writer *writer)
{
	return aula_backlog_waiting(writer->backlog) > 0;
}

static void
drain(aula_writer *writer)
{
	aula_code code = tidy(writer);

	if (code == AULA_OK && has_backlog(writer))
		code = drain_oldest(writer);
	if (code != AULA_OK)
		lose(writer);
}

/* -- turns -- */

static void
look_at(aula_writer *writer)
{
	aula_rows rows = { 0 };
	const aula_statement ask = { .text = "SELECT 1" };

	if (is_here(writer, false) && run_plain(writer, &ask, &rows) != AULA_OK)
		lose(writer);
	aula_rows_clear(&rows);
}

void
aula_writer_turn(
	aula_writer *writer, const GPtrArray *jobs, bool look, aula_writer_state *ret_state)
{
	for (guint i = 0; i < jobs->len; i++)
		((aula_job *)jobs->pdata[i])->sequence = ++writer->sequence;
	if (look)
		look_at(writer);
	/* What comes must not overtake what waits. */
	if (jobs->len > 0 && (has_backlog(writer) || !write_now(writer, jobs)))
		write_to_disk(writer, jobs);
	if (is_here(writer, false))
		drain(writer);
	*ret_state = (aula_writer_state){ .ready = aula_database_is_open(writer->database),
		.waiting = aula_backlog_waiting(writer->backlog),
		.refused = writer->refused,
		.retry_us = has_backlog(writer) && aula_database_is_open(writer->database)
				    ? 0
				    : writer->retry_us };
}

/* -- life -- */

aula_writer *
aula_writer_new(const aula_writer_options *options, GError **error)
{
	aula_database *database = aula_database_new(&options->database, error);

	if (database == NULL)
		return NULL;
	aula_backlog *backlog = aula_backlog_new(options->folder, options->spool_bytes, error);
	if (backlog == NULL) {
		aula_database_free(database);
		return NULL;
	}
	aula_writer *writer = g_new0(aula_writer, 1);
	writer->database = database;
	writer->backlog = backlog;
	writer->rows_most = options->rows_most;
	writer->applied = writer->oldest_applied = -1;
	writer->plans = g_ptr_array_new();
	writer->problem = g_string_new(NULL);
	aula_code code = aula_writer_migrate(
		writer, aula_plan_new("aula", own_steps, G_N_ELEMENTS(own_steps)), writer->problem);
	if (code != AULA_OK) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s",
			aula_database_name(database), writer->problem->str);
		g_clear_pointer(&writer, aula_writer_free);
	}
	return writer;
}

void
aula_writer_free(aula_writer *writer)
{
	bool clean;

	if (writer == NULL)
		return;
	clean = aula_database_is_open(writer->database) && !has_backlog(writer) &&
		forget_writer(writer, aula_spool_id(aula_backlog_own(writer->backlog))) == AULA_OK;
	aula_backlog_free(writer->backlog, clean);
	aula_database_free(writer->database);
	for (guint i = 0; i < writer->plans->len; i++)
		aula_plan_free(writer->plans->pdata[i]);
	g_ptr_array_unref(writer->plans);
	g_string_free(writer->problem, TRUE);
	g_free(writer);
}

aula_code
aula_writer_migrate(aula_writer *writer, aula_plan *plan, GString *problem)
{
	bool open = aula_database_is_open(writer->database);
	aula_code code;

	g_ptr_array_add(writer->plans, plan);
	if (open)
		code = aula_plan_apply(plan, writer->database, writer->problem);
	else if (g_get_monotonic_time() < writer->retry_us)
		return AULA_OK;
	else
		code = open_and_migrate(writer);
	if (code == AULA_UNAVAILABLE) {
		lose(writer);
		return AULA_OK;
	}
	if (code != AULA_OK) {
		if (problem != writer->problem)
			g_string_assign(problem, writer->problem->str);
		g_ptr_array_remove(writer->plans, plan);
		aula_plan_free(plan);
		if (!open)
			aula_database_close(writer->database);
	}
	return code;
}
