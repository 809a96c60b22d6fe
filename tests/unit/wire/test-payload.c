/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/payload.h"

#include <glib.h>

typedef struct {
	const char *what;
	aula_codec codec;
	uint8_t data[24];
	size_t length;
	bool marker, keyframe, start, end, parameters;
	int32_t picture_id;
	int16_t tl0;
	int8_t temporal, spatial;
	uint16_t descriptor_length;
} payload_case;

#define VP8 AULA_CODEC_VP8
#define VP9 AULA_CODEC_VP9
#define H264 AULA_CODEC_H264
#define AV1 AULA_CODEC_AV1

// clang-format off
static const payload_case cases[] = {
	{ "vp8, shortest keyframe", VP8, { 0x10, 0x50 }, 2,
		false, true, true, false, false, -1, -1, -1, -1, 1 },
	{ "vp8, delta frame, last packet", VP8, { 0x10, 0x51 }, 2,
		true, false, true, true, false, -1, -1, -1, -1, 1 },
	{ "vp8, goes on", VP8, { 0x00, 0x50 }, 2,
		false, false, false, false, false, -1, -1, -1, -1, 1 },
	{ "vp8, another partition", VP8, { 0x11, 0x50 }, 2,
		false, false, false, false, false, -1, -1, -1, -1, 1 },
	{ "vp8, all fields", VP8, { 0x90, 0xf0, 0x81, 0x23, 0x05, 0x60, 0x50 }, 7,
		false, true, true, false, false, 0x123, 5, 1, -1, 6 },
	{ "vp8, short picture id", VP8, { 0x90, 0x80, 0x11, 0x01 }, 4,
		false, false, true, false, false, 0x11, -1, -1, -1, 3 },
	{ "vp8, key index but no layer", VP8, { 0x90, 0x10, 0x5f, 0x01 }, 4,
		false, false, true, false, false, -1, -1, -1, -1, 3 },
	{ "vp9, keyframe with structure", VP9,
		{ 0x8a, 0x92, 0x34, 0x18, 2, 0x80, 1, 0x68, 1, 4, 1, 0 }, 12,
		false, true, true, false, false, 0x1234, -1, -1, -1, 0 },
	{ "vp9, lower layer of a keyframe", VP9, { 0xa8, 0x92, 0x34, 0x00, 0x07, 'f' }, 6,
		false, true, true, false, false, 0x1234, 7, 0, 0, 5 },
	{ "vp9, upper layer of a keyframe", VP9, { 0xac, 0x92, 0x34, 0x03, 0x07, 'f' }, 6,
		true, false, true, true, false, 0x1234, 7, 0, 1, 5 },
	{ "vp9, flexible, three references", VP9, { 0xfc, 0x11, 0x22, 3, 5, 6, 'f' }, 7,
		false, false, true, true, false, 0x11, -1, 1, 1, 6 },
	{ "vp9, delta frame, goes on", VP9, { 0xc0, 0x11, 'f' }, 3,
		false, false, false, false, false, 0x11, -1, -1, -1, 2 },
	{ "h264, parameters", H264, { 0x67, 0x42 }, 2,
		false, true, true, false, true, -1, -1, -1, -1, 0 },
	{ "h264, IDR slice", H264, { 0x65, 0x88 }, 2,
		true, true, true, true, false, -1, -1, -1, -1, 0 },
	{ "h264, second slice of an IDR", H264, { 0x65, 0x48 }, 2,
		true, false, false, true, false, -1, -1, -1, -1, 0 },
	{ "h264, slice", H264, { 0x41, 0x9a }, 2,
		true, false, true, true, false, -1, -1, -1, -1, 0 },
	{ "h264, aggregate with parameters", H264, { 0x78, 0, 2, 0x67, 0x42, 0, 2, 0x68, 0xce }, 9,
		false, true, true, false, true, -1, -1, -1, -1, 0 },
	{ "h264, aggregate of others", H264, { 0x78, 0, 2, 0x06, 0x42, 0, 2, 0x41, 0x9a }, 9,
		false, false, true, false, false, -1, -1, -1, -1, 0 },
	{ "h264, aggregate of second slices", H264, { 0x78, 0, 2, 0x65, 0x42, 0, 1, 0x65 }, 8,
		false, false, false, false, false, -1, -1, -1, -1, 0 },
	{ "h264, first fragment of a second slice", H264, { 0x7c, 0x85, 0x48 }, 3,
		false, false, false, false, false, -1, -1, -1, -1, 0 },
	{ "h264, first fragment of an IDR", H264, { 0x7c, 0x85, 0x88 }, 3,
		false, true, true, false, false, -1, -1, -1, -1, 0 },
	{ "h264, last fragment of an IDR", H264, { 0x7c, 0x45, 0x88 }, 3,
		true, false, false, true, false, -1, -1, -1, -1, 0 },
	{ "av1, new sequence", AV1, { 0x28, 2, 0x0a, 1, 0x32, 'f' }, 6,
		false, true, true, false, true, -1, -1, -1, -1, 1 },
	{ "av1, new sequence, header elsewhere", AV1, { 0x18, 0x32, 'f' }, 3,
		false, true, true, false, false, -1, -1, -1, -1, 1 },
	{ "av1, sequence header without the N bit", AV1, { 0x00, 2, 0x0a, 1, 2, 0x32, 'f' }, 7,
		false, true, true, false, true, -1, -1, -1, -1, 1 },
	{ "av1, delta frame", AV1, { 0x10, 0x32, 'f' }, 3,
		true, false, true, true, false, -1, -1, -1, -1, 1 },
	{ "av1, rest that looks like a sequence header", AV1, { 0x90, 0x0a, 'f' }, 3,
		false, false, false, false, false, -1, -1, -1, -1, 1 },
};

static const payload_case malformed[] = {
	{ "vp8, nothing", VP8, { 0 }, 0, .marker = false },
	{ "vp8, descriptor only", VP8, { 0x10 }, 1, .marker = false },
	{ "vp8, cut picture id", VP8, { 0x90, 0x80, 0x81 }, 3, .marker = false },
	{ "vp9, descriptor only", VP9, { 0xc0, 0x11 }, 2, .marker = false },
	{ "vp9, cut structure", VP9, { 0x0a, 0xf8, 0 }, 3, .marker = false },
	{ "vp9, cut references", VP9, { 0x58, 3, 3 }, 3, .marker = false },
	{ "h264, nothing", H264, { 0 }, 0, .marker = false },
	{ "h264, type 0", H264, { 0x60, 1 }, 2, .marker = false },
	{ "h264, aggregate of nothing", H264, { 0x78 }, 1, .marker = false },
	{ "h264, aggregate cut", H264, { 0x78, 0, 9, 0x67 }, 4, .marker = false },
	{ "h264, empty part", H264, { 0x78, 0, 0 }, 3, .marker = false },
	{ "h264, fragment cut", H264, { 0x7c }, 1, .marker = false },
	{ "av1, header only", AV1, { 0x10 }, 1, .marker = false },
	{ "av1, new but goes on", AV1, { 0x98, 'f' }, 2, .marker = false },
	{ "av1, element too long", AV1, { 0x00, 9, 'f' }, 3, .marker = false },
	{ "av1, length without end", AV1, { 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0 }, 7, .marker = false },
	{ "opus", AULA_CODEC_OPUS, { 0x78, 1 }, 2, .marker = false },
	{ "no codec", AULA_CODEC_NONE, { 0x78, 1 }, 2, .marker = false },
};
// clang-format on

static void
test_cases(void)
{
	for (const payload_case *expected = cases; expected < cases + G_N_ELEMENTS(cases);
		expected++) {
		aula_payload payload;

		g_test_message("%s", expected->what);
		g_assert_true(aula_payload_read(expected->codec, expected->data, expected->length,
			expected->marker, &payload));
		g_assert_cmpint(payload.keyframe, ==, expected->keyframe);
		g_assert_cmpint(payload.start, ==, expected->start);
		g_assert_cmpint(payload.end, ==, expected->end);
		g_assert_cmpint(payload.parameters, ==, expected->parameters);
		g_assert_cmpint(payload.picture_id, ==, expected->picture_id);
		g_assert_cmpint(payload.tl0_picture_index, ==, expected->tl0);
		g_assert_cmpint(payload.temporal, ==, expected->temporal);
		g_assert_cmpint(payload.spatial, ==, expected->spatial);
		if (expected->descriptor_length > 0)
			g_assert_cmpuint(
				payload.descriptor_length, ==, expected->descriptor_length);
	}
}

static void
test_malformed(void)
{
	for (const payload_case *wrong = malformed; wrong < malformed + G_N_ELEMENTS(malformed);
		wrong++) {
		aula_payload payload = { .picture_id = 4711 };

		g_test_message("%s", wrong->what);
		g_assert_false(aula_payload_read(
			wrong->codec, wrong->data, wrong->length, true, &payload));
		g_assert_cmpint(payload.picture_id, ==, 4711);
	}
}

static void
test_places_to_rewrite(void)
{
	static const uint8_t vp8[] = { 0x90, 0xe0, 0x81, 0x23, 0x05, 0x60, 0x51 };
	static const uint8_t vp9[] = { 0xe1, 0x11, 0x52, 0x07, 'f' };
	aula_payload payload;

	g_assert_true(aula_payload_read(AULA_CODEC_VP8, vp8, sizeof(vp8), false, &payload));
	g_assert_cmpuint(payload.picture_id_offset, ==, 2);
	g_assert_cmpuint(payload.picture_id_bits, ==, 15);
	g_assert_cmpuint(payload.tl0_picture_index_offset, ==, 4);
	g_assert_true(payload.switch_up);
	g_assert_false(payload.discardable);
	g_assert_true(aula_payload_read(AULA_CODEC_VP9, vp9, sizeof(vp9), false, &payload));
	g_assert_cmpuint(payload.picture_id_offset, ==, 1);
	g_assert_cmpuint(payload.picture_id_bits, ==, 7);
	g_assert_cmpuint(payload.tl0_picture_index_offset, ==, 3);
	g_assert_cmpint(payload.temporal, ==, 2);
	g_assert_cmpint(payload.spatial, ==, 1);
	g_assert_true(payload.switch_up);
	g_assert_true(payload.discardable);
	g_assert_true(payload.inter_picture);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/wire/payload/cases", test_cases);
	g_test_add_func("/wire/payload/malformed", test_malformed);
	g_test_add_func("/wire/payload/places-to-rewrite", test_places_to_rewrite);
	return g_test_run();
}
