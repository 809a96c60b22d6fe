/* SPDX-License-Identifier: Apache-2.0 */
/** Two who publish, a feed, and one who receives it. */
#ifndef TESTS_UNIT_PEER_FEED_H
#define TESTS_UNIT_PEER_FEED_H

#include "forward.h"

enum { SECOND_SSRC = 2500, SECOND_AUDIO_SSRC = 1500, FIRST_OWNER = 11, SECOND_OWNER = 12 };

typedef struct {
	world *w;
	person *first, *second, *subscriber;
	aula_track feed;
	uint16_t sequence; /* the last that arrived */
	uint32_t timestamp;
} feed_fixture;

typedef struct {
	unsigned loops, feeds_before;
} feed_setting;

extern const feed_setting feed_one_loop, feed_at_publisher, feed_at_subscriber;

void feed_set_up(feed_fixture *f, const void *setting);
void feed_tear_down(feed_fixture *f, const void *setting);

/** Opens a feed of that codec. */
aula_track feed_open(world *w, aula_codec codec);
void feed_close(world *w, aula_track feed);
aula_code feed_switch(world *w, aula_track feed, aula_track source, uint64_t owner);
/** Waits until what was ordered is done on every loop, and what that ordered in turn. */
void feed_settle(feed_fixture *f);
/** Switches `f->feed`, which must do, and settles. */
void feed_carry(feed_fixture *f, aula_track source, uint64_t owner);

/* A test on one loop, and on two where the feed lives with the publishers or with the subscriber.
 */
#define FEED_ADD(name, test) \
	g_test_add("/peer/feed/one-loop/" name, feed_fixture, &feed_one_loop, feed_set_up, test, \
		feed_tear_down); \
	g_test_add("/peer/feed/publisher/" name, feed_fixture, &feed_at_publisher, feed_set_up, \
		test, feed_tear_down); \
	g_test_add("/peer/feed/subscriber/" name, feed_fixture, &feed_at_subscriber, feed_set_up, \
		test, feed_tear_down)

#endif
