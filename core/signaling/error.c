/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/error.h"

#include <glib.h>
#include <stdarg.h>

static const struct {
	int number;
	aula_code code;
	const char *reason;
} errors[] = { [AULA_ERROR_NONE] = { 0, AULA_OK, "" },
#define X(id, number, code, reason) [AULA_ERROR_##id] = { number, AULA_##code, reason },
	AULA_ERRORS(X)
#undef X
};

bool
aula_refuse(aula_refusal *refusal, aula_error error, const char *field, const char *format, ...)
{
	*refusal = (aula_refusal){ .error = error };
	g_strlcpy(refusal->field, field != NULL ? field : "", sizeof refusal->field);
	if (format != NULL) {
		va_list arguments;
		va_start(arguments, format);
		g_vsnprintf(refusal->reason, sizeof refusal->reason, format, arguments);
		va_end(arguments);
	}
	return false;
}

aula_code
aula_error_code(aula_error error)
{
	return errors[error].code;
}

json_t *
aula_refusal_json(const aula_refusal *refusal)
{
	const char *reason =
		*refusal->reason != '\0' ? refusal->reason : errors[refusal->error].reason;
	/* A reason cut in the middle of a character is no text any more. */
	g_autofree char *valid = g_utf8_make_valid(reason, -1);
	json_t *json = json_pack("{s:i, s:s, s:s}", "code", errors[refusal->error].number, "reason",
		valid, "word", aula_code_word(errors[refusal->error].code));

	if (*refusal->field != '\0')
		json_object_set_new(json, "field", json_string(refusal->field));
	if (refusal->limited.limit != NULL) {
		json_object_set_new(json, "limit", json_string(refusal->limited.limit));
		json_object_set_new(
			json, "retry_after_ms", json_integer(refusal->limited.retry_after_ms));
	}
	return json;
}
