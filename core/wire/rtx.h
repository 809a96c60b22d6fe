/* SPDX-License-Identifier: Apache-2.0 */
/** Retransmissions (RFC 4588): the original sequence number in front of the original payload. All
 * [any]. */
#ifndef AULA_WIRE_RTX_H
#define AULA_WIRE_RTX_H

#include "wire/rtp.h"

enum { AULA_RTX_BYTES = 2 };

/** Writes the payload of a retransmission: the original sequence number, then the original payload.
 * Returns its length, 0 if `size` is too small. */
size_t aula_rtx_wrap(uint8_t *out, size_t size, uint16_t original_sequence, const uint8_t *payload,
	size_t payload_length);

/** Turns a packet of the retransmission stream back into the original, in place: `rtp` is what
 * aula_rtp_parse() said of it and is brought up to date (its elements stay where they were).
 * Returns the new length; 0 when nothing is in it, as in the padding that probes for bandwidth. */
size_t aula_rtx_unwrap(
	uint8_t *data, size_t length, uint8_t payload_type, uint32_t ssrc, aula_rtp *rtp);

#endif
