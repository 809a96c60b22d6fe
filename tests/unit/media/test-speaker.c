/* SPDX-License-Identifier: Apache-2.0 */
#include "media/speaker.h"

#include <glib.h>

enum { STEP_US = 20000 };

/* Somebody on a line of packets, one each 20 ms, with a tick each 100 ms. */
typedef struct {
	aula_speaker speaker;
	int64_t now_us;
	int changes;
} voice;

static voice
voice_new(void)
{
	voice v = { .now_us = 1000000 };

	aula_speaker_init(&v.speaker);
	return v;
}

static void
say(voice *v, int level_dbov, int ms)
{
	for (int64_t end_us = v->now_us + ms * INT64_C(1000); v->now_us < end_us;) {
		v->now_us += STEP_US;
		v->changes += aula_speaker_note(&v->speaker, level_dbov, v->now_us);
		if (v->now_us % 100000 == 0)
			v->changes += aula_speaker_tick(&v->speaker, v->now_us);
	}
}

/* No packets at all. */
static void
be_gone(voice *v, int ms)
{
	for (int64_t end_us = v->now_us + ms * INT64_C(1000); v->now_us < end_us;) {
		v->now_us += 100000;
		v->changes += aula_speaker_tick(&v->speaker, v->now_us);
	}
}

static void
test_begins_and_stops(void)
{
	voice v = voice_new();

	say(&v, -80, 3000);
	g_assert_false(v.speaker.speaking);
	say(&v, -25, 200);
	g_assert_false(v.speaker.speaking);
	say(&v, -25, 200);
	g_assert_true(v.speaker.speaking);
	say(&v, -80, 1000);
	g_assert_true(v.speaker.speaking);
	say(&v, -80, 1000);
	g_assert_false(v.speaker.speaking);
	g_assert_cmpint(v.changes, ==, 2);
}

/* Who is heard at once from the first packet on is heard of within half a second. */
static void
test_begins_from_nothing(void)
{
	voice v = voice_new();

	say(&v, -25, 500);
	g_assert_true(v.speaker.speaking);
}

static void
test_a_cough_is_not_speech(void)
{
	voice v = voice_new();

	say(&v, -75, 2000);
	for (int i = 0; i < 20; i++) {
		say(&v, -20, 120);
		say(&v, -75, 900);
	}
	g_assert_cmpint(v.changes, ==, 0);
}

static void
test_pauses_between_words(void)
{
	voice v = voice_new();

	say(&v, -70, 2000);
	for (int i = 0; i < 60; i++) {
		say(&v, -28, 250 + i % 7 * 60);
		say(&v, -65, 80 + i % 5 * 150);
	}
	g_assert_true(v.speaker.speaking);
	g_assert_cmpint(v.changes, ==, 1);
}

/* A fan that is always on is no speaker; who speaks beside it is. */
static void
test_steady_noise(void)
{
	voice v = voice_new();

	say(&v, -44, 60000);
	g_assert_false(v.speaker.speaking);
	int before = v.changes;
	say(&v, -24, 600);
	g_assert_true(v.speaker.speaking);
	say(&v, -44, 2500);
	g_assert_false(v.speaker.speaking);
	g_assert_cmpint(v.changes, ==, before + 2);
}

/* Music is steady as well, and is meant to be heard. */
static void
test_loud_and_steady(void)
{
	voice v = voice_new();

	say(&v, -20, 120000);
	g_assert_true(v.speaker.speaking);
	g_assert_cmpint(v.changes, ==, 1);
}

static void
test_no_packets(void)
{
	voice v = voice_new();

	be_gone(&v, 5000);
	g_assert_cmpint(v.changes, ==, 0);
	say(&v, -25, 1000);
	g_assert_true(v.speaker.speaking);
	/* DTX: a packet each 400 ms in a pause of a second. */
	for (int i = 0; i < 2; i++) {
		be_gone(&v, 400);
		say(&v, -80, STEP_US / 1000);
	}
	g_assert_true(v.speaker.speaking);
	be_gone(&v, 2000);
	g_assert_false(v.speaker.speaking);
	/* An hour later: neither a number that ran over nor a ghost. */
	be_gone(&v, 3600000);
	say(&v, -25, 600);
	g_assert_true(v.speaker.speaking);
	g_assert_cmpint(v.changes, ==, 3);
}

static void
test_reset(void)
{
	voice v = voice_new();

	g_assert_false(aula_speaker_reset(&v.speaker));
	say(&v, -25, 1000);
	g_assert_true(aula_speaker_reset(&v.speaker));
	g_assert_false(v.speaker.speaking);
	say(&v, -80, 1000);
	g_assert_false(v.speaker.speaking);
}

/* Whatever levels come in whatever order: bounded, and no more changes than its times allow. */
static void
test_any_levels(void)
{
	GRand *dice = g_rand_new_with_seed(17);
	voice v = voice_new();

	for (int i = 0; i < 200000; i++) {
		v.now_us += g_rand_int_range(dice, 0, 40) == 0 ? 700000 : STEP_US;
		v.changes +=
			aula_speaker_note(&v.speaker, g_rand_int_range(dice, -127, 1), v.now_us);
		v.changes += aula_speaker_tick(&v.speaker, v.now_us);
		g_assert_cmpfloat(v.speaker.level_dbov, >=, -127);
		g_assert_cmpfloat(v.speaker.level_dbov, <=, 0);
	}
	g_assert_cmpint(
		v.changes, <=, 1 + 2 * v.now_us / (AULA_SPEAKER_BEGIN_US + AULA_SPEAKER_END_US));
	g_rand_free(dice);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/media/speaker/begins-and-stops", test_begins_and_stops);
	g_test_add_func("/media/speaker/begins-from-nothing", test_begins_from_nothing);
	g_test_add_func("/media/speaker/a-cough-is-not-speech", test_a_cough_is_not_speech);
	g_test_add_func("/media/speaker/pauses-between-words", test_pauses_between_words);
	g_test_add_func("/media/speaker/steady-noise", test_steady_noise);
	g_test_add_func("/media/speaker/loud-and-steady", test_loud_and_steady);
	g_test_add_func("/media/speaker/no-packets", test_no_packets);
	g_test_add_func("/media/speaker/reset", test_reset);
	g_test_add_func("/media/speaker/any-levels", test_any_levels);
	return g_test_run();
}
