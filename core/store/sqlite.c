/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite: one file, a write-ahead log beside it, every commit on the disk before it is told. */
#include "store/database.h"

#include <sqlite3.h>
#include <string.h>

enum { PREPARED_MOST = 256, STEPS_BETWEEN_LOOKS = 20000 };

typedef struct {
	aula_database database; /* first */
	char *path;
	sqlite3 *handle;
	GHashTable *prepared; /* text -> sqlite3_stmt */
	int64_t deadline_us;
} sqlite_database;

static void
statement_free(void *data)
{
	sqlite3_finalize(data);
}

/* -- what it says -- */

static aula_code
code_of(sqlite3 *handle)
{
	int extended = sqlite3_extended_errcode(handle);

	switch (extended) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return AULA_EXISTS;
	}
	switch (extended & 0xff) {
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_TOOBIG:
		return AULA_INVALID;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_NOMEM:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return AULA_UNAVAILABLE;
	default:
		return AULA_INTERNAL;
	}
}

static aula_code
say(sqlite_database *db, GString *problem)
{
	g_string_assign(problem, sqlite3_errmsg(db->handle));
	return code_of(db->handle);
}

/* -- open, close -- */

static int
is_late(void *data)
{
	const sqlite_database *db = data;

	return g_get_monotonic_time() > db->deadline_us;
}

static void
close_file(aula_database *database)
{
	sqlite_database *db = (sqlite_database *)database;

	g_clear_pointer(&db->prepared, g_hash_table_destroy);
	sqlite3_close(db->handle);
	db->handle = NULL;
}

static aula_code
open_file(aula_database *database, GString *problem)
{
	sqlite_database *db = (sqlite_database *)database;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
		    (database->read_only ? 0 : SQLITE_OPEN_CREATE);
	g_autofree char *folder = g_path_get_dirname(db->path);

	if (!database->read_only)
		g_mkdir_with_parents(folder, 0700);
	if (sqlite3_open_v2(db->path, &db->handle, flags, NULL) != SQLITE_OK) {
		g_string_assign(
			problem, db->handle != NULL ? sqlite3_errmsg(db->handle) : "no memory");
		return AULA_UNAVAILABLE;
	}
	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, (int)database->statement_ms);
	sqlite3_progress_handler(db->handle, STEPS_BETWEEN_LOOKS, is_late, db);
	db->deadline_us = INT64_MAX;
	db->prepared = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, statement_free);
	const char *wishes = database->read_only
				     ? "PRAGMA query_only = ON; PRAGMA foreign_keys = ON;"
				     : "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
				       "PRAGMA foreign_keys = ON;";
	if (sqlite3_exec(db->handle, wishes, NULL, NULL, NULL) != SQLITE_OK) {
		say(db, problem);
		return AULA_UNAVAILABLE;
	}
	return AULA_OK;
}

static void
free_it(aula_database *database)
{
	sqlite_database *db = (sqlite_database *)database;

	g_free(db->path);
	g_free(db);
}

/* -- statements -- */

static sqlite3_stmt *
prepare(sqlite_database *db, const char *text, GString *problem, aula_code *ret_code)
{
	sqlite3_stmt *statement = g_hash_table_lookup(db->prepared, text);
	const char *rest = "";

	if (statement != NULL)
		return statement;
	if (sqlite3_prepare_v3(db->handle, text, -1, SQLITE_PREPARE_PERSISTENT, &statement,
		    &rest) != SQLITE_OK) {
		*ret_code = say(db, problem);
		return NULL;
	}
	if (statement == NULL || rest[strspn(rest, " \t\n;")] != '\0') {
		g_string_assign(problem, "expected one statement");
		sqlite3_finalize(statement);
		*ret_code = AULA_INTERNAL;
		return NULL;
	}
	if (g_hash_table_size(db->prepared) >= PREPARED_MOST)
		g_hash_table_remove_all(db->prepared);
	g_hash_table_insert(db->prepared, g_strdup(text), statement);
	return statement;
}

static int
bind(sqlite3_stmt *statement, int place, const aula_sql_value *value)
{
	switch (value->type) {
	case AULA_SQL_BOOL:
		return sqlite3_bind_int(statement, place, value->is);
	case AULA_SQL_INT:
		return sqlite3_bind_int64(statement, place, value->integer);
	case AULA_SQL_NUMBER:
		return sqlite3_bind_double(statement, place, value->number);
	case AULA_SQL_TEXT:
		return sqlite3_bind_text(
			statement, place, value->text, (int)value->length, SQLITE_STATIC);
	case AULA_SQL_BYTES:
		return value->length == 0 ? sqlite3_bind_zeroblob(statement, place, 0)
					  : sqlite3_bind_blob(statement, place, value->bytes,
						    (int)value->length, SQLITE_STATIC);
	default:
		return sqlite3_bind_null(statement, place);
	}
}

/* To SQLite "$2" is a name: where it comes first says nothing. */
static bool
bind_all(sqlite_database *db, sqlite3_stmt *statement, const aula_statement *from, GString *problem)
{
	for (int place = 1; place <= sqlite3_bind_parameter_count(statement); place++) {
		const char *name = sqlite3_bind_parameter_name(statement, place);
		guint64 number;
		if (name == NULL || *name != '$' ||
			!g_ascii_string_to_unsigned(
				name + 1, 10, 1, from->value_count, &number, NULL)) {
			g_string_printf(
				problem, "there is no value for %s", name != NULL ? name : "?");
			return false;
		}
		if (bind(statement, place, &from->values[number - 1]) != SQLITE_OK) {
			say(db, problem);
			return false;
		}
	}
	return true;
}

static aula_sql_value
value_at(sqlite3_stmt *statement, int column)
{
	switch (sqlite3_column_type(statement, column)) {
	case SQLITE_INTEGER:
		return aula_sql_int(sqlite3_column_int64(statement, column));
	case SQLITE_FLOAT:
		return aula_sql_number(sqlite3_column_double(statement, column));
	case SQLITE_TEXT:
		return (aula_sql_value){ .type = AULA_SQL_TEXT,
			.text = (const char *)sqlite3_column_text(statement, column),
			.length = (uint32_t)sqlite3_column_bytes(statement, column) };
	case SQLITE_BLOB:
		return (aula_sql_value){ .type = AULA_SQL_BYTES,
			.bytes = sqlite3_column_blob(statement, column),
			.length = (uint32_t)sqlite3_column_bytes(statement, column) };
	default:
		return aula_sql_null();
	}
}

static aula_code
step_all(sqlite_database *db, sqlite3_stmt *statement, size_t rows_most, aula_rows *rows,
	GString *problem)
{
	int columns = sqlite3_column_count(statement), step;

	rows->column_count = (size_t)columns;
	while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
		if (rows->row_count >= rows_most) {
			g_string_assign(problem, "too many rows");
			return AULA_INVALID;
		}
		for (int i = 0; i < columns; i++)
			aula_rows_add(rows, value_at(statement, i));
		rows->row_count++;
	}
	if (step != SQLITE_DONE)
		return say(db, problem);
	rows->changed = columns > 0 ? (int64_t)rows->row_count : sqlite3_changes64(db->handle);
	return AULA_OK;
}

static void
start_clock(sqlite_database *db)
{
	db->deadline_us = g_get_monotonic_time() + db->database.statement_ms * 1000;
}

static aula_code
run(aula_database *database, const aula_statement *from, size_t rows_most, aula_rows *rows,
	GString *problem)
{
	sqlite_database *db = (sqlite_database *)database;
	aula_code code = AULA_INTERNAL;
	sqlite3_stmt *statement = prepare(db, from->text, problem, &code);

	if (statement == NULL)
		return code;
	start_clock(db);
	if (bind_all(db, statement, from, problem))
		code = step_all(db, statement, rows_most, rows, problem);
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	db->deadline_us = INT64_MAX;
	return code;
}

/* The one word in which the two differ: a key that counts by itself. */
static char *
translate(const char *sql)
{
	g_auto(GStrv) parts = g_strsplit(sql, "BIGSERIAL PRIMARY KEY", -1);

	return g_strjoinv("INTEGER PRIMARY KEY AUTOINCREMENT", parts);
}

static aula_code
script(aula_database *database, const char *sql, GString *problem)
{
	sqlite_database *db = (sqlite_database *)database;
	g_autofree char *own = strstr(sql, "BIGSERIAL") != NULL ? translate(sql) : NULL;

	if (sqlite3_exec(db->handle, own != NULL ? own : sql, NULL, NULL, NULL) == SQLITE_OK)
		return AULA_OK;
	return say(db, problem);
}

aula_database *
aula_sqlite_new(const char *path)
{
	static const aula_database_ops ops = { .begin = "BEGIN IMMEDIATE",
		.open = open_file,
		.close = close_file,
		.run = run,
		.script = script,
		.free = free_it };
	sqlite_database *db = g_new0(sqlite_database, 1);

	db->database.ops = &ops;
	db->database.name = g_strconcat("sqlite:", path, NULL);
	db->path = g_strdup(path);
	return &db->database;
}
