/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/text.h"

#include <string.h>
#include <strings.h>

aula_text
aula_text_of(const char *string)
{
	return (aula_text){ .at = string, .length = strlen(string) };
}

static aula_text
take(aula_text *rest, size_t length)
{
	aula_text taken = { .at = rest->at, .length = length };

	rest->at += length;
	rest->length -= length;
	return taken;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

aula_text
aula_text_cut(aula_text *rest, char separator)
{
	size_t length = 0;

	while (length < rest->length && rest->at[length] != separator)
		length++;
	aula_text field = take(rest, length);
	if (rest->length > 0)
		take(rest, 1);
	return field;
}

aula_text
aula_text_word(aula_text *rest)
{
	size_t length = 0;

	while (rest->length > 0 && is_blank(rest->at[0]))
		take(rest, 1);
	while (length < rest->length && !is_blank(rest->at[length]))
		length++;
	return take(rest, length);
}

aula_text
aula_text_line(aula_text *rest)
{
	size_t length = 0;

	while (length < rest->length && rest->at[length] != '\n' && rest->at[length] != '\r')
		length++;
	aula_text line = take(rest, length);
	if (rest->length > 1 && rest->at[0] == '\r' && rest->at[1] == '\n')
		take(rest, 1);
	if (rest->length > 0)
		take(rest, 1);
	return line;
}

bool
aula_text_is(aula_text text, const char *string)
{
	return strlen(string) == text.length && !memcmp(text.at, string, text.length);
}

bool
aula_text_like(aula_text text, const char *string)
{
	return strlen(string) == text.length && !strncasecmp(text.at, string, text.length);
}

bool
aula_text_skip(aula_text *text, const char *prefix)
{
	size_t length = strlen(prefix);

	if (length > text->length || memcmp(text->at, prefix, length))
		return false;
	take(text, length);
	return true;
}

bool
aula_text_number(aula_text text, uint64_t most, uint64_t *ret_number)
{
	uint64_t number = 0;

	for (size_t i = 0; i < text.length; i++) {
		unsigned digit = (unsigned)text.at[i] - '0';

		if (digit > 9 || number > (most - digit) / 10 || digit > most)
			return false;
		number = number * 10 + digit;
	}
	if (text.length > 0)
		*ret_number = number;
	return text.length > 0;
}

bool
aula_text_copy(aula_text text, char *out, size_t size)
{
	if (text.length >= size || !aula_text_is_clean(text))
		return false;
	memcpy(out, text.at, text.length);
	out[text.length] = 0;
	return true;
}

bool
aula_text_has_control(aula_text text)
{
	for (size_t i = 0; i < text.length; i++)
		if ((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f)
			return true;
	return false;
}

bool
aula_text_is_clean(aula_text text)
{
	for (size_t i = 0; i < text.length; i++)
		if (text.at[i] < ' ' || text.at[i] > '~')
			return false;
	return true;
}

static bool
is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool
all_of(aula_text text, const char *punctuation)
{
	for (size_t i = 0; i < text.length; i++)
		if (!is_alphanumeric(text.at[i]) &&
			(text.at[i] == 0 || !strchr(punctuation, text.at[i])))
			return false;
	return text.length > 0;
}

bool
aula_text_is_token(aula_text text)
{
	return all_of(text, "!#$%&'*+-.^_`{|}~");
}

bool
aula_text_is_ice(aula_text text)
{
	return all_of(text, "+/-_=#");
}
