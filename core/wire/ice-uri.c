/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/ice-uri.h"

#include <string.h>

#include "wire/text.h"

enum { PORT = 3478, TLS_PORT = 5349 };

static bool
read_scheme(aula_text *rest, aula_ice_uri *uri)
{
	static const struct {
		const char *scheme;
		aula_ice_uri_kind kind;
		uint16_t port;
	} schemes[] = {
		{ "stun:", AULA_ICE_URI_STUN, PORT },
		{ "turn:", AULA_ICE_URI_TURN_UDP, PORT },
		{ "turns:", AULA_ICE_URI_TURNS, TLS_PORT },
	};

	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		if (!aula_text_skip(rest, schemes[i].scheme))
			continue;
		uri->kind = schemes[i].kind;
		uri->port = schemes[i].port;
		return true;
	}
	return false;
}

static bool
is_host(aula_text host, bool bracketed)
{
	static const char name[] =
		"-_.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
			  six[] = ":.0123456789abcdefABCDEF";

	for (size_t i = 0; i < host.length; i++)
		if (host.at[i] == '\0' || strchr(bracketed ? six : name, host.at[i]) == NULL)
			return false;
	return host.length > 0;
}

/* The part of `text` before the first of `stops`; the rest begins with it. */
static aula_text
cut(aula_text *text, const char *stops)
{
	aula_text part = { .at = text->at, .length = 0 };

	while (part.length < text->length && strchr(stops, text->at[part.length]) == NULL)
		part.length++;
	text->at += part.length;
	text->length -= part.length;
	return part;
}

static bool
read_transport(aula_text query, aula_ice_uri *uri)
{
	if (query.length == 0)
		return true;
	if (uri->kind == AULA_ICE_URI_STUN || !aula_text_skip(&query, "?transport="))
		return false;
	if (aula_text_like(query, "udp"))
		return uri->kind == AULA_ICE_URI_TURN_UDP;
	if (!aula_text_like(query, "tcp"))
		return false;
	if (uri->kind == AULA_ICE_URI_TURN_UDP)
		uri->kind = AULA_ICE_URI_TURN_TCP;
	return true;
}

const char *
aula_ice_uri_parse(const char *text, aula_ice_uri *ret_uri)
{
	aula_text rest = { .at = text, .length = strlen(text) };
	aula_ice_uri uri = { 0 };
	uint64_t port = 0;

	if (!read_scheme(&rest, &uri))
		return "expected a URI that begins with stun:, turn: or turns:";
	bool bracketed = aula_text_skip(&rest, "[");
	aula_text host = cut(&rest, bracketed ? "]" : ":?");
	if ((bracketed && !aula_text_skip(&rest, "]")) || !is_host(host, bracketed) ||
		!aula_text_copy(host, uri.host, sizeof uri.host))
		return "expected a host name, an IPv4 address, or an IPv6 address in brackets";
	if (aula_text_skip(&rest, ":")) {
		if (!aula_text_number(cut(&rest, "?"), UINT16_MAX, &port) || port == 0)
			return "expected a port from 1 to 65535 after the colon";
		uri.port = (uint16_t)port;
	}
	if (!read_transport(rest, &uri))
		return "expected nothing after the port but ?transport=udp or ?transport=tcp";
	*ret_uri = uri;
	return NULL;
}
