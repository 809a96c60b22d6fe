/* SPDX-License-Identifier: Apache-2.0 */
/** What outlives the process: SQL for modules. The same statements run on SQLite and PostgreSQL;
 * core/store/README.md says how to write such. Everything is asked on the control thread and
 * answered there, later; nobody waits for a disk. */
#ifndef AULA_STORE_H
#define AULA_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "aula/code.h"

typedef struct aula_host aula_host;

typedef enum {
	AULA_SQL_NULL,
	AULA_SQL_BOOL,   /**< BOOLEAN */
	AULA_SQL_INT,    /**< BIGINT; also a time, in microseconds since 1970 (UTC) */
	AULA_SQL_NUMBER, /**< DOUBLE PRECISION */
	AULA_SQL_TEXT,   /**< TEXT: UTF-8 without a zero byte inside */
	AULA_SQL_BYTES,  /**< BYTEA */
} aula_sql_type;

/** One value. This struct never grows. */
typedef struct {
	aula_sql_type type;
	uint32_t length; /**< bytes of a text or of bytes; in results a zero byte follows them */
	union {
		bool is;
		int64_t integer;
		double number;
		const char *text;
		const void *bytes;
	};
} aula_sql_value;

static inline aula_sql_value
aula_sql_null(void)
{
	aula_sql_value value;

	memset(&value, 0, sizeof value);
	return value;
}
static inline aula_sql_value
aula_sql_bool(bool is)
{
	aula_sql_value value = aula_sql_null();

	value.type = AULA_SQL_BOOL;
	value.is = is;
	return value;
}
static inline aula_sql_value
aula_sql_int(int64_t integer)
{
	aula_sql_value value = aula_sql_null();

	value.type = AULA_SQL_INT;
	value.integer = integer;
	return value;
}
static inline aula_sql_value
aula_sql_number(double number)
{
	aula_sql_value value = aula_sql_null();

	value.type = AULA_SQL_NUMBER;
	value.number = number;
	return value;
}
/** NULL is NULL. */
static inline aula_sql_value
aula_sql_text(const char *text)
{
	aula_sql_value value = aula_sql_null();

	if (text != NULL) {
		value.type = AULA_SQL_TEXT;
		value.length = (uint32_t)strlen(text);
		value.text = text;
	}
	return value;
}
static inline aula_sql_value
aula_sql_bytes(const void *bytes, size_t length)
{
	aula_sql_value value = aula_sql_null();

	value.type = AULA_SQL_BYTES;
	value.length = (uint32_t)length;
	value.bytes = bytes;
	return value;
}

/** One statement, with $1, $2 … for its values. This struct never grows. Borrowed for the call that
 * takes it. */
typedef struct {
	const char *text;
	const aula_sql_value *values;
	size_t value_count;
	int64_t least; /**< rows that it must change or return; fewer undo the whole: NOT_FOUND */
} aula_statement;

#define AULA_SQL(sql, ...) \
	{ \
		.text = (sql), .values = (const aula_sql_value[]){ __VA_ARGS__ }, \
		.value_count = sizeof((aula_sql_value[]){ __VA_ARGS__ }) / sizeof(aula_sql_value) \
	}

/** What became of it. Valid during `done`; so are the texts and bytes of the rows. */
typedef struct {
	size_t size;
	/** OK. EXISTS: a key is taken. INVALID: another rule of a table is broken. NOT_FOUND: see
	 * aula_statement.least. UNAVAILABLE: the database is away (a write that may not wait has
	 * then perhaps been done). FULL: what may wait on disk is at its bound. INTERNAL: the
	 * statement is wrong; the log says how. */
	aula_code code;
	const char *problem; /**< what the database said, for a log; NULL when OK */
	bool waits;      /**< OK, but on disk, for a database that is away; it will be done once */
	int64_t changed; /**< rows that the last statement changed or returned */
	size_t row_count, column_count;
	const aula_sql_value *values; /**< of the last statement, row by row */
} aula_store_result;

/** [control] Called once, unless the module has stopped before. */
typedef void (*aula_store_done)(void *data, const aula_store_result *result);

static inline const aula_sql_value *
aula_result_value(const aula_store_result *result, size_t row, size_t column)
{
	return &result->values[row * result->column_count + column];
}
/** The value as an integer; 0 when it is NULL or none. */
static inline int64_t
aula_result_int(const aula_store_result *result, size_t row, size_t column)
{
	const aula_sql_value *value = aula_result_value(result, row, column);

	return value->type == AULA_SQL_INT      ? value->integer
	       : value->type == AULA_SQL_BOOL   ? value->is
	       : value->type == AULA_SQL_NUMBER ? (int64_t)value->number
						: 0;
}
/** SQLite has no booleans of its own: this takes a BOOLEAN of either. */
static inline bool
aula_result_bool(const aula_store_result *result, size_t row, size_t column)
{
	return aula_result_int(result, row, column) != 0;
}
static inline double
aula_result_number(const aula_store_result *result, size_t row, size_t column)
{
	const aula_sql_value *value = aula_result_value(result, row, column);

	return value->type == AULA_SQL_NUMBER ? value->number
					      : (double)aula_result_int(result, row, column);
}
/** NULL when it is NULL or no text. */
static inline const char *
aula_result_text(const aula_store_result *result, size_t row, size_t column)
{
	const aula_sql_value *value = aula_result_value(result, row, column);

	return value->type == AULA_SQL_TEXT ? value->text : NULL;
}

/** One step from an older shape of a module's tables to a newer one. It must never change once it
 * is released: what was applied is compared. This struct never grows. */
typedef struct {
	const char *name; /**< "rooms", for people */
	const char *sql;  /**< one or more statements */
} aula_migration;

enum {
	/** The write may wait on disk while the database is away. It is done later, once, and in
	 * order; what it cannot do then is kept aside and logged. So it must make sense by itself:
	 * state a fact, and expect none. */
	AULA_STORE_MAY_WAIT = 1u << 0,
};

/** The database. All [control]. */
typedef struct {
	size_t size;
	/** [in start only] Brings the tables of this module up to date: step i of the array has
	 * number i + 1, and the array only ever grows. Waits for the database; when that is away it
	 * is done as soon as it is back, and before anything else. WRONG_STATE: the database is
	 * newer than the module, or a step has changed since it was applied; INTERNAL: a step is
	 * wrong. Both are logged. */
	aula_code (*migrate)(const aula_host *host, const aula_migration *steps, size_t count);
	/** Does all the statements or none. Writes are done in the order in which they are asked
	 * for, whoever asks. `done` may be NULL; it is told after the write lies in the database
	 * or, with AULA_STORE_MAY_WAIT, on disk: a write that was told OK survives the death of the
	 * process. Another code than OK: refused, nothing will be done and `done` is not called.
	 * INVALID: a text is not UTF-8, or there is no statement, or too much of it. FULL: too much
	 * is waiting. */
	aula_code (*write)(const aula_host *host, uint32_t flags, const aula_statement *statements,
		size_t count, aula_store_done done, void *data);
	/** Asks. What was written before by a write whose `done` was called is seen; what is asked
	 * in `start` is answered before any client is served. A read sees at most `rows_most` rows
	 * (settings): more is INVALID, so ask for pages. UNAVAILABLE, INVALID, FULL as above. */
	aula_code (*read)(const aula_host *host, const aula_statement *statement,
		aula_store_done done, void *data);
	/** Whether the database answered last time. */
	bool (*ready)(const aula_host *host);
} aula_store;

#endif
