/* SPDX-License-Identifier: Apache-2.0 */
/* What must never be forwarded: a number of an SSRC twice under one key, whatever a publisher, a
 * renegotiation or a switch does; and what floods the control thread. */
#include "forward.h"

/* Two sources whose numbers are alike: what is asked for between the switch and the first packet
 * of the new one must not be answered with the new one's, or a nonce protects two messages. */
static void
test_no_repair_from_another_source(forward_fixture *f, const void *data)
{
	(void)data;
	person *other = person_new(f->w);
	aula_track track = person_send_video(f->publisher, "v", VIDEO_SSRC, VIDEO_RTX_SSRC);
	aula_track second = person_send_video(other, "w", VIDEO_SSRC, VIDEO_RTX_SSRC);
	aula_sender sender = person_receive_video(f->subscriber, "0", OUT_VIDEO_SSRC, 0, LACKS_RTX);
	rtp from_other = { .ssrc = VIDEO_SSRC,
		.payload_type = VIDEO_PT,
		.timestamp = 777,
		.payload_length = 400 };

	world_connect(f->subscriber, sender, f->publisher, track);
	uint16_t first = forward_start_video(f, 10, 9000);
	for (uint16_t i = 1; i < 5; i++) {
		forward_send_video(f, (uint16_t)(10 + i), 9000, false);
		forward_expect_video(f, (uint16_t)(first + i), (uint16_t)(10 + i));
	}
	world_connect(f->subscriber, sender, other, second);
	for (from_other.sequence = 10; from_other.sequence < 15; from_other.sequence++)
		person_rtp(other, &from_other); /* no keyframe: kept, not forwarded */
	world_connect(f->subscriber, sender, other, second);
	forward_ask_again(f, OUT_VIDEO_SSRC, &(uint16_t){ (uint16_t)(first + 2) }, 1);
	forward_expect_nothing(f);
	person_free(other);
}

/* A publisher that fills its extensions with more than a header can hold. */
static void
test_stuffed_extensions(forward_fixture *f, const void *data)
{
	(void)data;
	aula_track track = person_send_video(f->publisher, "v", VIDEO_SSRC, VIDEO_RTX_SSRC);
	aula_sender sender =
		person_receive_video(f->subscriber, "0", OUT_VIDEO_SSRC, OUT_RTX_SSRC, 0);

	world_connect(f->subscriber, sender, f->publisher, track);
	uint16_t first = forward_start_video(f, 10, 9000);
	for (uint16_t i = 1; i < 4; i++) {
		person_rtp(f->publisher, &(rtp){ .ssrc = VIDEO_SSRC,
						 .payload_type = VIDEO_PT,
						 .sequence = (uint16_t)(10 + i),
						 .timestamp = 9000,
						 .level = 1,
						 .orientation = 1,
						 .stuffing = (uint8_t)(60 * i),
						 .payload_length = 500 });
		forward_expect_video(f, (uint16_t)(first + i), (uint16_t)(10 + i));
		g_assert_cmpuint(f->subscriber->rtp.header_length, <, 60);
	}
}

/* Goodbyes and packets in turn, as fast as they go: control hears of the last, and not of each. */
static void
test_flapping(forward_fixture *f, const void *data)
{
	(void)data;
	aula_track track = person_send_video(f->publisher, "v", VIDEO_SSRC, VIDEO_RTX_SSRC);
	const uint32_t ssrc = VIDEO_SSRC;
	uint8_t bytes[64];
	gint64 began = g_get_monotonic_time();

	for (uint16_t i = 0; i < 400; i++) {
		aula_rtcp_writer writer = aula_rtcp_write(bytes, sizeof(bytes));
		aula_rtcp_write_rr(&writer, 5, NULL, 0);
		aula_rtcp_write_bye(&writer, &ssrc, 1, NULL);
		forward_send_video(f, i, 9000u * i, true);
		person_rtcp(f->publisher, &writer);
	}
	world_wait(f->w, f->w->receiving, track.id, true);
	world_wait(f->w, f->w->receiving, track.id, false);
	gint64 took_us = g_get_monotonic_time() - began;
	pthread_mutex_lock(&f->w->lock);
	g_assert_cmpuint(f->w->receiving_notices, <=, 2 + took_us / 400000);
	pthread_mutex_unlock(&f->w->lock);
}

/* A line that is switched off and on again goes on under the same SSRC and the same keys. */
static void
test_numbers_outlive_a_sender(forward_fixture *f, const void *data)
{
	(void)data;
	aula_track track = person_send_video(f->publisher, "v", VIDEO_SSRC, VIDEO_RTX_SSRC);
	uint16_t expected = 0, expected_repair = 0;
	uint32_t timestamp = 0;

	for (uint16_t round = 0; round < 5; round++) {
		aula_sender sender =
			person_receive_video(f->subscriber, "0", OUT_VIDEO_SSRC, OUT_RTX_SSRC, 0);
		world_connect(f->subscriber, sender, f->publisher, track);
		uint16_t number =
			forward_start_video(f, (uint16_t)(10 + 10 * round), 9000u * round);
		if (round > 0) {
			g_assert_cmpuint(number, ==, expected);
			g_assert_cmpint((int32_t)(f->subscriber->rtp.timestamp - timestamp), >, 0);
		}
		expected = (uint16_t)(number + 1);
		timestamp = f->subscriber->rtp.timestamp;
		forward_ask_again(f, OUT_VIDEO_SSRC, &number, 1);
		g_assert_true(person_next_rtp(f->subscriber, SOON_MS));
		g_assert_cmpuint(f->subscriber->rtp.ssrc, ==, OUT_RTX_SSRC);
		if (round > 0)
			g_assert_cmpuint(f->subscriber->rtp.sequence, ==, expected_repair);
		expected_repair = (uint16_t)(f->subscriber->rtp.sequence + 1);
		world_close_sender(f->w, sender);
		/* Its mirror is gone: a keyframe from before is not shown again. */
		json_decref(world_stats(f->w, f->subscriber->peer));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	FORWARD_ADD("no-repair-from-another-source", test_no_repair_from_another_source);
	FORWARD_ADD("flapping", test_flapping);
	FORWARD_ADD("stuffed-extensions", test_stuffed_extensions);
	FORWARD_ADD("numbers-outlive-a-sender", test_numbers_outlive_a_sender);
	return g_test_run();
}
