/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/services.h"

#include "base/id.h"
#include "base/log.h"
#include "signaling/errand.h"
#include "signaling/services-module.h"

enum { TIMERS_MOST = 100000 };

struct aula_services {
	aula_switchboard *board;
	aula_id_table timers;
	GArray *endpoints; /* of aula_endpoint_owner */
	GHashTable *feeds;
	size_t count;
	aula_module_host hosts[];
};

static void __attribute__((format(printf, 3, 4)))
write_log(const aula_host *host, aula_log_level level, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	aula_log_va(level, aula_loaded_name(aula_module_of(host)->loaded), format, arguments);
	va_end(arguments);
}

static void
owner_clear(void *data)
{
	g_free(((aula_endpoint_owner *)data)->name);
}

aula_services *
aula_services_new(aula_switchboard *board)
{
	size_t count = aula_modules_count(board->modules);
	aula_services *services = g_malloc0(sizeof *services + count * sizeof *services->hosts);

	services->board = board;
	services->count = count;
	aula_id_table_init(&services->timers, TIMERS_MOST);
	services->endpoints = g_array_new(FALSE, FALSE, sizeof(aula_endpoint_owner));
	g_array_set_clear_func(services->endpoints, owner_clear);
	services->feeds = aula_service_feeds_new();
	for (size_t i = 0; i < count; i++)
		services->hosts[i] = (aula_module_host){
			.host = { .size = sizeof(aula_host),
				.log = write_log,
				.handles = &aula_service_handles,
				.rooms = &aula_service_rooms,
				.peers = &aula_service_peers,
				.media = &aula_service_media,
				.timers = &aula_service_timers,
				.gateway = &aula_service_gateway,
				.http = &aula_service_http,
				.events = &aula_service_events,
				.feeds = &aula_service_feeds,
				.tokens = &aula_service_tokens,
				.store = &aula_service_store,
				.audit = &aula_service_audit,
				.requests = &aula_service_requests,
				.bus = &aula_service_bus,
				.privacy = &aula_service_privacy },
			.board = board,
			.index = (unsigned)i,
			.loaded = aula_modules_get(board->modules, i),
			.timers = &services->timers,
			.endpoints = services->endpoints,
			.feeds = services->feeds,
		};
	return services;
}

void
aula_services_free(aula_services *services)
{
	if (services == NULL)
		return;
	aula_service_timers_finish(services->board, &services->timers);
	for (size_t i = 0; i < services->count; i++) {
		aula_bearer_clear(&services->hosts[i].checked);
		g_free(services->hosts[i].minted);
		g_free(services->hosts[i].url);
		g_free(services->hosts[i].fault);
	}
	g_array_free(services->endpoints, TRUE);
	g_hash_table_destroy(services->feeds);
	g_free(services);
}

void
aula_services_forget(aula_services *services, size_t index)
{
	aula_service_timers_stop(&services->timers, (unsigned)index);
	if (services->board->keeper != NULL)
		aula_keeper_forget(services->board->keeper, (unsigned)index);
	if (services->board->courier != NULL)
		aula_courier_forget(services->board->courier, (unsigned)index);
	if (services->board->cache != NULL)
		aula_cache_forget(services->board->cache, (unsigned)index);
	aula_service_feeds_close(services->board, services->feeds, (unsigned)index);
	aula_errands_forget(services->board, (unsigned)index);
	for (guint i = services->endpoints->len; i-- > 0;) {
		const aula_endpoint_owner *owner =
			&g_array_index(services->endpoints, aula_endpoint_owner, i);
		if (owner->module != index)
			continue;
		if (*owner->name == '/')
			aula_web_route_drop(services->board->web, owner->name);
		else
			aula_web_websocket_drop(services->board->web, owner->name);
		g_array_remove_index_fast(services->endpoints, i);
	}
}

const aula_host *
aula_services_host(void *data, size_t index)
{
	const aula_services *services = data;

	g_assert(index < services->count);
	return &services->hosts[index].host;
}
