/* SPDX-License-Identifier: Apache-2.0 */
#include "store/keeper.h"

#include "base/log.h"
#include "runtime/worker.h"
#include "store/lock.h"
#include "store/writer.h"

enum {
	TURN_MOST = 512,         /* writes of one commit */
	START_TURNS_MOST = 4096, /* of what waits, before the start goes on without it */
	WORK_MOST = 4, /* of a worker: the one at work, which may have posted its mail already */
};

static const char area[] = "store";

typedef struct lane lane;

/* A piece of work of the writer or of a reader, and the mail by which it comes back. */
typedef struct {
	aula_work work; /* first */
	aula_mail mail;
	aula_keeper *keeper;
	lane *lane;      /* NULL: the writer's */
	GPtrArray *jobs; /* of aula_job, owned */
	bool look;
	aula_writer_state state;
} turn;

/* One connection that reads. */
struct lane {
	aula_database *database;
	aula_worker *worker;
	bool busy;
};

/* Jobs that wait in memory. */
typedef struct {
	GQueue jobs;
	size_t bytes;
} queue;

/* What came of the writes, or the reads, and how long it took since they were asked for. */
typedef struct {
	aula_histogram seconds;
	uint64_t failed, full; /* full: refused, for too much waited */
} tally;

struct aula_keeper {
	aula_loop *loop; /* NULL: not started */
	aula_writer *writer;
	aula_worker *worker;
	bool writing, stopped, look;
	lane *lanes;
	size_t lane_count;
	queue writes, reads;
	tally wrote, read;
	size_t queue_most, queue_bytes, rows_most;
	aula_writer_state state;
	aula_alarm retry;
	int lock;
	char *name;
};

static void write_on(aula_keeper *keeper);
static void read_on(aula_keeper *keeper);

/* -- queues -- */

static void
queue_finish(queue *list)
{
	g_queue_clear_full(&list->jobs, aula_job_free);
	list->bytes = 0;
}

static aula_code
queue_add(aula_keeper *keeper, queue *list, const aula_statement *statements, size_t count,
	const aula_job *like)
{
	const char *problem;
	aula_transaction *transaction = aula_transaction_new(statements, count, &problem);

	if (transaction == NULL) {
		aula_log(AULA_LOG_WARNING, area, "a statement is refused: %s", problem);
		return AULA_INVALID;
	}
	if (list->jobs.length >= keeper->queue_most ||
		transaction->bytes > keeper->queue_bytes - MIN(list->bytes, keeper->queue_bytes)) {
		g_free(transaction);
		(list == &keeper->writes ? &keeper->wrote : &keeper->read)->full++;
		aula_log(AULA_LOG_WARNING, area, "too much waits for the database: refused");
		return AULA_FULL;
	}
	aula_job *job = aula_job_new(transaction, like->flags);
	job->owner = like->owner;
	job->asked_us = aula_now_us();
	job->done = like->done;
	job->data = like->data;
	g_queue_push_tail(&list->jobs, job);
	list->bytes += transaction->bytes;
	return AULA_OK;
}

static aula_job *
queue_take(queue *list)
{
	aula_job *job = g_queue_pop_head(&list->jobs);

	if (job != NULL)
		list->bytes -= job->transaction->bytes;
	return job;
}

static GPtrArray *
take_writes(aula_keeper *keeper)
{
	GPtrArray *jobs = g_ptr_array_new_with_free_func(aula_job_free);
	aula_job *job;

	while (jobs->len < TURN_MOST && (job = queue_take(&keeper->writes)) != NULL)
		g_ptr_array_add(jobs, job);
	return jobs;
}

/* -- answers -- */

static void
answer(aula_keeper *keeper, const aula_job *job, tally *counts)
{
	aula_histogram_add(&counts->seconds, (double)(aula_now_us() - job->asked_us) / 1e6);
	counts->failed += job->code != AULA_OK;
	if (job->code == AULA_INTERNAL)
		aula_log(AULA_LOG_ERROR, area, "a statement is wrong statement=\"%s\" said=\"%s\"",
			job->transaction->statements[0].text,
			job->problem != NULL ? job->problem : "");
	if (job->done == NULL || keeper->stopped)
		return;
	job->done(job->data,
		&(aula_store_result){ .size = sizeof(aula_store_result),
			.code = job->code,
			.problem = job->problem,
			.waits = job->waits,
			.changed = job->rows.changed,
			.row_count = job->rows.row_count,
			.column_count = job->rows.column_count,
			.values = job->rows.values != NULL ? (const aula_sql_value *)(const void *)
								     job->rows.values->data
							   : NULL });
}

static void
answer_all(aula_keeper *keeper, const GPtrArray *jobs)
{
	for (guint i = 0; i < jobs->len; i++)
		answer(keeper, jobs->pdata[i], &keeper->wrote);
}

/* -- turns -- */

static turn *
turn_new(aula_keeper *keeper, lane *reader, GPtrArray *jobs)
{
	turn *one = g_new0(turn, 1);

	one->keeper = keeper;
	one->lane = reader;
	one->jobs = jobs;
	return one;
}

static void
turn_free(turn *one)
{
	g_ptr_array_unref(one->jobs);
	g_free(one);
}

static turn *
turn_of(aula_mail *mail)
{
	return (turn *)(void *)((char *)mail - offsetof(turn, mail));
}

static void
discard(aula_work *work)
{
	turn_free((turn *)(void *)work);
}

/* [worker] */
static void
write_turn(aula_work *work)
{
	turn *one = (turn *)(void *)work;

	aula_writer_turn(one->keeper->writer, one->jobs, one->look, &one->state);
	aula_loop_post(one->keeper->loop, &one->mail);
}

static void
on_written(aula_mail *mail)
{
	turn *one = turn_of(mail);
	aula_keeper *keeper = one->keeper;

	if (!keeper->stopped) {
		keeper->state = one->state;
		keeper->writing = false;
		answer_all(keeper, one->jobs);
		write_on(keeper);
	}
	turn_free(one);
}

/* [worker] A connection that has been idle may have died unseen: one more try. */
static void
read_one(aula_database *database, aula_job *job, size_t rows_most)
{
	g_autoptr(GString) problem = g_string_new(NULL);
	aula_code code = AULA_UNAVAILABLE;

	for (int i = 0; i < 2 && code == AULA_UNAVAILABLE; i++) {
		code = aula_database_open(database, problem);
		if (code == AULA_OK)
			code = aula_database_run(database, job->transaction->statements, rows_most,
				&job->rows, problem);
		if (code == AULA_UNAVAILABLE)
			aula_database_close(database);
	}
	aula_job_settle(job, code, problem->str);
}

/* [worker] */
static void
read_turn(aula_work *work)
{
	turn *one = (turn *)(void *)work;

	read_one(one->lane->database, one->jobs->pdata[0], one->keeper->rows_most);
	aula_loop_post(one->keeper->loop, &one->mail);
}

static void
on_read(aula_mail *mail)
{
	turn *one = turn_of(mail);
	aula_keeper *keeper = one->keeper;
	const aula_job *job = one->jobs->pdata[0];

	if (!keeper->stopped) {
		one->lane->busy = false;
		if (job->code == AULA_UNAVAILABLE) {
			keeper->look = true;
			write_on(keeper);
		}
		answer(keeper, job, &keeper->read);
		read_on(keeper);
	}
	turn_free(one);
}

/* -- going on -- */

static void
write_on(aula_keeper *keeper)
{
	int64_t now_us = aula_now_us();
	bool more = keeper->state.waiting > 0 || !keeper->state.ready;

	if (keeper->loop == NULL || keeper->stopped || keeper->writing)
		return;
	bool due = more && keeper->state.retry_us <= now_us;
	if (keeper->writes.jobs.length == 0 && !keeper->look && !due) {
		if (more)
			aula_alarm_set(keeper->loop, &keeper->retry, keeper->state.retry_us);
		return;
	}
	turn *one = turn_new(keeper, NULL, take_writes(keeper));
	one->work.run = write_turn;
	one->work.discard = discard;
	one->mail.deliver = on_written;
	one->look = keeper->look;
	keeper->look = false;
	keeper->writing = aula_worker_post(keeper->worker, &one->work);
	g_assert(keeper->writing);
}

static void
ring(aula_alarm *alarm)
{
	write_on((aula_keeper *)(void *)((char *)alarm - offsetof(aula_keeper, retry)));
}

static void
read_on(aula_keeper *keeper)
{
	for (size_t i = 0; i < keeper->lane_count && keeper->reads.jobs.length > 0; i++) {
		lane *reader = &keeper->lanes[i];
		if (keeper->loop == NULL || keeper->stopped || reader->busy)
			continue;
		GPtrArray *jobs = g_ptr_array_new_with_free_func(aula_job_free);
		g_ptr_array_add(jobs, queue_take(&keeper->reads));
		turn *one = turn_new(keeper, reader, jobs);
		one->work.run = read_turn;
		one->work.discard = discard;
		one->mail.deliver = on_read;
		reader->busy = aula_worker_post(reader->worker, &one->work);
		g_assert(reader->busy);
	}
}

/* -- what is asked -- */

aula_code
aula_keeper_migrate(
	aula_keeper *keeper, const char *module, const aula_migration *steps, size_t count)
{
	g_autoptr(GString) problem = g_string_new(NULL);

	g_assert(keeper->loop == NULL);
	aula_code code =
		aula_writer_migrate(keeper->writer, aula_plan_new(module, steps, count), problem);
	if (code != AULA_OK)
		aula_log(AULA_LOG_ERROR, area, "%s", problem->str);
	return code;
}

aula_code
aula_keeper_write(aula_keeper *keeper, unsigned owner, uint32_t flags,
	const aula_statement *statements, size_t count, aula_store_done done, void *data)
{
	aula_job like = { .flags = flags, .owner = owner, .done = done, .data = data };

	if (keeper->stopped)
		return AULA_UNAVAILABLE;
	aula_code code = queue_add(keeper, &keeper->writes, statements, count, &like);
	if (code == AULA_OK)
		write_on(keeper);
	return code;
}

aula_code
aula_keeper_read(aula_keeper *keeper, unsigned owner, const aula_statement *statement,
	aula_store_done done, void *data)
{
	aula_job like = { .owner = owner, .done = done, .data = data };

	/* The writer finds out when it is back. */
	if (keeper->stopped || (keeper->loop != NULL && !keeper->state.ready))
		return AULA_UNAVAILABLE;
	aula_code code = queue_add(keeper, &keeper->reads, statement, 1, &like);
	if (code == AULA_OK)
		read_on(keeper);
	return code;
}

static void
forget_job(void *data, void *owner)
{
	aula_job *job = data;

	if (job->owner == *(unsigned *)owner)
		job->done = NULL;
}

void
aula_keeper_forget(aula_keeper *keeper, unsigned owner)
{
	g_queue_foreach(&keeper->writes.jobs, forget_job, &owner);
	g_queue_foreach(&keeper->reads.jobs, forget_job, &owner);
}

bool
aula_keeper_ready(const aula_keeper *keeper)
{
	return keeper->state.ready;
}

json_t *
aula_keeper_about(const aula_keeper *keeper)
{
	return json_pack("{s:s, s:b, s:I, s:I, s:I}", "database", keeper->name, "ready",
		keeper->state.ready, "waiting", (json_int_t)keeper->state.waiting, "refused",
		(json_int_t)keeper->state.refused, "queued",
		(json_int_t)(keeper->writes.jobs.length + keeper->reads.jobs.length));
}

void
aula_keeper_expose(const aula_keeper *keeper, aula_exposition *page)
{
	const struct {
		const char *what;
		const tally *counts;
		const queue *waiting;
	} rows[] = { { "write", &keeper->wrote, &keeper->writes },
		{ "read", &keeper->read, &keeper->reads } };
	const size_t count = G_N_ELEMENTS(rows);
	size_t busy = keeper->writing;

	for (size_t i = 0; i < keeper->lane_count; i++)
		busy += keeper->lanes[i].busy;
	aula_exposition_one(page, AULA_GAUGE, "aula_store_ready",
		"Whether the database answered last time.", keeper->state.ready);
	aula_exposition_one(page, AULA_GAUGE, "aula_store_connections",
		"Connections to the database.", (double)keeper->lane_count + 1);
	aula_exposition_one(page, AULA_GAUGE, "aula_store_connections_busy", "Of these, at work.",
		(double)busy);
	aula_exposition_one(page, AULA_GAUGE, "aula_store_spooled_writes",
		"Writes that wait on disk for the database.", (double)keeper->state.waiting);
	aula_exposition_one(page, AULA_COUNTER, "aula_store_spool_refused_writes",
		"Writes that had waited on disk and that the database then refused.",
		(double)keeper->state.refused);
	aula_exposition_begin(page, AULA_GAUGE, "aula_store_queued", "What waits in memory.");
	for (size_t i = 0; i < count; i++)
		aula_exposition_add(
			page, (double)rows[i].waiting->jobs.length, "kind", rows[i].what, NULL);
	aula_exposition_begin(page, AULA_COUNTER, "aula_store_failed",
		"What the database did not do: a fault, or it was away.");
	for (size_t i = 0; i < count; i++)
		aula_exposition_add(
			page, (double)rows[i].counts->failed, "kind", rows[i].what, NULL);
	aula_exposition_begin(page, AULA_COUNTER, "aula_store_refused",
		"What was not taken, for too much waited.");
	for (size_t i = 0; i < count; i++)
		aula_exposition_add(page, (double)rows[i].counts->full, "kind", rows[i].what, NULL);
	aula_exposition_begin(page, AULA_HISTOGRAM, "aula_store_seconds",
		"From asking the store until its answer, waiting included.");
	for (size_t i = 0; i < count; i++)
		aula_exposition_spread(page, &rows[i].counts->seconds, "kind", rows[i].what, NULL);
}

/* -- life -- */

static bool
make_lanes(aula_keeper *keeper, const aula_database_options *options, size_t count, GError **error)
{
	aula_database_options reading = *options;

	reading.read_only = true;
	keeper->lanes = g_new0(lane, count);
	for (; keeper->lane_count < count; keeper->lane_count++) {
		lane *reader = &keeper->lanes[keeper->lane_count];
		reader->database = aula_database_new(&reading, error);
		if (reader->database == NULL)
			return false;
	}
	keeper->name = g_strdup(aula_database_name(keeper->lanes[0].database));
	return true;
}

aula_keeper *
aula_keeper_new(const aula_keeper_options *options, GError **error)
{
	aula_keeper *keeper = g_new0(aula_keeper, 1);
	tally *const tallies[] = { &keeper->wrote, &keeper->read };

	for (size_t i = 0; i < G_N_ELEMENTS(tallies); i++)
		aula_histogram_init(&tallies[i]->seconds, aula_histogram_seconds,
			G_N_ELEMENTS(aula_histogram_seconds));
	aula_database_options database = { .url = options->url,
		.password = options->password,
		.connect_ms = options->connect_ms,
		.statement_ms = options->statement_ms };

	keeper->queue_most = (size_t)options->queue_most;
	keeper->queue_bytes = (size_t)options->queue_bytes;
	keeper->rows_most = (size_t)options->rows_most;
	keeper->retry.ring = ring;
	keeper->lock = aula_lock_take(options->folder, error);
	if (keeper->lock >= 0 && make_lanes(keeper, &database, (size_t)options->readers, error))
		keeper->writer = aula_writer_new(&(aula_writer_options){ .database = database,
							 .folder = options->folder,
							 .spool_bytes = options->spool_bytes,
							 .rows_most = keeper->rows_most },
			error);
	if (keeper->writer != NULL)
		return keeper;
	keeper->stopped = true;
	aula_keeper_free(keeper);
	return NULL;
}

static void
turn_here(aula_keeper *keeper)
{
	GPtrArray *jobs = take_writes(keeper);

	aula_writer_turn(keeper->writer, jobs, false, &keeper->state);
	answer_all(keeper, jobs);
	g_ptr_array_unref(jobs);
}

static bool
read_here(aula_keeper *keeper)
{
	aula_job *job = queue_take(&keeper->reads);

	if (job == NULL)
		return false;
	if (keeper->state.ready)
		read_one(keeper->lanes[0].database, job, keeper->rows_most);
	else
		aula_job_settle(job, AULA_UNAVAILABLE, "the database is away");
	answer(keeper, job, &keeper->read);
	aula_job_free(job);
	return true;
}

void
aula_keeper_start(aula_keeper *keeper, aula_loop *loop)
{
	int turns = 0;

	do {
		turn_here(keeper);
		while (keeper->writes.jobs.length == 0 && read_here(keeper))
			turns++;
	} while (turns++ < START_TURNS_MOST &&
		 (keeper->writes.jobs.length > 0 || keeper->reads.jobs.length > 0 ||
			 (keeper->state.ready && keeper->state.waiting > 0)));
	keeper->worker = aula_worker_new("store write", WORK_MOST, SIZE_MAX);
	for (size_t i = 0; i < keeper->lane_count; i++)
		keeper->lanes[i].worker = aula_worker_new("store read", WORK_MOST, SIZE_MAX);
	keeper->loop = loop;
	write_on(keeper);
	read_on(keeper);
}

bool
aula_keeper_stop(aula_keeper *keeper, int64_t deadline_us)
{
	bool ended = true;

	if (keeper == NULL || keeper->stopped)
		return true;
	keeper->stopped = true;
	if (keeper->loop != NULL)
		aula_alarm_clear(keeper->loop, &keeper->retry);
	for (size_t i = 0; i < keeper->lane_count; i++) {
		lane *reader = &keeper->lanes[i];
		/* One that hangs keeps its connection. */
		if (!aula_worker_free(g_steal_pointer(&reader->worker), deadline_us)) {
			reader->database = NULL;
			ended = false;
		}
	}
	if (!aula_worker_free(g_steal_pointer(&keeper->worker), deadline_us)) {
		keeper->writer = NULL;
		ended = false;
	}
	while (keeper->writer != NULL && keeper->writes.jobs.length > 0)
		turn_here(keeper);
	if (keeper->writes.jobs.length > 0)
		aula_log(AULA_LOG_ERROR, area,
			"the database hangs; writes that nobody was told of are lost count=%u",
			keeper->writes.jobs.length);
	return ended;
}

void
aula_keeper_free(aula_keeper *keeper)
{
	if (keeper == NULL)
		return;
	g_assert(keeper->stopped);
	queue_finish(&keeper->writes);
	queue_finish(&keeper->reads);
	aula_writer_free(keeper->writer);
	for (size_t i = 0; i < keeper->lane_count; i++)
		aula_database_free(keeper->lanes[i].database);
	g_free(keeper->lanes);
	aula_lock_drop(keeper->lock);
	g_free(keeper->name);
	g_free(keeper);
}
