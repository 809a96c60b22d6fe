/* SPDX-License-Identifier: Apache-2.0 */
#include "web/policy.h"

#include <glib.h>
#include <string.h>

enum { HASHES_MOST = 8 };

const char *
aula_web_policy_lines(void)
{
	/* No Strict-Transport-Security: HTTP and HTTPS are both served on purpose, and a browser
	 * that has seen it would ask for TLS on the HTTP port as well. */
	return "X-Content-Type-Options: nosniff\r\n"
	       "Referrer-Policy: no-referrer\r\n"
	       "Cross-Origin-Opener-Policy: same-origin\r\n"
	       "Cross-Origin-Resource-Policy: same-origin\r\n"
	       "Permissions-Policy: camera=(self), microphone=(self), display-capture=(self), "
	       "fullscreen=(self), autoplay=(self), screen-wake-lock=(self), geolocation=(), "
	       "payment=(), usb=(), serial=(), midi=()\r\n";
}

static const char *
find(const char *at, const char *end, const char *word)
{
	size_t length = strlen(word);

	for (; at + length <= end; at++)
		if (g_ascii_strncasecmp(at, word, length) == 0)
			return at;
	return NULL;
}

static bool
is_import_map(const char *tag, const char *end)
{
	const char *type = find(tag, end, "type=");
	if (type == NULL)
		return false;
	for (type += 5; type < end && (*type == '"' || *type == '\'' || *type == ' '); type++)
		;
	return type + 9 <= end && g_ascii_strncasecmp(type, "importmap", 9) == 0;
}

static void
add_hash(GString *hashes, const char *script, size_t length)
{
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 digest[32];
	gsize size = sizeof digest;

	g_checksum_update(checksum, (const guchar *)script, (gssize)length);
	g_checksum_get_digest(checksum, digest, &size);
	g_autofree char *text = g_base64_encode(digest, size);
	g_string_append_printf(hashes, " 'sha256-%s'", text);
}

char *
aula_web_policy_hashes(const char *html, size_t length)
{
	const char *end = html + length;
	GString *hashes = g_string_new(NULL);

	for (int count = 0; count < HASHES_MOST; count++) {
		const char *tag = find(html, end, "<script");
		const char *script = tag != NULL ? memchr(tag, '>', (size_t)(end - tag)) : NULL;
		const char *close = script != NULL ? find(++script, end, "</script") : NULL;
		if (close == NULL)
			break;
		if (is_import_map(tag, script))
			add_hash(hashes, script, (size_t)(close - script));
		html = close;
	}
	return g_string_free(hashes, FALSE);
}

bool
aula_web_policy_is_host(const char *host)
{
	size_t length = strlen(host);

	return length > 0 && length < 256 &&
	       strspn(host,
		       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]") ==
		       length;
}

char *
aula_web_policy_content(const char *host, const char *hashes, const char *const *connect)
{
	GString *policy = g_string_new("default-src 'self'; script-src 'self'");

	g_string_append(policy, hashes != NULL ? hashes : "");
	g_string_append(policy, "; style-src 'self'; img-src 'self' data: blob:; "
				"media-src 'self' blob: mediastream:; connect-src 'self'");
	/* Not all browsers take 'self' to cover the WebSocket schemes. */
	if (host != NULL && aula_web_policy_is_host(host))
		g_string_append_printf(policy, " ws://%s wss://%s", host, host);
	for (; connect != NULL && *connect != NULL; connect++)
		g_string_append_printf(policy, " %s", *connect);
	g_string_append(policy, "; object-src 'none'; base-uri 'none'; form-action 'self'; "
				"frame-ancestors 'none'");
	return g_string_free(policy, FALSE);
}

/* The bytes of the host name at the start of "name:port" or "[v6]:port". */
static size_t
name_length(const char *authority)
{
	const char *bracket = *authority == '[' ? strchr(authority, ']') : NULL;

	return bracket != NULL ? (size_t)(bracket + 1 - authority) : strcspn(authority, ":/");
}

bool
aula_web_policy_is_here(const char *host)
{
	size_t length = host != NULL ? name_length(host) : 0;

	if (length == 5)
		return g_ascii_strncasecmp(host, "[::1]", length) == 0;
	if (length == 9 && g_ascii_strncasecmp(host, "localhost", length) == 0)
		return true;
	return length > 4 && strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == length;
}

bool
aula_web_policy_origin(const char *origin, const char *host, const char *const *origins)
{
	if (origin == NULL)
		return true;
	for (; origins != NULL && *origins != NULL; origins++)
		if (strcmp(*origins, "*") == 0 || g_ascii_strcasecmp(*origins, origin) == 0)
			return true;
	const char *authority = strstr(origin, "://");
	if (authority == NULL || host == NULL)
		return false;
	authority += 3;
	size_t length = name_length(authority);
	return length > 0 && length == name_length(host) &&
	       g_ascii_strncasecmp(authority, host, length) == 0;
}

char *
aula_web_policy_cors(const char *origin, const char *exposes)
{
	if (origin == NULL)
		return NULL;
	return g_strdup_printf("Access-Control-Allow-Origin: %s\r\nVary: Origin\r\n%s%s%s", origin,
		exposes != NULL ? "Access-Control-Expose-Headers: " : "",
		exposes != NULL ? exposes : "", exposes != NULL ? "\r\n" : "");
}
