/* SPDX-License-Identifier: Apache-2.0 */
/* The header that a packet gets on its way to one subscriber: what a publisher's packet says is
 * passed on, dated or left out. */
#include "peer/stamp.h"

#include <glib.h>
#include <string.h>

#include "peer/notes.h"

enum {
	IN_LEVEL = 1,
	IN_ORIENTATION = 2,
	IN_MID = 3,
	IN_TRANSPORT = 4,
	IN_DELAY = 5,
	IN_CAPTURED = 6,
	OUT_LEVEL = 11,
	OUT_ORIENTATION = 12,
	OUT_MID = 13,
	OUT_TRANSPORT = 14,
	OUT_SENT_AT = 7,
	OUT_DELAY = 8,
	OUT_CAPTURED = 9,
};

static const aula_extension_map in_map = { .id = {
						   [AULA_EXTENSION_AUDIO_LEVEL] = IN_LEVEL,
						   [AULA_EXTENSION_ORIENTATION] = IN_ORIENTATION,
						   [AULA_EXTENSION_MID] = IN_MID,
						   [AULA_EXTENSION_TRANSPORT_CC] = IN_TRANSPORT,
						   [AULA_EXTENSION_PLAYOUT_DELAY] = IN_DELAY,
						   [AULA_EXTENSION_ABS_CAPTURE_TIME] = IN_CAPTURED,
					   } };

static aula_sender_options
subscriber(void)
{
	return (aula_sender_options){
		.kind = AULA_VIDEO,
		.mid = "x",
		.rtx_payload_type = 121,
		.rtx_ssrc = 4001,
		.feedback = AULA_FB_NACK,
		.extensions.id = {
			[AULA_EXTENSION_AUDIO_LEVEL] = OUT_LEVEL,
			[AULA_EXTENSION_ORIENTATION] = OUT_ORIENTATION,
			[AULA_EXTENSION_MID] = OUT_MID,
			[AULA_EXTENSION_TRANSPORT_CC] = OUT_TRANSPORT,
			[AULA_EXTENSION_ABS_SEND_TIME] = OUT_SENT_AT,
			[AULA_EXTENSION_PLAYOUT_DELAY] = OUT_DELAY,
			[AULA_EXTENSION_ABS_CAPTURE_TIME] = OUT_CAPTURED,
		},
	};
}

/* A publisher's packet, with as many bytes of orientation as are said. */
static aula_packet *
published(uint8_t orientation_bytes)
{
	static const uint8_t level[] = { 0x80 | 33 }, mid[] = "publisher", transport[] = { 1, 2 };
	static const uint8_t delay[] = { 0x01, 0x20, 0x30 }, captured[8] = { 9, 8, 7, 6, 5 };
	static uint8_t orientation[255] = { 5 };
	const aula_rtp_write elements[] = {
		{ IN_LEVEL, sizeof(level), level },
		{ IN_ORIENTATION, orientation_bytes, orientation },
		{ IN_MID, sizeof(mid) - 1, mid },
		{ IN_TRANSPORT, sizeof(transport), transport },
		{ IN_DELAY, sizeof(delay), delay },
		{ IN_CAPTURED, sizeof(captured), captured },
	};
	aula_packet *packet = g_new0(aula_packet, 1);
	const aula_rtp header = { .payload_type = 96, .sequence = 1, .ssrc = 2000 };

	packet->view.data = packet->bytes;
	packet->view.length = aula_rtp_header_write(
		packet->bytes, AULA_RTP_HEADER_MOST, &header, elements, G_N_ELEMENTS(elements));
	g_assert_true(aula_rtp_parse(
		packet->view.data, packet->view.length, &in_map, &aula_notes_write(packet)->rtp));
	return packet;
}

typedef struct {
	uint8_t bytes[AULA_RTP_HEADER_MOST];
	aula_rtp rtp;
} stamped;

static stamped
stamp(const aula_sender_options *options, const aula_packet *packet, const aula_stamp_date *date)
{
	const aula_rtp out = {
		.payload_type = 120, .sequence = 77, .timestamp = 9000, .ssrc = 4000, .marker = true
	};
	stamped got;
	size_t length = aula_stamp_write(options, packet, &out, NULL, date, got.bytes);

	g_assert_cmpuint(length, <=, sizeof(got.bytes));
	g_assert_true(aula_rtp_parse(got.bytes, length, &options->extensions, &got.rtp));
	g_assert_cmpuint(got.rtp.header_length, ==, length);
	g_assert_cmpuint(got.rtp.sequence, ==, 77);
	g_assert_cmpuint(got.rtp.ssrc, ==, 4000);
	g_assert_true(got.rtp.marker);
	return got;
}

static void
assert_element(const stamped *got, aula_extension extension, const void *bytes, size_t length)
{
	const aula_rtp_element *element = &got->rtp.elements[extension];

	g_assert_cmpmem(got->bytes + element->offset, element->length, bytes, length);
}

/* Under the subscriber's ids, with the subscriber's MID; when it left the publisher is nobody's
 * business. */
static void
test_passed_on(void)
{
	aula_sender_options options = subscriber();
	aula_packet *packet = published(1);
	stamped got = stamp(&options, packet, NULL);

	assert_element(&got, AULA_EXTENSION_AUDIO_LEVEL, "\xa1", 1);
	assert_element(&got, AULA_EXTENSION_ORIENTATION, "\x05", 1);
	assert_element(&got, AULA_EXTENSION_MID, "x", 1);
	assert_element(&got, AULA_EXTENSION_PLAYOUT_DELAY, "\x01\x20\x30", 3);
	assert_element(&got, AULA_EXTENSION_ABS_CAPTURE_TIME, "\x09\x08\x07\x06\x05\0\0\0", 8);
	assert_element(&got, AULA_EXTENSION_TRANSPORT_CC, "", 0);
	assert_element(&got, AULA_EXTENSION_ABS_SEND_TIME, "", 0);
	/* What was not agreed on is left out; so is what is longer than it has a reason to be. */
	options.extensions.id[AULA_EXTENSION_AUDIO_LEVEL] = 0;
	g_free(packet);
	packet = published(200);
	got = stamp(&options, packet, NULL);
	assert_element(&got, AULA_EXTENSION_AUDIO_LEVEL, "", 0);
	assert_element(&got, AULA_EXTENSION_ORIENTATION, "", 0);
	assert_element(&got, AULA_EXTENSION_MID, "x", 1);
	g_free(packet);
}

static void
test_dated(void)
{
	aula_sender_options options = subscriber();
	aula_packet *packet = published(1);
	/* 1.5 s are 0x060000 in seconds of 6.18 bits; 64 s later the same again. */
	aula_stamp_date date = { .numbered = true,
		.transport = 0x1234,
		.now_us = 65500000,
		.min_delay_ms = 100,
		.max_delay_ms = 2000 };
	stamped got = stamp(&options, packet, &date);

	assert_element(&got, AULA_EXTENSION_TRANSPORT_CC, "\x12\x34", 2);
	assert_element(&got, AULA_EXTENSION_ABS_SEND_TIME, "\x06\0\0", 3);
	assert_element(&got, AULA_EXTENSION_PLAYOUT_DELAY, "\x00\xa0\xc8", 3); /* ours: 10, 200 */
	/* Not numbered, and no delay of ours: the publisher's. */
	date.numbered = false;
	date.min_delay_ms = date.max_delay_ms = -1;
	got = stamp(&options, packet, &date);
	assert_element(&got, AULA_EXTENSION_TRANSPORT_CC, "", 0);
	assert_element(&got, AULA_EXTENSION_PLAYOUT_DELAY, "\x01\x20\x30", 3);
	/* Padding has nothing to pass on, but is numbered and says where it belongs. */
	date.numbered = true;
	got = stamp(&options, NULL, &date);
	assert_element(&got, AULA_EXTENSION_MID, "x", 1);
	assert_element(&got, AULA_EXTENSION_TRANSPORT_CC, "\x12\x34", 2);
	assert_element(&got, AULA_EXTENSION_ORIENTATION, "", 0);
	g_free(packet);
}

/* The same again, bit for bit, where it is repeated under the same number. */
static void
test_undated_is_the_same(void)
{
	aula_sender_options options = subscriber();
	aula_packet *packet = published(1);
	stamped first = stamp(&options, packet, NULL), second = stamp(&options, packet, NULL);

	g_assert_cmpmem(
		first.bytes, first.rtp.header_length, second.bytes, second.rtp.header_length);
	g_free(packet);
	g_assert_true(aula_stamp_may_date(&options));
	options.rtx_ssrc = 0;
	g_assert_false(aula_stamp_may_date(&options));
	options.rtx_ssrc = 4001;
	options.rtx_payload_type = 255;
	g_assert_false(aula_stamp_may_date(&options));
	options.feedback = 0; /* nothing is ever repeated */
	g_assert_true(aula_stamp_may_date(&options));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/peer/stamp/passed-on", test_passed_on);
	g_test_add_func("/peer/stamp/dated", test_dated);
	g_test_add_func("/peer/stamp/undated-is-the-same", test_undated_is_the_same);
	return g_test_run();
}
