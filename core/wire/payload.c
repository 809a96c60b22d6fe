/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/payload.h"

/* What is left of a payload descriptor; reading beyond the end only marks it as failed. */
typedef struct {
	const uint8_t *data;
	size_t length, at;
	bool failed;
} descriptor;

static uint8_t
take(descriptor *from)
{
	if (from->at >= from->length) {
		from->failed = true;
		return 0;
	}
	return from->data[from->at++];
}

static void
take_picture_id(descriptor *from, aula_payload *payload)
{
	payload->picture_id_offset = (uint8_t)from->at;
	uint8_t first = take(from);

	if (first & 0x80) {
		payload->picture_id_bits = 15;
		payload->picture_id = (first & 0x7f) << 8 | take(from);
	} else {
		payload->picture_id_bits = 7;
		payload->picture_id = first;
	}
}

static void
take_tl0_picture_index(descriptor *from, aula_payload *payload)
{
	payload->tl0_picture_index_offset = (uint8_t)from->at;
	payload->tl0_picture_index = take(from);
}

/* RFC 7741 section 4.2 and, for the first byte of the frame, RFC 6386 section 9.1. */
static bool
read_vp8(descriptor *from, aula_payload *payload)
{
	uint8_t flags = take(from);
	uint8_t extension = flags & 0x80 ? take(from) : 0;

	payload->start = (flags & 0x10) && (flags & 7) == 0; /* S, and the first partition */
	payload->discardable = flags & 0x20;
	if (extension & 0x80)
		take_picture_id(from, payload);
	if (extension & 0x40)
		take_tl0_picture_index(from, payload);
	if (extension & 0x30) { /* T, K */
		uint8_t layer = take(from);

		if (extension & 0x20) {
			payload->temporal = (int8_t)(layer >> 6);
			payload->switch_up = layer & 0x20;
		}
	}
	payload->descriptor_length = (uint16_t)from->at;
	if (payload->start)
		payload->keyframe = !(take(from) & 1);
	return !from->failed && from->length > payload->descriptor_length;
}

/* The scalability structure, RFC 9628 section 4.2.1: only its length matters here. */
static void
skip_vp9_structure(descriptor *from)
{
	uint8_t flags = take(from);

	if (flags & 0x10)
		from->at += (size_t)((flags >> 5) + 1) * 4;
	if (!(flags & 0x08))
		return;
	for (uint8_t pictures = take(from); pictures > 0 && !from->failed; pictures--)
		from->at += (take(from) >> 2) & 3;
}

static void
take_vp9_layers(descriptor *from, bool flexible, aula_payload *payload)
{
	uint8_t layers = take(from);

	payload->temporal = (int8_t)(layers >> 5);
	payload->switch_up = layers & 0x10;
	payload->spatial = (int8_t)(layers >> 1 & 7);
	payload->inter_layer = layers & 1;
	if (!flexible)
		take_tl0_picture_index(from, payload);
}

/* RFC 9628 section 4.2. */
static bool
read_vp9(descriptor *from, aula_payload *payload)
{
	uint8_t flags = take(from);
	bool flexible = flags & 0x10;

	payload->inter_picture = flags & 0x40;
	payload->start = flags & 0x08;
	payload->end = flags & 0x04;
	payload->discardable = flags & 0x01;
	if (flags & 0x80)
		take_picture_id(from, payload);
	if (flags & 0x20)
		take_vp9_layers(from, flexible, payload);
	if (flexible && payload->inter_picture) {
		/* Up to three reference indices, each saying whether another follows. */
		for (int i = 0; i < 3 && take(from) & 1; i++)
			continue;
	}
	if (flags & 0x02)
		skip_vp9_structure(from);
	payload->descriptor_length = (uint16_t)from->at;
	payload->keyframe = payload->start && !payload->inter_picture && payload->spatial <= 0 &&
			    !payload->inter_layer;
	return !from->failed && from->length > from->at;
}

enum {
	NAL_SLICE = 1,
	NAL_PARTITION_A = 2,
	NAL_IDR = 5,
	NAL_SPS = 7,
	NAL_STAP_A = 24,
	NAL_STAP_B = 25,
	NAL_FU_A = 28,
	NAL_FU_B = 29,
};

/* True when a picture can begin with this NAL unit, whose header `first` follows. */
static bool
begins_picture(uint8_t type, uint8_t first)
{
	switch (type) {
	case NAL_SLICE:
	case NAL_PARTITION_A:
	case NAL_IDR:
		return first & 0x80; /* first_mb_in_slice is 0, a single bit of 1 */
	default:
		return type > NAL_IDR; /* below: the other partitions of a slice */
	}
}

static void
note_nal(uint8_t type, uint8_t first, aula_payload *payload)
{
	bool begins = begins_picture(type, first);

	payload->start |= begins;
	payload->parameters |= type == NAL_SPS;
	payload->keyframe |= type == NAL_SPS || (type == NAL_IDR && begins);
}

/* False: a size reaches beyond the end. */
static bool
read_aggregated_nals(descriptor *from, aula_payload *payload)
{
	while (from->at < from->length) {
		size_t size = (size_t)take(from) << 8;

		size |= take(from);
		if (from->failed || size == 0 || size > from->length - from->at)
			return false;
		const uint8_t *nal = from->data + from->at;
		note_nal(nal[0] & 31, size > 1 ? nal[1] : 0, payload);
		from->at += size;
	}
	return true;
}

/* RFC 6184 section 5.3. */
static bool
read_h264(descriptor *from, aula_payload *payload)
{
	uint8_t type = take(from) & 31;

	switch (type) {
	case 0:
		return false;
	case NAL_STAP_A:
	case NAL_STAP_B:
		if (type == NAL_STAP_B) /* the decoding order number */
			from->at += 2;
		return from->at < from->length && read_aggregated_nals(from, payload);
	case NAL_FU_A:
	case NAL_FU_B: {
		uint8_t header = take(from);

		if (header & 0x80) /* the first fragment */
			note_nal(header & 31, take(from), payload);
		return !from->failed;
	}
	default:
		note_nal(type, from->length > 1 ? take(from) : 0, payload);
		return true;
	}
}

/* A length of AV1, little endian in groups of seven bits. */
static size_t
take_leb128(descriptor *from)
{
	size_t value = 0;

	for (unsigned shift = 0; shift < 32; shift += 7) {
		uint8_t byte = take(from);

		value |= (size_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	from->failed = true;
	return 0;
}

enum { OBU_SEQUENCE_HEADER = 1 };

/* RTP Payload Format For AV1, section 4.4: the aggregation header and the elements after it. */
static bool
read_av1(descriptor *from, aula_payload *payload)
{
	uint8_t flags = take(from);
	bool goes_on = flags & 0x80;        /* Z */
	unsigned elements = flags >> 4 & 3; /* W; 0: every element has its length */
	bool new_sequence = flags & 0x08;   /* N */

	payload->descriptor_length = 1;
	if (from->length < 2 || (goes_on && new_sequence))
		return false;
	for (unsigned i = 1; from->at < from->length; i++) {
		size_t size = i == elements ? from->length - from->at : take_leb128(from);

		if (from->failed || size > from->length - from->at)
			return false;
		/* The first may be the rest of an OBU: it has no header. */
		if (size > 0 && !(i == 1 && goes_on))
			payload->parameters |=
				(from->data[from->at] >> 3 & 15) == OBU_SEQUENCE_HEADER;
		from->at += size;
	}
	payload->start = !goes_on;
	payload->keyframe = new_sequence || payload->parameters;
	return true;
}

bool
aula_payload_read(aula_codec codec, const uint8_t *payload, size_t length, bool marker,
	aula_payload *ret_payload)
{
	descriptor from = { .data = payload, .length = length };
	aula_payload read = {
		.end = marker,
		.picture_id = -1,
		.tl0_picture_index = -1,
		.temporal = -1,
		.spatial = -1,
	};
	bool good = false;

	if (codec == AULA_CODEC_VP8)
		good = read_vp8(&from, &read);
	else if (codec == AULA_CODEC_VP9)
		good = read_vp9(&from, &read);
	else if (codec == AULA_CODEC_H264)
		good = read_h264(&from, &read);
	else if (codec == AULA_CODEC_AV1)
		good = read_av1(&from, &read);
	if (good)
		*ret_payload = read;
	return good;
}
