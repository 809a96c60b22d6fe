/* SPDX-License-Identifier: Apache-2.0 */
#include "signaling/trickling.h"

#include "base/id.h"
#include "signaling/jsep.h"

enum { EARLY_MOST = 64 };

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

void
aula_trickling_complete(
	aula_trickling *trickling, aula_engine *engine, aula_peer peer, size_t index, json_t *jsep)
{
	aula_candidate candidates[AULA_SDP_CANDIDATES_MOST];
	size_t count = aula_engine_candidates(engine, peer, candidates, AULA_SDP_CANDIDATES_MOST);

	aula_jsep_add_candidates(jsep, index, candidates + trickling->told,
		count - MIN(count, trickling->told), aula_engine_gathered(engine, peer));
	trickling->told = count;
}
