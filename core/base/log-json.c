/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log-json.h"

#include <inttypes.h>
#include <string.h>

static void
append_text(GString *out, const char *text, size_t length)
{
	g_autofree char *valid = g_utf8_make_valid(text, (gssize)length);

	g_string_append_c(out, '"');
	for (const unsigned char *at = (const unsigned char *)valid; *at != '\0'; at++) {
		if (*at == '"' || *at == '\\')
			g_string_append_printf(out, "\\%c", *at);
		else if (*at < ' ')
			g_string_append_printf(out, "\\u%04x", *at);
		else
			g_string_append_c(out, (char)*at);
	}
	g_string_append_c(out, '"');
}

/* The length of "key=" at `text`; 0: there is none. */
static size_t
key_length(const char *text)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz_");

	return length > 0 && text[length] == '=' ? length + 1 : 0;
}

/* The next "key=" that follows a space, or the end. */
static const char *
next_key(const char *text)
{
	const char *at = text;

	while ((at = strchr(at, ' ')) != NULL)
		if (key_length(++at) > 0)
			return at;
	return text + strlen(text);
}

/* After the quote that ends what `text` begins with; NULL: it is not quoted to its end. */
static const char *
after_quotes(const char *text)
{
	if (*text != '"')
		return NULL;
	for (const char *at = text + 1; *at != '\0'; at++) {
		if (*at == '\\' && at[1] != '\0')
			at++;
		else if (*at == '"')
			return at + 1;
	}
	return NULL;
}

/* Quoted as aula_log_quote() does it; what it has escaped stays so but for quotes. */
static void
append_value(GString *out, const char *value, size_t length)
{
	g_autoptr(GString) plain = g_string_new(NULL);

	for (size_t i = 1; i + 1 < length; i++) {
		if (value[i] == '\\' && (value[i + 1] == '"' || value[i + 1] == '\\'))
			i++;
		g_string_append_c(plain, value[i]);
	}
	append_text(out, plain->str, plain->len);
}

static void
append_fields(GString *out, const char *text)
{
	const char *lead = ",\"fields\":{";

	while (*text != '\0') {
		size_t key = key_length(text);
		const char *value = text + key, *end = after_quotes(value);
		g_string_append(out, lead);
		append_text(out, text, key - 1);
		g_string_append_c(out, ':');
		if (end != NULL) {
			append_value(out, value, (size_t)(end - value));
		} else {
			end = next_key(value);
			size_t length = (size_t)(end - value);
			append_text(out, value, length - (length > 0 && end[-1] == ' '));
		}
		text = next_key(*end == '\0' || end == value ? end : end - 1);
		lead = ",";
	}
	if (*lead == ',' && lead[1] == '\0')
		g_string_append_c(out, '}');
}

void
aula_log_json(GString *out, const char *time, const char *level, const char *line,
	const aula_log_about *about)
{
	size_t area = strcspn(line, " ");
	const char *message = line + area + (line[area] == ' ');
	const char *fields = key_length(message) > 0 ? message : next_key(message);
	size_t length = (size_t)(fields - message);

	g_string_append_printf(out, "{\"time\":\"%s\",\"level\":\"%s\",\"area\":", time, level);
	append_text(out, line, area);
	g_string_append(out, ",\"message\":");
	append_text(out, message, length - (*fields != '\0' && length > 0));
	if (about->session != 0)
		g_string_append_printf(out, ",\"session\":\"%" PRIu64 "\"", about->session);
	if (about->handle != 0)
		g_string_append_printf(out, ",\"handle\":\"%" PRIu64 "\"", about->handle);
	if (about->transaction != NULL) {
		g_string_append(out, ",\"transaction\":");
		append_text(out, about->transaction, strlen(about->transaction));
	}
	append_fields(out, fields);
	g_string_append(out, "}\n");
}
