/* SPDX-License-Identifier: Apache-2.0 */
/* A database that goes away and comes back: what waits, in which order, how often, and what is
 * said. */
#include "bench.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <unistd.h>

#include "store/spool.h"

static const aula_migration steps[] = {
	{ "lines", "CREATE TABLE lines (place BIGSERIAL PRIMARY KEY, n BIGINT NOT NULL UNIQUE)" },
};

static const char count_all[] = "SELECT count(*) FROM lines";
/* How many stand before one that was asked for earlier. */
static const char out_of_order[] =
	"SELECT count(*) FROM lines a JOIN lines b ON a.place < b.place AND a.n > b.n";

static aula_code
add(bench *on, int64_t number, uint32_t flags)
{
	aula_sql_value value = aula_sql_int(number);

	return bench_do(on, flags,
		(aula_statement){ .text = "INSERT INTO lines (n) VALUES ($1)",
			.values = &value,
			.value_count = 1 });
}

static void
kill_it(place *where)
{
	place_kill(where, SIGKILL);
}

/* Writes wait and come in order, once; what must not wait and what is asked is refused at once. */
static void
test_comes_back(void)
{
	place where;
	bench on;

	place_init(&where, "postgres");
	bench_open(&on, &where, steps, 1);
	for (int64_t i = 0; i < 10; i++)
		g_assert_cmpint(add(&on, i, AULA_STORE_MAY_WAIT), ==, AULA_OK);
	kill_it(&where);
	for (int64_t i = 10; i < 600; i++)
		g_assert_cmpint(add(&on, i, AULA_STORE_MAY_WAIT), ==, AULA_OK);
	bench_until_ready(&on, false);
	g_assert_cmpint(add(&on, 9999, 0), ==, AULA_UNAVAILABLE);
	aula_statement ask = { .text = count_all };
	g_assert_cmpint(bench_read(&on, &ask), ==, AULA_UNAVAILABLE);
	place_start(&where);
	/* What comes meanwhile does not overtake. */
	for (int64_t i = 600; i < 700; i++)
		g_assert_cmpint(add(&on, i, AULA_STORE_MAY_WAIT), ==, AULA_OK);
	bench_until(&on, count_all, 700);
	g_assert_cmpint(bench_count(&on, out_of_order), ==, 0);
	g_assert_cmpint(add(&on, 700, 0), ==, AULA_OK);
	bench_close(&on);
	place_finish(&where);
}

/* The next process does what this one left on disk. */
static void
test_next_process(void)
{
	place where;
	bench on;

	place_init(&where, "postgres");
	bench_open(&on, &where, steps, 1);
	g_assert_cmpint(add(&on, 0, 0), ==, AULA_OK);
	bench_close(&on);
	kill_it(&where);
	for (int64_t i = 1; i <= 3; i++) {
		/* Starts without the database. */
		bench_open(&on, &where, steps, 1);
		g_assert_cmpint(add(&on, i, AULA_STORE_MAY_WAIT), ==, AULA_OK);
		bench_close(&on);
	}
	place_start(&where);
	bench_open(&on, &where, steps, 1);
	/* Before anybody is served. */
	g_assert_cmpint(bench_count(&on, count_all), ==, 4);
	g_assert_cmpint(bench_count(&on, out_of_order), ==, 0);
	g_assert_cmpint(add(&on, 4, 0), ==, AULA_OK);
	bench_close(&on);
	/* Nothing is left of those who wrote. */
	bench_open(&on, &where, steps, 1);
	g_assert_cmpint(bench_count(&on, "SELECT count(*) FROM aula_writers"), ==, 1);
	bench_close(&on);
	place_finish(&where);
}

/* A server that hangs, and does not even refuse. */
static void
in_a_hurry(aula_keeper_options *options)
{
	options->connect_ms = 300;
	options->statement_ms = 300;
}

static void
signal_server(const place *where, int signal)
{
	kill(where->pid, signal);
	/* Its back ends too: they hold our connections. */
	g_autofree char *line = g_strdup_printf("pkill -%d -P %d", signal, (int)where->pid);
	g_assert_true(g_spawn_command_line_sync(line, NULL, NULL, NULL, NULL));
}

static void
test_hangs(void)
{
	place where;
	bench on;

	place_init(&where, "postgres");
	bench_open_with(&on, &where, steps, 1, in_a_hurry);
	g_assert_cmpint(add(&on, 0, AULA_STORE_MAY_WAIT), ==, AULA_OK);
	signal_server(&where, SIGSTOP);
	for (int64_t i = 1; i < 20; i++)
		g_assert_cmpint(add(&on, i, AULA_STORE_MAY_WAIT), ==, AULA_OK);
	signal_server(&where, SIGCONT);
	bench_until(&on, count_all, 20);
	g_assert_cmpint(bench_count(&on, out_of_order), ==, 0);
	bench_close(&on);
	place_finish(&where);
}

/* Killed again and again while writes stream: each once. */
static void
test_killed_often(void)
{
	enum { KILLS = 5, WRITES = 300 };
	place where;
	bench on;
	int64_t next = 0;

	place_init(&where, "postgres");
	bench_open(&on, &where, steps, 1);
	for (int i = 0; i < KILLS; i++) {
		for (int j = 0; j < WRITES; j++, next++) {
			aula_sql_value value = aula_sql_int(next);
			aula_statement one = { .text = "INSERT INTO lines (n) VALUES ($1)",
				.values = &value,
				.value_count = 1 };
			g_assert_cmpint(
				bench_write(&on, AULA_STORE_MAY_WAIT, &one, 1), ==, AULA_OK);
			if (j == WRITES / 2)
				kill_it(&where);
		}
		for (int j = 0; j < WRITES; j++) {
			answer *told = bench_next(&on);
			g_assert_cmpint(told->code, ==, AULA_OK);
			answer_free(told);
		}
		place_start(&where);
	}
	bench_until(&on, count_all, KILLS * WRITES);
	g_assert_cmpint(bench_count(&on, out_of_order), ==, 0);
	bench_close(&on);
	place_finish(&where);
}

/* What the database does not take after all is kept aside, and holds up nothing. */
static void
test_refused_later(void)
{
	place where;
	bench on;

	place_init(&where, "postgres");
	bench_open(&on, &where, steps, 1);
	g_assert_cmpint(add(&on, 1, 0), ==, AULA_OK);
	kill_it(&where);
	g_assert_cmpint(add(&on, 1, AULA_STORE_MAY_WAIT), ==, AULA_OK);
	g_assert_cmpint(add(&on, 2, AULA_STORE_MAY_WAIT), ==, AULA_OK);
	place_start(&where);
	bench_until(&on, count_all, 2);
	bench_close(&on);
	g_autofree char *path = g_build_filename(where.folder, "store", "refused", NULL);
	g_assert_cmpuint(aula_spool_count(path), ==, 1);
	place_finish(&where);
}

static void
keep_little(aula_keeper_options *options)
{
	options->spool_bytes = 1000;
}

static void
keep_nothing(aula_keeper_options *options)
{
	options->spool_bytes = 0;
}

static void
test_bound(void)
{
	aula_code code = AULA_OK;
	int64_t taken = 0;
	place where;
	bench on;

	place_init(&where, "postgres");
	bench_open_with(&on, &where, steps, 1, keep_little);
	kill_it(&where);
	for (int64_t i = 0; i < 100 && code == AULA_OK; i++, taken += code == AULA_OK)
		code = add(&on, i, AULA_STORE_MAY_WAIT);
	g_assert_cmpint(code, ==, AULA_FULL);
	g_assert_cmpint(taken, >, 2);
	place_start(&where);
	bench_until(&on, count_all, taken);
	bench_close(&on);
	bench_open_with(&on, &where, steps, 1, keep_nothing);
	kill_it(&where);
	g_assert_cmpint(add(&on, 1000, AULA_STORE_MAY_WAIT), ==, AULA_FULL);
	bench_close(&on);
	place_finish(&where);
}

/* SQLite is away too, when its folder is. */
static void
test_sqlite(void)
{
	place where;
	bench on;

	place_init(&where, "sqlite");
	g_free(where.url);
	g_autofree char *inner = g_build_filename(where.folder, "inner", NULL);
	where.url = g_strdup_printf("sqlite:%s/aula.db", inner);
	g_assert_true(g_file_set_contents(inner, "in the way", -1, NULL));
	bench_open(&on, &where, steps, 1);
	for (int64_t i = 0; i < 5; i++)
		g_assert_cmpint(add(&on, i, AULA_STORE_MAY_WAIT), ==, AULA_OK);
	g_assert_cmpint(add(&on, 99, 0), ==, AULA_UNAVAILABLE);
	g_unlink(inner);
	bench_until(&on, count_all, 5);
	g_assert_cmpint(bench_count(&on, out_of_order), ==, 0);
	bench_close(&on);
	place_finish(&where);
}

/* -- the file -- */

static aula_transaction *
transaction(int64_t number)
{
	aula_statement one = AULA_SQL("INSERT INTO lines (n) VALUES ($1)", aula_sql_int(number));
	const char *problem;

	return aula_transaction_new(&one, 1, &problem);
}

/* A death in the middle of an append leaves what was whole. */
static void
test_torn(void)
{
	place where;

	place_init(&where, "sqlite");
	g_autofree char *path = g_build_filename(where.folder, "spool", NULL);
	aula_spool *spool = aula_spool_create(path, 1 << 20, NULL);
	off_t whole = 0;
	for (int64_t i = 1; i <= 3; i++) {
		g_autofree aula_transaction *one = transaction(i);
		GStatBuf before;
		g_stat(path, &before);
		whole = before.st_size;
		g_assert_cmpint(aula_spool_append(spool, i, one), ==, AULA_OK);
	}
	g_assert_cmpint(aula_spool_sync(spool), ==, AULA_OK);
	aula_spool_free(spool);
	GStatBuf after;
	g_stat(path, &after);
	for (off_t size = after.st_size; size >= whole; size--) {
		g_assert_cmpint(truncate(path, size), ==, 0);
		spool = aula_spool_open(path, 1 << 20, NULL);
		g_assert_cmpuint(aula_spool_waiting(spool), ==, size == after.st_size ? 3 : 2);
		/* And it goes on behind that. */
		if (size < after.st_size) {
			g_autofree aula_transaction *one = transaction(9);
			aula_spool_record record;
			g_assert_cmpint(aula_spool_append(spool, 9, one), ==, AULA_OK);
			g_assert_cmpint(aula_spool_sync(spool), ==, AULA_OK);
			static const int64_t expected[] = { 1, 2, 9 };
			for (size_t i = 0; i < 3; i++) {
				g_assert_true(aula_spool_next(spool, &record));
				g_assert_cmpint(record.sequence, ==, expected[i]);
				g_assert_nonnull(record.transaction);
				g_free(record.transaction);
			}
			g_assert_false(aula_spool_next(spool, &record));
		}
		aula_spool_free(spool);
	}
	place_finish(&where);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store/away/torn", test_torn);
	g_test_add_func("/store/away/sqlite", test_sqlite);
	g_test_add_func("/store/away/comes-back", test_comes_back);
	g_test_add_func("/store/away/next-process", test_next_process);
	g_test_add_func("/store/away/hangs", test_hangs);
	g_test_add_func("/store/away/killed-often", test_killed_often);
	g_test_add_func("/store/away/refused-later", test_refused_later);
	g_test_add_func("/store/away/bound", test_bound);
	return g_test_run();
}
