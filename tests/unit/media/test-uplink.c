/* SPDX-License-Identifier: Apache-2.0 */
/* A publisher that heeds what it is told, behind a line with a queue. */
#include "media/uplink.h"

#include <glib.h>

enum { MS = 1000, SECOND = 1000000, BYTES = 1000, QUEUE_BYTES = 60000, START_BPS = 300000 };

typedef struct {
	aula_uplink uplink;
	int64_t now_us, wanted_bps;
	int64_t told_bps, told_us;
	int64_t next_us;               /* when the next packet leaves */
	int64_t free_us;               /* when the line has sent what waits */
	int64_t lost, sent, queued_us; /* the longest wait since the last look */
	int64_t reported_us, reported_lost, reported_sent;
} world;

static uint32_t
date_of(int64_t us)
{
	return (uint32_t)((us << 18) / SECOND) & 0xffffff;
}

static void
send_one(world *w, int64_t line_bps)
{
	int64_t begins_us = MAX(w->now_us, w->free_us);
	int64_t wait_us = begins_us - w->now_us;

	w->sent++;
	if (wait_us * line_bps / 8 / SECOND > QUEUE_BYTES) {
		w->lost++;
		return;
	}
	w->free_us = begins_us + (int64_t)BYTES * 8 * SECOND / line_bps;
	w->queued_us = MAX(w->queued_us, wait_us);
	/* 20 ms of air, and the clock of the publisher is another. */
	bool fell = aula_uplink_note(&w->uplink, date_of(w->now_us + 3600 * (int64_t)SECOND), BYTES,
		w->free_us + 20 * MS);
	if (fell || w->free_us - w->told_us > SECOND) {
		w->told_us = w->free_us;
		if (aula_uplink_bps(&w->uplink) > 0)
			w->told_bps = aula_uplink_bps(&w->uplink);
	}
}

static void
report(world *w)
{
	if (w->now_us - w->reported_us < SECOND || w->sent == w->reported_sent)
		return;
	int64_t lost = (w->lost - w->reported_lost) * 256 / (w->sent - w->reported_sent);
	aula_uplink_lost(&w->uplink, (uint8_t)MIN(lost, 255), w->now_us);
	w->reported_us = w->now_us;
	w->reported_lost = w->lost;
	w->reported_sent = w->sent;
}

static void
run(world *w, int64_t line_bps, int64_t seconds)
{
	int64_t until_us = w->now_us + seconds * SECOND;

	w->queued_us = 0;
	while (w->now_us < until_us) {
		report(w);
		int64_t bps = MIN(w->wanted_bps, w->told_bps);
		send_one(w, line_bps);
		w->now_us += (int64_t)BYTES * 8 * SECOND / bps;
	}
}

static world
world_of(int64_t wanted_bps)
{
	world w = { .now_us = 10 * SECOND, .wanted_bps = wanted_bps, .told_bps = START_BPS };

	aula_uplink_init(&w.uplink);
	return w;
}

static void
test_finds_a_line(void)
{
	world w = world_of(3000000);

	run(&w, 10000000, 10);
	g_assert_cmpint(w.told_bps, >, 3000000); /* all that is wanted, within 10 s */
	run(&w, 1000000, 10);
	g_assert_cmpint(w.told_bps, <, 1200000);
	g_assert_cmpint(w.told_bps, >, 500000);
	run(&w, 1000000, 30);
	g_assert_cmpint(w.told_bps, <, 1200000);
	g_assert_cmpint(w.told_bps, >, 500000);
	g_assert_cmpint(w.queued_us, <, 400 * MS);
	run(&w, 300000, 5);
	g_assert_cmpint(w.told_bps, <, 400000);
	/* Freed, it comes back, slowly; dates have begun anew in between. */
	run(&w, 10000000, 60);
	g_assert_cmpint(w.told_bps, >, 2000000);
}

/* A still picture is no thin line. */
static void
test_limited_by_content(void)
{
	world w = world_of(3000000);

	run(&w, 10000000, 10);
	int64_t before_bps = w.told_bps;
	w.wanted_bps = 100000;
	run(&w, 10000000, 60);
	g_assert_cmpint(w.told_bps, >=, before_bps);
	g_assert_cmpint(w.lost, ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/media/uplink/finds-a-line", test_finds_a_line);
	g_test_add_func("/media/uplink/limited-by-content", test_limited_by_content);
	return g_test_run();
}
