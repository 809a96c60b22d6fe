/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/place.h"

#include <stdlib.h>
#include <string.h>

enum { REDIS_PORT = 6379, SENTINEL_PORT = 26379, ADDRESSES_MOST = 16, DATABASES = 16 };

static const struct {
	const char *scheme;
	aula_place_kind kind;
	int port;
} kinds[] = {
	{ "redis://", AULA_PLACE_ONE, REDIS_PORT },
	{ "redis+sentinel://", AULA_PLACE_SENTINEL, SENTINEL_PORT },
	{ "redis+cluster://", AULA_PLACE_CLUSTER, REDIS_PORT },
};

static bool
read_number(const char *text, int least, int most, int *ret_number)
{
	size_t length = strlen(text);

	if (length == 0 || length > 5 || strspn(text, "0123456789") != length)
		return false;
	int number = atoi(text);
	if (number < least || number > most)
		return false;
	*ret_number = number;
	return true;
}

bool
aula_place_address_parse(const char *text, int port, aula_place_address *ret_address)
{
	const char *end, *after;

	if (*text == '[') {
		text++;
		end = strchr(text, ']');
		if (end == NULL)
			return false;
		after = end + 1;
	} else {
		/* A cluster tells an IPv6 address without brackets. */
		end = strrchr(text, ':');
		if (end == NULL)
			end = text + strlen(text);
		after = end;
	}
	if (end == text || (*after != '\0' && *after != ':'))
		return false;
	if (*after == ':' && !read_number(after + 1, 1, 65535, &port))
		return false;
	*ret_address =
		(aula_place_address){ .host = g_strndup(text, (gsize)(end - text)), .port = port };
	return true;
}

void
aula_place_free(aula_place *place)
{
	if (place == NULL)
		return;
	for (size_t i = 0; i < place->count; i++)
		g_free(place->addresses[i].host);
	g_free(place->addresses);
	g_free(place->master);
	g_free(place->user);
	if (place->password != NULL)
		explicit_bzero(place->password, strlen(place->password));
	g_free(place->password);
	g_free(place);
}

static bool
fail(GError **error, const char *what)
{
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
		"expected \"redis://HOST[:PORT][/DATABASE]\", "
		"\"redis+sentinel://HOST[:PORT],.../MASTER\" or "
		"\"redis+cluster://HOST[:PORT],...\": %s",
		what);
	return false;
}

/* USER:PASSWORD, USER, or :PASSWORD; both with %XX. */
static bool
read_account(aula_place *place, const char *text, size_t length, GError **error)
{
	g_autofree char *account = g_strndup(text, length);
	char *colon = strchr(account, ':');

	if (colon != NULL) {
		*colon = '\0';
		place->password = g_uri_unescape_string(colon + 1, NULL);
		explicit_bzero(colon + 1, strlen(colon + 1));
		if (place->password == NULL)
			return fail(error, "the password has a bad escape");
	}
	if (*account != '\0') {
		place->user = g_uri_unescape_string(account, NULL);
		if (place->user == NULL)
			return fail(error, "the user has a bad escape");
	}
	return true;
}

static bool
read_addresses(aula_place *place, const char *text, int port, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(text, ",", -1);
	size_t count = g_strv_length(parts);

	if (count == 0 || count > ADDRESSES_MOST)
		return fail(error, "from 1 to 16 addresses");
	if (count > 1 && place->kind == AULA_PLACE_ONE)
		return fail(error, "one address; several are for sentinels or a cluster");
	place->addresses = g_new0(aula_place_address, count);
	for (; place->count < count; place->count++)
		if (!aula_place_address_parse(
			    parts[place->count], port, &place->addresses[place->count]))
			return fail(error, "an address is not HOST or HOST:PORT");
	return true;
}

/* What follows the addresses: MASTER, MASTER/DATABASE, DATABASE or nothing. */
static bool
read_path(aula_place *place, const char *path, GError **error)
{
	if (place->kind == AULA_PLACE_SENTINEL) {
		const char *end = strchr(path, '/');
		if (end == NULL)
			end = path + strlen(path);
		if (end == path)
			return fail(error, "the sentinels are to be asked for a MASTER");
		place->master = g_strndup(path, (gsize)(end - path));
		path = *end == '/' ? end + 1 : end;
	}
	if (*path == '\0')
		return true;
	if (place->kind == AULA_PLACE_CLUSTER)
		return fail(error, "a cluster has no databases");
	return read_number(path, 0, DATABASES - 1, &place->database) ||
	       fail(error, "the database is a number from 0 to 15");
}

aula_place *
aula_place_parse(const char *url, GError **error)
{
	g_autoptr(aula_place) place = g_new0(aula_place, 1);
	int port = 0;
	const char *rest = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (g_str_has_prefix(url, kinds[i].scheme)) {
			place->kind = kinds[i].kind;
			port = kinds[i].port;
			rest = url + strlen(kinds[i].scheme);
		}
	if (rest == NULL) {
		fail(error, g_str_has_prefix(url, "rediss")
				    ? "TLS is not spoken to Redis; put a tunnel there"
				    : "no such scheme");
		return NULL;
	}
	const char *at = strrchr(rest, '@');
	if (at != NULL && !read_account(place, rest, (size_t)(at - rest), error))
		return NULL;
	rest = at != NULL ? at + 1 : rest;
	size_t length = strcspn(rest, "/");
	g_autofree char *addresses = g_strndup(rest, length);
	if (!read_addresses(place, addresses, port, error) ||
		!read_path(place, rest[length] == '/' ? rest + length + 1 : "", error))
		return NULL;
	return g_steal_pointer(&place);
}
