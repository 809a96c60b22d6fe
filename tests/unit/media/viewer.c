/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer.h"

#include <glib.h>
#include <string.h>

#include "camera.h"
#include "media/allocate.h"
#include "media/estimate.h"
#include "media/layers.h"
#include "media/nack.h"
#include "media/pacer.h"
#include "media/sequence.h"
#include "media/twcc.h"

enum {
	TICK_US = 1000,
	SOUND_US = 20000,
	SOUND_BYTES = 120,
	SHAPES = 4096, /* packets remembered; a power of two */
	FLIGHTS = 4096,
	LETTERS = 256,
	FROZEN_US = 300000,
	QUEUE_BYTES = 40000,
};

/* A packet on its way to the viewer. */
typedef struct {
	aula_pacer_item item; /* the first member */
	int64_t at_us;        /* 0: free */
	uint16_t transport;
	bool sound;
	camera_packet of;
	aula_layers_out out;
} flight;

/* Something on its way back. */
typedef struct {
	int64_t at_us;
	uint8_t feedback[600];
	size_t length;        /* 0: a request to repeat */
	uint16_t numbers[32]; /* or, of those */
	size_t count;
} letter;

/* A packet that the viewer has, by number. */
typedef struct {
	uint64_t number; /* 0: none */
	bool start, end, keyframe, empty;
	uint32_t timestamp;
	int32_t picture;
	uint8_t encoding;
} held;

typedef struct {
	const viewer_line *test;
	GRand *random;
	int64_t now_us;

	camera filming;
	aula_estimate estimate;
	aula_pacer pacer;
	aula_share sound, picture;
	aula_layers layers;
	flight waiting[SHAPES];
	uint64_t waits;

	int64_t free_us; /* when the line is done with what it holds */
	int64_t landing_us, other_us;
	flight flights[FLIGHTS];
	letter letters[LETTERS];

	aula_twcc twcc;
	aula_sequence sequence;
	aula_nack nack;
	held held[SHAPES];
	uint64_t wanted; /* the next number to be shown */
	bool shown;
	uint32_t shown_timestamp;
	int32_t shown_picture;
	int64_t shown_us, frozen_us, asked_us;
	int seen;           /* encoding */
	int64_t reached_us; /* when it was what is wanted; 0: not yet */
	int64_t astray_us;  /* how long it was larger than that, after the time for it */
	unsigned seed;
	uint64_t spoken, heard, frames;
} world;

static const viewer_phase *
phase_at(const viewer_line *test, int64_t now_us)
{
	const viewer_phase *found = &test->phases[0];

	for (size_t i = 1; i < VIEWER_PHASES && test->phases[i].from_us != 0; i++)
		if (test->phases[i].from_us <= now_us)
			found = &test->phases[i];
	return found;
}

/* -- the line -- */

/* False: the queue is full, or the line is dead. */
static bool
enqueue(world *w, size_t bytes)
{
	int64_t bps = phase_at(w->test, w->now_us)->bps;
	int64_t saved_us = bps == 0 ? 0 : w->test->bucket_bytes * 8000000 / bps;

	/* What was not used is saved up in the bucket of a shaper. */
	if (w->free_us < w->now_us - saved_us)
		w->free_us = w->now_us - saved_us;
	if (bps == 0 || (w->free_us - w->now_us) * bps / 8000000 > QUEUE_BYTES)
		return false;
	w->free_us += (int64_t)bytes * 8000000 / bps;
	return true;
}

static void
toss(world *w, const flight *packet, size_t bytes)
{
	const viewer_line *test = w->test;
	size_t i = 0;

	if (!enqueue(w, bytes) || g_rand_double(w->random) < test->loss)
		return;
	while (i < FLIGHTS && w->flights[i].at_us != 0)
		i++;
	g_assert_cmpuint(i, <, FLIGHTS);
	w->flights[i] = *packet;
	int64_t late_us = (int64_t)(g_rand_double(w->random) * (double)test->jitter_us);
	w->flights[i].at_us = MAX(w->free_us, w->now_us) + test->delay_us + late_us;
	/* What is held up holds up what is behind. */
	if (!test->reorders && w->flights[i].at_us < w->landing_us)
		w->flights[i].at_us = w->landing_us;
	w->landing_us = w->flights[i].at_us;
}

static void
post(world *w, const letter *message)
{
	size_t i = 0;

	if (phase_at(w->test, w->now_us)->bps == 0 || g_rand_double(w->random) < w->test->loss)
		return;
	while (i < LETTERS && w->letters[i].at_us != 0)
		i++;
	g_assert_cmpuint(i, <, LETTERS);
	w->letters[i] = *message;
	w->letters[i].at_us = w->now_us + w->test->delay_us;
}

/* -- the server -- */

static void
push(world *w, aula_pacer_class class, const flight *packet, size_t bytes)
{
	flight *waiting = &w->waiting[w->waits++ % SHAPES];

	*waiting = *packet;
	g_assert_true(aula_pacer_push(&w->pacer, class, &waiting->item, bytes));
}

static aula_layers_packet
as_packet(const camera_packet *of)
{
	return (aula_layers_packet){ .encoding = of->encoding,
		.number = of->number,
		.timestamp = of->timestamp,
		.marker = of->marker,
		.payload = &of->payload };
}

static void
serve(void *data, const camera_packet *of)
{
	world *w = data;
	flight packet = { .of = *of };
	const aula_layers_packet came = as_packet(of);

	if (w->picture.chosen != AULA_SHARE_PAUSED &&
		aula_layers_forward(&w->layers, &came, w->now_us, &packet.out))
		for (unsigned i = 0; i < aula_estimate_copies(&w->estimate); i++)
			push(w, i == 0 ? AULA_PACER_PICTURE : AULA_PACER_REPEAT, &packet,
				packet.out.empty ? 40 : of->bytes);
}

static void
repeat(world *w, uint16_t number)
{
	uint64_t in, out;

	if (!aula_layers_reverse(&w->layers, number, &in, &out))
		return;
	flight packet = {
		.of = w->filming.sent[w->layers.present.encoding][in % CAMERA_REMEMBERED]
	};
	g_assert_cmpuint(packet.of.number, ==, in);
	const aula_layers_packet again = as_packet(&packet.of);
	aula_layers_repeat(&w->layers, &again, out, &packet.out);
	for (unsigned i = 0; i < aula_estimate_copies(&w->estimate); i++)
		push(w, AULA_PACER_REPEAT, &packet, packet.out.empty ? 40 : packet.of.bytes);
}

static void
share(world *w)
{
	aula_share *shares[] = { &w->sound, &w->picture };
	int64_t bps = aula_estimate_bps(&w->estimate), probe_bps, bytes;
	uint8_t probe, encoding;

	aula_estimate_tick(&w->estimate, w->now_us);
	w->picture.copies = (uint8_t)aula_estimate_copies(&w->estimate);
	int64_t spent_bps = aula_allocate(shares, G_N_ELEMENTS(shares), bps, w->now_us);
	aula_estimate_want(&w->estimate, aula_allocate_wanted_bps(shares, G_N_ELEMENTS(shares)));
	aula_pacer_rate(&w->pacer, w->estimate.draining ? bps : bps * 3 / 2, spent_bps > bps);
	if (aula_estimate_probe(&w->estimate, w->now_us, &probe, &probe_bps, &bytes))
		aula_pacer_probe(&w->pacer, probe, probe_bps, bytes, w->now_us);
	if (w->picture.chosen == AULA_SHARE_PAUSED) {
		aula_pacer_drop(&w->pacer, AULA_PACER_PICTURE, NULL, NULL);
		aula_layers_interrupt(&w->layers, true);
		return;
	}
	const aula_share_level *level = &w->picture.levels[w->picture.chosen];
	if (w->estimate.draining && level->encoding < w->layers.present.encoding) {
		aula_pacer_drop(&w->pacer, AULA_PACER_PICTURE, NULL, NULL);
		aula_layers_interrupt(&w->layers, false);
	}
	aula_layers_aim(
		&w->layers, (aula_layer){ level->encoding, level->spatial, level->temporal });
	if (aula_layers_want_keyframe(&w->layers, &encoding))
		camera_want_keyframe(&w->filming, encoding, w->now_us);
}

static void
send(world *w)
{
	aula_pacer_turn turn;

	while (aula_pacer_take(&w->pacer, w->now_us, &turn)) {
		flight packet = { .sound = true };

		if (turn.item != NULL)
			packet = *(flight *)turn.item;
		else
			packet.out.empty = true;
		packet.transport =
			aula_estimate_sent(&w->estimate, turn.bytes, turn.probe, w->now_us);
		toss(w, &packet, turn.bytes);
	}
}

static void
receive_letters(world *w)
{
	for (size_t i = 0; i < LETTERS; i++) {
		letter *message = &w->letters[i];
		aula_rtcp packet;

		if (message->at_us == 0 || message->at_us > w->now_us)
			continue;
		message->at_us = 0;
		aula_rtcp_reader reader = aula_rtcp_read(message->feedback, message->length);
		if (aula_rtcp_next(&reader, &packet))
			aula_estimate_feedback(&w->estimate, &packet, w->now_us);
		aula_pacer_end_probe(&w->pacer, aula_estimate_probing(&w->estimate));
		for (size_t n = 0; n < message->count; n++)
			repeat(w, message->numbers[n]);
		if (message->length == 0 && message->count == 0)
			camera_want_keyframe(&w->filming, w->layers.present.encoding, w->now_us);
	}
}

/* -- the viewer -- */

static void
show(world *w, const held *first)
{
	if (w->shown) {
		/* No picture is missing between two that are shown, and time goes on. */
		g_assert_cmpint((int32_t)(first->timestamp - w->shown_timestamp), >, 0);
		g_assert_true(
			first->keyframe || first->picture == ((w->shown_picture + 1) & 0x7fff));
		if (w->now_us - w->shown_us > FROZEN_US)
			w->frozen_us += w->now_us - w->shown_us;
	}
	w->shown = true;
	w->shown_us = w->now_us;
	w->shown_timestamp = first->timestamp;
	w->shown_picture = first->picture;
	w->frames++;
	w->seen = first->encoding;
}

/* The number after the frame at `number`; 0: it is not there in full. */
static uint64_t
end_of_frame(const world *w, uint64_t number)
{
	const held *first = &w->held[number % SHAPES];

	if (first->number != number || !(first->start || first->empty))
		return 0;
	for (; w->held[number % SHAPES].number == number; number++)
		if (w->held[number % SHAPES].end || w->held[number % SHAPES].empty)
			return number + 1;
	return 0;
}

/* In order; a keyframe also begins anew. */
static void
play(world *w, uint64_t newest)
{
	uint64_t end;

	for (uint64_t i = w->wanted; i <= newest; i++)
		if (w->held[i % SHAPES].number == i && w->held[i % SHAPES].keyframe &&
			end_of_frame(w, i) != 0)
			w->wanted = i;
	while ((end = end_of_frame(w, w->wanted)) != 0) {
		if (!w->held[w->wanted % SHAPES].empty)
			show(w, &w->held[w->wanted % SHAPES]);
		w->wanted = end;
	}
}

static void
see(world *w, const flight *packet)
{
	uint64_t before = w->sequence.highest, number;
	aula_arrival arrival =
		aula_sequence_note(&w->sequence, (uint16_t)packet->out.number, false, &number);

	if (arrival == AULA_ARRIVAL_NEXT)
		aula_nack_advanced(&w->nack, before, number, w->now_us);
	else if (arrival == AULA_ARRIVAL_LATE)
		aula_nack_came(&w->nack, number, w->now_us);
	else if (arrival != AULA_ARRIVAL_RESTART)
		return;
	if (w->wanted == 0)
		w->wanted = number;
	w->held[number % SHAPES] = (held){
		.number = number,
		.start = packet->of.payload.start,
		.end = packet->out.marker,
		.keyframe = packet->of.payload.keyframe,
		.empty = packet->out.empty,
		.timestamp = packet->out.timestamp,
		.picture = packet->out.picture_id,
		.encoding = packet->of.encoding,
	};
	play(w, w->sequence.highest);
}

static void
receive(world *w)
{
	for (;;) {
		flight *first = NULL;

		for (size_t i = 0; i < FLIGHTS; i++) {
			flight *f = &w->flights[i];
			if (f->at_us != 0 && f->at_us <= w->now_us &&
				(first == NULL || f->at_us < first->at_us))
				first = f;
		}
		if (first == NULL)
			return;
		aula_twcc_note(&w->twcc, first->transport, first->at_us);
		if (!first->sound)
			see(w, first);
		else if (!first->out.empty)
			w->heard++;
		first->at_us = 0;
	}
}

static void
answer(world *w)
{
	letter message = { .at_us = 0 };
	aula_rtcp_writer writer = aula_rtcp_write(message.feedback, sizeof(message.feedback));

	while (aula_twcc_take(&w->twcc, &writer, 1, 2, w->now_us)) {
		message.length = writer.length;
		post(w, &message);
		writer.length = message.length = 0;
	}
	message.count =
		aula_nack_take(&w->nack, w->now_us, message.numbers, G_N_ELEMENTS(message.numbers));
	/* A picture that stands still for half a second is asked for anew. */
	bool stuck = w->now_us - w->shown_us > S / 2 && w->now_us - w->asked_us > S / 2;
	if (stuck)
		w->asked_us = w->now_us;
	if (message.count > 0 || stuck) {
		message.count = stuck ? 0 : message.count;
		post(w, &message);
	}
}

static void
step(world *w)
{
	if (w->now_us % CAMERA_FRAME_US == 0)
		camera_film(&w->filming, w->now_us, serve, w);
	if (w->now_us % SOUND_US == 0) {
		flight packet = { .sound = true };

		w->spoken++;
		push(w, AULA_PACER_SOUND, &packet, SOUND_BYTES);
	}
	if (w->test->other_bps > 0 && w->now_us >= w->other_us) {
		enqueue(w, CAMERA_PACKET_BYTES);
		w->other_us = w->now_us + CAMERA_PACKET_BYTES * 8000000ll / w->test->other_bps;
	}
	receive_letters(w);
	if (w->now_us % 50000 == 0)
		share(w);
	send(w);
	receive(w);
	answer(w);
}

static void
add_level(world *w, int64_t bps, uint8_t encoding, int8_t temporal)
{
	w->picture.levels[w->picture.level_count++] =
		(aula_share_level){ bps, encoding, -1, temporal };
}

static void
set_up(world *w, const viewer_line *test, guint32 seed)
{
	const aula_estimate_limits limits = { 300000, 50000, 10000000 };

	w->test = test;
	w->seed = seed;
	w->random = g_rand_new_with_seed(seed);
	w->seen = -1;
	camera_init(&w->filming, test->single ? 1 : CAMERA_ENCODINGS);
	aula_estimate_init(&w->estimate, &limits, 0);
	aula_pacer_init(&w->pacer, 300000, 0);
	aula_share_init(&w->sound, AULA_SHARE_RANK_SOUND);
	w->sound.level_count = 1;
	w->sound.levels[0] = (aula_share_level){ 48000, 0, -1, -1 };
	aula_share_init(&w->picture, 1);
	for (uint8_t i = 0; i < w->filming.encodings; i++) {
		if (i == 0 && !test->single)
			add_level(w, w->filming.bps[0] / 3, 0, 0);
		add_level(w, w->filming.bps[i] * 21 / 20, i, -1);
	}
	aula_layers_init(&w->layers, AULA_CODEC_VP8, 5, 77);
	for (uint8_t i = 0; i < w->filming.encodings; i++)
		aula_layers_note_clock(
			&w->layers, i, &(aula_clock_pair){ true, camera_timestamp(i), S });
	aula_twcc_init(&w->twcc);
	aula_sequence_init(&w->sequence, 90000);
	aula_nack_init(&w->nack);
}

/* What happened in all throws: the worst. */
typedef struct {
	double adapted_s[VIEWER_PHASES], frozen_s, sound_lost, astray_s;
} verdict;

static void
finish_phase(const world *w, const viewer_phase *over, double *ret_adapted_s)
{
	double after_s = (double)(w->reached_us - over->from_us) / 1e6;

	if (over->encoding < 0)
		return;
	if (w->seen != over->encoding || w->reached_us == 0 || after_s > over->within_s)
		g_test_message("%s, seed %u, from %g s: encoding %d, wanted %d within %g s, "
			       "reached after %g s; estimate %lld",
			w->test->name, w->seed, (double)over->from_us / 1e6, w->seen,
			over->encoding, over->within_s, after_s, (long long)w->estimate.bps);
	g_assert_cmpint(w->reached_us, >, 0);
	g_assert_cmpint(w->seen, ==, over->encoding);
	g_assert_cmpfloat(after_s, <=, over->within_s);
	*ret_adapted_s = MAX(*ret_adapted_s, after_s);
}

static void
watch(const viewer_line *test, unsigned seed, verdict *worst)
{
	g_autofree world *w = g_new0(world, 1);
	const viewer_phase *present = &test->phases[0];

	set_up(w, test, seed);
	for (w->now_us = TICK_US; w->now_us < test->end_us; w->now_us += TICK_US) {
		const viewer_phase *now = phase_at(test, w->now_us);
		if (now != present) {
			finish_phase(w, present, &worst->adapted_s[present - test->phases]);
			w->reached_us = 0;
		}
		present = now;
		step(w);
		if (w->reached_us == 0 && w->seen == present->encoding)
			w->reached_us = w->now_us;
		if (present->encoding >= 0 && w->seen > present->encoding &&
			(double)(w->now_us - present->from_us) / 1e6 > present->within_s)
			w->astray_us += TICK_US;
	}
	finish_phase(w, present, &worst->adapted_s[present - test->phases]);
	/* What is still on its way is not lost. */
	double way = (double)(test->delay_us + test->jitter_us) / SOUND_US + 15;
	double lost = MAX(0, 1 - ((double)w->heard + way) / (double)w->spoken);
	if ((double)w->frozen_us / 1e6 > test->frozen_most_s || lost > test->sound_lost_most)
		g_test_message("%s, seed %u: frozen %g s, sound lost %g", test->name, seed,
			(double)w->frozen_us / 1e6, lost);
	g_assert_cmpfloat((double)w->frozen_us / 1e6, <=, test->frozen_most_s);
	g_assert_cmpfloat(lost, <=, test->sound_lost_most);
	if (w->astray_us > test->astray_most_us)
		g_test_message("%s, seed %u: too large a picture for %g s", test->name, seed,
			(double)w->astray_us / 1e6);
	g_assert_cmpint(w->astray_us, <=, test->astray_most_us);
	worst->astray_s = MAX(worst->astray_s, (double)w->astray_us / 1e6);
	worst->frozen_s = MAX(worst->frozen_s, (double)w->frozen_us / 1e6);
	worst->sound_lost = MAX(worst->sound_lost, lost);
	aula_estimate_finish(&w->estimate);
	g_rand_free(w->random);
}

static void
test_line(const void *data)
{
	const viewer_line *test = data;
	verdict worst = { .frozen_s = 0 };
	g_autoptr(GString) said = g_string_new(test->name);

	for (unsigned seed = 1; seed <= VIEWER_SEEDS; seed++)
		watch(test, seed, &worst);
	for (size_t i = 0; i < VIEWER_PHASES && (i == 0 || test->phases[i].from_us != 0); i++)
		if (test->phases[i].encoding >= 0)
			g_string_append_printf(said, "; %lld kbit/s: encoding %d after %.1f s",
				(long long)test->phases[i].bps / 1000, test->phases[i].encoding,
				worst.adapted_s[i]);
	g_test_message("%s; stands still for %.1f of %lld s, is too large for %.1f s; %.1f %% of "
		       "the sound lost",
		said->str, worst.frozen_s, (long long)(test->end_us / S), worst.astray_s,
		worst.sound_lost * 100);
}

void
viewer_add(const viewer_line *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		g_autofree char *path = g_strdup_printf("/media/quality/%s", lines[i].name);
		g_test_add_data_func(path, &lines[i], test_line);
	}
}
