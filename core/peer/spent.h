/* SPDX-License-Identifier: Apache-2.0 */
/** Which numbers each outgoing SSRC has spent under the keys of a connection. They outlive the
 * senders: a line that is switched off and on again must not repeat one (RFC 3711 section 9.1). */
#ifndef AULA_PEER_SPENT_H
#define AULA_PEER_SPENT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/** SSRCs remembered; past it that which was noted longest ago is forgotten. Far more than a
 * connection has lines, each of which has two and keeps them. */
enum { AULA_SPENT_MOST = 2048 };

typedef struct {
	uint32_t ssrc;
	uint32_t timestamp;   /* of the last packet, and when it left */
	uint64_t highest;     /* extended; all up to it are spent */
	int64_t timestamp_us; /* 0: nothing is known of timestamps */
} aula_spent_entry;

typedef struct {
	GArray *entries; /* NULL: none yet */
} aula_spent;

void aula_spent_finish(aula_spent *spent);
/** Notes or replaces what is known of `entry->ssrc`. */
void aula_spent_note(aula_spent *spent, const aula_spent_entry *entry);
/** False: the SSRC is new. */
bool aula_spent_find(const aula_spent *spent, uint32_t ssrc, aula_spent_entry *ret_entry);

#endif
