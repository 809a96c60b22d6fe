/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/hub.h"

#include <sys/random.h>

#include "peer/letter.h"
#include "peer/link.h"

enum {
	REPAIR_GRAIN_US = 2000, /* requests that are due within it leave together */
	HOLD_US = 2000,         /* the first packets of a frame wait for the last, at most */
};

struct aula_hub {
	unsigned index, count;
	aula_hub *const *hubs;
	aula_loop *loop;
	aula_port *port;
	aula_hub_listener listener;
	void *data;
	bool closed;
	int64_t ntp_offset_us; /* wall clock minus monotonic, when it began */
	uint64_t random;
	GHashTable *peers, *tracks, *senders, *feeds, *mirrors; /* by id */
	aula_alarm tick, repair;
	int64_t tick_us; /* when the next is due */
	aula_flush flush;
	GPtrArray *flushing; /* mirrors */
	GPtrArray *held;     /* mirrors that wait for the end of a frame */
	aula_alarm hold;
	aula_pacing pacing;
	aula_wakes wakes;
	aula_link **links; /* one a hub; NULL at our own place */
	uint64_t dropped;
	aula_gauges gauges;
};

/* -- tables -- */

#define TABLE(noun, type, table) \
	type *aula_hub_##noun(const aula_hub *hub, uint64_t id) \
	{ \
		return g_hash_table_lookup(hub->table, &id); \
	} \
	void aula_hub_add_##noun(aula_hub *hub, const uint64_t *id, type *noun) \
	{ \
		g_hash_table_insert(hub->table, (void *)id, noun); \
	}

#define REMOVE(noun, table) \
	void aula_hub_remove_##noun(aula_hub *hub, uint64_t id) \
	{ \
		g_hash_table_remove(hub->table, &id); \
	}

TABLE(peer, aula_live_peer, peers)
TABLE(track, aula_live_track, tracks)
TABLE(sender, aula_live_sender, senders)
TABLE(feed, aula_live_feed, feeds)
TABLE(mirror, aula_mirror, mirrors)
REMOVE(peer, peers)
REMOVE(track, tracks)
REMOVE(sender, senders)
REMOVE(feed, feeds)

void
aula_hub_remove_mirror(aula_hub *hub, uint64_t track)
{
	aula_mirror *mirror = aula_hub_mirror(hub, track);

	/* It may be in there several times. */
	while (g_ptr_array_remove_fast(hub->flushing, mirror))
		;
	while (g_ptr_array_remove_fast(hub->held, mirror))
		;
	g_hash_table_remove(hub->mirrors, &track);
}

/* -- time -- */

static void
tell(aula_hub *hub, int64_t late_us)
{
	const struct {
		aula_gauge gauge;
		uint64_t value;
	} values[] = {
		{ AULA_GAUGE_WORKED_US, (uint64_t)aula_worked_us() },
		{ AULA_GAUGE_LATE_US, (uint64_t)MAX(late_us, 0) },
		{ AULA_GAUGE_PEERS, g_hash_table_size(hub->peers) },
		{ AULA_GAUGE_TRACKS, g_hash_table_size(hub->tracks) },
		{ AULA_GAUGE_SENDERS, g_hash_table_size(hub->senders) },
		{ AULA_GAUGE_FEEDS, g_hash_table_size(hub->feeds) },
		{ AULA_GAUGE_LINK_DROPPED, hub->dropped },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
		aula_gauges_set(&hub->gauges, values[i].gauge, values[i].value);
	aula_gauges_set_port(&hub->gauges, aula_port_counted(hub->port));
}

aula_gauges *
aula_hub_gauges(aula_hub *hub)
{
	return &hub->gauges;
}

static void
ring_tick(aula_alarm *alarm)
{
	aula_hub *hub = (aula_hub *)((char *)alarm - offsetof(aula_hub, tick));
	int64_t now_us = aula_hub_now_us(hub);
	GHashTableIter iter;
	void *item;

	g_hash_table_iter_init(&iter, hub->tracks);
	while (g_hash_table_iter_next(&iter, NULL, &item))
		aula_track_tick(item, now_us);
	g_hash_table_iter_init(&iter, hub->feeds);
	while (g_hash_table_iter_next(&iter, NULL, &item))
		aula_feed_tick(item, now_us);
	g_hash_table_iter_init(&iter, hub->mirrors);
	while (g_hash_table_iter_next(&iter, NULL, &item))
		aula_mirror_tick(item, now_us);
	aula_wakes_tick(&hub->wakes, now_us);
	tell(hub, now_us - hub->tick_us);
	hub->tick_us = now_us + AULA_HUB_TICK_US;
	aula_alarm_set(hub->loop, &hub->tick, hub->tick_us);
}

static void
ring_repair(aula_alarm *alarm)
{
	aula_hub *hub = (aula_hub *)((char *)alarm - offsetof(aula_hub, repair));
	int64_t now_us = aula_hub_now_us(hub), next_us = INT64_MAX;
	GHashTableIter iter;
	void *item;

	g_hash_table_iter_init(&iter, hub->tracks);
	while (g_hash_table_iter_next(&iter, NULL, &item)) {
		int64_t due_us = aula_track_repair(item, now_us);
		next_us = MIN(next_us, due_us);
	}
	if (next_us != INT64_MAX)
		aula_hub_repair_at(hub, next_us);
}

void
aula_hub_repair_at(aula_hub *hub, int64_t at_us)
{
	at_us += REPAIR_GRAIN_US;
	if (!aula_alarm_is_set(&hub->repair) || at_us < hub->repair.at_us)
		aula_alarm_set(hub->loop, &hub->repair, at_us);
}

static void
flush_hub(aula_flush *flush)
{
	aula_hub *hub = (aula_hub *)((char *)flush - offsetof(aula_hub, flush));

	while (hub->flushing->len > 0)
		aula_mirror_flush(g_ptr_array_steal_index_fast(hub->flushing, 0));
	for (unsigned i = 0; i < hub->count; i++)
		if (hub->links[i] != NULL)
			aula_link_flush(hub->links[i]);
}

void
aula_hub_flush_mirror(aula_hub *hub, aula_mirror *mirror)
{
	g_ptr_array_add(hub->flushing, mirror);
	aula_loop_flush_later(hub->loop, &hub->flush);
}

static void
ring_hold(aula_alarm *alarm)
{
	aula_hub *hub = (aula_hub *)((char *)alarm - offsetof(aula_hub, hold));

	while (hub->held->len > 0)
		aula_mirror_flush(g_ptr_array_steal_index_fast(hub->held, 0));
}

void
aula_hub_hold_mirror(aula_hub *hub, aula_mirror *mirror)
{
	g_ptr_array_add(hub->held, mirror);
	if (!aula_alarm_is_set(&hub->hold))
		aula_alarm_set(hub->loop, &hub->hold, aula_hub_now_us(hub) + HOLD_US);
}

/* -- life -- */

static void
take_packet(void *data, uint64_t track, aula_packet *packet)
{
	aula_hub *hub = data;
	aula_mirror *mirror = aula_hub_mirror(hub, track);

	/* None: its last sender left while the packet was on its way. */
	if (mirror != NULL)
		aula_mirror_push(mirror, packet);
}

static void
start_tick(void *data)
{
	aula_hub *hub = data;

	if (hub->closed)
		return;
	for (unsigned i = 0; i < hub->count; i++)
		if (i != hub->index)
			hub->links[i] = aula_link_new(
				aula_hub_loop(hub->hubs[i]), take_packet, hub->hubs[i]);
	hub->tick_us = aula_hub_now_us(hub) + AULA_HUB_TICK_US;
	aula_alarm_set(hub->loop, &hub->tick, hub->tick_us);
}

aula_hub *
aula_hub_new(unsigned index, aula_hub *const *hubs, unsigned hub_count, aula_loop *loop,
	aula_port *port, const aula_hub_listener *listener, void *data)
{
	aula_hub *hub = g_new0(aula_hub, 1);

	*hub = (aula_hub){
		.index = index,
		.count = hub_count,
		.hubs = hubs,
		.loop = loop,
		.port = port,
		.listener = *listener,
		.data = data,
		.ntp_offset_us = g_get_real_time() - aula_now_us(),
		.peers = g_hash_table_new(g_int64_hash, g_int64_equal),
		.tracks = g_hash_table_new(g_int64_hash, g_int64_equal),
		.senders = g_hash_table_new(g_int64_hash, g_int64_equal),
		.feeds = g_hash_table_new(g_int64_hash, g_int64_equal),
		.mirrors = g_hash_table_new(g_int64_hash, g_int64_equal),
		.tick.ring = ring_tick,
		.repair.ring = ring_repair,
		.flush.flush = flush_hub,
		.flushing = g_ptr_array_new(),
		.held = g_ptr_array_new(),
		.hold.ring = ring_hold,
		.links = g_new0(aula_link *, hub_count),
	};
	aula_pacing_init(&hub->pacing, loop);
	aula_wakes_init(&hub->wakes);
	if (getrandom(&hub->random, sizeof(hub->random), 0) != sizeof(hub->random))
		g_error("the machine has no random numbers");
	/* On the loop, when all hubs are there. */
	aula_loop_call(loop, start_tick, hub);
	return hub;
}

void
aula_hub_close(aula_hub *hub)
{
	GHashTableIter iter;
	void *peer, *feed;

	hub->closed = true;
	aula_alarm_clear(hub->loop, &hub->tick);
	aula_alarm_clear(hub->loop, &hub->repair);
	aula_alarm_clear(hub->loop, &hub->hold);
	aula_pacing_stop(&hub->pacing);
	for (;;) {
		g_hash_table_iter_init(&iter, hub->peers);
		if (!g_hash_table_iter_next(&iter, NULL, &peer))
			break;
		aula_peer_free(peer);
	}
	for (;;) {
		g_hash_table_iter_init(&iter, hub->feeds);
		if (!g_hash_table_iter_next(&iter, NULL, &feed))
			break;
		aula_feed_free(feed);
	}
	for (unsigned i = 0; i < hub->count; i++)
		if (hub->links[i] != NULL)
			aula_link_flush(hub->links[i]);
}

void
aula_hub_free(aula_hub *hub)
{
	if (hub == NULL)
		return;
	for (unsigned i = 0; i < hub->count; i++)
		aula_link_free(hub->links[i]);
	g_free(hub->links);
	g_ptr_array_free(hub->flushing, TRUE);
	g_ptr_array_free(hub->held, TRUE);
	aula_pacing_finish(&hub->pacing);
	aula_wakes_finish(&hub->wakes);
	g_hash_table_destroy(hub->peers);
	g_hash_table_destroy(hub->tracks);
	g_hash_table_destroy(hub->senders);
	g_hash_table_destroy(hub->feeds);
	g_hash_table_destroy(hub->mirrors);
	g_free(hub);
}

unsigned
aula_hub_index(const aula_hub *hub)
{
	return hub->index;
}

unsigned
aula_hub_count(const aula_hub *hub)
{
	return hub->count;
}

aula_hub *
aula_hub_at(const aula_hub *hub, unsigned index)
{
	return hub->closed ? NULL : hub->hubs[index];
}

aula_pacing *
aula_hub_pacing(aula_hub *hub)
{
	return &hub->pacing;
}

aula_wakes *
aula_hub_wakes(aula_hub *hub)
{
	return &hub->wakes;
}

aula_loop *
aula_hub_loop(const aula_hub *hub)
{
	return hub->loop;
}

aula_port *
aula_hub_port(const aula_hub *hub)
{
	return hub->port;
}

int64_t
aula_hub_now_us(const aula_hub *hub)
{
	return aula_loop_now_us(hub->loop);
}

uint64_t
aula_hub_ntp(const aula_hub *hub, int64_t now_us)
{
	return aula_ntp_of(now_us + hub->ntp_offset_us);
}

uint32_t
aula_hub_random(aula_hub *hub)
{
	/* For what must differ, not for what must stay secret: xorshift64*, seeded well. */
	hub->random ^= hub->random >> 12;
	hub->random ^= hub->random << 25;
	hub->random ^= hub->random >> 27;
	return (uint32_t)(hub->random * UINT64_C(2685821657736338717) >> 32);
}

const aula_hub_listener *
aula_hub_listener_of(const aula_hub *hub, void **ret_data)
{
	*ret_data = hub->data;
	return &hub->listener;
}

uint64_t
aula_hub_dropped(const aula_hub *hub)
{
	return hub->dropped;
}

aula_mirror *
aula_hub_open_mirror(
	aula_hub *hub, uint64_t track, unsigned home, const aula_track_options *options)
{
	aula_mirror *mirror = aula_hub_mirror(hub, track);

	if (mirror != NULL)
		return mirror;
	if (home != hub->index) {
		mirror = aula_mirror_new(hub, track, home, options);
		aula_letter_subscribe(hub, home, track, true);
		return mirror;
	}
	aula_live_track *here = aula_hub_track(hub, track);
	aula_live_feed *feed = aula_hub_feed(hub, track);
	if (here == NULL && feed == NULL)
		return NULL;
	mirror = aula_mirror_new(hub, track, home, options);
	for (unsigned i = 0; i < AULA_ENCODINGS_MOST; i++)
		if (feed != NULL)
			aula_mirror_set_pair(mirror, i, aula_feed_pair(feed, i));
		else if (i < aula_track_encoding_count(here)) {
			aula_mirror_set_pair(mirror, i, aula_track_pair(here, i));
			aula_mirror_note_rate(mirror, i, aula_track_bps(here, i));
		}
	return mirror;
}

void
aula_hub_want_keyframe(aula_hub *hub, uint64_t track, uint32_t encodings)
{
	aula_live_track *here = aula_hub_track(hub, track);
	aula_live_feed *feed = aula_hub_feed(hub, track);

	if (here != NULL)
		aula_track_want_keyframe(here, encodings);
	else if (feed != NULL)
		aula_feed_want_keyframe(feed, encodings);
}

/* -- to other hubs -- */

void
aula_hub_send_packet(aula_hub *hub, unsigned to, uint64_t track, aula_packet *packet)
{
	if (hub->closed)
		return;
	if (!aula_link_add(hub->links[to], track, packet))
		hub->dropped++;
	aula_loop_flush_later(hub->loop, &hub->flush);
}

void
aula_hub_flush_link(aula_hub *hub, unsigned to)
{
	if (!hub->closed)
		aula_link_flush(hub->links[to]);
}
