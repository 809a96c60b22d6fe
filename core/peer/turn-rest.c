/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/turn-rest.h"

#include <string.h>

enum { SHA1_BYTES = 20, NAME_BYTES_MOST = 128 };

static void
append_name(char *user, size_t size, const char *name)
{
	size_t length = strlen(user), end = MIN(size - 1, length + NAME_BYTES_MOST);

	for (; *name != '\0' && length < end; name++)
		user[length++] =
			g_ascii_isalnum(*name) || strchr("-_.@", *name) != NULL ? *name : '_';
	user[length] = '\0';
}

void
aula_turn_rest_make(
	GBytes *secret, const char *name, int64_t expires_s, aula_turn_credentials *ret_credentials)
{
	guint8 digest[SHA1_BYTES];
	gsize length = sizeof digest, secret_length;
	const guchar *key = g_bytes_get_data(secret, &secret_length);

	g_snprintf(ret_credentials->user, sizeof ret_credentials->user, "%" G_GINT64_FORMAT ":",
		expires_s);
	append_name(ret_credentials->user, sizeof ret_credentials->user, name);
	GHmac *hmac = g_hmac_new(G_CHECKSUM_SHA1, key, secret_length);
	g_hmac_update(hmac, (const guchar *)ret_credentials->user, -1);
	g_hmac_get_digest(hmac, digest, &length);
	g_hmac_unref(hmac);
	g_autofree char *text = g_base64_encode(digest, length);
	g_strlcpy(ret_credentials->password, text, sizeof ret_credentials->password);
}
