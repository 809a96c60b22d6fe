/* SPDX-License-Identifier: Apache-2.0 */
#include "media/clock.h"

#include <glib.h>

#include "media/report.h"

static void
test_ntp(void)
{
	/* 1970-01-01 and a half second; the first second of 2036's era is out of reach of nobody
	 * who is alive to see it. */
	g_assert_cmpuint(aula_ntp_of(500000), ==, UINT64_C(2208988800) << 32 | 0x80000000);
	for (int64_t us = 1700000000000000; us < 1700000000000000 + 1000; us++)
		g_assert_cmpint(aula_ntp_to_us(aula_ntp_of(us)), ==, us);
}

static void
test_round_trip(void)
{
	int64_t unix_us = 1700000000000000;
	uint32_t last_sr = aula_ntp_middle(aula_ntp_of(unix_us));
	uint32_t held = 65536 / 4; /* a quarter of a second */
	int64_t rtt_us = aula_ntp_round_trip_us(aula_ntp_of(unix_us + 330000), last_sr, held);

	g_assert_cmpint(rtt_us, >=, 79900);
	g_assert_cmpint(rtt_us, <=, 80100);
	g_assert_cmpint(aula_ntp_round_trip_us(aula_ntp_of(unix_us), 0, 0), ==, -1);
	g_assert_cmpint(aula_ntp_round_trip_us(aula_ntp_of(unix_us), last_sr, 65536), ==, -1);
	g_assert_cmpint(aula_ntp_round_trip_us(aula_ntp_of(unix_us), last_sr, 1), ==, 0);
}

/* A publisher whose clock is a day off sends sound and picture over paths of changing delay: what
 * was captured together gets the same moment here. */
static void
test_lips(void)
{
	aula_clock clock = { .known = false };
	aula_clock_pair audio = { .known = true }, video = { .known = true };
	g_autoptr(GRand) dice = g_rand_new_with_seed(1); /* the same luck in every run */
	int far = 0;
	const int64_t off_us = 86400 * INT64_C(1000000), began_us = 1700000000000000;

	for (int i = 0; i < 600; i++) {
		int64_t captured_us = i * INT64_C(1000000);
		int64_t delay_us = 30000 + g_rand_int_range(dice, 0, 50000);
		uint64_t ntp = aula_ntp_of(began_us + off_us + captured_us);
		int64_t at_us = aula_clock_note(&clock, ntp, captured_us + delay_us);
		if (i % 2 == 0)
			audio = (aula_clock_pair){ true, 7 + (uint32_t)i * 48000, at_us };
		else
			video = (aula_clock_pair){ true, 9 + (uint32_t)i * 90000, at_us };
		if (i < 60)
			continue;
		/* Both seen at one moment name the same moment of capture, to a fifth of what
		 * people notice (45 ms, ITU-R BT.1359): the path that is shorter than all before
		 * moves one of them, for a report. */
		int64_t moment_us = captured_us + 100000;
		double a = (uint32_t)(aula_clock_timestamp(&audio, 48000, moment_us) - 7) / 48000.0;
		double v = (uint32_t)(aula_clock_timestamp(&video, 90000, moment_us) - 9) / 90000.0;
		g_assert_cmpfloat_with_epsilon(a, v, 0.009);
		far += ABS(a - v) > 0.005;
		g_assert_cmpfloat_with_epsilon(v, captured_us / 1e6 + 0.1 - 0.03, 0.02);
	}
	g_assert_cmpint(far, <=, 540 / 100); /* and 99 in 100 within 5 ms */
	/* Set anew by an hour: followed at once. */
	int64_t now_us = 700000000;
	aula_clock_note(&clock, aula_ntp_of(began_us + now_us - 3600000000), now_us);
	g_assert_cmpint(clock.offset_us, ==, now_us - (began_us + now_us - 3600000000));
}

static void
test_pair_backwards(void)
{
	const aula_clock_pair pair = { true, 100, 50000000 };

	g_assert_cmpuint(aula_clock_timestamp(&pair, 90000, 49999000), ==, 10);
	g_assert_cmpuint(aula_clock_timestamp(&pair, 90000, 50000000 - 2000000), ==,
		(uint32_t)(100 - 180000));
}

static void
test_reports(void)
{
	aula_report report = { .known = false };

	aula_report_note(&report, 25, 100, 450, 90000, 80000, 1000);
	aula_report_note(&report, 26, 101, 450, 90000, -1, 2000);
	g_assert_cmpint(report.rtt_us, ==, 80000);
	g_assert_cmpuint(report.jitter_us, ==, 5000);
	g_assert_cmpint(report.lost, ==, 101);
	aula_report_note(&report, 26, 101, 450, 90000, 160000, 3000);
	g_assert_cmpint(report.rtt_us, ==, 90000);
	for (int i = 0; i < 1000; i++) {
		int64_t next_us = aula_report_next_us(0, g_test_rand_int());
		g_assert_cmpint(next_us, >=, 500000);
		g_assert_cmpint(next_us, <=, 1500000);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/media/clock/ntp", test_ntp);
	g_test_add_func("/media/clock/round-trip", test_round_trip);
	g_test_add_func("/media/clock/lips", test_lips);
	g_test_add_func("/media/clock/pair-backwards", test_pair_backwards);
	g_test_add_func("/media/report/note", test_reports);
	return g_test_run();
}
