/* SPDX-License-Identifier: Apache-2.0 */
#include "media/rewrite.h"

#include <string.h>

void
aula_rewrite_init(aula_rewrite *rewrite, uint32_t clock_hz, uint16_t number, uint32_t timestamp)
{
	*rewrite = (aula_rewrite){
		.clock_hz = clock_hz,
		.highest = number & 0x7fff,
		.timestamp = timestamp,
	};
}

void
aula_rewrite_resume(
	aula_rewrite *rewrite, uint64_t highest, uint32_t timestamp, int64_t timestamp_us)
{
	rewrite->highest = highest;
	rewrite->timestamp = timestamp;
	rewrite->timestamp_us = timestamp_us;
	rewrite->sent = true;
}

static void
push(aula_rewrite *rewrite, uint64_t in, uint64_t out)
{
	const aula_rewrite_piece piece = { in, out, rewrite->run };

	/* A piece from which nothing was sent makes way. */
	if (rewrite->count > 0 && rewrite->pieces[rewrite->count - 1].out == out) {
		rewrite->pieces[rewrite->count - 1] = piece;
		return;
	}
	if (rewrite->count == AULA_REWRITE_PIECES) {
		memmove(&rewrite->pieces[0], &rewrite->pieces[1],
			(AULA_REWRITE_PIECES - 1) * sizeof(rewrite->pieces[0]));
		rewrite->count--;
	}
	rewrite->pieces[rewrite->count++] = piece;
}

void
aula_rewrite_start(
	aula_rewrite *rewrite, uint64_t in, uint32_t timestamp, bool anew, int64_t now_us)
{
	if (anew || !rewrite->sent) {
		int64_t later_us = rewrite->sent ? now_us - rewrite->timestamp_us : 0;
		/* At least one unit, so that two frames never share a timestamp. Whole seconds
		 * apart: a source may come back after days. */
		uint32_t later = (uint32_t)(later_us / 1000000 * rewrite->clock_hz +
					    later_us % 1000000 * rewrite->clock_hz / 1000000);
		rewrite->timestamp_offset =
			rewrite->timestamp + (later > 0 ? later : 1) - timestamp;
		rewrite->run++;
	}
	push(rewrite, in, rewrite->highest + 1);
}

void
aula_rewrite_align(aula_rewrite *rewrite, uint32_t timestamp, uint32_t out)
{
	rewrite->timestamp_offset = out - timestamp;
}

bool
aula_rewrite_map(aula_rewrite *rewrite, uint64_t in, uint32_t timestamp, int64_t now_us,
	uint64_t *ret_out, uint32_t *ret_timestamp)
{
	uint64_t limit = UINT64_MAX;

	for (size_t i = rewrite->count; i-- > 0;) {
		const aula_rewrite_piece *piece = &rewrite->pieces[i];
		if (piece->run != rewrite->run)
			return false;
		if (in < piece->in) {
			limit = piece->out;
			continue;
		}
		uint64_t out = piece->out + (in - piece->in);
		if (out >= limit)
			return false;
		*ret_out = out;
		*ret_timestamp = timestamp + rewrite->timestamp_offset;
		if (out > rewrite->highest)
			rewrite->highest = out;
		if (!rewrite->sent || (int32_t)(*ret_timestamp - rewrite->timestamp) > 0) {
			rewrite->timestamp = *ret_timestamp;
			rewrite->timestamp_us = now_us;
		}
		rewrite->sent = true;
		return true;
	}
	return false;
}

bool
aula_rewrite_skip(aula_rewrite *rewrite, uint64_t in)
{
	if (rewrite->count == 0)
		return false;
	const aula_rewrite_piece *last = &rewrite->pieces[rewrite->count - 1];
	if (last->run != rewrite->run || in < last->in ||
		last->out + (in - last->in) != rewrite->highest + 1)
		return false;
	push(rewrite, in + 1, rewrite->highest + 1);
	return true;
}

bool
aula_rewrite_reverse(
	const aula_rewrite *rewrite, uint16_t number, uint64_t *ret_in, uint64_t *ret_out)
{
	uint64_t back = (uint16_t)((uint16_t)rewrite->highest - number);

	if (back > rewrite->highest)
		return false;
	uint64_t out = rewrite->highest - back;
	for (size_t i = rewrite->count; i-- > 0;) {
		const aula_rewrite_piece *piece = &rewrite->pieces[i];
		if (piece->out > out)
			continue;
		if (piece->run != rewrite->run)
			return false;
		*ret_in = piece->in + (out - piece->out);
		*ret_out = out;
		return true;
	}
	return false;
}
