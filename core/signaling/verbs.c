/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/verbs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "signaling/about.h"
#include "signaling/dispatch.h"
#include "signaling/metrics.h"
#include "signaling/notice.h"
#include "signaling/trickle.h"

enum { TRACEPARENT_MOST = 256, LISTEN_MOST = 1000, HOLD_MOST_MS = 3600 * 1000 };

/* One request on its way. */
typedef struct {
	aula_switchboard *board;
	aula_client client;
	aula_envelope envelope;
	aula_session *session;       /* levels SESSION and HANDLE */
	aula_attachment *attachment; /* level HANDLE */
	aula_refusal refusal;
	aula_limits_tab tab;
} errand;

typedef enum { SERVER = 1, SESSION = 2, HANDLE = 4 } level;

/* The requesting connection gets the reply, whoever has the session. */
static void
send_json(const errand *e, json_t *reply)
{
	aula_notice_reply(e->board, e->client, reply);
}

static json_t *
reply(const errand *e, const char *verb)
{
	return aula_envelope_reply(verb, e->envelope.session, e->envelope.transaction, 0);
}

static void
reply_id(const errand *e, uint64_t id)
{
	json_t *success = reply(e, "success");

	json_object_set_new(success, "data", json_pack("{s:I}", "id", (json_int_t)id));
	send_json(e, success);
}

static int64_t
now_us(const errand *e)
{
	return aula_loop_now_us(e->board->control);
}

static const char *
address_of(const errand *e)
{
	return aula_clients_address(e->board->clients, e->client);
}

/* -- without a session -- */

/* With the servers that the client is to try, if there are any for it. */
static void
reply_about_ice(const errand *e, const aula_session *session, json_t *data)
{
	json_t *success = reply(e, "success");
	json_t *servers = aula_ice_servers_for(e->board->ice_servers, aula_session_bearer(session),
		g_get_real_time() / G_USEC_PER_SEC);

	if (servers != NULL)
		json_object_update(data, servers);
	json_decref(servers);
	if (json_object_size(data) > 0)
		json_object_set_new(success, "data", data);
	else
		json_decref(data);
	send_json(e, success);
}

static bool
do_info(errand *e)
{
	g_auto(aula_bearer) bearer = { 0 };
	const char *why = NULL;
	int info = aula_capabilities_find(e->board->capabilities, AULA_CAPABILITY_INFO);

	if (!aula_identities_check(e->board->identities, NULL, 0, 0, &bearer, &why) || info < 0 ||
		!aula_capability_set_has(&bearer.holds, (unsigned)info))
		return aula_refuse(&e->refusal, AULA_ERROR_UNAUTHORIZED, NULL, NULL);
	json_t *about = reply(e, "server_info");
	aula_about_server(e->board, about);
	send_json(e, about);
	return true;
}

static bool
do_ping(errand *e)
{
	send_json(e, reply(e, "pong"));
	return true;
}

static bool
identify(errand *e, aula_bearer *ret_bearer)
{
	const char *token = NULL, *why = NULL;

	if (!aula_envelope_text(e->envelope.request, "token", false, &token, &e->refusal))
		return false;
	if (!aula_identities_check(e->board->identities, token, token != NULL ? strlen(token) : 0,
		    g_get_real_time() / G_USEC_PER_SEC, ret_bearer, &why))
		return aula_refuse(&e->refusal, AULA_ERROR_UNAUTHORIZED, "token", "%s", why);
	return e->session != NULL || aula_limits_take_bearer(e->board->limits, &e->tab, ret_bearer,
					     address_of(e), now_us(e), &e->refusal);
}

/* Why there is no session more, for its client and for the operator. */
static bool
refuse_session(errand *e, const aula_bearer *bearer)
{
	const aula_settings_limits *limits = &e->board->settings->limits;
	aula_limit limit = AULA_LIMIT_SESSIONS;

	if (e->board->draining)
		return aula_refuse(&e->refusal, AULA_ERROR_FULL, NULL,
			"Currently not accepting new sessions (the server is about to stop)");
	if (aula_sessions_count(e->board->sessions) < (size_t)limits->sessions)
		limit = AULA_LIMIT_CLIENT_SESSIONS;
	aula_limits_hit(e->board->limits, limit, address_of(e), bearer, "create");
	return aula_refuse(&e->refusal, AULA_ERROR_FULL, NULL,
		"Currently not accepting new sessions (%s: %" PRId64 ")", aula_limit_name(limit),
		limit == AULA_LIMIT_SESSIONS ? limits->sessions : limits->client_sessions);
}

static bool
do_create(errand *e)
{
	g_auto(aula_bearer) bearer = { 0 };
	const char *traceparent = NULL;
	uint64_t wanted = 0;
	aula_session *session;

	if (!aula_envelope_number(e->envelope.request, "id", &wanted, &e->refusal) ||
		!aula_envelope_text(
			e->envelope.request, "traceparent", false, &traceparent, &e->refusal) ||
		!identify(e, &bearer))
		return false;
	if (wanted > (UINT64_C(1) << 53))
		return aula_refuse(&e->refusal, AULA_ERROR_TYPE, "id",
			"Invalid element type (id should be at most 2^53)");
	aula_code code = e->board->draining
				 ? AULA_FULL
				 : aula_session_new(e->board->sessions, wanted, e->client,
					   aula_clients_is_lasting(e->board->clients, e->client),
					   &bearer, now_us(e), &session);
	if (code == AULA_EXISTS)
		return aula_refuse(&e->refusal, AULA_ERROR_SESSION_TAKEN, "id", NULL);
	if (code != AULA_OK)
		return refuse_session(e, &bearer);
	/* One that is too long is none: whoever is to read it begins a trace. */
	if (traceparent != NULL && strlen(traceparent) > TRACEPARENT_MOST)
		traceparent = NULL;
	aula_notice_session_new(e->board, session, e->client, traceparent);
	reply_about_ice(
		e, session, json_pack("{s:I}", "id", (json_int_t)aula_session_number(session)));
	return true;
}

/* -- in a session -- */

/* A later token of the same person goes on where the first one ends. */
static bool
renew(errand *e)
{
	g_auto(aula_bearer) later = { 0 };
	const aula_bearer *now = aula_session_bearer(e->session);

	if (!identify(e, &later))
		return false;
	if (strcmp(later.subject, now->subject) != 0 || strcmp(later.role, now->role) != 0 ||
		g_strcmp0(later.room, now->room) != 0)
		return aula_refuse(&e->refusal, AULA_ERROR_UNAUTHORIZED, "token",
			"The token is of somebody else, or for something else");
	aula_session_renew(e->session, later.expires_s);
	return true;
}

static bool
do_keepalive(errand *e)
{
	if (json_object_get(e->envelope.request, "token") != NULL && !renew(e))
		return false;
	send_json(e, reply(e, "ack"));
	return true;
}

static bool
do_claim(errand *e)
{
	if (!aula_session_fits(e->session, e->client)) {
		aula_limits_hit(e->board->limits, AULA_LIMIT_CLIENT_SESSIONS, address_of(e),
			aula_session_bearer(e->session), "claim");
		return aula_refuse(&e->refusal, AULA_ERROR_FULL, NULL,
			"The connection has as many sessions as one may");
	}
	reply_about_ice(e, e->session, json_object());
	aula_session_claim(e->session, e->client,
		aula_clients_is_lasting(e->board->clients, e->client), now_us(e));
	return true;
}

/* For those whose passwords end while the session goes on; a guest has none to begin with. */
static bool
do_ice_servers(errand *e)
{
	if (aula_session_bearer(e->session)->expires_s == 0)
		return aula_refuse(&e->refusal, AULA_ERROR_UNAUTHORIZED, NULL, NULL);
	reply_about_ice(e, e->session, json_pack("{s:[]}", "ice_servers"));
	return true;
}

static bool
do_attach(errand *e)
{
	const char *package, *opaque_id = NULL;

	if (!aula_envelope_text(e->envelope.request, "plugin", true, &package, &e->refusal) ||
		!aula_envelope_text(
			e->envelope.request, "opaque_id", false, &opaque_id, &e->refusal))
		return false;
	size_t module = aula_modules_package(e->board->modules, package);
	if (module == SIZE_MAX)
		return aula_refuse(&e->refusal, AULA_ERROR_PLUGIN, "plugin",
			"No such plugin '%.100s'", package);
	aula_attachment *attachment =
		aula_attachment_new(e->session, (unsigned)module, package, opaque_id);
	if (attachment == NULL) {
		aula_limits_hit(e->board->limits, AULA_LIMIT_HANDLES, address_of(e),
			aula_session_bearer(e->session), package);
		return aula_refuse(&e->refusal, AULA_ERROR_ATTACH, NULL,
			"The session has as many handles as are allowed");
	}
	aula_code code = aula_notice_welcome(e->board, attachment);
	if (code != AULA_OK)
		return aula_refuse(&e->refusal, AULA_ERROR_ATTACH, NULL,
			"The plugin refused the handle: %s", aula_code_sentence(code));
	aula_notice_attached(e->board, attachment);
	reply_id(e, aula_attachment_number(attachment));
	return true;
}

static bool
do_destroy(errand *e)
{
	send_json(e, reply(e, "success"));
	aula_notice_end_session(e->board, e->session, "destroyed");
	return true;
}

static bool
may_administrate(const errand *e)
{
	const aula_bearer *bearer = aula_session_bearer(e->session);
	int bit = aula_capabilities_find(e->board->capabilities, AULA_CAPABILITY_ADMIN);

	return bit >= 0 && aula_capability_set_has(&bearer->holds, (unsigned)bit) &&
	       bearer->room == NULL;
}

/* The Admin API for pages, which must not have its secret. A token for one room is not for all, and
 * a demo that hands its tokens to the whole world hands out none of this. */
static bool
do_admin(errand *e)
{
	const aula_switchboard *board = e->board;
	json_t *request = NULL;

	if (board->admin.serve == NULL || !may_administrate(e))
		return aula_refuse(&e->refusal, AULA_ERROR_UNAUTHORIZED, NULL,
			"Unauthorized request (it needs " AULA_CAPABILITY_ADMIN
			", in a token for all rooms)");
	if (aula_settings_demo_runs(board->settings) &&
		!aula_settings_demo_is_local(board->settings))
		return aula_refuse(&e->refusal, AULA_ERROR_UNAUTHORIZED, NULL,
			"Unauthorized request (the demo gives its tokens to everybody, so none of "
			"them administrates; use the Admin API)");
	if (!aula_envelope_object(e->envelope.request, "request", true, &request, &e->refusal))
		return false;
	board->admin.serve(board->admin.data, e->client, e->envelope.session,
		e->envelope.transaction, request);
	return true;
}

/* -- on a handle -- */

static bool
do_message(errand *e)
{
	return aula_dispatch_message(e->board, e->client, &e->envelope, e->attachment, &e->refusal);
}

static bool
do_trickle(errand *e)
{
	aula_handle handle = aula_attachment_handle(e->attachment);
	g_autoptr(GArray) candidates = g_array_new(FALSE, FALSE, sizeof(aula_candidate));
	bool last = false;

	if (!aula_trickle_read(e->envelope.request, candidates, &last, &e->refusal))
		return false;
	if (!aula_peering_exists(e->board->peerings, handle))
		return aula_refuse(&e->refusal, AULA_ERROR_TRICKLE, NULL, NULL);
	aula_trickling_take(aula_peering_trickling(e->board->peerings, handle), e->board->engine,
		aula_peering_peer(e->board->peerings, handle),
		(const aula_candidate *)(void *)candidates->data, candidates->len, last);
	send_json(e, reply(e, "ack"));
	return true;
}

static bool
do_hangup(errand *e)
{
	send_json(e, reply(e, "success"));
	aula_notice_hangup(e->board, e->attachment, "hangup by the client");
	return true;
}

static bool
do_detach(errand *e)
{
	send_json(e, reply(e, "success"));
	aula_notice_detach(e->board, e->attachment, "detached", false);
	return true;
}

static const struct verb {
	const char *name;
	level at;
	bool unowned; /* also for a session of another connection */
	bool (*run)(errand *e);
} verbs[] = {
	{ "info", SERVER, false, do_info },
	{ "ping", SERVER, false, do_ping },
	{ "create", SERVER, false, do_create },
	{ "keepalive", SESSION, false, do_keepalive },
	{ "claim", SESSION, true, do_claim },
	{ "ice_servers", SESSION, false, do_ice_servers },
	{ "attach", SESSION, false, do_attach },
	{ "destroy", SESSION, false, do_destroy },
	{ "admin", SESSION, false, do_admin },
	{ "message", HANDLE, false, do_message },
	{ "trickle", HANDLE, false, do_trickle },
	{ "hangup", HANDLE, false, do_hangup },
	{ "detach", HANDLE, false, do_detach },
};

static const struct verb *
find_verb(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
		if (g_ascii_strcasecmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static bool
find_parties(errand *e, const struct verb *verb)
{
	const aula_envelope *envelope = &e->envelope;

	e->session = aula_sessions_find(e->board->sessions, envelope->session);
	if (e->session == NULL)
		return aula_refuse(&e->refusal, AULA_ERROR_SESSION, "session_id",
			"No such session %" PRIu64, envelope->session);
	if (!aula_session_answers_to(e->session, e->client) && (verb == NULL || !verb->unowned))
		return aula_refuse(&e->refusal, AULA_ERROR_SESSION, "session_id",
			"No such session %" PRIu64 " on this connection; claim it first",
			envelope->session);
	aula_session_touch(e->session, now_us(e));
	if (!aula_limits_take_session(
		    e->board->limits, &e->tab, e->session, address_of(e), now_us(e), &e->refusal))
		return false;
	if (envelope->handle == 0)
		return true;
	e->attachment = aula_attachment_numbered(e->session, envelope->handle);
	if (e->attachment == NULL)
		return aula_refuse(&e->refusal, AULA_ERROR_HANDLE, "handle_id",
			"No such handle %" PRIu64 " in session %" PRIu64, envelope->handle,
			envelope->session);
	return true;
}

static bool
serve(errand *e)
{
	const aula_envelope *envelope = &e->envelope;
	const struct verb *verb = find_verb(envelope->verb);
	level at = envelope->handle != 0 ? HANDLE : envelope->session != 0 ? SESSION : SERVER;

	if (at == HANDLE && envelope->session == 0)
		return aula_refuse(&e->refusal, AULA_ERROR_SESSION, "session_id",
			"No such session (a handle_id needs a session_id)");
	if (at == SERVER && (verb == NULL || verb->at != SERVER))
		return aula_refuse(&e->refusal, AULA_ERROR_PATH, "janus",
			"Unhandled request '%.40s' at this path", envelope->verb);
	if (at != SERVER && !find_parties(e, verb))
		return false;
	if (verb == NULL)
		return aula_refuse(&e->refusal, AULA_ERROR_UNKNOWN_VERB, "janus",
			"Unknown request '%.40s'", envelope->verb);
	if (verb->at != at)
		return aula_refuse(&e->refusal, AULA_ERROR_PATH, "janus",
			"Unhandled request '%.40s' at this path", envelope->verb);
	return verb->run(e);
}

/* Lines of the log that come of it name it. */
static void
serve_told(errand *e)
{
	const aula_log_about about = { .session = e->envelope.session,
		.handle = e->envelope.handle,
		.transaction = e->envelope.transaction };

	aula_log_set_about(&about);
	serve(e);
	aula_log_set_about(NULL);
}

/* What the address names holds for the text too; both may say it, but not differently. */
static bool
apply_place(errand *e, aula_client_place place, aula_refusal *refusal)
{
	aula_envelope *envelope = &e->envelope;

	if (place.session != 0 && envelope->session != 0 && envelope->session != place.session)
		return aula_refuse(refusal, AULA_ERROR_PATH, "session_id",
			"Conflicting session ID (payload and path)");
	if (place.handle != 0 && envelope->handle != 0 && envelope->handle != place.handle)
		return aula_refuse(refusal, AULA_ERROR_PATH, "handle_id",
			"Conflicting handle ID (payload and path)");
	envelope->session = place.session != 0 ? place.session : envelope->session;
	envelope->handle = place.handle != 0 ? place.handle : envelope->handle;
	return true;
}

static bool
is_lasting(const errand *e)
{
	return aula_clients_is_lasting(e->board->clients, e->client);
}

/* Whether a client that gets a single reply has sent a single text. */
static bool
is_single(const errand *e, const char *rest, size_t length, aula_refusal *refusal)
{
	return is_lasting(e) || aula_envelope_is_blank(rest, length) ||
	       aula_refuse(refusal, AULA_ERROR_JSON, NULL, "Invalid JSON (more than one text)");
}

/* Whether it is one too many: of its address, of its connection. GONE: it is being closed. */
static aula_code
charge(errand *e)
{
	aula_quota_left left = { 0 };
	aula_code code = aula_clients_charge(e->board->clients, e->client, now_us(e), &left);

	if (code == AULA_TOO_FAST)
		aula_limits_refuse(AULA_LIMIT_CLIENT_RATE, aula_clients_quota(e->board->clients),
			&left, &e->refusal);
	if (code != AULA_OK)
		return code;
	if (aula_limits_take_address(
		    e->board->limits, &e->tab, address_of(e), now_us(e), &e->refusal))
		return AULA_OK;
	if (!is_lasting(e) || aula_limits_has_patience(e->board->limits, address_of(e), now_us(e)))
		return AULA_TOO_FAST;
	aula_clients_close(
		e->board->clients, e->client, AULA_TOO_FAST, "too many requests of your address");
	return AULA_GONE;
}

static void
reply_refusal(errand *e)
{
	json_t *error = reply(e, "error");

	json_object_set_new(error, "error", aula_refusal_json(&e->refusal));
	if (e->refusal.limited.limit == NULL) {
		send_json(e, error);
		return;
	}
	g_autofree char *text = json_dumps(error, JSON_COMPACT);
	aula_clients_send_limited(
		e->board->clients, e->client, &e->refusal.limited, text, strlen(text));
	/* That of the connection itself has been counted. */
	if (e->refusal.limited.limit != aula_limit_name(AULA_LIMIT_CLIENT_RATE))
		aula_clients_note_refusal(e->board->clients, e->client, now_us(e));
	json_decref(error);
}

/* One JSON text. One too many of a connection that stays is read all the same: its client looks for
 * its transaction in the reply. */
static void
serve_one(errand *e, aula_client_place place, const char *text, size_t length, size_t *ret_used)
{
	int64_t began_us = aula_worked_us();
	e->board->heard_us = place.heard_us;
	aula_code code = charge(e);
	aula_refusal form = { 0 };

	if (code == AULA_OK || (code == AULA_TOO_FAST && is_lasting(e))) {
		bool good = aula_envelope_open(text, length, ret_used, &e->envelope, &form) &&
			    is_single(e, text + *ret_used, length - *ret_used, &form) &&
			    apply_place(e, place, &form);
		if (code == AULA_OK && !good)
			e->refusal = form;
		else if (code == AULA_OK)
			serve_told(e);
	}
	if (code == AULA_GONE)
		*ret_used = length;
	else if (e->refusal.error != AULA_ERROR_NONE)
		reply_refusal(e);
	const struct verb *verb = e->envelope.verb != NULL ? find_verb(e->envelope.verb) : NULL;
	aula_metrics_verb(e->board->metrics, verb != NULL ? verb->name : NULL, &e->refusal,
		aula_now_us() - place.heard_us);
	e->board->heard_us = 0;
	aula_envelope_clear(&e->envelope);
	int64_t worked_us = aula_worked_us() - began_us;
	aula_clients_debit(e->board->clients, e->client, worked_us, now_us(e));
	aula_limits_debit(e->board->limits, &e->tab, worked_us, now_us(e));
}

void
aula_verbs_serve(aula_switchboard *board, aula_client client, aula_client_place place,
	const char *text, size_t length)
{
	bool lasting = aula_clients_is_lasting(board->clients, client);

	do {
		errand e = { .board = board, .client = client };
		size_t used = length;
		serve_one(&e, place, text, length, &used);
		text += used;
		length -= used;
	} while (lasting && !aula_envelope_is_blank(text, length));
}

void
aula_verbs_listen(aula_switchboard *board, aula_client client, aula_client_place place,
	int64_t most, int64_t hold_ms)
{
	errand e = { .board = board, .client = client };
	int64_t at_us = now_us(&e);

	e.session = aula_sessions_find(board->sessions, place.session);
	if (!aula_limits_take_address(board->limits, &e.tab, address_of(&e), at_us, &e.refusal)) {
		reply_refusal(&e);
	} else if (e.session == NULL || !aula_session_answers_to(e.session, client)) {
		aula_clients_refuse(board->clients, client, AULA_NOT_FOUND);
	} else if (!aula_limits_take_session(
			   board->limits, &e.tab, e.session, address_of(&e), at_us, &e.refusal)) {
		reply_refusal(&e);
	} else {
		aula_session_listen(e.session, client, (size_t)CLAMP(most, 1, LISTEN_MOST), at_us,
			at_us + CLAMP(hold_ms, 0, HOLD_MOST_MS) * 1000);
	}
}
