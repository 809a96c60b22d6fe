/* SPDX-License-Identifier: Apache-2.0 */
#include "media/layers.h"

#include <glib.h>
#include <string.h>

enum { PICTURE = 3000 }; /* clock units from one to the next */

typedef struct {
	aula_layers layers;
	aula_layers_out out;
	int64_t now_us;
} fixture;

static void
set_up(fixture *f, aula_codec codec, aula_layer target)
{
	*f = (fixture){ .now_us = 1000000 };
	aula_layers_init(&f->layers, codec, 0, 0);
	aula_layers_aim(&f->layers, target);
}

/* -- VP8: simulcast and temporal layers; a packet is a frame -- */

static bool
vp8(fixture *f, uint8_t encoding, uint64_t number, int8_t temporal, bool key)
{
	const aula_payload payload = {
		.keyframe = key,
		.start = true,
		.end = true,
		.picture_id = (int32_t)((encoding * 1000u + number) & 0x7fff),
		.picture_id_bits = 15,
		.tl0_picture_index = (int16_t)((number / 4 + encoding * 50) & 255),
		.temporal = temporal,
		.spatial = -1,
		.switch_up = number % 4 == 1 || number % 4 == 2,
	};
	const aula_layers_packet packet = {
		.encoding = encoding,
		.number = number + 70000,
		.timestamp = (uint32_t)(number * PICTURE + encoding * 777777u),
		.marker = true,
		.payload = &payload,
	};

	return aula_layers_forward(&f->layers, &packet, f->now_us, &f->out);
}

static int8_t
temporal_of(uint64_t number)
{
	static const int8_t pattern[] = { 0, 2, 1, 2 };

	return pattern[number % 4];
}

static void
test_temporal(void)
{
	fixture f;
	uint64_t out = 0;
	int32_t picture = -1;

	set_up(&f, AULA_CODEC_VP8, (aula_layer){ 0, -1, -1 });
	g_assert_false(vp8(&f, 0, 3, 2, false)); /* not before a keyframe */
	for (uint64_t i = 4; i < 400; i++) {
		/* All, then half of the pictures, then a quarter, then all again. */
		int8_t limit = i < 100 ? -1 : i < 200 ? 1 : i < 300 ? 0 : -1;
		aula_layers_aim(&f.layers, (aula_layer){ 0, -1, limit });
		bool sent = vp8(&f, 0, i, temporal_of(i), i == 4);
		/* Down at once; up at 302 (layer 1) and 305 (layer 2), which refer to layer 0. */
		int8_t most = i < 100 ? 2 : i < 200 ? 1 : i < 302 ? 0 : i < 305 ? 1 : 2;
		g_assert_cmpint(sent, ==, temporal_of(i) <= most);
		if (!sent)
			continue;
		g_assert_false(f.out.empty);
		g_assert_cmpuint(f.out.number, ==, ++out);
		if (picture >= 0)
			g_assert_cmpint(f.out.picture_id, ==, picture + 1);
		picture = f.out.picture_id;
		g_assert_cmpint(f.out.tl0_picture_index, ==, i / 4);
	}
}

static void
test_simulcast(void)
{
	const aula_clock_pair clocks[] = { { true, 0, 0 }, { true, 777777, 0 } };
	fixture f;
	uint8_t encoding;

	set_up(&f, AULA_CODEC_VP8, (aula_layer){ 1, -1, -1 });
	for (uint8_t i = 0; i < 2; i++)
		aula_layers_note_clock(&f.layers, i, &clocks[i]);
	/* Anything is better than nothing, but what is wanted is still asked for. */
	g_assert_true(vp8(&f, 0, 10, 0, true));
	g_assert_true(aula_layers_want_keyframe(&f.layers, &encoding));
	g_assert_cmpuint(encoding, ==, 1);
	int32_t picture = f.out.picture_id;
	uint32_t timestamp = f.out.timestamp;
	uint8_t tl0 = (uint8_t)f.out.tl0_picture_index;
	g_assert_false(vp8(&f, 1, 10, 0, false));
	g_assert_true(vp8(&f, 0, 11, 2, false));
	/* A keyframe of the wanted one: numbers and ids go on, time as the sender reports say. */
	f.now_us += 5000000; /* whenever it comes */
	g_assert_true(vp8(&f, 1, 12, 0, true));
	g_assert_cmpuint(f.out.number, ==, 3);
	g_assert_cmpint(f.out.picture_id, ==, picture + 2);
	g_assert_cmpuint(f.out.tl0_picture_index, ==, tl0 + 1);
	g_assert_cmpuint(f.out.timestamp, ==, timestamp + 2 * PICTURE);
	g_assert_false(aula_layers_want_keyframe(&f.layers, &encoding));
	g_assert_false(vp8(&f, 0, 13, 2, false));
	g_assert_true(vp8(&f, 1, 13, 2, false));
	g_assert_cmpuint(f.out.timestamp, ==, timestamp + 3 * PICTURE);
	/* Lower: not without a keyframe, but until then the fewest pictures. */
	aula_layers_aim(&f.layers, (aula_layer){ 0, -1, -1 });
	g_assert_false(vp8(&f, 1, 14, 1, false));
	g_assert_false(vp8(&f, 1, 15, 2, false));
	g_assert_true(vp8(&f, 1, 16, 0, false));
	/* The same moment again, in the other: never the same timestamp twice. */
	uint32_t last = f.out.timestamp;
	g_assert_true(vp8(&f, 0, 16, 0, true));
	g_assert_cmpuint(f.out.timestamp, ==, last + 1);
	g_assert_cmpuint(f.layers.switches, ==, 2);
}

/* What fills a hole that was left for it is empty, and so is its repetition; everything else is
 * repeated as it was sent. */
static void
test_repeat(void)
{
	fixture f;
	uint64_t in, out;
	aula_payload payload = { .picture_id = 7,
		.picture_id_bits = 15,
		.tl0_picture_index = -1,
		.temporal = 2,
		.spatial = -1,
		.end = true };
	aula_layers_packet packet = {
		.number = 70009, .timestamp = 9 * PICTURE, .marker = true, .payload = &payload
	};
	aula_layers_out again;

	set_up(&f, AULA_CODEC_VP8, (aula_layer){ 0, -1, 1 });
	g_assert_true(vp8(&f, 0, 8, 0, true));
	g_assert_true(vp8(&f, 0, 10, 1, false));
	g_assert_cmpuint(f.out.number, ==, 3);
	g_assert_true(vp8(&f, 0, 9, 2, false)); /* late, and not wanted */
	g_assert_true(f.out.empty);
	g_assert_cmpuint(f.out.number, ==, 2);
	g_assert_true(aula_layers_reverse(&f.layers, 2, &in, &out));
	g_assert_cmpuint(in, ==, 70009);
	aula_layers_repeat(&f.layers, &packet, out, &again);
	g_assert_true(again.empty);
	g_assert_cmpuint(again.number, ==, 2);
	g_assert_cmpuint(again.timestamp, ==, f.out.timestamp);
	for (uint64_t i = 11; i < 60; i++)
		vp8(&f, 0, i, temporal_of(i), false);
	/* Sent with other offsets than those of now. */
	packet.number = 70012;
	packet.timestamp = 12 * PICTURE;
	payload.picture_id = 12;
	payload.tl0_picture_index = 3;
	g_assert_true(aula_layers_reverse(&f.layers, 4, &in, &out));
	g_assert_cmpuint(in, ==, 70012);
	aula_layers_repeat(&f.layers, &packet, out, &again);
	g_assert_false(again.empty);
	g_assert_cmpint(again.picture_id, ==, 12 - 1); /* 11 was dropped */
	g_assert_cmpint(again.tl0_picture_index, ==, 3);
	g_assert_false(aula_layers_reverse(&f.layers, 50000, &in, &out));
}

static void
test_write(void)
{
	uint8_t bytes[] = { 0x90, 0xe0, 0x81, 0x23, 0x05, 0x40, 0x01 };
	const aula_layers_out out = { .picture_id = 0x7abc, .tl0_picture_index = 255 };
	aula_payload read;

	g_assert_true(aula_payload_read(AULA_CODEC_VP8, bytes, sizeof(bytes), true, &read));
	aula_layers_write(&out, &read, bytes);
	g_assert_true(aula_payload_read(AULA_CODEC_VP8, bytes, sizeof(bytes), true, &read));
	g_assert_cmpint(read.picture_id, ==, 0x7abc);
	g_assert_cmpint(read.tl0_picture_index, ==, 255);
	g_assert_cmpint(read.temporal, ==, 1);
}

/* -- SVC: three spatial layers of two packets each; the last has the marker -- */

typedef bool (*send_layer)(fixture *f, uint64_t picture, int8_t spatial, unsigned part, bool key);

static bool
vp9(fixture *f, uint64_t picture, int8_t spatial, unsigned part, bool key)
{
	const aula_payload payload = {
		.keyframe = key && spatial == 0 && part == 0,
		.start = part == 0,
		.end = part == 1,
		.picture_id = (int32_t)picture & 0x7fff,
		.picture_id_bits = 15,
		.tl0_picture_index = -1,
		.temporal = 0,
		.spatial = spatial,
		.inter_picture = !key,
		.inter_layer = spatial > 0,
	};
	const aula_layers_packet packet = {
		.number = 80000 + picture * 6 + (uint64_t)spatial * 2 + part,
		.timestamp = (uint32_t)(picture * PICTURE),
		.marker = spatial == 2 && part == 1,
		.payload = &payload,
	};

	return aula_layers_forward(&f->layers, &packet, f->now_us, &f->out);
}

/* L3T1: each layer refers to the one below it and to itself in the picture before. */
static const aula_dependency_structure l3t1 = {
	.template_count = 6,
	.target_count = 3,
	.target_spatial = { 0, 1, 2 },
};
enum { A = AULA_DEPENDENCY_ABSENT, R = AULA_DEPENDENCY_REQUIRED, W = AULA_DEPENDENCY_SWITCH };
#define ROLES(a, b, c) (uint64_t)((a) | (b) << 2 | (c) << 4)
static const uint64_t key_roles[] = { ROLES(W, W, W), ROLES(A, W, W), ROLES(A, A, W) };
static const uint64_t delta_roles[] = { ROLES(W, R, R), ROLES(A, W, R), ROLES(A, A, W) };

static bool
av1(fixture *f, uint64_t picture, int8_t spatial, unsigned part, bool key)
{
	const aula_payload payload = { .picture_id = -1,
		.tl0_picture_index = -1,
		.temporal = -1,
		.spatial = -1,
		.start = part == 0 };
	aula_dependency dependency = {
		.start = part == 0,
		.end = part == 1,
		.structured = key && spatial == 0 && part == 0,
		.frame_number = (uint16_t)(65500 + picture * 3 + (uint64_t)spatial),
		.frame = {
			.spatial = (uint8_t)spatial,
			.roles = key ? key_roles[spatial] : delta_roles[spatial],
		},
	};
	aula_dependency_template *frame = &dependency.frame;

	if (!key)
		frame->references[frame->reference_count++] = 3;
	if (spatial > 0)
		frame->references[frame->reference_count++] = 1;
	const aula_layers_packet packet = {
		.number = 80000 + picture * 6 + (uint64_t)spatial * 2 + part,
		.timestamp = (uint32_t)(picture * PICTURE),
		.marker = spatial == 2 && part == 1,
		.payload = &payload,
		.dependency = &dependency,
		.structure = &l3t1,
	};

	return aula_layers_forward(&f->layers, &packet, f->now_us, &f->out);
}

/* One picture: `top` is the highest layer that leaves, and its end has the only marker. */
static void
expect_picture(
	fixture *f, send_layer send, uint64_t picture, bool key, int8_t top, uint64_t *number)
{
	for (int8_t spatial = 0; spatial < 3; spatial++)
		for (unsigned part = 0; part < 2; part++) {
			bool sent = send(f, picture, spatial, part, key);

			g_assert_cmpint(sent, ==, spatial <= top);
			if (!sent)
				continue;
			g_assert_false(f->out.empty);
			g_assert_cmpuint(f->out.number, ==, ++*number);
			g_assert_cmpint(f->out.marker, ==, spatial == top && part == 1);
			/* What references count by stays as it was. */
			g_assert_cmpint(f->out.picture_id, ==,
				send == vp9 ? (int32_t)picture
					    : (uint16_t)(65500 + picture * 3 + (uint64_t)spatial));
		}
}

static void
test_spatial(const void *data)
{
	send_layer send = *(const send_layer *)data;
	fixture f;
	uint64_t number = 0;
	uint8_t encoding;

	set_up(&f, send == vp9 ? AULA_CODEC_VP9 : AULA_CODEC_AV1, (aula_layer){ 0, -1, -1 });
	g_assert_false(send(&f, 9, 0, 0, false));
	expect_picture(&f, send, 10, true, 2, &number);
	for (uint64_t i = 11; i < 20; i++)
		expect_picture(&f, send, i, false, 2, &number);
	/* Down at the next picture, not within one. */
	g_assert_true(send(&f, 20, 0, 0, false) && send(&f, 20, 0, 1, false));
	g_assert_true(send(&f, 20, 1, 0, false) && send(&f, 20, 1, 1, false));
	aula_layers_aim(&f.layers, (aula_layer){ 0, 0, -1 });
	g_assert_true(send(&f, 20, 2, 0, false) && send(&f, 20, 2, 1, false));
	g_assert_true(f.out.marker);
	number = f.out.number;
	for (uint64_t i = 21; i < 30; i++)
		expect_picture(&f, send, i, false, 0, &number);
	/* Up at a keyframe only. */
	aula_layers_aim(&f.layers, (aula_layer){ 0, 1, -1 });
	for (uint64_t i = 30; i < 40; i++)
		expect_picture(&f, send, i, false, 0, &number);
	g_assert_true(aula_layers_want_keyframe(&f.layers, &encoding));
	expect_picture(&f, send, 40, true, 1, &number);
	g_assert_false(aula_layers_want_keyframe(&f.layers, &encoding));
	expect_picture(&f, send, 41, false, 1, &number);
}

int
main(int argc, char **argv)
{
	static const send_layer senders[] = { vp9, av1 };

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/media/layers/temporal", test_temporal);
	g_test_add_func("/media/layers/simulcast", test_simulcast);
	g_test_add_func("/media/layers/repeat", test_repeat);
	g_test_add_func("/media/layers/write", test_write);
	g_test_add_data_func("/media/layers/vp9-spatial", &senders[0], test_spatial);
	g_test_add_data_func("/media/layers/av1-spatial", &senders[1], test_spatial);
	return g_test_run();
}
