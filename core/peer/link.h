/* SPDX-License-Identifier: Apache-2.0 */
/** Packets on their way from one hub to another: one mail a turn, in batches that come home and
 * are used again. Their number is the bound: when the other loop lags that far behind, packets are
 * dropped and counted. It is a number of turns, each of which may bring one packet only, so it is
 * that of a second in which the other loop is busy with something else. */
#ifndef AULA_PEER_LINK_H
#define AULA_PEER_LINK_H

#include "base/packet.h"
#include "runtime/loop.h"

typedef struct aula_link aula_link;

enum { AULA_LINK_BATCHES = 1024, AULA_LINK_PACKETS = 64 };

/** `take(data, track, packet)` is called on the loop `to`; the packet is borrowed. */
aula_link *aula_link_new(
	aula_loop *to, void (*take)(void *data, uint64_t track, aula_packet *packet), void *data);
/** After both loops ended. NULL is fine. */
void aula_link_free(aula_link *link);

/** [sending loop] Takes a reference. False: dropped. */
bool aula_link_add(aula_link *link, uint64_t track, aula_packet *packet);
/** [sending loop] Posts what was added. */
void aula_link_flush(aula_link *link);

#endif
