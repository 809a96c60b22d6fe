/* SPDX-License-Identifier: Apache-2.0 */
/* Media, timers, transports, HTTP and events. */
#include "signaling/services-module.h"

#include <string.h>

#include "base/id.h"
#include "base/log.h"
#include "base/packet.h"
#include "host/greeting.h"

/* -- media -- */

enum { DELAY_MOST_MS = 40950 /* 12 bits of 10 ms */ };

static aula_switchboard *
board_of(const aula_host *host)
{
	return aula_module_of(host)->board;
}

/* A module touches the tracks and senders of its own handles, but may take any track as a source:
 * which those are is for it to know. */
static bool
is_own_track(const aula_host *host, aula_track track)
{
	return aula_module_attachment(
		       host, aula_peering_publisher(board_of(host)->peerings, track, NULL)) != NULL;
}

static bool
is_own_sender(const aula_host *host, aula_sender sender)
{
	return aula_module_attachment(
		       host, aula_peering_receiver(board_of(host)->peerings, sender)) != NULL;
}

/* NULL: it is gone, or another module's. */
static aula_leg *
leg_of(const aula_host *host, aula_sender sender)
{
	return is_own_sender(host, sender)
		       ? aula_leg_of_sender(aula_peerings_legs(board_of(host)->peerings), sender)
		       : NULL;
}

static aula_code
media_feed(const aula_host *host, aula_sender sender, aula_track source)
{
	return is_own_sender(host, sender)
		       ? aula_peering_feed(board_of(host)->peerings, sender, source)
		       : AULA_GONE;
}

static void
media_pause(const aula_host *host, aula_sender sender, bool paused)
{
	aula_leg *leg = leg_of(host, sender);

	if (leg != NULL)
		aula_leg_pause(leg, paused);
}

static void
media_mute(const aula_host *host, aula_track track, bool muted)
{
	if (is_own_track(host, track))
		aula_engine_mute(board_of(host)->engine, track, muted);
}

static void
media_keyframe(const aula_host *host, aula_track track)
{
	if (board_of(host)->engine != NULL)
		aula_engine_keyframe(board_of(host)->engine, track);
}

static aula_handle
media_publisher(const aula_host *host, aula_track track)
{
	return aula_peering_publisher(board_of(host)->peerings, track, NULL);
}

static aula_code
media_tap(const aula_host *host, aula_track track, const aula_tap_ops *ops, void *data,
	aula_tap *ret_tap)
{
	aula_engine *engine = board_of(host)->engine;

	return engine != NULL ? aula_engine_tap(engine, track, ops, data, ret_tap) : AULA_GONE;
}

static void
media_untap(const aula_host *host, aula_tap tap)
{
	if (board_of(host)->engine != NULL)
		aula_engine_untap(board_of(host)->engine, tap);
}

static aula_code
media_aim(const aula_host *host, aula_sender sender, const aula_aim *aim)
{
	aula_aim whole = { .encoding = -1,
		.spatial = -1,
		.temporal = -1,
		.min_delay_ms = -1,
		.max_delay_ms = -1 };

	aula_leg *leg = leg_of(host, sender);

	if (leg == NULL)
		return AULA_GONE;
	/* Of a module that was built when it was shorter. */
	memcpy(&whole, aim, MIN(aim->size, sizeof whole));
	if (whole.encoding < -1 || whole.spatial < -1 || whole.temporal < -1 ||
		whole.fallback_us < 0 || whole.min_delay_ms < -1 || whole.max_delay_ms < -1 ||
		whole.min_delay_ms > DELAY_MOST_MS || whole.max_delay_ms > DELAY_MOST_MS)
		return AULA_INVALID;
	aula_leg_aim(leg, &whole);
	return AULA_OK;
}

const aula_media aula_service_media = { .size = sizeof aula_service_media,
	.feed = media_feed,
	.pause = media_pause,
	.mute = media_mute,
	.keyframe = media_keyframe,
	.publisher = media_publisher,
	.tap = media_tap,
	.untap = media_untap,
	.ref = aula_packet_ref,
	.unref = aula_packet_unref,
	.aim = media_aim };

/* -- timers -- */

typedef struct {
	aula_alarm alarm; /* first */
	aula_switchboard *board;
	aula_id_table *all;
	aula_timer id;
	unsigned module;
	int64_t repeat_us;
	void (*fire)(void *data);
	void *data;
} timer;

static void
timer_free(timer *one)
{
	aula_alarm_clear(one->board->control, &one->alarm);
	aula_id_remove(one->all, one->id.id);
	g_free(one);
}

static void
ring(aula_alarm *alarm)
{
	timer *one = (timer *)(void *)alarm;
	void (*fire)(void *data) = one->fire;
	void *data = one->data;

	/* Set or freed before the call, which may stop it. */
	if (one->repeat_us > 0)
		aula_alarm_set(one->board->control, alarm,
			aula_loop_now_us(one->board->control) + one->repeat_us);
	else
		timer_free(one);
	fire(data);
}

static aula_timer
timer_start(const aula_host *host, int64_t delay_ms, int64_t repeat_ms, void (*fire)(void *data),
	void *data)
{
	const aula_module_host *asks = aula_module_of(host);
	timer *one = g_new0(timer, 1);

	*one = (timer){ .alarm.ring = ring,
		.board = asks->board,
		.all = asks->timers,
		.module = asks->index,
		.id = { aula_id_add(asks->timers, one) },
		.repeat_us = repeat_ms * 1000,
		.fire = fire,
		.data = data };
	if (AULA_NONE(one->id)) {
		aula_log(AULA_LOG_ERROR, aula_loaded_name(asks->loaded),
			"a timer was not started: too many run");
		g_free(one);
		return (aula_timer){ 0 };
	}
	aula_alarm_set(asks->board->control, &one->alarm, aula_now_us() + delay_ms * 1000);
	return one->id;
}

static void
timer_stop(const aula_host *host, aula_timer id)
{
	timer *one = aula_id_get(aula_module_of(host)->timers, id.id);

	if (one != NULL)
		timer_free(one);
}

static void
timer_post(const aula_host *host, void (*task)(void *data), void *data)
{
	aula_loop_call(board_of(host)->control, task, data);
}

void
aula_service_timers_stop(aula_id_table *timers, unsigned module)
{
	size_t cursor = 0;

	for (timer *one; (one = aula_id_next(timers, &cursor)) != NULL;)
		if (one->module == module)
			timer_free(one);
}

void
aula_service_timers_finish(aula_switchboard *board, aula_id_table *timers)
{
	size_t cursor = 0;

	(void)board;
	for (timer *one; (one = aula_id_next(timers, &cursor)) != NULL;)
		timer_free(one);
	aula_id_table_finish(timers);
}

const aula_timers aula_service_timers = { .size = sizeof aula_service_timers,
	.now_us = aula_now_us,
	.start = timer_start,
	.stop = timer_stop,
	.post = timer_post };

/* -- transports -- */

static aula_client
gateway_opened(const aula_host *host, void *client_data, const char *address, bool lasting)
{
	const aula_module_host *asks = aula_module_of(host);
	/* Set before `start` is called, so any thread may read it. */
	const aula_transport_ops *ops = aula_loaded_module(asks->loaded)->transport;

	return aula_clients_opened(asks->board->clients, ops,
		aula_modules_self(asks->board->modules, asks->index), client_data, address,
		lasting);
}

static void
gateway_received(const aula_host *host, aula_client client, const char *text, size_t length)
{
	aula_clients_received(
		board_of(host)->clients, client, (aula_client_place){ 0 }, text, length);
}

static void
gateway_received_at(const aula_host *host, aula_client client, uint64_t session, uint64_t handle,
	const char *text, size_t length)
{
	aula_clients_received(board_of(host)->clients, client,
		(aula_client_place){ .session = session, .handle = handle }, text, length);
}

static void
gateway_listen(
	const aula_host *host, aula_client client, uint64_t session, int64_t most, int64_t hold_ms)
{
	aula_clients_listen(board_of(host)->clients, client,
		(aula_client_place){ .session = session }, most, hold_ms);
}

static void
gateway_closed(const aula_host *host, aula_client client, bool final)
{
	aula_clients_closed(board_of(host)->clients, client, final);
}

const aula_gateway aula_service_gateway = { .size = sizeof aula_service_gateway,
	.opened = gateway_opened,
	.received = gateway_received,
	.closed = gateway_closed,
	.received_at = gateway_received_at,
	.listen = gateway_listen };

/* -- HTTP -- */

static aula_code
http_websocket(const aula_host *host, const char *subprotocol, const aula_websocket_ops *ops,
	void *self, const aula_websocket_limits *limits)
{
	const aula_module_host *asks = aula_module_of(host);
	aula_code code = aula_web_websocket_add(asks->board->web, subprotocol, ops, self, limits);

	if (code == AULA_OK) {
		aula_endpoint_owner owner = { asks->index, g_strdup(subprotocol) };
		g_array_append_val(asks->endpoints, owner);
	}
	return code;
}

static aula_code
http_serve(const aula_host *host, const aula_route *route)
{
	const aula_module_host *asks = aula_module_of(host);
	aula_route copy = { 0 };

	memcpy(&copy, route, MIN(route->size, sizeof copy));
	aula_code code = aula_web_route_add(asks->board->web, &copy);
	if (code == AULA_OK) {
		aula_endpoint_owner owner = { asks->index, g_strdup(copy.path) };
		g_array_append_val(asks->endpoints, owner);
	}
	return code;
}

static aula_code
http_route(const aula_host *host, const char *path, const aula_exchange_ops *ops, void *self,
	const aula_route_limits *limits)
{
	return http_serve(host, &(aula_route){ .size = sizeof(aula_route),
					.path = path,
					.ops = ops,
					.self = self,
					.limits = limits });
}

static const char *
http_url(const aula_host *host)
{
	aula_module_host *asks = (aula_module_host *)(uintptr_t)aula_module_of(host);
	const aula_switchboard *board = asks->board;

	g_free(asks->url);
	asks->url = aula_greeting_url(
		board->settings, aula_web_port(board->web), aula_web_tls_port(board->web));
	return asks->url;
}

/* A module may bound what it serves itself. */
static bool
http_owns(const aula_module_host *asks, const char *name)
{
	for (guint i = 0; i < asks->endpoints->len; i++) {
		const aula_endpoint_owner *owner =
			&g_array_index(asks->endpoints, aula_endpoint_owner, i);
		if (owner->module == asks->index && strcmp(owner->name, name) == 0)
			return true;
	}
	return false;
}

static aula_code
http_bound_websocket(
	const aula_host *host, const char *subprotocol, const aula_websocket_limits *limits)
{
	const aula_module_host *asks = aula_module_of(host);

	return http_owns(asks, subprotocol)
		       ? aula_web_websocket_bound(asks->board->web, subprotocol, limits)
		       : AULA_NOT_FOUND;
}

static aula_code
http_bound_route(const aula_host *host, const char *path, const aula_route_limits *limits)
{
	const aula_module_host *asks = aula_module_of(host);

	return http_owns(asks, path) ? aula_web_route_bound(asks->board->web, path, limits)
				     : AULA_NOT_FOUND;
}

const aula_http aula_service_http = { .size = sizeof aula_service_http,
	.websocket = http_websocket,
	.send = aula_websocket_send,
	.close = aula_websocket_close,
	.release = aula_websocket_release,
	.route = http_route,
	.answer = aula_exchange_answer,
	.drop = aula_exchange_drop,
	.serve = http_serve,
	.url = http_url,
	.bound_websocket = http_bound_websocket,
	.bound_route = http_bound_route };

/* -- events -- */

static void
events_emit(const aula_host *host, uint32_t type, aula_room room, aula_handle handle,
	const char *name, json_t *data)
{
	aula_switchboard *board = board_of(host);
	const aula_attachment *attachment = aula_attachment_find(board->sessions, handle);
	aula_event event = { .type = type, .name = name, .event = data };

	if ((type != AULA_EVENT_PLUGIN && type != AULA_EVENT_EXTERNAL) ||
		!aula_fanout_wants(board->events, type))
		return;
	event.room = aula_room_name(board->rooms, room, &event.room_number);
	if (attachment != NULL) {
		const aula_session *session = aula_attachment_session(attachment);
		event.session_id = aula_session_number(session);
		event.handle_id = aula_attachment_number(attachment);
		event.user = aula_session_bearer(session)->subject;
	}
	aula_fanout_emit(board->events, &event);
}

const aula_events aula_service_events = { .size = sizeof aula_service_events, .emit = events_emit };
