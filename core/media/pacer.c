/* SPDX-License-Identifier: Apache-2.0 */
#include "media/pacer.h"

#include <string.h>

enum { PROBE_GRAIN_US = 10000 };

void
aula_pacer_init(aula_pacer *pacer, int64_t rate_bps, int64_t now_us)
{
	memset(pacer, 0, sizeof(*pacer));
	pacer->rate_bps = rate_bps;
	pacer->at_us = now_us;
}

void
aula_pacer_rate(aula_pacer *pacer, int64_t rate_bps, bool patient)
{
	pacer->rate_bps = rate_bps;
	pacer->patient = patient;
}

bool
aula_pacer_push(aula_pacer *pacer, aula_pacer_class class, aula_pacer_item *item, size_t bytes)
{
	aula_pacer_queue *queue = &pacer->queues[class];

	if (queue->count == AULA_PACER_WAITING || bytes > UINT16_MAX) {
		pacer->refused++;
		return false;
	}
	*item = (aula_pacer_item){ .bytes = (uint16_t)bytes };
	if (queue->count++ == 0)
		queue->first = item;
	else
		queue->last->next = item;
	queue->last = item;
	pacer->waiting_bytes += (int64_t)bytes;
	return true;
}

static bool
is_probing(const aula_pacer *pacer)
{
	return pacer->probe_bytes > 0;
}

static int64_t
rate(const aula_pacer *pacer)
{
	int64_t bps = pacer->rate_bps;
	int64_t hurry = pacer->waiting_bytes * 8 * 1000000 / AULA_PACER_HURRY_US;

	if (is_probing(pacer))
		return pacer->probe_bps;
	return bps == 0 || bps > hurry || pacer->patient ? bps : hurry;
}

/* What is left of the debt. A probe starts from none and saves only what its owner may come late:
 * its pace is its message. */
static int64_t
debt_bits(const aula_pacer *pacer, int64_t now_us)
{
	int64_t passed_us = now_us - pacer->at_us, bps = rate(pacer);
	int64_t rest_us = is_probing(pacer) ? PROBE_GRAIN_US : AULA_PACER_BURST_US;
	int64_t least = -bps * rest_us / 1000000;

	/* Without a rate, what is left in the queues leaves at once. */
	if (bps == 0)
		return least;

	/* Rests do not add up, and long ones must not overflow. */
	if (passed_us > 1000000)
		return least;
	int64_t left = pacer->debt_bits - bps * passed_us / 1000000;
	return left < least ? least : left;
}

void
aula_pacer_probe(aula_pacer *pacer, uint8_t probe, int64_t bps, int64_t bytes, int64_t now_us)
{
	int64_t debt = debt_bits(pacer, now_us);

	pacer->debt_bits = debt > 0 ? debt : 0;
	pacer->at_us = now_us;
	pacer->probe = probe;
	pacer->probe_bps = bps;
	pacer->probe_bytes = bytes;
}

void
aula_pacer_end_probe(aula_pacer *pacer, uint8_t but)
{
	if (pacer->probe != but)
		pacer->probe_bytes = 0;
}

static bool
is_empty(const aula_pacer *pacer)
{
	return pacer->queues[AULA_PACER_SOUND].count == 0 &&
	       pacer->queues[AULA_PACER_REPEAT].count == 0 &&
	       pacer->queues[AULA_PACER_PICTURE].count == 0;
}

bool
aula_pacer_waits(const aula_pacer *pacer)
{
	return !is_empty(pacer) || is_probing(pacer);
}

static void
count(aula_pacer *pacer, int64_t debt, size_t bytes, int64_t now_us)
{
	pacer->debt_bits = debt + (int64_t)bytes * 8;
	pacer->at_us = now_us;
}

bool
aula_pacer_pass(aula_pacer *pacer, aula_pacer_class class, size_t bytes, int64_t now_us)
{
	bool waits = aula_pacer_waits(pacer);

	if (pacer->rate_bps == 0 && !waits)
		return true;
	/* Sound is part of a probe, too. */
	if (is_probing(pacer) || (waits && class != AULA_PACER_SOUND))
		return false;
	int64_t debt = debt_bits(pacer, now_us);
	if (debt > 0 && class != AULA_PACER_SOUND)
		return false;
	count(pacer, debt, bytes, now_us);
	return true;
}

static aula_pacer_queue *
first_queue(aula_pacer *pacer, aula_pacer_class *ret_class)
{
	for (unsigned class = 0; class < AULA_PACER_FILL; class ++)
		if (pacer->queues[class].count > 0) {
			*ret_class = (aula_pacer_class) class;
			return &pacer->queues[class];
		}
	return NULL;
}

int64_t
aula_pacer_due_us(const aula_pacer *pacer, int64_t now_us)
{
	if (pacer->queues[AULA_PACER_SOUND].count > 0)
		return now_us;
	if (!aula_pacer_waits(pacer))
		return INT64_MAX;
	int64_t debt = debt_bits(pacer, now_us);
	/* Rounded up, so that it is paid by then. */
	return debt <= 0 ? now_us : now_us + debt * 1000000 / rate(pacer) + 1;
}

static void
unlink_item(
	aula_pacer *pacer, aula_pacer_queue *queue, aula_pacer_item *before, aula_pacer_item *item)
{
	if (before != NULL)
		before->next = item->next;
	else
		queue->first = item->next;
	if (queue->last == item)
		queue->last = before;
	queue->count--;
	pacer->waiting_bytes -= item->bytes;
}

bool
aula_pacer_take(aula_pacer *pacer, int64_t now_us, aula_pacer_turn *ret_turn)
{
	aula_pacer_class class = AULA_PACER_FILL;

	if (aula_pacer_due_us(pacer, now_us) > now_us)
		return false;
	int64_t debt = debt_bits(pacer, now_us);
	aula_pacer_queue *queue = first_queue(pacer, &class);
	*ret_turn = (aula_pacer_turn){
		.class = class,
		.bytes = AULA_PACER_PADDING,
		.probe = is_probing(pacer) ? pacer->probe : 0,
	};
	if (queue != NULL) {
		ret_turn->item = queue->first;
		ret_turn->bytes = queue->first->bytes;
		unlink_item(pacer, queue, NULL, queue->first);
	}
	count(pacer, debt, ret_turn->bytes, now_us);
	if (is_probing(pacer))
		pacer->probe_bytes -= (int64_t)ret_turn->bytes;
	return true;
}

aula_pacer_item *
aula_pacer_drop(aula_pacer *pacer, aula_pacer_class class,
	bool (*match)(const aula_pacer_item *item, const void *data), const void *data)
{
	aula_pacer_queue *queue = &pacer->queues[class];
	aula_pacer_item *before = NULL, *dropped = NULL, **end = &dropped;

	for (aula_pacer_item *item = queue->first, *next; item != NULL; item = next) {
		next = item->next;
		if (match != NULL && !match(item, data)) {
			before = item;
			continue;
		}
		unlink_item(pacer, queue, before, item);
		item->next = NULL;
		*end = item;
		end = &item->next;
	}
	return dropped;
}
