/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/foreign.h"

#include <arpa/inet.h>
#include <string.h>

static bool
may_be_four(uint32_t host, bool loopback)
{
	uint32_t first = host >> 24;

	if (first == 127)
		return loopback;
	return first != 0 && first < 224 && host >> 16 != 0xa9fe;
}

static bool
may_be_six(const struct in6_addr *six, bool loopback)
{
	if (IN6_IS_ADDR_LOOPBACK(six))
		return loopback;
	return !IN6_IS_ADDR_UNSPECIFIED(six) && !IN6_IS_ADDR_MULTICAST(six) &&
	       !IN6_IS_ADDR_LINKLOCAL(six) && !IN6_IS_ADDR_V4MAPPED(six) &&
	       !IN6_IS_ADDR_V4COMPAT(six);
}

bool
aula_foreign_may_be(const char *address, bool loopback)
{
	struct in_addr four;
	struct in6_addr six;

	if (inet_pton(AF_INET, address, &four) == 1)
		return may_be_four(ntohl(four.s_addr), loopback);
	return inet_pton(AF_INET6, address, &six) == 1 && may_be_six(&six, loopback);
}

static bool
is_mdns(const char *name)
{
	static const char ending[] = ".local";
	size_t length = strlen(name);

	return length >= sizeof ending && strcmp(name + length - (sizeof ending - 1), ending) == 0;
}

aula_foreign
aula_foreign_judge(const aula_candidate *candidate, bool tcp, bool loopback)
{
	if (candidate->component != 1)
		return AULA_FOREIGN_USELESS;
	/* To an active one we send nothing: it comes to us (RFC 6544 section 4.2). */
	if (candidate->tcp && (!tcp || strcmp(candidate->tcptype, "active") != 0))
		return AULA_FOREIGN_USELESS;
	if (!candidate->tcp && candidate->port == 0)
		return AULA_FOREIGN_USELESS;
	if (is_mdns(candidate->address))
		return candidate->tcp ? AULA_FOREIGN_USELESS : AULA_FOREIGN_NAME;
	return aula_foreign_may_be(candidate->address, loopback) ? AULA_FOREIGN_ADDRESS
								 : AULA_FOREIGN_USELESS;
}
