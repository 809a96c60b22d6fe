/* SPDX-License-Identifier: Apache-2.0 */
/* A list of people. Lines go forward, and values lie in the text. */
#include "fuzz.h"

#include <string.h>

#include "people/csv.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	char *text = malloc(length + 1);
	struct csv csv;
	struct csv_record record;
	size_t line = 0;

	HOLDS(text != NULL);
	memcpy(text, data, length);
	text[length] = '\0';
	csv_begin(&csv, text, length);
	while (csv_next(&csv, &record)) {
		HOLDS(record.line > line);
		HOLDS(record.count > 0 && record.count <= CSV_VALUES_MOST);
		line = record.line;
		for (size_t i = 0; i < record.count; i++) {
			HOLDS(record.values[i] >= text && record.values[i] <= text + length);
			HOLDS(strlen(record.values[i]) <=
				(size_t)(text + length - record.values[i]));
		}
	}
	free(text);
	return 0;
}
