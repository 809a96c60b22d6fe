/* SPDX-License-Identifier: Apache-2.0 */
#include "store/database.h"

static bool
is_postgres(const char *url)
{
	return g_str_has_prefix(url, "postgresql://") || g_str_has_prefix(url, "postgres://");
}

aula_database *
aula_database_new(const aula_database_options *options, GError **error)
{
	static const char sqlite[] = "sqlite:";
	aula_database *database = NULL;

	if (g_str_has_prefix(options->url, sqlite) && options->url[sizeof sqlite - 1] != '\0')
		database = aula_sqlite_new(options->url + sizeof sqlite - 1);
	else if (is_postgres(options->url))
		database = aula_postgres_new(options->url, options->password, error);
	else
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			"expected \"sqlite:FILE\" or \"postgresql://…\"");
	if (database == NULL)
		return NULL;
	database->connect_ms = options->connect_ms;
	database->statement_ms = options->statement_ms;
	database->read_only = options->read_only;
	return database;
}

void
aula_database_free(aula_database *database)
{
	if (database == NULL)
		return;
	aula_database_close(database);
	g_free(database->name);
	database->ops->free(database);
}

const char *
aula_database_name(const aula_database *database)
{
	return database->name;
}

bool
aula_database_is_sqlite(const aula_database *database)
{
	return g_str_has_prefix(database->name, "sqlite:");
}

aula_code
aula_database_open(aula_database *database, GString *problem)
{
	if (database->open)
		return AULA_OK;
	g_string_truncate(problem, 0);
	aula_code code = database->ops->open(database, problem);
	database->open = code == AULA_OK;
	if (code != AULA_OK)
		database->ops->close(database);
	return code;
}

void
aula_database_close(aula_database *database)
{
	if (database->open)
		database->ops->close(database);
	database->open = false;
}

bool
aula_database_is_open(const aula_database *database)
{
	return database->open;
}

aula_code
aula_database_run(aula_database *database, const aula_statement *statement, size_t rows_most,
	aula_rows *rows, GString *problem)
{
	aula_rows_clear(rows);
	g_string_truncate(problem, 0);
	if (!database->open)
		return AULA_UNAVAILABLE;
	aula_code code = database->ops->run(database, statement, rows_most, rows, problem);
	if (code == AULA_OK && rows->changed < statement->least) {
		g_string_assign(problem, "too few rows");
		code = AULA_NOT_FOUND;
	}
	if (code != AULA_OK)
		aula_rows_clear(rows);
	return code;
}

aula_code
aula_database_script(aula_database *database, const char *sql, GString *problem)
{
	g_string_truncate(problem, 0);
	return database->open ? database->ops->script(database, sql, problem) : AULA_UNAVAILABLE;
}

aula_code
aula_database_begin(aula_database *database, GString *problem)
{
	return aula_database_script(database, database->ops->begin, problem);
}
