/* SPDX-License-Identifier: Apache-2.0 */
/** What a statement returned: values row by row, with the memory that they point into. */
#ifndef AULA_STORE_ROWS_H
#define AULA_STORE_ROWS_H

#include <glib.h>

#include "aula/store.h"

typedef struct {
	GArray *values; /* of aula_sql_value; NULL: none yet */
	GPtrArray *texts;
	size_t column_count, row_count;
	int64_t changed;
} aula_rows;

/** Empties it, for the next statement or for the end. A zeroed one is fine. */
void aula_rows_clear(aula_rows *rows);
/** Adds a value; texts and bytes are copied. The caller counts rows. */
void aula_rows_add(aula_rows *rows, aula_sql_value value);

#endif
