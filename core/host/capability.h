/* SPDX-License-Identifier: Apache-2.0 */
/** Capabilities and roles. Each name that a module or the core declares has one bit in the whole
 * server; a module sees only its own, as bits of its own table. The core compares bits and knows no
 * roles: the configuration maps roles to names. All [control], but for what is pure. */
#ifndef AULA_HOST_CAPABILITY_H
#define AULA_HOST_CAPABILITY_H

#include <glib.h>

#include "host/config.h"
#include "host/module.h"

enum { AULA_CAPABILITIES_MOST = 256 };

/** What a session holds. Zero is nothing. */
typedef struct {
	uint64_t words[AULA_CAPABILITIES_MOST / 64];
} aula_capability_set;

static inline bool
aula_capability_set_has(const aula_capability_set *set, unsigned bit)
{
	return (set->words[bit / 64] >> (bit % 64) & 1) != 0;
}
static inline void
aula_capability_set_add(aula_capability_set *set, unsigned bit)
{
	set->words[bit / 64] |= UINT64_C(1) << (bit % 64);
}

/** Everything: for whoever has the machine. */
static inline void
aula_capability_set_fill(aula_capability_set *set)
{
	for (size_t i = 0; i < G_N_ELEMENTS(set->words); i++)
		set->words[i] = UINT64_MAX;
}

/** Where the bits of one module's table lie in the whole server's. */
typedef struct {
	uint8_t bits[64];
	size_t count;
} aula_capability_map;

/** [pure] What of `holds` a module sees: bits of its own table. */
uint64_t aula_capability_local(const aula_capability_map *map, const aula_capability_set *holds);

/** Every name declared. */
typedef struct aula_capabilities aula_capabilities;
aula_capabilities *aula_capabilities_new(void); /* knows those of the core */
void aula_capabilities_free(aula_capabilities *all);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(aula_capabilities, aula_capabilities_free)

/** Declares a module's table. False when the server would have more than 256 names. */
bool aula_capabilities_declare(aula_capabilities *all, const aula_loaded *loaded,
	aula_capability_map *ret_map, GError **error);

/** The bit of a name; -1 when nobody declared it. */
int aula_capabilities_find(const aula_capabilities *all, const char *name);
size_t aula_capabilities_count(const aula_capabilities *all);
const aula_capability *aula_capabilities_row(const aula_capabilities *all, unsigned bit);

/** What the core itself asks for. */
#define AULA_CAPABILITY_INFO "info"
#define AULA_CAPABILITY_ADMIN "server.admin"

/** Role to capabilities. */
typedef struct aula_roles aula_roles;

/** Reads a map such as { teacher: ["room.moderate", "chat.*"], admin: ["*"] } that lies under
 * `path` in `config`. "*" is every capability, "chat.*" every one of an area.
 *
 * A name that nobody declared is a fault when it is near to one that somebody did, or when a loaded
 * module or the core has that area: it is mistyped. Otherwise its module may be switched off: a
 * warning. What the core put there by itself (aula_config_default) is neither. */
aula_roles *aula_roles_new(const aula_capabilities *all, json_t *map, const aula_config *config,
	const char *path, GError **error);
/** What clients of a role may send, in bits per second: `map` is role to number, NULL: no limits. A
 * role that there is not, or a number that cannot be, is a fault at `path`. */
bool aula_roles_limit(aula_roles *roles, const json_t *map, const aula_config *config,
	const char *path, GError **error);
/** 0: no limit. */
int64_t aula_roles_max_bitrate_bps(const aula_roles *roles, const char *role);
void aula_roles_free(aula_roles *roles);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(aula_roles, aula_roles_free)

/** Their names, sorted: an array of texts. New reference. */
json_t *aula_roles_names(const aula_roles *roles);
/** NULL when there is no such role. Borrowed. */
const aula_capability_set *aula_roles_find(const aula_roles *roles, const char *role);

/** Gives a role the capabilities in the list of texts under `path` in place of what it had (the
 * guests of a demo). False as above; then nothing changed. */
bool aula_roles_set(aula_roles *roles, const aula_capabilities *all, const char *role,
	const aula_list *names, const aula_config *config, const char *path, GError **error);

#endif
