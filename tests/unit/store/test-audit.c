/* SPDX-License-Identifier: Apache-2.0 */
/* The log of who did what: whatever is changed or taken out shows. */
#include "bench.h"

#include "store/audit-check.h"
#include "store/audit.h"

static place places[2];
static const char *const kinds[] = { "sqlite", "postgres" };

static void
live(place *where, int lines)
{
	g_autofree char *folder = g_build_filename(where->folder, "store", NULL);
	aula_keeper_options options = { .url = where->url,
		.folder = folder,
		.readers = 1,
		.queue_most = 5000,
		.queue_bytes = 1 << 20,
		.spool_bytes = 1 << 20,
		.connect_ms = 2000,
		.statement_ms = 5000,
		.rows_most = 1000 };
	aula_loop *loop = aula_loop_new("control", NULL);
	aula_keeper *keeper = aula_keeper_new(&options, NULL);
	aula_audit_log *log = aula_audit_log_new(keeper, 0);

	g_assert_nonnull(log);
	aula_keeper_start(keeper, loop);
	for (int i = 0; i < lines; i++)
		aula_audit_log_add(log, &(aula_audit_line){ .act = "room.destroy",
						.actor = "tess",
						.name = "Tess\nTwo",
						.address = "192.0.2.7",
						.room = "7" });
	g_assert_true(aula_keeper_stop(keeper, aula_now_us() + 20000000));
	aula_loop_free(loop);
	aula_keeper_free(keeper);
	aula_audit_log_free(log);
}

static void
alter(place *where, const char *sql)
{
	bench on;

	bench_open(&on, where, NULL, 0);
	g_assert_cmpint(bench_do(&on, 0, (aula_statement){ .text = sql, .least = 1 }), ==, AULA_OK);
	bench_close(&on);
}

static char *
faults_of(place *where, size_t *ret_lines)
{
	g_autoptr(GError) error = NULL;
	GString *faults = g_string_new(NULL);
	aula_database_options options = {
		.url = where->url, .connect_ms = 2000, .statement_ms = 5000, .read_only = true
	};

	g_assert_true(aula_audit_check(&options, ret_lines, faults, &error));
	g_assert_no_error(error);
	return g_string_free(faults, FALSE);
}

static void
test_chain(const void *data)
{
	static const struct {
		const char *sql, *undo, *said;
	} cases[] = {
		{ "UPDATE aula_audit SET actor = 'ben' WHERE number = 3 AND detail = ''",
			"UPDATE aula_audit SET actor = 'tess' WHERE number = 3", "was changed" },
		{ "UPDATE aula_audit SET name = 'Tess', role = '\nTwo' WHERE number = 3",
			"UPDATE aula_audit SET name = 'Tess\nTwo', role = '' WHERE number = 3",
			"was changed" },
		{ "UPDATE aula_audit SET at_us = at_us + 1 WHERE number = 2",
			"UPDATE aula_audit SET at_us = at_us - 1 WHERE number = 2", "was changed" },
		{ "DELETE FROM aula_audit WHERE number = 3", NULL, "line 3 of chain" },
	};
	place *where = (place *)data;
	size_t lines;

	live(where, 4);
	live(where, 1200); /* more than a page */
	g_autofree char *none = faults_of(where, &lines);
	g_assert_cmpstr(none, ==, "");
	g_assert_cmpuint(lines, ==, 4 + 1200 + 2);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		alter(where, cases[i].sql);
		g_autofree char *faults = faults_of(where, &lines);
		g_assert_nonnull(strstr(faults, cases[i].said));
		if (cases[i].undo == NULL)
			continue;
		alter(where, cases[i].undo);
		g_autofree char *after = faults_of(where, &lines);
		g_assert_cmpstr(after, ==, "");
	}
}

/* The end of an older chain, or the whole of it, is missed by the next. */
static void
test_older_chain(const void *data)
{
	place *where = (place *)data;
	size_t lines;

	alter(where, "DELETE FROM aula_audit");
	live(where, 2);
	live(where, 0);
	g_autofree char *none = faults_of(where, &lines);
	g_assert_cmpstr(none, ==, "");
	alter(where, "DELETE FROM aula_audit WHERE number = 3");
	g_autofree char *faults = faults_of(where, &lines);
	g_assert_nonnull(strstr(faults, "of an older chain, is gone"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autofree char *chain = g_strdup_printf("/store/%s/audit/chain", kinds[i]);
		g_autofree char *older = g_strdup_printf("/store/%s/audit/older-chain", kinds[i]);
		place_init(&places[i], kinds[i]);
		g_test_add_data_func(chain, &places[i], test_chain);
		g_test_add_data_func(older, &places[i], test_older_chain);
	}
	int status = g_test_run();
	for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
		place_finish(&places[i]);
	return status;
}
