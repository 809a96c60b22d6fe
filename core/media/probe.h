/* SPDX-License-Identifier: Apache-2.0 */
/** A probe: packets sent faster than the estimate, to see whether they come as fast. Where a queue
 * has grown before, a probe is long, and only its last part counts: the bucket of a shaper lets
 * some kilobytes pass at any rate. */
#ifndef AULA_MEDIA_PROBE_H
#define AULA_MEDIA_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
	uint8_t id; /* 0: none is under way */
	bool is_long;
	int64_t bps, asked_us, asked_bytes;
	double awaited_bytes; /* of those, as the line loses some anyway */
	int64_t first_sent_us, last_sent_us, first_came_us, last_came_us; /* of what counts */
	int64_t bytes, uncounted_bytes, packets;
} aula_probe;

/** Asks for a probe at `bps`; `asked_bytes` says how many bytes. `id` is not 0; `loss`: what the
 * line loses whatever is sent, 0 to 1. */
void aula_probe_start(
	aula_probe *probe, uint8_t id, bool is_long, int64_t bps, double loss, int64_t now_us);
/** A packet of probe `id` came; `came_us` is the subscriber's clock. */
void aula_probe_note(aula_probe *probe, uint8_t id, size_t bytes, int64_t sent_us, int64_t came_us);
/** True: it is over, and none is under way any more. `*ret_bps`: what the line carries at least; 0:
 * too little of it came. */
bool aula_probe_finish(aula_probe *probe, int64_t now_us, double *ret_bps);

#endif
