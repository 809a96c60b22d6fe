/* SPDX-License-Identifier: Apache-2.0 */
/* One viewer of one camera (three encodings, three temporal layers) and one microphone, behind a
 * line of every kind: estimate, share, pace and choose layers together; what is seen and heard. */
#include <glib.h>
#include <string.h>

#include "media/allocate.h"
#include "media/estimate.h"
#include "media/layers.h"
#include "media/nack.h"
#include "media/pacer.h"
#include "media/sequence.h"
#include "media/twcc.h"

enum {
	TICK_US = 1000,
	FRAME_US = 33000,
	SOUND_US = 20000,
	SOUND_BYTES = 120,
	PACKET_BYTES = 1100,
	KEYFRAME_AFTER_US = 80000, /* from the request to the publisher */
	ENCODINGS = 3,
	SHAPES = 4096, /* packets remembered; a power of two */
	FLIGHTS = 4096,
	LETTERS = 256,
	FROZEN_US = 300000,
	PHASES = 4,
	QUEUE_BYTES = 40000,
};

static const int64_t encoding_bps[ENCODINGS] = { 150000, 500000, 1400000 };

typedef struct {
	int64_t from_us, bps; /* 0: the line is dead */
	int encoding;         /* what is seen at the end of it; -1: not said */
	double within_s;      /* and from when on */
} phase;

typedef struct {
	const char *name;
	double loss;
	int64_t delay_us, jitter_us;
	bool reorders;
	int64_t other_bps; /* of a flow that does not yield */
	int64_t end_us;
	phase phases[PHASES];
	double frozen_most_s;   /* all times without a picture for longer than FROZEN_US */
	double sound_lost_most; /* of all that was spoken */
} line_case;

#define S 1000000ll

// clang-format off
static const line_case cases[] = {
	{ "steady", 0, 30000, 0, false, 0, 30 * S, { { 0, 3000000, 2, 4 } }, 0, 0 },
	{ "steps", 0, 30000, 0, false, 0, 90 * S, {
		{ 0, 2000000, 2, 4 }, { 30 * S, 250000, 0, 4 }, { 60 * S, 1000000, 1, 5 } },
		2.5, 0.01 },
	{ "freed", 0, 30000, 0, false, 0, 60 * S, {
		{ 0, 300000, 0, 2 }, { 30 * S, 3000000, 2, 10 } }, 0.5, 0 },
	{ "steps, far away", 0, 300000, 0, false, 0, 90 * S, {
		{ 0, 2000000, 2, 8 }, { 30 * S, 250000, 0, 5 }, { 60 * S, 1000000, 1, 10 } },
		5, 0.015 },
	{ "loss of 5 %", 0.05, 30000, 0, false, 0, 40 * S, { { 0, 3000000, 2, 8 } }, 1, 0.06 },
	/* In both directions, requests to repeat too. */
	{ "loss of 20 %", 0.20, 30000, 0, false, 0, 60 * S, { { 0, 3000000, 2, 55 } }, 12, 0.22 },
	{ "jitter", 0, 50000, 30000, false, 0, 40 * S, { { 0, 3000000, 2, 20 } }, 0.5, 0 },
	{ "reordering", 0, 50000, 15000, true, 0, 40 * S, { { 0, 3000000, 2, 8 } }, 0.5, 0 },
	{ "another flow", 0, 30000, 0, false, 1200000, 40 * S, { { 0, 2000000, 1, 5 } }, 0.5, 0 },
	{ "gone for 5 s", 0, 30000, 0, false, 0, 60 * S, {
		{ 0, 3000000, 2, 4 }, { 20 * S, 0, -1, 0 }, { 25 * S, 3000000, 2, 3 } },
		6, 0.10 },
};
// clang-format on

/* A packet of the camera, as it came to the server. */
typedef struct {
	uint64_t number;
	uint32_t timestamp;
	uint16_t bytes;
	bool marker;
	uint8_t encoding;
	aula_payload payload;
} shape;

/* A packet on its way to the viewer. */
typedef struct {
	aula_pacer_item item; /* the first member */
	int64_t at_us;        /* 0: free */
	uint16_t transport;
	bool sound;
	shape of;
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
	const line_case *test;
	GRand *random;
	int64_t now_us;

	shape history[ENCODINGS][SHAPES];
	uint64_t next[ENCODINGS];
	uint16_t picture[ENCODINGS];
	uint8_t tl0[ENCODINGS];
	uint64_t frame;
	int64_t keyframe_us[ENCODINGS]; /* when the asked one is made; 0: not asked */

	aula_estimate estimate;
	aula_pacer pacer;
	aula_share sound, camera;
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
	int seen;        /* encoding */
	int64_t seen_us; /* since when */
	uint64_t spoken, heard, frames;
} world;

static const phase *
phase_at(const line_case *test, int64_t now_us)
{
	const phase *found = &test->phases[0];

	for (size_t i = 1; i < PHASES && test->phases[i].from_us != 0; i++)
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

	if (w->free_us < w->now_us)
		w->free_us = w->now_us;
	if (bps == 0 || (w->free_us - w->now_us) * bps / 8000000 > QUEUE_BYTES)
		return false;
	w->free_us += (int64_t)bytes * 8000000 / bps;
	return true;
}

static void
toss(world *w, const flight *packet, size_t bytes)
{
	const line_case *test = w->test;
	size_t i = 0;

	if (!enqueue(w, bytes) || g_rand_double(w->random) < test->loss)
		return;
	while (i < FLIGHTS && w->flights[i].at_us != 0)
		i++;
	g_assert_cmpuint(i, <, FLIGHTS);
	w->flights[i] = *packet;
	int64_t late_us = (int64_t)(g_rand_double(w->random) * (double)test->jitter_us);
	w->flights[i].at_us = w->free_us + test->delay_us + late_us;
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
as_packet(const shape *of)
{
	return (aula_layers_packet){ .encoding = of->encoding,
		.number = of->number,
		.timestamp = of->timestamp,
		.marker = of->marker,
		.payload = &of->payload };
}

static void
serve(world *w, const shape *of)
{
	flight packet = { .of = *of };
	const aula_layers_packet came = as_packet(of);

	if (w->camera.chosen != AULA_SHARE_PAUSED &&
		aula_layers_forward(&w->layers, &came, w->now_us, &packet.out))
		push(w, AULA_PACER_PICTURE, &packet, packet.out.empty ? 40 : of->bytes);
}

static void
repeat(world *w, uint16_t number)
{
	uint64_t in, out;

	if (!aula_layers_reverse(&w->layers, number, &in, &out))
		return;
	flight packet = { .of = w->history[w->layers.present.encoding][in % SHAPES] };
	g_assert_cmpuint(packet.of.number, ==, in);
	const aula_layers_packet again = as_packet(&packet.of);
	aula_layers_repeat(&w->layers, &again, out, &packet.out);
	push(w, AULA_PACER_REPEAT, &packet, packet.out.empty ? 40 : packet.of.bytes);
}

static void
share(world *w)
{
	aula_share *shares[] = { &w->sound, &w->camera };
	int64_t bps = aula_estimate_bps(&w->estimate), probe_bps, bytes;
	uint8_t probe, encoding;

	aula_estimate_tick(&w->estimate, w->now_us);
	aula_allocate(shares, G_N_ELEMENTS(shares), bps, w->now_us);
	aula_estimate_want(&w->estimate, aula_allocate_wanted_bps(shares, G_N_ELEMENTS(shares)));
	aula_pacer_rate(&w->pacer, bps * 3 / 2);
	if (aula_estimate_probe(&w->estimate, w->now_us, &probe, &probe_bps, &bytes))
		aula_pacer_probe(&w->pacer, probe, probe_bps, bytes);
	if (w->camera.chosen == AULA_SHARE_PAUSED) {
		aula_pacer_drop(&w->pacer, AULA_PACER_PICTURE, NULL, NULL);
		aula_layers_interrupt(&w->layers, true);
		return;
	}
	const aula_share_level *level = &w->camera.levels[w->camera.chosen];
	aula_layers_aim(
		&w->layers, (aula_layer){ level->encoding, level->spatial, level->temporal });
	if (aula_layers_want_keyframe(&w->layers, &encoding) && w->keyframe_us[encoding] == 0)
		w->keyframe_us[encoding] = w->now_us + KEYFRAME_AFTER_US;
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
		for (size_t n = 0; n < message->count; n++)
			repeat(w, message->numbers[n]);
		if (message->length == 0 && message->count == 0)
			w->keyframe_us[w->layers.present.encoding] = w->now_us + KEYFRAME_AFTER_US;
	}
}

/* -- the publisher -- */

static void
film_one(world *w, uint8_t encoding)
{
	static const uint8_t pattern[] = { 0, 2, 1, 2 };
	uint8_t temporal = pattern[w->frame % 4];
	bool asked = w->keyframe_us[encoding] != 0 && w->now_us >= w->keyframe_us[encoding];
	bool key = w->frame == 0 || (asked && temporal == 0);
	size_t bytes = (size_t)(encoding_bps[encoding] / 8 * FRAME_US / 1000000) * (key ? 4 : 1);

	w->keyframe_us[encoding] = key ? 0 : w->keyframe_us[encoding];
	w->picture[encoding] = (w->picture[encoding] + 1) & 0x7fff;
	w->tl0[encoding] = (uint8_t)(w->tl0[encoding] + (temporal == 0));
	for (size_t sent = 0; sent < bytes; sent += PACKET_BYTES) {
		size_t left = bytes - sent;
		shape *of = &w->history[encoding][w->next[encoding] % SHAPES];

		*of = (shape){
			.number = w->next[encoding]++,
			.timestamp = (uint32_t)(encoding * 1000003u + w->frame * 2970),
			.bytes = (uint16_t)(left < PACKET_BYTES ? left + 40 : PACKET_BYTES + 40),
			.marker = left <= PACKET_BYTES,
			.encoding = encoding,
			.payload = {
				.keyframe = key && sent == 0,
				.start = sent == 0,
				.end = left <= PACKET_BYTES,
				.picture_id = w->picture[encoding],
				.picture_id_bits = 15,
				.tl0_picture_index = w->tl0[encoding],
				.temporal = (int8_t)temporal,
				.spatial = -1,
				.switch_up = w->frame % 4 == 1 || w->frame % 4 == 2,
			},
		};
		serve(w, of);
	}
}

static void
film(world *w)
{
	for (uint8_t i = 0; i < ENCODINGS; i++) {
		const aula_clock_pair pair = { true, i * 1000003u, S };
		aula_layers_note_clock(&w->layers, i, &pair);
		film_one(w, i);
	}
	w->frame++;
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
	if (first->encoding != w->seen) {
		w->seen = first->encoding;
		w->seen_us = w->now_us;
	}
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
	if (w->now_us % FRAME_US == 0)
		film(w);
	if (w->now_us % SOUND_US == 0) {
		flight packet = { .sound = true };

		w->spoken++;
		push(w, AULA_PACER_SOUND, &packet, SOUND_BYTES);
	}
	if (w->test->other_bps > 0 && w->now_us >= w->other_us) {
		enqueue(w, PACKET_BYTES);
		w->other_us = w->now_us + PACKET_BYTES * 8000000ll / w->test->other_bps;
	}
	receive_letters(w);
	if (w->now_us % 50000 == 0)
		share(w);
	send(w);
	receive(w);
	answer(w);
}

static void
set_up(world *w, const line_case *test)
{
	const aula_estimate_limits limits = { 300000, 50000, 10000000 };

	w->test = test;
	w->random = g_rand_new_with_seed(11);
	w->seen = -1;
	for (int i = 0; i < ENCODINGS; i++)
		w->next[i] = 100000;
	aula_estimate_init(&w->estimate, &limits, 0);
	aula_pacer_init(&w->pacer, 300000, 0);
	aula_share_init(&w->sound, AULA_SHARE_RANK_SOUND);
	w->sound.level_count = 1;
	w->sound.levels[0] = (aula_share_level){ 48000, 0, -1, -1 };
	aula_share_init(&w->camera, 1);
	for (uint8_t i = 0; i < ENCODINGS; i++) {
		if (i == 0)
			w->camera.levels[w->camera.level_count++] =
				(aula_share_level){ encoding_bps[0] / 3, 0, -1, 0 };
		w->camera.levels[w->camera.level_count++] =
			(aula_share_level){ encoding_bps[i] * 21 / 20, i, -1, -1 };
	}
	aula_layers_init(&w->layers, AULA_CODEC_VP8, 5, 77);
	aula_twcc_init(&w->twcc);
	aula_sequence_init(&w->sequence, 90000);
	aula_nack_init(&w->nack);
}

static void
finish_phase(const world *w, const phase *over)
{
	double after_s = (double)(w->seen_us - over->from_us) / 1e6;

	g_test_message("%8lld bit/s: encoding %d after %.2f s, estimate %lld, frozen %.2f s, "
		       "sound %llu of %llu, %llu pictures",
		(long long)over->bps, w->seen, after_s, (long long)w->estimate.bps,
		(double)w->frozen_us / 1e6, (unsigned long long)w->heard,
		(unsigned long long)w->spoken, (unsigned long long)w->frames);
	if (over->encoding < 0)
		return;
	g_assert_cmpint(w->seen, ==, over->encoding);
	g_assert_cmpfloat(after_s, <=, over->within_s);
}

static void
test_line(const void *data)
{
	const line_case *test = data;
	g_autofree world *w = g_new0(world, 1);
	const phase *present = &test->phases[0];

	set_up(w, test);
	for (w->now_us = TICK_US; w->now_us < test->end_us; w->now_us += TICK_US) {
		const phase *now = phase_at(test, w->now_us);
		if (now != present)
			finish_phase(w, present);
		present = now;
		step(w);
	}
	finish_phase(w, present);
	double lost = 1 - (double)(w->heard + 20) / (double)w->spoken;
	g_assert_cmpfloat((double)w->frozen_us / 1e6, <=, test->frozen_most_s);
	g_assert_cmpfloat(lost, <=, test->sound_lost_most);
	aula_estimate_finish(&w->estimate);
	g_rand_free(w->random);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/media/quality/%s", cases[i].name);
		g_test_add_data_func(path, &cases[i], test_line);
	}
	return g_test_run();
}
