/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "store/database.h"

enum { PATIENCE_US = 20 * 1000 * 1000, STEP_US = 10 * 1000 };

/* -- databases -- */

static void
run_script(const char *verb, const char *folder, char **ret_out)
{
	g_autofree char *script =
		g_test_build_filename(G_TEST_DIST, "tests", "store", "postgres", NULL);
	char *arguments[] = { script, (char *)verb, (char *)folder, NULL };
	g_autofree char *problem = NULL;
	int status;
	g_autoptr(GError) error = NULL;

	if (!g_spawn_sync(NULL, arguments, NULL, G_SPAWN_DEFAULT, NULL, NULL, ret_out, &problem,
		    &status, &error) ||
		!g_spawn_check_wait_status(status, &error))
		g_error("%s %s: %s %s", script, verb, error->message, problem);
}

bool
place_is_postgres(const place *where)
{
	return where->server != NULL;
}

static bool
answers(const place *where)
{
	g_autoptr(GString) problem = g_string_new(NULL);
	g_autoptr(aula_database) database = aula_database_new(
		&(aula_database_options){
			.url = where->url, .connect_ms = 1000, .statement_ms = 1000 },
		NULL);

	return aula_database_open(database, problem) == AULA_OK;
}

static void
spawn(place *where)
{
	g_autofree char *script =
		g_test_build_filename(G_TEST_DIST, "tests", "store", "postgres", NULL);
	char *arguments[] = { script, (char *)"run", where->server, NULL };
	g_autoptr(GError) error = NULL;

	if (!g_spawn_async(NULL, arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
		    &where->pid, &error))
		g_error("%s", error->message);
}

/* It does not start while a back end of one that was killed is still about to end. */
void
place_start(place *where)
{
	int64_t end_us = g_get_monotonic_time() + PATIENCE_US;

	spawn(where);
	while (!answers(where)) {
		g_assert_cmpint(g_get_monotonic_time(), <, end_us);
		g_usleep(STEP_US);
		if (waitpid(where->pid, NULL, WNOHANG) == where->pid)
			spawn(where);
	}
}

void
place_kill(place *where, int signal)
{
	g_autofree char *children = g_strdup_printf("pkill -KILL -P %d", (int)where->pid);

	/* Of one that is killed the back ends would go on for a moment. */
	if (signal == SIGKILL) {
		kill(where->pid, SIGSTOP);
		g_spawn_command_line_sync(children, NULL, NULL, NULL, NULL);
	}
	kill(where->pid, signal);
	waitpid(where->pid, NULL, 0);
	g_spawn_close_pid(where->pid);
	where->pid = 0;
}

static void
run_plain(char **arguments)
{
	g_assert_true(g_spawn_sync(
		NULL, arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
}

static void
remove_tree(const char *folder)
{
	char *arguments[] = { (char *)"rm", (char *)"-rf", (char *)folder, NULL };

	run_plain(arguments);
}

static char *pattern;

static void
forget_pattern(void)
{
	remove_tree(pattern);
	g_free(pattern);
}

/* Made once, then copied: that is much faster. */
static void
make_server(const char *folder)
{
	if (pattern == NULL) {
		pattern = g_dir_make_tmp("aula-pg-XXXXXX", NULL);
		run_script("make", pattern, NULL);
		atexit(forget_pattern);
	}
	g_autofree char *data = g_build_filename(pattern, "data", NULL);
	char *copy[] = { (char *)"cp", (char *)"-a", data, (char *)folder, NULL };
	char *own[] = { (char *)"chown", (char *)"--reference", pattern, (char *)folder, NULL };
	char *open[] = { (char *)"chmod", (char *)"755", (char *)folder, NULL };
	run_plain(copy);
	run_plain(own);
	run_plain(open);
}

void
place_init(place *where, const char *kind)
{
	*where = (place){ .folder = g_dir_make_tmp("aula-store-XXXXXX", NULL) };
	if (g_str_equal(kind, "sqlite")) {
		where->url = g_strdup_printf("sqlite:%s/aula.db", where->folder);
		return;
	}
	where->server = g_dir_make_tmp("aula-pg-XXXXXX", NULL);
	make_server(where->server);
	run_script("url", where->server, &where->url);
	g_strchomp(where->url);
	place_start(where);
}

void
place_finish(place *where)
{
	if (where->pid != 0)
		place_kill(where, SIGINT);
	remove_tree(where->folder);
	if (where->server != NULL)
		remove_tree(where->server);
	g_free(where->folder);
	g_free(where->server);
	g_free(where->url);
}

/* -- between threads -- */

static void
box_init(mailbox *box)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&box->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&box->change, &monotonic);
	pthread_condattr_destroy(&monotonic);
	g_queue_init(&box->items);
}

static void
box_finish(mailbox *box)
{
	pthread_mutex_destroy(&box->lock);
	pthread_cond_destroy(&box->change);
}

static void
box_push(mailbox *box, void *item)
{
	pthread_mutex_lock(&box->lock);
	g_queue_push_tail(&box->items, item);
	pthread_cond_signal(&box->change);
	pthread_mutex_unlock(&box->lock);
}

/* NULL: nothing came in time. */
static void *
box_pop(mailbox *box, int64_t patience_us)
{
	int64_t until_us = g_get_monotonic_time() + patience_us;
	struct timespec until = { until_us / 1000000, until_us % 1000000 * 1000 };
	int late = 0;

	pthread_mutex_lock(&box->lock);
	while (box->items.length == 0 && late == 0)
		late = pthread_cond_timedwait(&box->change, &box->lock, &until);
	void *item = g_queue_pop_head(&box->items);
	pthread_mutex_unlock(&box->lock);
	return item;
}

/* -- answers -- */

static char *
cell(const aula_sql_value *value)
{
	GString *text = g_string_new(NULL);

	switch (value->type) {
	case AULA_SQL_BOOL:
		g_string_printf(text, "i:%d", value->is);
		break;
	case AULA_SQL_INT:
		g_string_printf(text, "i:%" G_GINT64_FORMAT, value->integer);
		break;
	case AULA_SQL_NUMBER:
		g_string_printf(text, "d:%.17g", value->number);
		break;
	case AULA_SQL_TEXT:
		g_assert_cmpuint(strlen(value->text), ==, value->length);
		g_string_printf(text, "t:%s", value->text);
		break;
	case AULA_SQL_BYTES:
		g_string_assign(text, "b:");
		for (uint32_t i = 0; i < value->length; i++)
			g_string_append_printf(text, "%02x", ((const uint8_t *)value->bytes)[i]);
		break;
	default:
		g_string_assign(text, "NULL");
	}
	return g_string_free(text, FALSE);
}

void
answer_free(answer *told)
{
	g_ptr_array_unref(told->cells);
	g_free(told);
}

const char *
answer_cell(const answer *told, size_t row, size_t column)
{
	return told->cells->pdata[row * told->column_count + column];
}

static void
on_done(void *data, const aula_store_result *result)
{
	bench *on = data;
	answer *told = g_new0(answer, 1);

	AULA_ASSERT_ON(on->loop);
	*told = (answer){ .code = result->code,
		.waits = result->waits,
		.changed = result->changed,
		.row_count = result->row_count,
		.column_count = result->column_count,
		.cells = g_ptr_array_new_with_free_func(g_free) };
	g_assert_cmpint(result->code == AULA_OK, ==, result->problem == NULL);
	for (size_t i = 0; i < result->row_count; i++)
		for (size_t j = 0; j < result->column_count; j++)
			g_ptr_array_add(told->cells, cell(aula_result_value(result, i, j)));
	box_push(&on->answers, told);
}

answer *
bench_next(bench *on)
{
	answer *told = box_pop(&on->answers, PATIENCE_US);

	g_assert_nonnull(told);
	return told;
}

/* -- asking, on the control thread -- */

typedef struct {
	bench *on;
	uint32_t flags;
	const aula_statement *statements;
	size_t count;
	bool read, look, ready;
	aula_code code;
	mailbox back;
} ask;

static void
ask_now(void *data)
{
	ask *what = data;
	bench *on = what->on;

	if (what->look)
		what->ready = aula_keeper_ready(on->keeper);
	else
		what->code =
			what->read ? aula_keeper_read(on->keeper, 1, what->statements, on_done, on)
				   : aula_keeper_write(on->keeper, 1, what->flags, what->statements,
					     what->count, on_done, on);
	box_push(&what->back, what);
}

static void
ask_there(ask *what)
{
	box_init(&what->back);
	aula_loop_call(what->on->loop, ask_now, what);
	g_assert_nonnull(box_pop(&what->back, PATIENCE_US));
	box_finish(&what->back);
}

aula_code
bench_write(bench *on, uint32_t flags, const aula_statement *statements, size_t count)
{
	ask what = { .on = on, .flags = flags, .statements = statements, .count = count };

	ask_there(&what);
	return what.code;
}

aula_code
bench_read(bench *on, const aula_statement *statement)
{
	ask what = { .on = on, .statements = statement, .count = 1, .read = true };

	ask_there(&what);
	return what.code;
}

aula_code
bench_do(bench *on, uint32_t flags, aula_statement statement)
{
	aula_code code = bench_write(on, flags, &statement, 1);

	if (code != AULA_OK)
		return code;
	answer *told = bench_next(on);
	code = told->code;
	answer_free(told);
	return code;
}

int64_t
bench_count(bench *on, const char *sql)
{
	aula_statement statement = { .text = sql };
	int64_t count = -1;

	if (bench_read(on, &statement) != AULA_OK)
		return -1;
	answer *told = bench_next(on);
	if (told->code == AULA_OK && told->row_count > 0)
		count = g_ascii_strtoll(answer_cell(told, 0, 0) + 2, NULL, 10);
	answer_free(told);
	return count;
}

void
bench_until(bench *on, const char *sql, int64_t expected)
{
	int64_t end_us = g_get_monotonic_time() + PATIENCE_US, count;

	while ((count = bench_count(on, sql)) != expected) {
		if (g_get_monotonic_time() > end_us)
			g_error("%s: %" G_GINT64_FORMAT ", not %" G_GINT64_FORMAT, sql, count,
				expected);
		g_usleep(STEP_US);
	}
}

void
bench_until_ready(bench *on, bool ready)
{
	int64_t end_us = g_get_monotonic_time() + PATIENCE_US;
	ask what = { .on = on, .look = true };

	for (ask_there(&what); what.ready != ready; ask_there(&what)) {
		g_assert_cmpint(g_get_monotonic_time(), <, end_us);
		g_usleep(STEP_US);
	}
}

/* -- life -- */

static void *
run_loop(void *loop)
{
	aula_loop_run(loop);
	return NULL;
}

void
bench_open_with(bench *on, place *where, const aula_migration *steps, size_t count,
	void (*adjust)(aula_keeper_options *options))
{
	g_autofree char *folder = g_build_filename(where->folder, "store", NULL);
	aula_keeper_options options = { .url = where->url,
		.folder = folder,
		.readers = 2,
		.queue_most = 100000,
		.queue_bytes = 64 << 20,
		.spool_bytes = 64 << 20,
		.connect_ms = 2000,
		.statement_ms = 5000,
		.rows_most = 1000 };
	g_autoptr(GError) error = NULL;

	if (adjust != NULL)
		adjust(&options);
	*on = (bench){ .where = where };
	box_init(&on->answers);
	on->keeper = aula_keeper_new(&options, &error);
	g_assert_no_error(error);
	on->loop = aula_loop_new("control", &error);
	g_assert_no_error(error);
	if (steps != NULL)
		g_assert_cmpint(aula_keeper_migrate(on->keeper, "test", steps, count), ==, AULA_OK);
	aula_keeper_start(on->keeper, on->loop);
	on->thread = g_thread_new("control", run_loop, on->loop);
}

void
bench_open(bench *on, place *where, const aula_migration *steps, size_t count)
{
	bench_open_with(on, where, steps, count, NULL);
}

void
bench_close(bench *on)
{
	aula_loop_stop(on->loop);
	g_thread_join(on->thread);
	g_assert_true(aula_keeper_stop(on->keeper, aula_now_us() + PATIENCE_US));
	aula_loop_free(on->loop);
	aula_keeper_free(on->keeper);
	for (answer *left; (left = box_pop(&on->answers, 0)) != NULL;)
		answer_free(left);
	box_finish(&on->answers);
}
