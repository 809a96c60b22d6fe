/* SPDX-License-Identifier: Apache-2.0 */
#include "span.h"

#include <string.h>
#include <sys/random.h>

enum { VERSION_AT = 0, TRACE_AT = 3, SPAN_AT = 36, FLAGS_AT = 53, WHOLE = 55 };

static const char digits[] = "0123456789abcdef";

static int
digit(char c)
{
	const char *found = c != '\0' ? strchr(digits, c) : NULL;

	return found != NULL ? (int)(found - digits) : -1;
}

static bool
hex_read(const char *text, size_t count, uint8_t *ret_bytes)
{
	for (size_t i = 0; i < count; i++) {
		int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		ret_bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool
is_nothing(const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

bool
traceparent_parse(const char *text, size_t length, struct traceparent *ret_parent)
{
	struct traceparent parent;
	uint8_t version, flags;

	if (length < WHOLE || text[TRACE_AT - 1] != '-' || text[SPAN_AT - 1] != '-' ||
		text[FLAGS_AT - 1] != '-' || !hex_read(text + VERSION_AT, 1, &version) ||
		!hex_read(text + TRACE_AT, TRACE_BYTES, parent.trace) ||
		!hex_read(text + SPAN_AT, SPAN_BYTES, parent.span) ||
		!hex_read(text + FLAGS_AT, 1, &flags))
		return false;
	/* Later versions may have more behind a dash; this one has not. */
	if (version == 0xff || (version == 0 && length != WHOLE) ||
		(length > WHOLE && text[WHOLE] != '-'))
		return false;
	if (is_nothing(parent.trace, TRACE_BYTES) || is_nothing(parent.span, SPAN_BYTES))
		return false;
	parent.sampled = (flags & 1) != 0;
	*ret_parent = parent;
	return true;
}

void
hex_write(const uint8_t *bytes, size_t count, char *ret_text)
{
	for (size_t i = 0; i < count; i++) {
		ret_text[2 * i] = digits[bytes[i] >> 4];
		ret_text[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret_text[2 * count] = '\0';
}

void
id_make(uint8_t *ret_bytes, size_t count)
{
	do {
		if (getrandom(ret_bytes, count, 0) != (ssize_t)count)
			continue;
	} while (is_nothing(ret_bytes, count));
}
