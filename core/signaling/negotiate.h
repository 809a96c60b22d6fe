/* SPDX-License-Identifier: Apache-2.0 */
/** Offer and answer (RFC 3264, RFC 8829) as a matter of lines: what a description does to the
 * m-lines of a PeerConnection, and which description follows from them. What the lines then ask
 * for is opened and closed by peering. BUNDLE and rtcp-mux are demanded; data channels are refused
 * line by line. [pure] */
#ifndef AULA_SIGNALING_NEGOTIATE_H
#define AULA_SIGNALING_NEGOTIATE_H

#include <glib.h>

#include "signaling/simulcast.h"
#include "signaling/terms.h"

enum { AULA_LINES_MOST = AULA_SDP_MEDIA_MOST };

/** What a client says of its offer beside the description, in the jsep. */
typedef struct {
	aula_rid_order order; /* "rid_order" */
	bool obeys;           /* "encodings": it pauses those that an "encodings" event names */
	uint64_t svc;         /* "svc": m-lines on which it sends layers, as bits */
} aula_offered;

/** One m-line, from ours and the client's descriptions together. Plain data. */
typedef struct {
	aula_sdp_type type;
	char protocol[32], other[16], mid[AULA_MID_MOST + 1];
	uint16_t sctp_port;
	bool rejected; /* port 0, for good */
	bool settled;  /* both sides have seen it */
	aula_terms terms;
	/* From client to server. */
	bool client_sends, receives;                          /* the client's wish; ours */
	bool svc, obeys;                                      /* see aula_offered */
	unsigned encoding_count;                              /* 1, or with simulcast more */
	aula_encoding_options encodings[AULA_ENCODINGS_MOST]; /* the lowest first */
	/* From server to client. */
	bool client_receives, sends; /* the client's wish; ours */
	uint32_t ssrc, rtx_ssrc;     /* 0: not drawn yet */
	char stream[40], track[40];  /* msid (RFC 8830) of what is sent */
} aula_line;

/** The server's side of a description. */
typedef struct {
	uint64_t session_id, version;
	aula_sdp_transport transport;
	const aula_candidate *candidates;
	size_t candidate_count;
	bool full, gathering;      /* an ICE agent a peer; more candidates will come */
	int32_t bandwidth_as_kbps; /* for video to the server; 0: none */
} aula_negotiate_ours;

/** Whether a client's description can be worked with at all; `ret_why` is static. */
bool aula_negotiate_check(const aula_sdp *sdp, const char **ret_why);
/** The transport that all its bundled media use (RFC 8843 section 7.3.1): of the first m-line that
 * is not refused. NULL when each is. */
const aula_sdp_transport *aula_negotiate_transport(const aula_sdp *sdp, const aula_line *lines);
/** That m-line itself. */
const aula_sdp_media *aula_negotiate_carrier(const aula_sdp *sdp, const aula_line *lines);

/** How many of the lines, from the first on, both sides have seen. */
size_t aula_negotiate_settled(const aula_line *lines, size_t count);
/** The first line that is not refused, which carries all; `count`: each is. */
size_t aula_negotiate_first(const aula_line *lines, size_t count);
/** Whether an offer comes from another DTLS endpoint than `remote`. */
bool aula_negotiate_is_other(const aula_sdp *offer, const aula_sdp_transport *remote);

/** What a module sees of an offer, before it is answered: its media in order, appended to
 * `streams` (of aula_stream). */
void aula_negotiate_preview(const aula_sdp *offer, const aula_offered *about, GArray *streams);

/** Lays a client's offer over `lines` (AULA_LINES_MOST of room, `*count` used): which codec, who
 * sends, how many encodings. False when not one m-line is accepted; `lines` is then unspecified. */
bool aula_negotiate_offered(const aula_sdp *offer, const aula_answer *how,
	const aula_offered *about, aula_line *lines, size_t *count);
/** Lays a client's answer over those that were offered. False with a static sentence when it does
 * not fit the offer.
 */
bool aula_negotiate_answered(
	const aula_sdp *answer, aula_line *lines, size_t count, const char **ret_why);

/** Adds a line on which the server sends, or with `reuse` takes an idle one of that kind. NULL: no
 * room. */
aula_line *aula_negotiate_add(
	aula_line *lines, size_t *count, aula_codec codec, const char *fmtp, bool reuse);

/** The description that follows from the lines. Caller frees. */
aula_sdp *aula_negotiate_describe(
	const aula_line *lines, size_t count, bool answer, const aula_negotiate_ours *ours);

#endif
