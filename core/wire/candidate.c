/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/sdp.h"

#include <stdio.h>
#include <string.h>

#include "wire/text.h"

enum { COMPONENT_MOST = 255 }; /* RFC 8839 allows 256; nobody has more than 2 */

static bool
is_one_of(aula_text text, const char *const *words)
{
	for (; *words; words++)
		if (aula_text_is(text, *words))
			return true;
	return false;
}

/* Numeric addresses and host names; no zone, which means nothing on another machine. */
static bool
is_address(aula_text text)
{
	for (size_t i = 0; i < text.length; i++) {
		char c = text.at[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    c == '.' || c == ':' || c == '-' || c == '_'))
			return false;
	}
	return text.length > 0;
}

static bool
read_transport(aula_text word, aula_candidate *candidate)
{
	candidate->tcp = aula_text_like(word, "tcp");
	return candidate->tcp || aula_text_like(word, "udp");
}

/* The pairs after the type; those that we don't know are skipped (RFC 8839 section 5.1). */
static bool
read_extensions(aula_text rest, aula_candidate *candidate)
{
	static const char *const tcp_types[] = { "active", "passive", "so", NULL };

	while (rest.length > 0) {
		aula_text name = aula_text_word(&rest), value = aula_text_word(&rest);

		if (!aula_text_is(name, "tcptype") || !candidate->tcp || candidate->tcptype[0])
			continue;
		if (!is_one_of(value, tcp_types) ||
			!aula_text_copy(value, candidate->tcptype, sizeof(candidate->tcptype)))
			return false;
	}
	return true;
}

bool
aula_candidate_parse(const char *text, size_t length, aula_candidate *ret_candidate)
{
	static const char *const types[] = { "host", "srflx", "prflx", "relay", NULL };
	aula_text rest = { .at = text, .length = length };
	aula_candidate candidate;
	uint64_t component, priority, port;

	aula_text_skip(&rest, "a=");
	aula_text_skip(&rest, "candidate:");
	memset(&candidate, 0, sizeof(candidate));
	aula_text foundation = aula_text_word(&rest);
	if (!aula_text_is_ice(foundation) ||
		!aula_text_copy(foundation, candidate.foundation, sizeof(candidate.foundation)))
		return false;
	if (!aula_text_number(aula_text_word(&rest), COMPONENT_MOST, &component) ||
		component == 0 || !read_transport(aula_text_word(&rest), &candidate))
		return false;
	if (!aula_text_number(aula_text_word(&rest), UINT32_MAX, &priority))
		return false;
	aula_text address = aula_text_word(&rest);
	if (!is_address(address) ||
		!aula_text_copy(address, candidate.address, sizeof(candidate.address)))
		return false;
	if (!aula_text_number(aula_text_word(&rest), UINT16_MAX, &port) ||
		!aula_text_is(aula_text_word(&rest), "typ"))
		return false;
	aula_text type = aula_text_word(&rest);
	if (!is_one_of(type, types) ||
		!aula_text_copy(type, candidate.type, sizeof(candidate.type)))
		return false;
	if (!read_extensions(rest, &candidate))
		return false;
	candidate.component = (uint8_t)component;
	candidate.priority = (uint32_t)priority;
	candidate.port = (uint16_t)port;
	memcpy(ret_candidate, &candidate, sizeof(candidate));
	return true;
}

int
aula_candidate_write(const aula_candidate *candidate, char *out, size_t size)
{
	/* All but host candidates must name what they are related to; we have no reason to tell. */
	const char *related = strcmp(candidate->type, "host") ? " raddr 0.0.0.0 rport 0" : "";
	const char *tcp_type = candidate->tcp ? candidate->tcptype : "";

	return snprintf(out, size, "candidate:%s %u %s %u %s %u typ %s%s%s%s",
		candidate->foundation, candidate->component, candidate->tcp ? "tcp" : "udp",
		candidate->priority, candidate->address, candidate->port, candidate->type, related,
		*tcp_type ? " tcptype " : "", tcp_type);
}
