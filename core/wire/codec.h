/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AULA_WIRE_CODEC_H
#define AULA_WIRE_CODEC_H

#include "aula/media.h"

/** Codecs that the core forwards: X(identifier, name in the API, encoding name of its a=rtpmap,
 * kind, clock in Hz, channels of its a=rtpmap; 0: not written). */
#define AULA_CODECS(X) \
	X(OPUS, "opus", "opus", AULA_AUDIO, 48000, 2) \
	X(G722, "g722", "G722", AULA_AUDIO, 8000, 0) \
	X(PCMU, "pcmu", "PCMU", AULA_AUDIO, 8000, 0) \
	X(PCMA, "pcma", "PCMA", AULA_AUDIO, 8000, 0) \
	X(VP8, "vp8", "VP8", AULA_VIDEO, 90000, 0) \
	X(VP9, "vp9", "VP9", AULA_VIDEO, 90000, 0) \
	X(H264, "h264", "H264", AULA_VIDEO, 90000, 0) \
	X(AV1, "av1", "AV1", AULA_VIDEO, 90000, 0)

typedef enum {
	AULA_CODEC_NONE,
#define X(id, ...) AULA_CODEC_##id,
	AULA_CODECS(X)
#undef X
		AULA_CODEC_COUNT_,
} aula_codec;

/** By encoding name, without regard to case (RFC 8866 section 6.6); NONE if unknown. */
aula_codec aula_codec_find(const char *name, size_t length);
/** Lower case, as in the API. "" for NONE. */
const char *aula_codec_name(aula_codec codec);
/** As on the a=rtpmap line. */
const char *aula_codec_encoding(aula_codec codec);
aula_kind aula_codec_kind(aula_codec codec);
uint32_t aula_codec_clock_hz(aula_codec codec);
/** Of its a=rtpmap; 0: not written there. */
uint8_t aula_codec_channels(aula_codec codec);

/** RTP header extensions that the core reads or forwards: X(identifier, URI). */
#define AULA_EXTENSIONS(X) \
	X(MID, "urn:ietf:params:rtp-hdrext:sdes:mid") \
	X(RID, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id") \
	X(REPAIRED_RID, "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id") \
	X(AUDIO_LEVEL, "urn:ietf:params:rtp-hdrext:ssrc-audio-level") \
	X(ORIENTATION, "urn:3gpp:video-orientation") \
	X(PLAYOUT_DELAY, "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay") \
	X(ABS_SEND_TIME, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time") \
	X(TRANSPORT_CC, \
		"http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01") \
	X(ABS_CAPTURE_TIME, "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time") \
	X(DEPENDENCY, "https://aomediacodec.github.io/av1-rtp-spec/" \
		      "#dependency-descriptor-rtp-header-extension")

typedef enum {
#define X(id, ...) AULA_EXTENSION_##id,
	AULA_EXTENSIONS(X)
#undef X
		AULA_EXTENSION_COUNT,
} aula_extension;

/** Local identifiers 1-255 of the extensions agreed on for one m-line; 0: not agreed on. */
typedef struct {
	uint8_t id[AULA_EXTENSION_COUNT];
} aula_extension_map;

/** By URI; AULA_EXTENSION_COUNT if unknown. */
aula_extension aula_extension_find(const char *uri, size_t length);
const char *aula_extension_uri(aula_extension extension);

#endif
