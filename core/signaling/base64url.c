/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/base64url.h"

#include <string.h>

static int
sextet(char c)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *at = c != '\0' ? strchr(alphabet, c) : NULL;

	return at != NULL ? (int)(at - alphabet) : -1;
}

uint8_t *
aula_base64url_decode(const char *text, size_t length, size_t *ret_length)
{
	if (length % 4 == 1)
		return NULL;
	g_autofree uint8_t *out = g_malloc(length / 4 * 3 + 3);
	uint32_t bits = 0;
	unsigned held = 0;
	size_t count = 0;
	for (size_t i = 0; i < length; i++) {
		int value = sextet(text[i]);
		if (value < 0)
			return NULL;
		bits = bits << 6 | (uint32_t)value;
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[count++] = (uint8_t)(bits >> held);
		}
	}
	if (held > 0 && (bits & ((1u << held) - 1)) != 0)
		return NULL; /* two spellings of one token would be two tokens */
	*ret_length = count;
	return g_steal_pointer(&out);
}

void
aula_base64url_append(GString *out, const void *data, size_t length)
{
	g_autofree char *text = g_base64_encode(data, length);

	for (const char *c = text; *c != '\0' && *c != '='; c++)
		g_string_append_c(out, *c == '+' ? '-' : *c == '/' ? '_' : *c);
}
