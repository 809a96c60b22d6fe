/* SPDX-License-Identifier: Apache-2.0 */
/** Lines of values (RFC 4180), as spreadsheets write them: also with semicolons or tabs, with a
 * mark of byte order, with either line end. No state but its own. */
#ifndef PEOPLE_CSV_H
#define PEOPLE_CSV_H

#include <stdbool.h>
#include <stddef.h>

enum { CSV_VALUES_MOST = 16 };

struct csv {
	char *at, *end;
	char separator;
	size_t line;
};

struct csv_record {
	size_t line;  /* that it begins on; the first is 1 */
	size_t count; /* of values */
	char *values[CSV_VALUES_MOST];
	const char *fault; /* a static sentence; NULL: none */
};

/** Reads `text`, which it takes apart in place; a zero byte follows its `length` bytes. What comes
 * first of comma, semicolon and tab separates. */
void csv_begin(struct csv *csv, char *text, size_t length);
/** The next line that is not empty; false: there is none. Values lie in the text. */
bool csv_next(struct csv *csv, struct csv_record *ret_record);

#endif
