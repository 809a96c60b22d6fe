/* SPDX-License-Identifier: Apache-2.0 */
#include "forward.h"

#include <string.h>

void
forward_set_up(forward_fixture *f, const void *loops)
{
	f->w = world_new(GPOINTER_TO_UINT(loops));
	f->publisher = person_new(f->w);
	f->subscriber = person_new(f->w);
}

void
forward_tear_down(forward_fixture *f, const void *loops)
{
	(void)loops;
	person_free(f->publisher);
	person_free(f->subscriber);
	world_free(f->w);
}

void
forward_send_video(forward_fixture *f, uint16_t sequence, uint32_t timestamp, bool keyframe)
{
	person_rtp(f->publisher, &(rtp){ .ssrc = VIDEO_SSRC,
					 .payload_type = VIDEO_PT,
					 .sequence = sequence,
					 .timestamp = timestamp,
					 .keyframe = keyframe,
					 .payload_length = 500 });
}

void
forward_expect_video(forward_fixture *f, uint16_t sequence, uint16_t source)
{
	g_assert_true(person_next_rtp(f->subscriber, SOON_MS));
	const aula_rtp *got = &f->subscriber->rtp;
	const uint8_t *payload = f->subscriber->bytes + got->header_length;
	g_assert_cmpuint(got->ssrc, ==, OUT_VIDEO_SSRC);
	g_assert_cmpuint(got->payload_type, ==, 120);
	g_assert_cmpuint(got->sequence, ==, sequence);
	g_assert_cmpuint(got->payload_length, ==, 500);
	g_assert_cmpuint(payload[2], ==, (uint8_t)(source + 2));
}

void
forward_expect_nothing(forward_fixture *f)
{
	world_settle(f->publisher, f->subscriber);
	g_assert_false(person_next_rtp(f->subscriber, NOT_MS));
}

uint16_t
forward_start_video(forward_fixture *f, uint16_t sequence, uint32_t timestamp)
{
	forward_send_video(f, sequence, timestamp, true);
	g_assert_true(person_next_rtp(f->subscriber, SOON_MS));
	return f->subscriber->rtp.sequence;
}

void
forward_ask_again(forward_fixture *f, uint32_t ssrc, const uint16_t *numbers, size_t count)
{
	uint8_t bytes[256];
	aula_rtcp_writer writer = aula_rtcp_write(bytes, sizeof(bytes));

	aula_rtcp_write_rr(&writer, 5, NULL, 0);
	aula_rtcp_write_nack(&writer, 5, ssrc, numbers, count);
	aula_rtcp_write_nack(&writer, 5, ssrc, numbers, count);
	person_rtcp(f->subscriber, &writer);
}
