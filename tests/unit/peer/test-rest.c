/* SPDX-License-Identifier: Apache-2.0 */
/* A subscriber to whom nothing is sent costs nothing, and what is sent then comes all the same. */
#include "forward.h"

typedef struct {
	bool resting;
	json_int_t shared;
} line;

static line
look(forward_fixture *f)
{
	json_t *stats = world_stats(f->w, f->subscriber->peer);
	json_t *of = json_object_get(stats, "line");
	line seen = { json_is_true(json_object_get(of, "resting")),
		json_integer_value(json_object_get(of, "shared")) };

	g_assert_true(json_is_object(of));
	json_decref(stats);
	return seen;
}

/* Until it rests, or until it was shared more than `shared` times. */
static line
await(forward_fixture *f, bool resting, json_int_t shared)
{
	int64_t until_us = g_get_monotonic_time() + SOON_MS * 1000;

	for (;;) {
		line seen = look(f);
		if (resting ? seen.resting : seen.shared > shared)
			return seen;
		g_assert_cmpint(g_get_monotonic_time(), <, until_us);
		g_usleep(20000);
	}
}

static size_t
number_length(const forward_fixture *f)
{
	return f->subscriber->rtp.elements[AULA_EXTENSION_TRANSPORT_CC].length;
}

static void
send_sound(forward_fixture *f, uint16_t sequence)
{
	person_rtp(f->publisher, &(rtp){ .ssrc = AUDIO_SSRC,
					 .payload_type = AUDIO_PT,
					 .sequence = sequence,
					 .timestamp = 960u * sequence,
					 .payload_length = 80 });
	g_assert_true(person_next_rtp(f->subscriber, SOON_MS));
	g_assert_cmpuint(f->subscriber->rtp.ssrc, ==, OUT_AUDIO_SSRC);
}

static void
test_rest(forward_fixture *f, const void *data)
{
	(void)data;
	aula_track sound = person_send_audio(f->publisher, "a", AUDIO_SSRC);
	aula_track picture = person_send_video(f->publisher, "v", VIDEO_SSRC, VIDEO_RTX_SSRC);

	world_connect(f->subscriber, person_receive_audio(f->subscriber, "0", OUT_AUDIO_SSRC, 0),
		f->publisher, sound);
	world_connect(f->subscriber,
		person_receive_video(f->subscriber, "1", OUT_VIDEO_SSRC, OUT_RTX_SSRC, 0),
		f->publisher, picture);
	uint16_t first = forward_start_video(f, 10, 9000);
	g_assert_cmpuint(number_length(f), ==, 2);
	await(f, false, 0);

	/* The picture stands still: nothing is shared any more, also while somebody speaks, and
	 * nobody is made to answer to what he hears. */
	json_int_t shared = await(f, true, 0).shared;
	for (uint16_t i = 0; i < 20; i++) {
		send_sound(f, (uint16_t)(100 + i));
		g_assert_cmpuint(number_length(f), ==, 0);
	}
	line silent = await(f, true, 0);
	g_assert_cmpint(silent.shared, ==, shared);

	/* It moves again, where it stopped. */
	forward_send_video(f, 11, 12000, false);
	forward_expect_video(f, (uint16_t)(first + 1), 11);
	await(f, false, shared);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	FORWARD_ADD("rest", test_rest);
	return g_test_run();
}
