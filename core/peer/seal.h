/* SPDX-License-Identifier: Apache-2.0 */
/** Outgoing SRTP and SRTCP of one peer (RFC 3711, RFC 7714), by OpenSSL with contexts that are
 * kept: a packet costs one new IV, no key setup and no allocation. */
#ifndef AULA_PEER_SEAL_H
#define AULA_PEER_SEAL_H

#include "peer/srtp.h"

typedef struct aula_seal aula_seal;

/** NULL: no memory. */
aula_seal *aula_seal_new(aula_srtp_profile profile, const aula_srtp_master *master);
/** NULL is fine. */
void aula_seal_free(aula_seal *seal);

/** It is used soon: brings it into the cache. */
void aula_seal_prefetch(const aula_seal *seal);

/** Writes the protected packet to `out`, which has room for header, payload and
 * AULA_SRTP_OVERHEAD_MOST bytes; `out` may be where header and payload already lie. `rollover` is
 * the ROC of the header's SSRC: (rollover, sequence) must never come twice, or the key is given
 * away. Returns the length. */
size_t aula_seal_rtp(aula_seal *seal, uint8_t *out, const uint8_t *header, size_t header_length,
	const uint8_t *payload, size_t payload_length, uint32_t rollover);
/** The same for one compound RTCP packet of at least 8 bytes; 0 after 2^31 of them. */
size_t aula_seal_rtcp(aula_seal *seal, uint8_t *out, const uint8_t *rtcp, size_t length);

#endif
