/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rows.h"

void
aula_rows_clear(aula_rows *rows)
{
	g_clear_pointer(&rows->values, g_array_unref);
	g_clear_pointer(&rows->texts, g_ptr_array_unref);
	*rows = (aula_rows){ 0 };
}

void
aula_rows_add(aula_rows *rows, aula_sql_value value)
{
	if (rows->values == NULL)
		rows->values = g_array_new(FALSE, FALSE, sizeof(aula_sql_value));
	if (value.type == AULA_SQL_TEXT || value.type == AULA_SQL_BYTES) {
		char *copy = g_malloc((gsize)value.length + 1);
		if (value.length > 0)
			memcpy(copy, value.text, value.length);
		copy[value.length] = '\0';
		if (rows->texts == NULL)
			rows->texts = g_ptr_array_new_with_free_func(g_free);
		g_ptr_array_add(rows->texts, copy);
		value.text = copy;
	}
	g_array_append_val(rows->values, value);
}
