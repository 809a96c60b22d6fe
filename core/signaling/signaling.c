/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/signaling.h"

#include <string.h>

#include "base/log.h"
#include "host/secret.h"
#include "signaling/about.h"
#include "signaling/envelope.h"
#include "signaling/errand.h"
#include "signaling/health.h"
#include "signaling/later.h"
#include "signaling/metrics.h"
#include "signaling/notice.h"
#include "signaling/relaying.h"
#include "signaling/services.h"
#include "signaling/verbs.h"

enum {
	TICK_US = 1000000,
	TEXTS_AT_ONCE = 4,             /* of one client, before others have their turn */
	TICKETS_MOST = 100000,         /* requests that plugins have yet to answer */
	WAITING_BYTES_MOST = 64 << 20, /* for all clients that are away */
};

struct aula_signaling {
	aula_switchboard board;
	aula_services *services;
	aula_health *health;
	aula_alarm tick;
};

/* -- clients -- */

static void
on_client_text(
	void *data, aula_client client, aula_client_place place, const char *text, size_t length)
{
	aula_signaling *signaling = data;

	aula_verbs_serve(&signaling->board, client, place, text, length);
}

static void
on_client_listens(
	void *data, aula_client client, aula_client_place place, int64_t most, int64_t hold_ms)
{
	aula_signaling *signaling = data;

	aula_verbs_listen(&signaling->board, client, place, most, hold_ms);
}

static void
on_client_closed(void *data, aula_client client, bool final)
{
	aula_signaling *signaling = data;

	aula_sessions_abandon(signaling->board.sessions, client, final,
		aula_loop_now_us(signaling->board.control));
}

static const aula_client_listener client_listener = { on_client_text, on_client_listens,
	on_client_closed };

/* -- sessions -- */

static void
on_session_over(void *data, aula_session *session, const char *reason)
{
	aula_signaling *signaling = data;

	aula_notice_end_session(&signaling->board, session, reason);
}

static aula_code
on_session_text(void *data, aula_client client, const char *text, size_t length)
{
	aula_signaling *signaling = data;

	return aula_clients_send(signaling->board.clients, client, text, length);
}

static void
on_session_deaf(void *data, aula_client client)
{
	aula_signaling *signaling = data;

	aula_clients_refuse(signaling->board.clients, client, AULA_NOT_FOUND);
}

static const aula_session_listener session_listener = { on_session_over, on_session_text,
	on_session_deaf };

static void
ring(aula_alarm *alarm)
{
	aula_signaling *signaling =
		(aula_signaling *)(void *)((char *)alarm - offsetof(aula_signaling, tick));
	int64_t now_us = aula_loop_now_us(signaling->board.control);

	aula_log_settle(false);
	aula_sessions_tick(signaling->board.sessions, now_us);
	aula_sessions_expire(signaling->board.sessions,
		g_get_real_time() / G_USEC_PER_SEC - signaling->board.settings->identity.leeway_s);
	aula_health_tick(signaling->health, now_us);
	aula_metrics_tick(signaling->board.metrics, now_us);
	aula_relaying_tick(&signaling->board, now_us);
	aula_alarm_set(signaling->board.control, alarm, now_us + TICK_US);
}

/* -- rooms -- */

static void
on_member_left(void *data, unsigned module, aula_room room, aula_member member, aula_handle handle,
	const char *reason)
{
	aula_switchboard *board = &((aula_signaling *)data)->board;
	void *self;
	const aula_plugin_ops *plugin = aula_notice_plugin(board, module, &self);
	const aula_attachment *attachment = aula_attachment_find(board->sessions, handle);
	aula_handle before = board->leaving;

	if (attachment != NULL)
		aula_notice_left(board, attachment, reason);
	board->leaving = handle;
	if (plugin != NULL && plugin->member_left != NULL)
		plugin->member_left(self, room, member, handle, reason);
	board->leaving = before;
}

static void
on_room_closed(void *data, aula_room room, const char *reason)
{
	aula_signaling *signaling = data;
	void *self;

	for (size_t i = 0; i < aula_modules_count(signaling->board.modules); i++) {
		const aula_plugin_ops *plugin =
			aula_notice_plugin(&signaling->board, (unsigned)i, &self);
		if (plugin != NULL && plugin->room_closed != NULL)
			plugin->room_closed(self, room, reason);
	}
	aula_relaying_close(&signaling->board, room);
}

static void
on_room_closing(void *data, aula_room room, const char *reason)
{
	aula_signaling *signaling = data;
	void *self;

	for (size_t i = 0; i < aula_modules_count(signaling->board.modules); i++) {
		const aula_plugin_ops *plugin =
			aula_notice_plugin(&signaling->board, (unsigned)i, &self);
		if (plugin != NULL && plugin->room_closing != NULL)
			plugin->room_closing(self, room, reason);
	}
}

static void
on_room_broadcast(void *data, aula_handle handle, const char *text, size_t length)
{
	aula_signaling *signaling = data;
	const aula_attachment *attachment = aula_attachment_find(signaling->board.sessions, handle);

	if (attachment != NULL)
		aula_notice_text(&signaling->board, attachment, text, length);
}

static void
on_member_moved(void *data, aula_room room, aula_member member, const char *reason)
{
	aula_signaling *signaling = data;

	aula_notice_did(&signaling->board, &(aula_deed){ .size = sizeof(aula_deed),
						   .room = room,
						   .member = member,
						   .what = reason != NULL ? "left" : "joined",
						   .reason = reason });
}

static const aula_room_listener room_listener = { on_member_left, on_room_closed, on_room_broadcast,
	on_member_moved, on_room_closing };

/* -- the engine -- */

static void
on_peer_connected(void *data, aula_peer peer, const char *path, int64_t reached_us)
{
	aula_signaling *signaling = data;

	aula_notice_connected(&signaling->board, peer, path, reached_us);
}

static void
on_peer_closed(void *data, aula_peer peer, const char *reason)
{
	aula_signaling *signaling = data;

	aula_notice_closed(&signaling->board, peer, reason);
}

static void
on_peer_candidate(void *data, aula_peer peer, const aula_candidate *candidate)
{
	aula_signaling *signaling = data;

	aula_notice_candidate(&signaling->board, peer, candidate);
}

static void
on_track_receiving(void *data, aula_track track, bool receiving)
{
	aula_signaling *signaling = data;

	aula_notice_receiving(&signaling->board, track, receiving);
}

static void
on_track_speaking(void *data, aula_track track, bool speaking, int level_dbov)
{
	aula_signaling *signaling = data;

	aula_notice_speaking(&signaling->board, track, speaking, level_dbov);
}

static void
on_track_wanted(void *data, aula_track track, uint32_t encodings)
{
	aula_signaling *signaling = data;

	aula_notice_wanted(&signaling->board, track, encodings);
}

static void
on_sender_shown(void *data, aula_sender sender, const aula_shown *shown)
{
	aula_signaling *signaling = data;

	aula_notice_shown(&signaling->board, sender, shown);
}

const aula_engine_listener aula_signaling_engine_listener = { on_peer_connected, on_peer_closed,
	on_peer_candidate, on_track_receiving, on_track_speaking, on_track_wanted,
	on_sender_shown };

/* -- limits -- */

static aula_session_limits
session_limits(const aula_settings_limits *limits)
{
	return (aula_session_limits){ .sessions_most = (size_t)limits->sessions,
		.handles_most = (size_t)limits->handles,
		.timeout_us = limits->session_timeout_s * G_USEC_PER_SEC,
		.reclaim_us = limits->reclaim_s * G_USEC_PER_SEC,
		.client_most = (size_t)limits->client_sessions,
		.waiting_bytes_most = WAITING_BYTES_MOST };
}

void
aula_signaling_apply_limits(aula_switchboard *board)
{
	const aula_settings_limits *limits = &board->settings->limits;
	aula_session_limits bounds = session_limits(limits);

	aula_sessions_set_limits(board->sessions, &bounds);
	aula_quota requests = aula_limits_quota(limits, AULA_LIMIT_CLIENT_RATE);
	aula_clients_set_limits(board->clients, (size_t)limits->clients, &requests);
	aula_room_list_set_limits(
		board->rooms, &(aula_room_limits){ .rooms_most = (size_t)limits->rooms,
				      .members_most = (size_t)limits->members });
}

/* -- life -- */

aula_signaling *
aula_signaling_new(const aula_signaling_parts *parts)
{
	aula_signaling *signaling = g_new0(aula_signaling, 1);
	aula_switchboard *board = &signaling->board;
	const aula_settings_limits *limits = &parts->settings->limits;

	*board = (aula_switchboard){ .control = parts->control,
		.settings = parts->settings,
		.modules = parts->modules,
		.identities = parts->identities,
		.ice_servers = parts->ice_servers,
		.capabilities = parts->capabilities,
		.events = parts->events,
		.web = parts->web,
		.keeper = parts->keeper,
		.audit = parts->audit };
	aula_session_limits bounds = session_limits(limits);
	board->clients = aula_clients_new(parts->control,
		&(aula_client_limits){ .clients_most = (size_t)limits->clients,
			.message_bytes_most = (size_t)limits->message_bytes,
			.requests = aula_limits_quota(limits, AULA_LIMIT_CLIENT_RATE),
			.hits = parts->hits,
			.at_once = TEXTS_AT_ONCE },
		&client_listener, signaling);
	board->sessions = aula_sessions_new(&bounds, &session_listener, signaling);
	board->rooms = aula_room_list_new(&(aula_room_limits){ .rooms_most = (size_t)limits->rooms,
						  .members_most = (size_t)limits->members },
		&room_listener, signaling);
	board->holds = aula_holds_new(
		parts->control, parts->settings->ice.gather_ms, &aula_notice_holds, board);
	board->limits = aula_limits_new(parts->settings, parts->hits);
	board->errands = aula_errands_new();
	aula_id_table_init(&board->tickets, TICKETS_MOST);
	signaling->services = aula_services_new(board);
	signaling->health = board->health = aula_health_new(board);
	board->metrics = aula_metrics_new(board);
	signaling->tick.ring = ring;
	return signaling;
}

void
aula_signaling_free(aula_signaling *signaling)
{
	if (signaling == NULL)
		return;
	aula_alarm_clear(signaling->board.control, &signaling->tick);
	aula_services_free(signaling->services);
	aula_health_free(signaling->health);
	aula_metrics_free(signaling->board.metrics);
	aula_holds_free(signaling->board.holds);
	aula_peerings_free(signaling->board.peerings);
	aula_room_list_free(signaling->board.rooms);
	aula_later_finish(&signaling->board.tickets);
	g_hash_table_destroy(signaling->board.errands);
	aula_sessions_free(signaling->board.sessions);
	aula_clients_free(signaling->board.clients);
	aula_limits_free(signaling->board.limits);
	aula_cache_free(signaling->board.cache);
	aula_courier_free(signaling->board.courier);
	aula_relay_free(signaling->board.relay);
	g_free(signaling);
}

void
aula_signaling_set_engine(aula_signaling *signaling, aula_engine *engine, const char *fingerprint)
{
	signaling->board.engine = engine;
	signaling->board.peerings = aula_peerings_new(engine, fingerprint);
}

void
aula_signaling_drop_engine(aula_signaling *signaling)
{
	g_assert(aula_peerings_count(signaling->board.peerings) == 0);
	signaling->board.engine = NULL;
}

aula_switchboard *
aula_signaling_board(aula_signaling *signaling)
{
	return &signaling->board;
}

static void
emit_core(aula_switchboard *board, const char *name, json_t *about)
{
	aula_event event = { .type = AULA_EVENT_CORE, .name = name, .event = about };

	if (aula_fanout_wants(board->events, AULA_EVENT_CORE))
		aula_fanout_emit(board->events, &event);
	json_decref(about);
}

static bool
make_courier(aula_switchboard *board, GError **error)
{
	const aula_settings_bus *bus = &board->settings->bus;
	g_autoptr(GBytes) secret = NULL;
	g_autofree char *password = NULL;
	gsize length;

	if (bus->password_file != NULL) {
		secret = aula_secret_read_foreign(bus->password_file, error);
		if (secret == NULL)
			return false;
		const char *text = g_bytes_get_data(secret, &length);
		password = g_strndup(text, length);
	}
	board->courier = aula_courier_new(
		&(aula_courier_options){ .url = bus->url,
			.password = password != NULL ? password : g_getenv("AULA_BUS_PASSWORD"),
			.prefix = bus->prefix,
			.queue_most = (size_t)bus->queue_most,
			.queue_bytes = (size_t)bus->queue_bytes,
			.connect_ms = bus->connect_ms,
			.reply_ms = bus->reply_ms },
		board->control, error);
	if (password != NULL)
		explicit_bzero(password, length);
	if (board->courier == NULL)
		g_prefix_error(error, "bus.url: ");
	return board->courier != NULL;
}

bool
aula_signaling_start(aula_signaling *signaling, GError **error)
{
	aula_switchboard *board = &signaling->board;
	const aula_list *networks = &board->settings->metrics.networks;
	g_autofree const char **texts = g_new0(const char *, networks->count + 1);

	if (networks->count > 0)
		memcpy(texts, networks->items, networks->count * sizeof *texts);
	if (!aula_metrics_admit(board->metrics, texts, error)) {
		g_prefix_error(error, "metrics.networks: ");
		return false;
	}

	aula_metrics_connect(board->metrics, &board->settings->metrics);
	if (!make_courier(board, error))
		return false;
	board->cache = aula_cache_new(board->courier, board->settings->bus.prefix, board->control);
	aula_relaying_make(board);
	if (!aula_modules_start(board->modules, aula_services_host, signaling->services, error))
		return false;
	for (size_t i = 0; i < aula_modules_count(board->modules); i++) {
		const aula_loaded *loaded = aula_modules_get(board->modules, i);
		const aula_event_ops *ops = aula_loaded_module(loaded)->events;
		if (!aula_modules_runs(board->modules, i))
			aula_services_forget(signaling->services, i);
		if (ops != NULL && aula_modules_runs(board->modules, i) &&
			!aula_fanout_add(board->events, aula_loaded_name(loaded), ops,
				aula_modules_self(board->modules, i), error))
			return false;
	}
	aula_relaying_start(board);
	if (board->keeper != NULL)
		aula_keeper_start(board->keeper, board->control);
	aula_alarm_set(board->control, &signaling->tick, aula_now_us() + TICK_US);
	aula_health_set_ready(signaling->health, true);
	json_t *info = json_object();
	aula_about_server(board, info);
	emit_core(board, "started", json_pack("{s:s, s:o}", "status", "started", "info", info));
	return true;
}

void
aula_signaling_accept(aula_switchboard *board, bool accept)
{
	board->draining = !accept;
	aula_health_set_ready(board->health, accept);
}

static void
announce(void *data, const aula_session *session)
{
	int64_t wait_ms = *(const int64_t *)data;
	uint32_t share = g_random_int_range(0, 1000);
	json_t *notice = aula_envelope_reply("draining", aula_session_number(session), NULL, 0);

	json_object_set_new(notice, "retry_after_ms", json_integer(wait_ms * share / 2000));
	json_object_set_new(notice, "ends_in_ms", json_integer(wait_ms));
	/* It is sent or kept; nobody is called back. */
	aula_session_send_json((aula_session *)(uintptr_t)session, notice);
}

void
aula_signaling_announce_end(aula_switchboard *board, int64_t wait_ms)
{
	aula_signaling_accept(board, false);
	emit_core(board, "draining",
		json_pack("{s:s, s:I, s:I}", "status", "draining", "sessions",
			(json_int_t)aula_sessions_count(board->sessions), "wait_ms",
			(json_int_t)wait_ms));
	aula_sessions_each(board->sessions, announce, &wait_ms);
}

void
aula_signaling_drain(aula_signaling *signaling)
{
	aula_switchboard *board = &signaling->board;
	aula_session *session;

	board->draining = true;
	aula_health_set_ready(signaling->health, false);
	if (board->audit != NULL)
		aula_audit_log_add(board->audit, &(aula_audit_line){ .act = "server.stop" });
	emit_core(board, "shutdown", json_pack("{s:s}", "status", "shutdown"));
	while ((session = aula_sessions_any(board->sessions)) != NULL)
		aula_notice_end_session(board, session, "shutdown");
	aula_clients_close_all(board->clients, AULA_GONE, "the server stops");
	aula_relaying_stop(board);
}
