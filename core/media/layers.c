/* SPDX-License-Identifier: Apache-2.0 */
#include "media/layers.h"

#include <string.h>

#include "wire/bytes.h"

enum { CLOCK_HZ = 90000, LATER_MOST = 10 * CLOCK_HZ };

void
aula_layers_init(aula_layers *layers, aula_codec codec, uint16_t number, uint32_t timestamp)
{
	memset(layers, 0, sizeof(*layers));
	layers->codec = codec;
	layers->target = (aula_layer){ 0, -1, -1 };
	layers->picture_seen = -1;
	aula_rewrite_init(&layers->rewrite, CLOCK_HZ, number, timestamp);
}

void
aula_layers_aim(aula_layers *layers, aula_layer target)
{
	layers->target = target;
}

void
aula_layers_interrupt(aula_layers *layers, bool anew)
{
	layers->flowing = false;
	layers->unrelated |= anew;
}

void
aula_layers_note_clock(aula_layers *layers, uint8_t encoding, const aula_clock_pair *pair)
{
	layers->clocks[encoding] = *pair;
}

/* True when `layer` is above what `limit` allows; -1 is all. */
static bool
is_above(int8_t layer, int8_t limit)
{
	return limit >= 0 && layer > limit;
}

/* True when `limit` allows less than `other`. */
static bool
is_lower(int8_t limit, int8_t other)
{
	return limit >= 0 && (other < 0 || limit < other);
}

bool
aula_layers_want_keyframe(const aula_layers *layers, uint8_t *ret_encoding)
{
	*ret_encoding = layers->target.encoding;
	return !layers->flowing || layers->present.encoding != layers->target.encoding ||
	       is_lower(layers->present.spatial, layers->target.spatial);
}

/* -- picture ids -- */

static uint16_t
picture_mask(const aula_layers_packet *packet)
{
	if (packet->dependency != NULL)
		return UINT16_MAX;
	return packet->payload->picture_id_bits == 7 ? 0x7f : 0x7fff;
}

static int32_t
picture_of(const aula_layers_packet *packet)
{
	return packet->dependency != NULL ? packet->dependency->frame_number
					  : packet->payload->picture_id;
}

static bool
is_newer_picture(const aula_layers *layers, const aula_layers_packet *packet)
{
	uint16_t mask = picture_mask(packet);
	int32_t picture = picture_of(packet);

	return picture >= 0 &&
	       (layers->picture_seen < 0 ||
		       (((uint32_t)(picture - layers->picture_seen - 1)) & mask) < mask / 2);
}

/* From the next number on, ids and markers are made as they are now. */
static void
note_piece(aula_layers *layers)
{
	const aula_layers_piece piece = {
		.out = layers->rewrite.highest + 1,
		.picture_offset = layers->picture_offset,
		.tl0_offset = layers->tl0_offset,
		.top = layers->present.spatial,
	};
	aula_layers_piece *last = &layers->pieces[(layers->piece_count - 1) % AULA_LAYERS_PIECES];

	if (layers->piece_count > 0 && last->picture_offset == piece.picture_offset &&
		last->tl0_offset == piece.tl0_offset && last->top == piece.top)
		return;
	/* One from which nothing was sent makes way. */
	if (layers->piece_count == 0 || last->out != piece.out)
		last = &layers->pieces[layers->piece_count++ % AULA_LAYERS_PIECES];
	*last = piece;
}

/* The piece that `out` was or is to be sent in; NULL: too long ago. */
static const aula_layers_piece *
piece_of(const aula_layers *layers, uint64_t out)
{
	size_t oldest = layers->piece_count > AULA_LAYERS_PIECES
				? layers->piece_count - AULA_LAYERS_PIECES
				: 0;

	for (size_t i = layers->piece_count; i-- > oldest;)
		if (layers->pieces[i % AULA_LAYERS_PIECES].out <= out)
			return &layers->pieces[i % AULA_LAYERS_PIECES];
	return NULL;
}

/* Another source: its ids go on from those of the last. */
static void
join_pictures(aula_layers *layers, const aula_layers_packet *packet)
{
	if (layers->begun) {
		layers->picture_offset = (uint16_t)(layers->picture_sent + 1 - picture_of(packet));
		layers->tl0_offset =
			(uint8_t)(layers->tl0_sent + 1 - packet->payload->tl0_picture_index);
	}
	layers->picture_seen = -1;
}

/* -- timestamps -- */

/* Two encodings of one camera have timestamps of their own; what sender reports say of both gives
 * the time between a frame of one and a frame of the other. False: not known. */
static bool
join_timestamps(
	const aula_layers *layers, const aula_layers_packet *packet, uint32_t *ret_timestamp)
{
	const aula_clock_pair *from = &layers->clocks[layers->present.encoding];
	const aula_clock_pair *to = &layers->clocks[packet->encoding];
	const aula_rewrite *rewrite = &layers->rewrite;

	if (!layers->begun || layers->unrelated || !from->known || !to->known)
		return false;
	int32_t since = (int32_t)(packet->timestamp - to->timestamp);
	int64_t at_us = to->at_us + (int64_t)since * 1000000 / CLOCK_HZ;
	uint32_t out = aula_rewrite_timestamp(rewrite, aula_clock_timestamp(from, CLOCK_HZ, at_us));
	int32_t later = (int32_t)(out - rewrite->timestamp);
	if (later > LATER_MOST || later < -LATER_MOST)
		return false;
	/* The same moment may have been sent already, in the encoding that is left. */
	*ret_timestamp = later > 0 ? out : rewrite->timestamp + 1;
	return true;
}

/* -- AV1: which decode target -- */

static bool
was_sent(const aula_layers *layers, uint16_t frame)
{
	unsigned bit = frame % AULA_LAYERS_FRAMES;

	return layers->sent[bit / 64] >> (bit % 64) & 1;
}

static void
note_frame(aula_layers *layers, uint16_t frame, bool sent)
{
	uint16_t from = (uint16_t)(layers->frame_seen + 1);

	if ((uint16_t)(frame - from) >= AULA_LAYERS_FRAMES)
		from = (uint16_t)(frame - AULA_LAYERS_FRAMES + 1);
	for (; from != (uint16_t)(frame + 1); from++)
		layers->sent[from % AULA_LAYERS_FRAMES / 64] &= ~(1ull << (from % 64));
	layers->frame_seen = frame;
	if (sent)
		layers->sent[frame % AULA_LAYERS_FRAMES / 64] |= 1ull << (frame % 64);
}

/* The best decode target within the aim. */
static unsigned
wanted_target(const aula_layers *layers, const aula_dependency_structure *structure)
{
	unsigned best = 0;
	int best_rank = -1;

	for (unsigned i = 0; i < structure->target_count; i++) {
		int8_t spatial = (int8_t)structure->target_spatial[i];
		int8_t temporal = (int8_t)structure->target_temporal[i];
		int rank = spatial * AULA_DEPENDENCY_TEMPORAL_MOST + temporal;

		if (!is_above(spatial, layers->target.spatial) &&
			!is_above(temporal, layers->target.temporal) && rank > best_rank) {
			best = i;
			best_rank = rank;
		}
	}
	return best;
}

static bool
has_all_references(const aula_layers *layers, const aula_dependency *dependency)
{
	const aula_dependency_template *frame = &dependency->frame;

	for (unsigned i = 0; i < frame->reference_count; i++)
		if (frame->references[i] >= AULA_LAYERS_FRAMES ||
			!was_sent(layers,
				(uint16_t)(dependency->frame_number - frame->references[i])))
			return false;
	return true;
}

/* Whoever got all of a target can go on with it at a new picture; whoever can decode a frame that
 * says so can go on with it there. Inside of a picture the top layer must stay: its end is marked.
 */
static void
choose_decode_target(
	aula_layers *layers, const aula_layers_packet *packet, bool decodable, bool new_picture)
{
	const aula_dependency_structure *structure = packet->structure;
	unsigned wanted = wanted_target(layers, structure);
	bool same_top = (int8_t)structure->target_spatial[wanted] == layers->present.spatial;
	bool may_switch = decodable && aula_dependency_role_in(&packet->dependency->frame,
					       wanted) == AULA_DEPENDENCY_SWITCH;

	if (wanted != layers->decode_target && (new_picture || same_top) &&
		((new_picture && layers->whole >> wanted & 1) || may_switch))
		layers->decode_target = wanted;
	if (layers->decode_target >= structure->target_count)
		layers->decode_target = wanted;
	layers->present.spatial = (int8_t)structure->target_spatial[layers->decode_target];
	layers->present.temporal = (int8_t)structure->target_temporal[layers->decode_target];
}

static bool
keeps_av1(aula_layers *layers, const aula_layers_packet *packet, bool new_picture)
{
	const aula_dependency *dependency = packet->dependency;
	uint16_t frame = dependency->frame_number;

	/* The rest of a frame follows its beginning, also when it comes late. */
	if ((uint16_t)(frame - layers->frame_seen - 1) >= INT16_MAX)
		return was_sent(layers, frame);
	bool decodable = has_all_references(layers, dependency);
	choose_decode_target(layers, packet, decodable, new_picture);
	bool keeps = aula_dependency_role_in(&dependency->frame, layers->decode_target) !=
		     AULA_DEPENDENCY_ABSENT;
	for (unsigned i = 0; i < packet->structure->target_count; i++) {
		aula_dependency_role role = aula_dependency_role_in(&dependency->frame, i);

		if (keeps && decodable && role == AULA_DEPENDENCY_SWITCH)
			layers->whole |= 1u << i;
		else if (!keeps && role != AULA_DEPENDENCY_ABSENT)
			layers->whole &= ~(1u << i);
	}
	note_frame(layers, frame, keeps);
	return keeps;
}

/* -- the others: by layer numbers -- */

static void
choose_spatial(aula_layers *layers, const aula_payload *payload)
{
	aula_layer *present = &layers->present;

	if (payload->keyframe || is_lower(layers->target.spatial, present->spatial))
		present->spatial = layers->target.spatial;
}

/* Up one layer at a time, at a picture that refers to nothing that was not sent. While a lower
 * encoding is awaited, the least of this one: the line is full. */
static void
choose_temporal(aula_layers *layers, const aula_payload *payload)
{
	aula_layer *present = &layers->present;
	bool leaving = layers->target.encoding < present->encoding;
	int8_t wanted = leaving ? 0 : layers->target.temporal;

	if (is_lower(wanted, present->temporal) || payload->keyframe)
		present->temporal = wanted;
	else if (is_lower(present->temporal, wanted) && payload->switch_up &&
		 payload->temporal == present->temporal + 1)
		present->temporal = payload->temporal;
}

static bool
keeps(aula_layers *layers, const aula_layers_packet *packet)
{
	const aula_payload *payload = packet->payload;
	bool new_picture = (int32_t)(packet->timestamp - layers->picture_timestamp) > 0;

	if (new_picture)
		layers->picture_timestamp = packet->timestamp;
	if (packet->dependency != NULL)
		return keeps_av1(layers, packet, new_picture);
	if (new_picture) {
		choose_spatial(layers, payload);
		choose_temporal(layers, payload);
	}
	return !is_above(payload->spatial, layers->present.spatial) &&
	       !is_above(payload->temporal, layers->present.temporal);
}

/* -- packets -- */

static void
begin(aula_layers *layers, const aula_layers_packet *packet, int64_t now_us)
{
	bool anew =
		!layers->begun || layers->unrelated || packet->encoding != layers->present.encoding;
	uint32_t out;
	bool joined = anew && join_timestamps(layers, packet, &out);

	aula_rewrite_start(&layers->rewrite, packet->number, packet->timestamp, anew, now_us);
	if (joined)
		aula_rewrite_align(&layers->rewrite, packet->timestamp, out);
	join_pictures(layers, packet);
	layers->switches += layers->begun && layers->present.encoding != packet->encoding;
	layers->present = layers->target;
	layers->present.encoding = packet->encoding;
	layers->picture_timestamp = packet->timestamp - 1;
	layers->flowing = layers->begun = true;
	layers->unrelated = false;
	layers->starts++;
	if (packet->dependency != NULL) {
		memset(layers->sent, 0, sizeof(layers->sent));
		layers->frame_seen = (uint16_t)(packet->dependency->frame_number - 1);
		layers->decode_target = wanted_target(layers, packet->structure);
		layers->whole = 0;
	}
}

/* With nothing to show, any encoding up to the aim will do. */
static bool
may_begin(const aula_layers *layers, const aula_layers_packet *packet)
{
	if (packet->encoding != layers->target.encoding &&
		(layers->flowing || packet->encoding > layers->target.encoding))
		return false;
	return packet->dependency != NULL
		       ? packet->dependency->structured && packet->dependency->start &&
				 packet->dependency->frame.reference_count == 0
		       : packet->payload->keyframe;
}

static void
fill(const aula_layers *layers, const aula_layers_packet *packet, const aula_layers_piece *piece,
	aula_layers_out *ret_out)
{
	const aula_payload *payload = packet->payload;
	const aula_dependency *dependency = packet->dependency;
	int8_t spatial = dependency != NULL ? (int8_t)dependency->frame.spatial : payload->spatial;
	bool end = dependency != NULL ? dependency->end : payload->end;
	int32_t picture = picture_of(packet);
	uint16_t mask = picture_mask(packet);

	ret_out->timestamp = aula_rewrite_timestamp(&layers->rewrite, packet->timestamp);
	ret_out->empty = false;
	ret_out->marker = packet->marker || (piece->top >= 0 && spatial >= piece->top && end);
	ret_out->picture_id = picture < 0 ? -1 : (picture + piece->picture_offset) & mask;
	ret_out->tl0_picture_index =
		payload->tl0_picture_index < 0
			? -1
			: (uint8_t)(payload->tl0_picture_index + piece->tl0_offset);
}

/* VP8 decoders wait for every picture id, so those of dropped pictures close up. VP9 and AV1 count
 * back from a picture to its references, so there they keep their holes. */
static void
drop_picture(aula_layers *layers, const aula_layers_packet *packet)
{
	if (!is_newer_picture(layers, packet))
		return;
	layers->picture_seen = picture_of(packet);
	if (layers->codec == AULA_CODEC_VP8)
		layers->picture_offset--;
}

static bool
drop(aula_layers *layers, const aula_layers_packet *packet, int64_t now_us,
	aula_layers_out *ret_out)
{
	drop_picture(layers, packet);
	if (aula_rewrite_skip(&layers->rewrite, packet->number))
		return false;
	*ret_out = (aula_layers_out){ .empty = true, .picture_id = -1, .tl0_picture_index = -1 };
	if (!aula_rewrite_map(&layers->rewrite, packet->number, packet->timestamp, now_us,
		    &ret_out->number, &ret_out->timestamp))
		return false;
	/* A hole was left for it, and the subscriber would ask for it for ever. */
	layers->empty[layers->empty_count++ % AULA_LAYERS_EMPTY] = ret_out->number;
	return true;
}

bool
aula_layers_forward(aula_layers *layers, const aula_layers_packet *packet, int64_t now_us,
	aula_layers_out *ret_out)
{
	uint32_t timestamp;

	if (!layers->flowing || packet->encoding != layers->present.encoding) {
		if (!may_begin(layers, packet))
			return false;
		begin(layers, packet, now_us);
	}
	if (!keeps(layers, packet))
		return drop(layers, packet, now_us, ret_out);
	if (packet->number >= layers->rewrite.pieces[layers->rewrite.count - 1].in)
		note_piece(layers);
	if (!aula_rewrite_map(&layers->rewrite, packet->number, packet->timestamp, now_us,
		    &ret_out->number, &timestamp))
		return false;
	const aula_layers_piece *piece = piece_of(layers, ret_out->number);
	if (piece == NULL)
		return false;
	fill(layers, packet, piece, ret_out);
	if (is_newer_picture(layers, packet)) {
		layers->picture_seen = picture_of(packet);
		layers->picture_sent = ret_out->picture_id;
		if (ret_out->tl0_picture_index >= 0)
			layers->tl0_sent = (uint8_t)ret_out->tl0_picture_index;
	}
	return true;
}

bool
aula_layers_skip(aula_layers *layers, const aula_layers_packet *packet, int64_t now_us,
	aula_layers_out *ret_out)
{
	uint32_t timestamp;

	if (!layers->flowing || packet->encoding != layers->present.encoding ||
		aula_rewrite_skip(&layers->rewrite, packet->number))
		return false;
	*ret_out = (aula_layers_out){ .empty = true, .picture_id = -1, .tl0_picture_index = -1 };
	if (!aula_rewrite_map(&layers->rewrite, packet->number, packet->timestamp, now_us,
		    &ret_out->number, &timestamp))
		return false;
	ret_out->timestamp = layers->rewrite.timestamp;
	layers->empty[layers->empty_count++ % AULA_LAYERS_EMPTY] = ret_out->number;
	return true;
}

bool
aula_layers_reverse(const aula_layers *layers, uint16_t number, uint64_t *ret_in, uint64_t *ret_out)
{
	uint64_t in, out;

	if (!aula_rewrite_reverse(&layers->rewrite, number, &in, &out) ||
		piece_of(layers, out) == NULL)
		return false;
	/* It may have left empty, but is not remembered any more. */
	if (layers->empty_count > AULA_LAYERS_EMPTY &&
		out <= layers->empty[layers->empty_count % AULA_LAYERS_EMPTY])
		return false;
	*ret_in = in;
	*ret_out = out;
	return true;
}

void
aula_layers_repeat(const aula_layers *layers, const aula_layers_packet *packet, uint64_t out,
	aula_layers_out *ret_out)
{
	size_t kept =
		layers->empty_count < AULA_LAYERS_EMPTY ? layers->empty_count : AULA_LAYERS_EMPTY;

	fill(layers, packet, piece_of(layers, out), ret_out);
	ret_out->number = out;
	for (size_t i = 0; i < kept; i++)
		if (layers->empty[i] == out)
			*ret_out = (aula_layers_out){
				.number = out,
				.timestamp = ret_out->timestamp,
				.empty = true,
				.picture_id = -1,
				.tl0_picture_index = -1,
			};
}

void
aula_layers_write(const aula_layers_out *out, const aula_payload *read, uint8_t *payload)
{
	if (read->picture_id_bits == 15)
		aula_put16(payload + read->picture_id_offset, (uint16_t)(0x8000 | out->picture_id));
	else if (read->picture_id_bits == 7)
		payload[read->picture_id_offset] = (uint8_t)(out->picture_id & 0x7f);
	if (out->tl0_picture_index >= 0)
		payload[read->tl0_picture_index_offset] = (uint8_t)out->tl0_picture_index;
}
