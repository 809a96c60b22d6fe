/* SPDX-License-Identifier: Apache-2.0 */
/* The code of a course as somebody typed it, and a list of logins. Lines go forward, and what is read
 * fits where it is put. */
#include "fuzz.h"

#include <string.h>

#include "courses/code.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	char *text = malloc(length + 1), code[CODE_BYTES + 1], again[CODE_BYTES + 1], login[16];
	size_t line = 0;

	HOLDS(text != NULL);
	memcpy(text, data, length);
	text[length] = '\0';
	if (code_read(text, code)) {
		HOLDS(strlen(code) == CODE_BYTES);
		HOLDS(code_read(code, again) && strcmp(code, again) == 0);
	}
	for (const char *at = text; list_next(&at, &line, login, sizeof login);) {
		HOLDS(line > 0 && at <= text + length);
		HOLDS(*login != '\0' && strlen(login) < sizeof login);
		HOLDS(strpbrk(login, ",;\t\r\n") == NULL);
	}
	free(text);
	return 0;
}
