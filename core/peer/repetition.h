/* SPDX-License-Identifier: Apache-2.0 */
/** What left before and is asked for again (RFC 4585 section 6.2.1): which packet of the source it
 * was, and how it leaves once more, bit for bit. All [media]. */
#ifndef AULA_PEER_REPETITION_H
#define AULA_PEER_REPETITION_H

#include "media/layers.h"
#include "peer/engine.h"

typedef struct aula_mirror aula_mirror;
typedef struct aula_packet aula_packet;

/** What a subscriber gets of a source, as it is numbered. */
typedef struct {
	const aula_layers *layers;   /* pictures; NULL: sound */
	const aula_rewrite *rewrite; /* of either */
	const aula_mirror *source;
	uint32_t timeline;
} aula_repetition;

/** The packet that left as `number`, borrowed until its mirror's next turn, and as what it leaves
 * again. NULL: never sent, too long ago, or of another source. */
aula_packet *aula_repetition_find(
	const aula_repetition *of, uint16_t number, aula_layers_out *ret_out);

#endif
