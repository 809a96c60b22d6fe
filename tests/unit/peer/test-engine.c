/* SPDX-License-Identifier: Apache-2.0 */
/* The engine as the control thread sees it: names of the dead, bounds, taps, what it tells. */
#include <stdatomic.h>
#include <string.h>

#include "base/packet.h"
#include "world.h"

enum { SOON_MS = 10000 };

/* -- the dead -- */

static void
name_the_dead(void *data)
{
	world *w = data;
	aula_engine *engine = w->engine;
	aula_ice_credentials local;
	aula_candidate candidates[4];
	const aula_track_options track_options = { .kind = AULA_AUDIO, .clock_hz = 48000 };
	const aula_sender_options sender_options = { .kind = AULA_AUDIO, .clock_hz = 48000 };
	const aula_sdp_transport remote = { .setup = AULA_SETUP_ACTIVE };
	const aula_tap_ops ops = { .size = sizeof(ops) };
	aula_tap tap = { 0 };
	aula_peer peer = aula_engine_open(engine, &local);
	aula_track track = aula_engine_open_track(engine, peer, &track_options);
	aula_sender sender = aula_engine_open_sender(engine, peer, &sender_options);

	aula_engine_close(engine, peer);
	/* All of them died with the peer. */
	aula_engine_close(engine, peer);
	aula_engine_set_remote(engine, peer, &remote, AULA_SETUP_PASSIVE);
	aula_engine_restart(engine, peer, &local);
	aula_engine_limit(engine, peer, 1);
	aula_engine_close_track(engine, track);
	aula_engine_mute(engine, track, true);
	aula_engine_keyframe(engine, track);
	aula_engine_feed(engine, sender, track);
	aula_engine_pause(engine, sender, true);
	aula_engine_close_sender(engine, sender);
	aula_engine_untap(engine, (aula_tap){ 12345 });
	g_assert_cmpuint(aula_engine_candidates(engine, peer, candidates, 4), ==, 0);
	g_assert_true(AULA_NONE(aula_engine_open_track(engine, peer, &track_options)));
	g_assert_true(AULA_NONE(aula_engine_open_sender(engine, peer, &sender_options)));
	g_assert_cmpint(aula_engine_tap(engine, track, &ops, NULL, &tap), ==, AULA_GONE);
	g_assert_true(AULA_NONE(tap));
}

static void
test_the_dead(void)
{
	world *w = world_new(2);

	world_do(w, name_the_dead, w);
	g_assert_null(world_stats(w, (aula_peer){ 12345 }));
	world_free(w);
}

/* -- bounds -- */

static void
fill(void *data)
{
	world *w = data;
	aula_ice_credentials local, last = { .ufrag = "" };
	aula_peer peers[256];
	aula_candidate candidate;
	unsigned ports[2] = { 0 }, on[2] = { 0 };

	for (unsigned i = 0; i < 256; i++) {
		peers[i] = aula_engine_open(w->engine, &local);
		g_assert_cmpuint(peers[i].id, !=, 0);
		g_assert_cmpuint(strlen(local.ufrag), >=, 4);
		g_assert_cmpuint(strlen(local.pwd), >=, 22);
		g_assert_cmpstr(local.ufrag, !=, last.ufrag);
		g_assert_cmpstr(local.pwd, !=, last.pwd);
		last = local;
		aula_engine_candidates(w->engine, peers[i], &candidate, 1);
		unsigned which = ports[0] == 0 || ports[0] == candidate.port ? 0 : 1;
		ports[which] = candidate.port;
		on[which]++;
	}
	/* Spread over the loops. */
	g_assert_cmpuint(on[0], ==, 128);
	g_assert_cmpuint(on[1], ==, 128);
	g_assert_cmpuint(aula_engine_open(w->engine, &local).id, ==, 0);
	aula_engine_close(w->engine, peers[7]);
	g_assert_cmpuint(aula_engine_open(w->engine, &local).id, !=, 0);
}

static void
test_bounds(void)
{
	world *w = world_new(2);

	world_do(w, fill, w);
	world_free(w);
}

static void
make_on_a_taken_port(void *data)
{
	static const char *const addresses[] = { "127.0.0.1", NULL };
	person *p = data;
	const aula_engine_listener listener = { .on_peer_closed = NULL };
	const aula_engine_options options = { .loops = 2,
		.addresses = addresses,
		.first_port = (uint16_t)(p->candidate.port - 1),
		.packets_most = 64,
		.consent_ms = 1000,
		.connect_ms = 1000,
		.peers_most = 4 };
	g_autoptr(GError) error = NULL;

	g_assert_null(aula_engine_new(
		&options, p->w->certificate, p->w->control, &listener, NULL, &error));
	g_assert_nonnull(error);
}

static void
test_port_taken(void)
{
	world *w = world_new(1);
	person *p = person_new(w);

	world_do(w, make_on_a_taken_port, p);
	person_free(p);
	world_free(w);
}

/* -- taps -- */

typedef struct {
	world *w;
	person *publisher;
	aula_track track;
	aula_tap tap;
	aula_code code;
	_Atomic unsigned packets, keyframes, closed;
	uint16_t last;
	aula_packet *kept;
} tapping;

static void
on_packet(void *data, aula_track track, aula_packet *packet, const aula_packet_view *view)
{
	tapping *t = data;

	g_assert_cmpuint(track.id, ==, t->track.id);
	g_assert_cmpuint(atomic_load(&t->closed), ==, 0);
	g_assert_cmpuint(view->sequence, ==, (uint16_t)(t->last + 1));
	g_assert_cmpuint(view->length, ==, view->header_length + view->payload_length);
	g_assert_true(view->received_us <= aula_now_us());
	if (t->kept == NULL)
		t->kept = aula_packet_ref(packet);
	t->last = view->sequence;
	atomic_fetch_add(&t->keyframes, view->keyframe);
	atomic_fetch_add(&t->packets, 1);
}

static void
on_tap_closed(void *data, aula_track track)
{
	tapping *t = data;

	g_assert_cmpuint(track.id, ==, t->track.id);
	atomic_fetch_add(&t->closed, 1);
}

static const aula_tap_ops tap_ops = { sizeof(tap_ops), on_packet, on_tap_closed };

static void
do_tap(void *data)
{
	tapping *t = data;

	t->code = aula_engine_tap(t->w->engine, t->track, &tap_ops, t, &t->tap);
}

static void
do_untap(void *data)
{
	tapping *t = data;

	aula_engine_untap(t->w->engine, t->tap);
	aula_engine_untap(t->w->engine, t->tap);
}

static void
wait_for(_Atomic unsigned *count, unsigned value)
{
	gint64 until = g_get_monotonic_time() + SOON_MS * 1000;

	while (atomic_load(count) < value) {
		g_assert_cmpint(g_get_monotonic_time(), <, until);
		g_usleep(1000);
	}
	g_assert_cmpuint(atomic_load(count), ==, value);
}

static void
send_ten(tapping *t)
{
	for (int i = 1; i <= 10; i++) {
		rtp packet = { .ssrc = 77,
			.payload_type = VIDEO_PT,
			.sequence = (uint16_t)(t->last + 1),
			.keyframe = i == 1,
			.payload_length = 100 };
		unsigned seen = atomic_load(&t->packets);
		person_rtp(t->publisher, &packet);
		wait_for(&t->packets, seen + 1);
	}
}

static tapping *
tapping_new(void)
{
	tapping *t = g_new0(tapping, 1);

	t->w = world_new(1);
	t->publisher = person_new(t->w);
	t->track = person_send_video(t->publisher, "v", 77, 0);
	t->last = 41;
	world_do(t->w, do_tap, t);
	g_assert_cmpint(t->code, ==, AULA_OK);
	json_decref(world_stats(t->w, t->publisher->peer));
	send_ten(t);
	g_assert_cmpuint(t->keyframes, ==, 1);
	return t;
}

static void
tapping_free(tapping *t)
{
	g_assert_cmpuint(t->closed, ==, 1);
	world_free(t->w);
	/* It outlives the pool it came from. */
	g_assert_cmpuint(t->kept->view.sequence, ==, 42);
	aula_packet_unref(t->kept);
	g_free(t);
}

static void
test_untap(void)
{
	tapping *t = tapping_new();

	world_do(t->w, do_untap, t);
	wait_for(&t->closed, 1);
	person_free(t->publisher);
	tapping_free(t);
}

static void
test_tap_of_a_track_that_closes(void)
{
	tapping *t = tapping_new();

	world_close_track(t->w, t->track);
	wait_for(&t->closed, 1);
	world_do(t->w, do_untap, t);
	person_free(t->publisher);
	tapping_free(t);
}

static void
test_tap_of_a_peer_that_closes(void)
{
	tapping *t = tapping_new();

	person_free(t->publisher);
	wait_for(&t->closed, 1);
	tapping_free(t);
}

static void
test_taps_are_bounded(void)
{
	tapping *t = tapping_new();

	for (int i = 1; i < 16; i++) {
		world_do(t->w, do_tap, t);
		g_assert_cmpint(t->code, ==, AULA_OK);
	}
	world_do(t->w, do_tap, t);
	g_assert_cmpint(t->code, ==, AULA_FULL);
	person_free(t->publisher);
	wait_for(&t->closed, 16);
	t->closed = 1;
	tapping_free(t);
}

/* -- what it tells -- */

static void
set_limit(void *data)
{
	person *p = data;

	aula_engine_limit(p->w->engine, p->peer, 384000);
}

static void
test_limit(void)
{
	world *w = world_new(1);
	person *p = person_new(w);
	aula_track track = person_send_video(p, "v", 77, 0);
	aula_rtcp packet;
	int64_t limit_bps;
	uint32_t ssrc;

	person_rtp(p, &(rtp){ .ssrc = 77,
			      .payload_type = VIDEO_PT,
			      .sequence = 1,
			      .payload_length = 100 });
	world_wait(w, w->receiving, track.id, true);
	world_do(w, set_limit, p);
	/* Told at once, and again. */
	for (int i = 0; i < 2; i++) {
		g_assert_true(person_next_rtcp(p, AULA_RTCP_REMB, &packet, SOON_MS));
		g_assert_true(aula_rtcp_read_remb(&packet, &limit_bps));
		g_assert_cmpint(limit_bps, <=, 384000);
		g_assert_cmpint(limit_bps, >=, 380000);
		g_assert_true(aula_rtcp_read_source(&packet, 0, &ssrc));
		g_assert_cmpuint(ssrc, ==, 77);
	}
	person_free(p);
	world_free(w);
}

static void
test_closed_by_the_client(void)
{
	world *w = world_new(2);
	person *p = person_new(w);

	SSL_shutdown(p->client->ssl);
	client_flush(p->client);
	world_wait(w, w->closed, p->peer.id, true);
	g_assert_null(world_stats(w, p->peer));
	person_free(p);
	world_free(w);
}

static void
test_bye(void)
{
	world *w = world_new(1);
	person *p = person_new(w);
	aula_track track = person_send_video(p, "v", 77, 0);
	uint8_t bytes[64];
	aula_rtcp_writer writer = aula_rtcp_write(bytes, sizeof(bytes));

	person_rtp(p, &(rtp){ .ssrc = 77,
			      .payload_type = VIDEO_PT,
			      .sequence = 1,
			      .payload_length = 100 });
	world_wait(w, w->receiving, track.id, true);
	aula_rtcp_write_rr(&writer, 77, NULL, 0);
	aula_rtcp_write_bye(&writer, &(uint32_t){ 77 }, 1, NULL);
	gint64 began = g_get_monotonic_time();
	person_rtcp(p, &writer);
	world_wait(w, w->receiving, track.id, false);
	g_test_message("told after %" G_GINT64_FORMAT " us", g_get_monotonic_time() - began);
	person_free(p);
	world_free(w);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/peer/engine/the-dead", test_the_dead);
	g_test_add_func("/peer/engine/bounds", test_bounds);
	g_test_add_func("/peer/engine/port-taken", test_port_taken);
	g_test_add_func("/peer/engine/untap", test_untap);
	g_test_add_func("/peer/engine/tap-of-a-track-that-closes", test_tap_of_a_track_that_closes);
	g_test_add_func("/peer/engine/tap-of-a-peer-that-closes", test_tap_of_a_peer_that_closes);
	g_test_add_func("/peer/engine/taps-are-bounded", test_taps_are_bounded);
	g_test_add_func("/peer/engine/limit", test_limit);
	g_test_add_func("/peer/engine/closed-by-the-client", test_closed_by_the_client);
	g_test_add_func("/peer/engine/bye", test_bye);
	return g_test_run();
}
