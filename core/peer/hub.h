/* SPDX-License-Identifier: Apache-2.0 */
/** What one media loop forwards: the peers, tracks, mirrors and senders that live there, by id.
 * Hubs share nothing and talk by mail. One tick serves all of them: no timer a subscriber. All
 * [media] on the hub's loop unless said otherwise. */
#ifndef AULA_PEER_HUB_H
#define AULA_PEER_HUB_H

#include "media/clock.h"
#include "peer/gauges.h"
#include "peer/feed.h"
#include "peer/mirror.h"
#include "peer/pacing.h"
#include "peer/peer.h"
#include "peer/sender.h"
#include "peer/track.h"
#include "peer/wakes.h"

typedef struct aula_hub aula_hub;

enum { AULA_HUB_TICK_US = 100000 };

/** Called on the hub's loop. */
typedef struct {
	void (*on_hub_connected)(void *data, uint64_t peer, const char *path, int64_t reached_us);
	void (*on_hub_closed)(void *data, uint64_t peer, const char *reason);
	void (*on_hub_candidate)(void *data, uint64_t peer, const aula_candidate *candidate);
	void (*on_hub_receiving)(void *data, uint64_t track, bool receiving);
	void (*on_hub_shown)(void *data, uint64_t sender, const aula_shown *shown);
	void (*on_hub_speaking)(void *data, uint64_t track, bool speaking, int level_dbov);
	void (*on_hub_wanted)(void *data, uint64_t track, uint32_t encodings);
} aula_hub_listener;

/** [control, before the loop runs] `hubs` holds all of them at their index, this one too once all
 * are made; it outlives them. Borrows `port`. */
aula_hub *aula_hub_new(unsigned index, aula_hub *const *hubs, unsigned hub_count, aula_loop *loop,
	aula_port *port, const aula_hub_listener *listener, void *data);
/** [media, or before the loop runs] Closes all peers; from now on it answers no mail. */
void aula_hub_close(aula_hub *hub);
/** [control, after all loops ended] Closed before. */
void aula_hub_free(aula_hub *hub);

unsigned aula_hub_index(const aula_hub *hub);
unsigned aula_hub_count(const aula_hub *hub); /* of all hubs */
/** NULL: this one is closed, and says nothing more to others. */
aula_hub *aula_hub_at(const aula_hub *hub, unsigned index);
aula_loop *aula_hub_loop(const aula_hub *hub); /* [any] */
aula_port *aula_hub_port(const aula_hub *hub); /* [any] */
/** The time at which the present turn began. */
int64_t aula_hub_now_us(const aula_hub *hub);
/** NTP time of a monotonic time. */
uint64_t aula_hub_ntp(const aula_hub *hub, int64_t now_us);
uint32_t aula_hub_random(aula_hub *hub);
const aula_hub_listener *aula_hub_listener_of(const aula_hub *hub, void **ret_data);

/* By id; NULL when it is gone. */
aula_live_peer *aula_hub_peer(const aula_hub *hub, uint64_t id);
aula_live_track *aula_hub_track(const aula_hub *hub, uint64_t id);
aula_live_sender *aula_hub_sender(const aula_hub *hub, uint64_t id);
aula_live_feed *aula_hub_feed(const aula_hub *hub, uint64_t id);
aula_mirror *aula_hub_mirror(const aula_hub *hub, uint64_t track);

/* The objects enter and leave the tables themselves, with a pointer to their id. */
void aula_hub_add_peer(aula_hub *hub, const uint64_t *id, aula_live_peer *peer);
void aula_hub_add_track(aula_hub *hub, const uint64_t *id, aula_live_track *track);
void aula_hub_add_sender(aula_hub *hub, const uint64_t *id, aula_live_sender *sender);
void aula_hub_add_feed(aula_hub *hub, const uint64_t *id, aula_live_feed *feed);
void aula_hub_add_mirror(aula_hub *hub, const uint64_t *track, aula_mirror *mirror);
void aula_hub_remove_peer(aula_hub *hub, uint64_t id);
void aula_hub_remove_track(aula_hub *hub, uint64_t id);
void aula_hub_remove_sender(aula_hub *hub, uint64_t id);
void aula_hub_remove_feed(aula_hub *hub, uint64_t id);
void aula_hub_remove_mirror(aula_hub *hub, uint64_t track);

/** The mirror of a track or feed that lives on hub `home`, made and subscribed to when there is
 * none. NULL: the track is gone. */
aula_mirror *aula_hub_open_mirror(
	aula_hub *hub, uint64_t track, unsigned home, const aula_track_options *options);

/** Whoever sends the track, which lives here, or what the feed carries is asked for keyframes;
 * `encodings`: bit i is encoding i. */
void aula_hub_want_keyframe(aula_hub *hub, uint64_t track, uint32_t encodings);

/** The mirror wants a call of aula_mirror_flush() at the end of this turn. */
void aula_hub_flush_mirror(aula_hub *hub, aula_mirror *mirror);
/** The mirror wants that call in 2 ms or so, if it does not flush by itself before. */
void aula_hub_hold_mirror(aula_hub *hub, aula_mirror *mirror);
/** aula_track_repair() wants to be called at `at_us`. */
void aula_hub_repair_at(aula_hub *hub, int64_t at_us);

aula_pacing *aula_hub_pacing(aula_hub *hub);
aula_wakes *aula_hub_wakes(aula_hub *hub);

/* -- packets to other hubs; no-ops once this one is closed. What else is said: letter.h -- */

void aula_hub_send_packet(aula_hub *hub, unsigned to, uint64_t track, aula_packet *packet);
/** What was sent there so far goes ahead of what is posted from now on. */
void aula_hub_flush_link(aula_hub *hub, unsigned to);
/** [any] What the hub tells of itself; lives as long as the hub. */
aula_gauges *aula_hub_gauges(aula_hub *hub);
/** So many more, on its loop. */
static inline void
aula_hub_gauge_add(aula_hub *hub, aula_gauge gauge, uint64_t count)
{
	aula_gauges_add(aula_hub_gauges(hub), gauge, count);
}
/** Packets that a busy hub did not take from this one. */
uint64_t aula_hub_dropped(const aula_hub *hub);

#endif
