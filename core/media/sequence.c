/* SPDX-License-Identifier: Apache-2.0 */
#include "media/sequence.h"

#include <string.h>

/* The first number is put one cycle up, so that what was sent before it has a number as well. */
enum { CYCLE = 1 << 16 };

void
aula_sequence_init(aula_sequence *sequence, uint32_t clock_hz)
{
	*sequence = (aula_sequence){ .clock_hz = clock_hz, .expected_next = -1 };
}

void
aula_sequence_restart(aula_sequence *sequence)
{
	sequence->restarts = sequence->started;
}

static void
mark(aula_sequence *sequence, uint64_t number)
{
	uint64_t bit = number % AULA_SEQUENCE_WINDOW;

	sequence->seen[bit / 64] |= UINT64_C(1) << bit % 64;
}

static bool
is_marked(const aula_sequence *sequence, uint64_t number)
{
	uint64_t bit = number % AULA_SEQUENCE_WINDOW;

	return sequence->seen[bit / 64] >> bit % 64 & 1;
}

static void
unmark(aula_sequence *sequence, uint64_t number)
{
	uint64_t bit = number % AULA_SEQUENCE_WINDOW;

	sequence->seen[bit / 64] &= ~(UINT64_C(1) << bit % 64);
}

static uint64_t
original_lost(const aula_sequence *sequence)
{
	uint64_t expected = sequence->highest - sequence->base + 1;

	return expected > sequence->received ? expected - sequence->received : 0;
}

static aula_arrival
begin(aula_sequence *sequence, uint16_t number, uint64_t *ret_extended)
{
	uint64_t cycles = sequence->started ? sequence->highest / CYCLE + 2 : 1;

	if (sequence->started)
		sequence->lost_before = aula_sequence_lost(sequence);
	memset(sequence->seen, 0, sizeof(sequence->seen));
	sequence->started = true;
	sequence->restarts = false;
	sequence->base = sequence->highest = cycles * CYCLE + number;
	sequence->received = 1;
	sequence->recovered = 0;
	sequence->reported_expected = sequence->reported_received = 0;
	sequence->expected_next = -1;
	sequence->timed = false;
	mark(sequence, sequence->highest);
	*ret_extended = sequence->highest;
	return AULA_ARRIVAL_RESTART;
}

static aula_arrival
advance(aula_sequence *sequence, uint64_t extended)
{
	uint64_t step = extended - sequence->highest;

	if (step >= AULA_SEQUENCE_WINDOW)
		memset(sequence->seen, 0, sizeof(sequence->seen));
	else
		for (uint64_t skipped = sequence->highest + 1; skipped < extended; skipped++)
			unmark(sequence, skipped);
	mark(sequence, extended);
	sequence->highest = extended;
	return AULA_ARRIVAL_NEXT;
}

/* Two in a row out of the way: the sender has restarted (RFC 3550 appendix A.1). */
static aula_arrival
stray(aula_sequence *sequence, uint16_t number, bool recovered, uint64_t *ret_extended)
{
	if (!recovered && sequence->expected_next == number)
		return begin(sequence, number, ret_extended);
	if (!recovered)
		sequence->expected_next = (uint16_t)(number + 1);
	sequence->strays++;
	return AULA_ARRIVAL_STRAY;
}

aula_arrival
aula_sequence_note(aula_sequence *sequence, uint16_t number, bool recovered, uint64_t *ret_extended)
{
	if ((!sequence->started || sequence->restarts) && !recovered)
		return begin(sequence, number, ret_extended);
	int16_t step = (int16_t)(number - (uint16_t)sequence->highest);
	uint64_t extended = sequence->highest + step;
	/* What is retransmitted was sent before, so it is never ahead of the stream. */
	if (!sequence->started || step > AULA_SEQUENCE_DROPOUT || step <= -AULA_SEQUENCE_WINDOW ||
		(step > 0 && recovered))
		return stray(sequence, number, recovered, ret_extended);
	aula_arrival arrival = AULA_ARRIVAL_LATE;
	if (step > 0) {
		arrival = advance(sequence, extended);
	} else if (is_marked(sequence, extended)) {
		sequence->duplicates++;
		return AULA_ARRIVAL_DUPLICATE;
	} else {
		mark(sequence, extended);
	}
	if (recovered)
		sequence->recovered++;
	else
		sequence->received++;
	sequence->expected_next = -1;
	if (extended < sequence->base)
		sequence->base = extended;
	*ret_extended = extended;
	return arrival;
}

void
aula_sequence_time(aula_sequence *sequence, uint32_t timestamp, int64_t now_us)
{
	/* Both wrap alike at 32 bits; whole seconds apart, so that hours of uptime do not overflow.
	 */
	int64_t hz = sequence->clock_hz;
	int64_t arrival = now_us / 1000000 * hz + now_us % 1000000 * hz / 1000000;
	int64_t transit = (int32_t)((uint32_t)arrival - timestamp);
	int64_t change = (int32_t)((uint32_t)transit - (uint32_t)sequence->transit);

	if (sequence->timed)
		sequence->jitter +=
			((double)(change < 0 ? -change : change) - sequence->jitter) / 16;
	sequence->timed = true;
	sequence->transit = transit;
}

uint64_t
aula_sequence_lost(const aula_sequence *sequence)
{
	uint64_t lost = sequence->started ? original_lost(sequence) : 0;

	lost = lost > sequence->recovered ? lost - sequence->recovered : 0;
	return sequence->lost_before + lost;
}

void
aula_sequence_report_take(aula_sequence *sequence, aula_sequence_report *ret_report)
{
	uint64_t expected = sequence->started ? sequence->highest - sequence->base + 1 : 0;
	int64_t expected_now = (int64_t)(expected - sequence->reported_expected);
	int64_t lost_now =
		expected_now - (int64_t)(sequence->received - sequence->reported_received);
	int64_t lost = (int64_t)expected - (int64_t)sequence->received;

	if (lost > 0x7fffff)
		lost = 0x7fffff;
	if (lost < -0x800000)
		lost = -0x800000;
	*ret_report = (aula_sequence_report){
		.lost = (int32_t)lost,
		.highest = (uint32_t)sequence->highest - CYCLE,
		.jitter = (uint32_t)sequence->jitter,
	};
	if (expected_now > 0 && lost_now > 0) {
		int64_t fraction = lost_now * 256 / expected_now;
		ret_report->fraction_lost = (uint8_t)(fraction > 255 ? 255 : fraction);
	}
	sequence->reported_expected = expected;
	sequence->reported_received = sequence->received;
}
