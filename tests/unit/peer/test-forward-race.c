/* SPDX-License-Identifier: Apache-2.0 */
/* Peers, tracks, senders and taps opened, fed and closed at random from the control thread while
 * packets flow on three loops: nothing dead is touched, every tap is closed once. Worth most under
 * the sanitizers. */
#include <stdatomic.h>
#include <string.h>

#include "world.h"

enum { PEOPLE = 6, TRACKS = 4, THINGS = 48, TAPS = 2000, ROUNDS = 600, OPS_A_ROUND = 20 };

typedef struct {
	_Atomic unsigned closed, packets, late;
} tapped;

typedef struct {
	world *w;
	GRand *random;
	person *people[PEOPLE];
	aula_track tracks[THINGS];
	aula_sender senders[THINGS];
	aula_tap taps[THINGS];
	tapped tapped[TAPS];
	unsigned tap_count, answers; /* [control] */
	_Atomic bool over;
} race;

/* -- traffic -- */

static void *
send_all(void *data)
{
	race *r = data;
	uint16_t sequence = 65000;

	while (!atomic_load(&r->over)) {
		for (unsigned i = 0; i < PEOPLE; i++)
			for (unsigned k = 0; k < TRACKS; k++) {
				g_autofree char *mid = g_strdup_printf("%u", k);
				bool video = k % 2;
				/* Every seventh is lost, so that both ways of repair are busy. */
				if ((sequence + i + k) % 7 == 0)
					continue;
				person_rtp(r->people[i],
					&(rtp){ .ssrc = 100 + k,
						.mid = mid,
						.level = 20,
						.payload_type = video ? VIDEO_PT : AUDIO_PT,
						.sequence = sequence,
						.timestamp = sequence * 960u,
						.keyframe = sequence % 10 == 0,
						.payload_length = 100 });
			}
		sequence++;
		g_usleep(1000);
	}
	return NULL;
}

/* -- taps -- */

static void
on_packet(void *data, aula_track track, aula_packet *packet, const aula_packet_view *view)
{
	tapped *t = data;

	(void)track, (void)packet;
	g_assert_cmpuint(view->payload_length, ==, 100);
	atomic_fetch_add(&t->packets, 1);
	if (atomic_load(&t->closed) != 0)
		atomic_fetch_add(&t->late, 1);
}

static void
on_tap_closed(void *data, aula_track track)
{
	tapped *t = data;

	(void)track;
	atomic_fetch_add(&t->closed, 1);
}

static const aula_tap_ops tap_ops = { sizeof(tap_ops), on_packet, on_tap_closed };

/* -- control -- */

static unsigned
any(race *r, unsigned most)
{
	return (unsigned)g_rand_int_range(r->random, 0, (gint32)most);
}

static void
on_stats(void *data, json_t *stats)
{
	race *r = data;

	(void)stats;
	r->answers--;
}

static void
open_track(race *r, aula_track *track)
{
	unsigned k = any(r, TRACKS);
	bool video = k % 2;
	aula_track_options options = {
		.kind = video ? AULA_VIDEO : AULA_AUDIO,
		.codec = video ? AULA_CODEC_VP8 : AULA_CODEC_OPUS,
		.payload_type = video ? VIDEO_PT : AUDIO_PT,
		.rtx_payload_type = video ? VIDEO_RTX_PT : 255,
		.red_payload_type = 255,
		.clock_hz = video ? 90000 : 48000,
		.extensions.id[AULA_EXTENSION_MID] = 4,
		.feedback = AULA_FB_NACK | AULA_FB_PLI | AULA_FB_REMB,
	};

	g_snprintf(options.mid, sizeof(options.mid), "%u", k);
	aula_engine_close_track(r->w->engine, *track);
	*track = aula_engine_open_track(r->w->engine, r->people[any(r, PEOPLE)]->peer, &options);
}

static void
open_sender(race *r, aula_sender *sender)
{
	bool video = any(r, 2);
	const aula_sender_options options = {
		.kind = video ? AULA_VIDEO : AULA_AUDIO,
		.mid = "0",
		.codec = video ? AULA_CODEC_VP8 : AULA_CODEC_OPUS,
		.payload_type = 100,
		.rtx_payload_type = video ? 101 : 255,
		.red_payload_type = 255,
		.clock_hz = video ? 90000 : 48000,
		.ssrc = 1 + g_rand_int(r->random) / 2,
		.rtx_ssrc = 1 + g_rand_int(r->random) / 2,
		.cname = "race",
		.feedback = AULA_FB_NACK | AULA_FB_PLI,
	};

	aula_engine_close_sender(r->w->engine, *sender);
	*sender = aula_engine_open_sender(r->w->engine, r->people[any(r, PEOPLE)]->peer, &options);
}

static void
open_tap(race *r, aula_track track, aula_tap *tap)
{
	aula_engine_untap(r->w->engine, *tap);
	*tap = (aula_tap){ 0 };
	if (r->tap_count < TAPS && aula_engine_tap(r->w->engine, track, &tap_ops,
					   &r->tapped[r->tap_count], tap) == AULA_OK)
		r->tap_count++;
}

static void
one_op(race *r)
{
	aula_engine *engine = r->w->engine;
	aula_track *track = &r->tracks[any(r, THINGS)];
	aula_sender *sender = &r->senders[any(r, THINGS)];

	switch (any(r, 10)) {
	case 0:
		open_track(r, track);
		break;
	case 1:
		open_sender(r, sender);
		break;
	case 2:
		open_tap(r, *track, &r->taps[any(r, THINGS)]);
		break;
	case 3:
		aula_engine_pause(engine, *sender, any(r, 2));
		break;
	case 4:
		aula_engine_mute(engine, *track, any(r, 2));
		break;
	case 5:
		aula_engine_keyframe(engine, *track);
		break;
	case 6:
		r->answers++;
		aula_engine_stats(engine, r->people[any(r, PEOPLE)]->peer, on_stats, r);
		break;
	case 7:
		aula_engine_limit(engine, r->people[any(r, PEOPLE)]->peer, any(r, 1000000));
		break;
	default:
		aula_engine_feed(engine, *sender, *track);
		break;
	}
}

static void
some_ops(void *data)
{
	for (int i = 0; i < OPS_A_ROUND; i++)
		one_op(data);
}

static void
close_one(void *data)
{
	race *r = data;

	aula_engine_close(r->w->engine, r->people[any(r, PEOPLE)]->peer);
}

static void
test_race(void)
{
	g_autofree race *r = g_new0(race, 1);
	unsigned packets = 0;

	r->random = g_rand_new_with_seed((guint32)g_test_rand_int());
	r->w = world_new(3);
	for (int i = 0; i < PEOPLE; i++)
		r->people[i] = person_new(r->w);
	GThread *traffic = g_thread_new("traffic", send_all, r);
	for (int round = 0; round < ROUNDS; round++) {
		world_do(r->w, some_ops, r);
		for (int i = 0; i < PEOPLE; i++)
			while (client_receive(r->people[i]->client, 0))
				;
		/* The last fifth: peers go as well, with all that is on them. */
		if (round > ROUNDS * 4 / 5 && round % 10 == 0)
			world_do(r->w, close_one, r);
		g_usleep(1000);
	}
	/* Every question was answered, also those about the dead. */
	json_decref(world_stats(r->w, r->people[0]->peer));
	world_free(r->w);
	atomic_store(&r->over, true);
	g_thread_join(traffic);
	for (int i = 0; i < PEOPLE; i++) {
		client_free(r->people[i]->client);
		g_free(r->people[i]);
	}
	for (unsigned i = 0; i < r->tap_count; i++) {
		g_assert_cmpuint(r->tapped[i].closed, ==, 1);
		g_assert_cmpuint(r->tapped[i].late, ==, 0);
		packets += r->tapped[i].packets;
	}
	g_test_message("%u taps saw %u packets", r->tap_count, packets);
	g_assert_cmpuint(r->tap_count, >, 0);
	g_assert_cmpuint(packets, >, 0);
	g_assert_cmpuint(r->answers, ==, 0);
	g_rand_free(r->random);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/peer/forward/race", test_race);
	return g_test_run();
}
