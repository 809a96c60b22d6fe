/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/repetition.h"

#include "peer/mirror.h"
#include "peer/notes.h"

aula_packet *
aula_repetition_find(const aula_repetition *of, uint16_t number, aula_layers_out *ret_out)
{
	unsigned encoding = of->layers != NULL ? of->layers->present.encoding : 0;
	uint64_t in, out;

	if (of->layers != NULL ? !aula_layers_reverse(of->layers, number, &in, &out)
			       : !aula_rewrite_reverse(of->rewrite, number, &in, &out))
		return NULL;
	aula_packet *packet = aula_mirror_get(of->source, encoding, in);
	if (packet == NULL || aula_notes_of(packet)->timeline != of->timeline)
		return NULL;
	const aula_notes *notes = aula_notes_of(packet);
	*ret_out = (aula_layers_out){ .number = out, .marker = notes->rtp.marker };
	if (of->layers != NULL) {
		const aula_layers_packet read = aula_notes_for_layers(
			packet, aula_mirror_structure(of->source, packet->view.encoding));
		aula_layers_repeat(of->layers, &read, out, ret_out);
	} else {
		ret_out->timestamp = aula_rewrite_timestamp(of->rewrite, notes->rtp.timestamp);
	}
	return packet;
}
