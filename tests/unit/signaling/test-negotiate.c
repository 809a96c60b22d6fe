/* SPDX-License-Identifier: Apache-2.0 */
/* Offers of real browsers, and what the server makes of them. */
#include "signaling/negotiate.h"

#include <stdlib.h>
#include <string.h>

static const aula_negotiate_ours ours = { .session_id = 1,
	.version = 1,
	.transport = {
		.ufrag = "abcd", .pwd = "0123456789012345678901", .setup = AULA_SETUP_ACTIVE } };

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

static void
test_browsers(void)
{
	static const struct {
		const char *name, *codecs[2];
		aula_direction direction; /* of our answer */
		bool simulcast;
	} cases[] = {
		{ "chromium-offer.sdp", { "opus", "vp8" }, AULA_SENDRECV, true },
		{ "chromium-offer-basic.sdp", { "opus", "vp8" }, AULA_RECVONLY, false },
		{ "chromium-offer-recvonly.sdp", { "opus", "vp8" }, AULA_SENDONLY, false },
		{ "firefox-offer.sdp", { "opus", "vp8" }, AULA_SENDRECV, true },
		{ "firefox-offer-basic.sdp", { "opus", "vp8" }, AULA_RECVONLY, false },
		{ "firefox-offer-recvonly.sdp", { "opus", "vp8" }, AULA_SENDONLY, false },
		{ "gstreamer-offer.sdp", { "vp8", "opus" }, AULA_SENDRECV, false },
		{ "aiortc-offer.sdp", { "opus", "vp8" }, AULA_SENDRECV, false },
	};
	static const aula_answer how = { .receive = true, .send = true };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		aula_line lines[AULA_LINES_MOST];
		size_t count = 0;
		const char *why = NULL;
		aula_sdp *offer = offer_of(cases[i].name);
		g_test_message("%s", cases[i].name);
		g_assert_true(aula_negotiate_check(offer, &why));
		g_assert_true(aula_negotiate_offered(offer, &how, lines, &count));
		aula_sdp *answer = sent(lines, count, true);
		for (size_t k = 0; k < 2; k++) {
			const aula_sdp_media *media = &answer->media[k];
			g_assert_false(media->rejected);
			g_assert_cmpstr(media->mid, ==, offer->media[k].mid);
			g_assert_cmpstr(
				aula_codec_name(media->formats[0].codec), ==, cases[i].codecs[k]);
			g_assert_cmpuint(media->rid_count, ==, 0);
			g_assert_cmpint(media->transport.setup, ==, AULA_SETUP_ACTIVE);
			g_assert_cmpuint(media->extensions.id[AULA_EXTENSION_MID], ==,
				offer->media[k].extensions.id[AULA_EXTENSION_MID]);
			g_assert_cmpuint(media->extensions.id[AULA_EXTENSION_RID], ==, 0);
			g_assert_cmpuint(media->extensions.id[AULA_EXTENSION_TRANSPORT_CC], ==, 0);
		}
		g_assert_cmpint(answer->media[1].direction & cases[i].direction, ==,
			answer->media[1].direction);
		for (size_t k = 2; k < count; k++)
			g_assert_true(answer->media[k].rejected);
		aula_sdp_free(answer);
		aula_sdp_free(offer);
	}
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

#define HEAD "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
#define ICE "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
#define PRINT \
	"a=fingerprint:sha-256 A3:82:1B:5D:90:77:88:84:8D:9D:BD:77:49:DC:C2:47:BE:D2:2B:D5:46:A3:" \
	"96:4E:75:73:C7:45:AE:91:4A:16\r\na=setup:active\r\n"
#define AUDIO(mid) \
	"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:" mid \
	"\r\na=rtpmap:111 opus/48000/2\r\n"
#define MUX "a=rtcp-mux\r\n"

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

	g_assert_false(aula_negotiate_offered(sdp, &none, lines, &count));
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

	g_assert_true(aula_negotiate_offered(offer, &how, lines, &count));
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
	g_test_add_func("/signaling/negotiate/preference", test_preference);
	g_test_add_func("/signaling/negotiate/demands", test_demands);
	g_test_add_func("/signaling/negotiate/nothing-to-accept", test_nothing_to_accept);
	g_test_add_func("/signaling/negotiate/server-offers", test_server_offers);
	g_test_add_func("/signaling/negotiate/numbers", test_numbers);
	g_test_add_func("/signaling/negotiate/full", test_full);
	return g_test_run();
}
