/* SPDX-License-Identifier: Apache-2.0 */
/** One m-line to a subscriber on the wire: what its packets are made of, and the numbers of its
 * retransmission stream. All [media]. */
#ifndef AULA_PEER_OUTLET_H
#define AULA_PEER_OUTLET_H

#include "media/layers.h"
#include "peer/engine.h"
#include "peer/spent.h"

typedef struct aula_hub aula_hub;
typedef struct aula_line aula_line;
typedef struct aula_live_peer aula_live_peer;

/** A header with the usual extensions, and what SRTP, UDP and IP add: for the estimate and the
 * pace. On a thin line that is a good part of all. */
enum { AULA_OUTLET_HEADER_BYTES = 28 + 16 + 28 };

typedef struct {
	aula_hub *hub;
	aula_connection *connection;
	aula_line *line;
	aula_sender_options options;
	bool dated;                         /* see aula_stamp_may_date() */
	uint8_t plain_payload_type;         /* of the source; what has another is RED */
	int32_t min_delay_ms, max_delay_ms; /* -1: as the publisher has it */
	uint64_t rtx_next;                  /* extended number in the retransmission stream */
	bool rtx_sent;
	uint64_t packets, bytes; /* without what was repeated; bytes of payload */
} aula_outlet;

void aula_outlet_init(aula_outlet *outlet, aula_hub *hub, aula_live_peer *peer,
	const aula_sender_options *options);

/** Numbers outlive it: goes on from what its SSRCs have spent, and notes that for the next. */
void aula_outlet_resume(aula_outlet *outlet, const aula_spent *spent, aula_rewrite *rewrite);
void aula_outlet_keep(const aula_outlet *outlet, aula_spent *spent, const aula_rewrite *rewrite);

/** False: there is nothing in the packet for this subscriber. */
bool aula_outlet_takes(const aula_outlet *outlet, const aula_packet *packet);
/** Heads, numbers, seals a packet as `out` says; video: with its picture ids. `repeat`: again, in
 * the retransmission stream if there is one. */
void aula_outlet_send(aula_outlet *outlet, const aula_packet *packet, const aula_layers_out *out,
	bool repeat, uint8_t probe);

/** Whether padding can be sent without a hole in what is shown: in the retransmission stream. */
bool aula_outlet_may_pad(const aula_outlet *outlet);
void aula_outlet_pad(aula_outlet *outlet, uint32_t timestamp, size_t bytes, uint8_t probe);

#endif
