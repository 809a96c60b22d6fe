/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/envelope.h"

#include <string.h>

/* What is wrong with the shape of the first text, before it is read at the price of its values;
 * NULL: nothing. */
static const char *
shape_fault(const char *text, size_t length)
{
	int depth = 0, values = 0;
	bool quoted = false;

	for (size_t i = 0; i < length; i++) {
		char c = text[i];
		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (c == '{' || c == '[')
			depth++, values++;
		else if (c == ',')
			values++;
		else if ((c == '}' || c == ']') && --depth <= 0)
			return NULL;
		if (depth > AULA_JSON_DEPTH_MOST)
			return "nested deeper than 32";
		if (values > AULA_JSON_VALUES_MOST)
			return "more than 8192 values";
	}
	return NULL;
}

bool
aula_envelope_is_blank(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (strchr(" \t\r\n", text[i]) == NULL || text[i] == '\0')
			return false;
	return true;
}

bool
aula_envelope_text(json_t *object, const char *key, bool required, const char **ret_text,
	aula_refusal *refusal)
{
	json_t *value = json_object_get(object, key);

	if (value == NULL)
		return !required || aula_refuse(refusal, AULA_ERROR_MISSING, key,
					    "Missing mandatory element (%s)", key);
	if (!json_is_string(value))
		return aula_refuse(refusal, AULA_ERROR_TYPE, key,
			"Invalid element type (%s should be a string)", key);
	*ret_text = json_string_value(value);
	return true;
}

bool
aula_envelope_object(
	json_t *object, const char *key, bool required, json_t **ret_object, aula_refusal *refusal)
{
	json_t *value = json_object_get(object, key);

	if (value == NULL)
		return !required || aula_refuse(refusal, AULA_ERROR_MISSING, key,
					    "Missing mandatory element (%s)", key);
	if (!json_is_object(value))
		return aula_refuse(refusal, AULA_ERROR_TYPE, key,
			"Invalid element type (%s should be an object)", key);
	*ret_object = value;
	return true;
}

bool
aula_envelope_number(json_t *object, const char *key, uint64_t *ret_number, aula_refusal *refusal)
{
	json_t *value = json_object_get(object, key);

	if (value == NULL)
		return true;
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return aula_refuse(refusal, AULA_ERROR_TYPE, key,
			"Invalid element type (%s should be a positive integer)", key);
	*ret_number = (uint64_t)json_integer_value(value);
	return true;
}

static bool
check(aula_envelope *envelope, aula_refusal *refusal)
{
	json_t *request = envelope->request;
	json_t *transaction = json_object_get(request, "transaction");
	aula_refusal ids = { 0 };

	/* An answer that can be matched is worth more than the order of two checks. */
	if (json_is_string(transaction) &&
		json_string_length(transaction) <= AULA_TRANSACTION_BYTES_MOST)
		envelope->transaction = json_string_value(transaction);
	if (!aula_envelope_number(request, "session_id", &envelope->session, &ids) ||
		!aula_envelope_number(request, "handle_id", &envelope->handle, &ids)) {
		*refusal = ids;
		return false;
	}
	const char *text = NULL;
	if (!aula_envelope_text(request, "transaction", true, &text, refusal) ||
		!aula_envelope_text(request, "janus", true, &envelope->verb, refusal))
		return false;
	if (envelope->transaction == NULL)
		return aula_refuse(refusal, AULA_ERROR_TYPE, "transaction",
			"Invalid element type (transaction should have at most %d bytes)",
			AULA_TRANSACTION_BYTES_MOST);
	return true;
}

bool
aula_envelope_open(const char *text, size_t length, size_t *ret_used, aula_envelope *ret_envelope,
	aula_refusal *ret_refusal)
{
	json_error_t where;

	*ret_envelope = (aula_envelope){ 0 };
	*ret_used = length;
	const char *fault = shape_fault(text, length);
	if (fault != NULL)
		return aula_refuse(ret_refusal, AULA_ERROR_JSON, NULL, "Invalid JSON (%s)", fault);
	json_t *request =
		json_loadb(text, length, JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &where);
	if (request == NULL)
		return aula_refuse(ret_refusal, AULA_ERROR_JSON, NULL,
			"Invalid JSON (line %d: %.100s)", where.line, where.text);
	if (where.position > 0 && (size_t)where.position <= length)
		*ret_used = (size_t)where.position;
	ret_envelope->request = request;
	if (!json_is_object(request))
		return aula_refuse(
			ret_refusal, AULA_ERROR_JSON, NULL, "Invalid JSON (not an object)");
	return check(ret_envelope, ret_refusal);
}

void
aula_envelope_clear(aula_envelope *envelope)
{
	json_decref(envelope->request);
	*envelope = (aula_envelope){ 0 };
}

json_t *
aula_envelope_reply(const char *verb, uint64_t session, const char *transaction, uint64_t sender)
{
	json_t *reply = json_object();

	json_object_set_new(reply, "janus", json_string(verb));
	if (session != 0)
		json_object_set_new(reply, "session_id", json_integer((json_int_t)session));
	if (transaction != NULL)
		json_object_set_new(reply, "transaction", json_string(transaction));
	if (sender != 0)
		json_object_set_new(reply, "sender", json_integer((json_int_t)sender));
	return reply;
}
