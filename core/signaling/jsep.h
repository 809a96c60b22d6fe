/* SPDX-License-Identifier: Apache-2.0 */
/** A session description of ours as clients get it: {"type": "answer", "sdp": "v=0..",
 * "restart"?: true}. All [any]. */
#ifndef AULA_SIGNALING_JSEP_H
#define AULA_SIGNALING_JSEP_H

#include <jansson.h>

#include "wire/sdp.h"

/** New reference. */
json_t *aula_jsep_new(const aula_sdp *sdp, bool answer, bool restart);
/** Adds candidates to the m-line `index`; `last`: there will be no more. */
void aula_jsep_add_candidates(
	json_t *jsep, size_t index, const aula_candidate *candidates, size_t count, bool last);

#endif
