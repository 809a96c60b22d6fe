/* SPDX-License-Identifier: Apache-2.0 */
#include "host/settings.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/statsd.h"
#include "bus/place.h"
#include "host/statsd-link.h"
#include "wire/ice-uri.h"

enum { STATSD_TAGS_BYTES = 512 };

bool
aula_settings_is_loopback(const char *host)
{
	struct in6_addr six;
	struct in_addr four;

	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, host, &six) == 1)
		return IN6_IS_ADDR_LOOPBACK(&six) ||
		       (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == 127);
	return strcmp(host, "localhost") == 0;
}

static bool
is_address(const char *text)
{
	struct in6_addr any;

	return inet_pton(AF_INET, text, &any) == 1 || inet_pton(AF_INET6, text, &any) == 1;
}

bool
aula_settings_demo_runs(const aula_settings *settings)
{
	return strcmp(settings->demo.mode, "off") != 0;
}

bool
aula_settings_ice_is_full(const aula_settings *settings)
{
	return strcmp(settings->ice.mode, "full") == 0;
}

bool
aula_settings_demo_is_local(const aula_settings *settings)
{
	return strcmp(settings->demo.mode, "loopback") == 0;
}

const char **
aula_settings_texts(const aula_list *list)
{
	const char **texts = g_new0(const char *, list->count + 1);

	if (list->count > 0)
		memcpy(texts, list->items, list->count * sizeof *texts);
	return texts;
}

aula_log_level
aula_settings_log_level(const aula_settings *settings)
{
	switch (settings->log.level[0]) {
	case 'e':
		return AULA_LOG_ERROR;
	case 'w':
		return AULA_LOG_WARNING;
	case 'd':
		return AULA_LOG_DEBUG;
	default:
		return AULA_LOG_INFO;
	}
}

static void
override(aula_config *config, const json_t *overrides)
{
	size_t index;
	json_t *row;

	json_array_foreach(overrides, index, row)
	{
		aula_config_override(config, json_string_value(json_object_get(row, "path")),
			json_incref(json_object_get(row, "value")),
			json_string_value(json_object_get(row, "origin")));
	}
}

/* Lists and maps that are left out are put there, to be checked and filled as if they were written.
 */
static void
settle_lists(aula_config *config)
{
	static const char *const paths[] = { "media.addresses", "demo.guest", "identity.roles" };

	/* A kernel without IPv6 has no address "::" to bind. */
	if (!g_file_test("/proc/net/if_inet6", G_FILE_TEST_EXISTS))
		aula_config_default(config, paths[0], json_pack("[s]", "0.0.0.0"));
	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++)
		aula_config_default(config, paths[i], aula_settings_default(paths[i]));
}

static bool
fill_blocks(aula_settings *settings, GError **error)
{
	const aula_settings_block *blocks = aula_settings_blocks();
	const char *names[32] = { NULL };

	for (size_t i = 0; blocks[i].name != NULL && i + 1 < G_N_ELEMENTS(names); i++)
		names[i] = blocks[i].name;
	if (!aula_config_has_only(settings->config, names, error))
		return false;
	for (size_t i = 0; blocks[i].name != NULL; i++) {
		void *block = (char *)settings + blocks[i].offset;
		if (!aula_config_fill(
			    settings->config, blocks[i].name, &blocks[i].schema, block, error))
			return false;
		/* Everything after `general` knows where state lies. */
		if (i == 0) {
			settings->general.state =
				g_canonicalize_filename(settings->general.state, NULL);
			aula_config_set_base(settings->config, settings->general.state);
		}
	}
	return true;
}

static bool
check_addresses(aula_settings *settings, const char *key, const aula_list *list, GError **error)
{
	const char *const *texts = list->items;

	for (size_t i = 0; i < list->count; i++) {
		g_autofree char *path = g_strdup_printf("media.%s[%zu]", key, i);
		if (!is_address(texts[i]))
			return aula_config_blame(
				settings->config, error, path, "expected an IPv4 or IPv6 address");
	}
	return true;
}

static bool
settle_media(aula_settings *settings, GError **error)
{
	aula_settings_media *media = &settings->media;

	if (!check_addresses(settings, "addresses", &media->addresses, error) ||
		!check_addresses(settings, "announce", &media->announce, error))
		return false;
	if (media->addresses.count == 0)
		return aula_config_blame(settings->config, error, "media.addresses",
			"expected at least one address");
	if (media->udp_port != 0 && media->udp_port + media->loops > 65536)
		return aula_config_blame(settings->config, error, "media.udp_port",
			"expected room for one port a loop below 65536");
	if (media->loopback == AULA_UNSET)
		media->loopback = aula_settings_is_loopback(settings->web.host);
	return true;
}

static bool
check_uri(aula_settings *settings, const char *path, const char *text, bool stun, bool turn,
	aula_ice_uri *ret_uri, GError **error)
{
	const char *why = aula_ice_uri_parse(text, ret_uri);
	bool is_stun = why == NULL && ret_uri->kind == AULA_ICE_URI_STUN;

	if (why == NULL && !stun && is_stun)
		why = "expected a URI that begins with turn: or turns:";
	if (why == NULL && !turn && !is_stun)
		why = "expected a URI that begins with stun:";
	return why == NULL || aula_config_blame(settings->config, error, path, "%s", why);
}

static bool
check_turn(aula_settings *settings, size_t index, GError **error)
{
	const aula_settings_turn *row =
		&((const aula_settings_turn *)settings->ice.turn.items)[index];
	g_autofree char *path = g_strdup_printf("ice.turn[%zu]", index);
	g_autofree char *uri_path = g_strconcat(path, ".uri", NULL);
	aula_ice_uri uri;

	if (!check_uri(settings, uri_path, row->uri, false, true, &uri, error))
		return false;
	if ((row->secret_file != NULL) == (row->user != NULL) ||
		(row->user != NULL) != (row->password_file != NULL))
		return aula_config_blame(settings->config, error, path,
			"expected either secret_file, or user and password_file");
	return true;
}

static bool
check_ice(aula_settings *settings, GError **error)
{
	const aula_settings_ice *ice = &settings->ice;
	aula_ice_uri uri;

	if (ice->stun_server != NULL &&
		!check_uri(settings, "ice.stun_server", ice->stun_server, true, false, &uri, error))
		return false;
	for (size_t i = 0; i < ice->turn.count; i++)
		if (!check_turn(settings, i, error))
			return false;
	if (ice->relay_only && ice->turn.count == 0)
		return aula_config_blame(settings->config, error, "ice.relay_only",
			"there is no server in ice.turn whose relay could be used");
	if ((ice->first_port == 0) != (ice->last_port == 0) || ice->last_port < ice->first_port)
		return aula_config_blame(settings->config, error, "ice.last_port",
			"expected a port that is not below ice.first_port, or both 0");
	return true;
}

static bool
check_ice_servers(aula_settings *settings, GError **error)
{
	const aula_settings_ice_servers *servers = &settings->ice_servers;
	const char *const *uris = servers->uris.items;
	aula_ice_uri uri;

	for (size_t i = 0; i < servers->uris.count; i++) {
		g_autofree char *path = g_strdup_printf("ice_servers.uris[%zu]", i);
		if (!check_uri(settings, path, uris[i], true, true, &uri, error))
			return false;
		if (uri.kind != AULA_ICE_URI_STUN && servers->secret_file == NULL)
			return aula_config_blame(settings->config, error, path,
				"a TURN server needs ice_servers.secret_file");
	}
	return true;
}

static bool
settle_demo(aula_settings *settings, bool identified, GError **error)
{
	bool local = aula_settings_is_loopback(settings->web.host);

	if (settings->demo.mode == NULL)
		settings->demo.mode = local && !identified ? "loopback" : "off";
	if (strcmp(settings->demo.mode, "loopback") == 0 && !local)
		return aula_config_blame(settings->config, error, "demo.mode",
			"\"loopback\" needs a loopback address in web.host (it is %s); "
			"\"anywhere\" hands tokens to everybody who can reach the server",
			settings->web.host);
	return true;
}

/* What follows it in a link begins with a slash. */
static bool
check_url(const aula_settings *settings, GError **error)
{
	const char *url = settings->web.url;

	if (url == NULL)
		return true;
	g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
	const char *scheme = uri != NULL ? g_uri_get_scheme(uri) : "";
	const char *host = uri != NULL ? g_uri_get_host(uri) : NULL;
	if ((strcmp(scheme, "https") == 0 || strcmp(scheme, "http") == 0) && host != NULL &&
		*host != '\0' && *g_uri_get_path(uri) == '\0' && g_uri_get_query(uri) == NULL &&
		g_uri_get_fragment(uri) == NULL && g_uri_get_userinfo(uri) == NULL)
		return true;
	return aula_config_blame(settings->config, error, "web.url",
		"expected http:// or https:// and a host, perhaps with a port, and nothing after "
		"it");
}

static void
settle_store(aula_settings *settings)
{
	static const char scheme[] = "sqlite:";
	const char *url = settings->store.url;

	if (!g_str_has_prefix(url, scheme))
		return;
	g_autofree char *path =
		g_canonicalize_filename(url + sizeof scheme - 1, settings->general.state);
	settings->store_url = g_strconcat(scheme, path, NULL);
	settings->store.url = settings->store_url;
}

static bool
check_modules(aula_settings *settings, GError **error)
{
	const aula_settings_module *rows = settings->modules.enabled.items;

	for (size_t i = 0; i < settings->modules.enabled.count; i++) {
		g_autofree char *path = g_strdup_printf("modules.enabled[%zu]", i);
		if ((rows[i].name == NULL) == (rows[i].path == NULL))
			return aula_config_blame(
				settings->config, error, path, "expected either a name or a path");
		if (rows[i].name != NULL && !aula_schema_name_is_good(rows[i].name))
			return aula_config_blame(settings->config, error, path,
				"expected a name in lower_snake_case");
	}
	return true;
}

static bool
check_bus(aula_settings *settings, GError **error)
{
	g_autoptr(GError) problem = NULL;

	if (settings->bus.url == NULL)
		return true;
	g_autoptr(aula_place) place = aula_place_parse(settings->bus.url, &problem);
	if (place == NULL)
		return aula_config_blame(
			settings->config, error, "bus.url", "%s", problem->message);
	if (strpbrk(settings->bus.prefix, "{}") != NULL)
		return aula_config_blame(
			settings->config, error, "bus.prefix", "expected no braces");
	return true;
}

static bool
check_metrics(aula_settings *settings, GError **error)
{
	const aula_settings_metrics *metrics = &settings->metrics;
	const char *const *tags = metrics->statsd_tags.items;
	const char *fault =
		metrics->statsd_url != NULL ? aula_statsd_link_fault(metrics->statsd_url) : NULL;
	size_t bytes = 0;

	if (fault != NULL)
		return aula_config_blame(
			settings->config, error, "metrics.statsd_url", "%s", fault);
	for (size_t i = 0; i < metrics->statsd_tags.count; i++) {
		g_autofree char *path = g_strdup_printf("metrics.statsd_tags[%zu]", i);
		bytes += strlen(tags[i]);
		if (!aula_statsd_tag_is_good(tags[i]) || bytes > STATSD_TAGS_BYTES)
			return aula_config_blame(settings->config, error, path,
				"expected a tag of up to 200 bytes without a space, comma, \"|\" "
				"or "
				"\"#\", all of them up to %d bytes",
				STATSD_TAGS_BYTES);
	}
	return true;
}

static bool
check_admin(aula_settings *settings, GError **error)
{
	const aula_settings_admin *admin = &settings->admin;

	if (!admin->enabled)
		return true;
	if (admin->secret_file == NULL && !aula_settings_is_loopback(admin->bind))
		return aula_config_blame(settings->config, error, "admin.bind",
			"expected a loopback address (it is %s): others may reach the Admin API "
			"only with a secret, see admin.secret_file",
			admin->bind);
	if (admin->port != 0 && admin->port == admin->tls_port)
		return aula_config_blame(settings->config, error, "admin.tls_port",
			"expected another port than admin.port");
	return true;
}

static bool
settle(aula_settings *settings, bool identified, GError **error)
{
	if (settings->web.root == NULL)
		settings->web.root = AULA_PAGE_FOLDER;
	if (settings->modules.folder == NULL)
		settings->modules.folder = AULA_MODULE_FOLDER;
	if (settings->web.port != 0 && settings->web.port == settings->web.tls_port)
		return aula_config_blame(settings->config, error, "web.tls_port",
			"expected another port than web.port");
	settle_store(settings);
	return check_url(settings, error) && settle_media(settings, error) &&
	       check_ice(settings, error) && check_ice_servers(settings, error) &&
	       settle_demo(settings, identified, error) && check_modules(settings, error) &&
	       check_bus(settings, error) && check_metrics(settings, error) &&
	       check_admin(settings, error);
}

aula_settings *
aula_settings_load(const aula_options *options, GError **error)
{
	g_autoptr(aula_settings) settings = g_new0(aula_settings, 1);

	if (options->config_folder != NULL &&
		!g_file_test(options->config_folder, G_FILE_TEST_IS_DIR)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR,
			"--config: %s: expected a folder of configuration files",
			options->config_folder);
		return NULL;
	}
	settings->config = aula_config_read(options->config_folder, "aula", error);
	if (settings->config == NULL)
		return NULL;
	override(settings->config, options->overrides);
	bool identified = aula_config_is_set(settings->config, "identity.jwks_file") ||
			  aula_config_is_set(settings->config, "identity.secret_file");
	settle_lists(settings->config);
	if (!fill_blocks(settings, error) || !settle(settings, identified, error))
		return NULL;
	return g_steal_pointer(&settings);
}

void
aula_settings_apply(aula_settings *settings, aula_settings *fresh, json_t *applied, json_t *restart)
{
	unsigned changed = 0;

	for (const aula_settings_block *block = aula_settings_blocks(); block->name != NULL;
		block++)
		changed += aula_schema_apply(&block->schema, block->name,
			(char *)settings + block->offset, (const char *)fresh + block->offset, true,
			applied, restart);
	if (changed == 0) {
		aula_settings_free(fresh);
		return;
	}
	fresh->former = settings->former;
	settings->former = fresh;
}

void
aula_settings_free(aula_settings *settings)
{
	if (settings == NULL)
		return;
	aula_settings_free(settings->former);
	/* Ours, once the base folder of paths is set, and not a text of the file. */
	if (settings->general.state != NULL && g_path_is_absolute(settings->general.state))
		g_free((char *)settings->general.state);
	aula_config_free(settings->config);
	g_free(settings->store_url);
	g_free(settings);
}
