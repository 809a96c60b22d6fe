/* SPDX-License-Identifier: Apache-2.0 */
#include "media/pacer.h"

#include <string.h>

void
aula_pacer_init(aula_pacer *pacer, int64_t rate_bps, int64_t now_us)
{
	memset(pacer, 0, sizeof(*pacer));
	pacer->rate_bps = rate_bps;
	pacer->at_us = now_us;
}

void
aula_pacer_rate(aula_pacer *pacer, int64_t rate_bps)
{
	pacer->rate_bps = rate_bps;
}

void
aula_pacer_probe(aula_pacer *pacer, uint8_t probe, int64_t bps, int64_t bytes)
{
	pacer->probe = probe;
	pacer->probe_bps = bps;
	pacer->probe_bytes = bytes;
}

bool
aula_pacer_push(aula_pacer *pacer, aula_pacer_class class, uint64_t what, size_t bytes)
{
	aula_pacer_queue *queue = &pacer->queues[class];

	if (queue->count == AULA_PACER_WAITING || bytes > UINT16_MAX) {
		pacer->refused++;
		return false;
	}
	queue->slots[(queue->first + queue->count++) % AULA_PACER_WAITING] =
		(aula_pacer_slot){ what, (uint16_t)bytes };
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
	return bps > hurry ? bps : hurry;
}

/* What is left of the debt. A probe starts from none and saves nothing: its pace is its message. */
static int64_t
debt_bits(const aula_pacer *pacer, int64_t now_us)
{
	int64_t passed_us = now_us - pacer->at_us, bps = rate(pacer);
	int64_t least = is_probing(pacer) ? 0 : -bps * AULA_PACER_BURST_US / 1000000;

	/* Rests do not add up, and long ones must not overflow. */
	if (passed_us > 1000000)
		return least;
	int64_t left = pacer->debt_bits - bps * passed_us / 1000000;
	return left < least ? least : left;
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
	bool waits =
		pacer->queues[AULA_PACER_REPEAT].count + pacer->queues[AULA_PACER_PICTURE].count;

	if (pacer->queues[AULA_PACER_SOUND].count > 0)
		return now_us;
	if (!waits && !is_probing(pacer))
		return INT64_MAX;
	int64_t debt = debt_bits(pacer, now_us);
	/* Rounded up, so that it is paid by then. */
	return debt <= 0 ? now_us : now_us + debt * 1000000 / rate(pacer) + 1;
}

static aula_pacer_slot
shift(aula_pacer *pacer, aula_pacer_queue *queue)
{
	aula_pacer_slot slot = queue->slots[queue->first];

	queue->first = (queue->first + 1) % AULA_PACER_WAITING;
	queue->count--;
	pacer->waiting_bytes -= slot.bytes;
	return slot;
}

bool
aula_pacer_take(aula_pacer *pacer, int64_t now_us, aula_pacer_item *ret_item)
{
	aula_pacer_class class = AULA_PACER_FILL;

	if (aula_pacer_due_us(pacer, now_us) > now_us)
		return false;
	pacer->debt_bits = debt_bits(pacer, now_us);
	pacer->at_us = now_us;
	aula_pacer_queue *queue = first_queue(pacer, &class);
	*ret_item = (aula_pacer_item){
		.class = class,
		.bytes = AULA_PACER_PADDING,
		.probe = is_probing(pacer) ? pacer->probe : 0,
	};
	if (queue != NULL) {
		aula_pacer_slot slot = shift(pacer, queue);

		ret_item->what = slot.what;
		ret_item->bytes = slot.bytes;
	}
	pacer->debt_bits += ret_item->bytes * 8;
	if (is_probing(pacer))
		pacer->probe_bytes -= ret_item->bytes;
	return true;
}

bool
aula_pacer_drop(aula_pacer *pacer, aula_pacer_class class, uint64_t *ret_what)
{
	aula_pacer_queue *queue = &pacer->queues[class];

	if (queue->count == 0)
		return false;
	*ret_what = shift(pacer, queue).what;
	return true;
}
