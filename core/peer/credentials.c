/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/credentials.h"

#include <glib.h>
#include <sys/random.h>

enum { UFRAG_LENGTH = 12, PWD_LENGTH = 24 };

/* The ICE alphabet has 64 characters (RFC 8839 section 5.4). */
static void
random_text(char *out, size_t length)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t bytes[PWD_LENGTH];

	if (getrandom(bytes, length, 0) != (ssize_t)length)
		g_error("the machine has no random numbers");
	for (size_t i = 0; i < length; i++)
		out[i] = alphabet[bytes[i] % 64];
	out[length] = '\0';
}

void
aula_credentials_make(aula_ice_credentials *ret_credentials)
{
	random_text(ret_credentials->ufrag, UFRAG_LENGTH);
	random_text(ret_credentials->pwd, PWD_LENGTH);
}
