/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/jsep.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum { CANDIDATE_BYTES = 256 };

json_t *
aula_jsep_new(const aula_sdp *sdp, bool answer, bool restart)
{
	char *text = aula_sdp_write(sdp);
	json_t *jsep = json_pack("{s:s, s:s}", "type", answer ? "answer" : "offer", "sdp", text);

	if (restart)
		json_object_set_new(jsep, "restart", json_true());
	free(text);
	return jsep;
}

/* Where the m-line of that index ends: aula_sdp_write() puts candidates last. */
static const char *
end_of_media(const char *text, size_t index)
{
	const char *at = text;

	for (size_t i = 0; at != NULL && i <= index + 1; i++)
		at = strstr(at + (i > 0), "\r\nm=");
	return at != NULL ? at + 2 : text + strlen(text);
}

void
aula_jsep_add_candidates(
	json_t *jsep, size_t index, const aula_candidate *candidates, size_t count, bool last)
{
	const char *text = json_string_value(json_object_get(jsep, "sdp"));
	char line[CANDIDATE_BYTES];

	if (text == NULL)
		return;
	const char *end = end_of_media(text, index);
	GString *whole = g_string_new_len(text, end - text);
	for (size_t i = 0; i < count; i++) {
		aula_candidate_write(&candidates[i], line, sizeof line);
		g_string_append_printf(whole, "a=%s\r\n", line);
	}
	if (last)
		g_string_append(whole, "a=end-of-candidates\r\n");
	g_string_append(whole, end);
	json_object_set_new(jsep, "sdp", json_string(whole->str));
	g_string_free(whole, TRUE);
}
