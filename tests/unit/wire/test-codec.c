/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/codec.h"

#include <glib.h>
#include <string.h>

static void
test_names(void)
{
	static const struct {
		const char *text;
		aula_codec codec;
	} cases[] = {
		{ "opus", AULA_CODEC_OPUS },
		{ "OPUS", AULA_CODEC_OPUS }, /* GStreamer */
		{ "vp8", AULA_CODEC_VP8 },
		{ "H264", AULA_CODEC_H264 },
		{ "h264", AULA_CODEC_H264 },
		{ "AV1", AULA_CODEC_AV1 },
		{ "AV1X", AULA_CODEC_NONE },
		{ "VP", AULA_CODEC_NONE },
		{ "rtx", AULA_CODEC_NONE },
		{ "", AULA_CODEC_NONE },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(
			aula_codec_find(cases[i].text, strlen(cases[i].text)), ==, cases[i].codec);
	g_assert_cmpint(aula_codec_find("VP8/90000", 3), ==, AULA_CODEC_VP8);
}

static void
test_table(void)
{
	for (int codec = AULA_CODEC_NONE + 1; codec < AULA_CODEC_COUNT_; codec++) {
		const char *encoding = aula_codec_encoding(codec);
		g_autofree char *lower = g_ascii_strdown(encoding, -1);

		g_assert_cmpstr(aula_codec_name(codec), ==, lower);
		g_assert_cmpint(aula_codec_find(encoding, strlen(encoding)), ==, codec);
		g_assert_cmpuint(aula_codec_clock_hz(codec), >, 0);
	}
	g_assert_cmpstr(aula_codec_name(AULA_CODEC_NONE), ==, "");
	g_assert_cmpstr(aula_codec_name(AULA_CODEC_COUNT_), ==, "");
	g_assert_cmpint(aula_codec_kind(AULA_CODEC_OPUS), ==, AULA_AUDIO);
	g_assert_cmpint(aula_codec_kind(AULA_CODEC_AV1), ==, AULA_VIDEO);
	/* RFC 3551 section 4.5.2: G722 samples at 16 kHz but counts at 8. */
	g_assert_cmpuint(aula_codec_clock_hz(AULA_CODEC_G722), ==, 8000);
	g_assert_cmpuint(aula_codec_channels(AULA_CODEC_OPUS), ==, 2);
	g_assert_cmpuint(aula_codec_channels(AULA_CODEC_VP8), ==, 0);
}

static void
test_extensions(void)
{
	for (int extension = 0; extension < AULA_EXTENSION_COUNT; extension++) {
		const char *uri = aula_extension_uri(extension);

		g_assert_cmpint(aula_extension_find(uri, strlen(uri)), ==, extension);
	}
	g_assert_cmpint(aula_extension_find("urn:ietf:params:rtp-hdrext:toffset", 34), ==,
		AULA_EXTENSION_COUNT);
	g_assert_cmpstr(aula_extension_uri(AULA_EXTENSION_COUNT), ==, "");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/wire/codec/names", test_names);
	g_test_add_func("/wire/codec/table", test_table);
	g_test_add_func("/wire/codec/extensions", test_extensions);
	return g_test_run();
}
