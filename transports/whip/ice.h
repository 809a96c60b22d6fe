/* SPDX-License-Identifier: Apache-2.0 */
/** The part of session descriptions that HTTP needs to see: credentials and candidates. Fragments
 * of descriptions are RFC 8840 section 9. Pure. */
#ifndef WHIP_ICE_H
#define WHIP_ICE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { ICE_TEXT_MOST = 256, ICE_CANDIDATES_MOST = 64 };

/** What a client says in a PATCH. */
struct ice_fragment {
	char ufrag[ICE_TEXT_MOST + 1], pwd[ICE_TEXT_MOST + 1]; /* "": not said */
	json_t *candidates; /* [{"sdpMid"?, "sdpMLineIndex", "candidate"}] */
	bool ended;         /* no candidate follows */
};

/** False, with a static sentence: it is none. Candidates past the bound are left out. */
bool ice_fragment_read(
	const char *text, size_t length, struct ice_fragment *ret_fragment, const char **ret_why);
void ice_fragment_clear(struct ice_fragment *fragment);

/** The first value of attribute `name` ("ice-ufrag") in a description, cut to `size`; "" when it
 * has none. */
void ice_value(const char *sdp, const char *name, char *ret_value, size_t size);
/** The description with other credentials, and without its candidates. NULL: no memory. Caller
 * frees. */
char *ice_renewed(const char *sdp, const char *ufrag, const char *pwd);
/** The fragment that tells a client of the ICE side of an answer. Caller frees. */
char *ice_fragment_write(const char *answer);
/** Whether the answer refuses an m-line of audio or video. */
bool ice_refuses(const char *answer);

#endif
