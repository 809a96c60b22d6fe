/* SPDX-License-Identifier: Apache-2.0 */
#include "web/handshake.h"

#include <string.h>

#include "web/headers.h"
#include "web/policy.h"

enum { WEBSOCKET_VERSION = 13 };

/* True when one of the subprotocols that the client offers is served. */
static bool
offers_known(const char *offers, const aula_websocket_endpoint *endpoints, size_t endpoint_count)
{
	g_auto(GStrv) names = g_strsplit(offers, ",", 16);

	for (char **name = names; *name != NULL; name++)
		for (size_t i = 0; i < endpoint_count; i++)
			if (strcmp(g_strstrip(*name), endpoints[i].name) == 0)
				return true;
	return false;
}

static int
object(int status, const char *sentence, const char *extra, const char **ret_sentence,
	const char **ret_extra)
{
	*ret_sentence = sentence;
	*ret_extra = extra;
	return status;
}

int
aula_web_handshake_check(struct lws *wsi, const char *to, const aula_websocket_endpoint *endpoints,
	size_t endpoint_count, const char *const *origins, const char **ret_sentence,
	const char **ret_extra)
{
	char text[256], host[256];

	if (g_ascii_strcasecmp(to, "websocket") != 0)
		return object(400, "The only upgrade here is to a WebSocket.", NULL, ret_sentence,
			ret_extra);
	if (strcmp(aula_web_header_method(wsi), "GET") != 0)
		return object(405, "A WebSocket begins with GET.", "Allow: GET\r\n", ret_sentence,
			ret_extra);
	if (aula_web_header(wsi, WSI_TOKEN_VERSION, text, sizeof text) == NULL ||
		atoi(text) != WEBSOCKET_VERSION)
		return object(426, "This version of the WebSocket protocol is not served.",
			"Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n", ret_sentence,
			ret_extra);
	if (aula_web_header(wsi, WSI_TOKEN_KEY, text, sizeof text) == NULL)
		return object(400, "Sec-WebSocket-Key is missing.", NULL, ret_sentence, ret_extra);
	if (!aula_web_policy_origin(aula_web_header(wsi, WSI_TOKEN_ORIGIN, text, sizeof text),
		    aula_web_header(wsi, WSI_TOKEN_HOST, host, sizeof host), origins))
		return object(403,
			"Pages of this origin may not connect; the administrator can allow it.",
			NULL, ret_sentence, ret_extra);
	if (aula_web_header(wsi, WSI_TOKEN_PROTOCOL, text, sizeof text) == NULL ||
		!offers_known(text, endpoints, endpoint_count))
		return object(400,
			"Sec-WebSocket-Protocol must offer a subprotocol that is served here, "
			"such as janus-protocol.",
			NULL, ret_sentence, ret_extra);
	return 0;
}
