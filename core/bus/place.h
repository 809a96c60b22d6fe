/* SPDX-License-Identifier: Apache-2.0 */
/** Where Redis is, as an administrator writes it: one server, the sentinels that know it, or some
 * servers of a cluster. Pure. */
#ifndef AULA_BUS_PLACE_H
#define AULA_BUS_PLACE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum { AULA_PLACE_ONE, AULA_PLACE_SENTINEL, AULA_PLACE_CLUSTER } aula_place_kind;

typedef struct {
	char *host; /* a name or an address, without brackets */
	int port;   /* 1-65535 */
} aula_place_address;

typedef struct {
	aula_place_kind kind;
	aula_place_address *addresses; /* of the server, the sentinels, or servers of the cluster */
	size_t count;                  /* 1-16; 1 for one server */
	char *master;          /* what the sentinels call it; NULL: not asked of sentinels */
	char *user, *password; /* NULL: none */
	int database;          /* 0-15 */
} aula_place;

/** Reads "redis://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE]",
 * "redis+sentinel://HOST[:PORT],.../MASTER[/DATABASE]" or "redis+cluster://HOST[:PORT],...". NULL
 * with `error`, which does not repeat the text: it may hold a password. */
aula_place *aula_place_parse(const char *url, GError **error);
/** NULL is fine. Wipes the password. */
void aula_place_free(aula_place *place);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(aula_place, aula_place_free)

/** Reads "HOST:PORT" or "[HOST]:PORT", as a redirection of a cluster has it; `port` when there is
 * none. False: it is neither. `ret_address->host` is the caller's. */
bool aula_place_address_parse(const char *text, int port, aula_place_address *ret_address);

#endif
