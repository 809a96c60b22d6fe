/* SPDX-License-Identifier: Apache-2.0 */
/** What one hub says to another of a track or feed, packets excepted: mail, which keeps its order.
 * All [media] on the loop of `hub`; no-ops once it is closed. `home` is where the track lives. */
#ifndef AULA_PEER_LETTER_H
#define AULA_PEER_LETTER_H

#include "media/clock.h"
#include "peer/engine.h"

typedef struct aula_hub aula_hub;

/** Packets of the track are to be sent here, or not any more. */
void aula_letter_subscribe(aula_hub *hub, unsigned home, uint64_t track, bool on);
/** Calls aula_hub_want_keyframe() there, for those of which none is on its way here; `seen_us`:
 * when the last that was seen here had come, of each encoding. */
void aula_letter_ask_keyframe(aula_hub *hub, unsigned home, uint64_t track, uint32_t encodings,
	const int64_t seen_us[AULA_ENCODINGS_MOST]);
/** Calls aula_track_watch() or aula_feed_watch(), there or here. */
void aula_letter_watch(aula_hub *hub, unsigned home, uint64_t track, uint32_t encodings);

/* From the track's loop to one that has a mirror of it. */
void aula_letter_pair(
	aula_hub *hub, unsigned to, uint64_t track, unsigned encoding, const aula_clock_pair *pair);
/** Calls aula_mirror_note_rate() there. */
void aula_letter_rate(aula_hub *hub, unsigned to, uint64_t track, unsigned encoding, int64_t bps);
/** Calls aula_mirror_forget() there, after the packets that came before. */
void aula_letter_forget(aula_hub *hub, unsigned to, uint64_t track);
void aula_letter_gone(aula_hub *hub, unsigned to, uint64_t track);

#endif
