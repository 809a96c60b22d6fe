/* SPDX-License-Identifier: Apache-2.0 */
#include "code.h"

#include <string.h>
#include <sys/random.h>

/* 32 of them: without i, l, o and u. */
static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

bool
code_make(char ret_code[CODE_BYTES + 1])
{
	unsigned char bytes[CODE_BYTES];

	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return false;
	for (size_t i = 0; i < CODE_BYTES; i++)
		ret_code[i] = digits[bytes[i] % 32];
	ret_code[CODE_BYTES] = '\0';
	return true;
}

static char
small(char letter)
{
	return (char)(letter >= 'A' && letter <= 'Z' ? letter + 32 : letter);
}

bool
code_read(const char *text, char ret_code[CODE_BYTES + 1])
{
	size_t length = 0;

	for (; *text != '\0'; text++) {
		char letter = small(*text);
		if (letter == ' ' || letter == '-')
			continue;
		letter = (char)(letter == 'o'                    ? '0'
				: letter == 'i' || letter == 'l' ? '1'
								 : letter);
		if (length == CODE_BYTES || strchr(digits, letter) == NULL)
			return false;
		ret_code[length++] = letter;
	}
	ret_code[length] = '\0';
	return length == CODE_BYTES;
}

static bool
is_around(char letter)
{
	return letter == ' ' || letter == '"' || letter == '\'';
}

bool
list_next(const char **at, size_t *line, char *ret_login, size_t most)
{
	while (**at != '\0') {
		const char *from = *at;
		size_t all = strcspn(from, "\r\n"), length;
		if (++*line == 1 && strncmp(from, "\xef\xbb\xbf", 3) == 0) {
			from += 3;
			all -= 3;
		}
		*at = from + all;
		if (**at == '\r' && (*at)[1] == '\n')
			++*at;
		*at += **at != '\0';
		length = strcspn(from, ",;\t\r\n");
		while (length > 0 && is_around(*from)) {
			from++;
			length--;
		}
		while (length > 0 && is_around(from[length - 1]))
			length--;
		if (length == 0)
			continue;
		if (length >= most)
			length = most - 1;
		for (size_t i = 0; i < length; i++)
			ret_login[i] = small(from[i]);
		ret_login[length] = '\0';
		if (*line != 1 || strcmp(ret_login, "login") != 0)
			return true;
	}
	return false;
}
