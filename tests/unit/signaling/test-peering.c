/* SPDX-License-Identifier: Apache-2.0 */
/* What descriptions open and close in the engine; the engine is played by this file. */
#include "signaling/peering.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
	aula_peerings *all;
	GString *told; /* to the engine */
} world;

static const aula_offered about;

static GString *told;
static uint64_t last_id;
static bool full;

#define TELL(...) g_string_append_printf(told, __VA_ARGS__)

aula_peer
aula_engine_open(aula_engine *engine, aula_ice_credentials *ret_local)
{
	(void)engine;
	if (full)
		return (aula_peer){ 0 };
	*ret_local = (aula_ice_credentials){ "ours", "0123456789012345678901" };
	TELL("open ");
	return (aula_peer){ ++last_id };
}

aula_peer
aula_engine_open_first(aula_engine *engine, aula_ice_credentials *ret_local)
{
	return aula_engine_open(engine, ret_local);
}

bool
aula_engine_is_full(const aula_engine *engine)
{
	(void)engine;
	return false;
}

bool
aula_engine_gathered(const aula_engine *engine, aula_peer peer)
{
	(void)engine, (void)peer;
	return true;
}

void
aula_engine_add_candidates(aula_engine *engine, aula_peer peer, const aula_candidate *candidates,
	size_t count, bool last)
{
	(void)engine, (void)peer, (void)candidates, (void)count, (void)last;
}

void
aula_engine_close(aula_engine *engine, aula_peer peer)
{
	(void)engine, (void)peer;
	TELL("close ");
}

size_t
aula_engine_candidates(
	aula_engine *engine, aula_peer peer, aula_candidate *ret_candidates, size_t most)
{
	(void)engine, (void)peer, (void)ret_candidates, (void)most;
	return 0;
}

void
aula_engine_set_remote(
	aula_engine *engine, aula_peer peer, const aula_sdp_transport *remote, aula_setup setup)
{
	(void)engine, (void)peer;
	TELL("remote:%s:%s ", remote->ufrag, setup == AULA_SETUP_ACTIVE ? "active" : "passive");
}

void
aula_engine_restart(aula_engine *engine, aula_peer peer, aula_ice_credentials *ret_local)
{
	(void)engine, (void)peer;
	*ret_local = (aula_ice_credentials){ "anew", "0123456789012345678901" };
	TELL("restart ");
}

void
aula_engine_limit(aula_engine *engine, aula_peer peer, int64_t max_bitrate_bps)
{
	(void)engine, (void)peer;
	TELL("limit:%d ", (int)max_bitrate_bps);
}

aula_track
aula_engine_open_track(aula_engine *engine, aula_peer peer, const aula_track_options *options)
{
	(void)engine, (void)peer;
	TELL("track:%s:%s ", options->mid, aula_codec_name(options->codec));
	return (aula_track){ ++last_id };
}

void
aula_engine_close_track(aula_engine *engine, aula_track track)
{
	(void)engine, (void)track;
	TELL("-track ");
}

aula_sender
aula_engine_open_sender(aula_engine *engine, aula_peer peer, const aula_sender_options *options)
{
	(void)engine, (void)peer;
	g_assert_cmpuint(options->ssrc, !=, 0);
	TELL("sender:%s:%s ", options->mid, aula_codec_name(options->codec));
	return (aula_sender){ ++last_id };
}

void
aula_engine_close_sender(aula_engine *engine, aula_sender sender)
{
	(void)engine, (void)sender;
	TELL("-sender ");
}

void
aula_engine_feed(aula_engine *engine, aula_sender sender, aula_track source)
{
	(void)engine, (void)sender;
	TELL("feed%s ", AULA_NONE(source) ? ":none" : "");
}

void
aula_engine_aim(aula_engine *engine, aula_sender sender, const aula_aim *aim)
{
	(void)engine, (void)sender;
	TELL("aim:%d ", aim->encoding);
}

void
aula_engine_pause(aula_engine *engine, aula_sender sender, bool paused)
{
	(void)engine, (void)sender;
	TELL("pause:%d ", paused);
}

static void
set_up(world *w, gconstpointer unused)
{
	(void)unused;
	told = w->told = g_string_new(NULL);
	full = false;
	w->all = aula_peerings_new(NULL, "sha-256 "
					 "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:"
					 "33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF");
}

static void
tear_down(world *w, gconstpointer unused)
{
	(void)unused;
	aula_peerings_free(w->all);
	g_string_free(w->told, TRUE);
}

static void
assert_told(world *w, const char *expected)
{
	g_assert_cmpstr(w->told->str, ==, expected);
	g_string_truncate(w->told, 0);
}

/* A client's description of m-lines such as "audio sendonly opus" (opus 109, VP8 120). */
static aula_sdp *
describe(const char *ufrag, unsigned print, const char *const *lines)
{
	GString *text = g_string_new("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
				     "a=group:BUNDLE 0 1 2 3 4\r\n");
	size_t line = 0;
	const char *why = NULL;

	for (int i = 0; lines[i] != NULL; i++) {
		g_auto(GStrv) words = g_strsplit(lines[i], " ", 3);
		bool audio = strcmp(words[0], "audio") == 0;
		int type = audio ? 109 : strcmp(words[2], "VP9") == 0 ? 121 : 120;
		g_string_append_printf(text,
			"m=%s 9 UDP/TLS/RTP/SAVPF %d\r\nc=IN IP4 0.0.0.0\r\na=mid:%d\r\na=%s\r\n"
			"a=ice-ufrag:%sxxx\r\na=ice-pwd:0123456789012345678901\r\na=rtcp-mux\r\n"
			"a=fingerprint:sha-1 "
			"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:%02X\r\na=setup:"
			"actpass\r\n"
			"a=rtpmap:%d %s\r\n",
			words[0], type, i, words[1], ufrag, print, type, words[2]);
	}
	aula_sdp *sdp = aula_sdp_parse(text->str, text->len, &line, &why);
	g_assert_cmpstr(why, ==, NULL);
	g_assert_nonnull(sdp);
	g_string_free(text, TRUE);
	return sdp;
}

#define LINES(...) ((const char *const[]){ __VA_ARGS__, NULL })
static const char audio_up[] = "audio sendonly opus/48000/2",
		  video_up[] = "video sendonly VP8/90000";
static const aula_handle publisher = { 1 }, student = { 2 };
static const aula_answer receive = { .size = sizeof receive, .receive = true };

static aula_sdp *
sdp_of(json_t *jsep)
{
	const char *text = json_string_value(json_object_get(jsep, "sdp")), *why = NULL;
	size_t line = 0;
	aula_sdp *sdp = aula_sdp_parse(text, strlen(text), &line, &why);

	g_assert_nonnull(sdp);
	json_decref(jsep);
	return sdp;
}

static void
offer(world *w, aula_handle handle, aula_sdp *sdp, const aula_answer *how)
{
	const char *why = NULL;
	json_t *jsep = NULL;

	g_assert_cmpint(aula_peering_take_offer(w->all, handle, sdp, &about, &why), ==, AULA_OK);
	g_assert_cmpint(aula_peering_answer(w->all, handle, how, &jsep), ==, AULA_OK);
	json_decref(jsep);
	aula_peering_drop_offer(w->all, handle);
}

static aula_stream
stream(world *w, aula_handle handle, size_t index)
{
	aula_stream streams[8];

	g_assert_cmpuint(
		aula_peering_streams(w->all, handle, streams, sizeof *streams, 8), >, index);
	return streams[index];
}

static void
test_publish(world *w, gconstpointer unused)
{
	size_t count = 0;
	const char *why = NULL;

	(void)unused;
	g_assert_null(aula_peering_offered(w->all, publisher, &count));
	offer(w, publisher, describe("a", 1, LINES(audio_up, video_up)), &receive);
	assert_told(w, "open remote:axxx:active track:0:opus track:1:vp8 ");
	aula_stream video = stream(w, publisher, 1);
	g_assert_cmpstr(video.codec, ==, "vp8");
	g_assert_true(video.active && video.client_sends && !video.client_receives);
	const aula_track_options *options;
	g_assert_true(AULA_SAME(aula_peering_publisher(w->all, video.track, &options), publisher));
	g_assert_cmpint(options->kind, ==, AULA_VIDEO);
	g_assert_cmpstr(options->mid, ==, "1");

	/* The screen is shared too; then the camera stops; then the network changes. */
	offer(w, publisher, describe("a", 1, LINES(audio_up, video_up, video_up)), &receive);
	assert_told(w, "track:2:vp8 ");
	offer(w, publisher, describe("a", 1, LINES(audio_up, "video inactive VP8/90000", video_up)),
		&receive);
	assert_told(w, "-track ");
	g_assert_false(stream(w, publisher, 1).active);
	g_assert_true(AULA_NONE(aula_peering_publisher(w->all, video.track, NULL)));
	offer(w, publisher, describe("b", 1, LINES(audio_up, "video inactive VP8/90000", video_up)),
		&receive);
	assert_told(w, "restart remote:bxxx:active ");

	/* Another certificate, or fewer lines, is another PeerConnection. */
	aula_sdp *same = describe("c", 1, LINES(audio_up, video_up, video_up));
	aula_sdp *other = describe("c", 2, LINES(audio_up, video_up, video_up));
	aula_sdp *fewer = describe("c", 1, LINES(audio_up));
	g_assert_false(aula_peering_is_replaced(w->all, publisher, same));
	g_assert_true(aula_peering_is_replaced(w->all, publisher, other));
	g_assert_true(aula_peering_is_replaced(w->all, publisher, fewer));
	aula_sdp_free(same), aula_sdp_free(other), aula_sdp_free(fewer);
	g_assert_cmpint(
		aula_peering_take_answer(w->all, publisher, NULL, &why), ==, AULA_WRONG_STATE);
	aula_peering_close(w->all, publisher);
	assert_told(w, "-track -track close ");
	g_assert_false(aula_peering_exists(w->all, publisher));
}

static void
test_refusals(world *w, gconstpointer unused)
{
	static const aula_answer nothing = { .receive = true, .video_codecs = "av1" };
	const char *why = NULL;
	json_t *jsep = NULL;

	(void)unused;
	g_assert_cmpint(
		aula_peering_answer(w->all, publisher, &receive, &jsep), ==, AULA_WRONG_STATE);
	g_assert_cmpint(aula_peering_take_offer(
				w->all, publisher, describe("a", 1, LINES(video_up)), &about, &why),
		==, AULA_OK);
	g_assert_cmpint(
		aula_peering_answer(w->all, publisher, &nothing, &jsep), ==, AULA_UNSUPPORTED);
	full = true;
	g_assert_cmpint(aula_peering_answer(w->all, publisher, &receive, &jsep), ==, AULA_FULL);
	/* An offer that nobody answered leaves nothing behind. */
	aula_peering_drop_offer(w->all, publisher);
	g_assert_false(aula_peering_exists(w->all, publisher));
	g_assert_cmpint(aula_peering_offer(w->all, publisher, false, &jsep), ==, AULA_WRONG_STATE);
	g_assert_cmpuint(aula_peerings_count(w->all), ==, 0);
	assert_told(w, "");
}

/* Publishes audio and video, of which `student` gets the video. */
static aula_sender
subscribe(world *w, json_t **ret_jsep)
{
	aula_sender sender = { 0 };

	offer(w, publisher, describe("a", 1, LINES(audio_up, video_up)), &receive);
	g_assert_cmpint(aula_peering_add(w->all, student, AULA_VIDEO, stream(w, publisher, 1).track,
				NULL, &sender),
		==, AULA_OK);
	g_assert_cmpint(aula_peering_offer(w->all, student, false, ret_jsep), ==, AULA_OK);
	g_string_truncate(w->told, 0);
	return sender;
}

static void
answer(world *w, const char *const *lines)
{
	const char *why = NULL;
	aula_sdp *sdp = describe("s", 3, lines);

	g_assert_cmpint(aula_peering_take_answer(w->all, student, sdp, &why), ==, AULA_OK);
	aula_sdp_free(sdp);
}

static void
test_subscribe(world *w, gconstpointer unused)
{
	json_t *jsep = NULL;
	const char *why = NULL;
	aula_sender sender = subscribe(w, &jsep);
	aula_sdp *sdp = sdp_of(jsep);

	(void)unused;
	g_assert_cmpint(sdp->media[0].transport.setup, ==, AULA_SETUP_ACTPASS);
	g_assert_cmpint(sdp->media[0].direction, ==, AULA_SENDONLY);
	aula_sdp_free(sdp);
	g_assert_true(aula_peering_offering(w->all, student));
	g_assert_cmpint(aula_peering_offer(w->all, student, false, &jsep), ==, AULA_WRONG_STATE);
	g_assert_cmpint(aula_peering_take_offer(
				w->all, student, describe("s", 3, LINES(audio_up)), &about, &why),
		==, AULA_WRONG_STATE);
	/* Nothing is sent to a client that has not agreed yet, but wishes are kept. */
	aula_leg_pause(aula_leg_of_sender(aula_peerings_legs(w->all), sender), true);
	assert_told(w, "");
	/* While the answer is on its way a module may go on: lines are added, not taken again. */
	aula_sender second;
	g_assert_cmpint(aula_peering_add(w->all, student, AULA_AUDIO, stream(w, publisher, 0).track,
				NULL, &second),
		==, AULA_OK);
	answer(w, LINES("video recvonly VP8/90000"));
	assert_told(w, "remote:sxxx:active sender:0:vp8 pause:1 feed ");
	g_assert_cmpint(aula_peering_offer(w->all, student, false, &jsep), ==, AULA_OK);
	json_decref(jsep);
	answer(w, LINES("video recvonly VP8/90000", "audio recvonly opus/48000/2"));
	assert_told(w, "sender:1:opus feed ");
	g_assert_true(AULA_SAME(aula_peering_receiver(w->all, second), student));

	/* Only what the line's codec can carry may feed it. */
	g_assert_cmpint(aula_peering_feed(w->all, second, stream(w, publisher, 1).track), ==,
		AULA_UNSUPPORTED);
	g_assert_cmpint(aula_peering_feed(w->all, second, (aula_track){ 12345 }), ==, AULA_GONE);
	g_assert_cmpint(aula_peering_feed(w->all, second, (aula_track){ 0 }), ==, AULA_OK);
	assert_told(w, "feed:none ");

	aula_peering_remove(w->all, publisher, sender); /* not theirs */
	assert_told(w, "");
	aula_peering_remove(w->all, student, sender);
	assert_told(w, "-sender ");
	g_assert_cmpint(aula_peering_feed(w->all, sender, (aula_track){ 0 }), ==, AULA_GONE);
	g_assert_true(AULA_NONE(stream(w, student, 0).sender));
}

static void
test_line_is_used_again(world *w, gconstpointer unused)
{
	json_t *jsep = NULL;
	aula_sender sender = subscribe(w, &jsep), again;

	(void)unused;
	json_decref(jsep);
	answer(w, LINES("video recvonly VP8/90000"));
	aula_peering_remove(w->all, student, sender);
	g_assert_cmpint(aula_peering_offer(w->all, student, true, &jsep), ==, AULA_OK);
	g_assert_true(json_is_true(json_object_get(jsep, "restart")));
	aula_sdp *sdp = sdp_of(jsep);
	g_assert_cmpint(sdp->media[0].direction, ==, AULA_INACTIVE);
	g_assert_cmpstr(sdp->media[0].transport.ufrag, ==, "anew");
	aula_sdp_free(sdp);
	answer(w, LINES("video inactive VP8/90000"));
	g_string_truncate(w->told, 0);
	g_assert_cmpint(
		aula_peering_add(w->all, student, AULA_VIDEO, (aula_track){ 0 }, "vp9", &again), ==,
		AULA_OK);
	g_assert_false(AULA_SAME(again, sender));
	g_assert_cmpint(aula_peering_offer(w->all, student, false, &jsep), ==, AULA_OK);
	sdp = sdp_of(jsep);
	g_assert_cmpuint(sdp->media_count, ==, 1);
	g_assert_cmpint(sdp->media[0].formats[0].codec, ==, AULA_CODEC_VP9);
	aula_sdp_free(sdp);
	answer(w, LINES("video recvonly VP9/90000"));
	assert_told(w, "sender:0:vp9 ");
	g_assert_cmpint(
		aula_peering_add(w->all, student, AULA_VIDEO, (aula_track){ 0 }, "opus", &again),
		==, AULA_UNSUPPORTED);
	g_assert_cmpint(
		aula_peering_add(w->all, student, AULA_VIDEO, (aula_track){ 9999 }, NULL, &again),
		==, AULA_GONE);
}

static void
test_limit(world *w, gconstpointer unused)
{
	static const aula_answer limited = { .receive = true, .max_bitrate_bps = 500000 };

	(void)unused;
	offer(w, publisher, describe("a", 1, LINES(video_up)), &limited);
	assert_told(w, "open remote:axxx:active limit:500000 track:0:vp8 ");
	aula_peering_limit(w->all, publisher, 500000);
	aula_peering_limit(w->all, publisher, 0);
	assert_told(w, "limit:0 ");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, test) g_test_add("/signaling/peering/" name, world, NULL, set_up, test, tear_down)
	ADD("publish", test_publish);
	ADD("refusals", test_refusals);
	ADD("subscribe", test_subscribe);
	ADD("line-is-used-again", test_line_is_used_again);
	ADD("limit", test_limit);
	return g_test_run();
}
