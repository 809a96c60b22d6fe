/* SPDX-License-Identifier: Apache-2.0 */
#include "media/keyframe.h"

#include <glib.h>

static void
test_merged(void)
{
	aula_keyframe keyframe;
	unsigned asked = 0;

	aula_keyframe_init(&keyframe);
	g_assert_false(aula_keyframe_take(&keyframe, 0));
	/* A hundred subscribers a second for ten seconds, each answered within 100 ms. */
	for (int64_t now_us = 0; now_us < 10000000; now_us += 10000) {
		aula_keyframe_want(&keyframe);
		if (aula_keyframe_take(&keyframe, now_us))
			asked++;
		if (now_us % 100000 == 0)
			aula_keyframe_arrived(&keyframe);
	}
	g_assert_cmpuint(keyframe.wants, ==, 1000);
	g_assert_cmpuint(asked, ==, 20);
}

static void
test_repeated_until_it_comes(void)
{
	aula_keyframe keyframe;
	int64_t last_us = 0, widest_us = 0;
	unsigned asked = 0;

	aula_keyframe_init(&keyframe);
	aula_keyframe_want(&keyframe);
	for (int64_t now_us = 0; now_us < 60000000; now_us += 10000) {
		if (!aula_keyframe_take(&keyframe, now_us))
			continue;
		if (asked++ < AULA_KEYFRAME_PATIENCE)
			g_assert_cmpint(now_us - last_us, <=, AULA_KEYFRAME_INTERVAL_US);
		widest_us = now_us - last_us;
		last_us = now_us;
	}
	g_assert_cmpint(widest_us, ==, AULA_KEYFRAME_INTERVAL_MOST_US);
	g_assert_cmpuint(asked, >=, 18);
	g_assert_cmpuint(asked, <=, 24);
	aula_keyframe_arrived(&keyframe);
	g_assert_false(aula_keyframe_take(&keyframe, 100000000));
	aula_keyframe_want(&keyframe);
	aula_keyframe_cancel(&keyframe);
	g_assert_false(aula_keyframe_take(&keyframe, 200000000));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/media/keyframe/merged", test_merged);
	g_test_add_func("/media/keyframe/repeated-until-it-comes", test_repeated_until_it_comes);
	return g_test_run();
}
