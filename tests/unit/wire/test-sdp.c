/* SPDX-License-Identifier: Apache-2.0 */
/* The offers of real clients are the corpus of the fuzz target. */
#include "wire/sdp.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"

static aula_sdp *
parse(const char *text)
{
	size_t line = 0;
	const char *why = NULL;
	aula_sdp *sdp = aula_sdp_parse(text, strlen(text), &line, &why);

	if (!sdp)
		g_error("line %zu: %s", line, why);
	return sdp;
}

static aula_sdp *
parse_file(const char *name)
{
	g_autofree char *path =
		g_test_build_filename(G_TEST_DIST, "tests", "fuzz", "corpus", "sdp", name, NULL);
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return parse(text);
}

static const aula_sdp_format *
format(const aula_sdp_media *media, uint8_t payload_type)
{
	for (size_t i = 0; i < media->format_count; i++)
		if (media->formats[i].payload_type == payload_type)
			return &media->formats[i];
	g_error("no format %u", payload_type);
}

/* Everything but the order of what has none survives being written and read. */
static void
test_round_trips(void)
{
	static const char *const names[] = { "aiortc-offer.sdp", "chromium-offer-basic.sdp",
		"chromium-offer-recvonly.sdp", "chromium-offer-svc.sdp", "chromium-offer.sdp",
		"firefox-offer-basic.sdp", "firefox-offer-recvonly.sdp", "firefox-offer.sdp",
		"gstreamer-offer.sdp", "legacy-group.sdp" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		aula_sdp *sdp = parse_file(names[i]);
		char *text = aula_sdp_write(sdp);
		aula_sdp *again = parse(text);

		g_assert_cmpuint(sdp->media_count, ==, again->media_count);
		g_assert_cmpuint(sdp->session_id, ==, again->session_id);
		g_assert_cmpuint(sdp->session_version, ==, again->session_version);
		g_assert_cmpuint(sdp->bundle_count, ==, sdp->media_count);
		g_assert_cmpmem(
			sdp->bundle, sizeof(sdp->bundle), again->bundle, sizeof(again->bundle));
		for (size_t k = 0; k < sdp->media_count; k++)
			g_assert_cmpmem(&sdp->media[k], sizeof(sdp->media[k]), &again->media[k],
				sizeof(again->media[k]));
		aula_sdp_free(again);
		free(text);
		aula_sdp_free(sdp);
	}
}

static void
test_chromium(void)
{
	aula_sdp *sdp = parse_file("chromium-offer.sdp");
	const aula_sdp_media *audio = &sdp->media[0], *video = &sdp->media[1];

	g_assert_cmpuint(sdp->media_count, ==, 3);
	g_assert_cmpuint(sdp->session_id, ==, 8501841945943165348u);
	g_assert_true(sdp->extmap_allow_mixed && sdp->trickle && !sdp->ice_lite);
	g_assert_cmpint(audio->type, ==, AULA_SDP_AUDIO);
	g_assert_cmpuint(audio->ssrc, ==, 3309876303u);
	g_assert_cmpstr(audio->cname, ==, "8D1HjN80mEoMeeda");
	g_assert_cmpstr(audio->msid_track, ==, "0b78a703-ef57-498e-b449-ec8a12fd2542");
	g_assert_cmpint(format(audio, 111)->codec, ==, AULA_CODEC_OPUS);
	g_assert_cmpint(format(audio, 63)->codec, ==, AULA_CODEC_NONE);
	g_assert_cmpstr(format(audio, 63)->encoding, ==, "red");
	g_assert_cmpint(format(audio, 111)->feedback, ==, AULA_FB_TRANSPORT_CC);
	g_assert_cmpuint(audio->candidate_count, ==, 2);
	g_assert_cmpuint(video->rid_count, ==, 3);
	g_assert_cmpstr(video->rids[2].rid, ==, "f");
	g_assert_true(video->rids_sent);
	g_assert_cmpuint(video->ssrc, ==, 0);
	g_assert_cmpuint(format(video, 96)->rtx, ==, 97);
	g_assert_cmpuint(format(video, 97)->rtx_for, ==, 96);
	g_assert_cmpuint(format(video, 96)->rtx_for, ==, 255);
	g_assert_cmpuint(format(video, 120)->rtx, ==, 255);
	g_assert_cmphex(format(video, 45)->feedback, ==,
		AULA_FB_NACK | AULA_FB_PLI | AULA_FB_FIR | AULA_FB_REMB | AULA_FB_TRANSPORT_CC);
	g_assert_cmpuint(video->extensions.id[AULA_EXTENSION_DEPENDENCY], ==, 12);
	g_assert_cmpuint(video->extensions.id[AULA_EXTENSION_MID], ==, 4);
	g_assert_cmpint(video->transport.setup, ==, AULA_SETUP_ACTPASS);
	g_assert_cmpstr(video->transport.ufrag, ==, "RDuH");
	g_assert_cmpuint(video->transport.fingerprint_length, ==, 32);
	g_assert_cmphex(video->transport.fingerprint[31], ==, 0x78);
	g_assert_cmpint(sdp->media[2].type, ==, AULA_SDP_APPLICATION);
	g_assert_cmpuint(sdp->media[2].sctp_port, ==, 5000);
	aula_sdp_free(sdp);
}

static void
test_firefox(void)
{
	aula_sdp *sdp = parse_file("firefox-offer.sdp");
	const aula_sdp_media *video = &sdp->media[1];

	g_assert_false(video->rejected); /* port 0, but bundle-only */
	g_assert_cmpint(video->direction, ==, AULA_SENDRECV);
	g_assert_cmpstr(video->transport.fingerprint_hash, ==, "sha-256"); /* of the session */
	g_assert_cmphex(video->transport.fingerprint[0], ==, 0x99);
	g_assert_cmpuint(video->ssrc, ==, 1055915520);
	g_assert_cmpuint(video->rtx_ssrc, ==, 3215809984);
	g_assert_cmpuint(video->rid_count, ==, 3);
	g_assert_cmpuint(video->extensions.id[AULA_EXTENSION_RID], ==, 9); /* 9/sendonly */
	g_assert_cmpint(format(video, 120)->codec, ==, AULA_CODEC_VP8);
	g_assert_cmpuint(format(video, 120)->rtx, ==, 124); /* a=fmtp came before a=rtpmap */
	g_assert_cmpstr(format(video, 120)->fmtp, ==, "max-fs=12288;max-fr=60");
	g_assert_cmpuint(format(&sdp->media[0], 9)->channels, ==, 1);
	g_assert_true(sdp->media[0].end_of_candidates);
	g_assert_cmpuint(sdp->media[0].candidate_count, ==, 8);
	aula_sdp_free(sdp);
}

static void
test_aiortc_and_gstreamer(void)
{
	aula_sdp *sdp = parse_file("aiortc-offer.sdp");
	char *text = aula_sdp_write(sdp);

	g_assert_cmpstr(sdp->media[2].protocol, ==, "DTLS/SCTP");
	g_assert_cmpuint(sdp->media[2].sctp_port, ==, 5000);
	g_assert_nonnull(strstr(text, "m=application 9 DTLS/SCTP 5000\r\n"));
	g_assert_cmpuint(sdp->media[1].rtx_ssrc, ==, 3583582782);
	free(text);
	aula_sdp_free(sdp);

	sdp = parse_file("gstreamer-offer.sdp");
	g_assert_cmpint(sdp->media[1].formats[0].codec, ==, AULA_CODEC_OPUS); /* "OPUS" */
	g_assert_cmpstr(sdp->media[1].mid, ==, "audio1");
	g_assert_cmpstr(sdp->media[0].msid_track, ==, "webrtctransceiver0");
	g_assert_false(sdp->media[1].rejected);
	aula_sdp_free(sdp);
}

static void
test_refused(void)
{
	static const struct {
		const char *text;
		size_t line;
	} cases[] = {
		{ "", 1 },
		{ "garbage", 1 },
		{ "o=- 1 1 IN IP4 0.0.0.0\r\nv=0\r\n", 1 },
		{ HEAD "a\r\n", 5 },
		{ HEAD "=x\r\n", 5 },
		{ HEAD "m=audio\r\n", 5 },
		{ HEAD "m=audio 9 UDP/TLS/RTP/SAVPF\r\n", 5 },
		{ HEAD "m=audio 65536 UDP/TLS/RTP/SAVPF 0\r\n", 5 },
		{ HEAD "m=averyveryverylongkind 9 X 0\r\n", 5 },
		{ HEAD "m=audio 9 X 0\r\na=mid:a b\r\n", 6 },
		{ HEAD "m=audio 9 X 0\r\na=mid:\r\n", 6 },
		{ HEAD "m=audio 9 X 0\r\na=mid:123456789012345678901234567890123\r\n", 6 },
		{ HEAD "m=audio 9 X 0\r\na=mid:0\r\nm=audio 9 X 0\r\na=mid:0\r\n", 8 },
		{ HEAD "m=audio 9 X 0\r\na=ice-ufrag:abc\r\n", 6 },
		{ HEAD "m=audio 9 X 0\r\na=ice-ufrag:ab:cd\r\n", 6 },
		{ HEAD "m=audio 9 X 0\r\na=ice-pwd:tooshort\r\n", 6 },
		{ HEAD "m=audio 9 X 96\r\na=rtpmap:96 opus\r\n", 6 },
		{ HEAD "m=audio 9 X 96\r\na=rtpmap:96 opus/0\r\n", 6 },
		{ HEAD "a=fingerprint:sha-256 AB:CD\r\n", 5 },
		{ HEAD "a=setup:whatever\r\n", 5 },
		{ HEAD "a=tool:\x01\r\n", 5 },
		{ HEAD "a=group:BUNDLE a\"b\r\n", 5 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		size_t line = 0;
		const char *why = NULL;

		g_test_message("%s", cases[i].text);
		g_assert_null(aula_sdp_parse(cases[i].text, strlen(cases[i].text), &line, &why));
		g_assert_cmpuint(line, ==, cases[i].line);
		g_assert_cmpuint(strlen(why), >, 10);
	}
}

static void
test_bounds(void)
{
	g_autoptr(GString) text = g_string_new(HEAD);
	size_t line;
	const char *why;

	for (int i = 0; i < AULA_SDP_MEDIA_MOST; i++)
		g_string_append(text, "m=audio 0 X 0\r\n");
	aula_sdp *sdp = parse(text->str);
	g_assert_cmpuint(sdp->media_count, ==, AULA_SDP_MEDIA_MOST);
	g_assert_true(sdp->media[63].rejected);
	aula_sdp_free(sdp);
	g_string_append(text, "m=audio 0 X 0\r\n");
	g_assert_null(aula_sdp_parse(text->str, text->len, &line, &why));

	g_string_assign(text, HEAD "m=audio 9 X");
	for (int i = 0; i < 128; i++)
		g_string_append_printf(text, " %d", i);
	g_string_append(text, "\r\n");
	for (int i = 0; i < AULA_SDP_CANDIDATES_MOST + 1; i++)
		g_string_append(text, "a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n");
	sdp = parse(text->str);
	g_assert_cmpuint(sdp->media[0].format_count, ==, AULA_SDP_FORMATS_MOST);
	g_assert_cmpuint(sdp->media[0].candidate_count, ==, AULA_SDP_CANDIDATES_MOST);
	aula_sdp_free(sdp);

	g_string_set_size(text, AULA_SDP_BYTES_MOST + 1);
	g_assert_null(aula_sdp_parse(text->str, text->len, &line, &why));
}

static void
test_what_is_kept(void)
{
	aula_sdp *sdp = parse(HEAD "a=recvonly\r\na=fingerprint:sha-1 "
				   "00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11:12:13\r\n"
				   "m=audio 9 X 0 9 111 0\n"
				   "a=rtcp-fb:* nack\n"
				   "a=rtpmap:111 OPUS/48000/2\n"
				   "b=TIAS:64000\n"
				   "m=video 9 X 96 97\n"
				   "a=inactive\n"
				   "a=fmtp:97 rtx-time=100; apt=96\n"
				   "a=rtpmap:97 RTX/90000\n"
				   "a=rtpmap:96 opus/48000/2\n"
				   "a=simulcast:recv a,b;~c send d;~e\n"
				   "b=AS:300\n");
	const aula_sdp_media *audio = &sdp->media[0], *video = &sdp->media[1];

	g_assert_cmpuint(audio->format_count, ==, 3);
	g_assert_cmpint(format(audio, 0)->codec, ==, AULA_CODEC_PCMU); /* RFC 3551 */
	g_assert_cmpint(format(audio, 9)->codec, ==, AULA_CODEC_G722);
	g_assert_cmpuint(format(audio, 9)->feedback, ==, AULA_FB_NACK);
	g_assert_cmpint(audio->direction, ==, AULA_RECVONLY);
	g_assert_cmpint(audio->bandwidth_as_kbps, ==, 64);
	g_assert_cmpstr(audio->transport.fingerprint_hash, ==, "sha-1");
	g_assert_cmphex(audio->transport.fingerprint[19], ==, 0x13);
	g_assert_cmpint(video->direction, ==, AULA_INACTIVE);
	g_assert_cmpint(video->bandwidth_as_kbps, ==, 300);
	g_assert_cmpint(format(video, 96)->codec, ==, AULA_CODEC_NONE); /* audio on video */
	g_assert_cmpuint(format(video, 96)->rtx, ==, 97);
	g_assert_cmpuint(video->rid_count, ==, 2);
	g_assert_cmpstr(video->rids[0].rid, ==, "d");
	g_assert_true(video->rids[1].paused && video->rids_sent);
	aula_sdp_free(sdp);
}

static void
test_long_fmtp_is_cut_between_parameters(void)
{
	g_autoptr(GString) text = g_string_new(HEAD "m=video 9 X 96\r\na=fmtp:96 ");

	for (int i = 0; i < 40; i++)
		g_string_append_printf(text, "%sp%02d=vvvvv", i ? ";" : "", i);
	g_string_append(text, "\r\n");
	aula_sdp *sdp = parse(text->str);
	const char *fmtp = sdp->media[0].formats[0].fmtp;
	g_assert_cmpuint(strlen(fmtp), >, 240);
	g_assert_true(g_str_has_suffix(fmtp, "=vvvvv"));
	aula_sdp_free(sdp);
}

/* What one client sent must not become a line, or a part of one, to another. */
static void
test_nothing_breaks_out_of_its_line(void)
{
	static const char evil[] = "x\r\na=evil:1";
	aula_sdp *sdp = aula_sdp_new(2);
	aula_sdp_media *media = &sdp->media[0];

	strcpy(sdp->name, evil);
	strcpy(sdp->bundle[0], evil);
	sdp->bundle_count = 1;
	media->type = AULA_SDP_VIDEO;
	strcpy(media->protocol, evil);
	strcpy(media->mid, evil);
	strcpy(media->transport.ufrag, evil);
	strcpy(media->transport.pwd, evil);
	strcpy(media->transport.fingerprint_hash, evil);
	media->transport.fingerprint_length = 32;
	strcpy(media->formats[0].encoding, evil);
	strcpy(media->formats[0].fmtp, evil);
	media->formats[0].clock_hz = 1;
	media->format_count = 1;
	media->ssrc = 1;
	strcpy(media->cname, evil);
	strcpy(media->msid_stream, evil);
	strcpy(media->msid_track, evil);
	strcpy(media->rids[0].rid, evil);
	media->rid_count = 1;
	strcpy(media->candidates[0].foundation, evil);
	strcpy(media->candidates[0].address, evil);
	media->candidate_count = 1;
	sdp->media[1].type = AULA_SDP_OTHER;
	strcpy(sdp->media[1].other, evil);
	char *text = aula_sdp_write(sdp);
	g_assert_null(strstr(text, "evil"));
	aula_sdp *again = parse(text);
	g_assert_cmpuint(again->media_count, ==, 2);
	aula_sdp_free(again);
	free(text);
	aula_sdp_free(sdp);
}

static void
test_answer(void)
{
	aula_sdp *sdp = aula_sdp_new(2);
	aula_sdp_media *video = &sdp->media[0], *data = &sdp->media[1];

	sdp->session_id = 7;
	sdp->ice_lite = true;
	strcpy(sdp->bundle[sdp->bundle_count++], "v");
	video->type = AULA_SDP_VIDEO;
	strcpy(video->mid, "v");
	video->direction = AULA_RECVONLY;
	video->rtcp_mux = true;
	video->formats[0] = (aula_sdp_format){ .payload_type = 96,
		.codec = AULA_CODEC_VP8,
		.encoding = "VP8",
		.clock_hz = 90000,
		.rtx_for = 255,
		.rtx = 97,
		.feedback = AULA_FB_NACK | AULA_FB_PLI };
	video->formats[1] = (aula_sdp_format){
		.payload_type = 97, .encoding = "rtx", .clock_hz = 90000, .rtx_for = 96, .rtx = 255
	};
	video->format_count = 2;
	strcpy(video->rids[0].rid, "h");
	strcpy(video->rids[1].rid, "l");
	video->rid_count = 2;
	data->type = AULA_SDP_APPLICATION;
	data->rejected = true;
	strcpy(data->mid, "d");
	char *text = aula_sdp_write(sdp);
	g_assert_cmpstr(text, ==,
		"v=0\r\no=- 7 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-lite\r\n"
		"a=group:BUNDLE v\r\na=msid-semantic: WMS *\r\n"
		"m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\n"
		"a=rtcp:9 IN IP4 0.0.0.0\r\na=mid:v\r\na=recvonly\r\na=rtcp-mux\r\n"
		"a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"
		"a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
		"a=rid:h recv\r\na=rid:l recv\r\na=simulcast:recv h;l\r\n"
		"m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n"
		"a=mid:d\r\na=inactive\r\n");
	free(text);
	aula_sdp_free(sdp);
	aula_sdp_free(NULL);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/wire/sdp/round-trips", test_round_trips);
	g_test_add_func("/wire/sdp/chromium", test_chromium);
	g_test_add_func("/wire/sdp/firefox", test_firefox);
	g_test_add_func("/wire/sdp/aiortc-and-gstreamer", test_aiortc_and_gstreamer);
	g_test_add_func("/wire/sdp/refused", test_refused);
	g_test_add_func("/wire/sdp/bounds", test_bounds);
	g_test_add_func("/wire/sdp/what-is-kept", test_what_is_kept);
	g_test_add_func("/wire/sdp/long-fmtp-is-cut-between-parameters",
		test_long_fmtp_is_cut_between_parameters);
	g_test_add_func(
		"/wire/sdp/nothing-breaks-out-of-its-line", test_nothing_breaks_out_of_its_line);
	g_test_add_func("/wire/sdp/answer", test_answer);
	return g_test_run();
}
