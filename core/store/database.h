/* SPDX-License-Identifier: Apache-2.0 */
/** One connection to a database, of either kind. It is used by one thread at a time. [worker] */
#ifndef AULA_STORE_DATABASE_H
#define AULA_STORE_DATABASE_H

#include <glib.h>

#include "store/rows.h"

typedef struct aula_database aula_database;

/** Where the database is. Texts are copied. */
typedef struct {
	const char *url;      /**< "sqlite:FILE", or a connection URI of PostgreSQL */
	const char *password; /**< NULL: that of the URI, or libpq's own ways */
	int64_t connect_ms, statement_ms;
	bool read_only;
} aula_database_options;

/** A connection that is not open yet. NULL with `error`: the URL is none of ours, said without the
 * password in it. */
aula_database *aula_database_new(const aula_database_options *options, GError **error);
/** Closes. NULL is fine. */
void aula_database_free(aula_database *database);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(aula_database, aula_database_free)

/** For logs: "sqlite:var/aula.db", "postgresql host=db.example dbname=aula". */
const char *aula_database_name(const aula_database *database);
bool aula_database_is_sqlite(const aula_database *database);

/** Opens, at most for `connect_ms`. UNAVAILABLE with what the database said. */
aula_code aula_database_open(aula_database *database, GString *problem);
void aula_database_close(aula_database *database);
bool aula_database_is_open(const aula_database *database);

/** Runs one statement. UNAVAILABLE: the connection is of no use any more, close it; the others as
 * in aula_store_result, with what the database said. `rows` is cleared first; at most `rows_most`
 * rows: more is INVALID. */
aula_code aula_database_run(aula_database *database, const aula_statement *statement,
	size_t rows_most, aula_rows *rows, GString *problem);
/** Runs statements without values, such as BEGIN or a migration. */
aula_code aula_database_script(aula_database *database, const char *sql, GString *problem);
/** Begins a transaction that writes. */
aula_code aula_database_begin(aula_database *database, GString *problem);

/** What a kind of database does; the first member of its struct is the aula_database. */
typedef struct {
	const char *begin; /* the statement */
	aula_code (*open)(aula_database *database, GString *problem);
	void (*close)(aula_database *database);
	aula_code (*run)(aula_database *database, const aula_statement *statement, size_t rows_most,
		aula_rows *rows, GString *problem);
	aula_code (*script)(aula_database *database, const char *sql, GString *problem);
	void (*free)(aula_database *database);
} aula_database_ops;

struct aula_database {
	const aula_database_ops *ops;
	char *name;
	int64_t connect_ms, statement_ms;
	bool read_only, open;
};

aula_database *aula_sqlite_new(const char *path);
aula_database *aula_postgres_new(const char *uri, const char *password, GError **error);

#endif
