/* SPDX-License-Identifier: Apache-2.0 */
#include "feed.h"

const feed_setting feed_one_loop = { 1, 0 }, feed_at_publisher = { 2, 0 },
		   feed_at_subscriber = { 2, 1 };

/* -- what control does -- */

typedef struct {
	world *w;
	aula_track feed, source;
	aula_codec codec;
	uint64_t owner;
	aula_code code;
} request;

static void
do_open(void *data)
{
	request *r = data;

	r->feed = aula_engine_open_feed(r->w->engine, r->codec);
}

aula_track
feed_open(world *w, aula_codec codec)
{
	request r = { .w = w, .codec = codec };

	world_do(w, do_open, &r);
	g_assert_false(AULA_NONE(r.feed));
	return r.feed;
}

static void
do_close(void *data)
{
	const request *r = data;

	aula_engine_close_feed(r->w->engine, r->feed);
}

void
feed_close(world *w, aula_track feed)
{
	world_do(w, do_close, &(request){ .w = w, .feed = feed });
}

static void
do_switch(void *data)
{
	request *r = data;

	r->code = aula_engine_switch(r->w->engine, r->feed, r->source, r->owner);
}

aula_code
feed_switch(world *w, aula_track feed, aula_track source, uint64_t owner)
{
	request r = { .w = w, .feed = feed, .source = source, .owner = owner };

	world_do(w, do_switch, &r);
	return r.code;
}

/* -- the scene -- */

void
feed_set_up(feed_fixture *f, const void *data)
{
	const feed_setting *s = data;

	f->w = world_new(s->loops);
	f->first = person_new(f->w);
	f->subscriber = person_new(f->w);
	f->second = person_new(f->w);
	for (unsigned i = 0; i < s->feeds_before; i++)
		feed_open(f->w, AULA_CODEC_VP8);
}

void
feed_tear_down(feed_fixture *f, const void *data)
{
	(void)data;
	person_free(f->first);
	person_free(f->second);
	person_free(f->subscriber);
	world_free(f->w);
}

/* Waits until what was ordered is done on every loop, and what that ordered in turn. */
void
feed_settle(feed_fixture *f)
{
	for (int i = 0; i < 3; i++) {
		json_decref(world_stats(f->w, f->first->peer));
		json_decref(world_stats(f->w, f->subscriber->peer));
		json_decref(world_stats(f->w, f->second->peer));
	}
}

void
feed_carry(feed_fixture *f, aula_track source, uint64_t owner)
{
	g_assert_cmpint(feed_switch(f->w, f->feed, source, owner), ==, AULA_OK);
	feed_settle(f);
}
