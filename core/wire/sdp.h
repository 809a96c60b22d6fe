/* SPDX-License-Identifier: Apache-2.0 */
/** Session descriptions (RFC 8866, 8829, 8843, 8859): text <-> struct. Takes what browsers,
 * GStreamer, aiortc and Janus clients write; writes what all of them take. No policy: who sends
 * what, and which codec wins, is decided in signaling/negotiate. */
#ifndef AULA_WIRE_SDP_H
#define AULA_WIRE_SDP_H

#include <stdbool.h>

#include "wire/codec.h"

enum {
	AULA_SDP_BYTES_MOST = 128 * 1024,
	AULA_SDP_MEDIA_MOST = 64,   /* m-lines */
	AULA_SDP_FORMATS_MOST = 64, /* payload types on one m-line */
	AULA_SDP_RIDS_MOST = 4,
	AULA_SDP_CANDIDATES_MOST = 32, /* on one m-line; more are ignored */
	AULA_UFRAG_MOST = 256,
	AULA_PWD_MOST = 256,
	AULA_FINGERPRINT_BYTES_MOST = 64,
};

typedef enum {
	AULA_INACTIVE = 0,
	AULA_SENDONLY = 1,
	AULA_RECVONLY = 2,
	AULA_SENDRECV = 3
} aula_direction;
typedef enum {
	AULA_SETUP_NONE,
	AULA_SETUP_ACTPASS,
	AULA_SETUP_ACTIVE,
	AULA_SETUP_PASSIVE
} aula_setup;
typedef enum {
	AULA_SDP_AUDIO = AULA_AUDIO,
	AULA_SDP_VIDEO = AULA_VIDEO,
	AULA_SDP_APPLICATION,
	AULA_SDP_OTHER
} aula_sdp_type;

enum { /* a=rtcp-fb */
	AULA_FB_NACK = 1u << 0,
	AULA_FB_PLI = 1u << 1,
	AULA_FB_FIR = 1u << 2,
	AULA_FB_REMB = 1u << 3,
	AULA_FB_TRANSPORT_CC = 1u << 4,
};

/** One payload type of an m-line. */
typedef struct {
	uint8_t payload_type;
	aula_codec
		codec; /* NONE: not one that we forward (also rtx, red, ulpfec, telephone-event) */
	char encoding[24]; /* as written: "VP8", "rtx", "red" */
	uint32_t clock_hz;
	uint8_t channels;  /* 0 when not given */
	char fmtp[256];    /* "" when none */
	uint8_t rtx_for;   /* rtx: its apt; 255 otherwise */
	uint8_t rtx;       /* the payload type of its retransmissions; 255: none */
	uint32_t feedback; /* AULA_FB_* */
} aula_sdp_format;

typedef struct {
	char type[8]; /* host, srflx, prflx, relay */
	char foundation[33];
	char address[64]; /* numeric, or an mDNS name */
	bool tcp;
	char tcptype[8]; /* active, passive, so; "" for UDP */
	uint16_t port;
	uint8_t component;
	uint32_t priority;
} aula_candidate;

typedef struct {
	char ufrag[AULA_UFRAG_MOST + 1], pwd[AULA_PWD_MOST + 1];
	char fingerprint_hash[12]; /* lower case: sha-1 sha-224 sha-256 sha-384 sha-512 */
	uint8_t fingerprint[AULA_FINGERPRINT_BYTES_MOST];
	size_t fingerprint_length; /* 0: not given here */
	aula_setup setup;
} aula_sdp_transport;

typedef struct {
	aula_sdp_type type;
	char other[16];    /* the media word when the type is OTHER: "text" */
	char protocol[32]; /* UDP/TLS/RTP/SAVPF */
	bool rejected;     /* port 0 without a=bundle-only */
	char mid[AULA_MID_MOST + 1];
	aula_direction direction; /* of whoever wrote the description */
	bool rtcp_mux, rtcp_rsize;
	aula_sdp_transport
		transport; /* session-level values are copied to each m-line that has none */
	aula_sdp_format formats[AULA_SDP_FORMATS_MOST];
	size_t format_count;
	aula_extension_map extensions;
	uint32_t ssrc,
		rtx_ssrc; /* of the first source named by a=ssrc / a=ssrc-group:FID; 0: none */
	uint32_t group[AULA_SDP_RIDS_MOST]; /* a=ssrc-group:SIM, in order */
	size_t group_count;
	struct {
		uint32_t ssrc, rtx_ssrc;
	} repairs[AULA_SDP_RIDS_MOST]; /* with `group`: each a=ssrc-group:FID */
	size_t repair_count;
	char cname[64];
	char msid_stream[64], msid_track[64];
	struct {
		char rid[17];
		bool paused;
	} rids[AULA_SDP_RIDS_MOST]; /* a=simulcast, in order: those sent (offer) or to receive
				       (answer) */
	size_t rid_count;
	bool rids_sent;            /* a=simulcast:send; false: recv */
	int32_t bandwidth_as_kbps; /* b=AS; 0: none */
	aula_candidate candidates[AULA_SDP_CANDIDATES_MOST];
	size_t candidate_count;
	bool end_of_candidates;
	uint16_t sctp_port; /* application only */
} aula_sdp_media;

typedef struct {
	uint64_t session_id, session_version;
	char name[64]; /* s= */
	bool ice_lite, trickle, extmap_allow_mixed;
	char bundle[AULA_SDP_MEDIA_MOST][AULA_MID_MOST + 1]; /* mids of a=group:BUNDLE, in order */
	size_t bundle_count;
	aula_sdp_media *media; /* media_count of them, owned by the description */
	size_t media_count;
} aula_sdp;

/** A new description from `length` bytes of text; NULL when it is none, with the number of the line
 * and a static sentence. Unknown lines and attributes are skipped. */
aula_sdp *aula_sdp_parse(const char *text, size_t length, size_t *ret_line, const char **ret_why);
/** An empty description with `media_count` m-lines, zeroed but for rtx_for/rtx (255). */
aula_sdp *aula_sdp_new(size_t media_count);
void aula_sdp_free(aula_sdp *sdp);

/** The description as text (malloc'ed; never NULL). Values that would break a line are left out. */
char *aula_sdp_write(const aula_sdp *sdp);

/** One candidate attribute's value, with or without "a=" and "candidate:". False: not one. */
bool aula_candidate_parse(const char *text, size_t length, aula_candidate *ret_candidate);
/** Writes "candidate:..." without "a="; returns the length as snprintf does. */
int aula_candidate_write(const aula_candidate *candidate, char *out, size_t size);

#endif
