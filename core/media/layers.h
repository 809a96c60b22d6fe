/* SPDX-License-Identifier: Apache-2.0 */
/** Which packets of a publisher's encodings (simulcast) and layers (SVC) one subscriber gets, and
 * how they become one stream: numbers, picture ids and timestamps go on without a glitch. Another
 * encoding begins at a keyframe; spatial layers rise at keyframes and fall at once; temporal layers
 * fall at once and rise where the codec says that it is safe. */
#ifndef AULA_MEDIA_LAYERS_H
#define AULA_MEDIA_LAYERS_H

#include "media/clock.h"
#include "media/rewrite.h"
#include "wire/dependency.h"
#include "wire/payload.h"

enum {
	AULA_LAYERS_ENCODINGS = 4,
	AULA_LAYERS_PIECES = 64,  /* changes that are remembered for repetitions */
	AULA_LAYERS_EMPTY = 32,   /* numbers sent without content, as well */
	AULA_LAYERS_FRAMES = 256, /* AV1: how far back a frame can refer */
};

/** An encoding, and the highest spatial and temporal layer of it; -1: all. */
typedef struct {
	uint8_t encoding;
	int8_t spatial, temporal;
} aula_layer;

/** What is known of a packet that came. */
typedef struct {
	uint8_t encoding;
	uint64_t number; /* extended, of its encoding */
	uint32_t timestamp;
	bool marker;
	const aula_payload *payload;
	const aula_dependency *dependency; /* AV1, if its packets carry descriptors; else NULL */
	const aula_dependency_structure *structure; /* of its encoding; with `dependency` */
} aula_layers_packet;

/** What to send of it. */
typedef struct {
	uint64_t number; /* extended */
	uint32_t timestamp;
	bool marker;
	bool empty;         /* padding only: the number is taken, but the content is not wanted */
	int32_t picture_id; /* VP8, VP9: picture id; AV1: frame number; -1: has none */
	int16_t tl0_picture_index; /* -1: has none */
} aula_layers_out;

/** From outgoing number `out` on, until the next. */
typedef struct {
	uint64_t out;
	uint16_t picture_offset;
	uint8_t tl0_offset;
	int8_t top; /* spatial layer whose end is the end of the picture; -1: as marked */
} aula_layers_piece;

typedef struct {
	aula_codec codec;
	aula_layer target, present;
	bool flowing;   /* `present` is being sent */
	bool begun;     /* anything was ever sent */
	bool unrelated; /* what comes next has other numbers and timestamps */
	aula_rewrite rewrite;
	aula_clock_pair clocks[AULA_LAYERS_ENCODINGS];

	uint32_t picture_timestamp; /* of the newest picture of the present encoding */
	int32_t picture_seen;       /* the newest picture id of it, sent or not; -1: none */
	int32_t picture_sent;       /* the newest that was sent, as sent */
	uint8_t tl0_sent;
	uint16_t picture_offset;
	uint8_t tl0_offset;
	size_t piece_count; /* since the start; the last AULA_LAYERS_PIECES are kept */
	aula_layers_piece pieces[AULA_LAYERS_PIECES];
	size_t empty_count;
	uint64_t empty[AULA_LAYERS_EMPTY];

	/* AV1 */
	unsigned decode_target;
	uint32_t whole;                         /* decode targets of which all was sent */
	uint64_t sent[AULA_LAYERS_FRAMES / 64]; /* frames, by number */
	uint16_t frame_seen;
	uint64_t starts, switches; /* switches: of encoding */
} aula_layers;

/** `number` and `timestamp` as for aula_rewrite_init(). */
void aula_layers_init(aula_layers *layers, aula_codec codec, uint16_t number, uint32_t timestamp);
/** What the subscriber shall get, as soon as it can. */
void aula_layers_aim(aula_layers *layers, aula_layer target);
/** The next packet to be sent is a keyframe's: after a pause or a gap. `anew`: of another source,
 * or one that was started again, whose numbers and timestamps have nothing in common with those
 * before.
 */
void aula_layers_interrupt(aula_layers *layers, bool anew);
/** Sender reports of an encoding: which moment its timestamps belong to. */
void aula_layers_note_clock(aula_layers *layers, uint8_t encoding, const aula_clock_pair *pair);
/** True: `*ret_encoding` has to bring a keyframe before the target is reached. */
bool aula_layers_want_keyframe(const aula_layers *layers, uint8_t *ret_encoding);

/** A packet of any encoding came. False: it is not for this subscriber. */
bool aula_layers_forward(aula_layers *layers, const aula_layers_packet *packet, int64_t now_us,
	aula_layers_out *ret_out);

/** A packet without content came, as publishers send to probe. True: it has to leave as empty. */
bool aula_layers_skip(aula_layers *layers, const aula_layers_packet *packet, int64_t now_us,
	aula_layers_out *ret_out);

/** The source number (of the present encoding) of what left as `number`. False: never sent, too
 * long ago, or of an encoding that was left. */
bool aula_layers_reverse(
	const aula_layers *layers, uint16_t number, uint64_t *ret_in, uint64_t *ret_out);
/** The same as was sent before as `out`, bit for bit; `packet` is what aula_layers_reverse() told.
 */
void aula_layers_repeat(const aula_layers *layers, const aula_layers_packet *packet, uint64_t out,
	aula_layers_out *ret_out);

/** Writes the picture ids of `out` into a copy of the payload. Nothing to do for an `empty` one. */
void aula_layers_write(const aula_layers_out *out, const aula_payload *read, uint8_t *payload);

#endif
