/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

bool
aula_address_parse(const char *text, uint16_t port, aula_address *ret_address)
{
	aula_address address = { 0 };

	if (inet_pton(AF_INET, text, &address.v4.sin_addr) == 1)
		address.v4.sin_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &address.v6.sin6_addr) == 1)
		address.v6.sin6_family = AF_INET6;
	else
		return false;
	aula_address_set_port(&address, port);
	*ret_address = address;
	return true;
}

socklen_t
aula_address_length(const aula_address *address)
{
	return address->any.sa_family == AF_INET6 ? sizeof(address->v6) : sizeof(address->v4);
}

uint16_t
aula_address_port(const aula_address *address)
{
	return ntohs(
		address->any.sa_family == AF_INET6 ? address->v6.sin6_port : address->v4.sin_port);
}

void
aula_address_set_port(aula_address *address, uint16_t port)
{
	if (address->any.sa_family == AF_INET6)
		address->v6.sin6_port = htons(port);
	else
		address->v4.sin_port = htons(port);
}

bool
aula_address_is_wild(const aula_address *address)
{
	return address->any.sa_family == AF_INET6 ? IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr)
						  : address->v4.sin_addr.s_addr == INADDR_ANY;
}

static bool
same_bytes(const aula_address *a, const aula_address *b, size_t v6_bytes)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	switch (a->any.sa_family) {
	case AF_INET:
		return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
	case AF_INET6:
		return memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, v6_bytes) == 0;
	default:
		return true;
	}
}

bool
aula_address_equal(const aula_address *a, const aula_address *b)
{
	return same_bytes(a, b, 16) && aula_address_port(a) == aula_address_port(b);
}

bool
aula_address_same_site(const aula_address *a, const aula_address *b)
{
	return same_bytes(a, b, 8);
}

uint32_t
aula_address_hash(const aula_address *address)
{
	uint32_t words[4] = { 0 }, hash = aula_address_port(address);

	if (address->any.sa_family == AF_INET6)
		memcpy(words, &address->v6.sin6_addr, 16);
	else
		words[0] = address->v4.sin_addr.s_addr;
	for (int i = 0; i < 4; i++)
		hash = (hash ^ words[i]) * 0x9e3779b1u;
	return hash ^ hash >> 15;
}

const char *
aula_address_text(const aula_address *address, char *out)
{
	char host[INET6_ADDRSTRLEN] = "";

	if (address->any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &address->v6.sin6_addr, host, sizeof(host));
		snprintf(out, AULA_ADDRESS_TEXT_BYTES, "[%s]:%u", host, aula_address_port(address));
	} else {
		inet_ntop(AF_INET, &address->v4.sin_addr, host, sizeof(host));
		snprintf(out, AULA_ADDRESS_TEXT_BYTES, "%s:%u", host, aula_address_port(address));
	}
	return out;
}
