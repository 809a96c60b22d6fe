/* SPDX-License-Identifier: Apache-2.0 */
/* Two who publish, a feed that carries one after the other, and one who receives it and must not
 * notice. On one media loop, and across two, where the feed lives with the publishers or with the
 * subscriber. */
#include <string.h>

#include "feed.h"
#include "media/clock.h"
#include "peer/feed.h"

static void
send_video(person *p, uint32_t ssrc, uint16_t sequence, uint32_t timestamp, bool keyframe)
{
	person_rtp(p, &(rtp){ .ssrc = ssrc,
			      .payload_type = VIDEO_PT,
			      .sequence = sequence,
			      .timestamp = timestamp,
			      .keyframe = keyframe,
			      .payload_length = 500 });
}

static void
send_audio(person *p, uint32_t ssrc, uint16_t sequence, uint32_t timestamp)
{
	person_rtp(p, &(rtp){ .ssrc = ssrc,
			      .payload_type = AUDIO_PT,
			      .sequence = sequence,
			      .timestamp = timestamp,
			      .level = 30,
			      .payload_length = 80 });
}

/* The next packet is the one that left as `source`. */
static void
expect(feed_fixture *f, uint16_t source)
{
	g_assert_true(person_next_rtp(f->subscriber, SOON_MS));
	const aula_rtp *got = &f->subscriber->rtp;
	const uint8_t *payload = f->subscriber->bytes + got->header_length;
	g_assert_cmpuint(payload[2], ==, (uint8_t)(source + 2));
	f->sequence = got->sequence;
	f->timestamp = got->timestamp;
}

/* ... and follows the one before. */
static void
expect_next(feed_fixture *f, uint16_t source)
{
	uint16_t sequence = f->sequence;
	uint32_t timestamp = f->timestamp;

	expect(f, source);
	g_assert_cmpuint(f->sequence, ==, (uint16_t)(sequence + 1));
	g_assert_cmpint((int32_t)(f->timestamp - timestamp), >=, 0);
	g_assert_cmpint((int32_t)(f->timestamp - timestamp), <, 20 * 90000);
}

/* All that was sent and ordered so far has its effect, and nothing more comes. */
static void
expect_nothing(feed_fixture *f)
{
	feed_settle(f);
	g_assert_false(person_next_rtp(f->subscriber, NOT_MS));
}

/* Both publish video; the subscriber receives the feed, which carries the first. */
static void
start_video(feed_fixture *f, aula_track *ret_first, aula_track *ret_second)
{
	*ret_first = person_send_video(f->first, "v", VIDEO_SSRC, VIDEO_RTX_SSRC);
	*ret_second = person_send_video(f->second, "v", SECOND_SSRC, SECOND_SSRC + 1);
	aula_sender sender =
		person_receive_video(f->subscriber, "0", OUT_VIDEO_SSRC, OUT_RTX_SSRC, 0);
	f->feed = feed_open(f->w, AULA_CODEC_VP8);
	world_feed(f->w, sender, f->feed);
	feed_carry(f, *ret_first, FIRST_OWNER);
	send_video(f->first, VIDEO_SSRC, 100, 5000, true);
	expect(f, 100);
	send_video(f->first, VIDEO_SSRC, 101, 8000, false);
	expect_next(f, 101);
}

static void
test_switch(feed_fixture *f, const void *data)
{
	(void)data;
	aula_track first, second;
	aula_rtcp pli;

	start_video(f, &first, &second);
	send_video(f->second, SECOND_SSRC, 40000, 3000000, false);
	world_wait(f->w, f->w->receiving, second.id, true);
	feed_carry(f, second, SECOND_OWNER);
	/* Asked for, and until it is here the first goes on. */
	g_assert_true(person_next_rtcp(f->second, AULA_RTCP_PLI, &pli, SOON_MS));
	g_assert_cmpuint(pli.media_ssrc, ==, SECOND_SSRC);
	send_video(f->second, SECOND_SSRC, 40001, 3003000, false);
	send_video(f->first, VIDEO_SSRC, 102, 11000, false);
	expect_next(f, 102);
	send_video(f->second, SECOND_SSRC, 40002, 3006000, true);
	expect_next(f, 40002);
	/* The first is heard no more; the second goes on. */
	send_video(f->first, VIDEO_SSRC, 103, 14000, true);
	send_video(f->second, SECOND_SSRC, 40003, 3009000, false);
	uint32_t timestamp = f->timestamp;
	expect_next(f, 40003);
	g_assert_cmpuint(f->timestamp, ==, timestamp + 3000);
	/* What is asked for again is what was sent then, of either. */
	uint16_t numbers[] = { (uint16_t)(f->sequence - 1), (uint16_t)(f->sequence - 2) };
	uint8_t bytes[64];
	aula_rtcp_writer writer = aula_rtcp_write(bytes, sizeof(bytes));
	aula_rtcp_write_rr(&writer, 5, NULL, 0);
	aula_rtcp_write_nack(&writer, 5, OUT_VIDEO_SSRC, numbers, 2);
	person_rtcp(f->subscriber, &writer);
	bool seen[2] = { false, false };
	for (int i = 0; i < 2; i++) {
		g_assert_true(person_next_rtp(f->subscriber, SOON_MS));
		const aula_rtp *got = &f->subscriber->rtp;
		const uint8_t *payload = f->subscriber->bytes + got->header_length;
		uint16_t original = (uint16_t)(payload[0] << 8 | payload[1]);
		g_assert_cmpuint(got->ssrc, ==, OUT_RTX_SSRC);
		seen[0] |= original == numbers[0] && payload[4] == (uint8_t)(40002 + 2);
		seen[1] |= original == numbers[1] && payload[4] == (uint8_t)(102 + 2);
	}
	g_assert_true(seen[0]);
	g_assert_true(seen[1]);
}

/* A second who never brings a keyframe is not waited for for ever, and a third thought counts. */
static void
test_patience(feed_fixture *f, const void *data)
{
	(void)data;
	aula_track first, second;

	start_video(f, &first, &second);
	feed_carry(f, second, SECOND_OWNER);
	feed_carry(f, first, FIRST_OWNER);
	send_video(f->second, SECOND_SSRC, 1, 0, true);
	send_video(f->first, VIDEO_SSRC, 102, 11000, false);
	expect_next(f, 102);
	feed_carry(f, second, SECOND_OWNER);
	uint16_t number = 103;
	gint64 until = g_get_monotonic_time() + AULA_FEED_PATIENCE_US * 5;
	do {
		g_assert_cmpint(g_get_monotonic_time(), <, until);
		send_video(f->first, VIDEO_SSRC, number++, 11000, false);
	} while (person_next_rtp(f->subscriber, NOT_MS));
	send_video(f->second, SECOND_SSRC, 2, 3000, true);
	g_assert_true(person_next_rtp(f->subscriber, SOON_MS));
}

static void
test_audio_at_once(feed_fixture *f, const void *data)
{
	(void)data;
	aula_track first = person_send_audio(f->first, "a", AUDIO_SSRC);
	aula_track second = person_send_audio(f->second, "a", SECOND_AUDIO_SSRC);
	aula_track video = person_send_video(f->second, "v", SECOND_SSRC, SECOND_SSRC + 1);
	aula_sender sender = person_receive_audio(f->subscriber, "0", OUT_AUDIO_SSRC, 0);

	f->feed = feed_open(f->w, AULA_CODEC_OPUS);
	world_feed(f->w, sender, f->feed);
	feed_carry(f, first, FIRST_OWNER);
	send_audio(f->first, AUDIO_SSRC, 65535, 960);
	expect(f, 65535);
	send_audio(f->first, AUDIO_SSRC, 0, 1920);
	expect_next(f, 0);
	feed_carry(f, second, SECOND_OWNER);
	send_audio(f->first, AUDIO_SSRC, 1, 2880);
	for (uint16_t i = 0; i < 20; i++) {
		send_audio(f->second, SECOND_AUDIO_SSRC, (uint16_t)(30000 + i), i * 960u);
		expect_next(f, (uint16_t)(30000 + i));
	}
	/* RED keeps being RED. */
	static const uint8_t red[] = { 0x80 | AUDIO_PT, 3840 >> 6, 0, 3, AUDIO_PT, 1, 2, 3, 4, 5 };
	person_rtp(f->second, &(rtp){ .ssrc = SECOND_AUDIO_SSRC,
				      .payload_type = RED_PT,
				      .sequence = 30020,
				      .timestamp = 20 * 960,
				      .payload = red,
				      .payload_length = sizeof(red) });
	g_assert_true(person_next_rtp(f->subscriber, SOON_MS));
	g_assert_cmpuint(f->subscriber->rtp.payload_type, ==, 101);
	/* Nothing of another codec, no feed in a feed, nobody who is not there. */
	g_assert_cmpint(feed_switch(f->w, f->feed, video, 1), ==, AULA_UNSUPPORTED);
	aula_track other = feed_open(f->w, AULA_CODEC_OPUS);
	g_assert_cmpint(feed_switch(f->w, f->feed, other, 1), ==, AULA_UNSUPPORTED);
	g_assert_cmpint(feed_switch(f->w, f->feed, (aula_track){ 77 }, 1), ==, AULA_GONE);
	g_assert_cmpint(feed_switch(f->w, first, second, 1), ==, AULA_GONE);
}

/* Whatever ends, the feed is silent and goes on with the next. */
static void
test_silence(feed_fixture *f, const void *data)
{
	(void)data;
	aula_track first, second;

	start_video(f, &first, &second);
	/* Muted: silent. Heard again: from a keyframe on, without a hole. */
	world_mute(f->w, first, true);
	feed_settle(f);
	send_video(f->first, VIDEO_SSRC, 102, 11000, true);
	expect_nothing(f);
	world_mute(f->w, first, false);
	feed_settle(f);
	send_video(f->first, VIDEO_SSRC, 103, 14000, false);
	send_video(f->first, VIDEO_SSRC, 104, 17000, true);
	expect_next(f, 104);
	/* It ends while it is carried, and while another is waited for. */
	feed_carry(f, second, SECOND_OWNER);
	world_close_track(f->w, first);
	feed_settle(f);
	send_video(f->second, SECOND_SSRC, 7, 0, false);
	send_video(f->second, SECOND_SSRC, 8, 3000, true);
	expect_next(f, 8);
	world_close_track(f->w, second);
	feed_settle(f);
	/* Silence on request, twice; and a new track after it. */
	feed_carry(f, (aula_track){ 0 }, 0);
	feed_carry(f, (aula_track){ 0 }, 0);
	second = person_send_video(f->second, "v", SECOND_SSRC, SECOND_SSRC + 1);
	feed_carry(f, second, SECOND_OWNER);
	send_video(f->second, SECOND_SSRC, 100, 90000, true);
	expect_next(f, 100);
	/* The feed ends under its subscriber, and its publisher goes on alone. */
	feed_close(f->w, f->feed);
	feed_settle(f);
	send_video(f->second, SECOND_SSRC, 101, 93000, true);
	expect_nothing(f);
	g_assert_cmpint(feed_switch(f->w, f->feed, second, 1), ==, AULA_GONE);
}

/* Who speaks does not hear himself, and hears the next from his first packet on. */
static void
test_own_does_not_come_back(feed_fixture *f, const void *data)
{
	(void)data;
	aula_track first, second;

	f->subscriber->owner = SECOND_OWNER;
	start_video(f, &first, &second);
	feed_carry(f, second, SECOND_OWNER);
	for (uint16_t i = 0; i < 5; i++)
		send_video(f->second, SECOND_SSRC, i, i * 3000u, i == 0);
	expect_nothing(f);
	/* His player asks for keyframes, as players do that see nothing; it costs him none. */
	aula_rtcp pli;
	person_drain(f->second);
	uint8_t bytes[64];
	aula_rtcp_writer writer = aula_rtcp_write(bytes, sizeof(bytes));
	aula_rtcp_write_rr(&writer, 5, NULL, 0);
	aula_rtcp_write_pli(&writer, 5, OUT_VIDEO_SSRC);
	person_rtcp(f->subscriber, &writer);
	g_assert_false(person_next_rtcp(f->second, AULA_RTCP_PLI, &pli, 700));
	feed_carry(f, first, FIRST_OWNER);
	send_video(f->second, SECOND_SSRC, 6, 18000, false);
	send_video(f->first, VIDEO_SSRC, 102, 11000, true);
	expect_next(f, 102);
	send_video(f->first, VIDEO_SSRC, 103, 14000, false);
	expect_next(f, 103);
}

/* Who comes while the feed is watched is shown the last keyframe at once; the feed is asked for one
 * otherwise. */
static void
test_who_joins(feed_fixture *f, const void *data)
{
	(void)data;
	aula_track first, second;
	aula_rtcp pli;

	start_video(f, &first, &second);
	person_drain(f->first);
	aula_sender late = person_receive_video(f->subscriber, "1", 9000, 9001, 0);
	g_usleep(600000); /* past what is fresh */
	world_feed(f->w, late, f->feed);
	g_assert_true(person_next_rtcp(f->first, AULA_RTCP_PLI, &pli, SOON_MS));
	g_assert_cmpuint(pli.media_ssrc, ==, VIDEO_SSRC);
	send_video(f->first, VIDEO_SSRC, 102, 11000, true);
	unsigned got = 0;
	while (got != 3) {
		g_assert_true(person_next_rtp(f->subscriber, SOON_MS));
		got |= f->subscriber->rtp.ssrc == 9000 ? 1 : 2;
	}
}

/* Sound and picture of one person stay together across a switch: what our reports say of the feed
 * belongs to what the publisher captured then. */
static void
test_lips(feed_fixture *f, const void *data)
{
	(void)data;
	aula_track first, second;
	uint8_t bytes[128];
	aula_rtcp got;
	aula_rtcp_sender report;

	start_video(f, &first, &second);
	feed_carry(f, second, SECOND_OWNER);
	aula_rtcp_writer writer = aula_rtcp_write(bytes, sizeof(bytes));
	const aula_rtcp_sender said = { .ssrc = SECOND_SSRC,
		.ntp = aula_ntp_of(INT64_C(1700000000000000)),
		.rtp_timestamp = 900000 };
	aula_rtcp_write_sr(&writer, &said, NULL, 0);
	send_video(f->second, SECOND_SSRC, 1, 900000, true);
	expect_next(f, 1);
	person_rtcp(f->second, &writer);
	uint32_t at = f->timestamp;
	gint64 until = g_get_monotonic_time() + SOON_MS * 1000;
	for (uint16_t i = 2;; i++) {
		send_video(f->second, SECOND_SSRC, i, 900000 + i * 100u, false);
		if (person_next_rtcp(f->subscriber, AULA_RTCP_SR, &got, 100) &&
			aula_rtcp_read_sender(&got, &report))
			break;
		g_assert_cmpint(g_get_monotonic_time(), <, until);
	}
	/* The report's moment is some time after the publisher's; a second is 90000 of these. */
	g_assert_cmpint((int32_t)(report.rtp_timestamp - at), >=, 0);
	g_assert_cmpint((int32_t)(report.rtp_timestamp - at), <, 12 * 90000);
}

static void
count_packet(void *data, aula_track track, aula_packet *packet, const aula_packet_view *view)
{
	gint *count = data;
	(void)track;
	(void)packet;

	g_assert_cmpuint(view->length, ==, view->header_length + view->payload_length);
	g_assert_cmpuint(view->payload_type, ==, AULA_FEED_PAYLOAD_TYPE);
	g_assert_cmpuint(view->data[1] & 0x7f, ==, AULA_FEED_PAYLOAD_TYPE);
	g_assert_cmpuint(view->data[2] << 8 | view->data[3], ==, view->sequence);
	g_atomic_int_inc(count);
}

static void
count_closed(void *data, aula_track track)
{
	gint *count = data;
	(void)track;

	g_atomic_int_add(count, 1000);
}

typedef struct {
	feed_fixture *f;
	gint *count;
	aula_code code;
} tapping;

static void
tap(void *data)
{
	static const aula_tap_ops ops = {
		.size = sizeof ops, .packet = count_packet, .closed = count_closed
	};
	tapping *t = data;
	aula_tap ignored;

	t->code = aula_engine_tap(t->f->w->engine, t->f->feed, &ops, t->count, &ignored);
}

/* What a class sees can be read in one place. */
static void
test_tap(feed_fixture *f, const void *data)
{
	(void)data;
	aula_track first, second;
	gint count = 0;
	tapping t = { f, &count, AULA_INTERNAL };

	start_video(f, &first, &second);
	world_do(f->w, tap, &t);
	g_assert_cmpint(t.code, ==, AULA_OK);
	feed_settle(f);
	send_video(f->first, VIDEO_SSRC, 102, 11000, false);
	expect_next(f, 102);
	feed_carry(f, second, SECOND_OWNER);
	send_video(f->second, SECOND_SSRC, 1, 900000, true);
	expect_next(f, 1);
	feed_settle(f);
	g_assert_cmpint(g_atomic_int_get(&count), ==, 2);
	feed_close(f->w, f->feed);
	feed_settle(f);
	g_assert_cmpint(g_atomic_int_get(&count), ==, 1002);
}

/* Levels become speech where packets arrive, and control is told of the change only. */
static void
test_speaking(feed_fixture *f, const void *data)
{
	(void)data;
	aula_track track = person_send_audio(f->first, "a", AUDIO_SSRC);
	gint64 until = g_get_monotonic_time() + SOON_MS * 1000;
	uint16_t number = 0;
	bool speaks = false;

	while (!speaks) {
		g_assert_cmpint(g_get_monotonic_time(), <, until);
		send_audio(f->first, AUDIO_SSRC, number, number * 960u);
		number++;
		g_usleep(20000);
		pthread_mutex_lock(&f->w->lock);
		speaks = g_hash_table_contains(f->w->speaking, (void *)(uintptr_t)track.id);
		pthread_mutex_unlock(&f->w->lock);
	}
	world_mute(f->w, track, true);
	world_wait(f->w, f->w->speaking, track.id, false);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	FEED_ADD("switch", test_switch);
	FEED_ADD("patience", test_patience);
	FEED_ADD("audio-at-once", test_audio_at_once);
	FEED_ADD("silence", test_silence);
	FEED_ADD("own-does-not-come-back", test_own_does_not_come_back);
	FEED_ADD("who-joins", test_who_joins);
	FEED_ADD("lips", test_lips);
	FEED_ADD("tap", test_tap);
	FEED_ADD("speaking", test_speaking);
	return g_test_run();
}
