/* SPDX-License-Identifier: Apache-2.0 */
#include "host/config-text.h"

#include <errno.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The length of the comment or string that begins here; 0: none does. */
static size_t
skipped(const char *text)
{
	if (text[0] == '#' || (text[0] == '/' && text[1] == '/'))
		return strcspn(text, "\n");
	if (text[0] == '/' && text[1] == '*') {
		const char *end = strstr(text + 2, "*/");
		return end != NULL ? (size_t)(end - text) + 2 : strlen(text);
	}
	if (text[0] != '"')
		return 0;
	size_t at = 1;
	while (text[at] != '\0' && text[at] != '"')
		at += text[at] == '\\' && text[at + 1] != '\0' ? 2 : 1;
	return text[at] == '"' ? at + 1 : at;
}

/* A word: a name, a number, or the part of one before or after its point. */
static size_t
word(const char *text)
{
	size_t at = 0;

	while (g_ascii_isalnum(text[at]) || text[at] == '_' || text[at] == '*')
		at++;
	return at;
}

static bool
is_integer(const char *text, size_t length, char after)
{
	bool hex = length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');

	for (size_t i = hex ? 2 : 0; i < length; i++) {
		if (hex ? !g_ascii_isxdigit(text[i]) : !g_ascii_isdigit(text[i]))
			return false;
	}
	return length > 0 && after != '.';
}

char *
aula_config_text(const char *text, int *ret_line, const char **ret_why)
{
	GString *out = g_string_new(NULL);
	int line = 1;
	char before = '\0';

	while (*text != '\0') {
		size_t skip = skipped(text), length = skip > 0 ? skip : MAX(word(text), 1);
		bool integer =
			skip == 0 && before != '.' && is_integer(text, word(text), text[length]);
		errno = 0;
		int64_t value = integer ? strtoll(text, NULL, 0) : 0;
		/* libconfig reads a leading zero as any other digit. */
		if (integer && g_ascii_isdigit(text[1]))
			value = strtoll(text, NULL, 10);
		if (errno == ERANGE || (skip == 0 && *text == '@')) {
			*ret_line = line;
			*ret_why = errno == ERANGE
					   ? "expected an integer of at most 64 bits"
					   : "@include is not supported, a module has one file";
			g_string_free(out, TRUE);
			return NULL;
		}
		g_string_append_len(out, text, (gssize)length);
		if (value > INT32_MAX)
			g_string_append_c(out, 'L');
		for (size_t i = 0; i < length; i++)
			line += text[i] == '\n';
		before = text[length - 1];
		text += length;
	}
	/* libconfig stumbles over a comment that no line end follows. */
	g_string_append_c(out, '\n');
	return g_string_free(out, FALSE);
}
