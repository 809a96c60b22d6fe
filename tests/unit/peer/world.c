/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <string.h>
#include <time.h>

static struct timespec
patience(void)
{
	return (struct timespec){ .tv_sec = time(NULL) + WORLD_PATIENCE_MS / 1000 };
}

/* -- the control thread -- */

typedef struct {
	world *w;
	void (*call)(void *data);
	void *data;
	bool done;
} task;

static void
run_task(void *data)
{
	task *t = data;

	t->call(t->data);
	pthread_mutex_lock(&t->w->lock);
	t->done = true;
	pthread_cond_broadcast(&t->w->changed);
	pthread_mutex_unlock(&t->w->lock);
}

void
world_do(world *w, void (*call)(void *data), void *data)
{
	task t = { w, call, data, false };

	aula_loop_call(w->control, run_task, &t);
	pthread_mutex_lock(&w->lock);
	while (!t.done)
		pthread_cond_wait(&w->changed, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

static void
change(world *w, GHashTable *set, uint64_t id, bool in)
{
	pthread_mutex_lock(&w->lock);
	if (in)
		g_hash_table_add(set, (void *)(uintptr_t)id);
	else
		g_hash_table_remove(set, (void *)(uintptr_t)id);
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

static void
on_connected(void *data, aula_peer peer, const char *path, int64_t reached_us)
{
	world *w = data;

	g_assert_true(reached_us > 0 && reached_us <= aula_now_us());
	g_assert_true(strstr(path, " udp") != NULL);
	change(w, w->connected, peer.id, true);
}

static void
on_closed(void *data, aula_peer peer, const char *reason)
{
	world *w = data;

	g_assert_cmpstr(reason, !=, "");
	change(w, w->closed, peer.id, true);
}

static void
on_receiving(void *data, aula_track track, bool receiving)
{
	world *w = data;

	pthread_mutex_lock(&w->lock);
	w->receiving_notices++;
	pthread_mutex_unlock(&w->lock);
	change(w, w->receiving, track.id, receiving);
}

static void
on_speaking(void *data, aula_track track, bool speaking, int level_dbov)
{
	world *w = data;

	g_assert_cmpint(level_dbov, >=, -127);
	g_assert_cmpint(level_dbov, <=, 0);
	change(w, w->speaking, track.id, speaking);
}

static void
on_wanted(void *data, aula_track track, uint32_t encodings)
{
	world *w = data;

	(void)track;
	pthread_mutex_lock(&w->lock);
	w->wanted = encodings;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

static const aula_engine_listener listener = { .on_peer_connected = on_connected,
	.on_peer_closed = on_closed,
	.on_track_receiving = on_receiving,
	.on_track_speaking = on_speaking,
	.on_track_wanted = on_wanted };

void
world_wait_wanted_above(world *w, unsigned encoding)
{
	const struct timespec until = patience();

	pthread_mutex_lock(&w->lock);
	while (w->wanted >> (encoding + 1) == 0)
		g_assert_cmpint(pthread_cond_timedwait(&w->changed, &w->lock, &until), ==, 0);
	pthread_mutex_unlock(&w->lock);
}

void
world_wait_wanted(world *w, uint32_t encodings)
{
	const struct timespec until = patience();

	pthread_mutex_lock(&w->lock);
	while (w->wanted != encodings)
		g_assert_cmpint(pthread_cond_timedwait(&w->changed, &w->lock, &until), ==, 0);
	pthread_mutex_unlock(&w->lock);
}

void
world_wait(world *w, GHashTable *set, uint64_t id, bool in)
{
	const struct timespec until = patience();

	pthread_mutex_lock(&w->lock);
	while (g_hash_table_contains(set, (void *)(uintptr_t)id) != in)
		g_assert_cmpint(pthread_cond_timedwait(&w->changed, &w->lock, &until), ==, 0);
	pthread_mutex_unlock(&w->lock);
}

typedef struct {
	world *w;
	unsigned loops;
} making;

static void
make_engine(void *data)
{
	static const char *const addresses[] = { "127.0.0.1", NULL };
	making *m = data;
	const aula_engine_options options = {
		.loops = m->loops,
		.addresses = addresses,
		.segmentation = true,
		.packets_most = 16384,
		.consent_ms = 30000,
		.connect_ms = 10000,
		.peers_most = 256,
	};
	g_autoptr(GError) error = NULL;

	m->w->engine = aula_engine_new(
		&options, m->w->certificate, m->w->control, &listener, m->w, &error);
	g_assert_no_error(error);
}

static void
free_engine(void *data)
{
	aula_engine_free(((world *)data)->engine);
}

world *
world_new(unsigned loops)
{
	world *w = g_new0(world, 1);
	g_autoptr(GError) error = NULL;

	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	w->connected = g_hash_table_new(NULL, NULL);
	w->closed = g_hash_table_new(NULL, NULL);
	w->receiving = g_hash_table_new(NULL, NULL);
	w->speaking = g_hash_table_new(NULL, NULL);
	w->certificate = aula_certificate_new("test", NULL, 1, &error);
	g_assert_no_error(error);
	w->control = aula_loop_new("control", &error);
	g_assert_no_error(error);
	aula_loop_start(w->control);
	world_do(w, make_engine, &(making){ w, loops });
	return w;
}

void
world_free(world *w)
{
	world_do(w, free_engine, w);
	aula_loop_free(w->control);
	aula_certificate_free(w->certificate);
	g_hash_table_destroy(w->connected);
	g_hash_table_destroy(w->closed);
	g_hash_table_destroy(w->receiving);
	g_hash_table_destroy(w->speaking);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->changed);
	g_free(w);
}

/* -- people -- */

static void
open_peer(void *data)
{
	person *p = data;

	p->peer = aula_engine_open(p->w->engine, &p->local);
	g_assert_cmpuint(p->peer.id, !=, 0);
	g_assert_cmpuint(aula_engine_candidates(p->w->engine, p->peer, &p->candidate, 1), ==, 1);
}

static void
set_remote(void *data)
{
	person *p = data;
	aula_sdp_transport remote = { .ufrag = "cccc",
		.pwd = "cccccccccccccccccccccccc",
		.fingerprint_hash = "sha-256",
		.setup = AULA_SETUP_ACTIVE };

	remote.fingerprint_length = client_fingerprint(p->client, "SHA256", remote.fingerprint);
	aula_engine_set_remote(p->w->engine, p->peer, &remote, AULA_SETUP_PASSIVE);
}

person *
person_new(world *w)
{
	person *p = g_new0(person, 1);

	p->w = w;
	world_do(w, open_peer, p);
	p->client =
		client_new(p->candidate.address, p->candidate.port, false, "SRTP_AEAD_AES_128_GCM");
	client_name_server(p->client, p->local.ufrag, p->local.pwd);
	world_do(w, set_remote, p);
	json_decref(world_stats(w, p->peer)); /* its loop knows of it */
	g_assert_cmpint(client_check(p->client, CHECK_NOMINATE), ==, 0);
	g_assert_true(client_handshake(p->client, true));
	world_wait(w, w->connected, p->peer.id, true);
	return p;
}

static void
close_peer(void *data)
{
	person *p = data;

	aula_engine_close(p->w->engine, p->peer);
}

void
person_free(person *p)
{
	world_do(p->w, close_peer, p);
	client_free(p->client);
	g_free(p);
}

/* -- tracks and senders -- */

typedef struct {
	person *p;
	aula_track_options track_options;
	aula_sender_options sender_options;
	aula_track track;
	aula_sender sender;
} opening;

static void
open_track(void *data)
{
	opening *o = data;

	o->track = aula_engine_open_track(o->p->w->engine, o->p->peer, &o->track_options);
}

static void
open_sender(void *data)
{
	opening *o = data;

	o->sender = aula_engine_open_sender(o->p->w->engine, o->p->peer, &o->sender_options);
}

static aula_track
send_on(person *p, const char *mid, aula_track_options options)
{
	opening o = { .p = p, .track_options = options };

	g_strlcpy(o.track_options.mid, mid, sizeof(o.track_options.mid));
	o.track_options.extensions.id[AULA_EXTENSION_AUDIO_LEVEL] = EXT_LEVEL;
	o.track_options.extensions.id[AULA_EXTENSION_MID] = EXT_MID;
	o.track_options.extensions.id[AULA_EXTENSION_RID] = EXT_RID;
	o.track_options.extensions.id[AULA_EXTENSION_REPAIRED_RID] = EXT_REPAIRED_RID;
	o.track_options.extensions.id[AULA_EXTENSION_TRANSPORT_CC] = EXT_TRANSPORT_CC;
	o.track_options.extensions.id[AULA_EXTENSION_ABS_SEND_TIME] = EXT_ABS_SEND_TIME;
	o.track_options.extensions.id[AULA_EXTENSION_ORIENTATION] = EXT_ORIENTATION;
	world_do(p->w, open_track, &o);
	json_decref(world_stats(p->w, p->peer)); /* its loop knows of it */
	return o.track;
}

aula_track
person_send_audio(person *p, const char *mid, uint32_t ssrc)
{
	return send_on(p, mid,
		(aula_track_options){ .kind = AULA_AUDIO,
			.codec = AULA_CODEC_OPUS,
			.payload_type = AUDIO_PT,
			.rtx_payload_type = 255,
			.red_payload_type = RED_PT,
			.clock_hz = 48000,
			.encoding_count = 1,
			.encodings[0].ssrc = ssrc });
}

static aula_track_options
video(uint32_t lacks)
{
	return (aula_track_options){
		.kind = AULA_VIDEO,
		.codec = AULA_CODEC_VP8,
		.payload_type = VIDEO_PT,
		.rtx_payload_type = VIDEO_RTX_PT,
		.red_payload_type = 255,
		.clock_hz = 90000,
		.encoding_count = 1,
		.feedback = AULA_FB_NACK | AULA_FB_FIR | AULA_FB_REMB |
			    (lacks & LACKS_PLI ? 0 : AULA_FB_PLI),
	};
}

aula_track
person_send_video(person *p, const char *mid, uint32_t ssrc, uint32_t rtx_ssrc)
{
	aula_track_options options = video(0);

	options.encodings[0] = (aula_encoding_options){ .ssrc = ssrc, .rtx_ssrc = rtx_ssrc };
	return send_on(p, mid, options);
}

aula_track
person_send_simulcast(person *p, const char *mid, unsigned lacks)
{
	aula_track_options options = video(lacks);

	options.encoding_count = 3;
	options.obeys = !(lacks & LACKS_OBEDIENCE);
	for (size_t i = 0; i < 3; i++)
		options.encodings[i].rid[0] = "qhf"[i];
	return send_on(p, mid, options);
}

static aula_sender
receive_on(person *p, const char *mid, aula_sender_options options)
{
	opening o = { .p = p, .sender_options = options };

	g_strlcpy(o.sender_options.mid, mid, sizeof(o.sender_options.mid));
	o.sender_options.owner = p->owner;
	g_strlcpy(o.sender_options.cname, "room", sizeof(o.sender_options.cname));
	/* Other ids than the publishers', one of them for the two-byte form. */
	o.sender_options.extensions.id[AULA_EXTENSION_AUDIO_LEVEL] = 3;
	o.sender_options.extensions.id[AULA_EXTENSION_MID] = 9;
	o.sender_options.extensions.id[AULA_EXTENSION_ORIENTATION] = 20;
	o.sender_options.extensions.id[AULA_EXTENSION_TRANSPORT_CC] = 5;
	p->extensions = o.sender_options.extensions;
	world_do(p->w, open_sender, &o);
	json_decref(world_stats(p->w, p->peer));
	return o.sender;
}

aula_sender
person_receive_audio(person *p, const char *mid, uint32_t ssrc, unsigned lacks)
{
	return receive_on(p, mid,
		(aula_sender_options){ .kind = AULA_AUDIO,
			.codec = AULA_CODEC_OPUS,
			.payload_type = 100,
			.rtx_payload_type = 255,
			.red_payload_type = lacks & LACKS_RED ? 255 : 101,
			.clock_hz = 48000,
			.ssrc = ssrc });
}

aula_sender
person_receive_video(person *p, const char *mid, uint32_t ssrc, uint32_t rtx_ssrc, unsigned lacks)
{
	return receive_on(p, mid,
		(aula_sender_options){ .kind = AULA_VIDEO,
			.codec = AULA_CODEC_VP8,
			.payload_type = 120,
			.rtx_payload_type = lacks & LACKS_RTX ? 255 : 121,
			.red_payload_type = 255,
			.clock_hz = 90000,
			.ssrc = ssrc,
			.rtx_ssrc = rtx_ssrc,
			.feedback = AULA_FB_NACK | AULA_FB_PLI });
}

typedef struct {
	world *w;
	aula_peer peer;
	aula_track track;
	aula_sender sender;
	bool on;
	json_t *stats;
	bool answered; /* locked */
} request;

static void
do_feed(void *data)
{
	request *r = data;

	aula_engine_feed(r->w->engine, r->sender, r->track);
}

void
world_feed(world *w, aula_sender sender, aula_track source)
{
	world_do(w, do_feed, &(request){ .w = w, .sender = sender, .track = source });
}

static void
do_pause(void *data)
{
	request *r = data;

	aula_engine_pause(r->w->engine, r->sender, r->on);
}

void
world_pause(world *w, aula_sender sender, bool paused)
{
	world_do(w, do_pause, &(request){ .w = w, .sender = sender, .on = paused });
}

static void
do_mute(void *data)
{
	request *r = data;

	aula_engine_mute(r->w->engine, r->track, r->on);
}

void
world_mute(world *w, aula_track track, bool muted)
{
	world_do(w, do_mute, &(request){ .w = w, .track = track, .on = muted });
}

static void
do_keyframe(void *data)
{
	request *r = data;

	aula_engine_keyframe(r->w->engine, r->track);
}

void
world_keyframe(world *w, aula_track track)
{
	world_do(w, do_keyframe, &(request){ .w = w, .track = track });
}

static void
do_close_track(void *data)
{
	request *r = data;

	aula_engine_close_track(r->w->engine, r->track);
}

void
world_close_track(world *w, aula_track track)
{
	world_do(w, do_close_track, &(request){ .w = w, .track = track });
}

static void
do_close_sender(void *data)
{
	request *r = data;

	aula_engine_close_sender(r->w->engine, r->sender);
}

void
world_close_sender(world *w, aula_sender sender)
{
	world_do(w, do_close_sender, &(request){ .w = w, .sender = sender });
}

static void
on_stats(void *data, json_t *stats)
{
	request *r = data;

	pthread_mutex_lock(&r->w->lock);
	r->stats = json_deep_copy(stats); /* never shared between threads */
	r->answered = true;
	pthread_cond_broadcast(&r->w->changed);
	pthread_mutex_unlock(&r->w->lock);
}

static void
do_stats(void *data)
{
	request *r = data;

	aula_engine_stats(r->w->engine, r->peer, on_stats, r);
}

json_t *
world_stats(world *w, aula_peer peer)
{
	request r = { .w = w, .peer = peer };
	const struct timespec until = patience();

	world_do(w, do_stats, &r);
	pthread_mutex_lock(&w->lock);
	while (!r.answered)
		g_assert_cmpint(pthread_cond_timedwait(&w->changed, &w->lock, &until), ==, 0);
	pthread_mutex_unlock(&w->lock);
	return r.stats;
}

/* Mail arrives in order, so an answer says that all before it was done. */
void
world_connect(person *subscriber, aula_sender sender, person *publisher, aula_track source)
{
	world_feed(subscriber->w, sender, source);
	json_decref(world_stats(subscriber->w, subscriber->peer));
	json_decref(world_stats(publisher->w, publisher->peer));
}

/* An answer comes from a turn that began after the question: it has read what lay in the socket
 * before. What it mails to another loop is there with the next answer, what leaves with its end
 * with the one after. */
void
world_settle(person *one, person *other)
{
	for (int i = 0; i < 3; i++) {
		json_decref(world_stats(one->w, one->peer));
		json_decref(world_stats(other->w, other->peer));
	}
}
