/* SPDX-License-Identifier: Apache-2.0 */
#include "store/plan.h"

#include <string.h>

typedef struct {
	char *name, *sql, *checksum;
} step;

struct aula_plan {
	char *module;
	GArray *steps; /* of step */
};

static void
step_clear(void *data)
{
	step *one = data;

	g_free(one->name);
	g_free(one->sql);
	g_free(one->checksum);
}

aula_plan *
aula_plan_new(const char *module, const aula_migration *steps, size_t count)
{
	aula_plan *plan = g_new0(aula_plan, 1);

	plan->module = g_strdup(module);
	plan->steps = g_array_new(FALSE, FALSE, sizeof(step));
	g_array_set_clear_func(plan->steps, step_clear);
	for (size_t i = 0; i < count; i++) {
		step one = { .name = g_strdup(steps[i].name),
			.sql = g_strdup(steps[i].sql),
			.checksum = g_compute_checksum_for_string(
				G_CHECKSUM_SHA256, steps[i].sql, -1) };
		g_array_append_val(plan->steps, one);
	}
	return plan;
}

void
aula_plan_free(aula_plan *plan)
{
	if (plan == NULL)
		return;
	g_array_unref(plan->steps);
	g_free(plan->module);
	g_free(plan);
}

const char *
aula_plan_module(const aula_plan *plan)
{
	return plan->module;
}

/* -- applying -- */

/* Two servers that start at once on one database must not both apply a step. */
static aula_code
lock(aula_database *database, GString *problem)
{
	static const char table[] =
		"CREATE TABLE IF NOT EXISTS aula_migrations ("
		"module TEXT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL,"
		"checksum TEXT NOT NULL, applied_us BIGINT NOT NULL, PRIMARY KEY (module, number))";
	aula_code code = AULA_OK;

	if (!aula_database_is_sqlite(database))
		code = aula_database_script(
			database, "SELECT pg_advisory_xact_lock(1635085409)", problem);
	return code == AULA_OK ? aula_database_script(database, table, problem) : code;
}

/* Compares what was applied with what this program knows; `*ret_next` is the first step missing. */
static aula_code
compare(const aula_plan *plan, aula_database *database, guint *ret_next, GString *problem)
{
	aula_statement select = AULA_SQL("SELECT number, name, checksum FROM aula_migrations WHERE "
					 "module = $1 ORDER BY number",
		aula_sql_text(plan->module));
	aula_rows rows = { 0 };
	aula_code code = aula_database_run(database, &select, 10000, &rows, problem);
	guint known = plan->steps->len;

	*ret_next = (guint)rows.row_count;
	for (size_t i = 0; i < rows.row_count && code == AULA_OK; i++) {
		const aula_sql_value *row =
			&g_array_index(rows.values, aula_sql_value, i * rows.column_count);
		if (i >= known) {
			g_string_printf(problem,
				"the database is newer than this program: it has step "
				"%" G_GINT64_FORMAT " (%s) of %s, and this program knows %u; start "
				"the newer program, or "
				"restore a back-up made before the change",
				row[0].integer, row[1].text, plan->module, known);
			code = AULA_WRONG_STATE;
		} else if (row[0].integer != (int64_t)i + 1 ||
			   strcmp(row[2].text,
				   g_array_index(plan->steps, step, (guint)i).checksum) != 0) {
			g_string_printf(problem,
				"step %zu (%s) of %s is not the one that was applied to this "
				"database",
				i + 1, g_array_index(plan->steps, step, (guint)i).name,
				plan->module);
			code = AULA_WRONG_STATE;
		}
	}
	aula_rows_clear(&rows);
	return code;
}

static aula_code
apply_step(const aula_plan *plan, guint index, aula_database *database, GString *problem)
{
	const step *one = &g_array_index(plan->steps, step, index);
	aula_statement note = AULA_SQL("INSERT INTO aula_migrations "
				       "(module, number, name, checksum, applied_us) "
				       "VALUES ($1, $2, $3, $4, $5)",
		aula_sql_text(plan->module), aula_sql_int((int64_t)index + 1),
		aula_sql_text(one->name), aula_sql_text(one->checksum),
		aula_sql_int(g_get_real_time()));
	aula_rows rows = { 0 };
	aula_code code = aula_database_script(database, one->sql, problem);

	if (code == AULA_OK)
		code = aula_database_run(database, &note, 1, &rows, problem);
	aula_rows_clear(&rows);
	if (code != AULA_OK) {
		g_autofree char *said = g_strdup(problem->str);
		g_string_printf(problem, "step %u (%s) of %s: %s", index + 1, one->name,
			plan->module, said);
	}
	return code;
}

aula_code
aula_plan_apply(const aula_plan *plan, aula_database *database, GString *problem)
{
	guint next = 0;
	aula_code code = aula_database_begin(database, problem);

	if (code == AULA_OK)
		code = lock(database, problem);
	if (code == AULA_OK)
		code = compare(plan, database, &next, problem);
	for (guint i = next; i < plan->steps->len && code == AULA_OK; i++)
		code = apply_step(plan, i, database, problem);
	if (code == AULA_OK)
		return aula_database_script(database, "COMMIT", problem);
	g_autoptr(GString) ignored = g_string_new(NULL);
	aula_database_script(database, "ROLLBACK", ignored);
	return code;
}
