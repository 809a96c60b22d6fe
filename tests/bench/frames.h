/* SPDX-License-Identifier: Apache-2.0 */
/** How large the frames of a camera are, and the packets that libwebrtc cuts them into. The same
 * numbers in every run. */
#ifndef AULA_BENCH_FRAMES_H
#define AULA_BENCH_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FRAMES_A_SECOND = 30,
	FRAME_PACKETS_MOST = 64,
	FRAME_PAYLOAD_MOST = 1172, /* 1,200 with header and extensions */
	FRAME_PAYLOAD_LEAST = 32,
};

typedef struct {
	int64_t bps;
	bool unequal; /* the packets of a frame differ: H.264 in slices, or a foreign encoder */
	bool flat;    /* one layer: nothing of it can be left out */
	uint32_t random;
	unsigned number;
} frames;

typedef struct {
	uint8_t temporal; /* layer: 0, 2, 1, 2 */
	bool sync;        /* the first of its layer since the lowest: who has that can rise to it */
	size_t count;
	uint16_t payloads[FRAME_PACKETS_MOST];
} frame;

frames frames_of(int64_t bps, bool unequal, uint32_t seed);
/** The next one: four times an average frame if it is a keyframe. */
void frames_next(frames *self, bool keyframe, frame *ret_frame);

#endif
