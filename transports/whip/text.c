/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "whip.h"

static size_t
trim(const char **at, size_t length)
{
	while (length > 0 && isspace((unsigned char)**at))
		++*at, length--;
	while (length > 0 && isspace((unsigned char)(*at)[length - 1]))
		length--;
	return length;
}

static bool
is_word(const char *at, size_t length, const char *word)
{
	length = trim(&at, length);
	return length == strlen(word) && strncasecmp(at, word, length) == 0;
}

bool
text_is_type(const char *header, const char *type)
{
	return header != NULL && is_word(header, strcspn(header, ";"), type);
}

/* "q=0" of a media range: not that, then. */
static bool
is_refused(const char *parameters, size_t length)
{
	for (const char *end = parameters + length; parameters < end;) {
		const char *at = parameters + 1;
		size_t part = strcspn(at, ";,");
		size_t used = trim(&at, part);
		if (used > 2 && strncasecmp(at, "q=", 2) == 0)
			return strtod(at + 2, NULL) <= 0;
		parameters += 1 + part;
	}
	return false;
}

bool
text_accepts(const char *header, const char *type)
{
	char all[64];
	const char *slash = strchr(type, '/');
	bool any = false;

	if (header == NULL || header[strspn(header, " \t,")] == '\0')
		return true;
	memcpy(all, type, (size_t)(slash - type));
	memcpy(all + (slash - type), "/*", 3);
	for (const char *at = header; *at != '\0';) {
		size_t length = strcspn(at, ","), name = strcspn(at, ";,");
		bool fits = is_word(at, name, type) || is_word(at, name, all) ||
			    is_word(at, name, "*/*");
		if (fits && !is_refused(at + name, length - name))
			any = true;
		at += length + (at[length] == ',');
	}
	return any;
}

const char *
text_bearer(const char *header)
{
	if (header == NULL || strncasecmp(header, "Bearer", 6) != 0 || header[6] != ' ')
		return NULL;
	header += 6 + strspn(header + 6, " ");
	return *header != '\0' && header[strcspn(header, " \t,")] == '\0' ? header : NULL;
}

text_match
text_matches(const char *header, const char *etag)
{
	if (header == NULL || header[strspn(header, " \t")] == '\0')
		return MATCH_NONE;
	for (const char *at = header; *at != '\0';) {
		size_t length = strcspn(at, ",");
		if (is_word(at, length, "*") || is_word(at, length, "\"*\""))
			return MATCH_ANY;
		const char *tag = at;
		size_t used = trim(&tag, length);
		if (used == strlen(etag) && strncmp(tag, etag, used) == 0)
			return MATCH_THIS;
		at += length + (at[length] == ',');
	}
	return MATCH_OTHER;
}

bool
text_path(const char *path, char **ret_room, char **ret_rest)
{
	if (*path != '/' || path[1] == '\0' || path[1] == '/')
		return false;
	path++;
	size_t length = strcspn(path, "/");
	const char *rest = path + length + (path[length] == '/');
	size_t rest_length = strcspn(rest, "/");
	if (rest[rest_length] != '\0' && strcmp(rest + rest_length, "/") != 0)
		return false;
	*ret_room = strndup(path, length);
	*ret_rest = rest_length > 0 ? strndup(rest, rest_length) : NULL;
	return *ret_room != NULL;
}

bool
text_is_id(const char *text)
{
	return text != NULL && strlen(text) == ID_BYTES &&
	       strspn(text, "0123456789abcdef") == ID_BYTES;
}

json_t *
text_key(const char *text)
{
	size_t length = strlen(text);

	/* "007" is a text: as a number it would be another name. */
	if (length > 0 && length < 16 && strspn(text, "0123456789") == length &&
		(*text != '0' || length == 1))
		return json_integer(strtoll(text, NULL, 10));
	return json_string(text);
}

static int
digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

static char *
decode(const char *text, size_t length)
{
	char *value = malloc(length + 1), *to = value;

	for (size_t i = 0; value != NULL && i < length; i++) {
		if (text[i] == '%' && i + 2 < length && digit(text[i + 1]) >= 0 &&
			digit(text[i + 2]) >= 0) {
			*to++ = (char)(digit(text[i + 1]) << 4 | digit(text[i + 2]));
			i += 2;
		} else {
			*to++ = text[i] == '+' ? ' ' : text[i];
		}
	}
	if (value != NULL)
		*to = '\0';
	return value;
}

char *
text_query(const char *query, const char *name)
{
	size_t name_length = strlen(name);

	for (const char *at = query; *at != '\0';) {
		size_t length = strcspn(at, "&");
		bool this = length >= name_length && strncmp(at, name, name_length) == 0;
		if (this && length == name_length)
			return decode("", 0);
		if (this && at[name_length] == '=')
			return decode(at + name_length + 1, length - name_length - 1);
		at += length + (at[length] == '&');
	}
	return NULL;
}

json_t *
text_words(const char *text)
{
	json_t *words = json_array();

	for (size_t length; *text != '\0'; text += length + (text[length] == ',')) {
		length = strcspn(text, ",");
		if (length > 0)
			json_array_append_new(words, json_stringn(text, length));
	}
	return words;
}
