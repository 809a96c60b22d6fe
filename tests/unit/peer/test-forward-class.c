/* SPDX-License-Identifier: Apache-2.0 */
/* Video to as many senders as make a class: a frame is held until it is whole, but not for ever. */
#include "forward.h"

enum { SENDERS = 20, FIRST = 10 };

static aula_track
fill_class(forward_fixture *f)
{
	static char mids[SENDERS][4];
	aula_track track = person_send_video(f->publisher, "v", VIDEO_SSRC, VIDEO_RTX_SSRC);

	for (unsigned i = 0; i < SENDERS; i++) {
		g_snprintf(mids[i], sizeof(mids[i]), "%u", i);
		aula_sender sender = person_receive_video(
			f->subscriber, mids[i], OUT_VIDEO_SSRC + i, 0, LACKS_RTX);
		world_connect(f->subscriber, sender, f->publisher, track);
	}
	return track;
}

static void
send_packet(forward_fixture *f, uint16_t sequence, bool keyframe, bool marker)
{
	person_rtp(f->publisher, &(rtp){ .ssrc = VIDEO_SSRC,
					 .payload_type = VIDEO_PT,
					 .sequence = sequence,
					 .timestamp = 9000,
					 .keyframe = keyframe,
					 .marker = marker,
					 .payload_length = 600 });
}

/* `packets` of each sender, in the order of their numbers. */
static void
expect(forward_fixture *f, uint16_t next[SENDERS], unsigned packets)
{
	unsigned counts[SENDERS] = { 0 };

	for (unsigned i = 0; i < packets * SENDERS; i++) {
		g_assert_true(person_next_rtp(f->subscriber, SOON_MS));
		unsigned place = f->subscriber->rtp.ssrc - OUT_VIDEO_SSRC;
		g_assert_cmpuint(place, <, SENDERS);
		if (next[place] != 0)
			g_assert_cmpuint(f->subscriber->rtp.sequence, ==, next[place]);
		next[place] = (uint16_t)(f->subscriber->rtp.sequence + 1);
		counts[place]++;
	}
	for (unsigned i = 0; i < SENDERS; i++)
		g_assert_cmpuint(counts[i], ==, packets);
}

static void
test_whole_frames(forward_fixture *f, const void *data)
{
	(void)data;
	uint16_t next[SENDERS] = { 0 }, sequence = FIRST;

	fill_class(f);
	send_packet(f, sequence++, true, true);
	expect(f, next, 1);
	for (int frame = 0; frame < 5; frame++) {
		for (int i = 0; i < 4; i++)
			send_packet(f, sequence++, false, i == 3);
		expect(f, next, 4);
	}
}

/* The last packet of the frame is lost, or far behind. */
static void
test_frame_without_end(forward_fixture *f, const void *data)
{
	(void)data;
	uint16_t next[SENDERS] = { 0 }, sequence = FIRST;

	fill_class(f);
	send_packet(f, sequence++, true, false);
	expect(f, next, 1);
	for (int i = 0; i < 3; i++) {
		send_packet(f, sequence++, false, false);
		expect(f, next, 1);
	}
}

/* What is held goes with its track. */
static void
test_track_closes(forward_fixture *f, const void *data)
{
	(void)data;
	aula_track track = fill_class(f);

	for (uint16_t i = 0; i < 50; i++)
		send_packet(f, (uint16_t)(FIRST + i), i == 0, false);
	world_close_track(f->w, track);
	world_settle(f->publisher, f->subscriber);
	person_drain(f->subscriber);
	forward_expect_nothing(f);
}

/* A keyframe that waits for the rest of its frame was handed out twice to who asked for one in that
 * moment: one number, and one nonce, for two packets. A replay fails in the client. */
static void
test_keyframe_asked_for_as_it_comes(forward_fixture *f, const void *data)
{
	(void)data;
	uint16_t next[SENDERS] = { 0 };
	uint8_t bytes[64];

	fill_class(f);
	send_packet(f, FIRST, true, false);
	for (unsigned i = 0; i < SENDERS; i++) {
		aula_rtcp_writer writer = aula_rtcp_write(bytes, sizeof(bytes));
		aula_rtcp_write_rr(&writer, 5, NULL, 0);
		aula_rtcp_write_pli(&writer, 5, OUT_VIDEO_SSRC + i);
		person_rtcp(f->subscriber, &writer);
	}
	expect(f, next, 1);
	forward_expect_nothing(f);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	FORWARD_ADD("whole-frames", test_whole_frames);
	FORWARD_ADD("frame-without-end", test_frame_without_end);
	FORWARD_ADD("class-whose-track-closes", test_track_closes);
	FORWARD_ADD("keyframe-asked-for-as-it-comes", test_keyframe_asked_for_as_it_comes);
	return g_test_run();
}
