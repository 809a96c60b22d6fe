/* SPDX-License-Identifier: Apache-2.0 */
/* The verb about limits: what they are, where they are set, and what hit them. */
#include "admin/inside.h"

/* What of the settings and of now belongs to a limit; -1: there is no such number. */
typedef struct {
	int64_t most, now, burst;
} measure;

static measure
measure_rate(int64_t rate, int64_t burst)
{
	return (measure){ rate, -1, burst };
}

static measure
measure_of(aula_limit limit, const aula_switchboard *board, const aula_settings *settings)
{
	const aula_settings_limits *limits = &settings->limits;

	switch (limit) {
	case AULA_LIMIT_ADDRESS_RATE:
		return measure_rate(limits->address_rate, limits->address_burst);
	case AULA_LIMIT_TOKEN_RATE:
		return measure_rate(limits->token_rate, limits->token_burst);
	case AULA_LIMIT_SESSION_RATE:
		return measure_rate(limits->session_rate, limits->session_burst);
	case AULA_LIMIT_CLIENT_RATE:
		return measure_rate(limits->client_rate, limits->client_burst);
	case AULA_LIMIT_CLIENTS:
		return (measure){ limits->clients, (int64_t)aula_clients_count(board->clients),
			-1 };
	case AULA_LIMIT_SESSIONS:
		return (measure){ limits->sessions, (int64_t)aula_sessions_count(board->sessions),
			-1 };
	case AULA_LIMIT_CLIENT_SESSIONS:
		return (measure){ limits->client_sessions, -1, -1 };
	case AULA_LIMIT_HANDLES:
		return (measure){ limits->handles, -1, -1 };
	case AULA_LIMIT_PEERS:
		return (measure){ limits->peers, (int64_t)aula_peerings_count(board->peerings),
			-1 };
	case AULA_LIMIT_ROOMS:
		return (measure){ limits->rooms, (int64_t)aula_room_list_count(board->rooms), -1 };
	case AULA_LIMIT_MEMBERS:
		return (measure){ limits->members, -1, -1 };
	case AULA_LIMIT_MESSAGE_BYTES:
		return (measure){ limits->message_bytes, -1, -1 };
	case AULA_LIMIT_CLIENT_WAITING:
		return (measure){ 4 * limits->message_bytes, -1, -1 };
	case AULA_LIMIT_WEB_CONNECTIONS:
		return (measure){ settings->web.connections_most,
			(int64_t)aula_web_connection_count(board->web), -1 };
	case AULA_LIMIT_WEB_ADDRESS_CONNECTIONS:
		return (measure){ settings->web.address_connections_most, -1, -1 };
	default: /* of a module */
		return (measure){ -1, -1, -1 };
	}
}

static void
set_number(json_t *object, const char *key, int64_t value)
{
	if (value >= 0)
		json_object_set_new(object, key, json_integer(value));
}

static bool
do_limits(aula_admin_call *call, const void *args)
{
	const aula_switchboard *board = call->board;
	aula_hits *hits = aula_limits_hits(board->limits);
	json_t *all = json_array();

	(void)args;
	for (int i = 0; i < AULA_LIMIT_COUNT_; i++) {
		aula_limit limit = (aula_limit)i;
		measure about = measure_of(limit, board, aula_admin_settings(call->admin));
		json_t *one = json_pack("{s:s, s:s, s:s, s:I}", "name", aula_limit_name(limit),
			"summary", aula_limit_summary(limit), "setting", aula_limit_setting(limit),
			"hits", (json_int_t)aula_hits_count(hits, limit));
		int64_t last_ms = aula_hits_last_ms(hits, limit);
		set_number(one, "most", about.most);
		set_number(one, "burst", about.burst);
		set_number(one, "now", about.now);
		set_number(one, "last", last_ms > 0 ? last_ms : -1);
		json_array_append_new(all, one);
	}
	json_object_set_new(call->reply, "limits", all);
	json_object_set_new(call->reply, "recent", aula_hits_recent(hits));
	json_object_set_new(call->reply, "tracked",
		json_integer((json_int_t)aula_limits_tracked(
			board->limits, aula_loop_now_us(board->control))));
	return true;
}

// clang-format off
static const aula_admin_verb rows[] = {
	{ "limits", AULA_ADMIN_SERVER, .run = do_limits,
		.summary = "The bounds, where each is set, how much of it is used, how often it was hit; and the latest hits with who it was." },
};
// clang-format on

const aula_admin_table aula_admin_limits_verbs = { rows, G_N_ELEMENTS(rows) };
