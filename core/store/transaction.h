/* SPDX-License-Identifier: Apache-2.0 */
/** Statements that are done together, with everything that they point to: in one piece of memory,
 * and as bytes for the disk. */
#ifndef AULA_STORE_TRANSACTION_H
#define AULA_STORE_TRANSACTION_H

#include <glib.h>

#include "aula/store.h"

enum {
	AULA_TRANSACTION_STATEMENTS_MOST = 5000,
	AULA_TRANSACTION_VALUES_MOST = 100, /* of one statement; SQLite takes more, people do not */
};

typedef struct {
	size_t bytes; /* what it weighs */
	size_t count;
	const aula_statement *statements;
} aula_transaction;

/** Copies. NULL with a sentence: no statement, too many, a text that is not UTF-8 or has a zero
 * byte inside. Free with g_free. */
aula_transaction *aula_transaction_new(
	const aula_statement *statements, size_t count, const char **ret_problem);

/** Appends its bytes. */
void aula_transaction_write(const aula_transaction *transaction, GByteArray *bytes);
/** Reads what `write` wrote, all of it. NULL: it is something else. Free with g_free. */
aula_transaction *aula_transaction_read(const uint8_t *bytes, size_t length);

#endif
