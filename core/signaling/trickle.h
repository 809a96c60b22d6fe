/* SPDX-License-Identifier: Apache-2.0 */
/** The JSON of trickled candidates (as W3C WebRTC's RTCIceCandidateInit, in Janus' envelope), both
 * ways. All [control]. */
#ifndef AULA_SIGNALING_TRICKLE_H
#define AULA_SIGNALING_TRICKLE_H

#include <glib.h>
#include <jansson.h>

#include "signaling/error.h"
#include "wire/sdp.h"

/** Reads "candidate" or "candidates" of a request into `candidates` (of aula_candidate, at most 64
 * of them). One whose text cannot be read is skipped, as a browser may know kinds that we do not;
 * an empty text, "completed", or what is no object ends them: `ret_last`. */
bool aula_trickle_read(
	const json_t *request, GArray *candidates, bool *ret_last, aula_refusal *refusal);

/** {"sdpMid": "0", "sdpMLineIndex": 0, "candidate": "candidate:.."}; of NULL: {"completed": true}.
 * New reference. */
json_t *aula_trickle_write(const aula_candidate *candidate, const char *mid, size_t index);

#endif
