/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/trickle.h"

#include <string.h>

enum { CANDIDATES_MOST = 64, TEXT_BYTES = 256 };

/* Anything that is not an object, or has "completed", ends the candidates (as in Janus). */
static bool
is_last(const json_t *candidate)
{
	return !json_is_object(candidate) || json_object_get(candidate, "completed") != NULL;
}

static bool
check(const json_t *candidate, aula_refusal *refusal)
{
	if (is_last(candidate))
		return true;
	json_t *mid = json_object_get(candidate, "sdpMid");
	json_t *index = json_object_get(candidate, "sdpMLineIndex");
	json_t *text = json_object_get(candidate, "candidate");

	if (mid == NULL && index == NULL)
		return aula_refuse(refusal, AULA_ERROR_MISSING, "sdpMid",
			"Missing mandatory element (sdpMid or sdpMLineIndex)");
	if (mid != NULL && !json_is_string(mid) && !json_is_null(mid))
		return aula_refuse(refusal, AULA_ERROR_TYPE, "sdpMid",
			"Invalid element type (sdpMid should be a string)");
	if (index != NULL && !json_is_null(index) &&
		!(json_is_integer(index) && json_integer_value(index) >= 0))
		return aula_refuse(refusal, AULA_ERROR_TYPE, "sdpMLineIndex",
			"Invalid element type (sdpMLineIndex should be a positive integer)");
	if (text == NULL)
		return aula_refuse(refusal, AULA_ERROR_MISSING, "candidate",
			"Missing mandatory element (candidate)");
	if (!json_is_string(text))
		return aula_refuse(refusal, AULA_ERROR_TYPE, "candidate",
			"Invalid element type (candidate should be a string)");
	return true;
}

static void
take(const json_t *candidate, GArray *candidates, bool *last)
{
	const json_t *text = json_object_get(candidate, "candidate");
	aula_candidate parsed;

	if (is_last(candidate) || json_string_length(text) == 0)
		*last = true;
	else if (candidates->len < CANDIDATES_MOST &&
		 aula_candidate_parse(json_string_value(text), json_string_length(text), &parsed))
		g_array_append_val(candidates, parsed);
}

bool
aula_trickle_read(const json_t *request, GArray *candidates, bool *ret_last, aula_refusal *refusal)
{
	const json_t *one = json_object_get(request, "candidate");
	json_t *many = json_object_get(request, "candidates");
	size_t index;
	json_t *candidate;
	bool last = false;

	if (one == NULL && many == NULL)
		return aula_refuse(refusal, AULA_ERROR_MISSING, "candidate",
			"Missing mandatory element (candidate or candidates)");
	if (one != NULL && many != NULL)
		return aula_refuse(refusal, AULA_ERROR_JSON, "candidate",
			"Invalid JSON (candidate and candidates exclude each other)");
	if (many != NULL && !json_is_array(many))
		return aula_refuse(refusal, AULA_ERROR_TYPE, "candidates",
			"Invalid element type (candidates should be an array)");
	if (one != NULL && !check(one, refusal))
		return false;
	json_array_foreach(many, index, candidate)
	{
		if (!check(candidate, refusal))
			return false;
	}
	if (one != NULL)
		take(one, candidates, &last);
	json_array_foreach(many, index, candidate) take(candidate, candidates, &last);
	*ret_last = last;
	return true;
}

json_t *
aula_trickle_write(const aula_candidate *candidate, const char *mid, size_t index)
{
	char text[TEXT_BYTES];

	if (candidate == NULL)
		return json_pack("{s:b}", "completed", 1);
	aula_candidate_write(candidate, text, sizeof text);
	return json_pack("{s:s, s:I, s:s}", "sdpMid", mid, "sdpMLineIndex", (json_int_t)index,
		"candidate", text);
}
