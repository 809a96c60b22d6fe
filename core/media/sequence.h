/* SPDX-License-Identifier: Apache-2.0 */
/** The sequence numbers of one incoming stream: extended to 64 bits, duplicates told from
 * latecomers, losses and jitter counted (RFC 3550 appendices A.1, A.3 and A.8). */
#ifndef AULA_MEDIA_SEQUENCE_H
#define AULA_MEDIA_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	AULA_SEQUENCE_WINDOW = 2048,  /* numbers behind the highest that are told apart */
	AULA_SEQUENCE_DROPOUT = 3000, /* a larger step forward must be confirmed */
};

typedef enum {
	AULA_ARRIVAL_NEXT,      /* beyond all before; there may be a gap */
	AULA_ARRIVAL_LATE,      /* fills a gap */
	AULA_ARRIVAL_RESTART,   /* the first of all, or the stream begins anew elsewhere */
	AULA_ARRIVAL_DUPLICATE, /* drop it */
	AULA_ARRIVAL_STRAY,     /* too old or too far ahead; drop it, its successor may restart */
} aula_arrival;

typedef struct {
	uint32_t clock_hz;
	bool started, restarts;
	uint64_t highest, base; /* extended; never falls, not even at a restart */
	uint64_t seen[AULA_SEQUENCE_WINDOW / 64];
	int32_t expected_next; /* what would confirm a restart; -1: nothing */

	/* since the start or restart */
	uint64_t received, recovered, duplicates, strays;
	uint64_t reported_expected, reported_received; /* at the last report */
	uint64_t lost_before;                          /* up to the last restart */

	bool timed;
	int64_t transit; /* of the last packet, in clock units */
	double jitter;   /* in clock units */
} aula_sequence;

/** What a report block says. */
typedef struct {
	uint8_t fraction_lost; /* of 256, since the last call */
	int32_t lost;          /* since the start; fits 24 bits */
	uint32_t highest;      /* with cycles */
	uint32_t jitter;       /* in clock units */
} aula_sequence_report;

void aula_sequence_init(aula_sequence *sequence, uint32_t clock_hz);
/** The stream goes on under another SSRC: the next packet is a restart. */
void aula_sequence_restart(aula_sequence *sequence);

/** A packet came. `recovered`: in a retransmission stream of its own (RFC 4588), so the original
 * still counts as lost. `ret_extended` is set unless the answer says to drop the packet. */
aula_arrival aula_sequence_note(
	aula_sequence *sequence, uint16_t number, bool recovered, uint64_t *ret_extended);

/** The packet's timestamp, for jitter. Not for recovered packets: their delay says nothing of the
 * path. */
void aula_sequence_time(aula_sequence *sequence, uint32_t timestamp, int64_t now_us);

/** Packets that never came, neither by themselves nor recovered in time. May shrink. */
uint64_t aula_sequence_lost(const aula_sequence *sequence);

/** The next report block; the fraction is of what came since the last. */
void aula_sequence_report_take(aula_sequence *sequence, aula_sequence_report *ret_report);

#endif
