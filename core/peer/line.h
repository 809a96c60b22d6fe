/* SPDX-License-Identifier: Apache-2.0 */
/** The line to one subscriber: how much it carries, how that is shared over what the subscriber
 * watches, and at which pace it leaves. A line that is wide costs a number in each packet and,
 * while it carries a picture, a look ten times a second; one on which nothing leaves costs nothing.
 * Packets wait only where the estimate says that they would queue. All [media] on its hub's loop.
 */
#ifndef AULA_PEER_LINE_H
#define AULA_PEER_LINE_H

#include <jansson.h>

#include "media/layers.h"
#include "media/pacer.h"
#include "wire/rtcp.h"

typedef struct aula_line aula_line;
typedef struct aula_hub aula_hub;
typedef struct aula_live_peer aula_live_peer;
typedef struct aula_live_sender aula_live_sender;

/** Of one peer, which has it from its first sender on. */
aula_line *aula_line_new(aula_hub *hub, aula_live_peer *peer);
/** What waits is dropped. NULL is fine. */
void aula_line_free(aula_line *line);

/** True: a packet of that many bytes may leave now. */
bool aula_line_pass(aula_line *line, aula_pacer_class class, size_t bytes);
/** Keeps it until its turn, when aula_sender_emit() is called; takes a reference of `packet`.
 * False: too much waits, it is dropped. */
bool aula_line_hold(aula_line *line, aula_pacer_class class, size_t bytes, aula_live_sender *sender,
	aula_packet *packet, const aula_layers_out *out);
/** Drops what waits of a sender. */
void aula_line_forget(aula_line *line, const aula_live_sender *sender);
/** A packet is about to leave, header and all `bytes` long. Returns its transport-wide number. */
uint16_t aula_line_sent(aula_line *line, size_t bytes, uint8_t probe);

/* What the subscriber says: transport-wide feedback, REMB, a report block about one of its streams.
 */
void aula_line_note_feedback(aula_line *line, const aula_rtcp *packet);
void aula_line_note_remb(aula_line *line, int64_t bps);
void aula_line_note_report(aula_line *line, uint8_t fraction_lost, int64_t rtt_us);

/** Shares anew what the line carries. */
void aula_line_share(aula_line *line);
/** A picture that it could carry moves: it is shared with each tick, until none does. */
void aula_line_wake(aula_line *line);
/** What leaves is to be numbered and counted, so that the line is known. Not where there is only
 * sound, which leaves whatever the line carries: each subscriber would answer to it 20 times a
 * second. */
bool aula_line_moves(const aula_line *line);
/** Hub ticks. False: there is nothing to do with the next. */
bool aula_line_tick(aula_line *line);
/** Its peer is not ticked any more, until it is woken. */
void aula_line_rest(aula_line *line);
/** Sends what is due; returns when to call again, INT64_MAX: when told (aula_pacing_add). */
int64_t aula_line_pace(aula_line *line, int64_t now_us);

/** Smoothed, by feedback; 0: not known. */
int64_t aula_line_rtt_us(const aula_line *line);
/** Of what was sent of late, by feedback: 0 to 1. */
double aula_line_loss(const aula_line *line);
/** How often to send each packet of a picture that has a retransmission stream. */
unsigned aula_line_copies(const aula_line *line);
int64_t aula_line_bps(const aula_line *line);
/** New reference. */
json_t *aula_line_stats(const aula_line *line);

#endif
