/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/registry.h"

#include "peer/ssrcs.h"
#include "peer/peer.h"
#include "peer/taps.h"

void
aula_registry_init(aula_registry *registry, unsigned loop_count, size_t peers_most)
{
	*registry = (aula_registry){
		.loop_count = loop_count,
		.peers_on = g_new0(size_t, loop_count),
	};
	aula_id_table_init(&registry->peers, peers_most);
	aula_id_table_init(
		&registry->tracks, peers_most * AULA_SSRCS_TRACKS_MOST + AULA_FEEDS_MOST);
	aula_id_table_init(&registry->senders, peers_most * AULA_PEER_SENDERS_MOST);
	aula_id_table_init(&registry->taps, peers_most * AULA_TAPS_MOST);
}

static void
free_peer(aula_peer_record *peer)
{
	g_array_free(peer->tracks, TRUE);
	g_array_free(peer->senders, TRUE);
	if (peer->candidates != NULL)
		g_array_free(peer->candidates, TRUE);
	g_free(peer);
}

static void
free_track(aula_track_record *track)
{
	g_array_free(track->taps, TRUE);
	g_free(track);
}

void
aula_registry_finish(aula_registry *registry)
{
	size_t cursor = 0;
	void *record;

	while ((record = aula_id_next(&registry->peers, &cursor)) != NULL)
		free_peer(record);
	for (cursor = 0; (record = aula_id_next(&registry->tracks, &cursor)) != NULL;)
		free_track(record);
	for (cursor = 0; (record = aula_id_next(&registry->senders, &cursor)) != NULL;)
		g_free(record);
	for (cursor = 0; (record = aula_id_next(&registry->taps, &cursor)) != NULL;)
		g_free(record);
	aula_id_table_finish(&registry->peers);
	aula_id_table_finish(&registry->tracks);
	aula_id_table_finish(&registry->senders);
	aula_id_table_finish(&registry->taps);
	g_free(registry->peers_on);
}

const aula_peer_record *
aula_registry_peer(const aula_registry *registry, uint64_t id)
{
	return aula_id_get(&registry->peers, id);
}

const aula_track_record *
aula_registry_track(const aula_registry *registry, uint64_t id)
{
	return aula_id_get(&registry->tracks, id);
}

const aula_sender_record *
aula_registry_sender(const aula_registry *registry, uint64_t id)
{
	return aula_id_get(&registry->senders, id);
}

const aula_tap_record *
aula_registry_tap(const aula_registry *registry, uint64_t id)
{
	return aula_id_get(&registry->taps, id);
}

/* -- add -- */

uint64_t
aula_registry_add_peer(aula_registry *registry)
{
	aula_peer_record *peer = g_new0(aula_peer_record, 1);
	unsigned fewest = 0;

	for (unsigned i = 1; i < registry->loop_count; i++)
		if (registry->peers_on[i] < registry->peers_on[fewest])
			fewest = i;
	*peer = (aula_peer_record){
		.loop = fewest,
		.tracks = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
		.senders = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
	};
	uint64_t id = aula_id_add(&registry->peers, peer);
	if (id == 0)
		free_peer(peer);
	else
		registry->peers_on[fewest]++;
	return id;
}

bool
aula_registry_add_candidate(aula_registry *registry, uint64_t peer, const aula_candidate *candidate)
{
	aula_peer_record *record = aula_id_get(&registry->peers, peer);

	if (record == NULL)
		return false;
	if (candidate == NULL) {
		record->gathered = true;
		return true;
	}
	if (record->candidates == NULL)
		record->candidates = g_array_new(FALSE, FALSE, sizeof(aula_candidate));
	if (record->candidates->len == AULA_SDP_CANDIDATES_MOST)
		return false;
	g_array_append_vals(record->candidates, candidate, 1);
	return true;
}

void
aula_registry_renew(aula_registry *registry, uint64_t peer)
{
	aula_peer_record *record = aula_id_get(&registry->peers, peer);

	if (record == NULL)
		return;
	record->gathered = false;
	if (record->candidates != NULL)
		g_array_set_size(record->candidates, 0);
}

uint64_t
aula_registry_add_track(aula_registry *registry, uint64_t peer, const aula_track_options *options)
{
	aula_peer_record *owner = aula_id_get(&registry->peers, peer);

	if (owner == NULL || owner->tracks->len >= AULA_SSRCS_TRACKS_MOST)
		return 0;
	aula_track_record *track = g_new0(aula_track_record, 1);
	*track = (aula_track_record){
		.loop = owner->loop,
		.peer = peer,
		.options = *options,
		.taps = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
	};
	uint64_t id = aula_id_add(&registry->tracks, track);
	if (id == 0)
		free_track(track);
	else
		g_array_append_val(owner->tracks, id);
	return id;
}

uint64_t
aula_registry_add_feed(aula_registry *registry, const aula_track_options *options)
{
	if (registry->feed_count >= AULA_FEEDS_MOST)
		return 0;
	aula_track_record *feed = g_new0(aula_track_record, 1);
	*feed = (aula_track_record){
		.loop = registry->feed_loop,
		.options = *options,
		.taps = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
	};
	uint64_t id = aula_id_add(&registry->tracks, feed);
	if (id == 0) {
		free_track(feed);
		return 0;
	}
	registry->feed_count++;
	registry->feed_loop = (registry->feed_loop + 1) % registry->loop_count;
	return id;
}

uint64_t
aula_registry_add_sender(aula_registry *registry, uint64_t peer)
{
	aula_peer_record *owner = aula_id_get(&registry->peers, peer);

	if (owner == NULL || owner->senders->len >= AULA_PEER_SENDERS_MOST)
		return 0;
	aula_sender_record *sender = g_new0(aula_sender_record, 1);
	*sender = (aula_sender_record){ .loop = owner->loop, .peer = peer };
	uint64_t id = aula_id_add(&registry->senders, sender);
	if (id == 0)
		g_free(sender);
	else
		g_array_append_val(owner->senders, id);
	return id;
}

uint64_t
aula_registry_add_tap(aula_registry *registry, uint64_t track)
{
	aula_track_record *owner = aula_id_get(&registry->tracks, track);

	if (owner == NULL || owner->taps->len >= AULA_TAPS_MOST)
		return 0;
	aula_tap_record *tap = g_new0(aula_tap_record, 1);
	*tap = (aula_tap_record){ .loop = owner->loop, .track = track };
	uint64_t id = aula_id_add(&registry->taps, tap);
	if (id == 0)
		g_free(tap);
	else
		g_array_append_val(owner->taps, id);
	return id;
}

/* -- remove -- */

static void
drop(GArray *ids, uint64_t id)
{
	for (guint i = 0; i < ids->len; i++)
		if (g_array_index(ids, uint64_t, i) == id) {
			g_array_remove_index_fast(ids, i);
			return;
		}
}

static uint64_t
last(const GArray *ids)
{
	return g_array_index(ids, uint64_t, ids->len - 1);
}

void
aula_registry_remove_peer(aula_registry *registry, uint64_t id)
{
	aula_peer_record *peer = aula_id_get(&registry->peers, id);

	if (peer == NULL)
		return;
	while (peer->tracks->len > 0)
		aula_registry_remove_track(registry, last(peer->tracks));
	while (peer->senders->len > 0)
		aula_registry_remove_sender(registry, last(peer->senders));
	registry->peers_on[peer->loop]--;
	aula_id_remove(&registry->peers, id);
	free_peer(peer);
}

void
aula_registry_remove_track(aula_registry *registry, uint64_t id)
{
	aula_track_record *track = aula_id_get(&registry->tracks, id);

	if (track == NULL)
		return;
	while (track->taps->len > 0)
		aula_registry_remove_tap(registry, last(track->taps));
	aula_peer_record *owner = aula_id_get(&registry->peers, track->peer);
	if (owner != NULL)
		drop(owner->tracks, id);
	else
		registry->feed_count--;
	aula_id_remove(&registry->tracks, id);
	free_track(track);
}

void
aula_registry_remove_sender(aula_registry *registry, uint64_t id)
{
	aula_sender_record *sender = aula_id_get(&registry->senders, id);

	if (sender == NULL)
		return;
	aula_peer_record *owner = aula_id_get(&registry->peers, sender->peer);
	drop(owner->senders, id);
	aula_id_remove(&registry->senders, id);
	g_free(sender);
}

void
aula_registry_remove_tap(aula_registry *registry, uint64_t id)
{
	aula_tap_record *tap = aula_id_get(&registry->taps, id);

	if (tap == NULL)
		return;
	aula_track_record *owner = aula_id_get(&registry->tracks, tap->track);
	drop(owner->taps, id);
	aula_id_remove(&registry->taps, id);
	g_free(tap);
}
