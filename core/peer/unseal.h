/* SPDX-License-Identifier: Apache-2.0 */
/** Incoming SRTP and SRTCP of one peer: integrity, replay, decryption (RFC 3711, RFC 7714). */
#ifndef AULA_PEER_UNSEAL_H
#define AULA_PEER_UNSEAL_H

#include "peer/srtp.h"

typedef struct aula_unseal aula_unseal;

/** Sources that one peer can have at a time; a further one replaces that used longest ago. */
enum { AULA_UNSEAL_SOURCES = 64 };

typedef enum { AULA_UNSEALED, AULA_UNSEAL_FORGED, AULA_UNSEAL_REPLAYED } aula_unseal_verdict;

/** NULL: no memory. */
aula_unseal *aula_unseal_new(aula_srtp_profile profile, const aula_srtp_master *master);
/** NULL is fine. */
void aula_unseal_free(aula_unseal *unseal);

/** Opens a packet of at least 12 (RTP) or 8 (RTCP) bytes in place; `*length` becomes that of the
 * plain packet. What is not unsealed is left as rubbish. */
aula_unseal_verdict aula_unseal_rtp(aula_unseal *unseal, uint8_t *packet, size_t *length);
aula_unseal_verdict aula_unseal_rtcp(aula_unseal *unseal, uint8_t *packet, size_t *length);

#endif
