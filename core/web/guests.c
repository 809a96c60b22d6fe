/* SPDX-License-Identifier: Apache-2.0 */
#include "web/guests.h"

#include <arpa/inet.h>
#include <glib.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>

struct aula_web_guests {
	pthread_mutex_t lock;
	int64_t most, address_most, count;
	const aula_web_networks *proxies;
	aula_hits *hits;
	GHashTable *addresses; /* key_of -> how many, whoever is bounded; loopback is not here */
};

aula_web_guests *
aula_web_guests_new(
	int64_t most, int64_t address_most, const aula_web_networks *proxies, aula_hits *hits)
{
	aula_web_guests *guests = g_new0(aula_web_guests, 1);

	pthread_mutex_init(&guests->lock, NULL);
	guests->most = most;
	guests->address_most = address_most;
	guests->proxies = proxies;
	guests->hits = hits;
	guests->addresses = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	return guests;
}

void
aula_web_guests_bound(aula_web_guests *guests, int64_t most, int64_t address_most,
	const aula_web_networks *proxies)
{
	pthread_mutex_lock(&guests->lock);
	guests->most = most;
	guests->address_most = address_most;
	guests->proxies = proxies;
	pthread_mutex_unlock(&guests->lock);
}

void
aula_web_guests_free(aula_web_guests *guests)
{
	if (guests == NULL)
		return;
	g_hash_table_unref(guests->addresses);
	pthread_mutex_destroy(&guests->lock);
	g_free(guests);
}

/* The IPv4 address or the upper half of the IPv6 address, which is what one household gets. */
static gint64
key_of(const struct sockaddr_storage *address)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
	gint64 key = 0;

	if (address->ss_family == AF_INET)
		return v4->sin_addr.s_addr;
	if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		guint32 part;
		memcpy(&part, v6->sin6_addr.s6_addr + 12, sizeof part);
		return part;
	}
	memcpy(&key, v6->sin6_addr.s6_addr, sizeof key);
	return key;
}

bool
aula_web_is_loopback(const struct sockaddr_storage *address)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;

	if (address->ss_family == AF_INET)
		return (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
	if (address->ss_family != AF_INET6)
		return false;
	return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) ||
	       (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) && v6->sin6_addr.s6_addr[12] == 127);
}

static bool
is_bounded(const aula_web_guests *guests, const struct sockaddr_storage *address)
{
	return guests->address_most > 0 && !aula_web_networks_have(guests->proxies, address);
}

/* Some more than allowed are let in, so that they hear why they are not served. */
static aula_web_verdict
judge(int64_t count, int64_t most)
{
	if (count < most)
		return AULA_WEB_WELCOME;
	return count < most + most / 16 + 8 ? AULA_WEB_OVER : AULA_WEB_REFUSED;
}

static void
tell_hit(const aula_web_guests *guests, aula_limit limit, const struct sockaddr_storage *address)
{
	const struct sockaddr *any = (const struct sockaddr *)(const void *)address;
	char text[INET6_ADDRSTRLEN] = "";

	getnameinfo(any, sizeof *address, text, sizeof text, NULL, 0, NI_NUMERICHOST);
	aula_hits_tell(guests->hits, limit, &(aula_hit){ .address = text });
}

aula_web_verdict
aula_web_guests_enter(aula_web_guests *guests, const struct sockaddr_storage *address)
{
	gint64 key = key_of(address);
	gint64 there = 0;

	pthread_mutex_lock(&guests->lock);
	aula_web_verdict verdict = judge(guests->count, guests->most);
	aula_limit limit = verdict == AULA_WEB_WELCOME ? AULA_LIMIT_WEB_ADDRESS_CONNECTIONS
						       : AULA_LIMIT_WEB_CONNECTIONS;
	if (!aula_web_is_loopback(address)) {
		there = GPOINTER_TO_INT(g_hash_table_lookup(guests->addresses, &key));
		if (is_bounded(guests, address))
			verdict = MAX(verdict, judge(there, guests->address_most));
		if (verdict != AULA_WEB_REFUSED)
			g_hash_table_insert(guests->addresses, g_memdup2(&key, sizeof key),
				GINT_TO_POINTER((int)there + 1));
	}
	if (verdict != AULA_WEB_REFUSED)
		guests->count++;
	pthread_mutex_unlock(&guests->lock);
	if (verdict != AULA_WEB_WELCOME)
		tell_hit(guests, limit, address);
	return verdict;
}

void
aula_web_guests_leave(aula_web_guests *guests, const struct sockaddr_storage *address)
{
	gint64 key = key_of(address);

	pthread_mutex_lock(&guests->lock);
	guests->count--;
	if (!aula_web_is_loopback(address)) {
		int there = GPOINTER_TO_INT(g_hash_table_lookup(guests->addresses, &key));
		if (there > 1)
			g_hash_table_insert(guests->addresses, g_memdup2(&key, sizeof key),
				GINT_TO_POINTER(there - 1));
		else
			g_hash_table_remove(guests->addresses, &key);
	}
	pthread_mutex_unlock(&guests->lock);
}

int64_t
aula_web_guests_count(aula_web_guests *guests)
{
	pthread_mutex_lock(&guests->lock);
	int64_t count = guests->count;
	pthread_mutex_unlock(&guests->lock);
	return count;
}
