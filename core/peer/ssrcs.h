/* SPDX-License-Identifier: Apache-2.0 */
/** Which track of a peer a packet belongs to: by its SSRC, else by its MID, else by its payload
 * type (RFC 8843 section 9.2). SSRCs are learnt; there are never more of them than two a track. */
#ifndef AULA_PEER_SSRCS_H
#define AULA_PEER_SSRCS_H

#include "peer/engine.h"
#include "wire/rtp.h"

enum {
	AULA_SSRCS_TRACKS_MOST = 64,
	/* A track whose SSRC is heard more recently than this takes no other. */
	AULA_SSRCS_REBIND_US = 500000,
};

typedef struct {
	void *track;
	char mid[AULA_MID_MOST + 1];
	uint8_t payload_type, rtx_payload_type, red_payload_type; /* 255: none */
	uint32_t ssrc, rtx_ssrc;                                  /* 0: not known */
	bool announced; /* the SSRC is in the description, so the payload type alone proves nothing
			 */
	int64_t heard_us;
} aula_ssrcs_entry;

typedef struct {
	aula_ssrcs_entry entries[AULA_SSRCS_TRACKS_MOST];
	size_t count, last;            /* `last` was hit last */
	aula_extension_map extensions; /* of all tracks: a bundle agrees on them (RFC 8843 9.2) */
	uint64_t unknown;              /* packets of no track */
} aula_ssrcs;

void aula_ssrcs_init(aula_ssrcs *ssrcs);
/** False: there are AULA_SSRCS_TRACKS_MOST already. */
bool aula_ssrcs_add(aula_ssrcs *ssrcs, void *track, const aula_track_options *options);
void aula_ssrcs_remove(aula_ssrcs *ssrcs, const void *track);

/** The track of a packet that was parsed with `ssrcs->extensions`; NULL: none, counted.
 * `ret_repair`: it came in the track's retransmission stream. */
void *aula_ssrcs_find(aula_ssrcs *ssrcs, const uint8_t *data, const aula_rtp *rtp, int64_t now_us,
	bool *ret_repair);
/** The track that is known by this SSRC; NULL. `ret_repair` as above, may be NULL. */
void *aula_ssrcs_find_ssrc(aula_ssrcs *ssrcs, uint32_t ssrc, bool *ret_repair);
/** The SSRC of a track; 0: not known. `ret_rtx_ssrc` may be NULL. */
uint32_t aula_ssrcs_ssrc(const aula_ssrcs *ssrcs, const void *track, uint32_t *ret_rtx_ssrc);

#endif
