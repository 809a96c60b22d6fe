/* SPDX-License-Identifier: Apache-2.0 */
#include "host/capability.h"

#include <string.h>

#include "base/log.h"
#include "host/nearest.h"

enum { BITRATE_LEAST_BPS = 32000, BITRATE_MOST_BPS = 100000000 };

enum { NAMES_OF_A_ROLE_MOST = 256, ROLES_MOST = 256 };

static const aula_capability of_core[] = {
	{ AULA_CAPABILITY_INFO, "Ask what the server is and which plugins it has." },
	{ AULA_CAPABILITY_ADMIN,
		"Ask what the Admin API knows and have it do what it can: see every class, "
		"drain, reload, capture." },
};

struct aula_capabilities {
	aula_capability rows[AULA_CAPABILITIES_MOST]; /* texts are ours */
	size_t count;
};

struct aula_roles {
	GHashTable *sets;         /* role -> aula_capability_set */
	GHashTable *max_bitrates; /* of those that have one: name -> int64_t */
};

static GQuark
quark(void)
{
	return g_quark_from_static_string("aula-capability");
}

uint64_t
aula_capability_local(const aula_capability_map *map, const aula_capability_set *holds)
{
	uint64_t local = 0;

	for (size_t i = 0; i < map->count; i++) {
		if (aula_capability_set_has(holds, map->bits[i]))
			local |= UINT64_C(1) << i;
	}
	return local;
}

/* -- names -- */

static int
declare(aula_capabilities *all, const aula_capability *row)
{
	int bit = aula_capabilities_find(all, row->name);

	if (bit >= 0 || all->count == AULA_CAPABILITIES_MOST)
		return bit;
	all->rows[all->count] = (aula_capability){ g_strdup(row->name),
		g_strdup(row->summary != NULL ? row->summary : "") };
	return (int)all->count++;
}

aula_capabilities *
aula_capabilities_new(void)
{
	aula_capabilities *all = g_new0(aula_capabilities, 1);

	for (size_t i = 0; i < G_N_ELEMENTS(of_core); i++)
		declare(all, &of_core[i]);
	return all;
}

void
aula_capabilities_free(aula_capabilities *all)
{
	if (all == NULL)
		return;
	for (size_t i = 0; i < all->count; i++) {
		g_free((char *)all->rows[i].name);
		g_free((char *)all->rows[i].summary);
	}
	g_free(all);
}

bool
aula_capabilities_declare(aula_capabilities *all, const aula_loaded *loaded,
	aula_capability_map *ret_map, GError **error)
{
	const aula_module *module = aula_loaded_module(loaded);
	aula_capability_map map = { .count = module->capability_count };

	for (size_t i = 0; i < map.count; i++) {
		int bit = declare(all, &module->capabilities[i]);
		if (bit < 0) {
			g_set_error(error, quark(), 0,
				"%s: capability %s is one more than the %d that a server can have",
				aula_loaded_path(loaded), module->capabilities[i].name,
				AULA_CAPABILITIES_MOST);
			return false;
		}
		map.bits[i] = (uint8_t)bit;
	}
	*ret_map = map;
	return true;
}

int
aula_capabilities_find(const aula_capabilities *all, const char *name)
{
	for (size_t i = 0; i < all->count; i++) {
		if (strcmp(all->rows[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

size_t
aula_capabilities_count(const aula_capabilities *all)
{
	return all->count;
}

const aula_capability *
aula_capabilities_row(const aula_capabilities *all, unsigned bit)
{
	return bit < all->count ? &all->rows[bit] : NULL;
}

/* Adds what `name` stands for: one, all of an area ("chat.*"), or all ("*"). False: nothing. */
static bool
add(const aula_capabilities *all, const char *name, aula_capability_set *set)
{
	size_t length = strlen(name);
	bool area = g_str_has_suffix(name, ".*"), found = false;

	if (strcmp(name, "*") == 0) {
		/* Bits that nobody has declared yet as well. */
		memset(set, 0xff, sizeof *set);
		return true;
	}
	for (size_t i = 0; i < all->count; i++) {
		bool meant = area ? strncmp(all->rows[i].name, name, length - 1) == 0
				  : strcmp(all->rows[i].name, name) == 0;
		if (meant)
			aula_capability_set_add(set, (unsigned)i);
		found |= meant;
	}
	return found;
}

static bool
area_is_known(const aula_capabilities *all, const char *name)
{
	size_t length = strcspn(name, ".");

	for (size_t i = 0; i < all->count; i++) {
		if (strcspn(all->rows[i].name, ".") == length &&
			strncmp(all->rows[i].name, name, length) == 0)
			return true;
	}
	return false;
}

/* -- roles -- */

/* False: it is surely mistyped. */
static bool
blame_name(const aula_capabilities *all, const aula_config *config, const char *path,
	const char *name, GError **error)
{
	const char *names[AULA_CAPABILITIES_MOST + 1] = { NULL };
	char quoted[128];

	aula_log_quote(name, quoted, sizeof quoted);
	for (size_t i = 0; i < all->count; i++)
		names[i] = all->rows[i].name;
	const char *nearest = aula_nearest(names, name);
	if (nearest != NULL)
		return aula_config_blame(config, error, path,
			"there is no capability %s; did you mean \"%s\"?", quoted, nearest);
	if (area_is_known(all, name))
		return aula_config_blame(config, error, path, "there is no capability %s", quoted);
	g_autofree char *place = aula_config_place(config, path);
	aula_log(AULA_LOG_WARNING, "host", "%s: no module that is loaded has the capability %s",
		place, quoted);
	return true;
}

static bool
read_role(const aula_capabilities *all, json_t *names, const aula_config *config, const char *path,
	bool written, aula_capability_set *set, GError **error)
{
	size_t index;
	json_t *item;

	if (!json_is_array(names) || json_array_size(names) > NAMES_OF_A_ROLE_MOST)
		return aula_config_blame(config, error, path,
			"expected a list of at most %d capabilities", NAMES_OF_A_ROLE_MOST);
	json_array_foreach(names, index, item)
	{
		const char *name = json_string_value(item);
		g_autofree char *at = g_strdup_printf("%s[%zu]", path, index);
		if (name == NULL)
			return aula_config_blame(config, error, at, "expected a capability's name");
		if (!add(all, name, set) && written && !blame_name(all, config, at, name, error))
			return false;
	}
	return true;
}

aula_roles *
aula_roles_new(const aula_capabilities *all, json_t *map, const aula_config *config,
	const char *path, GError **error)
{
	g_autoptr(aula_roles) roles = g_new0(aula_roles, 1);
	bool written = aula_config_is_set(config, path);
	const char *role;
	json_t *names;

	roles->sets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	roles->max_bitrates = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if (json_object_size(map) > ROLES_MOST) {
		aula_config_blame(config, error, path, "expected at most %d roles", ROLES_MOST);
		return NULL;
	}
	json_object_foreach(map, role, names)
	{
		aula_capability_set *set = g_new0(aula_capability_set, 1);
		g_autofree char *at = g_strdup_printf("%s.%s", path, role);
		g_hash_table_insert(roles->sets, g_strdup(role), set);
		if (!read_role(all, names, config, at, written, set, error))
			return NULL;
	}
	return g_steal_pointer(&roles);
}

bool
aula_roles_limit(aula_roles *roles, const json_t *map, const aula_config *config, const char *path,
	GError **error)
{
	const char *role;
	json_t *value;

	json_object_foreach((json_t *)map, role, value)
	{
		g_autofree char *at = g_strdup_printf("%s.%s", path, role);
		int64_t bps = json_integer_value(value);

		if (aula_roles_find(roles, role) == NULL)
			return aula_config_blame(config, error, at, "there is no such role");
		if (!json_is_integer(value) || bps < BITRATE_LEAST_BPS || bps > BITRATE_MOST_BPS)
			return aula_config_blame(config, error, at,
				"expected bits per second, from %d to %d", BITRATE_LEAST_BPS,
				BITRATE_MOST_BPS);
		g_hash_table_insert(
			roles->max_bitrates, g_strdup(role), g_memdup2(&bps, sizeof bps));
	}
	return true;
}

int64_t
aula_roles_max_bitrate_bps(const aula_roles *roles, const char *role)
{
	const int64_t *bps = g_hash_table_lookup(roles->max_bitrates, role);

	return bps != NULL ? *bps : 0;
}

void
aula_roles_free(aula_roles *roles)
{
	if (roles == NULL)
		return;
	g_hash_table_destroy(roles->sets);
	g_hash_table_destroy(roles->max_bitrates);
	g_free(roles);
}

const aula_capability_set *
aula_roles_find(const aula_roles *roles, const char *role)
{
	return g_hash_table_lookup(roles->sets, role);
}

bool
aula_roles_set(aula_roles *roles, const aula_capabilities *all, const char *role,
	const aula_list *names, const aula_config *config, const char *path, GError **error)
{
	g_autofree aula_capability_set *set = g_new0(aula_capability_set, 1);
	const char *const *texts = names->items;
	bool written = aula_config_is_set(config, path);

	for (size_t i = 0; i < names->count; i++) {
		g_autofree char *at = g_strdup_printf("%s[%zu]", path, i);
		if (!add(all, texts[i], set) && written &&
			!blame_name(all, config, at, texts[i], error))
			return false;
	}
	g_hash_table_replace(roles->sets, g_strdup(role), g_steal_pointer(&set));
	return true;
}

json_t *
aula_roles_names(const aula_roles *roles)
{
	g_autoptr(GList) names =
		g_list_sort(g_hash_table_get_keys(roles->sets), (GCompareFunc)strcmp);
	json_t *all = json_array();

	for (const GList *one = names; one != NULL; one = one->next)
		json_array_append_new(all, json_string(one->data));
	return all;
}
