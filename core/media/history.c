/* SPDX-License-Identifier: Apache-2.0 */
#include "media/history.h"

#include <stdlib.h>
#include <string.h>

void
aula_history_init(aula_history *history, unsigned bits)
{
	size_t size = (size_t)1 << bits;

	*history = (aula_history){ .slots = calloc(size, sizeof(aula_history_slot)), .size = size };
	if (history->slots == NULL)
		abort();
}

void
aula_history_finish(aula_history *history)
{
	aula_history_clear(history);
	free(history->slots);
	*history = (aula_history){ .size = 0 };
}

static aula_history_slot *
slot_of(const aula_history *history, uint64_t number)
{
	return &history->slots[number & (history->size - 1)];
}

static void
drop(aula_history *history, uint64_t number)
{
	aula_history_slot *slot = slot_of(history, number);

	if (slot->packet == NULL || slot->number != number)
		return;
	aula_packet_unref(slot->packet);
	slot->packet = NULL;
}

static void
drop_before(aula_history *history, uint64_t number)
{
	for (; history->oldest < number; history->oldest++)
		drop(history, history->oldest);
}

void
aula_history_add(aula_history *history, uint64_t number, aula_packet *packet, int64_t now_us)
{
	if (history->highest == 0 || number >= history->highest + history->size) {
		aula_history_clear(history);
		history->highest = history->oldest = number;
	}
	if (number > history->highest) {
		history->highest = number;
		if (number >= history->size)
			drop_before(history, number - history->size + 1);
	}
	if (number < history->oldest) {
		if (number + history->size <= history->highest)
			return;
		history->oldest = number;
	}
	aula_history_slot *slot = slot_of(history, number);
	if (slot->packet != NULL)
		return;
	*slot = (aula_history_slot){ .number = number, .packet = aula_packet_ref(packet) };
	aula_history_trim(history, now_us);
}

aula_packet *
aula_history_get(const aula_history *history, uint64_t number)
{
	const aula_history_slot *slot = slot_of(history, number);

	return slot->packet != NULL && slot->number == number ? slot->packet : NULL;
}

void
aula_history_trim(aula_history *history, int64_t now_us)
{
	for (; history->highest != 0 && history->oldest <= history->highest; history->oldest++) {
		aula_history_slot *slot = slot_of(history, history->oldest);
		if (slot->packet == NULL)
			continue;
		if (slot->packet->view.received_us >= now_us - AULA_HISTORY_AGE_US)
			return;
		drop(history, history->oldest);
	}
}

void
aula_history_clear(aula_history *history)
{
	for (size_t i = 0; i < history->size; i++)
		if (history->slots[i].packet != NULL) {
			aula_packet_unref(history->slots[i].packet);
			history->slots[i].packet = NULL;
		}
	history->highest = history->oldest = 0;
}
