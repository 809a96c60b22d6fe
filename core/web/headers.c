/* SPDX-License-Identifier: Apache-2.0 */
#include "web/headers.h"

#include <glib.h>
#include <string.h>

const char *
aula_web_header(struct lws *wsi, enum lws_token_indexes token, char *room, int size)
{
	return lws_hdr_total_length(wsi, token) > 0 && lws_hdr_copy(wsi, room, size, token) > 0
		       ? room
		       : NULL;
}

/* The library keeps the headers that it knows by number, others by name. */
static char *
read_named(struct lws *wsi, const char *name)
{
	g_autofree char *key = g_strconcat(name, ":", NULL);
	char *value = NULL;
	int length = 0;

	for (int token = 0; token < WSI_TOKEN_COUNT; token++) {
		const unsigned char *known = lws_token_to_string((enum lws_token_indexes)token);
		if (known == NULL || strcmp((const char *)known, key) != 0)
			continue;
		length = lws_hdr_total_length(wsi, (enum lws_token_indexes)token);
		if (length <= 0)
			return NULL;
		value = g_malloc0((gsize)length + 1);
		lws_hdr_copy(wsi, value, length + 1, (enum lws_token_indexes)token);
		return value;
	}
	length = lws_hdr_custom_length(wsi, key, (int)strlen(key));
	if (length < 0)
		return NULL;
	value = g_malloc0((gsize)length + 1);
	lws_hdr_custom_copy(wsi, value, length + 1, key, (int)strlen(key));
	return value;
}

size_t
aula_web_headers_read(struct lws *wsi, const char *const *names, aula_http_header *ret_headers)
{
	size_t count = 0;

	for (; names != NULL && *names != NULL; names++) {
		char *value = read_named(wsi, *names);
		if (value != NULL)
			ret_headers[count++] = (aula_http_header){ *names, value };
	}
	return count;
}

const char *
aula_web_header_method(struct lws *wsi)
{
	static const struct {
		enum lws_token_indexes token;
		const char *name;
	} methods[] = {
		{ WSI_TOKEN_GET_URI, "GET" },
		{ WSI_TOKEN_HEAD_URI, "HEAD" },
		{ WSI_TOKEN_POST_URI, "POST" },
		{ WSI_TOKEN_OPTIONS_URI, "OPTIONS" },
		{ WSI_TOKEN_PUT_URI, "PUT" },
		{ WSI_TOKEN_PATCH_URI, "PATCH" },
		{ WSI_TOKEN_DELETE_URI, "DELETE" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(methods); i++)
		if (lws_hdr_total_length(wsi, methods[i].token) > 0)
			return methods[i].name;
	return "";
}

int64_t
aula_web_header_body_bytes(struct lws *wsi)
{
	char text[32];
	guint64 length;

	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
		return -1;
	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0)
		return 0;
	return aula_web_header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, text, sizeof text) != NULL &&
			       g_ascii_string_to_unsigned(text, 10, 0, INT64_MAX, &length, NULL)
		       ? (int64_t)length
		       : -2;
}

bool
aula_web_header_is_forwarded(struct lws *wsi)
{
	static const enum lws_token_indexes known[] = { WSI_TOKEN_X_FORWARDED_FOR,
		WSI_TOKEN_HTTP_X_REAL_IP, WSI_TOKEN_HTTP_VIA };
	static const char *const others[] = {
		"forwarded:", "x-forwarded-host:", "x-forwarded-proto:", "x-forwarded-server:"
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		if (lws_hdr_total_length(wsi, known[i]) > 0)
			return true;
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		if (lws_hdr_custom_length(wsi, others[i], (int)strlen(others[i])) >= 0)
			return true;
	return false;
}

char *
aula_web_header_query(struct lws *wsi)
{
	char part[1024];
	GString *query = g_string_new(NULL);
	int length;

	for (int i = 0; (length = lws_hdr_copy_fragment(
				 wsi, part, sizeof part, WSI_TOKEN_HTTP_URI_ARGS, i)) >= 0;
		i++) {
		if (i > 0)
			g_string_append_c(query, '&');
		g_string_append_uri_escaped(query, part, "=+,:/@", TRUE);
	}
	return g_string_free(query, FALSE);
}
