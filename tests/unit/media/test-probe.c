/* SPDX-License-Identifier: Apache-2.0 */
/* One probe over a line with a shaper's bucket. */
#include "media/probe.h"

#include <glib.h>

enum { PACKET = 600, MS = 1000, DELAY_US = 20000, BUCKET_BYTES = 6000 };

/* What the probe says of a line of `line_bps`, of whose bucket `saved` bytes are there; each
 * `lose`th packet is lost (0: none). */
static double
probe_line(int64_t bps, bool is_long, int64_t line_bps, int64_t saved, unsigned lose)
{
	aula_probe probe;
	int64_t now_us = 1000 * MS, left, free_us = now_us - saved * 8000000 / line_bps;
	double found_bps = -1;

	aula_probe_start(&probe, 7, is_long, bps, lose == 3 ? 0.33 : 0, now_us);
	left = probe.asked_bytes;
	for (unsigned i = 1; left > 0; i++, left -= PACKET) {
		free_us += PACKET * 8000000ll / line_bps;
		if (free_us < now_us - saved * 8000000 / line_bps)
			free_us = now_us - saved * 8000000 / line_bps;
		if (lose == 0 || i % lose != 0)
			aula_probe_note(&probe, 7, PACKET, now_us, MAX(free_us, now_us) + DELAY_US);
		aula_probe_note(&probe, 6, PACKET, now_us, now_us); /* of another: nothing */
		now_us += PACKET * 8000000ll / bps;
	}
	if (!aula_probe_finish(&probe, now_us, &found_bps))
		g_assert_true(aula_probe_finish(&probe, now_us + 2000 * MS, &found_bps));
	g_assert_cmpuint(probe.id, ==, 0);
	g_assert_false(aula_probe_finish(&probe, now_us + 2000 * MS, &found_bps));
	return found_bps;
}

static void
test_room(void)
{
	for (int i = 0; i < 2; i++) {
		double found = probe_line(500000, i == 1, 5000000, 0, 0);
		g_assert_cmpfloat(found, >, 450000);
		g_assert_cmpfloat(found, <=, 500000);
	}
}

/* A short one finds room in the bucket where there is none on the line; a long one does not. */
static void
test_bucket(void)
{
	g_assert_cmpfloat(probe_line(560000, false, 300000, BUCKET_BYTES, 0), >, 450000);
	for (int64_t bps = 400000; bps <= 600000; bps += 50000) {
		double found = probe_line(bps, true, 300000, BUCKET_BYTES, 0);
		g_test_message("at %d: %.0f", (int)bps, found);
		g_assert_cmpfloat(found, <, 420000);
	}
	/* And it finds what there is. */
	double found = probe_line(600000, true, 300000, 0, 0);
	g_assert_cmpfloat(found, >, 250000);
	g_assert_cmpfloat(found, <=, 300000);
}

static void
test_loss(void)
{
	g_assert_cmpfloat(probe_line(1000000, true, 5000000, 0, 5), >, 700000);
	/* What the line loses anyway is no reason to think that it is full. */
	g_assert_cmpfloat(probe_line(1000000, true, 5000000, 0, 3), >, 600000);
	g_assert_cmpfloat(probe_line(1000000, true, 5000000, 0, 2), ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/media/probe/room", test_room);
	g_test_add_func("/media/probe/bucket", test_bucket);
	g_test_add_func("/media/probe/loss", test_loss);
	return g_test_run();
}
