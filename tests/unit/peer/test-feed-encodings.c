/* SPDX-License-Identifier: Apache-2.0 */
/* A feed whose sources have different numbers of encodings. */
#include "feed.h"

enum { ENCODINGS = 3, LENGTH_OF_SECOND = 450 };

/* A frame of each encoding of the first, whose length says which it is. */
static void
send_encodings(feed_fixture *f, uint16_t sequence, bool named, bool keyframe)
{
	static const char *const rids[ENCODINGS] = { "q", "h", "f" };

	for (int i = 0; i < ENCODINGS; i++)
		person_rtp(f->first, &(rtp){ .ssrc = VIDEO_SSRC + 10u * (uint32_t)i,
					     .payload_type = VIDEO_PT,
					     .sequence = sequence,
					     .timestamp = 3000u * sequence,
					     .mid = named ? "v" : NULL,
					     .rid = named ? rids[i] : NULL,
					     .keyframe = keyframe,
					     .payload_length = 300 + 100 * (size_t)i });
}

static void
send_single(feed_fixture *f, uint16_t sequence, bool keyframe)
{
	person_rtp(f->second, &(rtp){ .ssrc = SECOND_SSRC,
				      .payload_type = VIDEO_PT,
				      .sequence = sequence,
				      .timestamp = 3000u * sequence,
				      .keyframe = keyframe,
				      .payload_length = LENGTH_OF_SECOND });
}

/* Both go on sending, with a keyframe now and then, until one arrives that is of the second, or is
 * not. Returns how many came before; numbers have no hole. */
static unsigned
await_source(feed_fixture *f, uint16_t *number, bool second)
{
	gint64 until = g_get_monotonic_time() + SOON_MS * 1000;

	for (unsigned before = 0;;) {
		++*number;
		g_assert_cmpint(g_get_monotonic_time(), <, until);
		send_encodings(f, *number, *number <= 5, *number % 5 == 1);
		send_single(f, *number, *number % 5 == 1);
		while (person_next_rtp(f->subscriber, 20)) {
			const aula_rtp *got = &f->subscriber->rtp;
			if (got->ssrc != OUT_VIDEO_SSRC)
				continue;
			if (f->sequence != 0)
				g_assert_cmpuint(got->sequence, ==, (uint16_t)(f->sequence + 1));
			f->sequence = got->sequence;
			if ((got->payload_length == LENGTH_OF_SECOND) == second)
				return before;
			before++;
		}
	}
}

/* From somebody with three encodings to one with a single, and back: whoever carries the feed gets
 * one that fits, whatever the other had. */
static void
test_encodings(feed_fixture *f, const void *data)
{
	(void)data;
	aula_track first = person_send_simulcast(f->first, "v", 0);
	aula_track second = person_send_video(f->second, "v", SECOND_SSRC, SECOND_SSRC + 1);
	aula_sender sender =
		person_receive_video(f->subscriber, "0", OUT_VIDEO_SSRC, OUT_RTX_SSRC, 0);
	uint16_t number = 0;

	f->feed = feed_open(f->w, AULA_CODEC_VP8);
	world_feed(f->w, sender, f->feed);
	feed_carry(f, first, FIRST_OWNER);
	await_source(f, &number, false);
	for (int i = 0; i < 3; i++) {
		feed_carry(f, second, SECOND_OWNER);
		await_source(f, &number, true);
		feed_carry(f, first, FIRST_OWNER);
		await_source(f, &number, false);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	FEED_ADD("encodings", test_encodings);
	return g_test_run();
}
