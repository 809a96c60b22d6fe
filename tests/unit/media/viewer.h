/* SPDX-License-Identifier: Apache-2.0 */
/** One viewer of one camera (three encodings, three temporal layers) and one microphone, behind a
 * line of every kind: estimate, share, pace and choose layers together; what is seen and heard. */
#ifndef TESTS_UNIT_MEDIA_VIEWER_H
#define TESTS_UNIT_MEDIA_VIEWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../sanitized.h"

enum { VIEWER_PHASES = 4, VIEWER_SEEDS = SANITIZED ? 1 : 5 };

#define S 1000000ll

typedef struct {
	int64_t from_us, bps; /* 0: the line is dead */
	int encoding;         /* what is seen at the end of it; -1: not said */
	double within_s;      /* and from when on */
} viewer_phase;

typedef struct {
	const char *name;
	double loss;
	int64_t delay_us, jitter_us;
	bool reorders;
	int64_t other_bps;    /* of a flow that does not yield */
	int64_t bucket_bytes; /* of a shaper: so much passes at once after a rest */
	int64_t end_us;
	viewer_phase phases[VIEWER_PHASES];
	double frozen_most_s;   /* all times without a picture for longer than FROZEN_US */
	int64_t astray_most_us; /* with a picture larger than the line carries */
	double sound_lost_most; /* of all that was spoken */
	bool single;            /* the camera has one encoding, which cannot be made smaller */
} viewer_line;

/** Adds a test of each, with VIEWER_SEEDS different throws of the dice; each has to hold. */
void viewer_add(const viewer_line *lines, size_t count);

#endif
