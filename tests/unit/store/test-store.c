/* SPDX-License-Identifier: Apache-2.0 */
/* The same statements on SQLite and on a real PostgreSQL. */
#include "bench.h"

#include <glib/gstdio.h>

#include "store/backup.h"

static const aula_migration steps[] = {
	{ "numbers", "CREATE TABLE numbers (n BIGINT PRIMARY KEY, word TEXT NOT NULL);"
		     "CREATE INDEX numbers_word ON numbers (word)" },
	{ "kinds", "CREATE TABLE kinds (id BIGSERIAL PRIMARY KEY, i BIGINT, d DOUBLE PRECISION,"
		   "t TEXT, b BYTEA, f BOOLEAN)" },
};

static place places[2];
static const char *const kinds[] = { "sqlite", "postgres" };

static aula_statement
insert(aula_sql_value *room, int64_t number, const char *word)
{
	room[0] = aula_sql_int(number);
	room[1] = aula_sql_text(word);
	return (aula_statement){ .text = "INSERT INTO numbers (n, word) VALUES ($1, $2)",
		.values = room,
		.value_count = 2 };
}

static void
open_clean(bench *on, const void *where)
{
	bench_open(on, (place *)where, steps, G_N_ELEMENTS(steps));
	g_assert_cmpint(
		bench_do(on, 0, (aula_statement){ .text = "DELETE FROM numbers" }), ==, AULA_OK);
	g_assert_cmpint(
		bench_do(on, 0, (aula_statement){ .text = "DELETE FROM kinds" }), ==, AULA_OK);
}

/* -- values -- */

static void
test_values(const void *where)
{
	static const uint8_t bytes[] = { 0, 255, '\\', '\'', 10 };
	aula_statement add = AULA_SQL("INSERT INTO kinds (i, d, t, b, f) VALUES ($1, $2, $3, $4, "
				      "$5) RETURNING i, d, t, b, f",
		aula_sql_int(INT64_MIN), aula_sql_number(0.1), aula_sql_text("Ünï 'q' \\ 🎓"),
		aula_sql_bytes(bytes, sizeof bytes), aula_sql_bool(true));
	aula_statement nothing = AULA_SQL("INSERT INTO kinds (i, d, t, b, f) VALUES ($1, $2, $3, "
					  "$4, $5) RETURNING i, d, t, b, f",
		aula_sql_null(), aula_sql_number(3.5), aula_sql_text(""), aula_sql_bytes(NULL, 0),
		aula_sql_bool(false));
	aula_statement order = AULA_SQL("SELECT t FROM kinds WHERE i = $2 AND d < $1 AND f = $3",
		aula_sql_number(0.5), aula_sql_int(INT64_MIN), aula_sql_bool(true));
	bench on;

	open_clean(&on, where);
	g_assert_cmpint(bench_write(&on, 0, &add, 1), ==, AULA_OK);
	g_assert_cmpint(bench_write(&on, 0, &nothing, 1), ==, AULA_OK);
	static const char *const expected[] = { "i:-9223372036854775808", "d:0.10000000000000001",
		"t:Ünï 'q' \\ 🎓", "b:00ff5c270a", "i:1", "NULL", "d:3.5", "t:", "b:", "i:0" };
	for (size_t i = 0; i < 2; i++) {
		answer *told = bench_next(&on);
		g_assert_cmpint(told->code, ==, AULA_OK);
		g_assert_cmpuint(told->row_count, ==, 1);
		for (size_t j = 0; j < 5; j++)
			g_assert_cmpstr(answer_cell(told, 0, j), ==, expected[i * 5 + j]);
		answer_free(told);
	}
	/* By number, in whatever order they come. */
	g_assert_cmpint(bench_read(&on, &order), ==, AULA_OK);
	answer *told = bench_next(&on);
	g_assert_cmpstr(answer_cell(told, 0, 0), ==, expected[2]);
	answer_free(told);
	/* Keys that count by themselves do not start again. */
	g_assert_cmpint(bench_count(&on, "SELECT max(id) - min(id) FROM kinds"), ==, 1);
	g_assert_cmpint(bench_count(&on, "SELECT sum(i) FROM kinds WHERE f"), ==, INT64_MIN);
	bench_close(&on);
}

static void
test_refused_texts(const void *where)
{
	static const aula_sql_value hidden = { .type = AULA_SQL_TEXT, .length = 3, .text = "a\0b" };
	static const aula_sql_value broken = { .type = AULA_SQL_TEXT, .length = 1, .text = "\xff" };
	aula_statement bad = { .text = "INSERT INTO numbers (n, word) VALUES (1, $1)",
		.values = &hidden,
		.value_count = 1 };
	bench on;

	open_clean(&on, where);
	g_assert_cmpint(bench_write(&on, 0, &bad, 1), ==, AULA_INVALID);
	bad.values = &broken;
	g_assert_cmpint(bench_write(&on, 0, &bad, 1), ==, AULA_INVALID);
	g_assert_cmpint(bench_write(&on, 0, &bad, 0), ==, AULA_INVALID);
	bad.text = "";
	g_assert_cmpint(bench_write(&on, 0, &bad, 1), ==, AULA_INVALID);
	bench_close(&on);
}

/* -- writes -- */

static void
test_order(const void *where)
{
	enum { MANY = 3000 };
	bench on;

	open_clean(&on, where);
	aula_sql_value room[2];
	for (int64_t i = 0; i < MANY; i++) {
		/* Each takes what the one before it left. */
		aula_statement pair[] = { insert(room, i, "now"),
			{ .text = "DELETE FROM numbers WHERE n = $1 - 1",
				.values = room,
				.value_count = 1,
				.least = i > 0 } };
		g_assert_cmpint(bench_write(&on, 0, pair, 2), ==, AULA_OK);
	}
	for (int i = 0; i < MANY; i++) {
		answer *told = bench_next(&on);
		g_assert_cmpint(told->code, ==, AULA_OK);
		g_assert_cmpint(told->changed, ==, i > 0);
		answer_free(told);
	}
	g_assert_cmpint(bench_count(&on, "SELECT n FROM numbers"), ==, MANY - 1);
	bench_close(&on);
}

/* One that fails is undone whole, and those in the same commit are not touched. */
static void
test_failure_stays_alone(const void *where)
{
	static const aula_code expected[] = { AULA_OK, AULA_EXISTS, AULA_OK, AULA_INVALID,
		AULA_NOT_FOUND, AULA_INTERNAL, AULA_OK };
	aula_sql_value rooms[8][2];
	bench on;

	open_clean(&on, where);
	aula_statement writes[][2] = {
		{ insert(rooms[0], 1, "a"), { .text = "UPDATE numbers SET word = word" } },
		{ insert(rooms[1], 2, "b"), insert(rooms[2], 1, "taken") },
		{ insert(rooms[3], 3, "c"), { .text = "UPDATE numbers SET word = word" } },
		{ insert(rooms[4], 4, "d"), insert(rooms[5], 5, NULL) },
		{ insert(rooms[6], 6, "e"),
			{ .text = "DELETE FROM numbers WHERE n = 99", .least = 1 } },
		{ insert(rooms[7], 7, "f"), { .text = "SELEKT" } },
		{ { .text = "UPDATE numbers SET word = word" },
			{ .text = "UPDATE numbers SET word = word" } },
	};
	for (size_t i = 0; i < G_N_ELEMENTS(writes); i++)
		g_assert_cmpint(bench_write(&on, 0, writes[i], 2), ==, AULA_OK);
	for (size_t i = 0; i < G_N_ELEMENTS(writes); i++) {
		answer *told = bench_next(&on);
		g_assert_cmpint(told->code, ==, expected[i]);
		answer_free(told);
	}
	g_assert_cmpint(bench_count(&on, "SELECT count(*) FROM numbers"), ==, 2);
	g_assert_cmpint(bench_count(&on, "SELECT sum(n) FROM numbers"), ==, 4);
	bench_close(&on);
}

static void
test_reads(const void *where)
{
	aula_statement many = AULA_SQL(
		"WITH RECURSIVE c(x) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT x + 1 FROM c "
		"WHERE x < 1001) SELECT x FROM c",
		aula_sql_int(1));
	aula_statement sly = { .text = "DELETE FROM numbers" };
	aula_sql_value room[2];
	bench on;

	open_clean(&on, where);
	g_assert_cmpint(bench_do(&on, 0, insert(room, 1, "a")), ==, AULA_OK);
	g_assert_cmpint(bench_read(&on, &many), ==, AULA_OK);
	answer *told = bench_next(&on);
	g_assert_cmpint(told->code, ==, AULA_INVALID);
	answer_free(told);
	/* A read cannot write. */
	g_assert_cmpint(bench_read(&on, &sly), ==, AULA_OK);
	told = bench_next(&on);
	g_assert_cmpint(told->code, !=, AULA_OK);
	answer_free(told);
	g_assert_cmpint(bench_count(&on, "SELECT count(*) FROM numbers"), ==, 1);
	bench_close(&on);
}

static void
keep_it_short(aula_keeper_options *options)
{
	options->queue_most = 10;
}

static void
test_bound(const void *where)
{
	aula_sql_value room[2];
	size_t taken = 0;
	bench on;

	bench_open_with(&on, (place *)where, steps, G_N_ELEMENTS(steps), keep_it_short);
	aula_statement slow[200];
	for (size_t i = 0; i < G_N_ELEMENTS(slow); i++)
		slow[i] = (aula_statement){ .text = "UPDATE numbers SET word = word" };
	aula_code code = AULA_OK;
	for (int i = 0; i < 1000 && code == AULA_OK; i++, taken += code == AULA_OK)
		code = bench_write(&on, 0, slow, G_N_ELEMENTS(slow));
	g_assert_cmpint(code, ==, AULA_FULL);
	for (size_t i = 0; i < taken; i++)
		answer_free(bench_next(&on));
	g_assert_cmpint(bench_do(&on, 0, insert(room, 1000001, "after")), ==, AULA_OK);
	bench_close(&on);
}

/* -- migrations -- */

static aula_code
migrate_again(place *where, const aula_migration *rows, size_t count)
{
	g_autofree char *folder = g_build_filename(where->folder, "store", NULL);
	aula_keeper_options options = { .url = where->url,
		.folder = folder,
		.readers = 1,
		.queue_most = 10,
		.queue_bytes = 1 << 20,
		.spool_bytes = 1 << 20,
		.connect_ms = 2000,
		.statement_ms = 5000,
		.rows_most = 1000 };
	aula_keeper *keeper = aula_keeper_new(&options, NULL);

	g_assert_nonnull(keeper);
	aula_code code = aula_keeper_migrate(keeper, "moving", rows, count);
	aula_keeper_stop(keeper, 0);
	aula_keeper_free(keeper);
	return code;
}

static void
test_migrations(const void *data)
{
	static const aula_migration rows[] = {
		{ "one", "CREATE TABLE moving (a BIGINT)" },
		{ "two", "ALTER TABLE moving ADD COLUMN b TEXT; INSERT INTO moving VALUES (1, "
			 "'x')" },
		{ "three", "CREATE TABLE moving_more (a BIGINT)" },
	};
	static const aula_migration changed[] = {
		{ "one", "CREATE TABLE moving (a BIGINT, z TEXT)" },
		{ "two", "SELECT 1" },
	};
	static const aula_migration wrong[] = { rows[0], rows[1], rows[2],
		{ "four", "CREATE TABLE moving_four (a BIGINT); INSERT INTO nowhere VALUES (1)" } };
	static const aula_migration mended[] = { rows[0], rows[1], rows[2],
		{ "four", "CREATE TABLE moving_four (a BIGINT)" } };
	place *where = (place *)data;

	g_assert_cmpint(migrate_again(where, rows, 1), ==, AULA_OK);
	g_assert_cmpint(migrate_again(where, rows, 3), ==, AULA_OK);
	g_assert_cmpint(migrate_again(where, rows, 3), ==, AULA_OK);
	g_assert_cmpint(migrate_again(where, rows, 2), ==, AULA_WRONG_STATE);
	g_assert_cmpint(migrate_again(where, changed, 2), ==, AULA_WRONG_STATE);
	/* A step that fails leaves nothing behind. */
	g_assert_cmpint(migrate_again(where, wrong, 4), ==, AULA_INTERNAL);
	g_assert_cmpint(migrate_again(where, mended, 4), ==, AULA_OK);
	bench on;
	bench_open(&on, where, NULL, 0);
	g_assert_cmpint(bench_count(&on, "SELECT count(*) FROM moving"), ==, 1);
	g_assert_cmpint(
		bench_count(&on, "SELECT count(*) FROM aula_migrations WHERE module = 'moving'"),
		==, 4);
	bench_close(&on);
}

static void
test_one_process_a_folder(const void *data)
{
	place *where = (place *)data;
	g_autofree char *folder = g_build_filename(where->folder, "store", NULL);
	g_autoptr(GError) error = NULL;
	bench on;

	bench_open(&on, where, NULL, 0);
	aula_database_options options = { .url = where->url };
	g_autofree char *file = g_build_filename(where->folder, "none", NULL);
	g_assert_true(g_file_set_contents(file, "x", 1, NULL));
	g_assert_false(aula_backup_restore(&options, folder, file, &error));
	g_assert_nonnull(strstr(error->message, "is running"));
	bench_close(&on);
}

/* -- back-up -- */

static void
test_backup(const void *data)
{
	place *where = (place *)data;
	g_autofree char *folder = g_build_filename(where->folder, "store", NULL);
	g_autofree char *file = g_build_filename(where->folder, "saved", NULL);
	aula_database_options options = { .url = where->url };
	g_autoptr(GError) error = NULL;
	aula_sql_value room[2];
	bench on;

	open_clean(&on, where);
	g_assert_cmpint(bench_do(&on, 0, insert(room, 1, "kept")), ==, AULA_OK);
	/* While it runs. */
	g_assert_true(aula_backup_write(&options, file, &error));
	g_assert_no_error(error);
	g_assert_cmpint(bench_do(&on, 0, insert(room, 2, "later")), ==, AULA_OK);
	bench_close(&on);
	g_assert_true(aula_backup_restore(&options, folder, file, &error));
	g_assert_no_error(error);
	bench_open(&on, where, steps, G_N_ELEMENTS(steps));
	g_assert_cmpint(bench_count(&on, "SELECT count(*) FROM numbers"), ==, 1);
	g_assert_cmpint(bench_count(&on, "SELECT n FROM numbers"), ==, 1);
	bench_close(&on);
	/* What is no back-up changes nothing. */
	g_assert_true(g_file_set_contents(file, "this is no database at all", -1, NULL));
	g_assert_false(aula_backup_restore(&options, folder, file, &error));
	g_assert_nonnull(error);
	bench_open(&on, where, steps, G_N_ELEMENTS(steps));
	g_assert_cmpint(bench_count(&on, "SELECT count(*) FROM numbers"), ==, 1);
	bench_close(&on);
}

/* -- URLs -- */

static void
test_urls(void)
{
	static const char *const bad[] = { "", "sqlite:", "mysql://a", "postgresql://a:sesame@[",
		NULL };

	for (size_t i = 0; bad[i] != NULL; i++) {
		g_autoptr(GError) error = NULL;
		g_assert_null(aula_database_new(&(aula_database_options){ .url = bad[i] }, &error));
		g_assert_null(strstr(error->message, "sesame"));
	}
	g_autoptr(aula_database) good = aula_database_new(
		&(aula_database_options){ .url = "postgresql://me:sesame@db.example:99/aula" },
		NULL);
	g_assert_cmpstr(
		aula_database_name(good), ==, "postgresql dbname=aula host=db.example port=99");
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		GTestDataFunc run;
	} tests[] = {
		{ "values", test_values },
		{ "refused-texts", test_refused_texts },
		{ "order", test_order },
		{ "failure-stays-alone", test_failure_stays_alone },
		{ "reads", test_reads },
		{ "bound", test_bound },
		{ "migrations", test_migrations },
		{ "one-process-a-folder", test_one_process_a_folder },
		{ "backup", test_backup },
	};

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store/urls", test_urls);
	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		place_init(&places[i], kinds[i]);
		for (size_t j = 0; j < G_N_ELEMENTS(tests); j++) {
			g_autofree char *name =
				g_strdup_printf("/store/%s/%s", kinds[i], tests[j].name);
			/* Waits for a while; the database has no part in it. */
			if (i > 0 && tests[j].run == test_one_process_a_folder)
				continue;
			g_test_add_data_func(name, &places[i], tests[j].run);
		}
	}
	int status = g_test_run();
	for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
		place_finish(&places[i]);
	return status;
}
