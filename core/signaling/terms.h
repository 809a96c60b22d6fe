/* SPDX-License-Identifier: Apache-2.0 */
/** What two sides agree on for one m-line: one codec, its payload types, its header extensions. It
 * is the policy of which codec wins; sdp.h reads and writes the text. [pure] */
#ifndef AULA_SIGNALING_TERMS_H
#define AULA_SIGNALING_TERMS_H

#include "wire/sdp.h"

enum { AULA_NO_PAYLOAD_TYPE = 255 };

typedef struct {
	aula_codec codec; /* NONE: nothing is agreed on */
	uint8_t payload_type;
	uint8_t rtx, red; /* AULA_NO_PAYLOAD_TYPE: none */
	char fmtp[AULA_FMTP_MOST + 1];
	uint32_t feedback; /* AULA_FB_* */
	aula_extension_map extensions;
} aula_terms;

/** Chooses from what a client offers. `preference`: codecs in order, comma-separated; NULL: every
 * codec we know, in the client's order. `keep`: terms agreed on earlier that hold as long as they
 * are still offered; may be NULL. False: nothing in it is for us. */
bool aula_terms_choose(const aula_sdp_media *offer, const char *preference, const aula_terms *keep,
	aula_terms *ret_terms);

/** Does without extensions of `terms` whose number means another one in `other`, of the same bundle
 * (against RFC 8843 section 9.1, as aiortc offers): a receiver with one table for both, as we have,
 * would take one for the other. */
void aula_terms_part(aula_terms *terms, const aula_terms *other);

/** What a client's answer leaves of what we proposed. False: nothing. */
bool aula_terms_confirm(
	const aula_sdp_media *answer, const aula_terms *proposed, aula_terms *ret_terms);

/** Terms to offer for `codec`. Numbers agree with the `others` of the PeerConnection, since they
 * mean the same on all bundled m-lines (RFC 8843 section 9.1). False: no number is free. */
bool aula_terms_propose(aula_codec codec, const char *fmtp, const aula_terms *others, size_t count,
	aula_terms *ret_terms);

/** Writes formats and extensions. */
void aula_terms_write(const aula_terms *terms, aula_sdp_media *media);

#endif
