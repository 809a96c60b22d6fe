/* SPDX-License-Identifier: Apache-2.0 */
/** One encoding of what a peer sends: its numbers, what is missing of it, its keyframes, which
 * moment its timestamps belong to. A track without simulcast has one. A plain struct in its track;
 * time is an argument. */
#ifndef AULA_PEER_ENCODING_H
#define AULA_PEER_ENCODING_H

#include <jansson.h>

#include "media/clock.h"
#include "media/keyframe.h"
#include "media/nack.h"
#include "media/rate.h"
#include "media/sequence.h"
#include "peer/notes.h"
#include "wire/rtcp.h"

typedef struct {
	aula_codec codec;
	uint32_t ssrc; /* of the last packet; 0: none came */
	aula_sequence sequence;
	aula_nack nack;
	aula_keyframe keyframe;
	uint8_t fir_number;
	uint32_t epoch, timeline; /* see aula_notes */
	bool receiving;
	int64_t received_us; /* the last packet */
	aula_rate rate;
	uint64_t packets, bytes, repaired;
	int32_t told_lost; /* the most that a report block has said */
	aula_clock_pair pair;
	uint32_t last_sr; /* middle bits of its NTP time; 0: none yet */
	int64_t last_sr_us;
	aula_dependency_structure *structure; /* AV1; NULL: none came */
} aula_encoding;

void aula_encoding_init(aula_encoding *encoding, aula_codec codec, uint32_t clock_hz);
void aula_encoding_finish(aula_encoding *encoding);

/** A packet of it came: numbers, restarts, what came late. DUPLICATE and STRAY: drop it, and
 * `ret_number` is not set. `ret_forgot`: timestamps have lost their meaning. */
aula_arrival aula_encoding_note(aula_encoding *encoding, const aula_rtp *rtp, bool repair,
	int64_t now_us, uint64_t *ret_number, bool *ret_forgot);
/** Looks into a packet of video, for all who forward or tap: into its notes, whose `rtp` is set,
 * and `view.keyframe`. */
void aula_encoding_read(aula_encoding *encoding, aula_packet *packet);
/** The publisher's sender report, whose NTP time is `at_us` here. */
void aula_encoding_note_sender(
	aula_encoding *encoding, const aula_rtcp_sender *sender, int64_t at_us, int64_t now_us);
/** A report block about it. False: nothing came yet. */
bool aula_encoding_report(aula_encoding *encoding, int64_t now_us, aula_rtcp_report *ret_report);
/** New reference. */
json_t *aula_encoding_stats(const aula_encoding *encoding);

#endif
