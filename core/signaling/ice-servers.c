/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/ice-servers.h"

#include <string.h>

#include "host/secret.h"
#include "peer/turn-rest.h"

enum { PASSWORDS_A_LIFETIME = 4, PSEUDONYM_CHARACTERS = 16 };

struct aula_ice_servers {
	json_t *stun, *turn; /* lists of URIs */
	GBytes *secret;      /* NULL: no TURN */
	int64_t lifetime_s;
};

aula_ice_servers *
aula_ice_servers_new(const aula_settings *settings, GError **error)
{
	const aula_settings_ice_servers *wanted = &settings->ice_servers;
	const char *const *uris = wanted->uris.items;
	g_autoptr(aula_ice_servers) servers = g_new0(aula_ice_servers, 1);

	servers->stun = json_array();
	servers->turn = json_array();
	servers->lifetime_s = wanted->lifetime_s;
	for (size_t i = 0; i < wanted->uris.count; i++)
		json_array_append_new(
			g_str_has_prefix(uris[i], "stun:") ? servers->stun : servers->turn,
			json_string(uris[i]));
	if (json_array_size(servers->turn) > 0) {
		servers->secret = aula_secret_read_foreign(wanted->secret_file, error);
		if (servers->secret == NULL)
			return NULL;
	}
	return g_steal_pointer(&servers);
}

void
aula_ice_servers_free(aula_ice_servers *servers)
{
	if (servers == NULL)
		return;
	json_decref(servers->stun);
	json_decref(servers->turn);
	g_clear_pointer(&servers->secret, g_bytes_unref);
	g_free(servers);
}

static void
make_pseudonym(const aula_ice_servers *servers, const aula_bearer *bearer,
	char ret_name[PSEUDONYM_CHARACTERS + 1])
{
	gsize length;
	const guchar *key = g_bytes_get_data(servers->secret, &length);
	g_autofree char *hex =
		g_compute_hmac_for_string(G_CHECKSUM_SHA256, key, length, bearer->subject, -1);

	g_strlcpy(ret_name, hex, PSEUDONYM_CHARACTERS + 1);
}

json_t *
aula_ice_servers_for(const aula_ice_servers *servers, const aula_bearer *bearer, int64_t now_s)
{
	char name[PSEUDONYM_CHARACTERS + 1];
	aula_turn_credentials made;
	bool is_guest = bearer->expires_s == 0;

	if (servers == NULL || is_guest ||
		json_array_size(servers->stun) + json_array_size(servers->turn) == 0)
		return NULL;
	json_t *list = json_array();
	json_t *told = json_pack("{s:o}", "ice_servers", list);
	if (json_array_size(servers->stun) > 0)
		json_array_append_new(list, json_pack("{s:O}", "urls", servers->stun));
	if (servers->secret == NULL)
		return told;
	/* The end moves in steps, so that within one the name and password stay the same. */
	int64_t step_s = servers->lifetime_s / PASSWORDS_A_LIFETIME;
	int64_t expires_s = now_s / step_s * step_s + servers->lifetime_s;
	make_pseudonym(servers, bearer, name);
	aula_turn_rest_make(servers->secret, name, expires_s, &made);
	json_array_append_new(list, json_pack("{s:O, s:s, s:s}", "urls", servers->turn, "username",
					    made.user, "credential", made.password));
	json_object_set_new(told, "ice_expires", json_integer(expires_s));
	return told;
}
