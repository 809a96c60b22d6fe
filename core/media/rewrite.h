/* SPDX-License-Identifier: Apache-2.0 */
/** What a subscriber sees as one stream: sequence numbers without holes and timestamps that go on,
 * while the source is switched, paused, muted or thinned out. The map is piecewise: a number that
 * is asked for again is mapped back to the source's. */
#ifndef AULA_MEDIA_REWRITE_H
#define AULA_MEDIA_REWRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AULA_REWRITE_PIECES = 32 };

/** From source number `in` on, until the next piece begins, the offset is the same. */
typedef struct {
	uint64_t in, out; /* extended */
	uint32_t run;     /* which source: numbers of two runs have nothing in common */
} aula_rewrite_piece;

typedef struct {
	uint32_t clock_hz;
	uint64_t highest; /* outgoing; its upper part is the rollover counter (RFC 3711) */
	uint32_t timestamp, timestamp_offset;
	int64_t timestamp_us; /* when `timestamp` left first */
	uint32_t run;
	bool sent; /* anything at all */
	size_t count;
	aula_rewrite_piece pieces[AULA_REWRITE_PIECES]; /* ascending in `out` */
} aula_rewrite;

/** `number` and `timestamp` come before the first to be sent: random (RFC 3550 section 5.1), the
 * number below 2^15 so that the rollover counter starts unmistakably (RFC 3711 section 3.3.1). */
void aula_rewrite_init(
	aula_rewrite *rewrite, uint32_t clock_hz, uint16_t number, uint32_t timestamp);

/** Goes on from what was sent under the same SSRC before: numbers up to `highest` are spent, the
 * last packet had `timestamp` and left at `timestamp_us`. Right after init. */
void aula_rewrite_resume(
	aula_rewrite *rewrite, uint64_t highest, uint32_t timestamp, int64_t timestamp_us);

/** The next packet to be sent is `in`, whatever came before. `anew`: from another source, or from
 * one whose numbers and timestamps jumped; its timestamps then go on as much later as the packet
 * leaves later. */
void aula_rewrite_start(
	aula_rewrite *rewrite, uint64_t in, uint32_t timestamp, bool anew, int64_t now_us);

/** After a start anew: the source's `timestamp` leaves as `out`, which is later than all before. */
void aula_rewrite_align(aula_rewrite *rewrite, uint32_t timestamp, uint32_t out);

/** The outgoing number and timestamp of a source packet that is about to leave. False: it comes
 * from before the last start, or was skipped. */
bool aula_rewrite_map(aula_rewrite *rewrite, uint64_t in, uint32_t timestamp, int64_t now_us,
	uint64_t *ret_out, uint32_t *ret_timestamp);

/** `in` will not be sent. The numbers close up when it was the next in order; otherwise the hole
 * stays and false is returned. */
bool aula_rewrite_skip(aula_rewrite *rewrite, uint64_t in);

/** The source number that left as `number`, with the extended outgoing one. False: never sent, too
 * long ago, or of an earlier source. */
bool aula_rewrite_reverse(
	const aula_rewrite *rewrite, uint16_t number, uint64_t *ret_in, uint64_t *ret_out);

/** The outgoing timestamp of a source timestamp of the present run. */
static inline uint32_t
aula_rewrite_timestamp(const aula_rewrite *rewrite, uint32_t timestamp)
{
	return timestamp + rewrite->timestamp_offset;
}

#endif
