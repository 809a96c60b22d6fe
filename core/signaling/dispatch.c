/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/dispatch.h"

#include <string.h>

#include "base/log.h"
#include "signaling/errand.h"
#include "signaling/later.h"
#include "signaling/metrics.h"
#include "signaling/notice.h"

enum { SENTENCE_BYTES = 240 };

/* -- descriptions -- */

/* [{"mindex" or "mid", "svc": "L3T3"}, ..]: of m-lines that it does not have nothing is said. */
static bool
read_svc(json_t *jsep, const aula_sdp *sdp, uint64_t *ret_lines, aula_refusal *refusal)
{
	json_t *list = json_object_get(jsep, "svc"), *one;
	size_t k;

	*ret_lines = 0;
	if (list != NULL && !json_is_array(list))
		return aula_refuse(refusal, AULA_ERROR_TYPE, "svc",
			"Invalid element type (svc should be an array)");
	json_array_foreach(list, k, one)
	{
		json_t *index = json_object_get(one, "mindex");
		const char *mid = json_string_value(json_object_get(one, "mid"));
		for (size_t i = 0; i < sdp->media_count && i < AULA_LINES_MOST; i++)
			if (json_is_integer(index)
					? json_integer_value(index) == (json_int_t)i
					: mid != NULL && strcmp(mid, sdp->media[i].mid) == 0)
				*ret_lines |= UINT64_C(1) << i;
	}
	return true;
}

static bool
read_order(json_t *jsep, aula_rid_order *ret_order, aula_refusal *refusal)
{
	const char *text = NULL;

	*ret_order = AULA_RID_ORDER_BY_NAME;
	if (!aula_envelope_text(jsep, "rid_order", false, &text, refusal))
		return false;
	if (text == NULL)
		return true;
	if (strcmp(text, "hml") == 0)
		*ret_order = AULA_RID_ORDER_HML;
	else if (strcmp(text, "lmh") == 0)
		*ret_order = AULA_RID_ORDER_LMH;
	else
		return aula_refuse(refusal, AULA_ERROR_TYPE, "rid_order",
			"Invalid element (rid_order should be hml or lmh)");
	return true;
}

/* Takes the client's offer or answer, ahead of the request that brings it. */
static bool
take_jsep(aula_switchboard *board, aula_attachment *attachment, json_t *jsep, aula_refusal *refusal)
{
	aula_handle handle = aula_attachment_handle(attachment);
	const char *type, *text, *why = NULL;
	aula_offered about = { .obeys = json_is_true(json_object_get(jsep, "encodings")) };
	size_t line = 0;

	if (!aula_envelope_text(jsep, "type", true, &type, refusal))
		return false;
	bool offer = strcmp(type, "offer") == 0;
	if (!offer && strcmp(type, "answer") != 0)
		return aula_refuse(refusal, AULA_ERROR_JSEP_TYPE, "type",
			"Unsupported JSEP type (neither offer nor answer)");
	if (!aula_envelope_text(jsep, "sdp", true, &text, refusal) ||
		!read_order(jsep, &about.order, refusal))
		return false;
	aula_sdp *sdp = aula_sdp_parse(text, strlen(text), &line, &why);
	if (sdp == NULL)
		return aula_refuse(
			refusal, AULA_ERROR_SDP, "sdp", "Invalid SDP (line %zu: %s)", line, why);
	if (!read_svc(jsep, sdp, &about.svc, refusal)) {
		aula_sdp_free(sdp);
		return false;
	}
	aula_notice_jsep(board, attachment, "remote", jsep);
	aula_code code;
	if (offer) {
		/* A page that made a new PeerConnection means the old one no longer. */
		if (aula_peering_is_replaced(board->peerings, handle, sdp))
			aula_notice_hangup(board, attachment, "replaced by a new PeerConnection");
		code = aula_peering_take_offer(board->peerings, handle, sdp, &about, &why);
	} else {
		code = aula_peering_take_answer(board->peerings, handle, sdp, &why);
		aula_sdp_free(sdp);
	}
	if (code == AULA_OK)
		return true;
	if (code == AULA_UNSUPPORTED)
		return aula_refuse(refusal, AULA_ERROR_SDP, "sdp", "Invalid SDP (%s)", why);
	return aula_refuse(
		refusal, offer ? AULA_ERROR_STATE : AULA_ERROR_UNEXPECTED_ANSWER, NULL, "%s", why);
}

/* -- rows -- */

static aula_code
missing_request(aula_call *call)
{
	bool present = json_object_get(call->body, "request") != NULL;

	call->field = "request";
	call->error = present ? "Invalid element (request should be a text)"
			      : "Missing mandatory element (request)";
	return present ? AULA_INVALID : AULA_MISSING;
}

static void
tell_fault(aula_code code, const aula_schema_fault *fault, aula_call *call, char *sentence,
	size_t size)
{
	call->field = fault->path;
	call->error = sentence;
	if (code == AULA_MISSING)
		g_snprintf(sentence, size, "Missing mandatory element (%s)", fault->path);
	else
		g_snprintf(sentence, size, "Invalid element (%s should be %s)", fault->path,
			fault->expected);
}

aula_code
aula_dispatch_run(const aula_loaded *loaded, void *self, aula_call *call, aula_arena *arena,
	aula_schema_fault *fault, char *sentence, size_t sentence_size)
{
	const aula_request *row = aula_loaded_request(loaded, call->name);

	if (row == NULL) {
		call->field = "request";
		return AULA_UNKNOWN;
	}
	call->name = row->name;
	if ((call->holds & row->needs) != row->needs)
		return AULA_FORBIDDEN;
	aula_schema schema = aula_request_schema(row);
	void *args = aula_arena_take(arena, row->args_size > 0 ? row->args_size : 1);
	aula_code code = aula_schema_fill(&schema, call->body, args, arena, fault);
	if (code != AULA_OK) {
		tell_fault(code, fault, call, sentence, sentence_size);
		return code;
	}
	return row->run(self, call, args);
}

/* -- replies -- */

/* {"videoroom": "event", "error_code": 426, "error": "No such room", "word": .., "field"?: ..} */
static void
fill_error(const aula_loaded *loaded, const aula_call *call, aula_code code, json_t *data)
{
	int number = call->error_number != 0 ? call->error_number
					     : aula_loaded_error_number(loaded, code);
	const char *sentence = call->error != NULL ? call->error : aula_code_sentence(code);
	g_autofree char *valid = g_utf8_make_valid(sentence, -1);

	json_object_clear(data);
	json_object_set_new(data, aula_loaded_module(loaded)->plugin->key, json_string("event"));
	json_object_set_new(data, "error_code", json_integer(number));
	json_object_set_new(data, "error", json_string(valid));
	json_object_set_new(data, "word", json_string(aula_code_word(code)));
	if (call->field != NULL)
		json_object_set_new(data, "field", json_string(call->field));
	if (call->retry_after_ms > 0)
		json_object_set_new(data, "retry_after_ms", json_integer(call->retry_after_ms));
}

static void
reply_success(aula_switchboard *board, const aula_attachment *attachment,
	const aula_answer_place *place, json_t *data, json_t *jsep)
{
	json_t *reply = aula_envelope_reply(
		"success", place->session, place->transaction, aula_attachment_number(attachment));

	json_object_set_new(reply, "plugindata",
		json_pack(
			"{s:s, s:O}", "plugin", aula_attachment_package(attachment), "data", data));
	if (jsep == NULL) {
		aula_notice_reply(board, place->client, reply);
		return;
	}
	json_object_set_new(reply, "jsep", jsep);
	aula_notice_described(board, attachment, place->client, reply);
}

/* What a plugin bounds by its own settings; the core's have been told where they were hit. */
static void
tell_hit(const aula_switchboard *board, const aula_attachment *attachment,
	const aula_answer_place *place, const aula_call *call, aula_code code)
{
	char what[128];

	if (code != AULA_FULL && code != AULA_TOO_FAST && code != AULA_TOO_LARGE)
		return;
	g_snprintf(what, sizeof what, "%s %s: %s",
		aula_loaded_name(
			aula_modules_get(board->modules, aula_attachment_module(attachment))),
		call->name != NULL ? call->name : "", aula_code_word(code));
	aula_limits_hit(board->limits, AULA_LIMIT_PLUGIN,
		aula_clients_address(board->clients, place->client),
		aula_session_bearer(aula_attachment_session(attachment)), what);
}

void
aula_dispatch_answer(aula_switchboard *board, const aula_attachment *attachment,
	const aula_answer_place *place, aula_call *call, aula_code code)
{
	if (code != AULA_OK)
		tell_hit(board, attachment, place, call, code);
	if (place->errand) {
		g_clear_pointer(&call->jsep, json_decref);
		aula_errand_answered(board, place->session, call, code);
		return;
	}
	if (code != AULA_OK) {
		fill_error(aula_modules_get(board->modules, aula_attachment_module(attachment)),
			call, code, call->reply);
		g_clear_pointer(&call->jsep, json_decref);
	}
	if (place->asynchronous) {
		aula_notice_event(board, attachment, place->transaction, call->reply, call->jsep);
		return;
	}
	reply_success(board, attachment, place, call->reply, call->jsep);
}

void
aula_dispatch_request(aula_switchboard *board, aula_attachment *attachment, const char *name,
	json_t *body, const aula_answer_place *place)
{
	unsigned module = aula_attachment_module(attachment);
	const aula_loaded *loaded = aula_modules_get(board->modules, module);
	const aula_bearer *bearer = aula_session_bearer(aula_attachment_session(attachment));
	const aula_request *row = name != NULL ? aula_loaded_request(loaded, name) : NULL;
	char sentence[SENTENCE_BYTES];
	aula_schema_fault fault;
	aula_arena arena = { 0 };
	aula_pending_call pending = {
		.call = { .size = sizeof pending.call,
			.from = aula_attachment_handle(attachment),
			.state = aula_attachment_state(attachment),
			.name = name,
			.body = body,
			.reply = json_object(),
			.holds = aula_capability_local(
				aula_modules_map(board->modules, module), &bearer->holds),
			.offer_stride = sizeof(aula_stream) },
		.module = module,
		.place = *place,
	};
	aula_call *call = &pending.call;

	pending.place.asynchronous =
		!place->errand && row != NULL && (row->flags & AULA_ASYNC) != 0;
	call->offer = aula_peering_offered(board->peerings, call->from, &call->offer_count);
	if (pending.place.asynchronous)
		aula_notice_reply(board, place->client,
			aula_envelope_reply("ack", place->session, place->transaction, 0));
	board->pending = &pending;
	int64_t began_us = aula_worked_us();
	aula_code code =
		name == NULL ? missing_request(call)
			     : aula_dispatch_run(loaded, aula_modules_self(board->modules, module),
				       call, &arena, &fault, sentence, sizeof sentence);
	aula_metrics_request(board->metrics, module, row, code, aula_worked_us() - began_us);
	board->pending = NULL;
	if (code != AULA_OK && !AULA_NONE(pending.ticket))
		aula_later_void(board, pending.ticket);
	if (code != AULA_OK || AULA_NONE(pending.ticket))
		aula_dispatch_answer(board, attachment, &pending.place, call, code);
	else
		g_clear_pointer(&call->jsep, json_decref);
	json_decref(call->reply);
	aula_arena_free(&arena);
}

bool
aula_dispatch_message(aula_switchboard *board, aula_client client, const aula_envelope *envelope,
	aula_attachment *attachment, aula_refusal *refusal)
{
	unsigned module = aula_attachment_module(attachment);
	aula_handle handle = aula_attachment_handle(attachment);
	json_t *body = NULL, *jsep = NULL;

	if (!aula_envelope_object(envelope->request, "body", true, &body, refusal) ||
		!aula_envelope_object(envelope->request, "jsep", false, &jsep, refusal))
		return false;
	if (!aula_modules_runs(board->modules, module))
		return aula_refuse(refusal, AULA_ERROR_MESSAGE, NULL, NULL);
	json_t *request = json_object_get(body, "request");
	const char *name = json_string_value(request);
	if (request == NULL)
		name = aula_loaded_module(aula_modules_get(board->modules, module))
			       ->plugin->fallback_request;
	if (jsep != NULL && !take_jsep(board, attachment, jsep, refusal))
		return false;
	aula_dispatch_request(board, attachment, name, body,
		&(aula_answer_place){ .client = client,
			.session = envelope->session,
			.transaction = envelope->transaction });
	aula_peering_drop_offer(board->peerings, handle);
	return true;
}
