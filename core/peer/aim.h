/* SPDX-License-Identifier: Apache-2.0 */
/** What one sender could show: the encodings and layers of its source as levels, within what its
 * subscriber has asked for. All [media]. */
#ifndef AULA_PEER_AIM_H
#define AULA_PEER_AIM_H

#include <jansson.h>

#include "media/allocate.h"
#include "media/layers.h"
#include "peer/engine.h"

typedef struct aula_mirror aula_mirror;

/** What of the levels of a share is to be used; lists them anew. */
void aula_aim_levels(aula_share *share, const aula_mirror *source, const aula_aim *aim);
/** What to show until the line is shared. */
unsigned aula_aim_blindly(const aula_mirror *source, const aula_aim *aim);
/** What is shown by now, if it is to be told: it is not what was `told` last, which becomes it. */
bool aula_aim_shown(aula_shown *told, const aula_layers *layers, bool starved);
/** What is shown and what is to be, for statistics. New reference. */
json_t *aula_aim_stats(const aula_layers *layers, const aula_share *share);

#endif
