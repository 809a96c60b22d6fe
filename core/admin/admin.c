/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/admin.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "admin/door.h"
#include "admin/inside.h"
#include "admin/trail.h"
#include "base/log.h"
#include "host/secret.h"
#include "signaling/notice.h"

enum {
	CLIENTS_MOST = 256,
	RATE_PER_S = 100,
	BURST = 400,
	MESSAGE_BYTES_MOST = 256 * 1024,
	/* What an operator reads; descriptions, statistics and connections would drown it. */
	KEPT_TYPES = AULA_EVENT_SESSION | AULA_EVENT_HANDLE | AULA_EVENT_EXTERNAL |
		     AULA_EVENT_WEBRTC | AULA_EVENT_PLUGIN | AULA_EVENT_CORE,
	KEPT_EVENTS = 256,
};

struct aula_admin {
	unsigned refs; /* replies to come, and who made it */
	bool over;
	aula_switchboard *board;
	aula_settings *settings;
	const aula_admin_listener *listener;
	void *data;
	GBytes *secret; /* NULL: none */
	aula_clients *clients;
	aula_door *door; /* NULL: there is none */
	aula_statistics *statistics;
	aula_captures *captures;
	int64_t since_us;
};

struct aula_admin_later {
	aula_admin *admin;
	aula_admin_asker asker;
	json_t *reply;
};

/* -- replies -- */

/* To a page the whole reply goes as data of one of the Janus API, an error as its own. */
static json_t *
wrap(const aula_admin_asker *asker, json_t *reply)
{
	json_t *error = json_object_get(reply, "error");
	json_t *outer = aula_envelope_reply(error != NULL ? "error" : "success", asker->session,
		json_string_value(json_object_get(reply, "transaction")), 0);

	json_object_set(outer, error != NULL ? "error" : "data", error != NULL ? error : reply);
	json_decref(reply);
	return outer;
}

static void
send_reply(aula_admin *admin, const aula_admin_asker *asker, json_t *reply)
{
	aula_clients *clients = asker->inside ? admin->board->clients : admin->clients;

	if (admin->over) {
		json_decref(reply);
		return;
	}
	if (asker->inside)
		reply = wrap(asker, reply);
	char *text = json_dumps(reply, JSON_COMPACT);
	if (text != NULL)
		aula_clients_send(clients, asker->client, text, strlen(text));
	free(text);
	json_decref(reply);
}

/* Makes an error of the reply that it would have been. */
static void
spoil(json_t *reply, const aula_refusal *refusal)
{
	json_t *session = json_incref(json_object_get(reply, "session_id"));
	json_t *transaction = json_incref(json_object_get(reply, "transaction"));

	json_object_clear(reply);
	json_object_set_new(reply, "janus", json_string("error"));
	if (session != NULL)
		json_object_set_new(reply, "session_id", session);
	if (transaction != NULL)
		json_object_set_new(reply, "transaction", transaction);
	json_object_set_new(reply, "error", aula_refusal_json(refusal));
}

static void
unref(aula_admin *admin)
{
	if (--admin->refs == 0)
		g_free(admin);
}

aula_admin_later *
aula_admin_later_new(aula_admin_call *call)
{
	aula_admin_later *later = g_new0(aula_admin_later, 1);

	call->later = true;
	call->admin->refs++;
	*later = (aula_admin_later){ call->admin, call->asker, json_incref(call->reply) };
	return later;
}

json_t *
aula_admin_later_reply(aula_admin_later *later)
{
	return later->reply;
}

void
aula_admin_later_send(aula_admin_later *later, const aula_refusal *refusal)
{
	if (refusal != NULL)
		spoil(later->reply, refusal);
	send_reply(later->admin, &later->asker, later->reply);
	unref(later->admin);
	g_free(later);
}

/* -- requests -- */

/* In a time that does not tell how much of it was right. */
static bool
knows_secret(const aula_admin *admin, const json_t *request)
{
	const json_t *shown = json_object_get(request, "admin_secret");
	gsize length;

	if (admin->secret == NULL)
		return true;
	const uint8_t *secret = g_bytes_get_data(admin->secret, &length);
	if (!json_is_string(shown) || json_string_length(shown) != length)
		return false;
	const uint8_t *text = (const uint8_t *)json_string_value(shown);
	volatile uint8_t differs = 0;
	for (gsize i = 0; i < length; i++)
		differs |= secret[i] ^ text[i];
	return differs == 0;
}

static bool
find_parties(aula_admin_call *call, const aula_envelope *envelope)
{
	if (envelope->session == 0)
		return envelope->handle == 0 ||
		       aula_refuse(&call->refusal, AULA_ERROR_SESSION, "session_id",
			       "No such session (a handle_id needs a session_id)");
	call->session = aula_sessions_find(call->board->sessions, envelope->session);
	if (call->session == NULL)
		return aula_refuse(&call->refusal, AULA_ERROR_SESSION, "session_id",
			"No such session %" PRIu64, envelope->session);
	if (envelope->handle == 0)
		return true;
	call->attachment = aula_attachment_numbered(call->session, envelope->handle);
	return call->attachment != NULL ||
	       aula_refuse(&call->refusal, AULA_ERROR_HANDLE, "handle_id",
		       "No such handle %" PRIu64 " in session %" PRIu64, envelope->handle,
		       envelope->session);
}

static bool
run(aula_admin_call *call, const aula_admin_verb *verb)
{
	aula_schema schema = { verb->fields, verb->field_count, sizeof(aula_field) };
	aula_arena arena = { 0 };
	aula_schema_fault fault;
	void *args = aula_arena_take(&arena, MAX(verb->args_size, 1));
	aula_code code = aula_schema_fill(&schema, call->request, args, &arena, &fault);
	bool good = false;

	if (code == AULA_MISSING)
		aula_refuse(&call->refusal, AULA_ERROR_MISSING, fault.path,
			"Missing mandatory element (%s)", fault.path);
	else if (code != AULA_OK)
		aula_refuse(&call->refusal, AULA_ERROR_TYPE, fault.path,
			"Invalid element type (%s should be %s)", fault.path, fault.expected);
	else
		good = verb->run(call, args);
	aula_arena_free(&arena);
	return good;
}

static bool
serve(aula_admin_call *call, const aula_envelope *envelope)
{
	static const char *const open_to_all[] = { "info", "ping", NULL };
	const aula_admin_verb *verb = aula_admin_find(envelope->verb);
	unsigned at = envelope->handle != 0    ? AULA_ADMIN_HANDLE
		      : envelope->session != 0 ? AULA_ADMIN_SESSION
					       : AULA_ADMIN_SERVER;

	if (!call->asker.inside && (verb == NULL || !g_strv_contains(open_to_all, verb->name)) &&
		!knows_secret(call->admin, call->request))
		return aula_refuse(&call->refusal, AULA_ERROR_UNAUTHORIZED, "admin_secret",
			"Unauthorized request (wrong or missing secret)");
	if (!find_parties(call, envelope))
		return false;
	if (verb == NULL)
		return aula_refuse(&call->refusal, AULA_ERROR_UNKNOWN_VERB, "janus",
			"Unknown request '%.40s'", envelope->verb);
	if (verb->run == NULL)
		return aula_refuse(&call->refusal, AULA_ERROR_UNSUPPORTED_VERB, "janus",
			"Not supported by this server: %s", verb->summary);
	if ((verb->at & at) == 0)
		return aula_refuse(&call->refusal, AULA_ERROR_PATH, "janus",
			"Unhandled request '%.40s' at this path", envelope->verb);
	aula_trail trail;
	aula_trail_begin(&trail, call, verb,
		call->asker.inside ? call->board->clients : call->admin->clients);
	bool done = run(call, verb);
	aula_trail_end(&trail, call->board, done);
	return done;
}

/* `good`: the envelope itself is. */
static void
serve_envelope(aula_admin *admin, const aula_envelope *envelope, const aula_admin_asker *asker,
	bool good, const aula_refusal *refusal)
{
	aula_admin_call call = { .admin = admin,
		.board = admin->board,
		.request = envelope->request,
		.reply =
			aula_envelope_reply("success", envelope->session, envelope->transaction, 0),
		.asker = *asker };

	if (refusal != NULL)
		call.refusal = *refusal;
	if (!good || !serve(&call, envelope))
		spoil(call.reply, &call.refusal);
	if (call.later)
		json_decref(call.reply);
	else
		send_reply(admin, asker, call.reply);
}

/* -- from the listener -- */

static bool
apply_place(aula_envelope *envelope, aula_client_place place, aula_refusal *refusal)
{
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

static void
on_client_text(
	void *data, aula_client client, aula_client_place place, const char *text, size_t length)
{
	aula_admin *admin = data;
	aula_admin_asker asker = { .client = client };
	bool lasting = aula_clients_is_lasting(admin->clients, client);

	do {
		aula_envelope envelope;
		aula_refusal refusal = { 0 };
		size_t used = length;
		bool good = aula_envelope_open(text, length, &used, &envelope, &refusal) &&
			    apply_place(&envelope, place, &refusal);
		aula_code code = aula_clients_charge(
			admin->clients, client, aula_loop_now_us(admin->board->control), NULL);
		if (code == AULA_TOO_FAST)
			good = aula_refuse(&refusal, AULA_ERROR_TOO_FAST, NULL, NULL);
		if (code != AULA_GONE)
			serve_envelope(admin, &envelope, &asker, good, &refusal);
		aula_envelope_clear(&envelope);
		text += code == AULA_GONE ? length : used;
		length -= code == AULA_GONE ? length : used;
	} while (lasting && !aula_envelope_is_blank(text, length));
}

/* Nothing is told without being asked for. */
static void
on_client_listens(
	void *data, aula_client client, aula_client_place place, int64_t most, int64_t hold_ms)
{
	(void)data, (void)client, (void)place, (void)most, (void)hold_ms;
}

static void
on_client_closed(void *data, aula_client client, bool final)
{
	(void)data, (void)client, (void) final;
}

static const aula_client_listener client_listener = { on_client_text, on_client_listens,
	on_client_closed };

/* -- from the Janus API -- */

static void
serve_inside(
	void *data, aula_client client, uint64_t session, const char *transaction, json_t *request)
{
	aula_admin_asker asker = { .client = client, .inside = true, .session = session };
	aula_envelope envelope = { .request = request, .transaction = transaction };
	aula_refusal refusal = { 0 };
	bool good = aula_envelope_text(request, "janus", true, &envelope.verb, &refusal) &&
		    aula_envelope_number(request, "session_id", &envelope.session, &refusal) &&
		    aula_envelope_number(request, "handle_id", &envelope.handle, &refusal);

	serve_envelope(data, &envelope, &asker, good, &refusal);
}

/* -- what verbs ask -- */

aula_settings *
aula_admin_settings(aula_admin *admin)
{
	return admin->settings;
}

aula_captures *
aula_admin_captures(aula_admin *admin)
{
	return admin->captures;
}

aula_statistics *
aula_admin_statistics(aula_admin *admin)
{
	return admin->statistics;
}

const aula_admin_listener *
aula_admin_listener_of(aula_admin *admin, void **ret_data)
{
	*ret_data = admin->data;
	return admin->listener;
}

const char *
aula_admin_address(const aula_admin_call *call)
{
	const aula_clients *clients =
		call->asker.inside ? call->board->clients : call->admin->clients;

	return aula_clients_address(clients, call->asker.client);
}

int64_t
aula_admin_since_us(const aula_admin *admin)
{
	return admin->since_us;
}

/* -- life -- */

aula_admin *
aula_admin_new(aula_signaling *signaling, aula_settings *settings,
	const aula_admin_listener *listener, void *data, GError **error)
{
	const aula_settings_admin *wanted = &settings->admin;
	g_autoptr(GBytes) secret = NULL;

	if (wanted->enabled && wanted->secret_file != NULL) {
		secret = aula_secret_ensure(wanted->secret_file, error);
		if (secret == NULL)
			return NULL;
	}
	aula_admin *admin = g_new0(aula_admin, 1);
	admin->refs = 1;
	admin->board = aula_signaling_board(signaling);
	admin->settings = settings;
	admin->listener = listener;
	admin->data = data;
	admin->secret = g_steal_pointer(&secret);
	admin->since_us = aula_now_us();
	admin->clients = aula_clients_new(admin->board->control,
		&(aula_client_limits){ .clients_most = CLIENTS_MOST,
			.message_bytes_most = MESSAGE_BYTES_MOST,
			.requests = { RATE_PER_S, BURST } },
		&client_listener, admin);
	aula_fanout_keep(admin->board->events, KEPT_TYPES, KEPT_EVENTS);
	admin->statistics = aula_statistics_new(admin->board);
	admin->captures = aula_captures_new(admin->board);
	admin->board->admin = (aula_switchboard_admin){ serve_inside, admin };
	admin->door = wanted->enabled ? aula_door_new(settings, admin->clients, error) : NULL;
	if (wanted->enabled && admin->door == NULL) {
		aula_admin_free(admin);
		return NULL;
	}
	return admin;
}

bool
aula_admin_start(aula_admin *admin, GError **error)
{
	aula_statistics_start(admin->statistics);
	return admin->door == NULL || aula_door_start(admin->door, error);
}

void
aula_admin_present(aula_admin *admin, aula_chain *chain)
{
	if (admin->door != NULL)
		aula_door_present(admin->door, chain);
}

void
aula_admin_stop(aula_admin *admin)
{
	if (admin == NULL)
		return;
	aula_statistics_stop(admin->statistics);
	aula_clients_close_all(admin->clients, AULA_GONE, "the server stops");
	if (admin->door != NULL)
		aula_door_stop(admin->door);
}

void
aula_admin_free(aula_admin *admin)
{
	if (admin == NULL)
		return;
	admin->over = true;
	admin->board->admin = (aula_switchboard_admin){ 0 };
	g_clear_pointer(&admin->door, aula_door_free);
	g_clear_pointer(&admin->clients, aula_clients_free);
	g_clear_pointer(&admin->statistics, aula_statistics_free);
	g_clear_pointer(&admin->captures, aula_captures_free);
	g_clear_pointer(&admin->secret, g_bytes_unref);
	unref(admin);
}
