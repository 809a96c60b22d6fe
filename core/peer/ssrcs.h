/* SPDX-License-Identifier: Apache-2.0 */
/** Which track and encoding of a peer a packet belongs to: by its SSRC, else by its MID and RID
 * (RFC 8852), else by its payload type (RFC 8843 section 9.2). SSRCs are learnt; there are never
 * more of them than two an encoding. */
#ifndef AULA_PEER_SSRCS_H
#define AULA_PEER_SSRCS_H

#include "peer/engine.h"
#include "wire/rtp.h"

enum {
	AULA_SSRCS_TRACKS_MOST = 64,
	/* An encoding whose SSRC is heard more recently than this takes no other. */
	AULA_SSRCS_REBIND_US = 500000,
};

typedef struct {
	char rid[AULA_RID_MOST + 1]; /* "": none */
	uint32_t ssrc, rtx_ssrc;     /* 0: not known */
	int64_t heard_us;
} aula_ssrcs_encoding;

typedef struct {
	void *track;
	char mid[AULA_MID_MOST + 1];
	uint8_t payload_type, rtx_payload_type, red_payload_type; /* 255: none */
	bool announced; /* the SSRC is in the description, so the payload type alone proves nothing
			 */
	unsigned encoding_count;
	aula_ssrcs_encoding encodings[AULA_ENCODINGS_MOST];
} aula_ssrcs_entry;

typedef struct {
	aula_ssrcs_entry *entries;     /* `count` of them; NULL: none, as with most of a class */
	size_t count, last;            /* `last` was hit last */
	aula_extension_map extensions; /* of all tracks: a bundle agrees on them (RFC 8843 9.2) */
	uint64_t unknown;              /* packets of no track */
} aula_ssrcs;

/** Whose packet it is. */
typedef struct {
	void *track;
	unsigned encoding;
	bool repair;   /* it came in the retransmission stream */
	uint32_t ssrc; /* of the encoding's own stream; 0: not known yet */
} aula_ssrcs_found;

void aula_ssrcs_init(aula_ssrcs *ssrcs);
void aula_ssrcs_finish(aula_ssrcs *ssrcs);
/** False: there are AULA_SSRCS_TRACKS_MOST already. */
bool aula_ssrcs_add(aula_ssrcs *ssrcs, void *track, const aula_track_options *options);
void aula_ssrcs_remove(aula_ssrcs *ssrcs, const void *track);

/** Of a packet that was parsed with `ssrcs->extensions`. False: none's, counted. */
bool aula_ssrcs_find(aula_ssrcs *ssrcs, const uint8_t *data, const aula_rtp *rtp, int64_t now_us,
	aula_ssrcs_found *ret_found);
/** Of whom an SSRC is known. */
bool aula_ssrcs_find_ssrc(aula_ssrcs *ssrcs, uint32_t ssrc, aula_ssrcs_found *ret_found);

#endif
