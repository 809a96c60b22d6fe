/* SPDX-License-Identifier: Apache-2.0 */
/** RTCP of one peer, both ways (RFC 3550 section 6, RFC 4585): what it says goes to its tracks and
 * senders; what they have to say becomes compound packets. All [media] on its hub's loop. */
#ifndef AULA_PEER_FEEDBACK_H
#define AULA_PEER_FEEDBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct aula_live_peer aula_live_peer;
typedef struct aula_hub aula_hub;

/** One compound packet that came. */
void aula_feedback_read(aula_live_peer *peer, const uint8_t *rtcp, size_t length);

/** The regular reports: sender reports, receiver reports, names, REMB. False: there was nothing to
 * tell. */
bool aula_feedback_write(aula_live_peer *peer, int64_t now_us);

/* To a publisher, at once. */
/** What aula_peer_twcc() has that is due. */
void aula_feedback_twcc(aula_live_peer *peer, int64_t now_us);
void aula_feedback_pli(aula_live_peer *peer, uint32_t ssrc);
void aula_feedback_fir(aula_live_peer *peer, uint32_t ssrc, uint8_t number);
void aula_feedback_nack(aula_live_peer *peer, uint32_t ssrc, const uint16_t *numbers, size_t count);

#endif
