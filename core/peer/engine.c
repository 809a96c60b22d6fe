/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/engine.h"

#include <unistd.h>

#include "peer/candidates.h"
#include "peer/credentials.h"
#include "peer/feed.h"
#include "peer/gate.h"
#include "peer/herald.h"
#include "peer/hub.h"
#include "peer/loops.h"
#include "peer/order.h"
#include "peer/registry.h"

struct aula_engine {
	aula_loop *control;
	aula_engine_listener listener;
	void *data;
	aula_gate *gate;
	aula_registry registry;
	char **addresses; /* of candidates */
	bool tcp, full;
	aula_loops media;
};

/* -- from the loops -- */

/* On the control thread, where the named may have been closed in the meantime. */

static void
on_connected(void *data, uint64_t peer, const char *path, int64_t reached_us)
{
	aula_engine *engine = data;

	if (aula_registry_peer(&engine->registry, peer) != NULL)
		engine->listener.on_peer_connected(
			engine->data, (aula_peer){ peer }, path, reached_us);
}

static void
on_closed(void *data, uint64_t peer, const char *reason)
{
	aula_engine *engine = data;

	if (aula_registry_peer(&engine->registry, peer) == NULL)
		return;
	aula_registry_remove_peer(&engine->registry, peer);
	engine->listener.on_peer_closed(engine->data, (aula_peer){ peer }, reason);
}

static void
on_candidate(void *data, uint64_t peer, const aula_candidate *candidate)
{
	aula_engine *engine = data;

	if (aula_registry_add_candidate(&engine->registry, peer, candidate))
		engine->listener.on_peer_candidate(engine->data, (aula_peer){ peer }, candidate);
}

static void
on_receiving(void *data, uint64_t track, bool receiving)
{
	aula_engine *engine = data;

	if (aula_registry_track(&engine->registry, track) != NULL)
		engine->listener.on_track_receiving(engine->data, (aula_track){ track }, receiving);
}

static void
on_speaking(void *data, uint64_t track, bool speaking, int level_dbov)
{
	aula_engine *engine = data;

	if (aula_registry_track(&engine->registry, track) != NULL)
		engine->listener.on_track_speaking(
			engine->data, (aula_track){ track }, speaking, level_dbov);
}

static void
on_wanted(void *data, uint64_t track, uint32_t encodings)
{
	aula_engine *engine = data;

	if (aula_registry_track(&engine->registry, track) != NULL)
		engine->listener.on_track_wanted(engine->data, (aula_track){ track }, encodings);
}

static void
on_shown(void *data, uint64_t sender, const aula_shown *shown)
{
	aula_engine *engine = data;

	if (engine->listener.on_sender_shown != NULL &&
		aula_registry_sender(&engine->registry, sender) != NULL)
		engine->listener.on_sender_shown(engine->data, (aula_sender){ sender }, shown);
}

static const aula_gate_listener gate_listener = {
	.on_gate_connected = on_connected,
	.on_gate_closed = on_closed,
	.on_gate_candidate = on_candidate,
	.on_gate_receiving = on_receiving,
	.on_gate_speaking = on_speaking,
	.on_gate_wanted = on_wanted,
	.on_gate_shown = on_shown,
};

/* -- life -- */

static void
free_parts(aula_engine *engine)
{
	aula_registry_finish(&engine->registry);
	aula_gate_shut(engine->gate);
	g_strfreev(engine->addresses);
	g_free(engine);
}

aula_engine *
aula_engine_new(const aula_engine_options *options, const aula_certificate *certificate,
	aula_loop *control, const aula_engine_listener *listener, void *data, GError **error)
{
	aula_engine *engine = g_new0(aula_engine, 1);

	engine->control = control;
	engine->listener = *listener;
	engine->data = data;
	engine->gate = aula_gate_new(control, &gate_listener, engine);
	engine->tcp = options->tcp;
	engine->full = options->agents != NULL;
	engine->addresses =
		aula_addresses_find(options->addresses, options->announced, options->loopback);
	bool made = aula_loops_init(
		&engine->media, options, certificate, &aula_herald, engine->gate, error);
	aula_registry_init(&engine->registry, made ? engine->media.count : 1, options->peers_most);
	if (made)
		return engine;
	free_parts(engine);
	return NULL;
}

void
aula_engine_free(aula_engine *engine)
{
	if (engine == NULL)
		return;
	aula_loops_finish(&engine->media);
	free_parts(engine);
}

/* -- orders -- */

static void
give(aula_engine *engine, unsigned loop, aula_order *order)
{
	aula_order_give(order, engine->media.hubs[loop]);
}

/* -- peers -- */

static aula_peer
open_peer(aula_engine *engine, bool leads, aula_ice_credentials *ret_local)
{
	AULA_ASSERT_ON(engine->control);
	uint64_t id = aula_registry_add_peer(&engine->registry);

	if (id == 0)
		return (aula_peer){ 0 };
	aula_order *given = aula_order_new(aula_order_open);
	aula_credentials_make(ret_local);
	given->peer = id;
	given->credentials = *ret_local;
	given->on = leads;
	give(engine, aula_registry_peer(&engine->registry, id)->loop, given);
	return (aula_peer){ id };
}

aula_peer
aula_engine_open(aula_engine *engine, aula_ice_credentials *ret_local)
{
	return open_peer(engine, false, ret_local);
}

aula_peer
aula_engine_open_first(aula_engine *engine, aula_ice_credentials *ret_local)
{
	return open_peer(engine, true, ret_local);
}

/* Takes `given`. False: the peer is gone. */
static bool
tell(aula_engine *engine, aula_peer peer, aula_order *given)
{
	AULA_ASSERT_ON(engine->control);
	const aula_peer_record *record = aula_registry_peer(&engine->registry, peer.id);

	given->peer = peer.id;
	if (record != NULL)
		give(engine, record->loop, given);
	else
		g_free(given);
	return record != NULL;
}

void
aula_engine_close(aula_engine *engine, aula_peer peer)
{
	if (tell(engine, peer, aula_order_new(aula_order_close)))
		aula_registry_remove_peer(&engine->registry, peer.id);
}

size_t
aula_engine_candidates(
	aula_engine *engine, aula_peer peer, aula_candidate *ret_candidates, size_t most)
{
	AULA_ASSERT_ON(engine->control);
	const aula_peer_record *record = aula_registry_peer(&engine->registry, peer.id);

	if (record == NULL)
		return 0;
	if (engine->full) {
		const GArray *found = record->candidates;
		size_t known = found != NULL ? MIN(found->len, most) : 0;
		if (known > 0)
			memcpy(ret_candidates, found->data, known * sizeof *ret_candidates);
		return known;
	}
	size_t count = aula_candidates_make((const char *const *)engine->addresses,
		aula_port_number(engine->media.ports[record->loop]), engine->tcp, ret_candidates,
		most);
	return MIN(count, most);
}

bool
aula_engine_is_full(const aula_engine *engine)
{
	return engine->full;
}

bool
aula_engine_gathered(const aula_engine *engine, aula_peer peer)
{
	AULA_ASSERT_ON(engine->control);
	const aula_peer_record *record = aula_registry_peer(&engine->registry, peer.id);

	return record == NULL || !engine->full || record->gathered;
}

void
aula_engine_add_candidates(aula_engine *engine, aula_peer peer, const aula_candidate *candidates,
	size_t count, bool last)
{
	AULA_ASSERT_ON(engine->control);
	const aula_peer_record *record = aula_registry_peer(&engine->registry, peer.id);

	/* A lite agent has no use for them. */
	if (record == NULL || !engine->full || (count == 0 && !last))
		return;
	aula_order *given = aula_order_new(aula_order_add_candidates);
	given->peer = peer.id;
	given->on = last;
	given->candidates.list = g_memdup2(candidates, count * sizeof *candidates);
	given->candidates.count = count;
	give(engine, record->loop, given);
}

void
aula_engine_set_remote(
	aula_engine *engine, aula_peer peer, const aula_sdp_transport *remote, aula_setup setup)
{
	aula_order *given = aula_order_new(aula_order_set_remote);

	given->remote = *remote;
	given->setup = setup;
	tell(engine, peer, given);
}

void
aula_engine_restart(aula_engine *engine, aula_peer peer, aula_ice_credentials *ret_local)
{
	const aula_peer_record *record = aula_registry_peer(&engine->registry, peer.id);
	aula_order *given = aula_order_new(aula_order_restart);

	aula_credentials_make(ret_local);
	given->credentials = *ret_local;
	/* What is still gathered is of today; and nothing of it comes after what is new. */
	given->on = engine->full && record != NULL && record->gathered;
	if (given->on)
		aula_registry_renew(&engine->registry, peer.id);
	tell(engine, peer, given);
}

void
aula_engine_limit(aula_engine *engine, aula_peer peer, int64_t max_bitrate_bps)
{
	aula_order *given = aula_order_new(aula_order_limit);

	given->limit_bps = max_bitrate_bps;
	tell(engine, peer, given);
}

/* -- tracks -- */

aula_track
aula_engine_open_track(aula_engine *engine, aula_peer peer, const aula_track_options *options)
{
	AULA_ASSERT_ON(engine->control);
	uint64_t id = aula_registry_add_track(&engine->registry, peer.id, options);

	if (id == 0)
		return (aula_track){ 0 };
	aula_order *given = aula_order_new(aula_order_open_track);
	given->peer = peer.id;
	given->track = id;
	given->track_options = *options;
	give(engine, aula_registry_track(&engine->registry, id)->loop, given);
	return (aula_track){ id };
}

/* False: the track is dead. */
static bool
order_track(aula_engine *engine, aula_track track, aula_order_run *run, bool on)
{
	AULA_ASSERT_ON(engine->control);
	const aula_track_record *record = aula_registry_track(&engine->registry, track.id);

	if (record == NULL)
		return false;
	aula_order *given = aula_order_new(run);
	given->track = track.id;
	given->on = on;
	give(engine, record->loop, given);
	return true;
}

void
aula_engine_close_track(aula_engine *engine, aula_track track)
{
	if (order_track(engine, track, aula_order_close_track, false))
		aula_registry_remove_track(&engine->registry, track.id);
}

void
aula_engine_mute(aula_engine *engine, aula_track track, bool muted)
{
	order_track(engine, track, aula_order_mute, muted);
}

void
aula_engine_keyframe(aula_engine *engine, aula_track track)
{
	order_track(engine, track, aula_order_keyframe, false);
}

/* -- feeds -- */

static const aula_track_record *
feed_record(aula_engine *engine, aula_track feed)
{
	AULA_ASSERT_ON(engine->control);
	const aula_track_record *record = aula_registry_track(&engine->registry, feed.id);

	return record != NULL && record->peer == 0 ? record : NULL;
}

aula_track
aula_engine_open_feed(aula_engine *engine, aula_codec codec)
{
	AULA_ASSERT_ON(engine->control);
	aula_order *given = aula_order_new(aula_order_open_feed);

	aula_feed_options_init(&given->track_options, codec);
	given->feed = aula_registry_add_feed(&engine->registry, &given->track_options);
	if (given->feed == 0) {
		g_free(given);
		return (aula_track){ 0 };
	}
	const aula_track feed = { given->feed };
	give(engine, feed_record(engine, feed)->loop, given);
	return feed;
}

void
aula_engine_close_feed(aula_engine *engine, aula_track feed)
{
	const aula_track_record *record = feed_record(engine, feed);

	if (record == NULL)
		return;
	aula_order *given = aula_order_new(aula_order_close_feed);
	given->feed = feed.id;
	give(engine, record->loop, given);
	aula_registry_remove_track(&engine->registry, feed.id);
}

aula_code
aula_engine_switch(aula_engine *engine, aula_track feed, aula_track source, uint64_t owner)
{
	const aula_track_record *record = feed_record(engine, feed);
	const aula_track_record *track = aula_registry_track(&engine->registry, source.id);

	if (record == NULL || (track == NULL && !AULA_NONE(source)))
		return AULA_GONE;
	if (track != NULL && (track->peer == 0 || track->options.codec != record->options.codec))
		return AULA_UNSUPPORTED;
	aula_order *given = aula_order_new(aula_order_switch);
	given->feed = feed.id;
	if (track != NULL) {
		given->track = source.id;
		given->home = track->loop;
		given->track_options = track->options;
		given->owner = owner;
	}
	give(engine, record->loop, given);
	return AULA_OK;
}

/* -- senders -- */

aula_sender
aula_engine_open_sender(aula_engine *engine, aula_peer peer, const aula_sender_options *options)
{
	AULA_ASSERT_ON(engine->control);
	uint64_t id = aula_registry_add_sender(&engine->registry, peer.id);

	if (id == 0)
		return (aula_sender){ 0 };
	aula_order *given = aula_order_new(aula_order_open_sender);
	given->peer = peer.id;
	given->sender = id;
	given->sender_options = *options;
	give(engine, aula_registry_sender(&engine->registry, id)->loop, given);
	return (aula_sender){ id };
}

/* NULL: the sender is dead. */
static aula_order *
order_sender(aula_engine *engine, aula_sender sender, aula_order_run *run, unsigned *ret_loop)
{
	AULA_ASSERT_ON(engine->control);
	const aula_sender_record *record = aula_registry_sender(&engine->registry, sender.id);

	if (record == NULL)
		return NULL;
	*ret_loop = record->loop;
	aula_order *given = aula_order_new(run);
	given->sender = sender.id;
	return given;
}

void
aula_engine_close_sender(aula_engine *engine, aula_sender sender)
{
	unsigned loop;
	aula_order *given = order_sender(engine, sender, aula_order_close_sender, &loop);

	if (given == NULL)
		return;
	give(engine, loop, given);
	aula_registry_remove_sender(&engine->registry, sender.id);
}

void
aula_engine_feed(aula_engine *engine, aula_sender sender, aula_track source)
{
	unsigned loop;
	aula_order *given = order_sender(engine, sender, aula_order_feed, &loop);
	const aula_track_record *track = aula_registry_track(&engine->registry, source.id);

	if (given == NULL)
		return;
	if (track != NULL) {
		given->track = source.id;
		given->home = track->loop;
		given->track_options = track->options;
	}
	give(engine, loop, given);
}

void
aula_engine_pause(aula_engine *engine, aula_sender sender, bool paused)
{
	unsigned loop;
	aula_order *given = order_sender(engine, sender, aula_order_pause, &loop);

	if (given == NULL)
		return;
	given->on = paused;
	give(engine, loop, given);
}

void
aula_engine_aim(aula_engine *engine, aula_sender sender, const aula_aim *aim)
{
	unsigned loop;
	aula_order *given = order_sender(engine, sender, aula_order_aim, &loop);

	if (given == NULL)
		return;
	given->aim = *aim;
	give(engine, loop, given);
}

/* -- taps -- */

aula_code
aula_engine_tap(aula_engine *engine, aula_track track, const aula_tap_ops *ops, void *data,
	aula_tap *ret_tap)
{
	AULA_ASSERT_ON(engine->control);
	const aula_track_record *record = aula_registry_track(&engine->registry, track.id);

	if (record == NULL)
		return AULA_GONE;
	uint64_t id = aula_registry_add_tap(&engine->registry, track.id);
	if (id == 0)
		return AULA_FULL;
	aula_order *given = aula_order_new(aula_order_tap);
	given->track = track.id;
	given->tap = id;
	given->tapping.ops = ops;
	given->tapping.data = data;
	give(engine, record->loop, given);
	*ret_tap = (aula_tap){ id };
	return AULA_OK;
}

void
aula_engine_untap(aula_engine *engine, aula_tap tap)
{
	AULA_ASSERT_ON(engine->control);
	const aula_tap_record *record = aula_registry_tap(&engine->registry, tap.id);

	if (record == NULL)
		return;
	aula_order *given = aula_order_new(aula_order_untap);
	given->track = record->track;
	given->tap = tap.id;
	give(engine, record->loop, given);
	aula_registry_remove_tap(&engine->registry, tap.id);
}

/* -- statistics -- */

static void
ask(aula_engine *engine, aula_peer peer, bool brief, void (*done)(void *data, json_t *stats),
	void *data)
{
	aula_order *given = aula_order_new(aula_order_stats);

	given->asking.gate = engine->gate;
	given->asking.brief = brief;
	given->asking.done = done;
	given->asking.data = data;
	if (!tell(engine, peer, given))
		aula_gate_stats(engine->gate, NULL, done, data);
}

void
aula_engine_stats(
	aula_engine *engine, aula_peer peer, void (*done)(void *data, json_t *stats), void *data)
{
	ask(engine, peer, false, done, data);
}

void
aula_engine_look(
	aula_engine *engine, aula_peer peer, void (*done)(void *data, json_t *stats), void *data)
{
	ask(engine, peer, true, done, data);
}

const aula_gauges *const *
aula_engine_gauges(const aula_engine *engine, unsigned *ret_count)
{
	*ret_count = engine->media.count;
	return engine->media.gauges;
}

size_t
aula_engine_peers_on(const aula_engine *engine, unsigned loop)
{
	return loop < engine->registry.loop_count ? engine->registry.peers_on[loop] : SIZE_MAX;
}

void
aula_engine_capture(aula_engine *engine, aula_peer peer, aula_capture *capture)
{
	aula_order *given = aula_order_new(aula_order_capture);

	given->capture = aula_capture_ref(capture);
	if (!tell(engine, peer, given))
		aula_capture_unref(capture);
}
