/* SPDX-License-Identifier: Apache-2.0 */
/** When to ask a publisher for a keyframe: all who want one share one request, at most two requests
 * a second, repeated until a keyframe comes, ever more rarely when none does. */
#ifndef AULA_MEDIA_KEYFRAME_H
#define AULA_MEDIA_KEYFRAME_H

#include <stdbool.h>
#include <stdint.h>

enum {
	AULA_KEYFRAME_INTERVAL_US = 500000,
	AULA_KEYFRAME_PATIENCE = 8, /* unanswered requests before the interval grows */
	AULA_KEYFRAME_INTERVAL_MOST_US = 4000000,
};

typedef struct {
	bool wanted;
	bool asked_before; /* `asked_us` is valid */
	int64_t asked_us;
	unsigned unanswered;
	uint64_t wants, asked, came;
} aula_keyframe;

void aula_keyframe_init(aula_keyframe *keyframe);
/** Somebody cannot decode. */
void aula_keyframe_want(aula_keyframe *keyframe);
/** The first packet of a keyframe is here. */
void aula_keyframe_arrived(aula_keyframe *keyframe);
/** Nobody is left who wants one. */
void aula_keyframe_cancel(aula_keyframe *keyframe);
/** True: aula_keyframe_take() would say so. */
bool aula_keyframe_is_due(const aula_keyframe *keyframe, int64_t now_us);
/** True: send a request now; it counts as sent. */
bool aula_keyframe_take(aula_keyframe *keyframe, int64_t now_us);

#endif
