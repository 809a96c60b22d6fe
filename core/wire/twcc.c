/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/twcc.h"

#include <string.h>

#include "wire/bytes.h"

enum {
	FIXED_BYTES = 20,
	TYPE_RTPFB = 205,
	FORMAT_TRANSPORT_CC = 15,
	PACKET_MOST = 1500, /* more than a datagram is never written */
	RUN_MOST = 8191,
	ONE_BIT_SYMBOLS = 14,
	TWO_BIT_SYMBOLS = 7,
};

typedef enum { MISSING, SMALL, LARGE, RESERVED } symbol;

/* How many statuses a chunk holds. */
static uint16_t
chunk_symbols(uint16_t chunk)
{
	if (!(chunk & 0x8000))
		return chunk & 0x1fff;
	return chunk & 0x4000 ? TWO_BIT_SYMBOLS : ONE_BIT_SYMBOLS;
}

/* Status `index` of a chunk. */
static symbol
chunk_symbol(uint16_t chunk, unsigned index)
{
	if (!(chunk & 0x8000))
		return chunk >> 13 & 3;
	if (chunk & 0x4000)
		return chunk >> (2 * (TWO_BIT_SYMBOLS - 1 - index)) & 3;
	return chunk >> (ONE_BIT_SYMBOLS - 1 - index) & 1;
}

/* Bytes of times that the first `symbols` of a chunk need; -1: a status that means nothing. */
static int
chunk_delta_bytes(uint16_t chunk, uint16_t symbols)
{
	int bytes = 0;

	if (!(chunk & 0x8000)) {
		symbol all = chunk_symbol(chunk, 0);

		return all == RESERVED ? -1 : (int)all * symbols;
	}
	for (unsigned i = 0; i < symbols; i++) {
		symbol one = chunk_symbol(chunk, i);

		if (one == RESERVED)
			return -1;
		bytes += (int)one; /* the value of a symbol is the size of its time */
	}
	return bytes;
}

/* Bytes of chunks for `count` statuses and, after them, of times. False: they do not fit. */
static bool
measure(const uint8_t *at, size_t left, uint16_t count, size_t *ret_chunk_bytes)
{
	size_t chunks = 0, deltas = 0;

	while (count > 0) {
		if (chunks + 2 > left)
			return false;
		uint16_t chunk = aula_get16(at + chunks), symbols = chunk_symbols(chunk);

		if (symbols == 0)
			return false;
		symbols = symbols < count ? symbols : count;
		int bytes = chunk_delta_bytes(chunk, symbols);

		if (bytes < 0)
			return false;
		deltas += (size_t)bytes;
		chunks += 2;
		count = (uint16_t)(count - symbols);
	}
	*ret_chunk_bytes = chunks;
	return chunks + deltas <= left;
}

bool
aula_twcc_read(const aula_rtcp *packet, aula_twcc_walk *ret_walk)
{
	size_t chunk_bytes;

	if (packet->kind != AULA_RTCP_TRANSPORT_CC || packet->length < FIXED_BYTES)
		return false;
	const uint8_t *fixed = packet->data + 12, *chunks = packet->data + FIXED_BYTES;
	uint16_t count = aula_get16(fixed + 2);

	if (count == 0 || !measure(chunks, packet->length - FIXED_BYTES, count, &chunk_bytes))
		return false;
	int64_t reference = aula_get24(fixed + 4);
	if (reference >= 1 << (AULA_TWCC_REFERENCE_BITS - 1))
		reference -= 1 << AULA_TWCC_REFERENCE_BITS;
	*ret_walk = (aula_twcc_walk){
		.base = aula_get16(fixed),
		.count = count,
		.number = fixed[7],
		.at_us = reference * AULA_TWCC_REFERENCE_US,
		.chunk = chunks,
		.delta = chunks + chunk_bytes,
		.symbols_left = chunk_symbols(aula_get16(chunks)),
	};
	return true;
}

/* Moves to the next status, or over a whole run of missing ones. */
static void
step(aula_twcc_walk *walk, uint16_t symbols)
{
	walk->done = (uint16_t)(walk->done + symbols);
	walk->symbols_left = (uint16_t)(walk->symbols_left - symbols);
	if (walk->symbols_left == 0 && walk->done < walk->count) {
		walk->chunk += 2;
		walk->symbols_left = chunk_symbols(aula_get16(walk->chunk));
	}
}

bool
aula_twcc_next(aula_twcc_walk *walk, aula_twcc_arrival *ret_arrival)
{
	while (walk->done < walk->count) {
		uint16_t chunk = aula_get16(walk->chunk), sequence = walk->base + walk->done;
		uint16_t left = (uint16_t)(walk->count - walk->done);
		symbol one =
			chunk_symbol(chunk, (unsigned)(chunk_symbols(chunk) - walk->symbols_left));

		if (one == MISSING) {
			uint16_t skip = chunk & 0x8000 ? 1 : walk->symbols_left;

			step(walk, skip < left ? skip : left);
			continue;
		}
		int delta = one == SMALL ? walk->delta[0] : (int16_t)aula_get16(walk->delta);
		walk->delta += one;
		walk->at_us += (int64_t)delta * AULA_TWCC_TICK_US;
		step(walk, 1);
		*ret_arrival = (aula_twcc_arrival){ sequence, walk->at_us };
		return true;
	}
	return false;
}

/* Statuses that are not yet a chunk; all equal, or few enough for a vector. */
typedef struct {
	uint8_t symbols[ONE_BIT_SYMBOLS];
	uint16_t count;
	bool equal, large;
} pending;

/* A feedback packet being built. */
typedef struct {
	uint8_t chunks[PACKET_MOST], deltas[PACKET_MOST];
	size_t chunk_bytes, delta_bytes;
	pending last;
	int64_t tick; /* of the last arrival */
	uint32_t statuses;
} draft;

static void
pend(pending *last, symbol one)
{
	if (last->count < ONE_BIT_SYMBOLS)
		last->symbols[last->count] = (uint8_t)one;
	last->equal = last->count == 0 || (last->equal && last->symbols[0] == one);
	last->large = (last->count > 0 && last->large) || one == LARGE;
	last->count++;
}

/* One chunk of what is pending: a run if all are equal, else the larger vector that it fills;
 * `last_chunk`: nothing comes after it, so it need not be full. */
static void
emit(draft *out, bool last_chunk)
{
	pending *last = &out->last, rest = { 0 };
	uint16_t chunk = 0;

	if (last->equal) {
		chunk = (uint16_t)(last->symbols[0] << 13 | last->count);
	} else if (!last->large && (last->count == ONE_BIT_SYMBOLS ||
					   (last_chunk && last->count > TWO_BIT_SYMBOLS))) {
		chunk = 0x8000;
		for (unsigned i = 0; i < last->count; i++)
			chunk |= (uint16_t)(last->symbols[i] << (ONE_BIT_SYMBOLS - 1 - i));
	} else {
		chunk = 0xc000;
		for (unsigned i = 0; i < last->count && i < TWO_BIT_SYMBOLS; i++)
			chunk |= (uint16_t)(last->symbols[i] << 2 * (TWO_BIT_SYMBOLS - 1 - i));
		for (unsigned i = TWO_BIT_SYMBOLS; i < last->count; i++)
			pend(&rest, last->symbols[i]);
	}
	aula_put16(out->chunks + out->chunk_bytes, chunk);
	out->chunk_bytes += 2;
	*last = rest;
}

static void
add_symbol(draft *out, symbol one)
{
	pending *last = &out->last;
	bool fits = last->count < TWO_BIT_SYMBOLS ||
		    (last->count < ONE_BIT_SYMBOLS && !last->large && one != LARGE) ||
		    (last->equal && last->count < RUN_MOST && last->symbols[0] == one);

	if (!fits)
		emit(out, false);
	pend(last, one);
	out->statuses++;
}

static size_t
draft_bytes(const draft *out)
{
	/* What is pending becomes two chunks at most. */
	return FIXED_BYTES + out->chunk_bytes + 4 + out->delta_bytes + 3;
}

/* False: it cannot be told in this packet; `out` may have changed where that does not show. */
static bool
add(draft *out, const aula_twcc_arrival *arrival, uint16_t base, size_t room)
{
	int64_t tick = arrival->at_us / AULA_TWCC_TICK_US, delta = tick - out->tick;
	uint32_t ahead = (uint16_t)(arrival->sequence - base);
	/* A gap costs a chunk for each run, and two that it closes. */
	size_t most = 2 * (ahead - out->statuses) / RUN_MOST + 8 + 2;

	if (ahead < out->statuses || ahead >= AULA_TWCC_STATUSES_MOST || delta < INT16_MIN ||
		delta > INT16_MAX || draft_bytes(out) + most > room)
		return false;
	while (out->statuses < ahead)
		add_symbol(out, MISSING);
	add_symbol(out, delta < 0 || delta > UINT8_MAX ? LARGE : SMALL);
	if (delta >= 0 && delta <= UINT8_MAX) {
		out->deltas[out->delta_bytes++] = (uint8_t)delta;
	} else {
		aula_put16(out->deltas + out->delta_bytes, (uint16_t)delta);
		out->delta_bytes += 2;
	}
	out->tick = tick;
	return true;
}

size_t
aula_twcc_write(aula_rtcp_writer *writer, uint32_t ssrc, uint32_t media_ssrc, uint16_t base,
	uint8_t number, const aula_twcc_arrival *arrivals, size_t count)
{
	draft out;
	size_t room = writer->size - writer->length, told = 0;
	uint8_t *at = writer->data + writer->length;

	if (count == 0)
		return 0;
	room = (room > PACKET_MOST ? PACKET_MOST : room) / 4 * 4;
	out.chunk_bytes = out.delta_bytes = out.statuses = 0;
	out.last = (pending){ 0 };
	int64_t reference = arrivals[0].at_us / AULA_TWCC_REFERENCE_US;
	out.tick = reference * (AULA_TWCC_REFERENCE_US / AULA_TWCC_TICK_US);
	while (told < count && add(&out, &arrivals[told], base, room))
		told++;
	if (told == 0)
		return 0;
	while (out.last.count > 0)
		emit(&out, true);
	size_t length = FIXED_BYTES + out.chunk_bytes + out.delta_bytes;
	size_t padding = (4 - length % 4) % 4;
	at[0] = (uint8_t)(2 << 6 | (padding > 0 ? 0x20 : 0) | FORMAT_TRANSPORT_CC);
	at[1] = TYPE_RTPFB;
	aula_put16(at + 2, (uint16_t)((length + padding) / 4 - 1));
	aula_put32(at + 4, ssrc);
	aula_put32(at + 8, media_ssrc);
	aula_put16(at + 12, base);
	aula_put16(at + 14, (uint16_t)out.statuses);
	aula_put24(at + 16, (uint32_t)reference & 0xffffff);
	at[19] = number;
	memcpy(at + FIXED_BYTES, out.chunks, out.chunk_bytes);
	memcpy(at + FIXED_BYTES + out.chunk_bytes, out.deltas, out.delta_bytes);
	memset(at + length, 0, padding);
	if (padding > 0)
		at[length + padding - 1] = (uint8_t)padding;
	writer->length += length + padding;
	return told;
}
