/* SPDX-License-Identifier: Apache-2.0 */
/* Offers of real browsers, and what the server makes of them. */
#include "signaling/negotiate.h"

#include <stdlib.h>
#include <string.h>

static const aula_negotiate_ours ours = { .session_id = 1,
	.version = 1,
	.transport = {
		.ufrag = "abcd", .pwd = "0123456789012345678901", .setup = AULA_SETUP_ACTIVE } };

static const aula_offered about;

/* A description as it stands in the corpus of the fuzzers. */
static aula_sdp *
offer_of(const char *name)
{
	g_autofree char *path =
		g_test_build_filename(G_TEST_DIST, "tests", "fuzz", "corpus", "sdp", name, NULL);
	g_autofree char *text = NULL;
	gsize length;
	size_t line = 0;
	const char *why = NULL;

	g_assert_true(g_file_get_contents(path, &text, &length, NULL));
	aula_sdp *sdp = aula_sdp_parse(text, length, &line, &why);
	g_assert_nonnull(sdp);
	return sdp;
}

static aula_sdp *
parse(const char *text)
{
	size_t line = 0;
	const char *why = NULL;
	aula_sdp *sdp = aula_sdp_parse(text, strlen(text), &line, &why);

	g_assert_nonnull(sdp);
	return sdp;
}

/* Writes and reads again, as a browser would. */
static aula_sdp *
sent(const aula_line *lines, size_t count, bool answer)
{
	aula_sdp *sdp = aula_negotiate_describe(lines, count, answer, &ours);
	char *text = aula_sdp_write(sdp);
	aula_sdp *read = parse(text);

	free(text);
	aula_sdp_free(sdp);
	g_assert_true(read->ice_lite);
	g_assert_cmpuint(read->media_count, ==, count);
	return read;
}

/* Either packets are numbered for the transport and we tell of their arrival, or they are dated. */
static void
check_congestion(const aula_sdp_media *answer, const aula_sdp_media *offer, bool transport_cc,
	bool send_time)
{
	const uint8_t *ids = answer->extensions.id, *offered = offer->extensions.id;
	uint32_t feedback = answer->formats[0].feedback;

	g_assert_cmpuint(ids[AULA_EXTENSION_TRANSPORT_CC], ==,
		transport_cc ? offered[AULA_EXTENSION_TRANSPORT_CC] : 0);
	g_assert_cmpint((feedback & AULA_FB_TRANSPORT_CC) != 0, ==, transport_cc);
	if (answer->type != AULA_SDP_VIDEO)
		return;
	g_assert_cmpuint(ids[AULA_EXTENSION_ABS_SEND_TIME], ==,
		send_time ? offered[AULA_EXTENSION_ABS_SEND_TIME] : 0);
	g_assert_cmpuint(feedback & AULA_FB_REMB, ==, offer->formats[0].feedback & AULA_FB_REMB);
	g_assert_cmpuint(ids[AULA_EXTENSION_ORIENTATION], ==, 0);
	g_assert_cmpuint(ids[AULA_EXTENSION_DEPENDENCY], ==, 0);
}

static void
check_encodings(const aula_sdp_media *answer, const aula_sdp_media *offer, const aula_line *line,
	bool simulcast)
{
	const uint8_t *ids = answer->extensions.id, *offered = offer->extensions.id;

	g_assert_cmpuint(line->encoding_count, ==, simulcast ? 3 : 1);
	g_assert_cmpuint(answer->rid_count, ==, simulcast ? 3 : 0);
	g_assert_cmpuint(ids[AULA_EXTENSION_RID], ==, simulcast ? offered[AULA_EXTENSION_RID] : 0);
	g_assert_cmpuint(ids[AULA_EXTENSION_REPAIRED_RID], ==,
		simulcast ? offered[AULA_EXTENSION_REPAIRED_RID] : 0);
	if (!simulcast)
		return;
	g_assert_false(answer->rids_sent);
	g_assert_cmpstr(line->encodings[0].rid, ==, "q");
	g_assert_cmpstr(line->encodings[2].rid, ==, "f");
	g_assert_cmpuint(line->encodings[0].ssrc, ==, 0);
}

static void
test_browsers(void)
{
	static const struct {
		const char *name, *codecs[2];
		aula_direction direction; /* of our answer */
		bool simulcast, transport_cc, send_time;
	} cases[] = {
		{ "chromium-offer.sdp", { "opus", "vp8" }, AULA_SENDRECV, true, true, false },
		{ "chromium-offer-basic.sdp", { "opus", "vp8" }, AULA_RECVONLY, false, true,
			false },
		{ "chromium-offer-recvonly.sdp", { "opus", "vp8" }, AULA_SENDONLY, false, true,
			false },
		{ "firefox-offer.sdp", { "opus", "vp8" }, AULA_SENDRECV, true, true, false },
		{ "firefox-offer-basic.sdp", { "opus", "vp8" }, AULA_RECVONLY, false, true, false },
		{ "firefox-offer-recvonly.sdp", { "opus", "vp8" }, AULA_SENDONLY, false, true,
			false },
		/* Feedback without the numbers that it is about. */
		{ "gstreamer-offer.sdp", { "vp8", "opus" }, AULA_SENDRECV, false, false, false },
		/* Its number is that of audio levels in the other m-line. */
		{ "aiortc-offer.sdp", { "opus", "vp8" }, AULA_SENDRECV, false, false, false },
	};
	static const aula_answer how = { .receive = true, .send = true };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		aula_line lines[AULA_LINES_MOST];
		size_t count = 0;
		const char *why = NULL;
		aula_sdp *offer = offer_of(cases[i].name);
		g_test_message("%s", cases[i].name);
		g_assert_true(aula_negotiate_check(offer, &why));
		g_assert_true(aula_negotiate_offered(offer, &how, &about, lines, &count));
		aula_sdp *answer = sent(lines, count, true);
		for (size_t k = 0; k < 2; k++) {
			const aula_sdp_media *media = &answer->media[k];
			g_assert_false(media->rejected);
			g_assert_cmpstr(media->mid, ==, offer->media[k].mid);
			g_assert_cmpstr(
				aula_codec_name(media->formats[0].codec), ==, cases[i].codecs[k]);
			g_assert_cmpint(media->transport.setup, ==, AULA_SETUP_ACTIVE);
			g_assert_cmpuint(media->extensions.id[AULA_EXTENSION_MID], ==,
				offer->media[k].extensions.id[AULA_EXTENSION_MID]);
			check_congestion(
				media, &offer->media[k], cases[i].transport_cc, cases[i].send_time);
			bool several = cases[i].simulcast && media->type == AULA_SDP_VIDEO;
			check_encodings(media, &offer->media[k], &lines[k], several);
		}
		g_assert_cmpint(answer->media[1].direction & cases[i].direction, ==,
			answer->media[1].direction);
		for (size_t k = 2; k < count; k++)
			g_assert_true(answer->media[k].rejected);
		aula_sdp_free(answer);
		aula_sdp_free(offer);
	}
}

#define HEAD "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
#define ICE "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
#define PRINT \
	"a=fingerprint:sha-256 A3:82:1B:5D:90:77:88:84:8D:9D:BD:77:49:DC:C2:47:BE:D2:2B:D5:46:A3:" \
	"96:4E:75:73:C7:45:AE:91:4A:16\r\na=setup:active\r\n"
#define AUDIO(mid) \
	"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:" mid \
	"\r\na=rtpmap:111 opus/48000/2\r\n"
#define MUX "a=rtcp-mux\r\n"
#define VIDEO \
	"m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=rtpmap:96 " \
	"VP8/90000\r\n"

/* In which order encodings rise, and what is left of too many. */
static void
test_simulcast(void)
{
	static const struct {
		const char *list;
		aula_rid_order order;
		const char *rids[AULA_ENCODINGS_MOST];
	} cases[] = {
		{ "q;h;f", AULA_RID_ORDER_BY_NAME, { "q", "h", "f" } },
		{ "h;m;l", AULA_RID_ORDER_BY_NAME, { "l", "m", "h" } },
		{ "h;l", AULA_RID_ORDER_BY_NAME, { "l", "h" } },
		{ "f;h", AULA_RID_ORDER_BY_NAME, { "h", "f" } },
		{ "hi;mid;lo", AULA_RID_ORDER_BY_NAME, { "lo", "mid", "hi" } },
		{ "2;1;0", AULA_RID_ORDER_BY_NAME, { "0", "1", "2" } },
		{ "r0;r1;r10", AULA_RID_ORDER_BY_NAME, { "r0", "r1", "r10" } },
		{ "x;y;z", AULA_RID_ORDER_BY_NAME, { "x", "y", "z" } },
		{ "x;y;z", AULA_RID_ORDER_HML, { "z", "y", "x" } },
		{ "h;m;l", AULA_RID_ORDER_LMH, { "h", "m", "l" } },
		{ "h;~m;l", AULA_RID_ORDER_HML, { "l", "m", "h" } },
		{ "a,b;c", AULA_RID_ORDER_BY_NAME, { "a", "c" } },
		{ "a;b;c;d", AULA_RID_ORDER_BY_NAME, { "b", "c", "d" } },
		{ "a", AULA_RID_ORDER_BY_NAME, { "" } },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		aula_encoding_options encodings[AULA_ENCODINGS_MOST];
		g_autofree char *text = g_strdup_printf(HEAD VIDEO
			"a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
			"a=extmap:2 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"
			"a=simulcast:send %s\r\n",
			cases[i].list);
		aula_sdp *sdp = parse(text);
		unsigned count = aula_simulcast_read(&sdp->media[0], cases[i].order, encodings);
		g_test_message("%s", cases[i].list);
		for (unsigned k = 0; k < count; k++)
			g_assert_cmpstr(encodings[k].rid, ==, cases[i].rids[k]);
		g_assert_true(count == AULA_ENCODINGS_MOST || cases[i].rids[count] == NULL);
		/* With nothing in the packets that says which is which, there is one. */
		sdp->media[0].extensions.id[AULA_EXTENSION_RID] = 0;
		g_assert_cmpuint(
			aula_simulcast_read(&sdp->media[0], cases[i].order, encodings), ==, 1);
		aula_sdp_free(sdp);
	}
}

/* Clients of before there were rids. */
static void
test_ssrc_group(void)
{
	static const aula_answer how = { .receive = true };
	aula_sdp *offer = offer_of("legacy-group.sdp");
	aula_line lines[AULA_LINES_MOST];
	size_t count = 0;

	g_assert_true(aula_negotiate_offered(offer, &how, &about, lines, &count));
	g_assert_cmpuint(lines[0].encoding_count, ==, 3);
	for (unsigned i = 0; i < 3; i++) {
		g_assert_cmpuint(lines[0].encodings[i].ssrc, ==, 1001 + i);
		g_assert_cmpuint(lines[0].encodings[i].rtx_ssrc, ==, 2001 + i);
	}
	aula_sdp *answer = sent(lines, count, true);
	g_assert_cmpuint(answer->media[0].rid_count, ==, 0);
	aula_sdp_free(answer);
	aula_sdp_free(offer);
}

/* What says of AV1 which packets may be left out; of the others the payload says it. */
static void
test_descriptor(void)
{
	aula_sdp *offer = offer_of("chromium-offer-svc.sdp");
	const aula_sdp_media *video = &offer->media[0];
	aula_terms terms;

	g_assert_true(aula_terms_choose(video, "av1", NULL, &terms));
	g_assert_cmpuint(terms.extensions.id[AULA_EXTENSION_DEPENDENCY], ==, 13);
	g_assert_true(aula_terms_choose(video, "vp9", NULL, &terms));
	g_assert_cmpuint(terms.extensions.id[AULA_EXTENSION_DEPENDENCY], ==, 0);
	g_assert_true(aula_terms_propose(AULA_CODEC_AV1, NULL, NULL, 0, &terms));
	g_assert_cmpuint(terms.extensions.id[AULA_EXTENSION_DEPENDENCY], !=, 0);
	g_assert_cmpuint(terms.extensions.id[AULA_EXTENSION_TRANSPORT_CC], !=, 0);
	g_assert_cmpuint(terms.extensions.id[AULA_EXTENSION_RID], ==, 0);
	aula_sdp_free(offer);
}

static void
test_preference(void)
{
	static const struct {
		const char *preference, *codec, *fmtp;
	} cases[] = {
		{ NULL, "vp8", "" },
		{ "vp9", "vp9", "profile-id=0" },
		{ "h265, av1,vp8", "av1", "level-idx=5;profile=0;tier=0" },
		{ "h264", "h264",
			"level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f" },
		{ "opus", NULL, NULL },
		{ "", NULL, NULL },
	};
	aula_sdp *offer = offer_of("chromium-offer-basic.sdp");

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		aula_terms terms;
		bool found = aula_terms_choose(&offer->media[1], cases[i].preference, NULL, &terms);
		g_assert_true(found == (cases[i].codec != NULL));
		if (!found)
			continue;
		g_assert_cmpstr(aula_codec_name(terms.codec), ==, cases[i].codec);
		g_assert_cmpstr(terms.fmtp, ==, cases[i].fmtp);
		g_assert_cmpuint(terms.rtx, !=, AULA_NO_PAYLOAD_TYPE);
		/* What was agreed on holds while it is offered, whatever the preference. */
		aula_terms again;
		g_assert_true(aula_terms_choose(&offer->media[1], "vp8", &terms, &again));
		g_assert_cmpint(again.payload_type, ==, terms.payload_type);
	}
	aula_terms audio;
	g_assert_true(aula_terms_choose(&offer->media[0], NULL, NULL, &audio));
	g_assert_cmpuint(audio.payload_type, ==, 111);
	g_assert_cmpuint(audio.red, ==, 63);
	g_assert_cmpuint(audio.extensions.id[AULA_EXTENSION_AUDIO_LEVEL], ==, 1);
	aula_sdp_free(offer);
}

static void
test_demands(void)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ HEAD AUDIO("0") ICE PRINT MUX, NULL },
		{ HEAD "a=group:BUNDLE 0 1\r\n" AUDIO("0") ICE PRINT MUX AUDIO("1") ICE PRINT MUX,
			NULL },
		{ HEAD AUDIO("0") ICE PRINT MUX AUDIO("1") ICE PRINT MUX, "BUNDLE" },
		{ HEAD "a=group:BUNDLE 0\r\n" AUDIO("0") ICE PRINT MUX AUDIO("1") ICE PRINT MUX,
			"BUNDLE" },
		{ HEAD AUDIO("0") ICE PRINT, "rtcp-mux" },
		{ HEAD AUDIO("0") PRINT MUX, "ice-ufrag" },
		{ HEAD AUDIO("0") ICE MUX, "fingerprint" },
		{ HEAD "m=audio 9 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n" ICE PRINT MUX, "DTLS-SRTP" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		aula_sdp *sdp = parse(cases[i].text);
		const char *why = NULL;
		g_assert_true(aula_negotiate_check(sdp, &why) == (cases[i].why == NULL));
		if (cases[i].why != NULL)
			g_assert_nonnull(strstr(why, cases[i].why));
		aula_sdp_free(sdp);
	}
}

static void
test_nothing_to_accept(void)
{
	static const aula_answer none = { .receive = true, .audio_codecs = "pcma" };
	aula_sdp *sdp = parse(HEAD AUDIO("0") ICE PRINT MUX);
	aula_line lines[AULA_LINES_MOST];
	size_t count = 0;

	g_assert_false(aula_negotiate_offered(sdp, &none, &about, lines, &count));
	aula_sdp_free(sdp);
}

/* The server offers, the client answers, a line falls idle and is used again. */
static void
test_server_offers(void)
{
	aula_line lines[AULA_LINES_MOST];
	size_t count = 0;
	const char *why = NULL;
	aula_line *video = aula_negotiate_add(lines, &count, AULA_CODEC_VP8, "", true);
	aula_line *audio = aula_negotiate_add(lines, &count, AULA_CODEC_OPUS, NULL, true);

	g_assert_true(video == &lines[0] && audio == &lines[1]);
	video->ssrc = 5, video->rtx_ssrc = 6, audio->ssrc = 7;
	aula_sdp *offer = sent(lines, count, false);
	g_assert_cmpuint(offer->bundle_count, ==, 2);
	g_assert_cmpint(offer->media[0].direction, ==, AULA_SENDONLY);
	g_assert_cmpuint(offer->media[0].formats[0].payload_type, ==, 96);
	g_assert_cmpuint(offer->media[0].formats[0].rtx, ==, 97);
	g_assert_cmpuint(offer->media[0].ssrc, ==, 5);
	g_assert_cmpuint(offer->media[0].rtx_ssrc, ==, 6);
	g_assert_cmpuint(offer->media[1].formats[0].payload_type, ==, 111);

	/* The client knows no retransmission and does not want the audio. */
	aula_sdp *answer = sent(lines, count, false);
	for (size_t i = 0; i < count; i++)
		answer->media[i].direction = i == 0 ? AULA_RECVONLY : AULA_INACTIVE;
	answer->media[0].formats[0].rtx = AULA_NO_PAYLOAD_TYPE;
	g_assert_true(aula_negotiate_answered(answer, lines, count, &why));
	g_assert_true(lines[0].client_receives && lines[0].sends);
	g_assert_cmpuint(lines[0].terms.rtx, ==, AULA_NO_PAYLOAD_TYPE);
	g_assert_false(lines[1].client_receives);

	/* Idle lines are taken again, by kind; numbers of one codec agree. */
	lines[0].sends = false;
	g_assert_true(aula_negotiate_add(lines, &count, AULA_CODEC_VP9, NULL, true) == &lines[0]);
	aula_line *more = aula_negotiate_add(lines, &count, AULA_CODEC_VP9, NULL, true);
	g_assert_true(more == &lines[2]);
	g_assert_cmpuint(more->terms.payload_type, ==, lines[0].terms.payload_type);
	g_assert_cmpstr(more->mid, ==, "2");
	lines[2].sends = false;
	g_assert_true(aula_negotiate_add(lines, &count, AULA_CODEC_VP8, NULL, false) == &lines[3]);

	answer->media_count = 1;
	g_assert_false(aula_negotiate_answered(answer, lines, count, &why));
	answer->media_count = 2;
	answer->media[0].type = AULA_SDP_AUDIO;
	g_assert_false(aula_negotiate_answered(answer, lines, 2, &why));
	aula_sdp_free(answer);
	aula_sdp_free(offer);
}

/* The client published; what the server adds must not clash with the client's own numbers. */
static void
test_numbers(void)
{
	static const aula_answer how = { .receive = true };
	aula_sdp *offer = offer_of("aiortc-offer.sdp"); /* 96 is opus, 97 VP8, 98 its RTX */
	aula_line lines[AULA_LINES_MOST];
	size_t count = 0;

	g_assert_true(aula_negotiate_offered(offer, &how, &about, lines, &count));
	size_t before = count;
	aula_line *vp9 = aula_negotiate_add(lines, &count, AULA_CODEC_VP9, NULL, true);
	aula_line *vp8 = aula_negotiate_add(lines, &count, AULA_CODEC_VP8, NULL, true);
	g_assert_cmpuint(count, ==, before + 2);
	g_assert_cmpuint(vp8->terms.payload_type, ==, 97);
	g_assert_cmpuint(vp9->terms.payload_type, !=, 98);
	g_assert_cmpuint(vp9->terms.payload_type, >=, 35);
	g_assert_cmpuint(vp9->terms.rtx, !=, vp9->terms.payload_type);
	g_assert_cmpuint(vp8->terms.extensions.id[AULA_EXTENSION_MID], ==, 1);
	g_assert_cmpuint(vp9->terms.rtx, !=, 98);
	for (size_t i = 0; i < before; i++)
		g_assert_cmpstr(lines[i].mid, !=, vp8->mid);
	aula_sdp_free(offer);
}

static void
test_full(void)
{
	aula_line lines[AULA_LINES_MOST];
	size_t count = 0;

	for (int i = 0; i < AULA_LINES_MOST; i++)
		g_assert_nonnull(aula_negotiate_add(lines, &count, AULA_CODEC_OPUS, NULL, true));
	g_assert_null(aula_negotiate_add(lines, &count, AULA_CODEC_OPUS, NULL, true));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/signaling/negotiate/browsers", test_browsers);
	g_test_add_func("/signaling/negotiate/simulcast", test_simulcast);
	g_test_add_func("/signaling/negotiate/ssrc-group", test_ssrc_group);
	g_test_add_func("/signaling/negotiate/descriptor", test_descriptor);
	g_test_add_func("/signaling/negotiate/preference", test_preference);
	g_test_add_func("/signaling/negotiate/demands", test_demands);
	g_test_add_func("/signaling/negotiate/nothing-to-accept", test_nothing_to_accept);
	g_test_add_func("/signaling/negotiate/server-offers", test_server_offers);
	g_test_add_func("/signaling/negotiate/numbers", test_numbers);
	g_test_add_func("/signaling/negotiate/full", test_full);
	return g_test_run();
}
