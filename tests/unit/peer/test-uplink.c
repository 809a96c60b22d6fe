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

/* As long as nothing is known of the line and of what the encodings cost. */
static void
test_middle_first(forward_fixture *f, const void *data)
{
	(void)data;
	aula_track track = person_send_simulcast(f->publisher, "v", 0);
	aula_sender sender =
		person_receive_video(f->subscriber, "0", OUT_VIDEO_SSRC, OUT_RTX_SSRC, 0);

	world_connect(f->subscriber, sender, f->publisher, track);
	for (int i = F; i >= Q; i--)
		send_frame(f, i, 10, true, true);
	g_assert_true(person_next_rtp(f->subscriber, SOON_MS));
	g_assert_cmpuint(f->subscriber->rtp.payload_length, ==, 400);
	forward_expect_nothing(f);
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

/* Bits of encodings that the present senders watch: what is shown, and
 * what is to be: on a line of which nothing is known the middle one, or the best if it costs as
 * little as here. */
static void
test_what_is_watched(forward_fixture *f, const void *data)
{
	(void)data;
	aula_track track = person_send_simulcast(f->publisher, "v", 0);
	aula_sender sender =
		person_receive_video(f->subscriber, "0", OUT_VIDEO_SSRC, OUT_RTX_SSRC, 0);

	/* It is told at once what is wanted; of nobody that one is for who may come. */
	world_connect(f->subscriber, sender, f->publisher, track);
	world_wait_wanted_above(f->w, Q);
	world_pause(f->w, sender, true);
	world_wait_wanted(f->w, 1);
	world_pause(f->w, sender, false);
	world_wait_wanted_above(f->w, Q);
	world_close_sender(f->w, sender);
	world_wait_wanted(f->w, 1);
}

/* Sends all three for a while; returns the last limit that the publisher was told, 0: none. */
static int64_t
limit_told(forward_fixture *f, uint16_t *sequence, int64_t until_below, int64_t until_above)
{
	gint64 until = g_get_monotonic_time() + SOON_MS * 1000;
	aula_rtcp remb;
	int64_t bps = 0;

	do {
		g_assert_cmpint(g_get_monotonic_time(), <, until);
		for (int i = Q; i <= F; i++)
			send_frame(f, i, *sequence, true, false);
		++*sequence;
		if (person_next_rtcp(f->publisher, AULA_RTCP_REMB, &remb, 20))
			g_assert_true(aula_rtcp_read_remb(&remb, &bps));
	} while (bps == 0 || (bps >= until_below && bps <= until_above));
	return bps;
}

/* Who does not know of it is held down by the rate. */
static void
test_limit_of_what_is_watched(forward_fixture *f, const void *data)
{
	(void)data;
	uint16_t sequence = 1;
	aula_track track = person_send_simulcast(f->publisher, "v", LACKS_OBEDIENCE);
	aula_sender sender =
		person_receive_video(f->subscriber, "0", OUT_VIDEO_SSRC, OUT_RTX_SSRC, 0);

	/* 300 bytes a frame, some 40 a second: less than what the lowest may always take. */
	g_assert_cmpint(limit_told(f, &sequence, 1000000, INT64_MAX), <, 300000);
	world_connect(f->subscriber, sender, f->publisher, track);
	g_assert_cmpint(limit_told(f, &sequence, 0, 10000000), >, 10000000);
}

/* Who does not number packets but dates them is told what comes through. */
static void
test_limit_of_the_line(forward_fixture *f, const void *data)
{
	(void)data;
	aula_rtcp remb;
	int64_t bps = 0;
	gint64 until = g_get_monotonic_time() + SOON_MS * 1000;

	person_send_video(f->publisher, "v", VIDEO_SSRC, VIDEO_RTX_SSRC);
	for (uint16_t i = 1; bps == 0; i++) {
		gint64 now_us = g_get_monotonic_time();
		g_assert_cmpint(now_us, <, until);
		person_rtp(f->publisher,
			&(rtp){ .ssrc = VIDEO_SSRC,
				.payload_type = VIDEO_PT,
				.sequence = i,
				.date = (uint32_t)((now_us << 18) / 1000000) & 0xffffff,
				.payload_length = 500 });
		if (person_next_rtcp(f->publisher, AULA_RTCP_REMB, &remb, 10))
			g_assert_true(aula_rtcp_read_remb(&remb, &bps));
	}
	g_assert_cmpint(bps, >=, 100000);
	g_assert_cmpint(bps, <, 2000000);
}

static unsigned
count_requests(forward_fixture *f, int ms)
{
	gint64 until = g_get_monotonic_time() + ms * 1000;
	aula_rtcp pli;
	unsigned count = 0;

	for (gint64 left_ms = ms; left_ms > 0; left_ms = (until - g_get_monotonic_time()) / 1000)
		count += person_next_rtcp(f->publisher, AULA_RTCP_PLI, &pli, (int)left_ms);
	return count;
}

/* 500 join within a moment, each with a request of its own: at most two keyframes a second. */
static void
test_burst_of_joins(forward_fixture *f, const void *data)
{
	enum { JOINS = 500, EACH = 100 }; /* as much as a socket holds */
	(void)data;
	person *people[JOINS / EACH] = { f->subscriber };
	aula_rtcp pli;
	aula_track track = person_send_video(f->publisher, "v", VIDEO_SSRC, VIDEO_RTX_SSRC);

	for (size_t i = 1; i < G_N_ELEMENTS(people); i++)
		people[i] = person_new(f->w);
	forward_send_video(f, 100, 0, true);
	world_wait(f->w, f->w->receiving, track.id, true);
	gint64 began = g_get_monotonic_time();
	for (uint32_t i = 0; i < JOINS; i++) {
		char mid[8];
		g_snprintf(mid, sizeof(mid), "%u", i);
		world_feed(f->w,
			person_receive_video(
				people[i / EACH], mid, 10000 + 2 * i, 10001 + 2 * i, 0),
			track);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(people); i++)
		world_settle(people[i], f->publisher);
	g_assert_true(person_next_rtcp(f->publisher, AULA_RTCP_PLI, &pli, SOON_MS));
	unsigned asked = 1 + count_requests(f, 1000);
	double seconds = (double)(g_get_monotonic_time() - began) / G_USEC_PER_SEC;
	g_test_message("%u requests in %.1f s", asked, seconds);
	/* Whatever the window: two a second, and two more where it begins and ends. */
	g_assert_cmpfloat(asked, <=, 2 * seconds + 2);
	/* One keyframe serves all of them. */
	forward_send_video(f, 101, 9000, true);
	for (int i = 0; i < JOINS; i++)
		g_assert_true(person_next_rtp(people[i / EACH], SOON_MS));
	for (size_t i = 0; i < G_N_ELEMENTS(people); i++)
		world_settle(people[i], f->publisher);
	person_drain(f->publisher);
	g_assert_cmpuint(count_requests(f, 1000), ==, 0);
	for (size_t i = 1; i < G_N_ELEMENTS(people); i++)
		person_free(people[i]);
}

/* Of three encodings each may be asked for, but never at more than two moments of a second. */
static void
test_requests_of_all_encodings(forward_fixture *f, const void *data)
{
	(void)data;
	unsigned seen = 0;
	aula_rtcp request;
	aula_track track = person_send_simulcast(f->publisher, "v", LACKS_PLI);

	for (int i = Q; i <= F; i++)
		send_frame(f, i, 10, true, true);
	world_wait(f->w, f->w->receiving, track.id, true);
	aula_sender sender =
		person_receive_video(f->subscriber, "0", OUT_VIDEO_SSRC, OUT_RTX_SSRC, 0);
	world_connect(f->subscriber, sender, f->publisher, track);
	for (int k = 0; k < 20; k++)
		world_keyframe(f->w, track);
	/* Who lacks PLI is asked by FIR, for each encoding by itself. */
	while (seen != 7) {
		uint32_t ssrc;
		uint8_t number;
		g_assert_true(person_next_rtcp(f->publisher, AULA_RTCP_FIR, &request, SOON_MS));
		for (size_t i = 0; aula_rtcp_read_fir(&request, i, &ssrc, &number); i++)
			seen |= 1u << (ssrc - ssrc_of(Q)) / 10;
	}
	g_assert_cmpuint(count_requests(f, 100), ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	FORWARD_ADD("known-by-rid", test_known_by_rid);
	FORWARD_ADD("middle-first", test_middle_first);
	FORWARD_ADD("repair-of-an-encoding", test_repair);
	FORWARD_ADD("transport-feedback", test_transport_feedback);
	FORWARD_ADD("what-is-watched", test_what_is_watched);
	FORWARD_ADD("limit-of-what-is-watched", test_limit_of_what_is_watched);
	FORWARD_ADD("limit-of-the-line", test_limit_of_the_line);
	FORWARD_ADD("burst-of-500-joins", test_burst_of_joins);
	FORWARD_ADD("requests-of-all-encodings", test_requests_of_all_encodings);
	return g_test_run();
}
