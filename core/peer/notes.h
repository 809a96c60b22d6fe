/* SPDX-License-Identifier: Apache-2.0 */
/** What the loop that received a packet writes into its notes, for those that forward it: parsed
 * once. */
#ifndef AULA_PEER_NOTES_H
#define AULA_PEER_NOTES_H

#include "base/packet.h"
#include "media/layers.h"
#include "wire/dependency.h"
#include "wire/payload.h"
#include "wire/rtp.h"

/** Numbers, epoch and timeline are of the packet's encoding, which is `view.encoding`. */
typedef struct {
	uint64_t number;   /* extended sequence number */
	uint32_t epoch;    /* another one: what follows does not go on from what came before */
	uint32_t timeline; /* another one: numbers and timestamps have nothing in common either */
	uint64_t owner;    /* of a feed's packet: who sends what it carries; else 0 */
	uint32_t turn;     /* of a feed's packet: another one with another source; else 0 */
	uint8_t encoding_count; /* of the track or the feed's source */
	bool readable;          /* video: `payload` is valid */
	bool described; /* AV1: `dependency` is valid; aula_mirror_structure() goes with it */
	aula_rtp rtp;   /* where its parts lie in view.data */
	aula_payload payload;
	aula_dependency dependency;
} aula_notes;

_Static_assert(sizeof(aula_notes) <= AULA_PACKET_NOTES_BYTES, "notes fit a packet");

static inline aula_notes *
aula_notes_write(aula_packet *packet)
{
	return (aula_notes *)packet->notes;
}

static inline const aula_notes *
aula_notes_of(const aula_packet *packet)
{
	return (const aula_notes *)packet->notes;
}

static inline const uint8_t *
aula_notes_payload(const aula_packet *packet)
{
	return packet->view.data + aula_notes_of(packet)->rtp.header_length;
}

/** As layers read it. `structure`: that of its encoding; NULL: none came. */
static inline aula_layers_packet
aula_notes_for_layers(const aula_packet *packet, const aula_dependency_structure *structure)
{
	static const aula_payload unread = {
		.picture_id = -1, .tl0_picture_index = -1, .temporal = -1, .spatial = -1
	};
	const aula_notes *notes = aula_notes_of(packet);
	bool described = notes->described && structure != NULL;

	return (aula_layers_packet){ .encoding = packet->view.encoding,
		.number = notes->number,
		.timestamp = notes->rtp.timestamp,
		.marker = notes->rtp.marker,
		.payload = notes->readable ? &notes->payload : &unread,
		.dependency = described ? &notes->dependency : NULL,
		.structure = described ? structure : NULL };
}

#endif
