/* SPDX-License-Identifier: Apache-2.0 */
/** The attributes of a description that say how to reach and trust the other side. */
#ifndef AULA_WIRE_SDP_TRANSPORT_H
#define AULA_WIRE_SDP_TRANSPORT_H

#include "wire/sdp.h"
#include "wire/text.h"

/* One attribute's value each. They return NULL, or a static sentence that says what is wrong. [any]
 */
/** RFC 8839 section 5.4: at least 4 and 22 characters. */
const char *aula_sdp_read_ufrag(aula_sdp_transport *transport, aula_text value);
const char *aula_sdp_read_pwd(aula_sdp_transport *transport, aula_text value);
/** RFC 8122 section 5. Of several the one with the longest hash is kept; an unknown hash is
 * skipped.
 */
const char *aula_sdp_read_fingerprint(aula_sdp_transport *transport, aula_text value);
/** RFC 4145 section 4. */
const char *aula_sdp_read_setup(aula_sdp_transport *transport, aula_text value);
/** Gives `transport` what it lacks of `session`. */
void aula_sdp_inherit_transport(aula_sdp_transport *transport, const aula_sdp_transport *session);

#endif
