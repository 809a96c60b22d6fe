/* SPDX-License-Identifier: Apache-2.0 */
/** What the control thread knows of the media side: which loop has which peer, track and sender,
 * and what dies with what. All [control]. */
#ifndef AULA_PEER_REGISTRY_H
#define AULA_PEER_REGISTRY_H

#include "base/id.h"
#include "peer/engine.h"

enum { AULA_FEEDS_MOST = 65536 };

typedef struct {
	unsigned loop;
	GArray *tracks, *senders; /* ids */
	GArray *candidates;       /* of aula_candidate, that its agent found; NULL: none yet */
	bool gathered;            /* there will be no more */
} aula_peer_record;

/* A feed is one too, of no peer. */
typedef struct {
	unsigned loop;
	uint64_t peer; /* 0: it is a feed */
	aula_track_options options;
	GArray *taps; /* ids */
} aula_track_record;

typedef struct {
	unsigned loop;
	uint64_t peer;
} aula_sender_record;

typedef struct {
	unsigned loop;
	uint64_t track;
} aula_tap_record;

typedef struct {
	aula_id_table peers, tracks, senders, taps;
	unsigned loop_count;
	size_t *peers_on; /* each loop */
	size_t feed_count;
	unsigned feed_loop; /* of the next */
} aula_registry;

void aula_registry_init(aula_registry *registry, unsigned loop_count, size_t peers_most);
void aula_registry_finish(aula_registry *registry);

/* The name of something new; 0 at the bound, or when what it belongs to is gone. */
uint64_t aula_registry_add_peer(aula_registry *registry); /* on the loop with the fewest */
uint64_t aula_registry_add_track(
	aula_registry *registry, uint64_t peer, const aula_track_options *options);
uint64_t aula_registry_add_feed(aula_registry *registry, const aula_track_options *options);
uint64_t aula_registry_add_sender(aula_registry *registry, uint64_t peer);
uint64_t aula_registry_add_tap(aula_registry *registry, uint64_t track);

/* A candidate of its own for a peer; NULL: it has all. False: the peer is gone, or has enough. */
bool aula_registry_add_candidate(
	aula_registry *registry, uint64_t peer, const aula_candidate *candidate);

/* It gathers anew. */
void aula_registry_renew(aula_registry *registry, uint64_t peer);

/* NULL when it is gone. */
const aula_peer_record *aula_registry_peer(const aula_registry *registry, uint64_t id);
const aula_track_record *aula_registry_track(const aula_registry *registry, uint64_t id);
const aula_sender_record *aula_registry_sender(const aula_registry *registry, uint64_t id);
const aula_tap_record *aula_registry_tap(const aula_registry *registry, uint64_t id);

/* Forget it and what belongs to it; the dead are no matter. */
void aula_registry_remove_peer(aula_registry *registry, uint64_t id);
void aula_registry_remove_track(aula_registry *registry, uint64_t id);
void aula_registry_remove_sender(aula_registry *registry, uint64_t id);
void aula_registry_remove_tap(aula_registry *registry, uint64_t id);

#endif
