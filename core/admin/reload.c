/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/reload.h"

#include <string.h>

#include "base/log.h"
#include "signaling/signaling.h"

struct aula_reload {
	const aula_options *options;
	aula_settings *settings;
	aula_switchboard *board;
	aula_admin *admin;
	aula_chain *chain; /* presented last; NULL: that of the start */
	GPtrArray *roles;  /* every one that was in force since the start */
};

aula_reload *
aula_reload_new(const aula_options *options, aula_settings *settings, aula_switchboard *board,
	aula_admin *admin)
{
	aula_reload *reload = g_new0(aula_reload, 1);

	*reload = (aula_reload){ options, settings, board, admin, NULL,
		g_ptr_array_new_with_free_func((GDestroyNotify)aula_roles_free) };
	return reload;
}

void
aula_reload_free(aula_reload *reload)
{
	if (reload == NULL)
		return;
	g_ptr_array_free(reload->roles, TRUE);
	aula_chain_unref(reload->chain);
	g_free(reload);
}

/* The demo runs or not until the next start; its guests keep what they were given. */
static aula_roles *
read_roles(const aula_reload *reload, const aula_settings *fresh, GError **error)
{
	const aula_capabilities *all = reload->board->capabilities;
	g_autoptr(aula_roles) roles =
		aula_roles_new(all, fresh->identity.roles, fresh->config, "identity.roles", error);

	if (roles == NULL ||
		!aula_roles_limit(roles, fresh->identity.max_bitrates, fresh->config,
			"identity.max_bitrates", error) ||
		(aula_settings_demo_runs(reload->settings) &&
			!aula_roles_set(roles, all, "guest", &reload->settings->demo.guest,
				reload->settings->config, "demo.guest", error)))
		return NULL;
	return g_steal_pointer(&roles);
}

/* The certificate of those listeners that have TLS since the start. */
static bool
read_chain(const aula_reload *reload, const aula_settings *fresh, aula_chain **ret_chain,
	GError **error)
{
	const aula_settings *settings = reload->settings;
	bool door = settings->admin.enabled && settings->admin.tls_port != 0;

	if (settings->web.tls_port == 0 && !door)
		return true;
	*ret_chain = aula_chain_read(fresh->web.certificate_file, fresh->web.key_file, error);
	return *ret_chain != NULL;
}

static aula_web_rules *
read_rules(const aula_settings *fresh, GError **error)
{
	g_autofree const char **origins = aula_settings_texts(&fresh->web.origins);
	g_autofree const char **connect = aula_settings_texts(&fresh->web.connect_sources);
	g_autofree const char **proxies = aula_settings_texts(&fresh->web.proxies);

	return aula_web_rules_new(origins, connect, proxies, error);
}

static bool
has(const json_t *names, const char *name)
{
	size_t index;
	json_t *one;

	json_array_foreach(names, index, one)
	{
		if (g_strcmp0(json_string_value(one), name) == 0)
			return true;
	}
	return false;
}

static char *
joined(const json_t *names)
{
	GString *text = g_string_new(NULL);
	size_t index;
	json_t *one;

	json_array_foreach(names, index, one)
		g_string_append_printf(text, "%s%s", index > 0 ? "," : "", json_string_value(one));
	return g_string_free(text, FALSE);
}

static void
tell(const json_t *applied, const json_t *restart)
{
	g_autofree char *done = joined(applied);
	g_autofree char *left = joined(restart);

	aula_log(AULA_LOG_INFO, "admin", "configuration read anew applied=%s",
		*done != '\0' ? done : "none");
	if (*left != '\0')
		aula_log(AULA_LOG_WARNING, "admin",
			"these settings need a restart to change settings=%s", left);
}

static void
put_in_force(aula_reload *reload, const json_t *applied, aula_roles *roles)
{
	aula_switchboard *board = reload->board;

	if (has(applied, "identity.roles") || has(applied, "identity.max_bitrates")) {
		g_ptr_array_add(reload->roles, roles);
		aula_identities_set_roles(board->identities, roles);
	} else {
		aula_roles_free(roles);
	}
	if (has(applied, "log.level"))
		aula_log_open(aula_settings_log_level(reload->settings));
	aula_log_set_json(strcmp(reload->settings->log.format, "json") == 0);
	aula_signaling_apply_limits(board);
}

static const aula_chain *
shown(const aula_reload *reload)
{
	return reload->chain != NULL ? reload->chain : aula_web_chain(reload->board->web);
}

/* The same file may have another certificate in it, which is how most are renewed. */
static void
present(aula_reload *reload, aula_chain *chain, json_t *applied)
{
	static const char name[] = "web.certificate_file";

	if (chain == NULL || aula_chain_equal(chain, shown(reload)))
		return;
	aula_chain_unref(reload->chain);
	reload->chain = aula_chain_ref(chain);
	aula_web_present(reload->board->web, chain);
	aula_admin_present(reload->admin, chain);
	if (!has(applied, name))
		json_array_append_new(applied, json_string(name));
	aula_log(AULA_LOG_INFO, "admin", "new connections see another certificate %s",
		aula_chain_summary(chain));
	if (aula_chain_left_s(chain) < 0)
		aula_log(AULA_LOG_WARNING, "admin", "the certificate is out of date %s",
			aula_chain_summary(chain));
}

static void
rule(aula_reload *reload, aula_web_rules *rules, const json_t *applied)
{
	const aula_settings_web *web = &reload->settings->web;

	if (has(applied, "web.origins") || has(applied, "web.connect_sources") ||
		has(applied, "web.proxies"))
		aula_web_rule(reload->board->web, rules);
	else
		aula_web_rules_free(rules);
	if (has(applied, "web.connections_most") || has(applied, "web.address_connections_most"))
		aula_web_bound(
			reload->board->web, web->connections_most, web->address_connections_most);
}

json_t *
aula_reload_run(aula_reload *reload, GError **error)
{
	aula_switchboard *board = reload->board;
	const char *folder = reload->options->config_folder;
	g_autoptr(aula_settings) fresh = aula_settings_load(reload->options, error);
	g_autoptr(aula_chain) chain = NULL;
	g_autoptr(aula_web_rules) rules = fresh != NULL && read_chain(reload, fresh, &chain, error)
						  ? read_rules(fresh, error)
						  : NULL;
	g_autoptr(aula_roles) roles = rules != NULL ? read_roles(reload, fresh, error) : NULL;
	g_autoptr(aula_modules_fresh) modules =
		roles != NULL ? aula_modules_read(board->modules, folder,
					reload->settings->general.state, error)
			      : NULL;

	if (modules == NULL)
		return NULL;
	json_t *applied = json_array(), *restart = json_array();
	aula_settings_apply(reload->settings, g_steal_pointer(&fresh), applied, restart);
	put_in_force(reload, applied, g_steal_pointer(&roles));
	rule(reload, g_steal_pointer(&rules), applied);
	present(reload, chain, applied);
	aula_modules_apply(board->modules, modules, applied, restart);
	tell(applied, restart);
	return json_pack("{s:o, s:o}", "applied", applied, "restart", restart);
}
