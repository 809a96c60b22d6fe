/* SPDX-License-Identifier: Apache-2.0 */
#include "web/web.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <libwebsockets.h>

#include "base/log.h"
#include "web/listener.h"
#include "web/service.h"

enum {
	THREADS_MOST = 16,
	ENDPOINTS_MOST = 8,
	ROUTES_MOST = 16,
	OTHER_DESCRIPTORS = 256,    /* media ports, databases, logs, files being served */
	DESCRIPTORS_MOST = 1 << 20, /* the library keeps two tables of that size */
};

struct aula_web {
	aula_web_options options; /* its texts are copies */
	aula_web_site *site;
	aula_web_guests *guests;
	aula_websocket_endpoint endpoints[ENDPOINTS_MOST];
	size_t endpoint_count;
	aula_web_route routes[ROUTES_MOST];
	size_t route_count;
	aula_chain *chain; /* NULL: no TLS */
	GPtrArray *rules;  /* every one that was in force, the newest last */
	aula_web_hall hall;
	aula_web_service *services[THREADS_MOST];
	unsigned service_count;
	int port, tls_port;
};

/* What clients do wrong is no news for the administrator, and the library does not tell it from
 * what is. */
static void
library_says(int level, const char *line)
{
	g_autofree char *text = g_strchomp(g_strdup(line));

	aula_log(level == LLL_ERR ? AULA_LOG_INFO : AULA_LOG_DEBUG, "web", "libwebsockets: %s",
		text);
}

/* Lets the process have as many descriptors as the connections need, where the hard limit lets us;
 * else there are fewer connections. */
static void
make_room(aula_web *web)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = MIN(limit.rlim_max, DESCRIPTORS_MOST);
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		getrlimit(RLIMIT_NOFILE, &limit);
	/* See judge() in guests.c: a sixteenth more are let in to be told. */
	int64_t most = ((int64_t)limit.rlim_cur - OTHER_DESCRIPTORS) * 16 / 17 - 8;
	if (most >= web->options.connections_most)
		return;
	aula_log(AULA_LOG_WARNING, "web",
		"the limit of open files is low, so there can be fewer connections limit=%" PRIu64
		" connections=%" PRId64 " wanted=%" PRId64,
		(uint64_t)limit.rlim_cur, MAX(most, 1), web->options.connections_most);
	web->options.connections_most = MAX(most, 1);
}

static bool
check(const aula_web_options *options, aula_chain **ret_chain, GError **error)
{
	if (options->threads < 1 || options->threads > THREADS_MOST ||
		options->connections_most < 1) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			"The web listener needs 1 to %d threads and at least one connection",
			THREADS_MOST);
		return false;
	}
	if (options->tls_port == 0)
		return true;
	if (options->certificate_path == NULL || options->key_path == NULL) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			"HTTPS needs a certificate and a private key");
		return false;
	}
	*ret_chain = aula_chain_read(options->certificate_path, options->key_path, error);
	return *ret_chain != NULL;
}

aula_web *
aula_web_new(const aula_web_options *options, GError **error)
{
	g_autoptr(aula_chain) chain = NULL;

	if (!check(options, &chain, error))
		return NULL;
	g_autoptr(aula_web_rules) rules =
		aula_web_rules_new(options->origins, options->csp_connect, options->proxies, error);
	if (rules == NULL)
		return NULL;
	aula_web_files *files =
		options->root != NULL ? aula_web_files_new(options->root, error) : NULL;
	if (files == NULL && options->root != NULL)
		return NULL;
	aula_web *web = g_new0(aula_web, 1);
	web->options = *options;
	web->options.proxies = web->options.origins = web->options.csp_connect = NULL; /* read */
	web->chain = g_steal_pointer(&chain);
	web->rules = g_ptr_array_new_with_free_func((GDestroyNotify)aula_web_rules_free);
	web->options.host = g_strdup(options->host);
	web->options.root = g_strdup(options->root);
	web->options.certificate_path = g_strdup(options->certificate_path);
	web->options.key_path = g_strdup(options->key_path);
	make_room(web);
	web->site = aula_web_site_new(files);
	web->guests = aula_web_guests_new(web->options.connections_most,
		web->options.address_connections_most, rules->proxies, options->hits);
	aula_web_rule(web, g_steal_pointer(&rules));
	lws_set_log_level(LLL_ERR | LLL_WARN, library_says);
	return web;
}

void
aula_web_page_add(aula_web *web, const char *path, aula_web_page page, void *data)
{
	aula_web_site_page_add(web->site, path, page, data);
}

static aula_websocket_endpoint *
endpoint_find(aula_web *web, const char *subprotocol)
{
	for (size_t i = 0; i < web->endpoint_count; i++)
		if (strcmp(web->endpoints[i].name, subprotocol) == 0)
			return &web->endpoints[i];
	return NULL;
}

static bool
endpoint_bound(aula_websocket_endpoint *endpoint, const aula_websocket_limits *limits)
{
	if (limits->max_message_bytes < 1 || limits->max_queue_bytes < 1 ||
		limits->ping_interval_ms < 1 || limits->ping_timeout_ms < 1)
		return false;
	endpoint->max_message_bytes = limits->max_message_bytes;
	endpoint->max_queue_bytes = limits->max_queue_bytes;
	endpoint->ping_interval_ms = limits->ping_interval_ms;
	endpoint->ping_timeout_ms = limits->ping_timeout_ms;
	return true;
}

aula_code
aula_web_websocket_bound(
	aula_web *web, const char *subprotocol, const aula_websocket_limits *limits)
{
	aula_websocket_endpoint *endpoint = endpoint_find(web, subprotocol);

	if (endpoint == NULL)
		return AULA_NOT_FOUND;
	return endpoint_bound(endpoint, limits) ? AULA_OK : AULA_INVALID;
}

aula_code
aula_web_websocket_add(aula_web *web, const char *subprotocol, const aula_websocket_ops *ops,
	void *self, const aula_websocket_limits *limits)
{
	aula_websocket_endpoint endpoint = { .ops = ops, .self = self, .hits = web->options.hits };

	if (endpoint_find(web, subprotocol) != NULL)
		return AULA_EXISTS;
	if (!endpoint_bound(&endpoint, limits))
		return AULA_INVALID;
	if (web->endpoint_count == ENDPOINTS_MOST)
		return AULA_FULL;
	endpoint.name = g_strdup(subprotocol);
	web->endpoints[web->endpoint_count++] = endpoint;
	return AULA_OK;
}

void
aula_web_websocket_drop(aula_web *web, const char *subprotocol)
{
	aula_websocket_endpoint *endpoint = endpoint_find(web, subprotocol);

	if (endpoint == NULL)
		return;
	g_free(endpoint->name);
	*endpoint = web->endpoints[--web->endpoint_count];
}

/* What a browser is told that asks for a page of another origin (the Fetch standard, CORS). */
static char *
preflight_of(const aula_route *route)
{
	static const char *const usual[] = { "accept", "authorization", "content-type", NULL };
	GString *lines = g_string_new(NULL);

	g_string_append_printf(lines,
		"Access-Control-Allow-Methods: %s, OPTIONS\r\n"
		"Access-Control-Allow-Headers: Accept, Authorization, Content-Type, Idempotency-Key",
		route->methods != NULL ? route->methods : "GET, POST");
	for (size_t i = 0; route->headers != NULL && route->headers[i] != NULL; i++)
		if (!g_strv_contains(usual, route->headers[i]))
			g_string_append_printf(lines, ", %s", route->headers[i]);
	g_string_append(lines, "\r\nAccess-Control-Max-Age: 86400\r\n");
	for (size_t i = 0; i < route->option_count; i++)
		g_string_append_printf(
			lines, "%s: %s\r\n", route->options[i].name, route->options[i].value);
	return g_string_free(lines, FALSE);
}

static bool
is_route(const aula_route *route)
{
	size_t headers = 0;

	while (route->headers != NULL && route->headers[headers] != NULL)
		headers++;
	return route->path[0] == '/' && route->path[1] != '\0' &&
	       !g_str_has_suffix(route->path, "/") && headers <= AULA_ROUTE_HEADERS_MOST;
}

static bool
route_bound(aula_web_route *route, const aula_route_limits *limits)
{
	aula_route_limits all = { 0 };

	memcpy(&all, limits, MIN(limits->size, sizeof all));
	if (all.max_body_bytes < 1 || all.max_waiting < 1 || all.max_hold_ms < 1)
		return false;
	route->max_body_bytes = all.max_body_bytes;
	route->max_waiting = all.max_waiting;
	route->max_hold_ms = all.max_hold_ms;
	return true;
}

aula_code
aula_web_route_bound(aula_web *web, const char *path, const aula_route_limits *limits)
{
	for (size_t i = 0; i < web->route_count; i++)
		if (strcmp(web->routes[i].path, path) == 0)
			return route_bound(&web->routes[i], limits) ? AULA_OK : AULA_INVALID;
	return AULA_NOT_FOUND;
}

aula_code
aula_web_route_add(aula_web *web, const aula_route *route)
{
	aula_web_route added = { 0 };

	if (!is_route(route) || !route_bound(&added, route->limits))
		return AULA_INVALID;
	for (size_t i = 0; i < web->route_count; i++)
		if (aula_web_route_below(&web->routes[i], route->path) != NULL ||
			g_str_has_prefix(web->routes[i].path, route->path))
			return AULA_EXISTS;
	if (web->route_count == ROUTES_MOST)
		return AULA_FULL;
	added.path = g_strdup(route->path);
	added.ops = route->ops;
	added.self = route->self;
	added.hits = web->options.hits;
	added.preflight = preflight_of(route);
	added.exposes = route->exposes;
	added.headers = route->headers;
	web->routes[web->route_count++] = added;
	return AULA_OK;
}

void
aula_web_route_drop(aula_web *web, const char *path)
{
	for (size_t i = 0; i < web->route_count; i++) {
		if (strcmp(web->routes[i].path, path) != 0)
			continue;
		g_free(web->routes[i].path);
		g_free(web->routes[i].preflight);
		web->routes[i] = web->routes[--web->route_count];
		return;
	}
}

static void
close_from(const int *sockets, unsigned from, unsigned count)
{
	for (unsigned i = from; i < count; i++)
		if (sockets[i] >= 0)
			close(sockets[i]);
}

static bool
listen_both(aula_web *web, int *plain, int *tls, GError **error)
{
	const aula_web_options *options = &web->options;

	for (int i = 0; i < THREADS_MOST; i++)
		plain[i] = tls[i] = -1;
	if (!aula_web_listen(
		    options->host, options->port, options->threads, plain, &web->port, error))
		return false;
	if (options->tls_port == 0 || aula_web_listen(options->host, options->tls_port,
					      options->threads, tls, &web->tls_port, error))
		return true;
	close_from(plain, 0, options->threads);
	return false;
}

bool
aula_web_start(aula_web *web, GError **error)
{
	const aula_web_options *options = &web->options;
	int plain[THREADS_MOST], tls[THREADS_MOST];

	if (!listen_both(web, plain, tls, error))
		return false;
	web->hall.site = web->site;
	web->hall.guests = web->guests;
	web->hall.websockets_local = options->websockets_local;
	web->hall.endpoints = web->endpoints;
	web->hall.endpoint_count = web->endpoint_count;
	web->hall.routes = web->routes;
	web->hall.route_count = web->route_count;
	/* All are made before any runs: the library has variables that the contexts share. */
	for (unsigned i = 0; i < options->threads; i++) {
		web->services[i] = aula_web_service_new(&web->hall, plain[i], tls[i],
			options->certificate_path, options->key_path, error);
		if (web->services[i] == NULL) {
			close_from(plain, i + 1, options->threads);
			close_from(tls, i + 1, options->threads);
			return false;
		}
		web->service_count++;
	}
	for (unsigned i = 0; i < web->service_count; i++) {
		if (tls[i] >= 0)
			aula_web_service_present(web->services[i], web->chain);
		aula_web_service_start(web->services[i], i);
	}
	aula_log(AULA_LOG_INFO, "web", "listening host=%s port=%d tls_port=%d threads=%u",
		options->host, web->port, web->tls_port, web->service_count);
	return true;
}

int
aula_web_port(const aula_web *web)
{
	return web->port;
}

int
aula_web_tls_port(const aula_web *web)
{
	return web->tls_port;
}

size_t
aula_web_connection_count(const aula_web *web)
{
	return (size_t)aula_web_guests_count(web->guests);
}

void
aula_web_present(aula_web *web, aula_chain *chain)
{
	if (web->options.tls_port == 0)
		return;
	aula_chain_unref(web->chain);
	web->chain = aula_chain_ref(chain);
	for (unsigned i = 0; i < web->service_count; i++)
		aula_web_service_present(web->services[i], chain);
}

const aula_chain *
aula_web_chain(const aula_web *web)
{
	return web->chain;
}

static const aula_web_rules *
newest_rules(const aula_web *web)
{
	return web->rules->pdata[web->rules->len - 1];
}

static void
bound_guests(aula_web *web)
{
	aula_web_guests_bound(web->guests, web->options.connections_most,
		web->options.address_connections_most, newest_rules(web)->proxies);
}

/* A thread may still read the former ones, for as long as a request takes: all are kept, for they
 * are few and small. */
void
aula_web_rule(aula_web *web, aula_web_rules *rules)
{
	g_ptr_array_add(web->rules, rules);
	atomic_store(&web->hall.rules, rules);
	bound_guests(web);
}

void
aula_web_bound(aula_web *web, int64_t connections_most, int64_t address_connections_most)
{
	web->options.connections_most = connections_most;
	web->options.address_connections_most = address_connections_most;
	make_room(web);
	bound_guests(web);
}

void
aula_web_stop(aula_web *web)
{
	for (unsigned i = 0; i < web->service_count; i++)
		aula_web_service_stop(web->services[i]);
	for (unsigned i = 0; i < web->service_count; i++)
		aula_web_service_free(web->services[i]);
	web->service_count = 0;
}

void
aula_web_free(aula_web *web)
{
	if (web == NULL)
		return;
	aula_web_stop(web);
	for (size_t i = 0; i < web->endpoint_count; i++)
		g_free(web->endpoints[i].name);
	for (size_t i = 0; i < web->route_count; i++) {
		g_free(web->routes[i].path);
		g_free(web->routes[i].preflight);
	}
	aula_web_site_free(web->site);
	aula_web_guests_free(web->guests);
	g_ptr_array_free(web->rules, TRUE);
	aula_chain_unref(web->chain);
	g_free((char *)(uintptr_t)web->options.host);
	g_free((char *)(uintptr_t)web->options.root);
	g_free((char *)(uintptr_t)web->options.certificate_path);
	g_free((char *)(uintptr_t)web->options.key_path);
	g_free(web);
}
