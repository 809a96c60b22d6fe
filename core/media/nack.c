/* SPDX-License-Identifier: Apache-2.0 */
#include "media/nack.h"

#include <string.h>

void
aula_nack_init(aula_nack *nack)
{
	nack->count = 0;
	nack->rtt_us = 0;
	nack->asked = nack->answered = nack->given_up = 0;
}

bool
aula_nack_advanced(aula_nack *nack, uint64_t before, uint64_t number, int64_t now_us)
{
	uint64_t gap = number - before - 1;

	if (gap == 0)
		return true;
	if (nack->count + gap > AULA_NACK_MOST) {
		nack->given_up += nack->count + gap;
		nack->count = 0;
		return false;
	}
	for (uint64_t missing = before + 1; missing < number; missing++)
		nack->missing[nack->count++] = (aula_nack_entry){
			.number = missing,
			.noticed_us = now_us,
			.due_us = now_us + AULA_NACK_REORDER_US,
		};
	return true;
}

static void
drop(aula_nack *nack, size_t index)
{
	nack->count--;
	memmove(&nack->missing[index], &nack->missing[index + 1],
		(nack->count - index) * sizeof(nack->missing[0]));
}

void
aula_nack_came(aula_nack *nack, uint64_t number, int64_t now_us)
{
	size_t low = 0, high = nack->count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (nack->missing[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == nack->count || nack->missing[low].number != number)
		return;
	const aula_nack_entry *entry = &nack->missing[low];
	if (entry->tries > 0)
		nack->answered++;
	/* After a second request it is unknown which of them was answered (Karn's rule). */
	if (entry->tries == 1) {
		int64_t sample = now_us - entry->asked_us;
		nack->rtt_us =
			nack->rtt_us == 0 ? sample : nack->rtt_us + (sample - nack->rtt_us) / 8;
	}
	drop(nack, low);
}

void
aula_nack_clear(aula_nack *nack)
{
	nack->count = 0;
}

int64_t
aula_nack_due_us(const aula_nack *nack)
{
	int64_t due_us = INT64_MAX;

	for (size_t i = 0; i < nack->count; i++)
		if (nack->missing[i].due_us < due_us)
			due_us = nack->missing[i].due_us;
	return due_us;
}

static int64_t
retry_us(const aula_nack *nack)
{
	int64_t rtt_us = nack->rtt_us == 0 ? AULA_NACK_RTT_US : nack->rtt_us;
	int64_t wait_us = rtt_us + rtt_us / 4;

	return wait_us < AULA_NACK_RETRY_US ? AULA_NACK_RETRY_US : wait_us;
}

size_t
aula_nack_take(aula_nack *nack, int64_t now_us, uint16_t *ret_numbers, size_t most)
{
	size_t count = 0, kept = 0;

	for (size_t i = 0; i < nack->count; i++) {
		aula_nack_entry *entry = &nack->missing[i];
		bool due = entry->due_us <= now_us && count < most;
		bool over = now_us - entry->noticed_us > AULA_NACK_AGE_US ||
			    (due && entry->tries == AULA_NACK_TRIES);
		if (over) {
			nack->given_up++;
			continue;
		}
		if (due) {
			ret_numbers[count++] = (uint16_t)entry->number;
			entry->tries++;
			entry->asked_us = now_us;
			entry->due_us = now_us + retry_us(nack);
			nack->asked++;
		}
		nack->missing[kept++] = *entry;
	}
	nack->count = kept;
	return count;
}
