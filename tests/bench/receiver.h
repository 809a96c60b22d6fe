/* SPDX-License-Identifier: Apache-2.0 */
/** What a subscriber does with what comes: counts all of it, opens some of it, and answers as a
 * browser does (receiver reports, transport-wide feedback, NACK). */
#ifndef AULA_BENCH_RECEIVER_H
#define AULA_BENCH_RECEIVER_H

#include "webrtc.h"

enum { RECEIVER_STREAMS = 4, RECEIVER_ARRIVALS = 512 };

typedef struct {
	uint32_t ssrc;
	uint16_t highest;
	uint64_t received, expected; /* since the last receiver_take() */
	uint32_t lost;
	uint32_t reported_received, reported_expected, total_received, total_expected;
} receiver_stream;

typedef struct {
	webrtc *client;
	uint32_t ssrc;   /* of our reports */
	uint8_t twcc_id; /* 0: not agreed on */
	uint8_t rtx_pt;  /* 0: not agreed on */
	bool opens;      /* decrypts all, and samples latency */
	unsigned loss_per_mille;
	receiver_stream streams[RECEIVER_STREAMS];
	int64_t report_due_us, feedback_due_us;
	uint16_t first, next; /* transport-wide numbers since the last feedback */
	bool started;
	uint8_t feedbacks;
	int64_t *arrivals_us; /* RECEIVER_ARRIVALS, by number; 0: not come */
} receiver;

/** Of all receivers since the last receiver_take(). */
typedef struct {
	uint64_t received, expected, opened, refused, repaired, feedbacks;
	int32_t *latencies_us; /* until it was at the socket */
	size_t latency_count;
	bool sound; /* there are no pictures; the latency of sound is looked at */
} receiver_totals;

extern receiver_totals receiver_all;

void receiver_init(receiver *self, webrtc *client, uint32_t ssrc, uint8_t twcc_id, uint8_t rtx_pt,
	bool opens, unsigned loss_per_mille, int64_t now_us);
void receiver_finish(receiver *self);
/** RTP, protected. */
void receiver_rtp(receiver *self, uint8_t *packet, size_t length, int64_t now_us);
/** Sends the reports that are due. */
void receiver_tick(receiver *self, int64_t now_us);
/** Adds its counts to the totals and starts anew. */
void receiver_take(receiver *self);
void receiver_forget_all(void);

#endif
