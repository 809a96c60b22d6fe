/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of the Janus Admin API that are about the server; those that make no sense here say
 * why. */
#include <string.h>

#include "admin/inside.h"
#include "base/log.h"
#include "signaling/about.h"
#include "signaling/errand.h"

enum { TEXT_MOST = 4096, JANUS_LEVELS = 8 };

static bool
do_info(aula_admin_call *call, const void *args)
{
	(void)args;
	json_object_set_new(call->reply, "janus", json_string("server_info"));
	aula_about_server(call->board, call->reply);
	return true;
}

static bool
do_ping(aula_admin_call *call, const void *args)
{
	(void)args;
	json_object_set_new(call->reply, "janus", json_string("pong"));
	return true;
}

/* Janus counts 1 fatal, 2 error, 3 warning, 4 information, 5 to 7 ever more; 0 nothing. */
static int
janus_level(aula_log_level level)
{
	static const int levels[] = { 2, 3, 4, 7 };

	return levels[level];
}

static bool
do_get_status(aula_admin_call *call, const void *args)
{
	const aula_settings *settings = aula_admin_settings(call->admin);
	const aula_settings_limits *limits = &settings->limits;

	(void)args;
	json_object_set_new(call->reply, "status",
		json_pack("{s:b, s:I, s:I, s:i, s:i, s:b, s:b, s:b, s:b, s:i, s:b, s:i, s:i}",
			"token_auth", 1, "session_timeout", (json_int_t)limits->session_timeout_s,
			"reclaim_session_timeout", (json_int_t)limits->reclaim_s,
			"candidates_timeout", 0, "log_level", janus_level(aula_log_level_now()),
			"log_timestamps", 1, "log_colors", 0, "locking_debug", 0, "refcount_debug",
			0, "min_nack_queue", 0, "nack-optimizations", 0, "no_media_timer", 1,
			"slowlink_threshold", 0));
	return true;
}

/* -- settings that hold until the next start -- */

typedef struct {
	int64_t timeout;
} timeout_args;
static const aula_field timeout_fields[] = { AULA_INT(timeout_args, timeout, "timeout", 1, 86400,
	.flags = AULA_REQUIRED,
	.summary = "Seconds without a sign of life after which a session ends.") };

static bool
do_set_session_timeout(aula_admin_call *call, const void *args)
{
	aula_settings *settings = aula_admin_settings(call->admin);

	settings->limits.session_timeout_s = ((const timeout_args *)args)->timeout;
	aula_signaling_apply_limits(call->board);
	json_object_set_new(
		call->reply, "timeout", json_integer(settings->limits.session_timeout_s));
	return true;
}

typedef struct {
	int64_t level;
} level_args;
static const aula_field level_fields[] = { AULA_INT(level_args, level, "level", 0, 7,
	.flags = AULA_REQUIRED,
	.summary = "As Janus counts: up to 2 errors, 3 warnings too, 4 information too, from 5 "
		   "on everything.") };

static bool
do_set_log_level(aula_admin_call *call, const void *args)
{
	static const aula_log_level levels[JANUS_LEVELS] = { AULA_LOG_ERROR, AULA_LOG_ERROR,
		AULA_LOG_ERROR, AULA_LOG_WARNING, AULA_LOG_INFO, AULA_LOG_DEBUG, AULA_LOG_DEBUG,
		AULA_LOG_DEBUG };
	int64_t level = ((const level_args *)args)->level;

	aula_log_open(levels[level]);
	json_object_set_new(call->reply, "level", json_integer(level));
	return true;
}

typedef struct {
	bool accept;
} accept_args;
static const aula_field accept_fields[] = { AULA_BOOL(accept_args, accept, "accept",
	.flags = AULA_REQUIRED, .summary = "Whether new sessions and new rooms are taken.") };

static bool
do_accept_new_sessions(aula_admin_call *call, const void *args)
{
	bool accept = ((const accept_args *)args)->accept;

	aula_signaling_accept(call->board, accept);
	json_object_set_new(call->reply, "accept", json_boolean(accept));
	return true;
}

/* -- events and log -- */

typedef struct {
	const char *schema;
	json_t *data;
} event_args;
static const aula_field event_fields[] = {
	AULA_TEXT(event_args, schema, "schema", 255, .min = 1, .flags = AULA_REQUIRED,
		.summary = "What kind of event it is, for those who read it."),
	AULA_JSON(event_args, data, "data", .flags = AULA_REQUIRED, .summary = "The event itself."),
};

static bool
do_custom_event(aula_admin_call *call, const void *args)
{
	const event_args *given = args;
	json_t *body = json_pack("{s:s, s:O}", "schema", given->schema, "data", given->data);
	aula_event event = { .type = AULA_EVENT_EXTERNAL, .name = "external", .event = body };

	aula_fanout_emit(call->board->events, &event);
	json_decref(body);
	return true;
}

typedef struct {
	const char *line;
	int64_t level;
} line_args;
static const aula_field line_fields[] = {
	AULA_TEXT(line_args, line, "line", TEXT_MOST, .min = 1, .flags = AULA_REQUIRED,
		.summary = "The line."),
	AULA_INT(line_args, level, "level", 0, 7, .fallback = 4,
		.summary = "Its weight, as for set_log_level."),
};

static bool
do_custom_logline(aula_admin_call *call, const void *args)
{
	const line_args *given = args;
	char quoted[256];
	aula_log_level level = given->level <= 2   ? AULA_LOG_ERROR
			       : given->level == 3 ? AULA_LOG_WARNING
			       : given->level == 4 ? AULA_LOG_INFO
						   : AULA_LOG_DEBUG;

	(void)call;
	aula_log(level, "admin", "an operator says line=%s",
		aula_log_quote(given->line, quoted, sizeof quoted));
	return true;
}

typedef struct {
	const char *handler;
} handler_args;
static const aula_field handler_fields[] = { AULA_TEXT(handler_args, handler, "handler", 63,
	.min = 1, .flags = AULA_REQUIRED, .summary = "Name of the event handler.") };

static bool
do_query_eventhandler(aula_admin_call *call, const void *args)
{
	const char *name = ((const handler_args *)args)->handler;
	json_t *counted = aula_fanout_counted(call->board->events);
	json_t *one = json_object_get(counted, name);

	if (one == NULL)
		aula_refuse(&call->refusal, AULA_ERROR_PLUGIN, "handler",
			"No such event handler '%.60s'", name);
	else
		json_object_set(call->reply, "response", one);
	json_decref(counted);
	return one != NULL;
}

static bool
do_replay_refused(aula_admin_call *call, const void *args)
{
	const char *name = ((const handler_args *)args)->handler;
	aula_code code = aula_fanout_replay(call->board->events, name);

	if (code != AULA_OK)
		aula_refuse(&call->refusal, AULA_ERROR_PLUGIN, "handler",
			code == AULA_FULL ? "The queue of '%.60s' is full" : "No such sink '%.60s'",
			name);
	return code == AULA_OK;
}

/* -- lists -- */

static void
add_session(void *data, const aula_session *session)
{
	json_array_append_new(data, json_integer((json_int_t)aula_session_number(session)));
}

static bool
do_list_sessions(aula_admin_call *call, const void *args)
{
	json_t *all = json_array();

	(void)args;
	aula_sessions_each(call->board->sessions, add_session, all);
	json_object_set_new(call->reply, "sessions", all);
	return true;
}

static bool
do_loops_info(aula_admin_call *call, const void *args)
{
	json_t *all = json_array();
	const aula_engine *engine = call->board->engine;
	size_t count;

	(void)args;
	for (unsigned i = 0;
		engine != NULL && (count = aula_engine_peers_on(engine, i)) != SIZE_MAX; i++)
		json_array_append_new(
			all, json_pack("{s:i, s:I}", "id", (int)i, "handles", (json_int_t)count));
	json_object_set_new(call->reply, "loops", all);
	return true;
}

/* -- to a plugin -- */

typedef struct {
	const char *plugin;
	json_t *request;
} message_args;

static const aula_field message_fields[] = {
	AULA_TEXT(message_args, plugin, "plugin", 255, .min = 1, .flags = AULA_REQUIRED,
		.summary = "The name that clients attach to it by."),
	AULA_JSON(message_args, request, "request", .flags = AULA_REQUIRED,
		.summary = "Its request, as a client sends it: {\"request\": ..}."),
};

static aula_error
error_of(aula_code code)
{
	switch (code) {
	case AULA_FORBIDDEN:
	case AULA_UNAUTHORIZED:
		return AULA_ERROR_PLUGIN_DENIED;
	case AULA_UNKNOWN:
		return AULA_ERROR_UNKNOWN_VERB;
	case AULA_MISSING:
		return AULA_ERROR_MISSING;
	case AULA_INVALID:
		return AULA_ERROR_TYPE;
	case AULA_TOO_FAST:
		return AULA_ERROR_TOO_FAST;
	default:
		return AULA_ERROR_MESSAGE;
	}
}

static void
on_message_answered(void *data, const aula_errand_answer *answer)
{
	aula_admin_later *later = data;
	aula_refusal refusal = { 0 };

	if (answer->code == AULA_OK) {
		json_object_set(aula_admin_later_reply(later), "response", answer->reply);
		aula_admin_later_send(later, NULL);
		return;
	}
	aula_refuse(&refusal, error_of(answer->code), answer->field, "%s",
		answer->error != NULL ? answer->error : aula_code_sentence(answer->code));
	aula_admin_later_send(later, &refusal);
}

/* Who asks by a session of the Janus API may what its token may; who has the secret, everything. */
static void
fill_asker(const aula_admin_call *call, aula_bearer *ret_bearer)
{
	const aula_session *session =
		call->asker.inside ? aula_sessions_find(call->board->sessions, call->asker.session)
				   : NULL;
	const aula_bearer *bearer = session != NULL ? aula_session_bearer(session) : NULL;

	*ret_bearer = (aula_bearer){
		.subject = g_strdup(bearer != NULL ? bearer->subject : "(operator)"),
		.name = g_strdup(bearer != NULL ? bearer->name : "Operator"),
		.role = g_strdup(bearer != NULL ? bearer->role : "(operator)"),
		.expires_s = bearer != NULL ? bearer->expires_s : 0,
		.address = g_strdup(aula_admin_address(call)),
	};
	if (bearer != NULL)
		ret_bearer->holds = bearer->holds;
	else
		aula_capability_set_fill(&ret_bearer->holds);
}

static bool
do_message_plugin(aula_admin_call *call, const void *args)
{
	const message_args *message = args;
	const aula_modules *modules = call->board->modules;
	const char *name = json_string_value(json_object_get(message->request, "request"));
	size_t module = aula_modules_package(modules, message->plugin);
	aula_bearer bearer;

	if (module == SIZE_MAX)
		return aula_refuse(&call->refusal, AULA_ERROR_PLUGIN, "plugin",
			"No such plugin '%.100s'", message->plugin);
	if (name == NULL)
		return aula_refuse(&call->refusal, AULA_ERROR_MISSING, "request.request",
			"Missing mandatory element (request.request)");
	fill_asker(call, &bearer);
	aula_errand_serve_as(call->board,
		&(aula_errand){ .size = sizeof(aula_errand),
			.module = aula_loaded_name(aula_modules_get(modules, module)),
			.request = name,
			.body = message->request },
		&bearer, on_message_answered, aula_admin_later_new(call));
	return true;
}

#define FIELDS(table, type) \
	.fields = (table), .field_count = G_N_ELEMENTS(table), .args_size = sizeof(type)
#define NO_TOKENS "tokens are signed and none is stored; who signs them is the setting identity"

// clang-format off
static const aula_admin_verb rows[] = {
	{ "info", AULA_ADMIN_SERVER, .run = do_info,
		.summary = "What the server is; needs no secret." },
	{ "ping", AULA_ADMIN_SERVER, .run = do_ping,
		.summary = "Whether it answers; needs no secret." },
	{ "get_status", AULA_ADMIN_SERVER, .run = do_get_status,
		.summary = "The settings that Janus can change while it runs." },
	{ "set_session_timeout", AULA_ADMIN_SERVER, FIELDS(timeout_fields, timeout_args), .acts = true, .run = do_set_session_timeout,
		.summary = "Changes how long a silent session lives, until the next start or reload." },
	{ "set_log_level", AULA_ADMIN_SERVER, FIELDS(level_fields, level_args), .acts = true, .run = do_set_log_level,
		.summary = "Changes which lines are logged, until the next start or reload." },
	{ "accept_new_sessions", AULA_ADMIN_SERVER, FIELDS(accept_fields, accept_args), .acts = true, .run = do_accept_new_sessions,
		.summary = "Takes new sessions, or none any more; those that are there go on." },
	{ "custom_event", AULA_ADMIN_SERVER, FIELDS(event_fields, event_args), .acts = true, .run = do_custom_event,
		.summary = "Puts an external event into the stream of events." },
	{ "custom_logline", AULA_ADMIN_SERVER, FIELDS(line_fields, line_args), .acts = true, .run = do_custom_logline,
		.summary = "Writes a line into the log." },
	{ "query_eventhandler", AULA_ADMIN_SERVER, FIELDS(handler_fields, handler_args), .run = do_query_eventhandler,
		.summary = "How many events a handler was given, how many wait, how many were dropped." },
	{ "replay_refused", AULA_ADMIN_SERVER, FIELDS(handler_fields, handler_args), .run = do_replay_refused,
		.summary = "Has a sink tried again with the events that it refused, behind what waits." },
	{ "list_sessions", AULA_ADMIN_SERVER, .run = do_list_sessions,
		.summary = "The numbers of all sessions." },
	{ "loops_info", AULA_ADMIN_SERVER, .run = do_loops_info,
		.summary = "The media loops, and how many PeerConnections each has." },
	{ "set_locking_debug", AULA_ADMIN_SERVER, .summary = "there are no locks to debug." },
	{ "set_refcount_debug", AULA_ADMIN_SERVER, .summary = "there are no reference counts to debug." },
	{ "set_log_timestamps", AULA_ADMIN_SERVER, .summary = "each line has its time." },
	{ "set_log_colors", AULA_ADMIN_SERVER, .summary = "lines have no colours." },
	{ "set_min_nack_queue", AULA_ADMIN_SERVER, .summary = "the history of a track is shared and of one size." },
	{ "set_nack_optimizations", AULA_ADMIN_SERVER, .summary = "retransmission is always what it is." },
	{ "set_no_media_timer", AULA_ADMIN_SERVER, .summary = "a track that is silent for a second is told." },
	{ "set_slowlink_threshold", AULA_ADMIN_SERVER, .summary = "statistics tell the loss." },
	{ "message_plugin", AULA_ADMIN_SERVER, FIELDS(message_fields, message_args), .run = do_message_plugin,
		.summary = "Asks a plugin something that needs no session: a request that is also over HTTP. Who has the secret may ask all." },
	{ "query_transport", AULA_ADMIN_SERVER, .summary = "transports take no requests." },
	{ "query_logger", AULA_ADMIN_SERVER, .summary = "there are no loggers beside the one log." },
	{ "add_token", AULA_ADMIN_SERVER, .summary = NO_TOKENS "." },
	{ "allow_token", AULA_ADMIN_SERVER, .summary = NO_TOKENS "." },
	{ "disallow_token", AULA_ADMIN_SERVER, .summary = NO_TOKENS "." },
	{ "list_tokens", AULA_ADMIN_SERVER, .summary = NO_TOKENS "." },
	{ "remove_token", AULA_ADMIN_SERVER, .summary = NO_TOKENS "." },
	{ "resolve_address", AULA_ADMIN_SERVER, .summary = "it looks up no names." },
	{ "test_stun", AULA_ADMIN_SERVER, .summary = "its addresses are those of the setting media.announce, or what each peer gathers." },
};
// clang-format on

const aula_admin_table aula_admin_janus_verbs = { rows, G_N_ELEMENTS(rows) };
