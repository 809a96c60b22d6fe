/* SPDX-License-Identifier: Apache-2.0 */
/* From one test client through the engine to another, on one media loop and across two. */
#include <string.h>

#include "forward.h"
#include "media/clock.h"

static void
test_audio(forward_fixture *f, const void *data)
{
	(void)data;
	aula_track track = person_send_audio(f->publisher, "a", 0);
	aula_sender sender = person_receive_audio(f->subscriber, "0", OUT_AUDIO_SSRC, 0);
	uint16_t first = 0;
	uint32_t first_timestamp = 0;

	world_connect(f->subscriber, sender, f->publisher, track);
	for (uint16_t i = 0; i < 50; i++) {
		/* Only the first says whose it is; from then on the SSRC is known. */
		person_rtp(f->publisher, &(rtp){ .ssrc = AUDIO_SSRC,
						 .payload_type = AUDIO_PT,
						 .sequence = (uint16_t)(65530 + i),
						 .timestamp = UINT32_MAX - 960 + i * 960u,
						 .mid = i == 0 ? "a" : NULL,
						 .level = 30,
						 .marker = i == 7,
						 .payload_length = 80 });
		g_assert_true(person_next_rtp(f->subscriber, SOON_MS));
		const aula_rtp *got = &f->subscriber->rtp;
		const uint8_t *bytes = f->subscriber->bytes;
		if (i == 0) {
			first = got->sequence;
			first_timestamp = got->timestamp;
		}
		g_assert_cmpuint(got->ssrc, ==, OUT_AUDIO_SSRC);
		g_assert_cmpuint(got->payload_type, ==, 100);
		g_assert_cmpuint(got->sequence, ==, (uint16_t)(first + i));
		g_assert_cmpuint(got->timestamp, ==, first_timestamp + i * 960u);
		g_assert_cmpint(got->marker, ==, i == 7);
		g_assert_cmpuint(got->payload_length, ==, 80);
		g_assert_cmpuint(bytes[got->header_length], ==, (uint8_t)(65530 + i));
		aula_rtp_element mid = got->elements[AULA_EXTENSION_MID];
		g_assert_cmpmem(bytes + mid.offset, mid.length, "0", 1);
		g_assert_cmpuint(
			bytes[got->elements[AULA_EXTENSION_AUDIO_LEVEL].offset], ==, 0x80 | 30);
		g_assert_cmpuint(got->elements[AULA_EXTENSION_ORIENTATION].length, ==, 0);
	}
	world_wait(f->w, f->w->receiving, track.id, true);
	json_t *stats = world_stats(f->w, f->subscriber->peer);
	json_t *counted = json_array_get(json_object_get(stats, "senders"), 0);
	g_assert_cmpint(json_integer_value(json_object_get(counted, "packets")), ==, 50);
	g_assert_cmpint(json_integer_value(json_object_get(counted, "bytes")), ==, 50 * 80);
	json_decref(stats);
	/* A second of silence is told. */
	world_wait(f->w, f->w->receiving, track.id, false);
}

static void
test_red(forward_fixture *f, const void *data)
{
	(void)data;
	/* One older block of 3 bytes, then the primary of 2. */
	static const uint8_t red[] = { 0x80 | AUDIO_PT, 3840 >> 6, 0, 3, AUDIO_PT, 1, 2, 3, 4, 5 };
	aula_track track = person_send_audio(f->publisher, "a", AUDIO_SSRC);
	aula_sender with = person_receive_audio(f->subscriber, "0", OUT_AUDIO_SSRC, 0);
	aula_sender without =
		person_receive_audio(f->subscriber, "1", OUT_AUDIO_SSRC + 1, LACKS_RED);

	world_connect(f->subscriber, with, f->publisher, track);
	world_connect(f->subscriber, without, f->publisher, track);
	person_rtp(f->publisher, &(rtp){ .ssrc = AUDIO_SSRC,
					 .payload_type = RED_PT,
					 .sequence = 1,
					 .payload = red,
					 .payload_length = sizeof(red) });
	for (int i = 0; i < 2; i++) {
		g_assert_true(person_next_rtp(f->subscriber, SOON_MS));
		const aula_rtp *got = &f->subscriber->rtp;
		const uint8_t *payload = f->subscriber->bytes + got->header_length;
		if (got->ssrc == OUT_AUDIO_SSRC) {
			g_assert_cmpuint(got->payload_type, ==, 101);
			g_assert_cmpmem(payload, got->payload_length, red, sizeof(red));
		} else {
			g_assert_cmpuint(got->payload_type, ==, 100);
			g_assert_cmpmem(payload, got->payload_length, "\x04\x05", 2);
		}
	}
}

/* Forward error correction and silence of Opus are the payload's own (RFC 7587): what came leaves,
 * bit for bit, and the hole that silence leaves in time stays one. */
static void
test_opus_is_left_alone(forward_fixture *f, const void *data)
{
	(void)data;
	static const struct {
		uint32_t timestamp;
		uint8_t bytes[6];
		size_t length;
		bool marker;
	} frames[] = {
		{ 0, { 0x78, 0x9a, 1, 2, 3, 4 }, 6,
			true },                /* with LBRR: bits inside of the frame */
		{ 960, { 0x78 }, 1, false },   /* nothing to hear: TOC only */
		{ 20160, { 0x78 }, 1, false }, /* and once in 400 ms to say so */
		{ 39360, { 0x7b, 2, 0xaa, 0xbb }, 4, true },
	};
	aula_track track = person_send_audio(f->publisher, "a", AUDIO_SSRC);
	aula_sender sender = person_receive_audio(f->subscriber, "0", OUT_AUDIO_SSRC, 0);
	uint32_t first_timestamp = 0;
	uint16_t first = 0;

	world_connect(f->subscriber, sender, f->publisher, track);
	for (size_t i = 0; i < G_N_ELEMENTS(frames); i++) {
		person_rtp(f->publisher, &(rtp){ .ssrc = AUDIO_SSRC,
						 .payload_type = AUDIO_PT,
						 .sequence = (uint16_t)(100 + i),
						 .timestamp = frames[i].timestamp,
						 .marker = frames[i].marker,
						 .payload = frames[i].bytes,
						 .payload_length = frames[i].length });
		g_assert_true(person_next_rtp(f->subscriber, SOON_MS));
		const aula_rtp *got = &f->subscriber->rtp;
		if (i == 0) {
			first = got->sequence;
			first_timestamp = got->timestamp;
		}
		g_assert_cmpuint(got->sequence, ==, (uint16_t)(first + i));
		g_assert_cmpuint(got->timestamp - first_timestamp, ==, frames[i].timestamp);
		g_assert_cmpint(got->marker, ==, frames[i].marker);
		g_assert_cmpmem(f->subscriber->bytes + got->header_length, got->payload_length,
			frames[i].bytes, frames[i].length);
	}
}

static void
test_video_begins_at_a_keyframe(forward_fixture *f, const void *data)
{
	(void)data;
	aula_track track = person_send_video(f->publisher, "v", VIDEO_SSRC, VIDEO_RTX_SSRC);
	aula_sender sender =
		person_receive_video(f->subscriber, "0", OUT_VIDEO_SSRC, OUT_RTX_SSRC, 0);
	aula_rtcp pli;

	forward_send_video(f, 100, 0, true);
	world_wait(f->w, f->w->receiving, track.id, true);
	world_connect(f->subscriber, sender, f->publisher, track);
	g_assert_true(person_next_rtcp(f->publisher, AULA_RTCP_PLI, &pli, SOON_MS));
	g_assert_cmpuint(pli.media_ssrc, ==, VIDEO_SSRC);
	for (uint16_t i = 0; i < 5; i++)
		forward_send_video(f, (uint16_t)(101 + i), 3000u + i, false);
	forward_expect_nothing(f);
	/* It is asked for until it comes. */
	g_assert_true(person_next_rtcp(f->publisher, AULA_RTCP_PLI, &pli, SOON_MS));
	uint16_t first = forward_start_video(f, 106, 9000);
	forward_send_video(f, 107, 9000, false);
	forward_expect_video(f, (uint16_t)(first + 1), 107);
	/* A subscriber that cannot decode asks, and the publisher hears of it. */
	uint8_t bytes[64];
	aula_rtcp_writer writer = aula_rtcp_write(bytes, sizeof(bytes));
	aula_rtcp_write_rr(&writer, 5, NULL, 0);
	aula_rtcp_write_pli(&writer, 5, OUT_VIDEO_SSRC);
	person_drain(f->publisher);
	person_rtcp(f->subscriber, &writer);
	g_assert_true(person_next_rtcp(f->publisher, AULA_RTCP_PLI, &pli, SOON_MS));
}

/* Who joins while others watch need not wait for a keyframe of their own. */
static void
test_join_at_the_last_keyframe(forward_fixture *f, const void *data)
{
	(void)data;
	aula_track track = person_send_video(f->publisher, "v", VIDEO_SSRC, VIDEO_RTX_SSRC);
	aula_sender sender =
		person_receive_video(f->subscriber, "0", OUT_VIDEO_SSRC, OUT_RTX_SSRC, 0);
	aula_sender second = person_receive_video(f->subscriber, "1", 9000, 9001, 0);
	uint16_t number = 10;

	world_connect(f->subscriber, sender, f->publisher, track);
	/* Fresh is half a second, which a busy machine may take between two lines. */
	for (int tries = 0; tries < 20; tries++, number += 10) {
		gint64 began = g_get_monotonic_time();
		forward_start_video(f, number, number * 900u);
		forward_send_video(f, (uint16_t)(number + 1), number * 900u, false);
		g_assert_true(person_next_rtp(f->subscriber, SOON_MS));
		world_connect(f->subscriber, second, f->publisher, track);
		if (g_get_monotonic_time() - began < 400000)
			break;
		world_connect(f->subscriber, second, f->publisher, (aula_track){ 0 });
		person_drain(f->subscriber);
	}
	for (int i = 0; i < 2; i++) {
		g_assert_true(person_next_rtp(f->subscriber, SOON_MS));
		const aula_rtp *got = &f->subscriber->rtp;
		g_assert_cmpuint(got->ssrc, ==, 9000);
		g_assert_cmpuint(f->subscriber->bytes[got->header_length + 2], ==,
			(uint8_t)(number + i + 2));
	}
	/* Nothing of what came before a mute is shown after it. */
	world_connect(f->subscriber, second, f->publisher, (aula_track){ 0 });
	world_mute(f->w, track, true);
	json_decref(world_stats(f->w, f->publisher->peer));
	world_connect(f->subscriber, second, f->publisher, track);
	forward_expect_nothing(f);
}

static void
test_repair_down(forward_fixture *f, const void *data)
{
	(void)data;
	aula_track track = person_send_video(f->publisher, "v", VIDEO_SSRC, VIDEO_RTX_SSRC);
	aula_sender sender =
		person_receive_video(f->subscriber, "0", OUT_VIDEO_SSRC, OUT_RTX_SSRC, 0);

	world_connect(f->subscriber, sender, f->publisher, track);
	uint16_t first = forward_start_video(f, 65530, 9000);
	uint32_t timestamp = f->subscriber->rtp.timestamp;
	for (uint16_t i = 1; i < 20; i++) {
		forward_send_video(f, (uint16_t)(65530 + i), 9000u + i, false);
		forward_expect_video(f, (uint16_t)(first + i), (uint16_t)(65530 + i));
	}
	const uint16_t asked[] = { (uint16_t)(first + 3), (uint16_t)(first + 8),
		(uint16_t)(first + 500) };
	forward_ask_again(f, OUT_VIDEO_SSRC, asked, 3);
	for (int i = 0; i < 2; i++) {
		g_assert_true(person_next_rtp(f->subscriber, SOON_MS));
		const aula_rtp *got = &f->subscriber->rtp;
		const uint8_t *payload = f->subscriber->bytes + got->header_length;
		uint16_t offset = i == 0 ? 3 : 8;
		g_assert_cmpuint(got->ssrc, ==, OUT_RTX_SSRC);
		g_assert_cmpuint(got->payload_type, ==, 121);
		g_assert_cmpuint(got->timestamp, ==, timestamp + offset);
		g_assert_cmpuint(got->payload_length, ==, 502);
		g_assert_cmpuint(payload[0] << 8 | payload[1], ==, asked[i]);
		g_assert_cmpuint(payload[4], ==, (uint8_t)(65530 + offset + 2));
	}
	forward_send_video(f, 14, 9000, false); /* 65550 */
	forward_expect_video(f, (uint16_t)(first + 20), 14);
}

static void
test_repair_without_rtx(forward_fixture *f, const void *data)
{
	(void)data;
	aula_track track = person_send_video(f->publisher, "v", VIDEO_SSRC, VIDEO_RTX_SSRC);
	aula_sender sender = person_receive_video(f->subscriber, "0", OUT_VIDEO_SSRC, 0, LACKS_RTX);
	uint8_t lost[CLIENT_BYTES];

	world_connect(f->subscriber, sender, f->publisher, track);
	uint16_t first = forward_start_video(f, 1, 9000);
	forward_send_video(f, 2, 9000, false);
	/* Lost before it was opened. */
	do
		g_assert_true(client_receive(f->subscriber->client, SOON_MS));
	while (aula_is_rtcp(f->subscriber->client->bytes, f->subscriber->client->length));
	size_t length = f->subscriber->client->length;
	memcpy(lost, f->subscriber->client->bytes, length);
	forward_send_video(f, 3, 9000, false);
	forward_expect_video(f, (uint16_t)(first + 2), 3);
	forward_ask_again(f, OUT_VIDEO_SSRC, &(uint16_t){ (uint16_t)(first + 1) }, 1);
	/* Bit for bit the same: one nonce must not protect two messages. */
	do
		g_assert_true(client_receive(f->subscriber->client, SOON_MS));
	while (aula_is_rtcp(f->subscriber->client->bytes, f->subscriber->client->length));
	g_assert_cmpmem(lost, length, f->subscriber->client->bytes, f->subscriber->client->length);
}

static void
test_repair_up(forward_fixture *f, const void *data)
{
	(void)data;
	aula_track track = person_send_video(f->publisher, "v", VIDEO_SSRC, 0);
	aula_sender sender =
		person_receive_video(f->subscriber, "0", OUT_VIDEO_SSRC, OUT_RTX_SSRC, 0);
	uint8_t repaired[502] = { 0, 12, 0x10, 1, 14 };
	aula_rtcp nack;
	size_t cursor = 0;
	uint16_t missing;

	world_connect(f->subscriber, sender, f->publisher, track);
	uint16_t first = forward_start_video(f, 10, 9000);
	forward_send_video(f, 11, 9000, false);
	forward_send_video(f, 13, 9000, false);
	forward_expect_video(f, (uint16_t)(first + 1), 11);
	forward_expect_video(f, (uint16_t)(first + 3), 13);
	g_assert_true(person_next_rtcp(f->publisher, AULA_RTCP_NACK, &nack, SOON_MS));
	g_assert_cmpuint(nack.media_ssrc, ==, VIDEO_SSRC);
	g_assert_true(aula_rtcp_read_nack(&nack, &cursor, &missing));
	g_assert_cmpuint(missing, ==, 12);
	g_assert_false(aula_rtcp_read_nack(&nack, &cursor, &missing));
	/* The publisher's retransmission stream was not announced; it says whose it is. */
	person_rtp(f->publisher, &(rtp){ .ssrc = 2222,
					 .payload_type = VIDEO_RTX_PT,
					 .sequence = 777,
					 .mid = "v",
					 .timestamp = 9000,
					 .payload = repaired,
					 .payload_length = 502 });
	forward_expect_video(f, (uint16_t)(first + 2), 12);
	/* A probe on it carries nothing, and a duplicate is not sent twice. */
	person_rtp(f->publisher,
		&(rtp){ .ssrc = 2222, .payload_type = VIDEO_RTX_PT, .sequence = 778 });
	person_rtp(f->publisher, &(rtp){ .ssrc = 2222,
					 .payload_type = VIDEO_RTX_PT,
					 .sequence = 779,
					 .timestamp = 9000,
					 .payload = repaired,
					 .payload_length = 502 });
	forward_send_video(f, 14, 9000, false);
	forward_expect_video(f, (uint16_t)(first + 4), 14);
	json_t *stats = world_stats(f->w, f->publisher->peer);
	json_t *counted = json_array_get(json_object_get(stats, "tracks"), 0);
	g_assert_cmpint(json_integer_value(json_object_get(counted, "repaired")), ==, 1);
	g_assert_cmpint(json_integer_value(json_object_get(counted, "duplicates")), ==, 1);
	g_assert_cmpint(json_integer_value(json_object_get(counted, "lost")), ==, 0);
	json_decref(stats);
}

static void
test_switch(forward_fixture *f, const void *data)
{
	(void)data;
	person *other = person_new(f->w);
	aula_track track = person_send_video(f->publisher, "v", VIDEO_SSRC, VIDEO_RTX_SSRC);
	aula_track second = person_send_video(other, "w", 7000, 7001);
	aula_sender sender =
		person_receive_video(f->subscriber, "0", OUT_VIDEO_SSRC, OUT_RTX_SSRC, 0);
	rtp from_other = { .ssrc = 7000,
		.payload_type = VIDEO_PT,
		.sequence = 50000,
		.timestamp = 12345,
		.payload_length = 500 };

	world_connect(f->subscriber, sender, f->publisher, track);
	uint16_t first = forward_start_video(f, 10, 9000);
	uint32_t timestamp = f->subscriber->rtp.timestamp;
	world_connect(f->subscriber, sender, other, second);
	forward_send_video(f, 11, 9000, false); /* no longer wanted */
	person_rtp(other, &from_other);         /* not a keyframe */
	from_other.sequence++;
	from_other.keyframe = true;
	person_rtp(other, &from_other);
	forward_expect_video(f, (uint16_t)(first + 1), 50001);
	/* Later, by less than the test may take. */
	g_assert_cmpuint(f->subscriber->rtp.timestamp - timestamp, >, 0);
	g_assert_cmpuint(f->subscriber->rtp.timestamp - timestamp, <, 90000 * SOON_MS / 1000);
	/* The first source's packets cannot be asked for any more, the second's can. */
	forward_ask_again(f, OUT_VIDEO_SSRC, (uint16_t[]){ first, (uint16_t)(first + 1) }, 2);
	g_assert_true(person_next_rtp(f->subscriber, SOON_MS));
	g_assert_cmpuint(f->subscriber->rtp.ssrc, ==, OUT_RTX_SSRC);
	g_assert_cmpuint(f->subscriber->bytes[f->subscriber->rtp.header_length + 1], ==,
		(uint8_t)(first + 1));
	/* No source: silence. */
	world_connect(f->subscriber, sender, other, (aula_track){ 0 });
	from_other.sequence++;
	person_rtp(other, &from_other);
	forward_expect_nothing(f);
	person_free(other);
}

static void
test_pause_and_mute(forward_fixture *f, const void *data)
{
	(void)data;
	aula_track track = person_send_video(f->publisher, "v", VIDEO_SSRC, VIDEO_RTX_SSRC);
	aula_sender sender =
		person_receive_video(f->subscriber, "0", OUT_VIDEO_SSRC, OUT_RTX_SSRC, 0);

	world_connect(f->subscriber, sender, f->publisher, track);
	uint16_t first = forward_start_video(f, 10, 9000);
	uint32_t timestamp = f->subscriber->rtp.timestamp;
	world_pause(f->w, sender, true);
	world_connect(f->subscriber, sender, f->publisher, track); /* the same: no change */
	forward_send_video(f, 11, 12000, false);
	forward_expect_nothing(f);
	world_pause(f->w, sender, false);
	world_connect(f->subscriber, sender, f->publisher, track);
	forward_send_video(f, 12, 15000, false);
	forward_send_video(f, 13, 18000, true);
	forward_expect_video(f, (uint16_t)(first + 1), 13);
	g_assert_cmpuint(f->subscriber->rtp.timestamp - timestamp, ==, 9000);

	world_mute(f->w, track, true);
	world_connect(f->subscriber, sender, f->publisher, track);
	forward_send_video(f, 14, 21000, true);
	forward_expect_nothing(f);
	world_mute(f->w, track, false);
	world_connect(f->subscriber, sender, f->publisher, track);
	forward_send_video(f, 15, 24000, false);
	forward_send_video(f, 16, 27000, true);
	forward_expect_video(f, (uint16_t)(first + 2), 16);
	g_assert_cmpuint(f->subscriber->rtp.timestamp - timestamp, ==, 18000);
}

/* Sound and picture captured together are told to belong together, under the subscriber's own
 * timestamps. */
static void
test_lips(forward_fixture *f, const void *data)
{
	(void)data;
	aula_track audio = person_send_audio(f->publisher, "a", AUDIO_SSRC);
	aula_track video = person_send_video(f->publisher, "v", VIDEO_SSRC, VIDEO_RTX_SSRC);
	aula_sender out_audio = person_receive_audio(f->subscriber, "0", OUT_AUDIO_SSRC, 0);
	aula_sender out_video =
		person_receive_video(f->subscriber, "1", OUT_VIDEO_SSRC, OUT_RTX_SSRC, 0);
	uint8_t bytes[256];
	aula_rtcp_writer writer = aula_rtcp_write(bytes, sizeof(bytes));
	uint32_t sent[2] = { 0 };

	world_connect(f->subscriber, out_audio, f->publisher, audio);
	world_connect(f->subscriber, out_video, f->publisher, video);
	uint64_t ntp = aula_ntp_of(INT64_C(1600000000000000));
	aula_rtcp_write_sr(&writer,
		&(aula_rtcp_sender){ .ssrc = AUDIO_SSRC, .ntp = ntp, .rtp_timestamp = 480000 },
		NULL, 0);
	aula_rtcp_write_sr(&writer,
		&(aula_rtcp_sender){ .ssrc = VIDEO_SSRC, .ntp = ntp, .rtp_timestamp = 90000 }, NULL,
		0);
	person_rtcp(f->publisher, &writer);
	/* Both captured at the moment of the report. */
	person_rtp(f->publisher, &(rtp){ .ssrc = AUDIO_SSRC,
					 .payload_type = AUDIO_PT,
					 .sequence = 1,
					 .timestamp = 480000,
					 .payload_length = 80 });
	g_assert_true(person_next_rtp(f->subscriber, SOON_MS));
	sent[0] = f->subscriber->rtp.timestamp;
	forward_start_video(f, 1, 90000);
	sent[1] = f->subscriber->rtp.timestamp;
	int64_t captured_us[2] = { 0 };
	/* A stream is reported on while it is sent. */
	for (uint16_t i = 2; captured_us[0] == 0 || captured_us[1] == 0; i++) {
		forward_send_video(f, i, 90000, false);
		person_rtp(f->publisher, &(rtp){ .ssrc = AUDIO_SSRC,
						 .payload_type = AUDIO_PT,
						 .sequence = i,
						 .timestamp = 480000,
						 .payload_length = 80 });
		aula_rtcp packet;
		aula_rtcp_sender report;
		g_assert_true(person_next_rtcp(f->subscriber, AULA_RTCP_SR, &packet, SOON_MS));
		aula_rtcp_reader reader =
			aula_rtcp_read(f->subscriber->bytes, f->subscriber->length);
		while (aula_rtcp_next(&reader, &packet)) {
			if (!aula_rtcp_read_sender(&packet, &report))
				continue;
			int which = report.ssrc == OUT_VIDEO_SSRC;
			int32_t later = (int32_t)(report.rtp_timestamp - sent[which]);
			captured_us[which] = aula_ntp_to_us(report.ntp) -
					     (int64_t)later * 1000000 / (which ? 90000 : 48000);
			g_assert_cmpuint(report.packets, >=, 1);
			g_assert_cmpuint(report.octets, ==, report.packets * (which ? 500 : 80));
		}
	}
	g_assert_cmpint(ABS(captured_us[0] - captured_us[1]), <, 100);
}

static void
test_reports_to_the_publisher(forward_fixture *f, const void *data)
{
	(void)data;
	aula_track track = person_send_video(f->publisher, "v", VIDEO_SSRC, VIDEO_RTX_SSRC);
	aula_rtcp packet;
	aula_rtcp_report report;

	for (uint16_t i = 0; i < 100; i++)
		if (i % 4 != 1)
			forward_send_video(f, (uint16_t)(65500 + i), i * 3000u, i == 0);
	world_wait(f->w, f->w->receiving, track.id, true);
	g_assert_true(person_next_rtcp(f->publisher, AULA_RTCP_RR, &packet, SOON_MS));
	while (!aula_rtcp_read_report(&packet, 0, &report))
		g_assert_true(person_next_rtcp(f->publisher, AULA_RTCP_RR, &packet, SOON_MS));
	/* One stream, one block. */
	g_assert_cmpuint(packet.items, ==, 1);
	g_assert_cmpuint(report.ssrc, ==, VIDEO_SSRC);
	g_assert_cmpint(report.lost, >=, 20);
	g_assert_cmpint(report.lost, <=, 25);
	g_assert_cmpuint(report.fraction_lost, >=, 50);
}

static void
test_reports_of_the_subscriber(forward_fixture *f, const void *data)
{
	(void)data;
	aula_track track = person_send_video(f->publisher, "v", VIDEO_SSRC, VIDEO_RTX_SSRC);
	aula_sender sender =
		person_receive_video(f->subscriber, "0", OUT_VIDEO_SSRC, OUT_RTX_SSRC, 0);
	uint8_t bytes[128];
	aula_rtcp_writer writer = aula_rtcp_write(bytes, sizeof(bytes));
	aula_rtcp_sender report = { .ssrc = VIDEO_SSRC, .ntp = aula_ntp_of(1600000000000000) };
	aula_rtcp packet;

	world_connect(f->subscriber, sender, f->publisher, track);
	forward_start_video(f, 1, 0);
	aula_rtcp_write_sr(&writer, &report, NULL, 0);
	person_rtcp(f->publisher, &writer);
	g_assert_true(person_next_rtcp(f->subscriber, AULA_RTCP_SR, &packet, SOON_MS));
	g_assert_true(aula_rtcp_read_sender(&packet, &report));
	g_assert_cmpuint(report.ssrc, ==, OUT_VIDEO_SSRC);
	/* It says that it held the report for less than it did, as if it were further away. */
	g_usleep(20000);
	const aula_rtcp_report block = { .ssrc = OUT_VIDEO_SSRC,
		.fraction_lost = 64,
		.lost = 9,
		.jitter = 900,
		.last_sr = aula_ntp_middle(report.ntp) };
	writer.length = 0;
	aula_rtcp_write_rr(&writer, 5, &block, 1);
	person_rtcp(f->subscriber, &writer);
	double rtt_ms = 0;
	json_t *stats = NULL;
	for (gint64 began = g_get_monotonic_time();
		rtt_ms == 0 && g_get_monotonic_time() - began < SOON_MS * 1000;) {
		json_decref(stats);
		stats = world_stats(f->w, f->subscriber->peer);
		json_t *sent = json_array_get(json_object_get(stats, "senders"), 0);
		rtt_ms = json_real_value(json_object_get(sent, "rtt_ms"));
		if (rtt_ms == 0)
			continue;
		g_assert_cmpfloat(json_real_value(json_object_get(sent, "loss")), ==, 0.25);
		g_assert_cmpfloat(json_real_value(json_object_get(sent, "jitter_ms")), ==, 10);
		g_assert_cmpint(json_integer_value(json_object_get(sent, "lost")), ==, 9);
	}
	json_decref(stats);
	g_assert_cmpfloat(rtt_ms, >=, 20);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	FORWARD_ADD("audio", test_audio);
	FORWARD_ADD("red", test_red);
	FORWARD_ADD("opus-is-left-alone", test_opus_is_left_alone);
	FORWARD_ADD("video-begins-at-a-keyframe", test_video_begins_at_a_keyframe);
	FORWARD_ADD("join-at-the-last-keyframe", test_join_at_the_last_keyframe);
	FORWARD_ADD("repair-down", test_repair_down);
	FORWARD_ADD("repair-without-rtx", test_repair_without_rtx);
	FORWARD_ADD("repair-up", test_repair_up);
	FORWARD_ADD("switch", test_switch);
	FORWARD_ADD("pause-and-mute", test_pause_and_mute);
	FORWARD_ADD("lips", test_lips);
	FORWARD_ADD("reports-to-the-publisher", test_reports_to_the_publisher);
	FORWARD_ADD("reports-of-the-subscriber", test_reports_of_the_subscriber);
	return g_test_run();
}
