/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/sdp.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/text.h"

enum { FIRST_BYTES = 8192 };

/* Text that grows. */
typedef struct {
	char *data;
	size_t length, size;
} sink;

static void __attribute__((format(printf, 2, 3))) put(sink *out, const char *format, ...)
{
	for (;;) {
		va_list arguments;

		va_start(arguments, format);
		int length = vsnprintf(
			out->data + out->length, out->size - out->length, format, arguments);
		va_end(arguments);
		if (length < 0)
			abort(); /* only a wrong format can do that */
		if ((size_t)length < out->size - out->length) {
			out->length += (size_t)length;
			return;
		}
		out->size = out->size * 2 + (size_t)length;
		out->data = realloc(out->data, out->size);
		if (!out->data)
			abort(); /* as GLib does, which the rooms above use */
	}
}

/* True when `value` can stand in a line. */
static bool
fits_line(const char *value)
{
	return *value && aula_text_is_clean(aula_text_of(value));
}

/* True when it can also stand between two spaces. */
static bool
is_word(const char *value)
{
	return fits_line(value) && !strchr(value, ' ');
}

static bool
is_token(const char *value)
{
	return aula_text_is_token(aula_text_of(value));
}

static const char *
media_word(const aula_sdp_media *media)
{
	switch (media->type) {
	case AULA_SDP_AUDIO:
		return "audio";
	case AULA_SDP_VIDEO:
		return "video";
	case AULA_SDP_APPLICATION:
		return "application";
	default:
		return is_token(media->other) ? media->other : "text";
	}
}

static bool
is_old_sctp(const aula_sdp_media *media)
{
	return !strcmp(media->protocol, "DTLS/SCTP");
}

static void
write_media_line(sink *out, const aula_sdp_media *media)
{
	bool sctp = media->type == AULA_SDP_APPLICATION;
	/* Without a format nothing can flow, but the grammar asks for one. */
	bool empty = !sctp && media->format_count == 0;
	const char *usual = sctp ? "UDP/DTLS/SCTP" : "UDP/TLS/RTP/SAVPF";

	put(out, "m=%s %d %s", media_word(media), media->rejected || empty ? 0 : 9,
		is_word(media->protocol) ? media->protocol : usual);
	for (size_t i = 0; i < media->format_count && !sctp; i++)
		put(out, " %u", media->formats[i].payload_type);
	if (sctp && is_old_sctp(media))
		put(out, " %u", media->sctp_port);
	else if (sctp)
		put(out, " webrtc-datachannel");
	else if (empty)
		put(out, " 0");
	put(out, "\r\nc=IN IP4 0.0.0.0\r\n");
	if (media->bandwidth_as_kbps > 0)
		put(out, "b=AS:%" PRId32 "\r\nb=TIAS:%" PRId64 "\r\n", media->bandwidth_as_kbps,
			(int64_t)media->bandwidth_as_kbps * 1000);
}

static void
write_transport(sink *out, const aula_sdp_transport *transport)
{
	static const char *const setups[] = {
		[AULA_SETUP_ACTPASS] = "actpass",
		[AULA_SETUP_ACTIVE] = "active",
		[AULA_SETUP_PASSIVE] = "passive",
	};

	if (aula_text_is_ice(aula_text_of(transport->ufrag)))
		put(out, "a=ice-ufrag:%s\r\n", transport->ufrag);
	if (aula_text_is_ice(aula_text_of(transport->pwd)))
		put(out, "a=ice-pwd:%s\r\n", transport->pwd);
	if (transport->fingerprint_length > 0 && is_token(transport->fingerprint_hash)) {
		put(out, "a=fingerprint:%s", transport->fingerprint_hash);
		for (size_t i = 0; i < transport->fingerprint_length; i++)
			put(out, "%c%02X", i ? ':' : ' ', transport->fingerprint[i]);
		put(out, "\r\n");
	}
	if (transport->setup != AULA_SETUP_NONE)
		put(out, "a=setup:%s\r\n", setups[transport->setup]);
}

static void
write_feedback(sink *out, const aula_sdp_format *format)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} known[] = {
		{ AULA_FB_REMB, "goog-remb" },
		{ AULA_FB_TRANSPORT_CC, "transport-cc" },
		{ AULA_FB_FIR, "ccm fir" },
		{ AULA_FB_NACK, "nack" },
		{ AULA_FB_PLI, "nack pli" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (format->feedback & known[i].bit)
			put(out, "a=rtcp-fb:%u %s\r\n", format->payload_type, known[i].name);
}

static void
write_format(sink *out, const aula_sdp_format *format)
{
	unsigned type = format->payload_type;

	if (is_token(format->encoding) && format->clock_hz > 0) {
		put(out, "a=rtpmap:%u %s/%" PRIu32, type, format->encoding, format->clock_hz);
		if (format->channels > 0)
			put(out, "/%u", format->channels);
		put(out, "\r\n");
	}
	write_feedback(out, format);
	if (fits_line(format->fmtp))
		put(out, "a=fmtp:%u %s\r\n", type, format->fmtp);
	else if (format->rtx_for != 255)
		put(out, "a=fmtp:%u apt=%u\r\n", type, format->rtx_for);
}

static void
write_source(sink *out, const aula_sdp_media *media, uint32_t ssrc)
{
	/* A source is only known by an attribute, so it has to have one. */
	put(out, "a=ssrc:%" PRIu32 " cname:%s\r\n", ssrc,
		is_word(media->cname) ? media->cname : "-");
	if (is_word(media->msid_stream) && is_word(media->msid_track))
		put(out, "a=ssrc:%" PRIu32 " msid:%s %s\r\n", ssrc, media->msid_stream,
			media->msid_track);
}

/* Several encodings of one picture, as older clients write them. */
static void
write_group(sink *out, const aula_sdp_media *media)
{
	put(out, "a=ssrc-group:SIM");
	for (size_t i = 0; i < media->group_count; i++)
		put(out, " %" PRIu32, media->group[i]);
	put(out, "\r\n");
	for (size_t i = 0; i < media->repair_count; i++)
		put(out, "a=ssrc-group:FID %" PRIu32 " %" PRIu32 "\r\n", media->repairs[i].ssrc,
			media->repairs[i].rtx_ssrc);
	for (size_t i = 0; i < media->group_count; i++)
		write_source(out, media, media->group[i]);
	for (size_t i = 0; i < media->repair_count; i++)
		write_source(out, media, media->repairs[i].rtx_ssrc);
}

static void
write_sources(sink *out, const aula_sdp_media *media)
{
	if (media->group_count > 0) {
		write_group(out, media);
		return;
	}
	if (media->ssrc == 0)
		return;
	if (media->rtx_ssrc != 0)
		put(out, "a=ssrc-group:FID %" PRIu32 " %" PRIu32 "\r\n", media->ssrc,
			media->rtx_ssrc);
	write_source(out, media, media->ssrc);
	if (media->rtx_ssrc != 0)
		write_source(out, media, media->rtx_ssrc);
}

static void
write_rids(sink *out, const aula_sdp_media *media)
{
	const char *direction = media->rids_sent ? "send" : "recv";
	size_t written = 0;

	for (size_t i = 0; i < media->rid_count; i++)
		if (is_token(media->rids[i].rid))
			put(out, "a=rid:%s %s\r\n", media->rids[i].rid, direction);
	for (size_t i = 0; i < media->rid_count; i++) {
		if (!is_token(media->rids[i].rid))
			continue;
		if (written++ == 0)
			put(out, "a=simulcast:%s ", direction);
		else
			put(out, ";");
		put(out, "%s%s", media->rids[i].paused ? "~" : "", media->rids[i].rid);
	}
	if (written > 0)
		put(out, "\r\n");
}

static void
write_rtp(sink *out, const aula_sdp_media *media)
{
	if (media->rtcp_mux)
		put(out, "a=rtcp-mux\r\n");
	if (media->rtcp_rsize)
		put(out, "a=rtcp-rsize\r\n");
	for (int i = 0; i < AULA_EXTENSION_COUNT; i++)
		if (media->extensions.id[i])
			put(out, "a=extmap:%u %s\r\n", media->extensions.id[i],
				aula_extension_uri(i));
	if (is_word(media->msid_stream))
		put(out, "a=msid:%s%s%s\r\n", media->msid_stream,
			is_word(media->msid_track) ? " " : "",
			is_word(media->msid_track) ? media->msid_track : "");
	for (size_t i = 0; i < media->format_count; i++)
		write_format(out, &media->formats[i]);
	write_sources(out, media);
	write_rids(out, media);
}

static void
write_candidates(sink *out, const aula_sdp_media *media)
{
	char line[256];

	for (size_t i = 0; i < media->candidate_count; i++) {
		aula_candidate parsed;
		int length = aula_candidate_write(&media->candidates[i], line, sizeof(line));

		/* One that we would not take ourselves is not written. */
		if (length > 0 && (size_t)length < sizeof(line) &&
			aula_candidate_parse(line, (size_t)length, &parsed))
			put(out, "a=%s\r\n", line);
	}
	if (media->end_of_candidates)
		put(out, "a=end-of-candidates\r\n");
}

static void
write_media(sink *out, const aula_sdp_media *media)
{
	static const char *const directions[] = {
		[AULA_INACTIVE] = "inactive",
		[AULA_SENDONLY] = "sendonly",
		[AULA_RECVONLY] = "recvonly",
		[AULA_SENDRECV] = "sendrecv",
	};
	bool rtp = media->type == AULA_SDP_AUDIO || media->type == AULA_SDP_VIDEO;

	write_media_line(out, media);
	if (rtp)
		put(out, "a=rtcp:9 IN IP4 0.0.0.0\r\n");
	write_transport(out, &media->transport);
	if (is_token(media->mid))
		put(out, "a=mid:%s\r\n", media->mid);
	put(out, "a=%s\r\n", directions[media->direction & AULA_SENDRECV]);
	if (media->type == AULA_SDP_APPLICATION && is_old_sctp(media))
		put(out, "a=sctpmap:%u webrtc-datachannel 65535\r\n", media->sctp_port);
	else if (media->type == AULA_SDP_APPLICATION && media->sctp_port > 0)
		put(out, "a=sctp-port:%u\r\n", media->sctp_port);
	if (rtp)
		write_rtp(out, media);
	write_candidates(out, media);
}

static void
write_session(sink *out, const aula_sdp *sdp)
{
	put(out, "v=0\r\no=- %" PRIu64 " %" PRIu64 " IN IP4 127.0.0.1\r\ns=%s\r\nt=0 0\r\n",
		sdp->session_id, sdp->session_version, fits_line(sdp->name) ? sdp->name : "-");
	if (sdp->ice_lite)
		put(out, "a=ice-lite\r\n");
	if (sdp->bundle_count > 0) {
		put(out, "a=group:BUNDLE");
		for (size_t i = 0; i < sdp->bundle_count; i++)
			if (is_token(sdp->bundle[i]))
				put(out, " %s", sdp->bundle[i]);
		put(out, "\r\n");
	}
	if (sdp->trickle)
		put(out, "a=ice-options:trickle\r\n");
	if (sdp->extmap_allow_mixed)
		put(out, "a=extmap-allow-mixed\r\n");
	put(out, "a=msid-semantic: WMS *\r\n");
}

char *
aula_sdp_write(const aula_sdp *sdp)
{
	sink out = { .data = malloc(FIRST_BYTES), .size = FIRST_BYTES };

	if (!out.data)
		abort();

	write_session(&out, sdp);
	for (size_t i = 0; i < sdp->media_count; i++)
		write_media(&out, &sdp->media[i]);
	return out.data;
}
