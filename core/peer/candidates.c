/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/candidates.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum {
	HOST_PREFERENCE = 126,    /* RFC 8445 section 5.1.2.2 */
	HOST_TCP_PREFERENCE = 90, /* below any UDP candidate (RFC 6544 section 4.2) */
	PASSIVE_PREFERENCE = 4,   /* RFC 6544 section 4.2 */
	COMPONENT = 1,
};

static void
add(GPtrArray *addresses, const char *address)
{
	for (guint i = 0; i < addresses->len; i++)
		if (strcmp(addresses->pdata[i], address) == 0)
			return;
	if (addresses->len < AULA_ADDRESSES_MOST)
		g_ptr_array_add(addresses, g_strdup(address));
}

static bool
is_loopback(const char *address)
{
	return g_str_has_prefix(address, "127.") || strcmp(address, "::1") == 0;
}

/* Link-local addresses need a scope that candidates cannot carry. */
static bool
is_usable(const struct sockaddr *address, char *ret_text, socklen_t size)
{
	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)address;
		return inet_ntop(AF_INET, &in->sin_addr, ret_text, size) != NULL &&
		       !g_str_has_prefix(ret_text, "169.254.");
	}
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
	return !IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr) && !IN6_IS_ADDR_MULTICAST(&in6->sin6_addr) &&
	       inet_ntop(AF_INET6, &in6->sin6_addr, ret_text, size) != NULL;
}

static void
add_machine(GPtrArray *addresses, int family, bool loopback)
{
	struct ifaddrs *all, *one;
	char text[INET6_ADDRSTRLEN];

	if (getifaddrs(&all) != 0)
		return;
	for (one = all; one != NULL; one = one->ifa_next) {
		if (one->ifa_addr == NULL || one->ifa_addr->sa_family != family ||
			!(one->ifa_flags & IFF_UP))
			continue;
		if (!is_usable(one->ifa_addr, text, sizeof(text)))
			continue;
		if (((one->ifa_flags & IFF_LOOPBACK) != 0) == loopback)
			add(addresses, text);
	}
	freeifaddrs(all);
}

static void
add_bound(GPtrArray *addresses, const char *bound, bool loopback)
{
	if (strcmp(bound, "0.0.0.0") == 0)
		add_machine(addresses, AF_INET, loopback);
	else if (strcmp(bound, "::") == 0)
		add_machine(addresses, AF_INET6, loopback);
	else if (is_loopback(bound) == loopback)
		add(addresses, bound);
}

char **
aula_addresses_find(const char *const *bound, const char *const *announced, bool loopback)
{
	GPtrArray *addresses = g_ptr_array_new();

	for (; announced != NULL && *announced != NULL; announced++)
		add(addresses, *announced);
	bool own = addresses->len == 0;
	for (size_t i = 0; own && bound[i] != NULL; i++)
		add_bound(addresses, bound[i], false);
	for (size_t i = 0; bound[i] != NULL; i++)
		if (loopback || (own && is_loopback(bound[i])))
			add_bound(addresses, bound[i], true);
	/* A machine that has no other is reached from itself at least. */
	for (size_t i = 0; addresses->len == 0 && bound[i] != NULL; i++)
		add_bound(addresses, bound[i], true);
	g_ptr_array_add(addresses, NULL);
	return (char **)g_ptr_array_free(addresses, FALSE);
}

static void
make(aula_candidate *candidate, const char *address, uint16_t port, bool tcp, size_t index)
{
	uint32_t local = tcp ? PASSIVE_PREFERENCE << 13 | (uint32_t)(0x1fff - index)
			     : (uint32_t)(0xffff - index);

	*candidate = (aula_candidate){
		.type = "host",
		.tcp = tcp,
		.port = port,
		.component = COMPONENT,
		.priority = (uint32_t)(tcp ? HOST_TCP_PREFERENCE : HOST_PREFERENCE) << 24 |
			    local << 8 | (256 - COMPONENT),
	};
	/* The same type, base and transport share a foundation; these differ in one of them. */
	snprintf(candidate->foundation, sizeof(candidate->foundation), "%c%zu", tcp ? 't' : 'u',
		index + 1);
	g_strlcpy(candidate->address, address, sizeof(candidate->address));
	if (tcp)
		g_strlcpy(candidate->tcptype, "passive", sizeof(candidate->tcptype));
}

size_t
aula_candidates_make(const char *const *addresses, uint16_t port, bool tcp,
	aula_candidate *ret_candidates, size_t most)
{
	size_t count = 0;

	for (int pass = 0; pass < (tcp ? 2 : 1); pass++)
		for (size_t i = 0; addresses[i] != NULL; i++, count++)
			if (count < most)
				make(&ret_candidates[count], addresses[i], port, pass == 1, i);
	return count;
}
