/* SPDX-License-Identifier: Apache-2.0 */
#include "web/caller.h"

#include <netdb.h>
#include <string.h>

#include "web/guests.h"
#include "web/headers.h"
#include "web/policy.h"

enum { FORWARDED_BYTES = 1024 };

/* Whether a person at this machine asks, as far as can be told: no proxy passed it on, and no other
 * name was made to point here (DNS rebinding). A proxy that says nothing and keeps no host name
 * cannot be told from a browser. */
static bool
is_local(const struct sockaddr_storage *address, struct lws *wsi)
{
	char host[256];

	return aula_web_is_loopback(address) &&
	       aula_web_policy_is_here(aula_web_header(wsi, WSI_TOKEN_HOST, host, sizeof host)) &&
	       !aula_web_header_is_forwarded(wsi);
}

static void
write_address(const struct sockaddr_storage *address, char *text, size_t size)
{
	socklen_t length = address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
							  : sizeof(struct sockaddr_in);

	if (getnameinfo((const struct sockaddr *)(const void *)address, length, text,
		    (socklen_t)size, NULL, 0, NI_NUMERICHOST) != 0)
		text[0] = '\0';
	if (strncmp(text, "::ffff:", 7) == 0)
		memmove(text, text + 7, strlen(text + 7) + 1);
}

/* From the end: each proxy adds whom it heard it from, and what stands further left anybody may
 * have made up. */
static void
read_forwarded(char *list, const aula_web_networks *proxies, char *text, size_t size)
{
	char *comma;

	do {
		comma = strrchr(list, ',');
		const char *entry = g_strstrip(comma != NULL ? comma + 1 : list);
		if (strlen(entry) >= size || !g_hostname_is_ip_address(entry))
			return;
		g_strlcpy(text, entry, size);
		if (!aula_web_networks_have_text(proxies, entry))
			return;
		if (comma != NULL)
			*comma = '\0';
	} while (comma != NULL);
}

void
aula_web_caller_read(const struct sockaddr_storage *address, const aula_web_networks *proxies,
	struct lws *wsi, aula_web_caller *ret_caller)
{
	char list[FORWARDED_BYTES];

	ret_caller->local = is_local(address, wsi);
	write_address(address, ret_caller->address, sizeof ret_caller->address);
	if (aula_web_networks_have(proxies, address) &&
		aula_web_header(wsi, WSI_TOKEN_X_FORWARDED_FOR, list, sizeof list) != NULL)
		read_forwarded(list, proxies, ret_caller->address, sizeof ret_caller->address);
}
