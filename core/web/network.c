/* SPDX-License-Identifier: Apache-2.0 */
#include "web/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

/* Everything as IPv6. */
typedef struct {
	uint8_t bytes[16];
	unsigned bits;
} network;

struct aula_web_networks {
	size_t count;
	network list[];
};

enum { MAPPED_BITS = 96 };

static void
map(const struct in_addr *v4, uint8_t *ret_bytes)
{
	memset(ret_bytes, 0, 10);
	memset(ret_bytes + 10, 0xff, 2);
	memcpy(ret_bytes + 12, v4, 4);
}

static bool
read_address(const char *text, uint8_t *ret_bytes, bool *ret_v4)
{
	struct in_addr v4;

	*ret_v4 = inet_pton(AF_INET, text, &v4) == 1;
	if (*ret_v4)
		map(&v4, ret_bytes);
	return *ret_v4 || inet_pton(AF_INET6, text, ret_bytes) == 1;
}

static bool
read_network(const char *text, network *ret_network)
{
	const char *slash = strchr(text, '/');
	g_autofree char *address =
		slash != NULL ? g_strndup(text, (gsize)(slash - text)) : g_strdup(text);
	guint64 bits;
	bool v4;

	if (!read_address(address, ret_network->bytes, &v4))
		return false;
	unsigned most = v4 ? 32 : 128;
	bits = most;
	if (slash != NULL && !g_ascii_string_to_unsigned(slash + 1, 10, 0, most, &bits, NULL))
		return false;
	ret_network->bits = (unsigned)bits + (v4 ? MAPPED_BITS : 0);
	return true;
}

aula_web_networks *
aula_web_networks_new(const char *const *texts, GError **error)
{
	size_t count = texts != NULL ? g_strv_length((char **)(uintptr_t)texts) : 0;
	aula_web_networks *networks = g_malloc(sizeof *networks + count * sizeof(network));

	networks->count = count;
	for (size_t i = 0; i < count; i++) {
		if (read_network(texts[i], &networks->list[i]))
			continue;
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			"\"%s\" is no network; expected one such as 10.0.0.0/8 or 2001:db8::/32",
			texts[i]);
		g_free(networks);
		return NULL;
	}
	return networks;
}

void
aula_web_networks_free(aula_web_networks *networks)
{
	g_free(networks);
}

static bool
is_in(const network *one, const uint8_t *bytes)
{
	unsigned whole = one->bits / 8, rest = one->bits % 8;

	return memcmp(one->bytes, bytes, whole) == 0 &&
	       (rest == 0 || ((one->bytes[whole] ^ bytes[whole]) >> (8 - rest)) == 0);
}

static bool
have(const aula_web_networks *networks, const uint8_t *bytes)
{
	for (size_t i = 0; i < networks->count; i++)
		if (is_in(&networks->list[i], bytes))
			return true;
	return false;
}

bool
aula_web_networks_have(const aula_web_networks *networks, const struct sockaddr_storage *address)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
	uint8_t bytes[16];

	if (networks->count == 0)
		return false;
	if (address->ss_family == AF_INET6)
		return have(networks, v6->sin6_addr.s6_addr);
	map(&v4->sin_addr, bytes);
	return have(networks, bytes);
}

bool
aula_web_networks_have_text(const aula_web_networks *networks, const char *address)
{
	uint8_t bytes[16];
	bool v4;

	return networks->count > 0 && read_address(address, bytes, &v4) && have(networks, bytes);
}
