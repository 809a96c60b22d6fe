/* SPDX-License-Identifier: Apache-2.0 */
/* PostgreSQL by libpq: prepared statements, values as text, a deadline for each answer. */
#include "store/database.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <string.h>

enum {
	PREPARED_MOST = 256,
	GRACE_MS = 1000, /* the server gives up a statement before we give up the server */
	OID_BOOL = 16,   /* of the server's pg_type.dat */
	OID_BYTEA = 17,
	OID_INT8 = 20,
	OID_INT2 = 21,
	OID_INT4 = 23,
	OID_OID = 26,
	OID_FLOAT4 = 700,
	OID_FLOAT8 = 701,
	OID_NUMERIC = 1700,
};

typedef struct {
	aula_database database; /* first */
	char *uri, *password;
	PGconn *connection;
	GHashTable *prepared; /* text -> name */
	unsigned count;
} postgres_database;

/* -- what it says -- */

static void
tell(GString *problem, const char *message)
{
	g_string_assign(problem, message != NULL && *message != '\0' ? message : "no answer");
	while (problem->len > 0 && problem->str[problem->len - 1] == '\n')
		g_string_truncate(problem, problem->len - 1);
	for (gsize i = 0; i < problem->len; i++)
		if (problem->str[i] == '\n')
			problem->str[i] = ' ';
}

/* Appendix A of the manual. Those that a new connection or another try may mend are UNAVAILABLE. */
static aula_code
code_of(const char *state)
{
	static const char *const away[] = { "08", "53", "57P", "55", "40", "25006", "26", "0A000",
		"58", "XX", NULL };

	if (state == NULL)
		return AULA_UNAVAILABLE;
	if (strcmp(state, "23505") == 0)
		return AULA_EXISTS;
	for (size_t i = 0; away[i] != NULL; i++)
		if (g_str_has_prefix(state, away[i]))
			return AULA_UNAVAILABLE;
	return g_str_has_prefix(state, "23") || g_str_has_prefix(state, "22") ? AULA_INVALID
									      : AULA_INTERNAL;
}

static aula_code
say(postgres_database *db, const PGresult *result, GString *problem)
{
	tell(problem,
		result != NULL ? PQresultErrorMessage(result) : PQerrorMessage(db->connection));
	if (PQstatus(db->connection) == CONNECTION_BAD)
		return AULA_UNAVAILABLE;
	return code_of(result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL);
}

/* -- waiting, with a deadline -- */

static bool
wait_for(postgres_database *db, short events, int64_t until_us)
{
	struct pollfd one = { .fd = PQsocket(db->connection), .events = events };
	int64_t left_us = until_us - g_get_monotonic_time();

	if (one.fd < 0 || left_us <= 0)
		return false;
	int ready = poll(&one, 1, (int)(left_us / 1000 + 1));
	return ready > 0 || (ready < 0 && errno == EINTR);
}

static bool
flush(postgres_database *db, int64_t until_us)
{
	int left;

	while ((left = PQflush(db->connection)) > 0) {
		if (!wait_for(db, POLLIN | POLLOUT, until_us))
			return false;
		if (!PQconsumeInput(db->connection))
			return false;
	}
	return left == 0;
}

/* The last result of what was sent; NULL: the connection has failed, or took too long. */
static PGresult *
receive(postgres_database *db, int64_t until_us)
{
	PGresult *last = NULL, *next;

	if (!flush(db, until_us))
		return NULL;
	for (;;) {
		while (PQisBusy(db->connection)) {
			if (!wait_for(db, POLLIN, until_us) || !PQconsumeInput(db->connection)) {
				PQclear(last);
				return NULL;
			}
		}
		next = PQgetResult(db->connection);
		if (next == NULL)
			return last;
		/* Of several the first that failed tells why. */
		if (last != NULL && PQresultStatus(last) == PGRES_FATAL_ERROR) {
			PQclear(next);
		} else {
			PQclear(last);
			last = next;
		}
	}
}

static int64_t
deadline(const postgres_database *db)
{
	return g_get_monotonic_time() + (db->database.statement_ms + GRACE_MS) * 1000;
}

/* -- open, close -- */

static void
close_connection(aula_database *database)
{
	postgres_database *db = (postgres_database *)database;

	g_clear_pointer(&db->prepared, g_hash_table_destroy);
	PQfinish(db->connection);
	db->connection = NULL;
}

static bool
connect_until(postgres_database *db, int64_t until_us)
{
	for (;;) {
		PostgresPollingStatusType status = PQconnectPoll(db->connection);
		if (status == PGRES_POLLING_OK)
			return true;
		if (status == PGRES_POLLING_FAILED ||
			!wait_for(db, status == PGRES_POLLING_READING ? POLLIN : POLLOUT, until_us))
			return false;
	}
}

static aula_code script(aula_database *database, const char *sql, GString *problem);

static aula_code
open_connection(aula_database *database, GString *problem)
{
	postgres_database *db = (postgres_database *)database;
	/* The URI comes first: what follows is ours, but for the password when there is none. */
	const char *keywords[] = { "dbname", "fallback_application_name", "client_encoding",
		db->password != NULL ? "password" : NULL, NULL };
	const char *values[] = { db->uri, "aula", "UTF8", db->password, NULL };
	int64_t until_us = g_get_monotonic_time() + database->connect_ms * 1000;
	g_autofree char *wishes = g_strdup_printf(
		"SET statement_timeout = %" G_GINT64_FORMAT "; SET bytea_output = hex;"
		"SET extra_float_digits = 1; SET idle_in_transaction_session_timeout = 60000;"
		"SET client_min_messages = warning; SET standard_conforming_strings = on;%s",
		database->statement_ms,
		database->read_only ? "SET default_transaction_read_only = on" : "");

	db->connection = PQconnectStartParams(keywords, values, 1);
	if (db->connection == NULL || PQstatus(db->connection) == CONNECTION_BAD ||
		!connect_until(db, until_us)) {
		const char *message = PQerrorMessage(db->connection);
		tell(problem, *message != '\0' ? message : "does not answer in time");
		return AULA_UNAVAILABLE;
	}
	PQsetnonblocking(db->connection, 1);
	db->prepared = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return script(database, wishes, problem) == AULA_OK ? AULA_OK : AULA_UNAVAILABLE;
}

static void
free_it(aula_database *database)
{
	postgres_database *db = (postgres_database *)database;

	g_free(db->uri);
	if (db->password != NULL)
		explicit_bzero(db->password, strlen(db->password));
	g_free(db->password);
	g_free(db);
}

/* -- statements -- */

static aula_code
take_result(postgres_database *db, PGresult *result, GString *problem)
{
	if (result == NULL) {
		tell(problem, PQerrorMessage(db->connection));
		return AULA_UNAVAILABLE;
	}
	ExecStatusType status = PQresultStatus(result);
	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
			       status == PGRES_EMPTY_QUERY
		       ? AULA_OK
		       : say(db, result, problem);
}

static aula_code
script(aula_database *database, const char *sql, GString *problem)
{
	postgres_database *db = (postgres_database *)database;

	if (!PQsendQuery(db->connection, sql))
		return say(db, NULL, problem);
	PGresult *result = receive(db, deadline(db));
	aula_code code = take_result(db, result, problem);
	PQclear(result);
	return code;
}

static const char *
prepare(postgres_database *db, const char *text, GString *problem, aula_code *ret_code)
{
	const char *name = g_hash_table_lookup(db->prepared, text);

	if (name != NULL)
		return name;
	if (g_hash_table_size(db->prepared) >= PREPARED_MOST) {
		*ret_code = script(&db->database, "DEALLOCATE ALL", problem);
		if (*ret_code != AULA_OK)
			return NULL;
		g_hash_table_remove_all(db->prepared);
	}
	g_autofree char *own = g_strdup_printf("s%u", db->count++);
	if (!PQsendPrepare(db->connection, own, text, 0, NULL)) {
		*ret_code = say(db, NULL, problem);
		return NULL;
	}
	PGresult *result = receive(db, deadline(db));
	*ret_code = take_result(db, result, problem);
	PQclear(result);
	if (*ret_code != AULA_OK)
		return NULL;
	name = own;
	g_hash_table_insert(db->prepared, g_strdup(text), g_steal_pointer(&own));
	return name;
}

enum { VALUES_MOST = 100, NUMBER_BYTES = 32 };

typedef struct {
	const char *texts[VALUES_MOST];
	int lengths[VALUES_MOST], formats[VALUES_MOST];
	char numbers[VALUES_MOST][NUMBER_BYTES];
} parameters;

static void
bind(parameters *to, size_t place, const aula_sql_value *value)
{
	char *number = to->numbers[place];

	to->texts[place] = number;
	to->lengths[place] = 0;
	to->formats[place] = 0;
	switch (value->type) {
	case AULA_SQL_BOOL:
		g_strlcpy(number, value->is ? "t" : "f", NUMBER_BYTES);
		break;
	case AULA_SQL_INT:
		g_snprintf(number, NUMBER_BYTES, "%" G_GINT64_FORMAT, value->integer);
		break;
	case AULA_SQL_NUMBER:
		g_ascii_formatd(number, NUMBER_BYTES, "%.17g", value->number);
		break;
	case AULA_SQL_TEXT:
		to->texts[place] = value->text;
		break;
	case AULA_SQL_BYTES:
		to->texts[place] = value->length > 0 ? value->bytes : "";
		to->lengths[place] = (int)value->length;
		to->formats[place] = 1;
		break;
	default:
		to->texts[place] = NULL;
	}
}

static void
add_value(aula_rows *rows, const PGresult *result, int row, int column)
{
	const char *text = PQgetvalue(result, row, column);
	uint32_t length = (uint32_t)PQgetlength(result, row, column);

	if (PQgetisnull(result, row, column)) {
		aula_rows_add(rows, aula_sql_null());
		return;
	}
	switch (PQftype(result, column)) {
	case OID_BOOL:
		aula_rows_add(rows, aula_sql_bool(*text == 't'));
		break;
	case OID_INT8:
	case OID_INT4:
	case OID_INT2:
	case OID_OID:
		aula_rows_add(rows, aula_sql_int(g_ascii_strtoll(text, NULL, 10)));
		break;
	case OID_NUMERIC: /* the sum of a BIGINT is one, and an integer in SQLite */
		aula_rows_add(rows, strchr(text, '.') == NULL
					    ? aula_sql_int(g_ascii_strtoll(text, NULL, 10))
					    : aula_sql_number(g_ascii_strtod(text, NULL)));
		break;
	case OID_FLOAT4:
	case OID_FLOAT8:
		aula_rows_add(rows, aula_sql_number(g_ascii_strtod(text, NULL)));
		break;
	case OID_BYTEA: {
		size_t bytes_length;
		unsigned char *bytes = PQunescapeBytea((const unsigned char *)text, &bytes_length);
		aula_rows_add(rows, aula_sql_bytes(bytes, bytes != NULL ? bytes_length : 0));
		PQfreemem(bytes);
		break;
	}
	default:
		aula_rows_add(rows,
			(aula_sql_value){ .type = AULA_SQL_TEXT, .text = text, .length = length });
	}
}

static aula_code
read_rows(const PGresult *result, size_t rows_most, aula_rows *rows, GString *problem)
{
	int count = PQntuples(result), columns = PQnfields(result);

	if ((size_t)count > rows_most) {
		g_string_assign(problem, "too many rows");
		return AULA_INVALID;
	}
	rows->column_count = (size_t)columns;
	rows->row_count = (size_t)count;
	for (int i = 0; i < count; i++)
		for (int j = 0; j < columns; j++)
			add_value(rows, result, i, j);
	const char *changed = PQcmdTuples((PGresult *)result);
	rows->changed = columns > 0 ? count : g_ascii_strtoll(changed, NULL, 10);
	return AULA_OK;
}

static aula_code
run(aula_database *database, const aula_statement *from, size_t rows_most, aula_rows *rows,
	GString *problem)
{
	postgres_database *db = (postgres_database *)database;
	parameters *to;
	aula_code code = AULA_INTERNAL;

	if (from->value_count > VALUES_MOST) {
		g_string_assign(problem, "too many values");
		return AULA_INTERNAL;
	}
	const char *name = prepare(db, from->text, problem, &code);
	if (name == NULL)
		return code;
	to = g_new(parameters, 1);
	for (size_t i = 0; i < from->value_count; i++)
		bind(to, i, &from->values[i]);
	int sent = PQsendQueryPrepared(db->connection, name, (int)from->value_count, to->texts,
		to->lengths, to->formats, 0);
	g_free(to);
	if (!sent)
		return say(db, NULL, problem);
	PGresult *result = receive(db, deadline(db));
	code = take_result(db, result, problem);
	if (code == AULA_OK)
		code = read_rows(result, rows_most, rows, problem);
	PQclear(result);
	return code;
}

/* -- where -- */

/* Host, port, and name of the database, for logs; never the password. */
static char *
describe(const PQconninfoOption *options)
{
	GString *name = g_string_new("postgresql");

	for (const PQconninfoOption *option = options; option->keyword != NULL; option++)
		if (option->val != NULL && (strcmp(option->keyword, "host") == 0 ||
						   strcmp(option->keyword, "port") == 0 ||
						   strcmp(option->keyword, "dbname") == 0))
			g_string_append_printf(name, " %s=%s", option->keyword, option->val);
	return g_string_free(name, FALSE);
}

aula_database *
aula_postgres_new(const char *uri, const char *password, GError **error)
{
	static const aula_database_ops ops = { .begin = "BEGIN",
		.open = open_connection,
		.close = close_connection,
		.run = run,
		.script = script,
		.free = free_it };
	char *message = NULL;
	PQconninfoOption *options = PQconninfoParse(uri, &message);

	if (options == NULL) {
		/* What libpq says quotes the URI, with what secret it holds. */
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			"expected a connection URI of PostgreSQL, such as "
			"\"postgresql://aula@db.example/aula\"");
		PQfreemem(message);
		return NULL;
	}
	postgres_database *db = g_new0(postgres_database, 1);
	db->database.ops = &ops;
	db->database.name = describe(options);
	db->uri = g_strdup(uri);
	db->password = g_strdup(password);
	PQconninfoFree(options);
	return &db->database;
}
