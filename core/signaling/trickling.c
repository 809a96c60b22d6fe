/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/trickling.h"

#include <string.h>

#include "base/id.h"

enum { EARLY_MOST = 64, TEXT_BYTES = 256 };

void
aula_trickling_clear(aula_trickling *trickling)
{
	if (trickling->early != NULL)
		g_array_free(trickling->early, TRUE);
	*trickling = (aula_trickling){ 0 };
}

void
aula_trickling_take(aula_trickling *trickling, aula_engine *engine, aula_peer peer,
	const aula_candidate *candidates, size_t count, bool last)
{
	if (!aula_engine_is_full(engine))
		return;
	if (!AULA_NONE(peer)) {
		aula_engine_add_candidates(engine, peer, candidates, count, last);
		return;
	}
	if (trickling->early == NULL)
		trickling->early = g_array_new(FALSE, FALSE, sizeof *candidates);
	trickling->early_last = trickling->early_last || last;
	if (count > 0)
		g_array_append_vals(trickling->early, candidates,
			(guint)MIN(count, EARLY_MOST - (size_t)trickling->early->len));
}

void
aula_trickling_open(aula_trickling *trickling, aula_engine *engine, aula_peer peer)
{
	if (trickling->early == NULL)
		return;
	aula_engine_add_candidates(engine, peer, (aula_candidate *)(void *)trickling->early->data,
		trickling->early->len, trickling->early_last);
	g_array_free(g_steal_pointer(&trickling->early), TRUE);
}

size_t
aula_trickling_describe(aula_trickling *trickling, aula_engine *engine, aula_peer peer,
	aula_candidate *ret_candidates, size_t most)
{
	trickling->told = aula_engine_candidates(engine, peer, ret_candidates, most);
	return trickling->told;
}

/* Where the m-line of that index ends: its candidates are the last of it. */
static const char *
end_of_media(const char *text, size_t index)
{
	const char *at = text;

	for (size_t i = 0; at != NULL && i <= index + 1; i++)
		at = strstr(at + (i > 0), "\r\nm=");
	return at != NULL ? at + 2 : text + strlen(text);
}

void
aula_trickling_complete(
	aula_trickling *trickling, aula_engine *engine, aula_peer peer, size_t index, json_t *jsep)
{
	aula_candidate candidates[AULA_SDP_CANDIDATES_MOST];
	const char *text = json_string_value(json_object_get(jsep, "sdp"));
	char line[TEXT_BYTES];

	if (text == NULL)
		return;
	size_t count = aula_engine_candidates(engine, peer, candidates, AULA_SDP_CANDIDATES_MOST);
	const char *end = end_of_media(text, index);
	GString *whole = g_string_new_len(text, end - text);
	for (; trickling->told < count; trickling->told++) {
		aula_candidate_write(&candidates[trickling->told], line, sizeof line);
		g_string_append_printf(whole, "a=%s\r\n", line);
	}
	if (aula_engine_gathered(engine, peer))
		g_string_append(whole, "a=end-of-candidates\r\n");
	g_string_append(whole, end);
	json_object_set_new(jsep, "sdp", json_string(whole->str));
	g_string_free(whole, TRUE);
}
