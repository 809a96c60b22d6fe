/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/rtp.h"

#include <glib.h>
#include <string.h>

#include "wire/rtx.h"

static const aula_extension_map map = { .id = {
						[AULA_EXTENSION_MID] = 4,
						[AULA_EXTENSION_AUDIO_LEVEL] = 1,
						[AULA_EXTENSION_RID] = 10,
						[AULA_EXTENSION_DEPENDENCY] = 20,
					} };

static void
test_kinds(void)
{
	static const struct {
		uint8_t first, second;
		size_t length;
		bool media, rtcp, dtls, stun;
	} cases[] = {
		{ 0x80, 96, 12, true, false, false, false },
		{ 0x90, 0x80 | 111, 40, true, false, false, false },
		{ 0x80, 200, 28, true, true, false, false },
		{ 0xbf, 223, 8, true, true, false, false },
		{ 0x80, 224, 12, true, false, false, false },
		{ 0x80, 200, 7, false, false, false, false },
		{ 22, 0xfe, 13, false, false, true, false },
		{ 63, 0, 100, false, false, true, false },
		{ 64, 0, 100, false, false, false, false }, /* TURN channel */
		{ 0, 1, 20, false, false, false, true },
		{ 1, 1, 20, false, false, false, true },
		{ 0, 1, 19, false, false, false, false },
		{ 192, 0, 100, false, false, false, false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		uint8_t data[100] = { cases[i].first, cases[i].second };

		g_assert_cmpint(aula_is_media(data, cases[i].length), ==, cases[i].media);
		g_assert_cmpint(aula_is_rtcp(data, cases[i].length), ==, cases[i].rtcp);
		g_assert_cmpint(aula_is_dtls(data, cases[i].length), ==, cases[i].dtls);
		g_assert_cmpint(aula_is_stun(data, cases[i].length), ==, cases[i].stun);
		g_assert_false(aula_is_media(data, 0));
		g_assert_false(aula_is_stun(data, 0));
	}
}

/* clang-format off */
static const uint8_t packet[] = {
	0xb1, 0xe0 | 0x0f, 0x12, 0x34, 0, 0, 0, 9, 0xde, 0xad, 0xbe, 0xef, /* payload type 111 */
	0, 0, 0, 1,					/* one CSRC */
	0xbe, 0xde, 0, 2,				/* two words of elements */
	0x40, 'a', 0, 0x10, 0x85, 0x33, 1, 2,		/* mid, padding, level; the last reaches too far */
	'p', 'a', 'y',
	0, 0, 3,
};
/* clang-format on */

static void
test_parse(void)
{
	aula_rtp rtp;

	g_assert_true(aula_rtp_parse(packet, sizeof(packet), &map, &rtp));
	g_assert_cmpuint(rtp.payload_type, ==, 111);
	g_assert_true(rtp.marker);
	g_assert_cmpuint(rtp.sequence, ==, 0x1234);
	g_assert_cmpuint(rtp.timestamp, ==, 9);
	g_assert_cmphex(rtp.ssrc, ==, 0xdeadbeef);
	g_assert_cmpuint(rtp.header_length, ==, 28);
	g_assert_cmpuint(rtp.payload_length, ==, 3);
	g_assert_cmpuint(rtp.padding_length, ==, 3);
	g_assert_cmpuint(rtp.elements[AULA_EXTENSION_MID].length, ==, 1);
	g_assert_cmpint(packet[rtp.elements[AULA_EXTENSION_MID].offset], ==, 'a');
	g_assert_cmpuint(rtp.elements[AULA_EXTENSION_RID].length, ==, 0);
	g_assert_true(aula_rtp_parse(packet, sizeof(packet), NULL, &rtp));
	g_assert_cmpuint(rtp.elements[AULA_EXTENSION_MID].length, ==, 0);
}

static void
test_parse_malformed(void)
{
	uint8_t data[sizeof(packet)];
	aula_rtp rtp = { .sequence = 77 };

	/* Every cut up to the end of the header; after that the last byte counts as padding. */
	for (size_t length = 0; length < 28; length++)
		g_assert_false(aula_rtp_parse(packet, length, &map, &rtp));
	memcpy(data, packet, sizeof(packet));
	data[0] = 0x71; /* version 1 */
	g_assert_false(aula_rtp_parse(data, sizeof(data), &map, &rtp));
	memcpy(data, packet, sizeof(packet));
	for (int padding = 0; padding < 256; padding++) {
		data[sizeof(data) - 1] = (uint8_t)padding;
		g_assert_cmpint(aula_rtp_parse(data, sizeof(data), &map, &rtp), ==,
			padding > 0 && padding <= 6);
	}
}

static void
test_malformed_leaves_output(void)
{
	aula_rtp rtp = { .sequence = 77 };

	g_assert_false(aula_rtp_parse(packet, 20, &map, &rtp));
	g_assert_cmpuint(rtp.sequence, ==, 77);
}

static void
test_audio_level(void)
{
	uint8_t data[sizeof(packet)];
	aula_rtp rtp;
	int8_t level = 1;
	bool voice = true;

	memcpy(data, packet, sizeof(packet));
	g_assert_true(aula_rtp_parse(data, sizeof(data), &map, &rtp));
	g_assert_true(aula_rtp_audio_level(data, &rtp, &level, &voice));
	g_assert_cmpint(level, ==, -5);
	g_assert_true(voice);
	data[24] = 0x7f; /* silence, no voice */
	g_assert_true(aula_rtp_audio_level(data, &rtp, &level, &voice));
	g_assert_cmpint(level, ==, -127);
	g_assert_false(voice);
	g_assert_true(aula_rtp_audio_level(data, &rtp, &level, NULL));
	rtp.elements[AULA_EXTENSION_AUDIO_LEVEL].length = 0;
	g_assert_false(aula_rtp_audio_level(data, &rtp, &level, &voice));
}

/* Writes three elements, two of them as given, and reads them back. */
static size_t
write_and_read(uint8_t mid_id, uint8_t dependency_length, uint8_t *out, aula_rtp *ret_rtp)
{
	uint8_t bytes[255];
	aula_extension_map ids = {
		.id = { [AULA_EXTENSION_MID] = mid_id, [AULA_EXTENSION_DEPENDENCY] = 3 }
	};
	aula_rtp_write elements[] = {
		{ .id = mid_id, .length = 3, .data = (const uint8_t *)"mid" },
		{ .id = 0, .length = 9, .data = NULL },
		{ .id = 3, .length = dependency_length, .data = bytes },
	};
	aula_rtp rtp = { .payload_type = 96, .marker = true, .sequence = 1, .ssrc = 2 };

	memset(bytes, 0xaa, sizeof(bytes));
	size_t length = aula_rtp_header_write(
		out, AULA_RTP_HEADER_MOST + 64, &rtp, elements, G_N_ELEMENTS(elements));
	g_assert_cmpuint(length, >, 0);
	g_assert_cmpuint(length % 4, ==, 0);
	g_assert_cmpuint(aula_rtp_header_write(out, length - 1, &rtp, elements, 3), ==, 0);
	g_assert_true(aula_rtp_parse(out, length, &ids, ret_rtp));
	g_assert_cmpuint(ret_rtp->header_length, ==, length);
	g_assert_cmpuint(ret_rtp->elements[AULA_EXTENSION_MID].length, ==, 3);
	g_assert_cmpmem(out + ret_rtp->elements[AULA_EXTENSION_MID].offset, 3, "mid", 3);
	g_assert_cmpuint(
		ret_rtp->elements[AULA_EXTENSION_DEPENDENCY].length, ==, dependency_length);
	g_assert_cmpmem(out + ret_rtp->elements[AULA_EXTENSION_DEPENDENCY].offset,
		dependency_length, bytes, dependency_length);
	return length;
}

static void
test_write(void)
{
	static const struct {
		uint8_t mid_id, dependency_length;
		uint16_t profile;
		size_t length;
	} cases[] = {
		{ 1, 1, 0xbede, 12 + 4 + 8 },
		{ 14, 16, 0xbede, 12 + 4 + 24 },
		{ 15, 1, 0x1000, 12 + 4 + 8 },
		{ 14, 17, 0x1000, 12 + 4 + 24 },
		{ 255, 255, 0x1000, 12 + 4 + 264 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		uint8_t out[AULA_RTP_HEADER_MOST + 64];
		aula_rtp rtp;

		g_assert_cmpuint(
			write_and_read(cases[i].mid_id, cases[i].dependency_length, out, &rtp), ==,
			cases[i].length);
		g_assert_cmphex(out[12] << 8 | out[13], ==, cases[i].profile);
	}
}

static void
test_write_bare(void)
{
	uint8_t out[16];
	aula_rtp rtp = { .payload_type = 0, .sequence = 65535, .timestamp = 7, .ssrc = 1 };
	static const uint8_t expected[] = { 0x80, 0, 0xff, 0xff, 0, 0, 0, 7, 0, 0, 0, 1 };

	g_assert_cmpuint(aula_rtp_header_write(out, sizeof(out), &rtp, NULL, 0), ==, 12);
	g_assert_cmpmem(out, 12, expected, sizeof(expected));
	rtp.padding_length = 4;
	g_assert_cmpuint(aula_rtp_header_write(out, sizeof(out), &rtp, NULL, 0), ==, 12);
	g_assert_cmphex(out[0], ==, 0xa0);
}

static void
test_retransmission(void)
{
	uint8_t data[] = { 0x80, 0x80 | 97, 0, 9, 0, 0, 0, 1, 0, 0, 0, 2, 0x12, 0x34, 'p', 'a' };
	static const uint8_t original[] = { 0x80, 0x80 | 96, 0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 5,
		'p', 'a' };
	uint8_t wrapped[4];
	aula_rtp rtp;

	g_assert_true(aula_rtp_parse(data, sizeof(data), NULL, &rtp));
	g_assert_cmpuint(aula_rtx_wrap(wrapped, 4, 0x1234, (const uint8_t *)"pa", 2), ==, 4);
	g_assert_cmpmem(wrapped, 4, data + 12, 4);
	g_assert_cmpuint(aula_rtx_wrap(wrapped, 3, 0x1234, (const uint8_t *)"pa", 2), ==, 0);
	g_assert_cmpuint(aula_rtx_wrap(wrapped, 1, 0x1234, NULL, 0), ==, 0);

	size_t length = aula_rtx_unwrap(data, sizeof(data), 96, 5, &rtp);
	g_assert_cmpmem(data, length, original, sizeof(original));
	g_assert_cmpuint(rtp.sequence, ==, 0x1234);
	g_assert_cmpuint(rtp.ssrc, ==, 5);
	g_assert_cmpuint(rtp.payload_length, ==, 2);
}

static void
test_retransmission_of_nothing(void)
{
	uint8_t data[12 + 200] = { 0xa0, 97 };
	aula_rtp rtp;

	data[sizeof(data) - 1] = 200; /* only padding: a probe */
	g_assert_true(aula_rtp_parse(data, sizeof(data), NULL, &rtp));
	g_assert_cmpuint(aula_rtx_unwrap(data, sizeof(data), 96, 5, &rtp), ==, 0);
	data[0] = 0x80;
	g_assert_true(aula_rtp_parse(data, 14, NULL, &rtp));
	g_assert_cmpuint(aula_rtx_unwrap(data, 14, 96, 5, &rtp), ==, 0);
	g_assert_cmpuint(rtp.ssrc, ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/wire/rtp/kinds", test_kinds);
	g_test_add_func("/wire/rtp/parse", test_parse);
	g_test_add_func("/wire/rtp/parse-malformed", test_parse_malformed);
	g_test_add_func("/wire/rtp/malformed-leaves-output", test_malformed_leaves_output);
	g_test_add_func("/wire/rtp/audio-level", test_audio_level);
	g_test_add_func("/wire/rtp/write", test_write);
	g_test_add_func("/wire/rtp/write-bare", test_write_bare);
	g_test_add_func("/wire/rtx/there-and-back", test_retransmission);
	g_test_add_func("/wire/rtx/nothing", test_retransmission_of_nothing);
	return g_test_run();
}
