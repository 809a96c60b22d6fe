/* SPDX-License-Identifier: Apache-2.0 */
/* How many writes a second the store takes, and how long each waits: progress of many people, each
 * an upsert, a fixed number under way at once. store URL FOLDER [SECONDS [UNDER_WAY]] */
#include <stdio.h>
#include <stdlib.h>

#include "store/keeper.h"

enum { PEOPLE = 50000, LESSONS = 100 };

typedef struct {
	aula_keeper *keeper;
	aula_loop *loop;
	int64_t until_us, under_way;
	GArray *waits; /* of int64_t, microseconds */
	unsigned seed;
} bench;

typedef struct {
	bench *on;
	int64_t since_us;
} one_write;

static void write_one(bench *on);

static void
on_done(void *data, const aula_store_result *result)
{
	one_write *write = data;
	bench *on = write->on;
	int64_t wait_us = g_get_monotonic_time() - write->since_us;

	if (result->code != AULA_OK)
		g_error("%s", result->problem);
	g_free(write);
	g_array_append_val(on->waits, wait_us);
	on->under_way--;
	if (g_get_monotonic_time() < on->until_us)
		write_one(on);
	else if (on->under_way == 0)
		aula_loop_stop(on->loop);
}

static void
write_one(bench *on)
{
	aula_statement upsert = AULA_SQL(
		"INSERT INTO bench_progress (person, lesson, watched, at_us) VALUES ($1, $2, $3, "
		"$4) "
		"ON CONFLICT (person, lesson) DO UPDATE SET watched = $3, at_us = $4",
		aula_sql_int(rand_r(&on->seed) % PEOPLE), aula_sql_int(rand_r(&on->seed) % LESSONS),
		aula_sql_number(0.5), aula_sql_int(g_get_real_time()));
	one_write *write = g_new(one_write, 1);

	*write = (one_write){ on, g_get_monotonic_time() };
	on->under_way++;
	if (aula_keeper_write(on->keeper, 0, 0, &upsert, 1, on_done, write) != AULA_OK)
		g_error("refused");
}

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

int
main(int argc, char **argv)
{
	static const aula_migration steps[] = {
		{ "progress", "CREATE TABLE bench_progress (person BIGINT NOT NULL, lesson BIGINT "
			      "NOT NULL,"
			      "watched DOUBLE PRECISION NOT NULL, at_us BIGINT NOT NULL,"
			      "PRIMARY KEY (person, lesson))" },
	};
	g_autoptr(GError) error = NULL;
	bench on = { .waits = g_array_new(FALSE, FALSE, sizeof(int64_t)), .seed = 1 };

	if (argc < 3)
		g_error("store URL FOLDER [SECONDS [UNDER_WAY]]");
	int64_t seconds = argc > 3 ? atoi(argv[3]) : 5, most = argc > 4 ? atoi(argv[4]) : 200;
	on.keeper = aula_keeper_new(&(aula_keeper_options){ .url = argv[1],
					    .folder = argv[2],
					    .readers = 1,
					    .queue_most = 100000,
					    .queue_bytes = 64 << 20,
					    .spool_bytes = 64 << 20,
					    .connect_ms = 3000,
					    .statement_ms = 5000,
					    .rows_most = 100 },
		&error);
	if (on.keeper == NULL)
		g_error("%s", error->message);
	on.loop = aula_loop_new("control", NULL);
	aula_keeper_migrate(on.keeper, "bench", steps, 1);
	aula_keeper_start(on.keeper, on.loop);
	on.until_us = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
	for (int64_t i = 0; i < most; i++)
		write_one(&on);
	aula_loop_run(on.loop);
	g_array_sort(on.waits, by_size);
	guint count = on.waits->len;
	printf("%" G_GINT64_FORMAT " writes a second, %" G_GINT64_FORMAT
	       " under way; wait p50 %.1f ms, p95 %.1f ms, p99 %.1f ms\n",
		count / seconds, most, (double)g_array_index(on.waits, int64_t, count / 2) / 1000,
		(double)g_array_index(on.waits, int64_t, count * 95 / 100) / 1000,
		(double)g_array_index(on.waits, int64_t, count * 99 / 100) / 1000);
	aula_keeper_stop(on.keeper, g_get_monotonic_time() + 10 * G_USEC_PER_SEC);
	aula_loop_free(on.loop);
	aula_keeper_free(on.keeper);
	g_array_free(on.waits, TRUE);
	return 0;
}
