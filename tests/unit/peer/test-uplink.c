/* SPDX-License-Identifier: Apache-2.0 */
/* A publisher with three encodings: each is known by itself, and what the publisher is told. */
#include "forward.h"
#include "wire/twcc.h"

enum { Q, H, F };
static const char *const rids[] = { "q", "h", "f" };

static uint32_t
ssrc_of(int encoding)
{
	return VIDEO_SSRC + 10u * (uint32_t)encoding;
}

/* Only the first of an encoding says whose it is. */
static void
send_frame(forward_fixture *f, int encoding, uint16_t sequence, bool named, bool keyframe)
{
	person_rtp(f->publisher, &(rtp){ .ssrc = ssrc_of(encoding),
					 .payload_type = VIDEO_PT,
					 .sequence = sequence,
					 .timestamp = 3000u * sequence,
					 .mid = named ? "v" : NULL,
					 .rid = named ? rids[encoding] : NULL,
					 .keyframe = keyframe,
					 .payload_length = 300 + 100 * (size_t)encoding });
}

static json_t *
encoding_stats(forward_fixture *f, int encoding)
{
	json_t *stats = world_stats(f->w, f->publisher->peer);
	json_t *track = json_array_get(json_object_get(stats, "tracks"), 0);
	json_t *found = json_array_get(json_object_get(track, "encodings"), (size_t)encoding);

	json_incref(found);
	json_decref(stats);
	return found;
}

static int64_t
counted(forward_fixture *f, int encoding, const char *what)
{
	json_t *stats = encoding_stats(f, encoding);
	int64_t value = json_integer_value(json_object_get(stats, what));

	json_decref(stats);
	return value;
}

static void
await_packets(forward_fixture *f, int encoding, int64_t packets)
{
	gint64 until = g_get_monotonic_time() + SOON_MS * 1000;

	while (counted(f, encoding, "packets") < packets)
		g_assert_cmpint(g_get_monotonic_time(), <, until);
}

static void
test_known_by_rid(forward_fixture *f, const void *data)
{
	(void)data;
	person_send_simulcast(f->publisher, "v", 0);
	for (int i = Q; i <= F; i++)
		for (uint16_t k = 0; k <= i; k++)
			send_frame(f, i, (uint16_t)(100 * i + k), k == 0, k == 0);
	for (int i = Q; i <= F; i++) {
		await_packets(f, i, i + 1);
		json_t *stats = encoding_stats(f, i);
		g_assert_cmpstr(json_string_value(json_object_get(stats, "rid")), ==, rids[i]);
		g_assert_cmpint(json_integer_value(json_object_get(stats, "ssrc")), ==, ssrc_of(i));
		g_assert_cmpint(json_integer_value(json_object_get(stats, "lost")), ==, 0);
		g_assert_cmpint(json_integer_value(json_object_get(stats, "keyframes")), ==, 1);
		json_decref(stats);
	}
	/* Without its name, or with one that was not agreed on, it is nobody's. */
	person_rtp(f->publisher, &(rtp){ .ssrc = 1, .payload_type = VIDEO_PT, .mid = "v" });
	person_rtp(f->publisher,
		&(rtp){ .ssrc = 2, .payload_type = VIDEO_PT, .mid = "v", .rid = "x" });
	send_frame(f, Q, 1, false, false);
	await_packets(f, Q, 2);
	json_t *stats = world_stats(f->w, f->publisher->peer);
	g_assert_cmpint(json_integer_value(json_object_get(stats, "unknown_packets")), ==, 2);
	json_decref(stats);
}

static void
test_highest_that_flows(forward_fixture *f, const void *data)
{
	(void)data;
	aula_track track = person_send_simulcast(f->publisher, "v", 0);
	aula_sender sender =
		person_receive_video(f->subscriber, "0", OUT_VIDEO_SSRC, OUT_RTX_SSRC, 0);

	world_connect(f->subscriber, sender, f->publisher, track);
	for (int i = F; i >= Q; i--)
		send_frame(f, i, 10, true, true);
	g_assert_true(person_next_rtp(f->subscriber, SOON_MS));
	g_assert_cmpuint(f->subscriber->rtp.payload_length, ==, 500);
	g_assert_false(person_next_rtp(f->subscriber, NOT_MS));
}

static void
test_repair(forward_fixture *f, const void *data)
{
	(void)data;
	aula_rtcp nack;
	size_t cursor = 0;
	uint16_t missing;
	uint8_t repaired[402] = { 0, 12, 0x10, 1 };

	person_send_simulcast(f->publisher, "v", 0);
	for (int i = Q; i <= F; i++)
		send_frame(f, i, 10, true, true);
	for (int i = Q; i <= F; i++)
		send_frame(f, i, i == H ? 13 : 11, false, false);
	g_assert_true(person_next_rtcp(f->publisher, AULA_RTCP_NACK, &nack, SOON_MS));
	g_assert_cmpuint(nack.media_ssrc, ==, ssrc_of(H));
	g_assert_true(aula_rtcp_read_nack(&nack, &cursor, &missing));
	g_assert_cmpuint(missing, ==, 11);
	g_assert_true(aula_rtcp_read_nack(&nack, &cursor, &missing));
	g_assert_cmpuint(missing, ==, 12);
	/* The retransmission stream is not told either; it names the one that it repairs. */
	person_rtp(f->publisher, &(rtp){ .ssrc = 777,
					 .payload_type = VIDEO_RTX_PT,
					 .sequence = 1,
					 .mid = "v",
					 .repaired_rid = "h",
					 .payload = repaired,
					 .payload_length = sizeof(repaired) });
	await_packets(f, H, 3);
	g_assert_cmpint(counted(f, H, "repaired"), ==, 1);
	g_assert_cmpint(counted(f, H, "lost"), ==, 1);
	g_assert_cmpint(counted(f, Q, "nacks"), ==, 0);
}

static void
test_transport_feedback(forward_fixture *f, const void *data)
{
	(void)data;
	aula_rtcp feedback;
	aula_twcc_walk walk;
	aula_twcc_arrival arrival;
	uint32_t seen = 0;

	person_send_simulcast(f->publisher, "v", 0);
	person_send_audio(f->publisher, "a", AUDIO_SSRC);
	/* Numbered over all streams; 5 and 9 are lost; padding and strangers count too. */
	for (uint16_t i = 1; i <= 12; i++)
		if (i != 5 && i != 9)
			person_rtp(f->publisher,
				&(rtp){ .ssrc = i % 3 == 0   ? AUDIO_SSRC
						: i % 3 == 1 ? 99
							     : 2000,
					.payload_type = i % 3 == 0 ? AUDIO_PT : VIDEO_PT,
					.sequence = i,
					.mid = i % 3 == 2 ? "v" : NULL,
					.rid = i % 3 == 2 ? "q" : NULL,
					.transport = (uint16_t)(65531 + i) });
	while (seen != (0x1ffeu & ~(1u << 5 | 1u << 9))) {
		g_assert_true(
			person_next_rtcp(f->publisher, AULA_RTCP_TRANSPORT_CC, &feedback, SOON_MS));
		g_assert_true(aula_twcc_read(&feedback, &walk));
		while (aula_twcc_next(&walk, &arrival))
			seen |= 1u << (uint16_t)(arrival.sequence - 65531);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	FORWARD_ADD("known-by-rid", test_known_by_rid);
	FORWARD_ADD("highest-that-flows", test_highest_that_flows);
	FORWARD_ADD("repair-of-an-encoding", test_repair);
	FORWARD_ADD("transport-feedback", test_transport_feedback);
	return g_test_run();
}
