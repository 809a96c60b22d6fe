/* SPDX-License-Identifier: Apache-2.0 */
/** A publisher and a subscriber in a world, and video from one to the other. */
#ifndef TESTS_UNIT_PEER_FORWARD_H
#define TESTS_UNIT_PEER_FORWARD_H

#include "world.h"

enum {
	AUDIO_SSRC = 1000,
	VIDEO_SSRC = 2000,
	VIDEO_RTX_SSRC = 2001,
	OUT_AUDIO_SSRC = 3000,
	OUT_VIDEO_SSRC = 4000,
	OUT_RTX_SSRC = 4001,
	SOON_MS = 10000,
	NOT_MS = 50, /* for what must not come, once all is settled */
};

typedef struct {
	world *w;
	person *publisher, *subscriber;
} forward_fixture;

/** `loops`: how many, as a pointer. */
void forward_set_up(forward_fixture *f, const void *loops);
void forward_tear_down(forward_fixture *f, const void *loops);
void forward_send_video(forward_fixture *f, uint16_t sequence, uint32_t timestamp, bool keyframe);
void forward_expect_video(forward_fixture *f, uint16_t sequence, uint16_t source);
/** All that was sent and ordered so far has its effect, and nothing more comes to the subscriber.
 */
void forward_expect_nothing(forward_fixture *f);
/** Sends a keyframe and says as what number it arrives. */
uint16_t forward_start_video(forward_fixture *f, uint16_t sequence, uint32_t timestamp);
/** Twice at once, as impatient receivers do: it is answered once. */
void forward_ask_again(forward_fixture *f, uint32_t ssrc, const uint16_t *numbers, size_t count);

/* A test on one loop and on two. */
#define FORWARD_ADD(name, test) \
	g_test_add("/peer/forward/one-loop/" name, forward_fixture, GUINT_TO_POINTER(1), \
		forward_set_up, test, forward_tear_down); \
	g_test_add("/peer/forward/two-loops/" name, forward_fixture, GUINT_TO_POINTER(2), \
		forward_set_up, test, forward_tear_down)

#endif
