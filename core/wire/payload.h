/* SPDX-License-Identifier: Apache-2.0 */
/** What the forwarder reads from a video payload: the payload descriptor of its codec, and as much
 * of the bitstream as tells a keyframe. VP8: RFC 7741; VP9: RFC 9628; H.264: RFC 6184; AV1: RTP
 * Payload Format For AV1 1.0. All [any]. */
#ifndef AULA_WIRE_PAYLOAD_H
#define AULA_WIRE_PAYLOAD_H

#include "wire/codec.h"

typedef struct {
	bool keyframe; /* a frame that needs no other begins here: forwarding can start. H.264: an
			  SPS, or the first slice of an IDR picture. AV1: the N bit or a sequence
			  header. */
	bool start; /* begins a frame (VP9: of its spatial layer). H.264 and AV1 do not say: there
		       it is false where the payload shows that it goes on with a frame */
	bool end;   /* ends a frame (VP9: of its spatial layer); else the marker bit */
	bool parameters; /* H.264: has an SPS; AV1: has a sequence header */

	/* VP8 and VP9 only; -1 (or 0 for the offsets) where the descriptor says nothing */
	int32_t picture_id;
	uint8_t picture_id_bits; /* 0, 7 or 15 */
	int16_t tl0_picture_index;
	int8_t temporal, spatial;
	bool discardable; /* VP8: the N bit; VP9: not used by upper spatial layers (Z bit) */
	bool switch_up;   /* VP8: the Y bit; VP9: the U bit: temporal layers above may start here */
	bool inter_picture;                                  /* VP9: the P bit */
	bool inter_layer;                                    /* VP9: the D bit */
	uint8_t picture_id_offset, tl0_picture_index_offset; /* in the payload, for rewriting */
	uint16_t descriptor_length;
} aula_payload;

/** Reads the payload of one packet. False: malformed, or not a video codec that we know; then
 * `ret_payload` is untouched. An empty payload (padding only) is malformed. */
bool aula_payload_read(aula_codec codec, const uint8_t *payload, size_t length, bool marker,
	aula_payload *ret_payload);

#endif
