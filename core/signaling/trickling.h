/* SPDX-License-Identifier: Apache-2.0 */
/** The candidates of one PeerConnection that come apart from its descriptions, both ways: the
 * client's before there is a peer to take them, ours after the description was made. A value, zero
 * at first. All [control]. */
#ifndef AULA_SIGNALING_TRICKLING_H
#define AULA_SIGNALING_TRICKLING_H

#include "peer/engine.h"

typedef struct {
	GArray *early; /* of aula_candidate; NULL: none */
	bool early_last;
	size_t told; /* of ours, in the latest description */
} aula_trickling;
void aula_trickling_clear(aula_trickling *trickling);

/** The client's, kept while `peer` is none; `last`: there are no more. */
void aula_trickling_take(aula_trickling *trickling, aula_engine *engine, aula_peer peer,
	const aula_candidate *candidates, size_t count, bool last);
/** There is a peer now. */
void aula_trickling_open(aula_trickling *trickling, aula_engine *engine, aula_peer peer);

/** Ours, for a description; returns how many. */
size_t aula_trickling_describe(aula_trickling *trickling, aula_engine *engine, aula_peer peer,
	aula_candidate *ret_candidates, size_t most);
/** Adds those that came since to the m-line `index` of a description that aula_sdp_write() made. */
void aula_trickling_complete(
	aula_trickling *trickling, aula_engine *engine, aula_peer peer, size_t index, json_t *jsep);

#endif
