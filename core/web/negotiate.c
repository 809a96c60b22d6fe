/* SPDX-License-Identifier: Apache-2.0 */
#include "web/negotiate.h"

#include <glib.h>
#include <string.h>

const char *
aula_web_encoding_word(aula_web_encoding encoding)
{
	static const char *const words[] = { "identity", "gzip", "br" };

	return words[encoding];
}

/* True when the weight among the parameters of one coding is zero. */
static bool
refused(const char *parameters)
{
	const char *q = strstr(parameters, "q=");

	return q != NULL && g_ascii_strtod(q + 2, NULL) <= 0;
}

aula_web_encoding
aula_web_encoding_choose(const char *accept)
{
	if (accept == NULL)
		return AULA_WEB_IDENTITY;
	aula_web_encoding best = AULA_WEB_IDENTITY;
	g_auto(GStrv) codings = g_strsplit(accept, ",", 32);
	for (char **coding = codings; *coding != NULL; coding++) {
		char *parameters = strchr(*coding, ';');
		if (parameters != NULL) {
			*parameters++ = '\0';
			if (refused(parameters))
				continue;
		}
		const char *word = g_strstrip(*coding);
		if (g_ascii_strcasecmp(word, "br") == 0)
			best = AULA_WEB_BROTLI;
		else if (best == AULA_WEB_IDENTITY && g_ascii_strcasecmp(word, "gzip") == 0)
			best = AULA_WEB_GZIP;
	}
	return best;
}

/* Reads decimal digits; false when there are none or too many to be a size. */
static bool
digits(const char **at, int64_t *ret_value)
{
	const char *start = *at;
	int64_t value = 0;

	while (g_ascii_isdigit(**at) && *at - start < 18)
		value = value * 10 + (*(*at)++ - '0');
	*ret_value = value;
	return *at > start && !g_ascii_isdigit(**at);
}

aula_web_range
aula_web_range_parse(const char *header, int64_t size, int64_t *ret_first, int64_t *ret_last)
{
	if (header == NULL || g_ascii_strncasecmp(header, "bytes=", 6) != 0)
		return AULA_WEB_RANGE_NONE;
	const char *at = header + 6;
	int64_t first, last = size - 1;
	if (*at == '-') {
		at++;
		if (!digits(&at, &first) || *at != '\0')
			return AULA_WEB_RANGE_NONE;
		if (first == 0 || size == 0)
			return AULA_WEB_RANGE_UNSATISFIABLE;
		first = first < size ? size - first : 0;
	} else {
		if (!digits(&at, &first) || *at++ != '-')
			return AULA_WEB_RANGE_NONE;
		if (*at != '\0' && (!digits(&at, &last) || *at != '\0' || last < first))
			return AULA_WEB_RANGE_NONE;
		if (first >= size)
			return AULA_WEB_RANGE_UNSATISFIABLE;
	}
	*ret_first = first;
	*ret_last = last < size ? last : size - 1;
	return AULA_WEB_RANGE_ONE;
}

bool
aula_web_etag_listed(const char *header, const char *etag)
{
	if (header == NULL)
		return false;
	size_t length = strlen(etag);
	for (const char *at = header; *at != '\0';) {
		at += strspn(at, " \t,");
		if (*at == '*')
			return true;
		/* If-None-Match compares weakly: the prefix does not count (RFC 9110 13.1.2). */
		if (strncmp(at, "W/", 2) == 0)
			at += 2;
		if (strncmp(at, etag, length) == 0 &&
			(at[length] == '\0' || strchr(" \t,", at[length]) != NULL))
			return true;
		at += strcspn(at, ",");
	}
	return false;
}
