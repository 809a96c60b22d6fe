/* SPDX-License-Identifier: Apache-2.0 */
/** The attributes of a description that say what flows over an m-line: formats, header extensions,
 * sources, encodings. */
#ifndef AULA_WIRE_SDP_MEDIA_H
#define AULA_WIRE_SDP_MEDIA_H

#include "wire/sdp.h"
#include "wire/text.h"

/** The value of an m= line (RFC 8866 section 5.14). NULL, or a static sentence that says what is
 * wrong; likewise below. [any] */
const char *aula_sdp_read_media(aula_sdp_media *media, aula_text value);

/* One attribute's value each. What names a payload type that is not on the m-line is skipped. [any]
 */
/** RFC 8866 section 6.6. */
const char *aula_sdp_read_rtpmap(aula_sdp_media *media, aula_text value);
/** Parameters that do not fit are cut off as a whole. */
const char *aula_sdp_read_fmtp(aula_sdp_media *media, aula_text value);
const char *aula_sdp_read_rtcp_fb(aula_sdp_media *media, aula_text value);
/** RFC 8285 section 5; directions are not kept. The first of two that clash is. */
const char *aula_sdp_read_extmap(aula_sdp_media *media, aula_text value);
const char *aula_sdp_read_msid(aula_sdp_media *media, aula_text value);
/** RFC 5576. */
const char *aula_sdp_read_ssrc(aula_sdp_media *media, aula_text value);
const char *aula_sdp_read_ssrc_group(aula_sdp_media *media, aula_text value);
/** RFC 8853 section 5.1; the first of alternatives. */
const char *aula_sdp_read_simulcast(aula_sdp_media *media, aula_text value);
/** a=sctp-port, or the older a=sctpmap. */
const char *aula_sdp_read_sctp_port(aula_sdp_media *media, aula_text value);

/** What can only be known when all lines have been read: static payload types, which format repeats
 * which, and whether repairs are those of a group. */
void aula_sdp_finish_formats(aula_sdp_media *media);

#endif
