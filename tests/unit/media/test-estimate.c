/* SPDX-License-Identifier: Apache-2.0 */
/* The estimator by itself; what it makes of a whole line is in test-quality.c. */
#include "media/estimate.h"

#include <glib.h>

#include "media/twcc.h"

enum { START_US = 1000000, MS = 1000 };

static const aula_estimate_limits limits = { 300000, 50000, 5000000 };

typedef struct {
	aula_estimate estimate;
	aula_twcc twcc;
	int64_t now_us, line_us; /* when the line is free */
} fixture;

static void
set_up(fixture *f)
{
	f->now_us = f->line_us = START_US;
	aula_estimate_init(&f->estimate, &limits, START_US);
	aula_twcc_init(&f->twcc);
}

static void
tear_down(fixture *f)
{
	aula_estimate_finish(&f->estimate);
}

/* Sends `bps` for so long over a line of `line_bps`, feedback included; `keep` of 100 arrive. */
static void
run(fixture *f, int64_t bps, int64_t line_bps, int ms, unsigned keep)
{
	const size_t bytes = 1000;
	int64_t gap_us = (int64_t)bytes * 8000000 / bps, end_us = f->now_us + (int64_t)ms * MS;
	uint8_t buffer[1200];
	aula_rtcp packet;

	for (unsigned i = 0; f->now_us < end_us; i++, f->now_us += gap_us) {
		uint16_t number = aula_estimate_sent(&f->estimate, bytes, 0, f->now_us);
		f->line_us = MAX(f->line_us, f->now_us) + (int64_t)bytes * 8000000 / line_bps;
		if (i * 37 % 100 < keep)
			aula_twcc_note(&f->twcc, number, f->line_us + 20 * MS);
		aula_rtcp_writer writer = aula_rtcp_write(buffer, sizeof(buffer));
		while (keep > 0 && aula_twcc_take(&f->twcc, &writer, 1, 2, f->now_us)) {
			aula_rtcp_reader reader = aula_rtcp_read(buffer, writer.length);
			g_assert_true(aula_rtcp_next(&reader, &packet));
			aula_estimate_feedback(&f->estimate, &packet, f->now_us);
			writer.length = 0;
		}
		aula_estimate_tick(&f->estimate, f->now_us);
	}
}

/* A source that sends little says nothing of what the line carries beyond. */
static void
test_limited_by_source(void)
{
	fixture f;

	set_up(&f);
	run(&f, 200000, 10000000, 30000, 100);
	g_assert_cmpint(aula_estimate_bps(&f.estimate), >=, 300000);
	g_assert_cmpint(aula_estimate_bps(&f.estimate), <=, 200000 * 17 / 10);
	tear_down(&f);
}

static void
test_grows_and_falls(void)
{
	fixture f;

	set_up(&f);
	run(&f, 290000, 10000000, 3000, 100);
	int64_t before_bps = aula_estimate_bps(&f.estimate);
	run(&f, before_bps, 10000000, 3000, 100);
	g_assert_cmpint(aula_estimate_bps(&f.estimate), >, before_bps * 115 / 100);
	/* More than the line carries: below it within a second. */
	run(&f, 400000, 200000, 1000, 100);
	g_assert_cmpint(aula_estimate_bps(&f.estimate), <, 200000);
	g_assert_cmpint(f.estimate.bps, >, 120000);
	/* Clearly less until the queue is gone, and no longer. */
	g_assert_true(f.estimate.draining);
	g_assert_cmpint(aula_estimate_bps(&f.estimate), <, 130000);
	run(&f, 100000, 200000, 3000, 100);
	g_assert_false(f.estimate.draining);
	g_assert_cmpint(aula_estimate_bps(&f.estimate), >, 120000);
	tear_down(&f);
}

/* Loss that grows with what is sent is congestion; loss that stays is not. */
static void
test_loss(void)
{
	fixture f;

	set_up(&f);
	run(&f, 300000, 10000000, 1500, 60);
	g_assert_cmpint(aula_estimate_bps(&f.estimate), <, 300000);
	run(&f, 300000, 10000000, 6000, 60);
	g_assert_cmpint(aula_estimate_bps(&f.estimate), >, 200000);
	g_assert_cmpfloat(f.estimate.loss_inherent, >, 0.3);
	tear_down(&f);
}

static void
test_stall(void)
{
	fixture f;

	set_up(&f);
	run(&f, 290000, 10000000, 5000, 100);
	int64_t before_bps = aula_estimate_bps(&f.estimate);
	run(&f, 290000, 10000000, 1500, 0);
	g_assert_cmpint(aula_estimate_bps(&f.estimate), ==, limits.least_bps);
	run(&f, 100000, 10000000, 300, 100);
	g_assert_cmpint(aula_estimate_bps(&f.estimate), >=, before_bps / 2);
	/* What went under meanwhile is not held against the line. */
	run(&f, 100000, 10000000, 3000, 100);
	g_assert_cmpfloat(f.estimate.loss, <, 0.01);
	tear_down(&f);
}

/* Whoever begins again after a silence is not taken for one whose line is gone. */
static void
test_silence(void)
{
	fixture f;

	set_up(&f);
	run(&f, 290000, 10000000, 5000, 100);
	int64_t before_bps = aula_estimate_bps(&f.estimate);
	f.now_us += 60000 * MS;
	f.line_us = f.now_us;
	run(&f, 290000, 10000000, 500, 0);
	g_assert_cmpint(aula_estimate_bps(&f.estimate), ==, before_bps);
	run(&f, 290000, 10000000, 1000, 0);
	g_assert_cmpint(aula_estimate_bps(&f.estimate), ==, limits.least_bps);
	tear_down(&f);
}

static void
test_probe_request(void)
{
	fixture f;
	uint8_t probe;
	int64_t bps, bytes;

	set_up(&f);
	aula_estimate_want(&f.estimate, 2000000);
	g_assert_false(aula_estimate_probe(&f.estimate, f.now_us, &probe, &bps, &bytes));
	run(&f, 200000, 10000000, 1000, 100);
	g_assert_true(aula_estimate_probe(&f.estimate, f.now_us, &probe, &bps, &bytes));
	g_assert_cmpuint(probe, !=, 0);
	g_assert_cmpint(bps, <=, 2 * aula_estimate_bps(&f.estimate));
	/* One at a time; none when nothing more is wanted. */
	g_assert_false(aula_estimate_probe(&f.estimate, f.now_us, &probe, &bps, &bytes));
	run(&f, 200000, 10000000, 20000, 100);
	aula_estimate_want(&f.estimate, 100000);
	g_assert_false(aula_estimate_probe(&f.estimate, f.now_us, &probe, &bps, &bytes));
	tear_down(&f);
}

/* Receivers without transport-wide feedback. */
static void
test_fallback(void)
{
	fixture f;

	set_up(&f);
	for (int i = 0; i < 20; i++)
		aula_estimate_report(&f.estimate, 0, 50 * MS, f.now_us += 1000 * MS);
	int64_t grown_bps = aula_estimate_bps(&f.estimate);
	g_assert_cmpint(grown_bps, >, 1000000);
	aula_estimate_report(&f.estimate, 128, 50 * MS, f.now_us += 1000 * MS);
	g_assert_cmpint(aula_estimate_bps(&f.estimate), <, grown_bps * 8 / 10);
	/* What allows more than is sent limits nothing. */
	int64_t before_bps = aula_estimate_bps(&f.estimate);
	aula_estimate_remb(&f.estimate, 60000, 50000, f.now_us);
	g_assert_cmpint(aula_estimate_bps(&f.estimate), ==, before_bps);
	aula_estimate_remb(&f.estimate, 100000, 200000, f.now_us);
	g_assert_cmpint(aula_estimate_bps(&f.estimate), ==, 100000);
	for (int i = 0; i < 10; i++)
		aula_estimate_remb(&f.estimate, 60000, 50000, f.now_us += 1000 * MS);
	g_assert_cmpint(aula_estimate_bps(&f.estimate), >, 200000);
	aula_estimate_remb(&f.estimate, 1, 200000, f.now_us);
	g_assert_cmpint(aula_estimate_bps(&f.estimate), ==, limits.least_bps);
	tear_down(&f);
}

/* Feedback on what was never sent, or of another kind, changes nothing. */
static void
test_nonsense(void)
{
	fixture f;
	uint8_t buffer[1200];
	aula_twcc_arrival arrivals[100];
	aula_rtcp packet;

	set_up(&f);
	for (uint16_t i = 0; i < 100; i++)
		arrivals[i] = (aula_twcc_arrival){ (uint16_t)(i * 300), (i + 1) * 100 * MS };
	aula_rtcp_writer writer = aula_rtcp_write(buffer, sizeof(buffer));
	g_assert_cmpuint(aula_twcc_write(&writer, 1, 2, 0, 0, arrivals, 100), ==, 100);
	g_assert_true(aula_rtcp_write_pli(&writer, 1, 2));
	aula_rtcp_reader reader = aula_rtcp_read(buffer, writer.length);
	while (aula_rtcp_next(&reader, &packet))
		aula_estimate_feedback(&f.estimate, &packet, f.now_us);
	g_assert_cmpint(aula_estimate_bps(&f.estimate), ==, limits.start_bps);
	g_assert_cmpint(f.estimate.loss_came + f.estimate.loss_missing, ==, 0);
	tear_down(&f);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/media/estimate/limited-by-source", test_limited_by_source);
	g_test_add_func("/media/estimate/grows-and-falls", test_grows_and_falls);
	g_test_add_func("/media/estimate/loss", test_loss);
	g_test_add_func("/media/estimate/stall", test_stall);
	g_test_add_func("/media/estimate/silence", test_silence);
	g_test_add_func("/media/estimate/probe-request", test_probe_request);
	g_test_add_func("/media/estimate/fallback", test_fallback);
	g_test_add_func("/media/estimate/nonsense", test_nonsense);
	return g_test_run();
}
