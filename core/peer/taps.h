/* SPDX-License-Identifier: Apache-2.0 */
/** The modules that read a track. All [media] on the track's loop. */
#ifndef AULA_PEER_TAPS_H
#define AULA_PEER_TAPS_H

#include "aula/media.h"
#include "base/packet.h"

enum { AULA_TAPS_MOST = 16 };

typedef struct {
	struct {
		uint64_t id;
		const aula_tap_ops *ops;
		void *data;
	} taps[AULA_TAPS_MOST];
	size_t count;
} aula_taps;

/** `closed` of a tap that is on no track (any more). */
void aula_tap_close(const aula_tap_ops *ops, void *data, aula_track track);

/** False: there are AULA_TAPS_MOST; the caller closes it. */
bool aula_taps_add(aula_taps *taps, uint64_t id, const aula_tap_ops *ops, void *data);
/** Closes it. False: it is not here. */
bool aula_taps_remove(aula_taps *taps, uint64_t id, aula_track track);
void aula_taps_close_all(aula_taps *taps, aula_track track);
void aula_taps_packet(const aula_taps *taps, aula_track track, aula_packet *packet);

#endif
