/* SPDX-License-Identifier: Apache-2.0 */
/** The last packets of a track by extended sequence number, for retransmission. One for each loop
 * that forwards the track, shared by all subscribers there. Holds references, copies nothing. */
#ifndef AULA_MEDIA_HISTORY_H
#define AULA_MEDIA_HISTORY_H

#include "base/packet.h"

enum { AULA_HISTORY_AGE_US = 1000000 };

typedef struct {
	uint64_t number; /* extended */
	aula_packet *packet;
} aula_history_slot;

typedef struct {
	aula_history_slot *slots;
	size_t size;      /* a power of two */
	uint64_t highest; /* 0: empty */
	uint64_t oldest;  /* all before are gone */
} aula_history;

/** Room for 2^`bits` numbers in a row. */
void aula_history_init(aula_history *history, unsigned bits);
void aula_history_finish(aula_history *history);

/** Keeps the packet (takes a reference), unless it is too far behind or there already. Lets go of
 * those that are too old. */
void aula_history_add(aula_history *history, uint64_t number, aula_packet *packet, int64_t now_us);
/** Borrowed; NULL when it is not there. */
aula_packet *aula_history_get(const aula_history *history, uint64_t number);
/** Lets go of packets received before now - AULA_HISTORY_AGE_US: for a track that fell silent. */
void aula_history_trim(aula_history *history, int64_t now_us);
void aula_history_clear(aula_history *history);

#endif
