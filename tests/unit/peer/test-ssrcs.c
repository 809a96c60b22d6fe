/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/ssrcs.h"

#include <string.h>

enum { MID = 4, US = 1000000 };

static int audio, video; /* stand for tracks */

static aula_track_options
track_of(const char *mid, uint8_t payload_type, uint8_t rtx, uint32_t ssrc)
{
	aula_track_options options = {
		.payload_type = payload_type,
		.rtx_payload_type = rtx,
		.red_payload_type = 255,
		.encoding_count = 1,
		.encodings[0].ssrc = ssrc,
		.extensions.id[AULA_EXTENSION_MID] = MID,
	};

	g_strlcpy(options.mid, mid, sizeof(options.mid));
	return options;
}

static void *
find(aula_ssrcs *ssrcs, uint32_t ssrc, uint8_t payload_type, const char *mid, int64_t now_us,
	bool *ret_repair)
{
	uint8_t bytes[100];
	const aula_rtp_write element = { mid != NULL ? MID : 0,
		mid != NULL ? (uint8_t)strlen(mid) : 0, (const uint8_t *)mid };
	aula_rtp rtp = { .payload_type = payload_type, .ssrc = ssrc };
	size_t length = aula_rtp_header_write(bytes, sizeof(bytes), &rtp, &element, 1);

	g_assert_true(aula_rtp_parse(bytes, length, &ssrcs->extensions, &rtp));
	aula_ssrcs_found found;
	if (!aula_ssrcs_find(ssrcs, bytes, &rtp, now_us, &found))
		return NULL;
	*ret_repair = found.repair;
	return found.track;
}

static void
set_up(aula_ssrcs *ssrcs, uint32_t audio_ssrc, uint32_t video_ssrc)
{
	const aula_track_options a = track_of("au", 111, 255, audio_ssrc);
	const aula_track_options v = track_of("vi", 96, 97, video_ssrc);

	aula_ssrcs_init(ssrcs);
	g_assert_true(aula_ssrcs_add(ssrcs, &audio, &a));
	g_assert_true(aula_ssrcs_add(ssrcs, &video, &v));
}

static void
test_by_mid(void)
{
	aula_ssrcs ssrcs;
	bool repair = true;

	set_up(&ssrcs, 0, 0);
	g_assert_null(find(&ssrcs, 7, 96, "other", 1, &repair));
	g_assert_true(find(&ssrcs, 7, 96, "vi", 1, &repair) == &video);
	g_assert_false(repair);
	g_assert_true(find(&ssrcs, 8, 97, "vi", 1, &repair) == &video);
	g_assert_true(repair);
	/* Learnt: from now on without it. */
	g_assert_true(find(&ssrcs, 7, 96, NULL, 2, &repair) == &video);
	g_assert_true(find(&ssrcs, 8, 97, NULL, 2, &repair) == &video);
	g_assert_true(repair);
	aula_ssrcs_found found;
	g_assert_true(aula_ssrcs_find_ssrc(&ssrcs, 8, &found));
	g_assert_true(found.track == &video && found.repair);
	g_assert_cmpuint(found.ssrc, ==, 7);
	/* The MID is right and the payload type is not. */
	g_assert_null(find(&ssrcs, 9, 96, "au", 2, &repair));
	g_assert_cmpuint(ssrcs.unknown, ==, 2);
	aula_ssrcs_remove(&ssrcs, &video);
	g_assert_null(find(&ssrcs, 7, 96, NULL, 3, &repair));
	aula_ssrcs_finish(&ssrcs);
}

static void
test_by_payload_type(void)
{
	aula_ssrcs ssrcs;
	bool repair;
	const aula_track_options second = track_of("v2", 96, 97, 0);

	set_up(&ssrcs, 0, 0);
	g_assert_true(find(&ssrcs, 5, 111, NULL, 1, &repair) == &audio);
	/* Two that it could be: neither. */
	g_assert_true(aula_ssrcs_add(&ssrcs, (void *)&second, &second));
	g_assert_null(find(&ssrcs, 6, 96, NULL, 1, &repair));
	aula_ssrcs_finish(&ssrcs);
}

static void
test_repairs_of_one_like_the_media_of_another(void)
{
	const aula_track_options a = track_of("au", 111, 96, 0);
	const aula_track_options v = track_of("vi", 96, 97, 0);
	aula_ssrcs ssrcs;
	bool repair = true;

	aula_ssrcs_init(&ssrcs);
	g_assert_true(aula_ssrcs_add(&ssrcs, &audio, &a));
	g_assert_true(aula_ssrcs_add(&ssrcs, &video, &v));
	g_assert_true(find(&ssrcs, 1, 111, NULL, US, &repair) == &audio);
	g_assert_true(find(&ssrcs, 2, 96, NULL, US, &repair) == &video);
	g_assert_false(repair);
	g_assert_true(find(&ssrcs, 3, 97, NULL, US, &repair) == &video);
	g_assert_true(repair);
	aula_ssrcs_finish(&ssrcs);
}

static void
test_announced(void)
{
	aula_ssrcs ssrcs;
	bool repair;

	set_up(&ssrcs, 11, 12);
	g_assert_true(find(&ssrcs, 12, 96, NULL, 1, &repair) == &video);
	/* Another SSRC with its payload type proves nothing. */
	g_assert_null(find(&ssrcs, 13, 96, NULL, 2 * US, &repair));
	/* With its MID it does, once the announced one has fallen silent. */
	g_assert_null(find(&ssrcs, 13, 96, "vi", AULA_SSRCS_REBIND_US - 1, &repair));
	g_assert_true(find(&ssrcs, 13, 96, "vi", AULA_SSRCS_REBIND_US + 1, &repair) == &video);
	g_assert_null(find(&ssrcs, 12, 96, NULL, AULA_SSRCS_REBIND_US + 2, &repair));
	aula_ssrcs_finish(&ssrcs);
}

static void
test_strangers_cost_nothing(void)
{
	aula_ssrcs ssrcs;
	bool repair;

	set_up(&ssrcs, 11, 12);
	for (uint32_t ssrc = 100; ssrc < 100100; ssrc++)
		g_assert_null(find(&ssrcs, ssrc, 50, "zz", US, &repair));
	g_assert_null(find(&ssrcs, 0, 111, "au", US, &repair));
	g_assert_cmpuint(ssrcs.unknown, ==, 100001);
	g_assert_cmpuint(ssrcs.count, ==, 2);
	for (int i = 2; i < AULA_SSRCS_TRACKS_MOST; i++) {
		const aula_track_options options = track_of("x", 1, 255, 0);
		g_assert_true(aula_ssrcs_add(&ssrcs, (void *)&options, &options));
	}
	const aula_track_options options = track_of("y", 1, 255, 0);
	g_assert_false(aula_ssrcs_add(&ssrcs, &audio, &options));
	aula_ssrcs_finish(&ssrcs);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/peer/ssrcs/by-mid", test_by_mid);
	g_test_add_func("/peer/ssrcs/by-payload-type", test_by_payload_type);
	g_test_add_func("/peer/ssrcs/repairs-of-one-like-the-media-of-another",
		test_repairs_of_one_like_the_media_of_another);
	g_test_add_func("/peer/ssrcs/announced", test_announced);
	g_test_add_func("/peer/ssrcs/strangers-cost-nothing", test_strangers_cost_nothing);
	return g_test_run();
}
