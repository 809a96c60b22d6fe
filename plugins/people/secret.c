/* SPDX-License-Identifier: Apache-2.0 */
#include "secret.h"

#include <glib.h>
#include <string.h>
#include <sys/random.h>

bool
secret_make(char ret_text[SECRET_BYTES + 1])
{
	unsigned char bytes[SECRET_BYTES / 2];

	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return false;
	for (size_t i = 0; i < sizeof bytes; i++)
		g_snprintf(ret_text + 2 * i, 3, "%02x", bytes[i]);
	return true;
}

bool
secret_hash(const char *text, char ret_hash[SECRET_BYTES + 1])
{
	if (text == NULL || strlen(text) != SECRET_BYTES ||
		strspn(text, "0123456789abcdef") != SECRET_BYTES)
		return false;
	g_autofree char *hash =
		g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, SECRET_BYTES);
	memcpy(ret_hash, hash, SECRET_BYTES + 1);
	return true;
}
