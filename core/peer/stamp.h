/* SPDX-License-Identifier: Apache-2.0 */
/** The header that a packet gets on its way to one subscriber. All [media]. */
#ifndef AULA_PEER_STAMP_H
#define AULA_PEER_STAMP_H

#include "media/layers.h"
#include "peer/engine.h"
#include "wire/rtp.h"

/** What of the header depends on the moment of sending; only where nothing is ever repeated as it
 * was: see aula_stamp_may_date(). */
typedef struct {
	bool numbered; /* `transport` is the transport-wide number */
	uint16_t transport;
	int64_t now_us;
	int32_t min_delay_ms, max_delay_ms; /* for its buffer; -1: as the publisher has it */
} aula_stamp_date;

/** A plain retransmission must repeat every bit, or AES-GCM would protect two messages with one
 * nonce: what changes with the time of sending is written only where a retransmission has a stream
 * of its own, or there is none. */
bool aula_stamp_may_date(const aula_sender_options *options);

/** Writes the header of `packet` (NULL: padding, which has nothing to pass on). `out` has all but
 * extensions; `layers` may be NULL: nothing of them is rewritten; `date` NULL: not dated. Returns
 * its length. `ret_header` has room for AULA_RTP_HEADER_MOST bytes. */
size_t aula_stamp_write(const aula_sender_options *options, const aula_packet *packet,
	const aula_rtp *out, const aula_layers_out *layers, const aula_stamp_date *date,
	uint8_t *ret_header);

#endif
